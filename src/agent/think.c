/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/agent.h"

/*
 * Closed loop with think time: a flow rests between a response and its next request, as people and batch jobs do. All
 * rest equally long, so who began first is done first, and one queue with one timer serves every flow.
 */

static void arm(struct agent *agent, int64_t at_ns)
{
	struct itimerspec when = {.it_value = {at_ns / 1000000000, at_ns % 1000000000}};
	if (timerfd_settime(agent->think.timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		agent_fail(agent, "cannot set the timer of the think time: %s", strerror(errno));
}

static void on_tick(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	struct agent_think *think = &agent->think;
	uint64_t expirations;
	if (read(think->timer_fd, &expirations, sizeof expirations) < 0 && !agent_would_block(errno)) {
		agent_fail(agent, "timer of the think time: %s", strerror(errno));
		return;
	}
	int64_t now_ns = agent_now_ns();
	while (think->running && think->first && think->first->rested_ns <= now_ns) {
		struct agent_flow *flow = think->first;
		think->first = flow->next_resting;
		flow->resting = false;
		/* Requests of this turn do not leave at the same moment. */
		think->go(flow, agent_now_ns());
	}
	if (think->running && think->first)
		arm(agent, think->first->rested_ns);
}

int agent_think_start(struct agent *agent, void (*go)(struct agent_flow *, int64_t))
{
	struct agent_think *think = &agent->think;
	if (!agent->job.think_ns)
		return 0;
	think->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (think->timer_fd < 0) {
		agent_fail(agent, "cannot make the timer of the think time: %s", strerror(errno));
		return -1;
	}
	think->go = go;
	think->running = true;
	ev_io_init(&think->io, on_tick, think->timer_fd, EV_READ);
	think->io.data = agent;
	ev_io_start(agent->loop, &think->io);
	return 0;
}

void agent_think(struct agent_flow *flow, int64_t now_ns)
{
	struct agent_think *think = &flow->agent->think;
	if (!think->running) /* the window is over */
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
		arm(flow->agent, flow->rested_ns);
}

void agent_think_stop(struct agent *agent)
{
	struct agent_think *think = &agent->think;
	if (!think->running)
		return;
	think->running = false;
	ev_io_stop(agent->loop, &think->io);
	close(think->timer_fd);
}
