/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_NAT_H
#define NETLADDER_NAT_H

/*
 * The rules that Docker Engine keeps, through libnftables: masquerade, published port, forward filter, DNS; for
 * either version of IP, each in tables of its own.
 */

#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"

/*
 * What Docker Engine keeps on its host, rule by rule and in the order of Engine 20.10 (iptables-save): translation of
 * what comes for a local address, and a forward chain with policy drop, for docker0, which is always there. BRIDGE
 * (NULL: none) is a network's bridge besides: MASQUERADE of SUBNET (CIDR) leaving by anything but BRIDGE, and what lets
 * its traffic pass. Whatever the host sends or takes in is tracked from then on, of host mode and of VXLAN as well.
 */
int lad_nat_engine(int netns_fd, enum lad_ip ip, const char *bridge, const char *subnet, struct lad_error *err);

/*
 * What Docker Engine puts in the namespace of each container on a network of the user's: translation for its DNS server
 * at 127.0.0.11 (moby/libnetwork, resolver_unix.go), IPv4 alone. It turns connection tracking on in there.
 */
int lad_nat_dns(int netns_fd, struct lad_error *err);

/* Publishes PORT of the host (tcp and udp): DNAT to CONTAINER:CONTAINER_PORT behind BRIDGE. After lad_nat_engine. */
int lad_nat_publish(int netns_fd, enum lad_ip ip, const char *bridge, const char *container, uint16_t container_port,
		    uint16_t port, struct lad_error *err);

/*
 * COUNT rules that match nothing (sources in 203.0.113.0/24, RFC 5737, or 2001:db8::/32, RFC 3849), as a grown firewall
 * has them: every packet that the host takes in, forwards or sends has to pass them all.
 */
int lad_nat_rules_add(int netns_fd, enum lad_ip ip, int count, struct lad_error *err);
/* How many of them there are, or -1. */
int lad_nat_rules_count(int netns_fd, enum lad_ip ip, struct lad_error *err);

#define LAD_NAT_BURDEN_MAX 255

/*
 * COUNT rules more (up to LAD_NAT_BURDEN_MAX) that every forwarded packet passes and none matches, in Docker's chain
 * for the user's own. After lad_nat_engine.
 */
int lad_nat_burden(int netns_fd, enum lad_ip ip, int count, struct lad_error *err);

#endif
