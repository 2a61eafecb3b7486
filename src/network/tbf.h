/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETWORK_TBF_H
#define NETWORK_TBF_H

#include <stdint.h>

#include "netladder/error.h"

struct nl_sock;

/* Puts a token bucket filter of RATE_BPS under PARENT of the device. */
int network_tbf_add(struct nl_sock *sock, const char *device, int index, uint32_t parent, double rate_bps,
		    struct lad_error *err);
/* The rate of the one that the device has, wherever it hangs; 0: none. */
int network_tbf_read(struct nl_sock *sock, const char *device, int index, double *rate_bps, struct lad_error *err);

#endif
