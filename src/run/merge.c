/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "run/session.h"
#include "run/traffic.h"

/* What the agents, the machine and the lab have told of a trial, as one row. */

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

/* RESULTS are by role, of one session or of all. */
static void fill_stream(struct lad_row *row, const struct lad_workload *workload,
			const struct lad_agent_result *const results[LAD_ROLE_COUNT], double cpu_total_s)
{
	const struct lad_agent_result *receiver = results[counter_of(workload)], *generator = results[LAD_GENERATOR];
	double elapsed_s = (double)receiver->elapsed_ns / 1e9;
	double bytes = (double)receiver->bytes + (double)generator->reverse_bytes;
	row->goodput_bps = (double)receiver->bytes * 8 / elapsed_s;
	if (bytes > 0)
		row->cpu_s_per_gbyte = cpu_total_s / (bytes / 1e9);
	if (workload->kind != LAD_UDP_STREAM)
		return;
	row->packets_per_s = (double)receiver->messages / elapsed_s;
}

static void fill_transactions(struct lad_row *row, const struct lad_workload *workload,
			      const struct lad_agent_result *const results[LAD_ROLE_COUNT], double cpu_total_s)
{
	const struct lad_agent_result *generator = results[LAD_GENERATOR];
	row->transactions_per_s = (double)generator->transactions / ((double)generator->elapsed_ns / 1e9);
	if (generator->transactions)
		row->cpu_us_per_transaction = cpu_total_s * 1e6 / (double)generator->transactions;
	double asked = (double)(generator->transactions + generator->timeouts);
	bool can_lose = workload->kind == LAD_UDP_RR || workload->kind == LAD_DNS_RR;
	if (can_lose && asked > 0)
		row->loss_ratio = (double)generator->timeouts / asked;
	fill_latency(row, &generator->latency);
}

/* What the generator's route has, read back, before what the lab meant to give it. A route's is at most what an IP
 * packet's length can tell; loopback's device has one byte more. */
static int64_t mtu_of(const struct trial_run *run)
{
	int64_t meant = run->sessions[0].place->mtu_bytes, told = run->sessions[0].agents[LAD_GENERATOR].mtu_bytes;
	return told == 0 || (told == UINT16_MAX && meant > told) ? meant : told;
}

static void fill_texts(struct lad_row *row, const struct trial_run *run)
{
	struct lad_trial_texts unwanted = {.effective = ""},
			       *texts = run->context->texts ? run->context->texts : &unwanted;
	snprintf(texts->effective, sizeof texts->effective, "%s", run->testbed.tuning.effective);
	snprintf(texts->note, sizeof texts->note, "%s", run->testbed.tuning.note);
	fill_sockets(row, texts, run->trial, run->sessions[0].results);
	if (texts == &unwanted)
		return;
	row->tuning_effective = texts->effective;
	row->tuning_note = texts->note;
}

static int late_agent(const char *agent, int64_t late_ns, struct lad_error *err)
{
	lad_error_set(err, LAD_EXIT_TRIALS, "%s began %.0f ms late", agent, (double)late_ns / 1e6);
	return lad_error_remedy(err, "a longer trials.warmup, or fewer sessions");
}

/* Whether the session measured what it was to. */
static int check_session(const struct trial_run *run, const struct session *session, struct lad_error *err)
{
	const struct lad_workload *workload = session->workload;
	const struct lad_agent_result *generator = &session->results[LAD_GENERATOR];
	const struct lad_agent_result *sink = &session->results[LAD_SINK];
	const struct lad_agent_result *counted = &session->results[counter_of(workload)];
	int64_t duration_ns = run->context->duration_ns;
	bool one = run->testbed.session_count == 1;
	/* One of many that begins when the others are measured already leaves them the path. */
	for (int role = 0; !one && role < LAD_ROLE_COUNT; role++) {
		int64_t late_ns = session->results[role].started_late_ns;
		if (late_ns > run->context->warmup_ns + duration_ns / 10)
			return late_agent(session->agents[role].name, late_ns, err);
	}
	bool empty = lad_is_stream(workload->kind) ? !counted->bytes : !generator->transactions;
	if (empty && !run->context->load) /* of a search it is the answer */
		return lad_error_set(err, LAD_EXIT_TRIALS, "%s%snothing arrived in the measuring window",
				     one ? "" : session->agents[LAD_SINK].name, one ? "" : ": ");
	if (lad_amount_check(workload->kind, amount_of(workload), counted, duration_ns, err) < 0 ||
	    check_direction(workload, sink, err) < 0)
		return -1;
	if (check_window(generator, session->agents[LAD_GENERATOR].name, duration_ns, err) < 0)
		return -1;
	return check_window(sink, session->agents[LAD_SINK].name, duration_ns, err);
}

static void fill_stall(struct lad_row *row, const struct trial_run *run)
{
	for (int i = 0; i < run->testbed.session_count; i++) {
		const struct session *session = &run->sessions[i];
		struct lad_job job = session_job(run, session, LAD_SINK);
		for (int role = 0; role < LAD_ROLE_COUNT; role++)
			row->stall_s =
			    fmax(row->stall_s, stall_of(&session->results[role], &job, run->context->duration_ns));
	}
}

static void fill_skew(struct lad_row *row, const struct trial_run *run)
{
	int64_t latest_ns = INT64_MIN, earliest_ns = INT64_MAX;
	for (int i = 0; i < run->testbed.session_count; i++)
		for (int role = 0; role < LAD_ROLE_COUNT; role++) {
			int64_t late_ns = run->sessions[i].results[role].started_late_ns;
			latest_ns = late_ns > latest_ns ? late_ns : latest_ns;
			earliest_ns = late_ns < earliest_ns ? late_ns : earliest_ns;
		}
	row->start_skew_us = (double)(latest_ns - earliest_ns) / 1e3;
}

static void fill_cpu(struct lad_row *row, const struct trial_run *run,
		     const struct lad_agent_result *const results[LAD_ROLE_COUNT])
{
	row->cpu_sender_s = cpu_s(results[LAD_GENERATOR]);
	row->cpu_receiver_s = cpu_s(results[LAD_SINK]);
	if (run->testbed.elsewhere)
		return;
	row->cpu_system_s = run->cpu[1].busy_s - run->cpu[0].busy_s;
	row->cpu_steal_s = run->cpu[1].steal_s - run->cpu[0].steal_s;
	row->cpu_mhz = cpu_mhz_now(run->context->lab->cpu_last);
	row->cpu_softirq_s = run->cpu[1].softirq_s - run->cpu[0].softirq_s;
}

/* What was measured of WORKLOAD in one session, or in all of its sessions together. */
static void fill_measured(struct lad_row *row, const struct lad_workload *workload,
			  const struct lad_agent_result *const results[LAD_ROLE_COUNT], double softirqd_s)
{
	const struct lad_agent_result *generator = results[LAD_GENERATOR], *sink = results[LAD_SINK];
	bool stream = lad_is_stream(workload->kind);
	double cpu_total_s = cpu_s(generator) + cpu_s(sink) + softirqd_s;
	row->duration_s = (double)(stream ? results[counter_of(workload)] : generator)->elapsed_ns / 1e9;
	if (stream)
		fill_stream(row, workload, results, cpu_total_s);
	else
		fill_transactions(row, workload, results, cpu_total_s);
	fill_traffic(row, workload, generator, sink);
}

static void add_to(double *sum, double part)
{
	*sum = isnan(*sum) ? part : *sum + part;
}

static double main_figure(const struct lad_row *row)
{
	return row->workload == LAD_TCP_STREAM	 ? row->goodput_bps
	       : row->workload == LAD_UDP_STREAM ? row->packets_per_s
						 : row->transactions_per_s;
}

/*
 * How evenly the COUNT judged sessions fared: Jain's index, the square of the sum over the count times the sum of
 * squares, is 1 where all are equal and 1/N where one has everything (Jain, Chiu & Hawe, DEC-TR-301, 1984).
 */
static void fill_spread(struct lad_row *row, const struct lad_trial_sessions *sessions, int count)
{
	double sum = 0, squares = 0;
	row->session_min = INFINITY;
	row->session_max = 0;
	for (int i = 0; i < count; i++) {
		double figure = main_figure(&sessions->rows[i]), p99_us = sessions->rows[i].latency_p99_us;
		sum += figure;
		squares += figure * figure;
		row->session_min = fmin(row->session_min, figure);
		row->session_max = fmax(row->session_max, figure);
		row->latency_p99_worst_us = fmax(row->latency_p99_worst_us, p99_us); /* NAN: of streams */
	}
	row->fairness_ratio = squares > 0 ? sum * sum / (count * squares) : NAN;
}

/* The rows of sessions.csv, one a session. */
static void fill_sessions(const struct trial_run *run, struct lad_trial_sessions *sessions)
{
	sessions->count = run->testbed.session_count;
	for (int i = 0; i < sessions->count; i++) {
		const struct session *session = &run->sessions[i];
		const struct lad_agent_result *const results[] = {&session->results[LAD_SINK],
								  &session->results[LAD_GENERATOR]};
		struct lad_row *one = &sessions->rows[i];
		lad_row_clear(one);
		one->workload = session->workload->kind;
		fill_measured(one, session->workload, results, 0);
		snprintf(sessions->names[i], sizeof sessions->names[i], "%s", session->workload->name);
		sessions->background[i] = session->background;
		one->cpu_sender_s = cpu_s(results[LAD_GENERATOR]);
		one->cpu_receiver_s = cpu_s(results[LAD_SINK]);
		sessions->generator_host[i] = session->place->generator_host;
		sessions->sink_host[i] = session->place->sink_host;
	}
}

/* The results of the judged sessions as those of one pair of agents. */
static void add_up(const struct trial_run *run, struct lad_agent_result merged[LAD_ROLE_COUNT])
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		merged[role] = run->sessions[0].results[role];
		for (int i = 1; i < run->judged_count; i++) {
			const struct lad_agent_result *part = &run->sessions[i].results[role];
			int64_t longest_ns =
			    part->elapsed_ns > merged[role].elapsed_ns ? part->elapsed_ns : merged[role].elapsed_ns;
			lad_result_merge(&merged[role], part, 1. / (i + 1));
			if (amount_of(run->trial->workload)) /* the trial is over when the last has its amount */
				merged[role].elapsed_ns = longest_ns;
			merged[role].cpu_user_ns += part->cpu_user_ns;
			merged[role].cpu_system_ns += part->cpu_system_ns;
			merged[role].switches_voluntary += part->switches_voluntary;
			merged[role].switches_involuntary += part->switches_involuntary;
		}
	}
}

/*
 * What loaded the path meanwhile, both directions of a stream together. The CPU time is of all that ran, and no cost of
 * the judged workload.
 */
static void fill_background(struct lad_row *row, const struct trial_run *run)
{
	row->cpu_s_per_gbyte = row->cpu_us_per_transaction = NAN;
	for (int i = run->judged_count; i < run->testbed.session_count; i++) {
		const struct session *session = &run->sessions[i];
		const struct lad_agent_result *generator = &session->results[LAD_GENERATOR];
		const struct lad_agent_result *receiver = &session->results[counter_of(session->workload)];
		double elapsed_s = (double)receiver->elapsed_ns / 1e9;
		if (lad_is_stream(session->workload->kind))
			add_to(&row->background_goodput_bps,
			       (double)(receiver->bytes + generator->reverse_bytes) * 8 / elapsed_s);
		else
			add_to(&row->background_transactions_per_s, (double)generator->transactions / elapsed_s);
	}
}

int merge_results(struct trial_run *run, struct lad_row *row, struct lad_error *err)
{
	for (int i = 0; i < run->testbed.session_count; i++)
		if (check_session(run, &run->sessions[i], err) < 0)
			return -1;
	bool many = run->judged_count > 1;
	if (many)
		add_up(run, run->merged);
	const struct lad_agent_result *first = many ? run->merged : run->sessions[0].results;
	const struct lad_agent_result *const results[] = {&first[LAD_SINK], &first[LAD_GENERATOR]};
	fill_stall(row, run);
	fill_skew(row, run);
	fill_cpu(row, run, results);
	row->mtu = mtu_of(run);
	double softirqd_s = run->testbed.elsewhere ? 0 : run->cpu[1].softirqd_s - run->cpu[0].softirqd_s;
	fill_measured(row, run->trial->workload, results, softirqd_s);
	if (run->trial->background_count)
		fill_background(row, run);
	if (run->context->lab->ops->count)
		row->path_packets_per_s =
		    (double)(run->counters[1].rx_packets - run->counters[0].rx_packets) / row->duration_s;
	snprintf(row->agent_backend, sizeof row->agent_backend, "%s", run->sessions[0].agents[LAD_GENERATOR].backend);
	fill_texts(row, run);
	if (run->testbed.session_count > 1 && run->context->sessions)
		fill_sessions(run, run->context->sessions);
	if (many && run->context->sessions)
		fill_spread(row, run->context->sessions, run->judged_count);
	return 0;
}
