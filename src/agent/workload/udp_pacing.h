/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_PACING_H
#define AGENT_WORKLOAD_UDP_PACING_H

/* What the sockets of a udp_stream's generator are told when the kernel paces it: the fq qdisc then holds datagrams
 * back, by the flow's rate (SO_MAX_PACING_RATE) or each until its own time (SO_TXTIME). */

#include <stdint.h>
#include <sys/socket.h>

#include "agent/core/agent.h"

/* Checks that there is such a qdisc, and sets the flows' sockets; nothing in a job that a timer paces. */
int udp_pacing_begin(const struct agent *agent, struct lad_error *err);

/* Whether everything that the sockets took has left the qdisc. */
bool udp_pacing_is_over(const struct agent *agent);

#define UDP_TXTIME_BYTES CMSG_SPACE(sizeof(uint64_t))

/* MESSAGE is to leave at TIME_NS (CLOCK_MONOTONIC). CONTROL: UDP_TXTIME_BYTES, aligned as a struct cmsghdr is. */
void udp_txtime_write(struct msghdr *message, void *control, int64_t time_ns);

/* The flow's next datagram, SIZE bytes of the payload, to leave at TIME_NS. As send(2). */
ssize_t udp_txtime_send(const struct agent_flow *flow, size_t size, int64_t time_ns);

#endif
