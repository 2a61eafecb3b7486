/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_WORKLOAD_H
#define NETLADDER_WORKLOAD_H

/* A workload and its options, from a scenario or by hand. workload_option.h has the table of the options. */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/mode.h"

/* How a workload is sent and received; all zeros: in the plainest way. As the fields of struct lad_job. */
struct lad_traffic {
	enum lad_io io;
	enum lad_receive receive;
	enum lad_direction direction;
	enum lad_payload payload;
	enum lad_pacing pacing;
	double rate_per_s;  /* messages, open loop; 0: closed loop, or as fast as it goes */
	double rate_bps;    /* streams: paced to this by the kernel; 0: unpaced */
	bool rate_per_flow; /* those two are of each flow, else of all together */
	int pipeline;	    /* tcp_rr: requests outstanding a flow; 0: 1 */
	int requests;	    /* tcp_crr: transactions on a connection; 0: 1 */
	bool verify, timestamps, zerocopy, nagle, cork;
	int dscp, ecn, ttl, dont_fragment, busy_poll_us;
	int mss; /* TCP_MAXSEG; 0: by the route */
	/* rr and crr, without a mix of sizes: of a response; 0: it is as long as its request */
	int64_t response_bytes;
	char sockets[64]; /* what the scenario chose of buffers, congestion control, IP: "buffer=4MiB cc=bbr ip=6" */
	enum lad_ip ip;	  /* of all addresses; a tuning may have put it in the scenario's place */
	int64_t think_ns; /* rr and crr, closed loop: pause before the next request */
	int burst;	  /* open loop: messages that leave together; 0: 1 */
	int threads;	  /* of each agent, the flows dealt over them; 0: 1 */
	int64_t bytes, transactions; /* what ends the measurement before its duration; 0: nothing */
	char sizes[96];		     /* a mix in place of message_bytes, which is then the largest of them; "": none */
	char name[64];		     /* dns_rr: what is looked up; "": the sink's name */
};

#define LAD_BACKGROUNDS_MAX 8	 /* workloads that run beside a judged one */
#define LAD_WORKLOAD_NAME_MAX 16 /* with its NUL */

/* One entry of `workloads:`, with one value of `cpus:` (an entry whose `cpus` is a list expands to several). */
struct lad_workload {
	enum lad_workload_kind kind;
	enum lad_cpus cpus;
	int64_t message_bytes;	     /* payload of one write, datagram, request or response */
	int flows;		     /* concurrent sockets, 1..1024 */
	int64_t socket_buffer_bytes; /* SO_SNDBUF and SO_RCVBUF on both sides; 0: the kernel's automatic tuning */
	char congestion_control[16]; /* TCP_CONGESTION, "" for UDP */
	struct lad_traffic traffic;
	bool buffer_given, congestion_given;	      /* by the scenario; else a default, which gives way to a sysctl */
	bool leave_send_buffer, leave_receive_buffer; /* to the kernel: a sysctl of the tuning or of `limits` sets it */
	char name[LAD_WORKLOAD_NAME_MAX];	      /* "": none */
	/* What runs at the same time and loads the path: numbers in the scenario's `backgrounds`, ascending. */
	int backgrounds[LAD_BACKGROUNDS_MAX];
	int background_count;
};

#define LAD_OPTIONS_MAX 320 /* the column `options` */

/*
 * Everything in MANNER that is not the default, as "key=value" words in a fixed order: "io=gso rate=1000/s"; "" when
 * there is nothing. Two workloads that are otherwise alike differ if and only if these do.
 */
void lad_traffic_describe(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX]);

/*
 * The names of COUNT workloads that run beside a judged one, as the columns `background` and `options` have them:
 * "up+down". "" for none.
 */
#define LAD_BACKGROUND_TEXT_MAX (LAD_BACKGROUNDS_MAX * LAD_WORKLOAD_NAME_MAX)
void lad_backgrounds_describe(const struct lad_workload *workloads, int count, char out[LAD_BACKGROUND_TEXT_MAX]);

/* "open": sent at intended times. "closed": a response, or of a stream room in the buffers, sets off the next message.
 * "saturating": datagrams as fast as they go. */
const char *lad_workload_loop(const struct lad_workload *workload);

/* What is offered over all flows; 0: see struct lad_traffic. */
static inline double lad_workload_rate_per_s(const struct lad_workload *workload)
{
	return workload->traffic.rate_per_s * (workload->traffic.rate_per_flow ? workload->flows : 1);
}

static inline double lad_workload_rate_bps(const struct lad_workload *workload)
{
	return workload->traffic.rate_bps * (workload->traffic.rate_per_flow ? workload->flows : 1);
}

#endif
