/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_BATCH_H
#define AGENT_WORKLOAD_UDP_BATCH_H

/*
 * Many datagrams a system call: sendmmsg(2) and recvmmsg(2), and with `io: gso` also many datagrams a packet, cut by
 * the kernel as late and joined as early as it can (UDP_SEGMENT and UDP_GRO, udp(7)).
 */

#include "agent/core/agent.h"

/* Buffers and message headers of a sender; its flows' sockets must be there. */
int udp_batch_make_sender(struct agent *agent, struct lad_error *err);
/* One sendmmsg() on FLOW. Returns the datagrams that went; 0: none for now (counted as a send drop), or failed. */
uint64_t udp_batch_send(struct agent_flow *flow);
/*
 * Open loop, as agent_pace.send_many: one sendmmsg() on the flow whose turn it is, of those that are due and no more,
 * each stamped with its own intended time. What is due together leaves together; a super-packet is as large as that.
 */
uint64_t udp_batch_send_due(struct agent *agent, uint64_t number, uint64_t most);
/* The most that one call sends. */
uint64_t udp_batch_capacity(const struct agent *agent);

/* The same of a receiver. */
int udp_batch_make_receiver(struct agent *agent, struct lad_error *err);
/* One recvmmsg() on FD. Returns the packets that came, 0: none, -1: failed; counts them. */
int udp_batch_receive(struct agent *agent, int fd, int64_t *now_ns);

#endif
