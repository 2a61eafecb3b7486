/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_MODE_H
#define NETLADDER_MODE_H

#include <stdbool.h>

/*
 * The closed word lists that every module shares. Modes, labs and workloads are listed here once, as NAME of the
 * constant, name of the ops that describe one, and word; all else about one stands in a file of its own:
 * src/network/MODE.c, src/lab/LAB/, src/agent/workload/WORKLOAD.c and src/common/workload_facts.c.
 */

/* In the order of the documented ladder, top first. */
#define LAD_MODES(X)                                                                                                   \
	X(HOST, host, "host")                                                                                          \
	X(MACVLAN, macvlan, "macvlan")                                                                                 \
	X(IPVLAN_L2, ipvlan_l2, "ipvlan-l2")                                                                           \
	X(IPVLAN_L3, ipvlan_l3, "ipvlan-l3")                                                                           \
	X(BRIDGE, bridge, "bridge")                                                                                    \
	X(OVERLAY, overlay, "overlay")

/* What provides hosts and containers. */
#define LAD_LABS(X)                                                                                                    \
	X(NATIVE, native, "native")                                                                                    \
	X(DOCKER, docker, "docker")                                                                                    \
	X(VM, vm, "vm")

/* dns_rr asks a DNS server for the sink's address; the sink itself has nothing to do. */
#define LAD_WORKLOADS(X)                                                                                               \
	X(TCP_STREAM, tcp_stream, "tcp_stream")                                                                        \
	X(UDP_STREAM, udp_stream, "udp_stream")                                                                        \
	X(TCP_RR, tcp_rr, "tcp_rr")                                                                                    \
	X(TCP_CRR, tcp_crr, "tcp_crr")                                                                                 \
	X(UDP_RR, udp_rr, "udp_rr")                                                                                    \
	X(DNS_RR, dns_rr, "dns_rr")

/*
 * Where the agents run, and how the reports say it: both ends on one CPU; each end on its own; wherever the scheduler
 * puts them; each sink on one CPU with the generators that it serves, the sinks dealt over the CPUs in turn.
 */
#define LAD_CPUS(X)                                                                                                    \
	X(SHARED, "shared", "one shared core")                                                                         \
	X(PINNED, "pinned", "two pinned cores")                                                                        \
	X(FREE, "free", "free cores")                                                                                  \
	X(SPREAD, "spread", "a core for each sink in turn")

#define LAD_MODE_CONSTANT(NAME, name, word) LAD_MODE_##NAME,
#define LAD_LAB_CONSTANT(NAME, name, word) LAD_LAB_##NAME,
#define LAD_WORKLOAD_CONSTANT(NAME, name, word) LAD_##NAME,
#define LAD_CPUS_CONSTANT(NAME, word, phrase) LAD_CPUS_##NAME,

enum lad_mode { LAD_MODES(LAD_MODE_CONSTANT) LAD_MODE_COUNT };

enum lad_lab_kind { LAD_LABS(LAD_LAB_CONSTANT) LAD_LAB_COUNT };

enum lad_placement { LAD_CROSS_HOST, LAD_SAME_HOST, LAD_PLACEMENT_COUNT };

enum lad_workload_kind { LAD_WORKLOADS(LAD_WORKLOAD_CONSTANT) LAD_WORKLOAD_COUNT };

enum lad_cpus { LAD_CPUS(LAD_CPUS_CONSTANT) LAD_CPUS_COUNT };

/* The Internet Protocol's version: 4 (RFC 791) or 6 (RFC 8200). */
enum lad_ip { LAD_IP_V4, LAD_IP_V6, LAD_IP_COUNT };

/* How datagrams cross between program and kernel: one system call each; many a call (sendmmsg(2)); or many a call, cut
 * and joined by the kernel (UDP_SEGMENT and UDP_GRO, udp(7)), so that a super-packet crosses the path once. */
enum lad_io { LAD_IO_PLAIN, LAD_IO_BATCH, LAD_IO_GSO, LAD_IO_COUNT };

/* What a tcp_stream sink does with the bytes: throws them away inside the kernel (MSG_TRUNC, tcp(7)), or copies them.
 */
enum lad_receive { LAD_RECEIVE_DISCARD, LAD_RECEIVE_COPY, LAD_RECEIVE_COUNT };

/* Who sends in a stream: the generator, which connects or speaks first; the sink; or both at once. */
enum lad_direction { LAD_FORWARD, LAD_REVERSE, LAD_BOTH_WAYS, LAD_DIRECTION_COUNT };

/* What the payload is: zeros, or bytes from a seeded generator, which no compression on the way can shorten. */
enum lad_payload { LAD_PAYLOAD_ZERO, LAD_PAYLOAD_RANDOM, LAD_PAYLOAD_COUNT };

/*
 * Who keeps a stream to its rate: a timer of the sender's, which hands each message over when it is due; the kernel, by
 * SO_MAX_PACING_RATE (socket(7): TCP itself, the fq qdisc for datagrams); or the fq qdisc, by the time that each
 * datagram has with it (SO_TXTIME, SCM_TXTIME). AUTO: the kernel for a tcp_stream with a rate in bits, else a timer.
 */
enum lad_pacing { LAD_PACING_AUTO, LAD_PACING_TIMER, LAD_PACING_MAX_PACING_RATE, LAD_PACING_TXTIME, LAD_PACING_COUNT };

/* Their words, each at its value's place. */
extern const char *const lad_io_names[LAD_IO_COUNT], *const lad_receive_names[LAD_RECEIVE_COUNT],
							 *const lad_direction_names[LAD_DIRECTION_COUNT],
							     *const lad_payload_names[LAD_PAYLOAD_COUNT],
								 *const lad_pacing_names[LAD_PACING_COUNT];

/* The word for a value ("ipvlan-l2", "cross-host", "tcp_rr", "shared"); "?" for a value out of range. */
const char *lad_mode_name(enum lad_mode mode);
const char *lad_lab_name(enum lad_lab_kind lab);
const char *lad_placement_name(enum lad_placement placement);
const char *lad_workload_name(enum lad_workload_kind kind);
const char *lad_cpus_name(enum lad_cpus cpus);
const char *lad_cpus_phrase(enum lad_cpus cpus); /* "one shared core" */
const char *lad_ip_name(enum lad_ip ip);	 /* "4", "6" */
const char *lad_io_name(enum lad_io io);
const char *lad_receive_name(enum lad_receive receive);
const char *lad_direction_name(enum lad_direction direction);
const char *lad_payload_name(enum lad_payload payload);
const char *lad_pacing_name(enum lad_pacing pacing);

/* Bulk, whose figure is what arrives; the other kinds are requests and responses, whose figure is transactions. */
static inline bool lad_is_stream(enum lad_workload_kind kind)
{
	return kind == LAD_TCP_STREAM || kind == LAD_UDP_STREAM;
}

static inline bool lad_is_udp(enum lad_workload_kind kind)
{
	return kind == LAD_UDP_STREAM || kind == LAD_UDP_RR;
}

/* Whether all its connections are open before the window: its generator is ready only then. */
static inline bool lad_connects_first(enum lad_workload_kind kind)
{
	return kind == LAD_TCP_STREAM || kind == LAD_TCP_RR;
}

/* The value for a word, or -1. */
int lad_mode_from_name(const char *name);
int lad_lab_from_name(const char *name);
int lad_placement_from_name(const char *name);
int lad_workload_from_name(const char *name);
int lad_cpus_from_name(const char *name);
int lad_ip_from_name(const char *name);
int lad_io_from_name(const char *name);
int lad_receive_from_name(const char *name);
int lad_direction_from_name(const char *name);
int lad_payload_from_name(const char *name);
int lad_pacing_from_name(const char *name);

#endif
