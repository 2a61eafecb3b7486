/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/run.h"
#include "netladder/units.h"
#include "run/cpu.h"
#include "run/manner.h"

/* From `ready` to the first byte: both agents have read their start message by then. */
#define START_DELAY_NS (3 * LAD_NS_PER_MS)
/* An agent that says nothing for this long is broken. */
#define ANSWER_LIMIT_NS (8 * LAD_NS_PER_S)
/* How often an agent with a clock of its own is asked for it. */
#define CLOCK_ROUNDS 7

struct session { /* one trial under way */
	const struct lad_trial_context *context;
	const struct lad_trial *trial;
	struct lad_stage stage;
	enum lad_message_type last[LAD_ROLE_COUNT]; /* the last message of each agent */
	struct lad_agent_result results[LAD_ROLE_COUNT];
	int64_t mtu_bytes;		  /* of the generator's route, as it says; 0: it does not */
	int64_t clock_ns[LAD_ROLE_COUNT]; /* the last that each has told of its clock */
	struct cpu_probe probe;
	struct cpu_time cpu[2];
	struct lad_link_counters counters[2];
	int64_t delay_ns, limit_ns; /* of the wire, one way; for an agent's answer, which may have to cross it */
	bool fq;		    /* the generator has the qdisc that its job needs */
	bool enough;		    /* one of them has counted the amount that ends the window */
	bool interrupted;
	char backend[16]; /* of libev in the agents, as they say */
};

static const char *const agent_names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

static int handle_line(struct session *session, int agent, const char *line, size_t length, struct lad_error *err)
{
	struct lad_message message;
	if (lad_protocol_parse(line, length, &message, &session->results[agent], err) < 0)
		return lad_error_context(err, "%s", agent_names[agent]);
	if (message.type == LAD_MESSAGE_ERROR) {
		session->stage.impossible |= message.impossible;
		return lad_error_set(err, LAD_EXIT_TRIALS, "%s: %s", agent_names[agent], message.text);
	}
	if (message.type == LAD_MESSAGE_HELLO)
		snprintf(session->backend, sizeof session->backend, "%.15s", message.text);
	if (message.type == LAD_MESSAGE_ENOUGH) { /* its result may follow in the same breath */
		session->enough = true;
		return 0;
	}
	if (message.type == LAD_MESSAGE_READY && agent == LAD_GENERATOR)
		session->mtu_bytes = message.mtu_bytes, session->fq = message.fq;
	session->last[agent] = message.type;
	if (message.type == LAD_MESSAGE_CLOCK)
		session->clock_ns[agent] = message.clock_ns;
	return 0;
}

static int read_agent(struct session *session, int agent, struct lad_error *err)
{
	struct lad_channel *channel = session->stage.agents[agent];
	int got = lad_line_fill(&channel->lines, channel->output);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return lad_error_errno(err, errno, "%s: control channel", agent_names[agent]);
	if (got == 0)
		return lad_error_set(err, LAD_EXIT_TRIALS, "%s ended in the middle of the trial", agent_names[agent]);
	char *line;
	size_t length;
	while ((line = lad_line_next(&channel->lines, &length)))
		if (handle_line(session, agent, line, length, err) < 0)
			return -1;
	return 0;
}

/* Listens to both agents until DEADLINE_NS, or until AGENT (not -1) has said WANTED, or any of them "enough". */
static int listen_until(struct session *session, int64_t deadline_ns, int agent, enum lad_message_type wanted,
			struct lad_error *err)
{
	while (wanted == LAD_MESSAGE_ENOUGH ? !session->enough : agent < 0 || session->last[agent] != wanted) {
		int64_t left_ns = deadline_ns - now_ns();
		if (left_ns <= 0)
			return agent < 0 ? 0
					 : lad_error_set(err, LAD_EXIT_TRIALS, "%s gave no answer within %d s",
							 agent_names[agent], (int)(session->limit_ns / LAD_NS_PER_S));
		struct pollfd polled[] = {[LAD_SINK] = {session->stage.agents[LAD_SINK]->output, POLLIN, 0},
					  [LAD_GENERATOR] = {session->stage.agents[LAD_GENERATOR]->output, POLLIN, 0},
					  [LAD_ROLE_COUNT] = {session->context->signal_fd, POLLIN, 0}};
		struct timespec wait = {left_ns / LAD_NS_PER_S, left_ns % LAD_NS_PER_S};
		if (ppoll(polled, LAD_ROLE_COUNT + 1, &wait, NULL) < 0 && errno != EINTR)
			return lad_error_errno(err, errno, "cannot poll");
		if (polled[LAD_ROLE_COUNT].revents) {
			session->interrupted = true;
			return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted");
		}
		for (int i = 0; i < LAD_ROLE_COUNT; i++)
			if (polled[i].revents && read_agent(session, i, err) < 0)
				return -1;
	}
	return 0;
}

/* Sends LINE, which it frees. */
static int tell(struct session *session, int agent, char *line, struct lad_error *err)
{
	size_t length = line ? strlen(line) : 0;
	bool sent = line && write(session->stage.agents[agent]->input, line, length) == (ssize_t)length;
	int error = errno;
	free(line);
	return sent ? 0 : lad_error_errno(err, error, "%s: cannot write to its control channel", agent_names[agent]);
}

static struct lad_job make_job(const struct session *session, int agent)
{
	const struct lad_workload *workload = session->trial->workload;
	struct lad_job job = {
	    .role = (enum lad_role)agent,
	    .workload = workload->kind,
	    .leave_send_buffer = workload->leave_send_buffer,
	    .leave_receive_buffer = workload->leave_receive_buffer,
	    .port = agent == LAD_SINK ? session->stage.listen_port : session->stage.target_port,
	    .yield = workload->cpus == LAD_CPUS_SHARED,
	    .shared_clock = !session->stage.own_clocks,
	    .delay_ns = session->delay_ns,
	    /* A TCP connection waits by itself. */
	    .reach = session->stage.settles && lad_is_udp(workload->kind),
	};
	job_set_manner(&job, workload, session->context->lab->scenario, session->context->duration_ns);
	const char *address = agent == LAD_SINK ? session->stage.listen_address : session->stage.target_address;
	/* A name of the scenario's has whatever address it has; the sink's has the sink's. */
	if (workload->kind == LAD_DNS_RR && job.name[0])
		address = workload->manner.ip == LAD_IP_V6 ? "::" : "0.0.0.0";
	else
		snprintf(job.name, sizeof job.name, "%s", session->stage.sink_name);
	snprintf(job.address, sizeof job.address, "%s", address);
	return job;
}

static int prepare(struct session *session, int agent, struct lad_error *err)
{
	struct lad_job job = make_job(session, agent);
	if (listen_until(session, now_ns() + session->limit_ns, agent, LAD_MESSAGE_HELLO, err) < 0 ||
	    tell(session, agent, lad_protocol_prepare(&job), err) < 0)
		return -1;
	if (listen_until(session, now_ns() + session->limit_ns, agent, LAD_MESSAGE_READY, err) < 0)
		return -1;
	if (agent == LAD_GENERATOR && lad_job_needs_fq(&job) && !session->fq)
		return lad_error_set(err, LAD_EXIT_TRIALS,
				     "the agent is too old for a udp_stream that the kernel paces");
	return 0;
}

static int read_edge(struct session *session, int edge, struct lad_error *err)
{
	const struct lab_ops *lab = session->context->lab->ops;
	/* Of a stream, the end where what counts arrives; of transactions, the sink. */
	const struct lad_workload *workload = session->trial->workload;
	enum lad_role role = lad_is_stream(workload->kind) ? counter_of(workload) : LAD_SINK;
	session->cpu[edge] = cpu_probe_read(&session->probe);
	return lab->count ? lab->count(&session->stage, role, &session->counters[edge], err) : 0;
}

/*
 * How far AGENT's clock is ahead of ours, from the shortest of several round trips (Cristian, "Probabilistic clock
 * synchronization", 1989): wrong by at most half of that, which is a few microseconds here and under a millisecond on
 * a LAN. ROUND_TRIP_NS is raised to the longest.
 */
static int find_offset(struct session *session, int agent, int64_t *offset_ns, int64_t *round_trip_ns,
		       struct lad_error *err)
{
	int64_t shortest_ns = INT64_MAX;
	for (int i = 0; i < CLOCK_ROUNDS; i++) {
		session->last[agent] = LAD_MESSAGE_READY;
		int64_t asked_ns = now_ns();
		if (tell(session, agent, lad_protocol_clock(0), err) < 0 ||
		    listen_until(session, now_ns() + session->limit_ns, agent, LAD_MESSAGE_CLOCK, err) < 0)
			return -1;
		int64_t took_ns = now_ns() - asked_ns;
		if (took_ns > *round_trip_ns)
			*round_trip_ns = took_ns;
		if (took_ns >= shortest_ns)
			continue;
		shortest_ns = took_ns;
		*offset_ns = session->clock_ns[agent] - (asked_ns + took_ns / 2);
	}
	return 0;
}

/* Tells both agents when to begin, each by its own clock. WINDOW is by ours. */
static int start_agents(struct session *session, struct lad_window *window, struct lad_error *err)
{
	int64_t offsets_ns[LAD_ROLE_COUNT] = {0}, round_trip_ns = 0;
	for (int agent = 0; session->stage.own_clocks && agent < LAD_ROLE_COUNT; agent++)
		if (find_offset(session, agent, &offsets_ns[agent], &round_trip_ns, err) < 0)
			return -1;
	window->start_ns = now_ns() + START_DELAY_NS + 2 * round_trip_ns;
	for (int agent = 0; agent < LAD_ROLE_COUNT; agent++) { /* the sink first */
		struct lad_window theirs = *window;
		theirs.start_ns += offsets_ns[agent];
		if (tell(session, agent, lad_protocol_start(&theirs), err) < 0)
			return -1;
	}
	return 0;
}

/* From edge to edge of the window, which the amount of the workload may cut short at either agent. */
static int watch_window(struct session *session, const struct lad_window *window, struct lad_error *err)
{
	const struct lad_workload *workload = session->trial->workload;
	int64_t begin_ns = window->start_ns + window->warmup_ns;
	enum lad_message_type wanted = amount_of(workload) ? LAD_MESSAGE_ENOUGH : LAD_MESSAGE_RESULT;
	if (listen_until(session, begin_ns, -1, LAD_MESSAGE_RESULT, err) < 0 || read_edge(session, 0, err) < 0 ||
	    listen_until(session, begin_ns + window->duration_ns, -1, wanted, err) < 0 ||
	    read_edge(session, 1, err) < 0)
		return -1;
	if (!session->enough)
		return 0;
	int other = counter_of(workload) == LAD_SINK ? LAD_GENERATOR : LAD_SINK;
	return tell(session, other, lad_protocol_enough(), err);
}

static int measure(struct session *session, struct lad_error *err)
{
	struct lad_window window = {0, session->context->warmup_ns, session->context->duration_ns};
	if (start_agents(session, &window, err) < 0 || watch_window(session, &window, err) < 0)
		return -1;
	const struct lad_workload *workload = session->trial->workload;
	int last = (int)counter_of(workload), first = last == LAD_SINK ? LAD_GENERATOR : LAD_SINK;
	if (listen_until(session, now_ns() + session->limit_ns, first, LAD_MESSAGE_RESULT, err) < 0)
		return -1;
	/* Who receives datagrams cannot see their end; told how many there were, it waits for those and no longer. */
	if (workload->kind == LAD_UDP_STREAM && workload->manner.direction != LAD_BOTH_WAYS &&
	    tell(session, last, lad_protocol_sent(session->results[first].messages_total), err) < 0)
		return -1;
	if (listen_until(session, now_ns() + session->limit_ns, last, LAD_MESSAGE_RESULT, err) < 0)
		return -1;
	for (int agent = 0; agent < LAD_ROLE_COUNT; agent++)
		tell(session, agent, lad_protocol_bye(), NULL);
	return 0;
}

static double cpu_s(const struct lad_agent_result *result)
{
	return (double)(result->cpu_user_ns + result->cpu_system_ns) / 1e9;
}

static void fill_latency(struct lad_row *row, const struct lad_histogram *latency)
{
	if (!latency->total)
		return;
	row->latency_min_us = (double)latency->min_ns / 1e3;
	row->latency_p50_us = (double)lad_histogram_quantile(latency, 0.5) / 1e3;
	row->latency_p90_us = (double)lad_histogram_quantile(latency, 0.9) / 1e3;
	row->latency_p99_us = (double)lad_histogram_quantile(latency, 0.99) / 1e3;
	row->latency_p999_us = (double)lad_histogram_quantile(latency, 0.999) / 1e3;
	row->latency_max_us = (double)latency->max_ns / 1e3;
	row->latency_mean_us = lad_histogram_mean(latency) / 1e3;
}

static void fill_stream(struct lad_row *row, const struct session *session, double cpu_total_s)
{
	const struct lad_agent_result *receiver = &session->results[counter_of(session->trial->workload)];
	const struct lad_agent_result *generator = &session->results[LAD_GENERATOR];
	double elapsed_s = (double)receiver->elapsed_ns / 1e9;
	double bytes = (double)receiver->bytes + (double)generator->reverse_bytes;
	row->goodput_bps = (double)receiver->bytes * 8 / elapsed_s;
	if (bytes > 0)
		row->cpu_s_per_gbyte = cpu_total_s / (bytes / 1e9);
	if (session->trial->workload->kind != LAD_UDP_STREAM)
		return;
	row->packets_per_s = (double)receiver->messages / elapsed_s;
}

static void fill_transactions(struct lad_row *row, const struct session *session, double cpu_total_s)
{
	const struct lad_agent_result *generator = &session->results[LAD_GENERATOR];
	row->transactions_per_s = (double)generator->transactions / ((double)generator->elapsed_ns / 1e9);
	if (generator->transactions)
		row->cpu_us_per_transaction = cpu_total_s * 1e6 / (double)generator->transactions;
	double asked = (double)(generator->transactions + generator->timeouts);
	bool can_lose = session->trial->workload->kind == LAD_UDP_RR || session->trial->workload->kind == LAD_DNS_RR;
	if (can_lose && asked > 0)
		row->loss_ratio = (double)generator->timeouts / asked;
	fill_latency(row, &generator->latency);
}

/* What the generator's route has, read back, before what the lab meant to give it. A route's is at most what an IP
 * packet's length can tell; loopback's device has one byte more. */
static int64_t mtu_of(const struct session *session)
{
	int64_t meant = session->stage.mtu_bytes, told = session->mtu_bytes;
	return told == 0 || (told == UINT16_MAX && meant > told) ? meant : told;
}

static void fill_texts(struct lad_row *row, const struct session *session)
{
	struct lad_trial_texts unwanted, *texts = session->context->texts ? session->context->texts : &unwanted;
	snprintf(texts->effective, sizeof texts->effective, "%s", session->stage.tuning.effective);
	snprintf(texts->note, sizeof texts->note, "%s", session->stage.tuning.note);
	fill_sockets(row, texts, session->trial, session->results);
	if (texts == &unwanted)
		return;
	row->tuning_effective = texts->effective;
	row->tuning_note = texts->note;
}

static int fill_row(const struct session *session, struct lad_row *row, struct lad_error *err)
{
	const struct lad_agent_result *generator = &session->results[LAD_GENERATOR];
	const struct lad_agent_result *sink = &session->results[LAD_SINK];
	enum lad_workload_kind kind = session->trial->workload->kind;
	bool stream = lad_is_stream(kind);
	const struct lad_agent_result *receiver = &session->results[counter_of(session->trial->workload)];
	if (stream ? !receiver->bytes : !generator->transactions)
		return lad_error_set(err, LAD_EXIT_TRIALS, "nothing arrived in the measuring window");
	if (lad_amount_check(kind, amount_of(session->trial->workload), receiver, session->context->duration_ns, err) <
		0 ||
	    check_direction(session->trial->workload, sink, err) < 0)
		return -1;
	int64_t duration_ns = session->context->duration_ns;
	if (check_window(generator, agent_names[LAD_GENERATOR], duration_ns, err) < 0 ||
	    check_window(sink, agent_names[LAD_SINK], duration_ns, err) < 0)
		return -1;
	struct lad_job job = make_job(session, LAD_SINK);
	row->stall_s = fmax(stall_of(generator, &job, duration_ns), stall_of(sink, &job, duration_ns));
	double softirqd_s = session->stage.elsewhere ? 0 : session->cpu[1].softirqd_s - session->cpu[0].softirqd_s;
	double cpu_total_s = cpu_s(generator) + cpu_s(sink) + softirqd_s;
	row->mtu = mtu_of(session);
	row->duration_s = (double)(stream ? receiver : generator)->elapsed_ns / 1e9;
	row->cpu_sender_s = cpu_s(generator);
	row->cpu_receiver_s = cpu_s(sink);
	if (!session->stage.elsewhere) {
		row->cpu_system_s = session->cpu[1].busy_s - session->cpu[0].busy_s;
		row->cpu_steal_s = session->cpu[1].steal_s - session->cpu[0].steal_s;
		row->cpu_mhz = cpu_mhz_now(session->context->lab->cpu_last);
		row->cpu_softirq_s = session->cpu[1].softirq_s - session->cpu[0].softirq_s;
	}
	if (session->context->lab->ops->count)
		row->path_packets_per_s =
		    (double)(session->counters[1].rx_packets - session->counters[0].rx_packets) / row->duration_s;
	if (stream)
		fill_stream(row, session, cpu_total_s);
	else
		fill_transactions(row, session, cpu_total_s);
	snprintf(row->agent_backend, sizeof row->agent_backend, "%s", session->backend);
	fill_manner(row, session->trial->workload, generator, sink);
	fill_texts(row, session);
	return 0;
}

static void hand_over_samples(const struct session *session)
{
	struct lad_trial_samples *samples = session->context->samples;
	for (int agent = 0; samples && agent < LAD_ROLE_COUNT; agent++) {
		samples->counts[agent] = session->results[agent].sample_count;
		memcpy(samples->samples[agent], session->results[agent].samples, sizeof samples->samples[agent]);
	}
}

static int run_session(struct session *session, struct lad_row *row, struct lad_error *err)
{
	const struct lad_trial_context *context = session->context;
	const struct lad_trial_observer *observer = context->observer;
	const struct lad_stage *stage = &session->stage;
	if (context->lab->ops->stage(context->lab, session->trial, &session->stage, err) < 0)
		return -1;
	if (observer && observer->built)
		observer->built(stage->hosts, stage->path, observer->data);
	if (prepare(session, LAD_SINK, err) < 0 || prepare(session, LAD_GENERATOR, err) < 0 ||
	    measure(session, err) < 0 || fill_row(session, row, err) < 0)
		return -1;
	if (observer && observer->measured)
		observer->measured(stage->hosts, stage->path, &session->results[LAD_GENERATOR],
				   &session->results[LAD_SINK], observer->data);
	return 0;
}

enum lad_trial_status lad_trial_run(const struct lad_trial_context *context, const struct lad_trial *trial,
				    struct lad_row *row, struct lad_histogram *latency, struct lad_error *err)
{
	lad_cleanup_free struct session *session = calloc(1, sizeof *session);
	if (!session) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		return LAD_TRIAL_FAILED;
	}
	session->context = context;
	session->trial = trial;
	session->delay_ns = lad_tuning_integer(trial->tuning, LAD_SETTING_DELAY, context->lab->scenario->wire_delay_ns);
	session->limit_ns =
	    ANSWER_LIMIT_NS + 12 * session->delay_ns; /* an agent's own limits are shorter: it says why */
	for (int agent = 0; agent < LAD_ROLE_COUNT; agent++)
		session->last[agent] = LAD_MESSAGE_BYE; /* nothing yet: agents never send it */
	cpu_probe_open(&session->probe);
	int status = run_session(session, row, err);
	cpu_probe_close(&session->probe);
	if (lad_is_stream(trial->workload->kind)) /* one-way delay is no latency of transactions */
		lad_histogram_reset(latency);
	else
		*latency = session->results[LAD_GENERATOR].latency;
	bool interrupted = session->interrupted || (status < 0 && err && err->exit_code == LAD_EXIT_INTERRUPTED);
	bool impossible = session->stage.impossible;
	hand_over_samples(session);
	context->lab->ops->clear(context->lab, &session->stage);
	if (status == 0)
		return LAD_TRIAL_DONE;
	return interrupted ? LAD_TRIAL_INTERRUPTED : impossible ? LAD_TRIAL_SKIPPED : LAD_TRIAL_FAILED;
}
