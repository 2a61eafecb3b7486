/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_LATE_H
#define AGENT_WORKLOAD_UDP_LATE_H

/*
 * How long udp_rr, in a closed loop, waits for a response before it sends the next request all the same, and what
 * becomes of one that comes after that: it is late, and not lost. The limit follows the round trip, as the job knows it
 * and as late responses show it.
 */

#include "agent/core/agent.h"

int udp_late_begin(struct agent *agent, struct lad_error *err);
/* FLOW's last request is given up on. */
void udp_late_give_up(struct agent_flow *flow);
/* The response to request NUMBER has come after all. False: it was not given up on, or has come before. Else SENT_NS is
 * when that was sent. */
bool udp_late_take(struct agent_flow *flow, uint64_t number, int64_t now_ns, int64_t *sent_ns);

#endif
