/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_TIMER_H
#define AGENT_CORE_TIMER_H

/* Timers of the agent's own, finer than libev's. */

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct agent;

/* A timerfd(2): libev's own timers tick in milliseconds with epoll. */
struct agent_timer {
	ev_io io; /* first: the watcher is the timer */
	const char *name;
	void (*tick)(struct agent *agent);
	bool running;
};

/* TICK is called at each moment that the timer, the NAME of which is for complaints, is armed for. -1 after agent_fail.
 */
int agent_timer_start(struct agent *agent, struct agent_timer *timer, const char *name, void (*tick)(struct agent *));
/* AT_NS on CLOCK_MONOTONIC, over 0. */
void agent_timer_arm(struct agent_timer *timer, int64_t at_ns);
/* Safe on one that does not run. */
void agent_timer_stop(struct agent *agent, struct agent_timer *timer);

#endif
