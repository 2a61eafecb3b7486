/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_NETLINK_H
#define NETLADDER_NETLINK_H

/*
 * Links, addresses, routes, neighbours, forwarding entries and qdiscs through libnl-route-3, each call addressed to a
 * namespace by its descriptor. The calling thread is back in its own namespace when a call returns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"

/*
 * A new network namespace, loopback up, held by the returned descriptor (>= 0) alone; -1 on error. IPv6 is off (no
 * router solicitations, duplicate address detection or multicast reports in the measurement) and TCP does not remember
 * metrics of earlier connections (tcp_no_metrics_save), so trials do not depend on each other.
 */
int lad_netns_new(struct lad_error *err);
/*
 * The same for IP. With LAD_IP_V6 devices have link-local addresses at once, as neighbour discovery needs them: no
 * duplicate address detection, router solicitations or advertisements. EAFNOSUPPORT where the kernel has no IPv6.
 */
int lad_netns_new_for(enum lad_ip ip, struct lad_error *err);

/* Runs FN(ARG) with the calling thread inside NETNS_FD; returns what FN returned, or -1. */
int lad_netns_run(int netns_fd, int (*fn)(void *arg), void *arg, struct lad_error *err);

/* Writes VALUE to /proc/sys/KEY (slashes, e.g. "net/ipv4/ip_forward") as seen from NETNS_FD. */
int lad_sysctl_write(int netns_fd, const char *key, const char *value, struct lad_error *err);
/* Reads it; the final newline is cut. */
int lad_sysctl_read(int netns_fd, const char *key, char *value, size_t size, struct lad_error *err);

/* A veth pair: NAME_A in namespace A, NAME_B in namespace B, both up with this MTU. */
int lad_link_veth(int netns_a, const char *name_a, int netns_b, const char *name_b, int64_t mtu_bytes,
		  struct lad_error *err);
/* A bridge device, up. */
int lad_link_bridge(int netns_fd, const char *name, int64_t mtu_bytes, struct lad_error *err);
/* Makes PORT a port of BRIDGE. */
int lad_link_enslave(int netns_fd, const char *bridge, const char *port, struct lad_error *err);
/* A macvlan in mode "bridge" on PARENT in PARENT_NS, moved to CHILD_NS as NAME, up. */
int lad_link_macvlan(int parent_ns, const char *parent, int child_ns, const char *name, struct lad_error *err);
/* An ipvlan; MODE is "l2" or "l3". */
int lad_link_ipvlan(int parent_ns, const char *parent, int child_ns, const char *name, const char *mode,
		    struct lad_error *err);
/*
 * A VXLAN device with this VNI over UDP port PORT, no learning, ARP proxy on, as Docker's overlay driver makes it: it
 * is created from UNDERLAY_NS, where its socket stays, straight into NETNS_FD as NAME and set up there.
 */
int lad_link_vxlan(int underlay_ns, int netns_fd, const char *name, uint32_t vni, const char *local, uint16_t port,
		   int64_t mtu_bytes, struct lad_error *err);

/* Of either version, by the text. IPv6 without duplicate address detection: usable at once. */
int lad_address_add(int netns_fd, const char *device, const char *address, int prefix_length, struct lad_error *err);
/* A route to DESTINATION/PREFIX_LENGTH (0.0.0.0/0, ::/0: default) via GATEWAY (NULL: on link) on DEVICE. */
int lad_route_add(int netns_fd, const char *destination, int prefix_length, const char *gateway, const char *device,
		  struct lad_error *err);
/* A permanent neighbour entry. MAC as six bytes. */
int lad_neighbour_add(int netns_fd, const char *device, const char *address, const uint8_t mac[6],
		      struct lad_error *err);
/* A forwarding entry of a VXLAN device: frames to MAC go to the tunnel endpoint REMOTE. */
int lad_fdb_add(int netns_fd, const char *vxlan, const uint8_t mac[6], const char *remote, struct lad_error *err);
/* A static forwarding entry of the bridge that PORT belongs to: frames to MAC leave by that port. */
int lad_bridge_entry_add(int netns_fd, const char *port, const uint8_t mac[6], struct lad_error *err);

int lad_link_mac(int netns_fd, const char *device, uint8_t mac[6], struct lad_error *err);
int lad_link_set_mac(int netns_fd, const char *device, const uint8_t mac[6], struct lad_error *err);

struct lad_link_counters {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, rx_dropped, tx_dropped;
};
int lad_link_counters(int netns_fd, const char *device, struct lad_link_counters *counters, struct lad_error *err);

int lad_link_set_mtu(int netns_fd, const char *device, int64_t mtu_bytes, struct lad_error *err);
/*
 * Packets on their way to a wire of RATE_BPS are joined (GSO) to no more than fits its bucket, whichever DEVICE of the
 * path they leave by: cut up at the wire, the rest would not fit its queue.
 */
int lad_link_follow_rate(int netns_fd, const char *device, double rate_bps, struct lad_error *err);
int lad_link_set_txqueuelen(int netns_fd, const char *device, int64_t packets, struct lad_error *err);

struct lad_link {
	char name[16], kind[16]; /* kind: "veth", "bridge", …, "" for loopback */
	int index, master;	 /* master: the index of the bridge it is a port of, or 0 */
	int64_t mtu_bytes;
	int64_t txqueuelen;
	bool up, loopback;
};
/* Fills in the first CAPACITY devices of NETNS_FD. Returns how many there are, or -1. */
int lad_link_list(int netns_fd, struct lad_link *links, int capacity, struct lad_error *err);

/*
 * A token bucket filter as root qdisc. The bucket holds a packet and half a millisecond at the rate, so that a window
 * of 20 packets or more shows the rate; what waits is at most 50 ms, or 64 packets where that is more: TCP finds the
 * rate before it loses any.
 */
int lad_qdisc_tbf(int netns_fd, const char *device, double rate_bps, struct lad_error *err);

/*
 * A wire of DELAY_NS one way that loses LOSS_RATIO of its packets, by netem, with a token bucket inside it when
 * RATE_BPS > 0. Loss is by packet, so by up to 64 KiB where segmentation is offloaded. Needs netem in the kernel.
 */
int lad_qdisc_wire(int netns_fd, const char *device, double rate_bps, int64_t delay_ns, double loss_ratio,
		   struct lad_error *err);

struct lad_wire_shape {
	double rate_bps; /* 0: none */
	int64_t delay_ns;
	double loss_ratio;
};
/* What the qdiscs of DEVICE do, as the kernel tells it. */
int lad_qdisc_read(int netns_fd, const char *device, struct lad_wire_shape *shape, struct lad_error *err);

/* The kind of DEVICE's root qdisc, as tc(8) calls it; "noqueue" where it has none. */
int lad_qdisc_root(int netns_fd, const char *device, char kind[16], struct lad_error *err);
/* Puts one of KIND, with the kernel's defaults, in its place. EOPNOTSUPP where this kernel has no such kind. */
int lad_qdisc_set_root(int netns_fd, const char *device, const char *kind, struct lad_error *err);

#endif
