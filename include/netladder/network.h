/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_NETWORK_H
#define NETLADDER_NETWORK_H

/*
 * The rungs: each mode is a `struct network_ops` that builds, in hosts made by the lab, the network in which the two
 * agents run. Hosts and containers are anonymous network namespaces held only by file descriptors: nothing is named,
 * nothing is made in the caller's own namespace, and when the process ends, however it ends, the kernel removes all.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/topology.h"

#define LAD_HOSTS_MAX 8
#define LAD_DATA_PORT 5202	  /* where the sink listens inside its container */
#define LAD_PUBLISHED_PORT 15202  /* what the bridge mode publishes on the server's host */
#define LAD_BRIDGE "br-netladder" /* of bridge mode on each host; Docker: br- and the network's number */
#define LAD_OVERLAY_VNI 4097	  /* Docker's first VNI */
#define LAD_VXLAN_PORT 4789	  /* RFC 7348 */
#define LAD_VXLAN_OVERHEAD 50	  /* outer Ethernet 14 + IPv4 20 + UDP 8 + VXLAN 8, RFC 7348 */
#define LAD_IPV6_MTU_MIN 1280	  /* RFC 8200, 5: below it the kernel takes IPv6 off a device */
#define LAD_ADDRESS_MAX 46	  /* bytes that hold either version's text */

struct lad_host {
	int netns_fd;			/* owned by the lab */
	int index;			/* 0, 1, … */
	char address[16];		/* of eth0, IPv4, e.g. 198.18.0.1 (/24) */
	char address6[LAD_ADDRESS_MAX]; /* of eth0 besides, e.g. 2001:2::1 (/64); "" without IPv6 */
	int64_t mtu_bytes;		/* of eth0 */
};

/* One end of the measured path: the namespace the agent runs in and how it is reached. */
struct lad_endpoint {
	int netns_fd; /* owned: closed by lad_path_close, also in host mode (a duplicate) */
	int host_index;
	char address[LAD_ADDRESS_MAX]; /* the agent's own */
	char device[16];	       /* the device that carries the traffic inside the namespace: "eth0", "lo" */
	int64_t mtu_bytes;
};

/* How the generator of one session reaches its sink. */
struct lad_reach {
	int generator, sink;		      /* of the path's ends */
	char target_address[LAD_ADDRESS_MAX]; /* in bridge mode the server host's address, else the sink's */
	uint16_t target_port;
	uint16_t listen_port;
};

#define LAD_HELD_MAX (2 * LAD_HOSTS_MAX)

/* What a rung gives back: where to run the agents, and where the generators send to. */
struct lad_path {
	enum lad_ip ip;		   /* of the addresses */
	struct lad_endpoint *ends; /* owned: the containers, or in host mode the hosts again */
	int end_count;
	struct lad_reach *reaches; /* owned: of the sessions, as in the layout, once for each workload */
	int reach_count;
	/* The first session's, as copies: the descriptors are those of `ends`. */
	struct lad_endpoint generator, sink;
	char target_address[LAD_ADDRESS_MAX];
	uint16_t target_port, listen_port;
	int held_fds[LAD_HELD_MAX]; /* namespaces between the ends (overlay's own), owned */
	int held_count;
};

struct lad_path_request {
	struct lad_host *hosts; /* as many as the topology has, at least two for LAD_CROSS_HOST */
	int host_count;
	enum lad_placement placement;
	enum lad_ip ip;			     /* of the containers; the hosts must have it */
	const struct lad_topology *topology; /* NULL: a pair */
	int workloads; /* that run at once, in sessions of their own between the same ends; 0: 1 */
};

/* A path under construction: what the modes' functions below look at. */
struct lad_building {
	const struct lad_path_request *request;
	struct lad_layout layout;
	struct lad_path *path;
	int segments[LAD_HOSTS_MAX]; /* of host N: a mode's own namespace, or -1 */
};

struct network_ops {
	enum lad_mode mode;
	const char *summary;	   /* how containers are connected, as the report tells it: UTF-8 */
	const char *modules;	   /* the command that loads what the kernel needs for it */
	const char *docker_driver; /* of Docker's, that makes it; NULL: none does */
	/*
	 * Can this kernel do it? Tries for real in a throw-away namespace. 0 when usable; -1 with the reason and its
	 * remedy in ERR.
	 */
	int (*probe)(struct lad_error *err);
	/* The steps of lad_path_up; each may be NULL but add_member. */
	/* Once for each host that has members, before them. */
	int (*prepare_host)(struct lad_building *building, const struct lad_host *host, struct lad_error *err);
	/* Member NUMBER on HOST: fills in END. */
	int (*add_member)(struct lad_building *building, const struct lad_host *host, int number,
			  struct lad_endpoint *end, struct lad_error *err);
	/* Once for each ordered pair of hosts that have members. */
	int (*join_hosts)(struct lad_building *building, const struct lad_host *from, const struct lad_host *to,
			  struct lad_error *err);
	/* Once for each host that has members, after all of them. */
	int (*finish_host)(struct lad_building *building, const struct lad_host *host, struct lad_error *err);
	/* Session NUMBER, whose sink is on HOST; REACH has the sink's own address and port. */
	int (*reach)(struct lad_building *building, const struct lad_host *host, int number, struct lad_reach *reach,
		     struct lad_error *err);
};

#define LAD_NETWORK_OPS(NAME, name, word) extern const struct network_ops lad_network_##name;
LAD_MODES(LAD_NETWORK_OPS)

/* The ops of a mode; never NULL for a valid mode. */
const struct network_ops *lad_network_of(enum lad_mode mode);

/* Whether packets of IP may cross WHAT, a device or wire of this MTU; EINVAL where they may not. */
int lad_mtu_check(enum lad_ip ip, int64_t mtu_bytes, const char *what, struct lad_error *err);

/* Builds MODE's network as REQUEST says. On failure nothing is left but what came into the hosts. */
int lad_path_up(enum lad_mode mode, const struct lad_path_request *request, struct lad_path *path,
		struct lad_error *err);

/* Closes all ends. Devices go with their namespaces. Safe on a zeroed path, and twice. */
void lad_path_close(struct lad_path *path);

/*
 * Makes COUNT hosts joined by the wire: two hosts by one veth pair (each end called eth0), more by a bridge in a
 * namespace of its own. Addresses 198.18.0.(1+index)/24, with LAD_IP_V6 2001:2::(1+index)/64 besides, loopback up, and
 * the sysctls that repeatability needs (see lad_netns_new). RATE_BPS > 0 puts a token bucket filter (tc-tbf(8)) on each
 * eth0. WIRE_FD receives the namespace of the wire's bridge or -1. On failure nothing is left.
 */
int lad_hosts_make(struct lad_host *hosts, int count, enum lad_ip ip, int64_t mtu_bytes, double rate_bps, int *wire_fd,
		   struct lad_error *err);
void lad_hosts_close(struct lad_host *hosts, int count, int *wire_fd);
/*
 * The same, and waits until the kernel has taken down the devices in them and in the namespaces that were closed
 * before, which it does behind the caller's back (cleanup_net() in net/core/net_namespace.c), so that the next trial
 * does not share its CPUs with that. LIMIT_NS is how long at most.
 */
void lad_hosts_close_wait(struct lad_host *hosts, int count, int *wire_fd, int64_t limit_ns);

#endif
