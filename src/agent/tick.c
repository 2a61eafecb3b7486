/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"

/*
 * Who waits in recv() must come back when the loop has something to do. A time-out of the socket (SO_RCVTIMEO) would do
 * it, but the kernel then sets and clears a timer for each message that is waited for: 2 % of a transaction on
 * loopback. So one timer of the thread (timer_create(2)) interrupts whatever call it is in: each period, so that a tick
 * that comes just before the call is not the last, and one of them at the very edge.
 */

#define PERIOD_NS INT64_C(20000000)
#define SECOND_NS INT64_C(1000000000)

static _Thread_local volatile sig_atomic_t ticked;

static void on_tick(int number)
{
	(void)number;
	ticked = 1;
}

int agent_tick_make(struct agent *agent, struct lad_error *err)
{
	struct sigaction action = {.sa_handler = on_tick}; /* without SA_RESTART: the call is to return */
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	sigset_t signals;
	event._sigev_un._tid = gettid(); /* glibc has no better name for it, see timer_create(2) */
	sigemptyset(&signals);
	sigaddset(&signals, SIGALRM);
	if (sigaction(SIGALRM, &action, NULL) < 0 || pthread_sigmask(SIG_UNBLOCK, &signals, NULL) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &agent->tick) < 0)
		return lad_error_errno(err, errno, "cannot make a timer");
	agent->ticks = true;
	return 0;
}

void agent_tick_free(struct agent *agent)
{
	if (agent->ticks)
		timer_delete(agent->tick);
	agent->ticks = false;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
}

void agent_set_edge(struct agent *agent, int64_t edge_ns)
{
	agent->edge_ns = edge_ns;
	if (!agent->ticks)
		return;
	struct itimerspec ticks = {.it_interval = timespec_of(PERIOD_NS)};
	int64_t left_ns = edge_ns - agent_now_ns();
	if (edge_ns > 0)
		ticks.it_value = timespec_of(left_ns > 0 ? edge_ns - left_ns / PERIOD_NS * PERIOD_NS : 1);
	timer_settime(agent->tick, TIMER_ABSTIME, &ticks, NULL);
}

bool agent_edge_passed(const struct agent *agent)
{
	if (agent->edge_ns > 0 && !ticked)
		return false;
	ticked = 0;
	return agent_now_ns() >= agent->edge_ns;
}
