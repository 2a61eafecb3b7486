/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETWORK_ENGINE_H
#define NETWORK_ENGINE_H

#include "netladder/network.h"

/*
 * Makes HOST one that runs Docker Engine: it forwards, bridged frames pass the firewall, and the engine's rules stand
 * (see lad_nat_engine, also for BRIDGE and SUBNET). The engine does so whatever networks it has: host mode pays for it,
 * too.
 */
int network_engine(const struct lad_host *host, enum lad_ip ip, const char *bridge, const char *subnet,
		   struct lad_error *err);

/*
 * Begins END, a container on a network of the user's on HOST: its namespace, with what the engine puts in each (see
 * lad_nat_dns), and the MTU that its device will have. Device and address are the mode's to add.
 */
int network_container(const struct lad_host *host, enum lad_ip ip, int64_t mtu_bytes, struct lad_endpoint *end,
		      struct lad_error *err);

#endif
