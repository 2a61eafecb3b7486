/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/tick.h"

/*
 * Who waits in recv() must come back when the loop has something to do. A time-out of the socket (SO_RCVTIMEO) would do
 * it, but the kernel then sets and clears a timer for each message that is waited for: 2 % of a transaction on
 * loopback. So one timer of the thread (timer_create(2)) interrupts whatever call it is in: at the edge, and seldom
 * before, for a flow that has fallen silent. A tick may come just before the call, so from the edge on more follow.
 * Each is a disturbance that the latency's tail shows: a few a second, not more.
 */

#define SELDOM_NS INT64_C(100000000)
#define AGAIN_NS INT64_C(2000000)
#define SECOND_NS INT64_C(1000000000)

/* Both in a signal's handler and outside: an edge that changes in between is armed once more by who changes it. */
static void arm(struct agent *agent)
{
	struct itimerspec next = {0};
	int64_t now_ns = agent_now_ns(), edge_ns = agent->edge_ns, at_ns = 0;
	if (edge_ns > now_ns)
		at_ns = edge_ns - now_ns < SELDOM_NS ? edge_ns : now_ns + SELDOM_NS;
	else if (edge_ns > 0)
		at_ns = now_ns + AGAIN_NS;
	next.it_value = (struct timespec){.tv_sec = at_ns / SECOND_NS, .tv_nsec = at_ns % SECOND_NS};
	timer_settime(agent->tick, TIMER_ABSTIME, &next, NULL);
}

static void on_tick(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	int kept = errno;
	struct agent *agent = info->si_value.sival_ptr;
	agent->ticked = 1;
	arm(agent);
	errno = kept;
}

int agent_tick_make(struct agent *agent, struct lad_error *err)
{
	/* Without SA_RESTART: the call is to return. */
	struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO};
	struct sigevent event = {
	    .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM, .sigev_value.sival_ptr = agent};
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

void agent_set_edge(struct agent *agent, int64_t edge_ns)
{
	agent->edge_ns = edge_ns;
	if (agent->ticks)
		arm(agent);
}

bool agent_edge_passed(struct agent *agent)
{
	if (agent->edge_ns > 0 && !agent->ticked)
		return false;
	agent->ticked = 0;
	return agent_now_ns() >= agent->edge_ns;
}
