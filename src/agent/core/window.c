/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/team.h"
#include "agent/core/think.h"
#include "agent/core/tick.h"
#include "agent/core/window.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "agent/workload/workload.h"

/*
 * How long an end waits for what is still on the way: until it knows that all has come, else until nothing came for a
 * while that is longer than a packet takes on a slow wire and than a loaded machine leaves us waiting; at most the
 * limit. It looks at every pause.
 */
#define DRAIN_PAUSE_NS INT64_C(10000000)
#define DRAIN_QUIET_NS INT64_C(250000000)
#define DRAIN_LIMIT_NS INT64_C(5000000000)
#define LAST_TURNS 64
#define DRAIN_PATIENCE_NS INT64_C(900000000000) /* and however slowly the rest comes */

static int64_t window_begin_ns(const struct agent *agent)
{
	return agent->window.start_ns + agent->window.warmup_ns;
}

int64_t agent_window_end_ns(const struct agent *agent)
{
	return window_begin_ns(agent) + agent->window.duration_ns;
}

bool agent_gone_after(const struct agent *agent, int error)
{
	bool gone = error == EPIPE || error == ECONNRESET || error == ECONNREFUSED;
	return gone && agent_now_ns() >= agent_window_end_ns(agent);
}

bool agent_in_window(const struct agent *agent, int64_t intended_ns)
{
	return intended_ns >= window_begin_ns(agent) && intended_ns < agent_window_end_ns(agent);
}

static void take_snapshot(struct agent *agent, struct agent_snapshot *snapshot)
{
	snapshot->tcp = agent_tcp_state(agent);
	getrusage(RUSAGE_SELF, &snapshot->usage);
	snapshot->counters = agent->counters;
	snapshot->time_ns = agent_now_ns();
}

static int64_t timeval_ns(struct timeval later, struct timeval earlier)
{
	return (int64_t)(later.tv_sec - earlier.tv_sec) * 1000000000 +
	       (int64_t)(later.tv_usec - earlier.tv_usec) * 1000;
}

static void take_sample(struct agent *agent)
{
	struct lad_agent_result *result = &agent->result;
	const struct agent_snapshot *begin = &agent->begin;
	if (result->sample_count == LAD_SAMPLES_MAX)
		return;
	struct agent_tcp_state tcp = agent_tcp_state(agent);
	struct lad_sample *sample = &result->samples[result->sample_count++];
	*sample = (struct lad_sample){
	    .time_ns = agent_now_ns() - begin->time_ns,
	    .bytes = agent->counters.bytes - begin->counters.bytes,
	    .messages = agent->counters.messages - begin->counters.messages,
	    .transactions = agent->counters.transactions - begin->counters.transactions,
	    .retransmits = tcp.retransmits - begin->tcp.retransmits,
	    .rtt_us = tcp.rtt_us,
	    .cwnd_segments = tcp.cwnd_segments,
	    .pacing_rate_bps = tcp.pacing_rate_bps,
	};
	if (agent->team)
		agent_team_sampled(agent);
	else if (agent->sampled)
		agent->sampled(agent, sample);
}

static void close_window(struct agent *agent)
{
	struct agent_snapshot end;
	const struct agent_snapshot *begin = &agent->begin;
	struct lad_agent_result *result = &agent->result;
	if (agent->job.sample_ns && agent->phase == AGENT_WINDOW)
		take_sample(agent);
	take_snapshot(agent, &end);
	agent_socket_facts(agent, &result->socket);
	if (agent->phase == AGENT_ENOUGH) {
		end.counters = agent->enough_counters;
		end.time_ns = agent->enough_ns;
	}
	result->elapsed_ns = end.time_ns - begin->time_ns;
	result->bytes = end.counters.bytes - begin->counters.bytes;
	result->messages = end.counters.messages - begin->counters.messages;
	result->transactions = end.counters.transactions - begin->counters.transactions;
	result->cpu_user_ns = timeval_ns(end.usage.ru_utime, begin->usage.ru_utime);
	result->cpu_system_ns = timeval_ns(end.usage.ru_stime, begin->usage.ru_stime);
	result->switches_voluntary = (uint64_t)(end.usage.ru_nvcsw - begin->usage.ru_nvcsw);
	result->switches_involuntary = (uint64_t)(end.usage.ru_nivcsw - begin->usage.ru_nivcsw);
	result->reverse_bytes = end.counters.reverse_bytes - begin->counters.reverse_bytes;
	result->reverse_messages = end.counters.reverse_messages - begin->counters.reverse_messages;
	double elapsed_us = (double)result->elapsed_ns / 1e3 * agent->flow_count;
	result->retransmits = end.tcp.retransmits - begin->tcp.retransmits;
	result->rtt_us = end.tcp.rtt_us;
	result->rttvar_us = end.tcp.rttvar_us;
	result->delivered_segments = end.tcp.delivered_segments - begin->tcp.delivered_segments;
	result->pacing_rate_bps = end.tcp.pacing_rate_bps;
	result->jitter_us = NAN;
	result->cwnd_segments = end.tcp.cwnd_segments;
	result->busy_ratio = (end.tcp.busy_us - begin->tcp.busy_us) / elapsed_us;
	result->rwnd_limited_ratio = (end.tcp.rwnd_limited_us - begin->tcp.rwnd_limited_us) / elapsed_us;
	result->sndbuf_limited_ratio = (end.tcp.sndbuf_limited_us - begin->tcp.sndbuf_limited_us) / elapsed_us;
	const struct agent_pace *pace = &agent->pace;
	result->schedule_error_mean_us = pace->counted ? pace->error_sum_ns / (double)pace->counted / 1e3 : NAN;
	result->schedule_error_max_us = pace->counted ? (double)pace->error_max_ns / 1e3 : NAN;
}

static bool waits_for_responses(const struct agent *agent)
{
	return agent->job.role == LAD_GENERATOR && agent->ops->outstanding && agent->job.rate_per_s > 0;
}

static void finish(struct agent *agent)
{
	agent->phase = AGENT_DONE;
	agent_set_edge(agent, 0);
	ev_timer_stop(agent->loop, &agent->phase_timer);
	if (agent->ops->end)
		agent->ops->end(agent);
	if (waits_for_responses(agent)) {
		agent->result.timeouts +=
		    agent->ops->outstanding(agent) + agent_pace_overdue(agent, agent_window_end_ns(agent));
		agent->ops->stop(agent);
	}
	agent->result.reverse_bytes_total = agent->counters.reverse_bytes;
	agent->result.reverse_messages_total = agent->counters.reverse_messages;
	agent->result.bytes_total = agent->counters.bytes;
	agent->result.messages_total = agent->counters.messages;
	agent->result.transactions_total = agent->counters.transactions;
	if (agent->team)
		agent_team_report(agent);
	else
		agent->report(agent);
}

static void set_timer(struct agent *agent, ev_timer *timer, int64_t at_ns)
{
	double wait_s = (double)(at_ns - agent_now_ns()) / 1e9;
	ev_now_update(agent->loop);
	ev_timer_stop(agent->loop, timer);
	ev_timer_set(timer, wait_s > 0 ? wait_s : 0, 0.);
	ev_timer_start(agent->loop, timer);
}

static void set_phase_timer(struct agent *agent, int64_t at_ns)
{
	agent_set_edge(agent, at_ns);
	set_timer(agent, &agent->phase_timer, at_ns);
}

static void on_sample(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = timer->data;
	if (agent->phase != AGENT_WINDOW)
		return;
	if (agent->result.sample_count >= 0 && agent_now_ns() > agent->begin.time_ns)
		take_sample(agent);
	int64_t next_ns = agent->begin.time_ns + (agent->result.sample_count + 1) * agent->job.sample_ns;
	/* What would be due at the end of the window is taken there. */
	if (next_ns + agent->job.sample_ns / 2 >= agent_window_end_ns(agent)) {
		agent_set_edge(agent, agent_window_end_ns(agent));
		return;
	}
	agent_set_edge(agent, next_ns);
	set_timer(agent, timer, next_ns);
}

static void start_samples(struct agent *agent)
{
	if (!agent->job.sample_ns)
		return;
	int64_t first_ns = agent->begin.time_ns + agent->job.sample_ns;
	if (first_ns + agent->job.sample_ns / 2 >= agent_window_end_ns(agent))
		return;
	set_timer(agent, &agent->sample_timer, first_ns);
	agent_set_edge(agent, first_ns);
}

/* Whether this end has to wait for something after the window. */
static bool has_to_drain(const struct agent *agent)
{
	return waits_for_responses(agent) || (agent->ops->drains && agent->ops->drains(agent));
}

/* What has come grows; what was sent does not any more. */
static uint64_t seen(const struct agent *agent)
{
	return agent->counters.messages + agent->counters.reverse_messages;
}

static bool is_drained(const struct agent *agent)
{
	if (waits_for_responses(agent))
		return agent->ops->outstanding(agent) == 0;
	if (agent->has_drain_target && agent->counters.messages >= agent->drain_target)
		return true;
	if (agent->ops->drained && agent->ops->drained(agent))
		return true;
	return agent->flow_count && agent->flows_finished == agent->flow_count;
}

static int64_t drain_limit_ns(const struct agent *agent)
{
	return (agent->job.drain_ns ? agent->job.drain_ns : DRAIN_LIMIT_NS) + agent_round_trip_ns(agent);
}

/* Until the next look, which is not behind the limit by much. */
static int64_t next_look_ns(const struct agent *agent, int64_t now_ns)
{
	int64_t look_ns = now_ns + DRAIN_PAUSE_NS;
	return look_ns < agent->drain_until_ns ? look_ns : agent->drain_until_ns + 1;
}

static void begin_drain(struct agent *agent)
{
	if (!has_to_drain(agent)) {
		finish(agent);
		return;
	}
	agent->phase = AGENT_DRAIN;
	agent->drain_begun_ns = agent->drain_quiet_ns = agent_now_ns();
	agent->drain_until_ns = agent->drain_begun_ns + drain_limit_ns(agent);
	agent->drain_seen = seen(agent);
	if (is_drained(agent))
		finish(agent);
	else
		set_phase_timer(agent, next_look_ns(agent, agent_now_ns()));
}

/* Timers come before sockets in a turn of the loop: what has come meanwhile is not counted yet. */
static bool has_datagram_waiting(const struct agent *agent)
{
	char byte;
	for (int i = 0; i < agent_receiver_count(agent); i++)
		if (recv(agent_receiver(agent, i), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
			return true;
	return false;
}

/*
 * At a limit of the job's own, which is short: an agent that was not run when it passed reads what has come meanwhile,
 * for as long as there is more at once.
 */
static bool has_last_turn(struct agent *agent, bool moves)
{
	if (!agent->job.drain_ns || agent->last_turns == LAST_TURNS || (agent->last_turns && !moves))
		return false;
	agent->last_turns++;
	return true;
}

static void continue_drain(struct agent *agent)
{
	int64_t now_ns = agent_now_ns();
	bool waits_for_end = agent->job.workload == LAD_TCP_STREAM || waits_for_responses(agent);
	bool moves = agent->drain_seen != seen(agent);
	if (moves && agent->patient && now_ns - agent->drain_begun_ns < DRAIN_PATIENCE_NS)
		agent->drain_until_ns = now_ns + drain_limit_ns(agent);
	if (moves || (!waits_for_end && has_datagram_waiting(agent)))
		agent->drain_quiet_ns = now_ns;
	bool quiet = !waits_for_end && now_ns - agent->drain_quiet_ns > DRAIN_QUIET_NS + agent_round_trip_ns(agent);
	bool late = now_ns > agent->drain_until_ns, last = late && has_last_turn(agent, moves);
	agent->drain_seen = seen(agent);
	if (quiet || is_drained(agent) || (late && !last)) {
		finish(agent);
		return;
	}
	if (last) {
		set_phase_timer(agent, now_ns);
		return;
	}
	set_phase_timer(agent, next_look_ns(agent, now_ns));
}

void agent_window_expect(struct agent *agent, uint64_t messages)
{
	if (agent->team) /* nobody here knows how many of them come to which thread */
		return;
	agent->drain_target = messages;
	agent->has_drain_target = true;
	if (agent->phase == AGENT_DRAIN)
		continue_drain(agent);
}

/* What the job's amount is counted in. */
static uint64_t counted(const struct agent *agent)
{
	return lad_is_stream(agent->job.workload) ? agent->counters.bytes : agent->counters.transactions;
}

static void watch_amount(struct agent *agent)
{
	const struct lad_job *job = &agent->job;
	if (!job->amount || job->role != lad_counting_role(job->workload, job->direction))
		return;
	bool by_hand = job->threads <= 1;
	agent->enough = counted(agent) + (by_hand ? (uint64_t)job->amount : agent_team_claim(agent, 1));
	agent_counted(agent, counted(agent));
}

void agent_window_reached(struct agent *agent)
{
	bool by_hand = agent->job.threads <= 1;
	agent->enough += by_hand ? 0 : agent_team_claim(agent, counted(agent) - agent->enough + 1);
	if (counted(agent) < agent->enough)
		return;
	agent->enough = UINT64_MAX;
	if (agent->job.sample_ns)
		take_sample(agent);
	agent->enough_counters = agent->counters;
	agent->enough_ns = agent_now_ns();
	agent->phase = AGENT_ENOUGH;
	if (!by_hand) {
		agent_team_enough(agent);
		return;
	}
	agent_window_cut(agent);
	agent_set_edge(agent, 0); /* whoever goes round and round comes back at once */
	if (agent->on_enough)
		agent->on_enough(agent);
}

void agent_window_enough(struct agent *agent)
{
	if (agent->phase >= AGENT_WINDOW) {
		agent_window_cut(agent);
		return;
	}
	agent->window.duration_ns = 0;
	if (agent->team)
		agent_team_cut(agent);
}

/* A sink with fewer flows than were agreed: its figures would pass for those of all. */
static bool lacks_flows(struct agent *agent)
{
	bool standing = agent->ops->admit && agent->job.workload != LAD_TCP_CRR;
	int missing = 0;
	if (agent->job.role != LAD_SINK)
		return false;
	for (struct agent_flow *flow = agent->first_free; standing && flow; flow = flow->next_free)
		missing++;
	if (!standing && !agent->lead)
		missing = agent_flows_missing(agent);
	if (missing)
		agent_fail(agent, "%s: %d of %d flows did not come", lad_workload_name(agent->job.workload), missing,
			   standing ? agent->flow_count : agent->all_flows);
	return missing;
}

static void end_window(struct agent *agent)
{
	if (lacks_flows(agent))
		return;
	agent->enough = UINT64_MAX;
	agent_direct_end(agent);
	agent_pace_stop(agent);
	agent_think_stop(agent);
	close_window(agent);
	ev_timer_stop(agent->loop, &agent->sample_timer);
	if (agent->job.role == LAD_GENERATOR) {
		if (!waits_for_responses(agent))
			agent->ops->stop(agent);
	} else if (agent->ops->sink_stop) {
		agent->ops->sink_stop(agent);
	}
	begin_drain(agent);
}

/*
 * By hand nobody else ends at the same moment, and who was not run when the window was to begin still measures for as
 * long as was agreed: the warm-up was longer. With a runner all agents have one window, by one clock.
 */
static void make_up_for_late_begin(struct agent *agent)
{
	int64_t late_ns = agent->begin.time_ns - window_begin_ns(agent);
	if (agent->patient && late_ns > agent->window.duration_ns / 10)
		agent->window.warmup_ns += late_ns;
}

static void on_phase(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = timer->data;
	switch (agent->phase) {
	case AGENT_IDLE:
		agent->phase = AGENT_WARMUP;
		agent->result.started_late_ns = agent_now_ns() - agent->window.start_ns;
		set_phase_timer(agent, window_begin_ns(agent));
		if (agent->job.role == LAD_GENERATOR)
			agent->ops->start(agent);
		else if (agent->ops->sink_start)
			agent->ops->sink_start(agent);
		break;
	case AGENT_WARMUP:
		agent->phase = AGENT_WINDOW;
		agent_socket_facts(agent, &agent->result.socket);
		take_snapshot(agent, &agent->begin);
		make_up_for_late_begin(agent);
		set_phase_timer(agent, agent_window_end_ns(agent));
		start_samples(agent);
		watch_amount(agent);
		break;
	case AGENT_WINDOW:
	case AGENT_ENOUGH:
		end_window(agent);
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
	ev_init(&agent->sample_timer, on_sample);
	agent->sample_timer.data = agent;
	/* Above the sockets: the edge of the window must not wait for a batch of I/O that is due in the same turn. */
	ev_set_priority(&agent->phase_timer, EV_MAXPRI);
	ev_set_priority(&agent->sample_timer, EV_MAXPRI);
	set_phase_timer(agent, agent->window.start_ns);
	if (agent->team)
		agent_team_start(agent);
}

bool agent_window_cut(struct agent *agent)
{
	if (agent->phase != AGENT_WINDOW && agent->phase != AGENT_ENOUGH)
		return agent->phase == AGENT_DRAIN;
	agent->window.duration_ns = agent_now_ns() - window_begin_ns(agent);
	if (agent->team)
		agent_team_cut(agent);
	set_phase_timer(agent, agent_now_ns());
	return true;
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
