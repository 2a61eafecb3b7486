/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_FLOW_H
#define AGENT_SOCKET_FLOW_H

/* Flows: the agent's connections, and the slots they stand in. */

#include "agent/core/agent.h"

/* Makes COUNT flows, all closed, and the buffers. */
int agent_make_flows(struct agent *agent, int count, struct lad_error *err);
/* Listens, and answers each connection with ON_READABLE, in COUNT slots. */
int agent_listen(struct agent *agent, int count, void (*on_readable)(struct ev_loop *, ev_io *, int),
		 struct lad_error *err);
/* What `admit` does for standing connections. */
void agent_flow_admit(struct agent *agent, int fd);
/* FD, which was accepted, is the connection of FLOW. */
void agent_flow_open(struct agent_flow *flow, int fd);
/* The listener accepts nothing for a moment: descriptors have run out. */
void agent_listener_rest(struct agent *agent);
/* Which one it is of all threads' flows. */
int agent_flow_number(const struct agent_flow *flow);
/* A free flow slot, or NULL; and giving it back. */
struct agent_flow *agent_take_flow(struct agent *agent);
void agent_give_flow(struct agent_flow *flow);
void agent_close_flow(struct agent_flow *flow);
/* Requests of all flows that have no response yet: what `outstanding` is where a flow has many on the way. */
uint64_t agent_flows_unanswered(const struct agent *agent);
/* Waits for EVENTS from now on. */
void agent_flow_wait(struct agent_flow *flow, int events);

#endif
