/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "agent/agent.h"

/* How long a sink waits for what is still on the way: until nothing came for a pause, at most the limit. */
#define DRAIN_PAUSE_NS INT64_C(10000000)
#define DRAIN_LIMIT_NS INT64_C(2000000000)

int64_t agent_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void take_snapshot(struct agent *agent, struct agent_snapshot *snapshot)
{
	double rtt_us, cwnd;
	agent_tcp_info(agent, &snapshot->retransmits, &rtt_us, &cwnd);
	getrusage(RUSAGE_SELF, &snapshot->usage);
	snapshot->counters = agent->counters;
	snapshot->time_ns = agent_now_ns();
}

static int64_t timeval_ns(struct timeval later, struct timeval earlier)
{
	return (int64_t)(later.tv_sec - earlier.tv_sec) * 1000000000 +
	       (int64_t)(later.tv_usec - earlier.tv_usec) * 1000;
}

static void close_window(struct agent *agent)
{
	struct agent_snapshot end;
	const struct agent_snapshot *begin = &agent->begin;
	struct lad_agent_result *result = &agent->result;
	take_snapshot(agent, &end);
	result->elapsed_ns = end.time_ns - begin->time_ns;
	result->bytes = end.counters.bytes - begin->counters.bytes;
	result->messages = end.counters.messages - begin->counters.messages;
	result->transactions = end.counters.transactions - begin->counters.transactions;
	result->cpu_user_ns = timeval_ns(end.usage.ru_utime, begin->usage.ru_utime);
	result->cpu_system_ns = timeval_ns(end.usage.ru_stime, begin->usage.ru_stime);
	result->switches_voluntary = (uint64_t)(end.usage.ru_nvcsw - begin->usage.ru_nvcsw);
	result->switches_involuntary = (uint64_t)(end.usage.ru_nivcsw - begin->usage.ru_nivcsw);
	agent_tcp_info(agent, &result->retransmits, &result->rtt_us, &result->cwnd_segments);
	result->retransmits -= begin->retransmits;
}

static void finish(struct agent *agent)
{
	agent->phase = AGENT_DONE;
	ev_timer_stop(agent->loop, &agent->phase_timer);
	agent->result.bytes_total = agent->counters.bytes;
	agent->result.messages_total = agent->counters.messages;
	agent->result.transactions_total = agent->counters.transactions;
	agent->report(agent);
}

static void set_timer(struct agent *agent, int64_t at_ns)
{
	double wait_s = (double)(at_ns - agent_now_ns()) / 1e9;
	ev_now_update(agent->loop);
	ev_timer_stop(agent->loop, &agent->phase_timer);
	ev_timer_set(&agent->phase_timer, wait_s > 0 ? wait_s : 0, 0.);
	ev_timer_start(agent->loop, &agent->phase_timer);
}

static void begin_drain(struct agent *agent)
{
	if (agent->job.role == LAD_GENERATOR || !agent->ops->sink_drains) {
		finish(agent);
		return;
	}
	agent->phase = AGENT_DRAIN;
	agent->drain_until_ns = agent_now_ns() + DRAIN_LIMIT_NS;
	agent->drain_seen = agent->counters.messages;
	if (agent->flow_count && agent->flows_finished == agent->flow_count)
		finish(agent);
	else
		set_timer(agent, agent_now_ns() + DRAIN_PAUSE_NS);
}

static void continue_drain(struct agent *agent)
{
	bool quiet = agent->drain_seen == agent->counters.messages;
	bool waits_for_end = agent->job.workload == LAD_TCP_STREAM;
	if ((quiet && !waits_for_end) || agent_now_ns() > agent->drain_until_ns) {
		finish(agent);
		return;
	}
	agent->drain_seen = agent->counters.messages;
	set_timer(agent, agent_now_ns() + DRAIN_PAUSE_NS);
}

static void on_phase(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = timer->data;
	const struct lad_window *window = &agent->window;
	switch (agent->phase) {
	case AGENT_IDLE:
		agent->phase = AGENT_WARMUP;
		if (agent->job.role == LAD_GENERATOR)
			agent->ops->start(agent);
		set_timer(agent, window->start_ns + window->warmup_ns);
		break;
	case AGENT_WARMUP:
		agent->phase = AGENT_WINDOW;
		take_snapshot(agent, &agent->begin);
		set_timer(agent, window->start_ns + window->warmup_ns + window->duration_ns);
		break;
	case AGENT_WINDOW:
		close_window(agent);
		if (agent->job.role == LAD_GENERATOR)
			agent->ops->stop(agent);
		begin_drain(agent);
		break;
	case AGENT_DRAIN:
		continue_drain(agent);
		break;
	case AGENT_DONE:
		break;
	}
}

void agent_window_start(struct agent *agent)
{
	ev_init(&agent->phase_timer, on_phase);
	agent->phase_timer.data = agent;
	/* Above the sockets: the edge of the window must not wait for a batch of I/O that is due in the same turn. */
	ev_set_priority(&agent->phase_timer, EV_MAXPRI);
	set_timer(agent, agent->window.start_ns);
}

void agent_flow_finished(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	if (flow->finished)
		return;
	flow->finished = true;
	agent->flows_finished++;
	if (agent->phase == AGENT_DRAIN && agent->flows_finished == agent->flow_count)
		finish(agent);
}
