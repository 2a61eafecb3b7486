/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/core/think.h"
#include "agent/core/agent.h"
#include "agent/core/timer.h"

/*
 * Closed loop with think time: a flow rests between a response and its next request, as people and batch jobs do. All
 * rest equally long, so who began first is done first, and one queue with one timer serves every flow.
 */

static void on_tick(struct agent *agent)
{
	struct agent_think *think = &agent->think;
	int64_t now_ns = agent_now_ns();
	while (think->timer.running && think->first && think->first->rested_ns <= now_ns) {
		struct agent_flow *flow = think->first;
		think->first = flow->next_resting;
		flow->resting = false;
		/* Requests of this turn do not leave at the same moment. */
		think->go(flow, agent_now_ns());
	}
	if (think->timer.running && think->first)
		agent_timer_arm(&think->timer, think->first->rested_ns);
}

void agent_think_start(struct agent *agent, void (*go)(struct agent_flow *, int64_t))
{
	agent->think.go = go;
	if (agent->job.think_ns)
		agent_timer_start(agent, &agent->think.timer, "timer of the think time", on_tick);
}

void agent_think(struct agent_flow *flow, int64_t now_ns)
{
	struct agent_think *think = &flow->agent->think;
	if (!think->timer.running) /* the window is over */
		return;
	flow->rested_ns = now_ns + flow->agent->job.think_ns;
	flow->next_resting = NULL;
	flow->resting = true;
	if (think->first)
		think->last->next_resting = flow;
	else
		think->first = flow;
	think->last = flow;
	if (think->first == flow)
		agent_timer_arm(&think->timer, flow->rested_ns);
}

void agent_think_stop(struct agent *agent)
{
	agent_timer_stop(agent, &agent->think.timer);
}
