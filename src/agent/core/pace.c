/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/timer.h"
#include "agent/core/window.h"
#include "netladder/pacing.h"

/*
 * Open loop: messages leave at their intended times whatever became of those before, so that a stall delays all that
 * were due in it and each of them is seen (a closed loop sends nothing while it waits, and sees one: "coordinated
 * omission", G. Tene, How NOT to Measure Latency, 2013).
 */

/* A turn of the loop sends at most this many, or one burst of the job, so that responses are read in time. */
#define A_TURN 64
/* No timer finer than this: messages that are due within it leave together, and their lateness is recorded. */
#define TICK_NS INT64_C(20000)
/*
 * Where the kernel sends each message when its time comes, it has to have it before: so long that a wake-up which is
 * late by what is usual does not show, and never more of a flow than the qdisc takes.
 */
#define AHEAD_NS INT64_C(1000000)
/* After the socket took nothing. */
#define RETRY_NS INT64_C(200000)

/*
 * Message NUMBER of all threads goes out on flow NUMBER % all_flows, and flow F is thread F % threads'. So the messages
 * of all threads together leave at the times, and in the bursts, in which those of one thread would.
 */
static uint64_t number_among_all(const struct agent *agent, uint64_t number)
{
	uint64_t flows = (uint64_t)agent->job.flows, threads = (uint64_t)agent->job.threads;
	return number / flows * (uint64_t)agent->all_flows + number % flows * threads + (uint64_t)agent->thread;
}

/* How many of the first COUNT messages of all threads are this one's. */
static uint64_t own_among(const struct agent *agent, uint64_t count)
{
	uint64_t all = (uint64_t)agent->all_flows, threads = (uint64_t)agent->job.threads;
	uint64_t rest = count % all, thread = (uint64_t)agent->thread;
	uint64_t own = count / all * (uint64_t)agent->job.flows;
	return rest > thread ? own + (rest - thread + threads - 1) / threads : own;
}

int64_t agent_pace_due_ns(const struct agent *agent, uint64_t number)
{
	if (agent->job.threads > 1)
		number = number_among_all(agent, number);
	if (agent->job.burst > 1) /* with the first of its burst */
		number -= number % (uint64_t)agent->job.burst;
	return agent->pace.base_ns + (int64_t)((double)number * agent->pace.interval_ns + 0.5);
}

/* Who hands a message over ahead of its time is late only once that has passed. */
static void record_error(struct agent *agent, int64_t late_ns)
{
	struct agent_pace *pace = &agent->pace;
	if (agent->phase != AGENT_WINDOW)
		return;
	if (late_ns < 0)
		late_ns = 0;
	pace->counted++;
	pace->error_sum_ns += (double)late_ns;
	if (late_ns > pace->error_max_ns)
		pace->error_max_ns = late_ns;
}

/*
 * How many are due at NOW_NS, at most what a turn may send. What is due after the window is never sent: a thread that
 * was held up past its end would otherwise send that as well, and more than the rate.
 */
static uint64_t count_due(const struct agent *agent, int64_t now_ns)
{
	const struct agent_pace *pace = &agent->pace;
	int64_t last_ns = agent_window_end_ns(agent) - 1;
	uint64_t burst = (uint64_t)agent->job.burst, most = pace->most_a_turn ? pace->most_a_turn : A_TURN, due = 0;
	if (most < burst)
		most = burst;
	if (last_ns > now_ns + pace->ahead_ns)
		last_ns = now_ns + pace->ahead_ns;
	while (due < most && agent_pace_due_ns(agent, pace->sent + due) <= last_ns)
		due++;
	return due;
}

/* Sends what is due at NOW_NS, as much as a turn may. False: the socket takes no more for now. */
static bool send_due(struct agent *agent, int64_t now_ns)
{
	struct agent_pace *pace = &agent->pace;
	for (uint64_t left = count_due(agent, now_ns), went; left && pace->timer.running; left -= went) {
		int64_t due_ns = agent_pace_due_ns(agent, pace->sent);
		went = pace->send_many ? pace->send_many(agent, pace->sent, left)
				       : (uint64_t)pace->send(agent, pace->sent, due_ns);
		if (!went)
			return false;
		for (uint64_t i = 0; i < went; i++)
			record_error(agent, now_ns - agent_pace_due_ns(agent, pace->sent++));
	}
	return true;
}

static void on_tick(struct agent *agent)
{
	struct agent_pace *pace = &agent->pace;
	int64_t now_ns = agent_now_ns();
	bool taken = send_due(agent, now_ns);
	if (!pace->timer.running)
		return;
	int64_t next_ns = agent_pace_due_ns(agent, pace->sent) - pace->ahead_ns;
	int64_t earliest_ns = now_ns + (taken ? TICK_NS : RETRY_NS);
	agent_timer_arm(&pace->timer, next_ns > earliest_ns ? next_ns : earliest_ns);
}

static int64_t ahead_ns(const struct agent *agent)
{
	double most_ns = agent->pace.interval_ns * agent->all_flows * LAD_FQ_AHEAD;
	if (!agent->job.txtime)
		return 0;
	return most_ns < (double)AHEAD_NS ? (int64_t)most_ns : AHEAD_NS;
}

void agent_pace_start(struct agent *agent, bool (*send)(struct agent *, uint64_t, int64_t))
{
	struct agent_pace *pace = &agent->pace;
	if (agent_timer_start(agent, &pace->timer, "sending timer", on_tick) < 0)
		return;
	pace->send = send;
	pace->interval_ns = 1e9 / agent->job.rate_per_s;
	pace->ahead_ns = ahead_ns(agent);
	pace->base_ns = agent->window.start_ns;
	int64_t first_ns = agent_pace_due_ns(agent, 0);
	agent_timer_arm(&pace->timer, first_ns > 0 ? first_ns : 1);
}

uint64_t agent_pace_overdue(const struct agent *agent, int64_t end_ns)
{
	const struct agent_pace *pace = &agent->pace;
	double burst = agent->job.burst > 1 ? agent->job.burst : 1;
	double bursts = (double)(end_ns - pace->base_ns) * agent->job.rate_per_s / 1e9 / burst;
	double all = ceil(bursts - 1e-6) * burst;
	uint64_t due = all > 0 ? (uint64_t)all : 0;
	if (agent->job.threads > 1)
		due = own_among(agent, due);
	return due > pace->sent ? due - pace->sent : 0;
}

void agent_pace_again(struct agent *agent)
{
	if (agent->pace.timer.running)
		on_tick(agent);
}

void agent_pace_stop(struct agent *agent)
{
	struct agent_pace *pace = &agent->pace;
	if (!pace->timer.running)
		return;
	/* The last few: due, and only not sent because the end was noticed first. */
	if (agent->phase == AGENT_WINDOW)
		send_due(agent, agent_window_end_ns(agent) - 1);
	agent_timer_stop(agent, &pace->timer);
}
