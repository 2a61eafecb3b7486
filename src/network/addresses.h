/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETWORK_ADDRESSES_H
#define NETWORK_ADDRESSES_H

/*
 * Who has which address. Subnet S is 198.18.0.0/24 and the S-th after it, of 198.18.0.0/15 (RFC 2544), or
 * 2001:2:0:S::/64 of 2001:2::/48 (RFC 5180), both set aside for benchmarks: no address of anybody's.
 */

#include "netladder/network.h"

enum network_subnet {
	SUBNET_WIRE = 0,       /* hosts from 1 on, containers that stand in it from 101 on */
	SUBNET_ROUTED = 16,    /* ipvlan-l3: one a host */
	SUBNET_BRIDGE = 256,   /* of bridge mode: one a host */
	SUBNET_OVERLAY = 320,  /* one for all hosts */
	SUBNET_HOSTS_MASK = 15 /* of the host's number, added to the two above */
};

/* The address NUMBER in SUBNET; 0: the subnet's own. With IPv6 the number's digits stand as they are: 2001:2::101. */
void network_address(char out[LAD_ADDRESS_MAX], enum lad_ip ip, int subnet, int number);

/* The length of a subnet's prefix, and the default route's destination. */
int network_prefix(enum lad_ip ip);
const char *network_anywhere(enum lad_ip ip);

/* HOST's own address on the wire. */
const char *network_host_address(const struct lad_host *host, enum lad_ip ip);

#endif
