/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_THINK_H
#define AGENT_CORE_THINK_H

/* Closed loop: a rest between a response and the next request. */

#include "agent/core/timer.h"

struct agent_flow;

/* Closed loop: the flows that rest between a response and their next request. */
struct agent_think {
	struct agent_timer timer;
	struct agent_flow *first, *last;
	/* FLOW has rested, and it is NOW_NS. */
	void (*go)(struct agent_flow *flow, int64_t now_ns);
};

/* To be called when the generator starts; nothing happens in a job without think time. */
void agent_think_start(struct agent *agent, void (*go)(struct agent_flow *, int64_t));
/* FLOW rests from NOW_NS on. */
void agent_think(struct agent_flow *flow, int64_t now_ns);
void agent_think_stop(struct agent *agent);

#endif
