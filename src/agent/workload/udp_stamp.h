/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_STAMP_H
#define AGENT_WORKLOAD_UDP_STAMP_H

/*
 * What each datagram of udp_stream begins with, all big endian: its flow, the phase in which it was sent and its
 * number, so that loss is exact, and when it was sent (or meant to be: open loop) on the sender's CLOCK_MONOTONIC.
 */

#include <endian.h>

#include "agent/core/agent.h"

#define UDP_STAMP_MAGIC UINT32_C(0x6e6c6432) /* "nld2" */
#define UDP_STAMP_NUMBER_BITS 56

struct udp_stamp {
	uint32_t magic, flow;
	uint64_t phase_number; /* phase in the top byte, number below */
	uint64_t time_ns;
} __attribute__((packed)); /* in the middle of a packet it may stand anywhere */

static inline void udp_stamp_identify(void *datagram, int flow)
{
	struct udp_stamp *stamp = datagram;
	stamp->magic = htobe32(UDP_STAMP_MAGIC);
	stamp->flow = htobe32((uint32_t)flow);
}

static inline void udp_stamp_write(void *datagram, enum agent_phase phase, uint64_t number, int64_t time_ns)
{
	struct udp_stamp *stamp = datagram;
	stamp->phase_number = htobe64((uint64_t)phase << UDP_STAMP_NUMBER_BITS | number);
	stamp->time_ns = htobe64((uint64_t)time_ns);
}

/* udp_stream.c: which of AGENT's flows is NUMBER of all threads'; -1: none, it is another thread's or nobody's. */
int udp_stream_own(const struct agent *agent, uint32_t number);

/* udp_stream.c: counts what came in one packet at NOW_NS: BYTES, cut every SEGMENT bytes (the last may be shorter). */
void udp_stream_count(struct agent *agent, const char *bytes, size_t length, size_t segment, int64_t now_ns);
/* And what FLOW sent: DATAGRAMS of BYTES together, numbered from the flow's next one on. */
void udp_stream_count_sent(struct agent_flow *flow, uint64_t bytes, uint64_t datagrams);
/* And what its socket would not take, for the reason in errno: a drop, unless its full buffer is what paces the flow.
 */
void udp_stream_count_refused(struct agent *agent, uint64_t datagrams);

#endif
