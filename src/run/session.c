/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "netladder/units.h"
#include "run/traffic.h"

/* From `ready` to the first byte: all agents have read their start message by then, each of which takes its time. */
#define START_DELAY_NS (3 * LAD_NS_PER_MS)
#define START_DELAY_EACH_NS (250 * LAD_NS_PER_US)

struct lad_job session_job(const struct trial_run *run, const struct session *session, enum lad_role role)
{
	const struct lad_workload *workload = session->workload;
	const struct lad_testbed_session *place = session->place;
	struct lad_job job = {
	    .role = role,
	    .workload = workload->kind,
	    .leave_send_buffer = workload->leave_send_buffer,
	    .leave_receive_buffer = workload->leave_receive_buffer,
	    .port = role == LAD_SINK ? place->listen_port : place->target_port,
	    .yield = workload->cpus == LAD_CPUS_SHARED || workload->cpus == LAD_CPUS_SPREAD,
	    .shared_clock = !run->testbed.own_clocks,
	    .delay_ns = run->delay_ns,
	    .drain_ns = run->context->drain_ns,
	    /* A TCP connection waits by itself. */
	    .reach = run->testbed.settles && lad_is_udp(workload->kind),
	};
	memcpy(job.word, session->word, sizeof job.word);
	job_set_traffic(&job, workload, run->context->lab->scenario, run->context->duration_ns);
	const char *address = role == LAD_SINK ? place->listen_address : place->target_address;
	/* A name of the scenario's has whatever address it has; the sink's has the sink's. */
	if (workload->kind == LAD_DNS_RR && job.name[0])
		address = workload->traffic.ip == LAD_IP_V6 ? "::" : "0.0.0.0";
	else
		snprintf(job.name, sizeof job.name, "%s", place->sink_name);
	snprintf(job.address, sizeof job.address, "%s", address);
	return job;
}

static int prepare_all(struct trial_run *run, enum lad_role role, struct lad_error *err)
{
	if (barrier_await_all(&run->barrier, role, LAD_MESSAGE_HELLO, err) < 0)
		return -1;
	for (int i = 0; i < run->testbed.session_count; i++) {
		const struct session *session = &run->sessions[i];
		struct lad_job job = session_job(run, session, role);
		if (barrier_tell(&session->agents[role], lad_protocol_prepare(&job), err) < 0)
			return -1;
	}
	return barrier_await_all(&run->barrier, role, LAD_MESSAGE_READY, err);
}

/* A connection goes to who has made it; a datagram's sender may be anybody, and its answer go to anybody. */
static int draw_words(struct trial_run *run, struct lad_error *err)
{
	for (int i = 0; run->testbed.strangers && i < run->testbed.session_count; i++) {
		if (!lad_is_udp(run->sessions[i].workload->kind))
			continue;
		uint64_t *word = run->sessions[i].word;
		if (getrandom(word, sizeof run->sessions[i].word, 0) != sizeof run->sessions[i].word)
			return lad_error_errno(err, errno, "cannot draw the run's word");
	}
	return 0;
}

int sessions_prepare(struct trial_run *run, struct lad_error *err)
{
	if (draw_words(run, err) < 0)
		return -1;
	if (prepare_all(run, LAD_SINK, err) < 0 || prepare_all(run, LAD_GENERATOR, err) < 0)
		return -1;
	if (lad_connects_first(run->trial->workload->kind))
		run->reachable_ns = barrier_now_ns();
	for (int i = 0; i < run->testbed.session_count; i++) {
		struct lad_job job = session_job(run, &run->sessions[i], LAD_GENERATOR);
		if (lad_job_needs_fq(&job) && !run->sessions[i].agents[LAD_GENERATOR].fq)
			return lad_error_set(err, LAD_EXIT_TRIALS,
					     "the agent is too old for a udp_stream that the kernel paces");
	}
	return 0;
}

int sessions_start(struct trial_run *run, struct lad_window *window, struct lad_error *err)
{
	struct barrier *barrier = &run->barrier;
	int64_t round_trip_ns = 0;
	for (int i = 0; run->testbed.own_clocks && i < barrier->count; i++) {
		struct trial_agent *agent = &barrier->agents[i];
		if (barrier_clock_offset(barrier, agent, &agent->offset_ns, &round_trip_ns, err) < 0)
			return -1;
	}
	int more = barrier->count - LAD_ROLE_COUNT; /* than a pair */
	window->start_ns = barrier_now_ns() + START_DELAY_NS + more * START_DELAY_EACH_NS + 2 * round_trip_ns;
	for (int i = 0; i < barrier->count; i++) { /* the sink of each session first */
		struct lad_window theirs = *window;
		theirs.start_ns += barrier->agents[i].offset_ns;
		if (barrier_tell(&barrier->agents[i], lad_protocol_start(&theirs), err) < 0)
			return -1;
	}
	return 0;
}

/* Whose result is heard last: its counts are the figures. */
static enum lad_role last_of(const struct session *session)
{
	return counter_of(session->workload);
}

static enum lad_role first_of(const struct session *session)
{
	return last_of(session) == LAD_SINK ? LAD_GENERATOR : LAD_SINK;
}

/* An amount has ended the window at one end of the judged sessions: so it ends at the other, and the background's. */
static int end_windows(const struct trial_run *run, struct lad_error *err)
{
	bool over = false;
	for (int i = 0; i < run->judged_count; i++) {
		const struct session *session = &run->sessions[i];
		if (!session->agents[LAD_SINK].enough && !session->agents[LAD_GENERATOR].enough)
			continue;
		over = true;
		if (barrier_tell(&session->agents[first_of(session)], lad_protocol_enough(), err) < 0)
			return -1;
	}
	for (int i = run->judged_count * LAD_ROLE_COUNT; over && i < run->barrier.count; i++)
		if (barrier_tell(&run->barrier.agents[i], lad_protocol_enough(), err) < 0)
			return -1;
	return 0;
}

/* Who receives datagrams cannot see their end; told how many there were, it waits for those and no longer. */
static int tell_sent(const struct session *session, struct lad_error *err)
{
	const struct lad_workload *workload = session->workload;
	if (workload->kind != LAD_UDP_STREAM || workload->traffic.direction == LAD_BOTH_WAYS)
		return 0;
	uint64_t sent = session->results[first_of(session)].messages_total;
	return barrier_tell(&session->agents[last_of(session)], lad_protocol_sent(sent), err);
}

int sessions_finish(struct trial_run *run, struct lad_error *err)
{
	struct barrier *barrier = &run->barrier;
	if (end_windows(run, err) < 0)
		return -1;
	for (int i = 0; i < run->testbed.session_count; i++) {
		const struct session *session = &run->sessions[i];
		if (barrier_await(barrier, &session->agents[first_of(session)], LAD_MESSAGE_RESULT, err) < 0 ||
		    tell_sent(session, err) < 0)
			return -1;
	}
	for (int i = 0; i < run->testbed.session_count; i++) {
		const struct session *session = &run->sessions[i];
		if (barrier_await(barrier, &session->agents[last_of(session)], LAD_MESSAGE_RESULT, err) < 0)
			return -1;
	}
	for (int i = 0; i < barrier->count; i++)
		barrier_tell(&barrier->agents[i], lad_protocol_bye(), NULL);
	return 0;
}
