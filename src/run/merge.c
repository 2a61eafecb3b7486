/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "run/manner.h"
#include "run/session.h"

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

static void fill_stream(struct lad_row *row, const struct trial_run *run, double cpu_total_s)
{
	const struct lad_agent_result *receiver = &run->sessions[0].results[counter_of(run->trial->workload)];
	const struct lad_agent_result *generator = &run->sessions[0].results[LAD_GENERATOR];
	double elapsed_s = (double)receiver->elapsed_ns / 1e9;
	double bytes = (double)receiver->bytes + (double)generator->reverse_bytes;
	row->goodput_bps = (double)receiver->bytes * 8 / elapsed_s;
	if (bytes > 0)
		row->cpu_s_per_gbyte = cpu_total_s / (bytes / 1e9);
	if (run->trial->workload->kind != LAD_UDP_STREAM)
		return;
	row->packets_per_s = (double)receiver->messages / elapsed_s;
}

static void fill_transactions(struct lad_row *row, const struct trial_run *run, double cpu_total_s)
{
	const struct lad_agent_result *generator = &run->sessions[0].results[LAD_GENERATOR];
	row->transactions_per_s = (double)generator->transactions / ((double)generator->elapsed_ns / 1e9);
	if (generator->transactions)
		row->cpu_us_per_transaction = cpu_total_s * 1e6 / (double)generator->transactions;
	double asked = (double)(generator->transactions + generator->timeouts);
	bool can_lose = run->trial->workload->kind == LAD_UDP_RR || run->trial->workload->kind == LAD_DNS_RR;
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
	struct lad_trial_texts unwanted, *texts = run->context->texts ? run->context->texts : &unwanted;
	snprintf(texts->effective, sizeof texts->effective, "%s", run->stage.tuning.effective);
	snprintf(texts->note, sizeof texts->note, "%s", run->stage.tuning.note);
	fill_sockets(row, texts, run->trial, run->sessions[0].results);
	if (texts == &unwanted)
		return;
	row->tuning_effective = texts->effective;
	row->tuning_note = texts->note;
}

int merge_results(const struct trial_run *run, struct lad_row *row, struct lad_error *err)
{
	const struct lad_agent_result *generator = &run->sessions[0].results[LAD_GENERATOR];
	const struct lad_agent_result *sink = &run->sessions[0].results[LAD_SINK];
	enum lad_workload_kind kind = run->trial->workload->kind;
	bool stream = lad_is_stream(kind);
	const struct lad_agent_result *receiver = &run->sessions[0].results[counter_of(run->trial->workload)];
	if (stream ? !receiver->bytes : !generator->transactions)
		return lad_error_set(err, LAD_EXIT_TRIALS, "nothing arrived in the measuring window");
	if (lad_amount_check(kind, amount_of(run->trial->workload), receiver, run->context->duration_ns, err) < 0 ||
	    check_direction(run->trial->workload, sink, err) < 0)
		return -1;
	int64_t duration_ns = run->context->duration_ns;
	if (check_window(generator, run->sessions[0].agents[LAD_GENERATOR].name, duration_ns, err) < 0 ||
	    check_window(sink, run->sessions[0].agents[LAD_SINK].name, duration_ns, err) < 0)
		return -1;
	struct lad_job job = session_job(run, &run->sessions[0], LAD_SINK);
	row->stall_s = fmax(stall_of(generator, &job, duration_ns), stall_of(sink, &job, duration_ns));
	double softirqd_s = run->stage.elsewhere ? 0 : run->cpu[1].softirqd_s - run->cpu[0].softirqd_s;
	double cpu_total_s = cpu_s(generator) + cpu_s(sink) + softirqd_s;
	row->mtu = mtu_of(run);
	row->duration_s = (double)(stream ? receiver : generator)->elapsed_ns / 1e9;
	row->cpu_sender_s = cpu_s(generator);
	row->cpu_receiver_s = cpu_s(sink);
	if (!run->stage.elsewhere) {
		row->cpu_system_s = run->cpu[1].busy_s - run->cpu[0].busy_s;
		row->cpu_steal_s = run->cpu[1].steal_s - run->cpu[0].steal_s;
		row->cpu_mhz = cpu_mhz_now(run->context->lab->cpu_last);
		row->cpu_softirq_s = run->cpu[1].softirq_s - run->cpu[0].softirq_s;
	}
	if (run->context->lab->ops->count)
		row->path_packets_per_s =
		    (double)(run->counters[1].rx_packets - run->counters[0].rx_packets) / row->duration_s;
	if (stream)
		fill_stream(row, run, cpu_total_s);
	else
		fill_transactions(row, run, cpu_total_s);
	snprintf(row->agent_backend, sizeof row->agent_backend, "%s", run->sessions[0].agents[LAD_GENERATOR].backend);
	fill_manner(row, run->trial->workload, generator, sink);
	fill_texts(row, run);
	return 0;
}
