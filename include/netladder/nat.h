/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_NAT_H
#define NETLADDER_NAT_H

/*
 * The rules that Docker's bridge driver keeps, through libnftables: masquerade, published port, forward filter; for
 * either version of IP, each in tables of its own.
 */

#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"

/*
 * In NETNS_FD: MASQUERADE of SUBNET (CIDR) leaving by anything but BRIDGE, and a forward chain with policy drop that
 * accepts established traffic, what leaves BRIDGE, and what the published port lets in: the chains
 * DOCKER, DOCKER-USER and DOCKER-ISOLATION-STAGE-1/2 in the same order as Docker Engine 20.10 makes them.
 */
int lad_nat_bridge(int netns_fd, enum lad_ip ip, const char *bridge, const char *subnet, struct lad_error *err);

/* Publishes PORT of the host (tcp and udp): DNAT to CONTAINER:CONTAINER_PORT behind BRIDGE. After lad_nat_bridge. */
int lad_nat_publish(int netns_fd, enum lad_ip ip, const char *bridge, const char *container, uint16_t container_port,
		    uint16_t port, struct lad_error *err);

/*
 * COUNT rules that match nothing (sources in 203.0.113.0/24, RFC 5737, or 2001:db8::/32, RFC 3849), as a grown firewall
 * has them: every packet that the host takes in, forwards or sends has to pass them all.
 */
int lad_nat_crowd(int netns_fd, enum lad_ip ip, int count, struct lad_error *err);
/* How many of them there are, or -1. */
int lad_nat_crowd_count(int netns_fd, enum lad_ip ip, struct lad_error *err);

#define LAD_NAT_BURDEN_MAX 255

/*
 * COUNT rules more (up to LAD_NAT_BURDEN_MAX) that every forwarded packet passes and none matches, in Docker's chain
 * for the user's own. After lad_nat_bridge.
 */
int lad_nat_burden(int netns_fd, enum lad_ip ip, int count, struct lad_error *err);

#endif
