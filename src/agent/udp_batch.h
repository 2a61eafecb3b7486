/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_UDP_BATCH_H
#define AGENT_UDP_BATCH_H

/*
 * Many datagrams a system call: sendmmsg(2) and recvmmsg(2), and with `io: gso` also many datagrams a packet, cut by
 * the kernel as late and joined as early as it can (UDP_SEGMENT and UDP_GRO, udp(7)).
 */

#include "agent/agent.h"

/* Buffers and message headers of a sender; its flows' sockets must be there. */
int udp_batch_make_sender(struct agent *agent, struct lad_error *err);
/* One sendmmsg() on FLOW. Returns the datagrams that went, 0: none for now (counted as a send drop), -1: failed. */
int64_t udp_batch_send(struct agent_flow *flow);

/* The same of a receiver. */
int udp_batch_make_receiver(struct agent *agent, struct lad_error *err);
/* One recvmmsg() on FD. Returns the packets that came, 0: none, -1: failed; counts them. */
int udp_batch_receive(struct agent *agent, int fd, int64_t *now_ns);

#endif
