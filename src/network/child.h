/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETWORK_CHILD_H
#define NETWORK_CHILD_H

/* Modes whose container device is a child of the host's eth0 (macvlan, ipvlan). */

#include "netladder/network.h"

/* Makes the child device "eth0" of HOST's eth0 in CHILD_NS. */
typedef int child_maker(const struct lad_host *host, int child_ns, struct lad_error *err);

/* Container NUMBER in the hosts' own subnet, 198.18.0.101 or 2001:2::101 and so on, with a child made by MAKE. */
int network_child_add(const struct lad_host *host, enum lad_ip ip, int number, child_maker *make,
		      struct lad_endpoint *end, struct lad_error *err);

/* Tries MAKE on a throw-away host. */
int network_child_probe(child_maker *make, struct lad_error *err);

#endif
