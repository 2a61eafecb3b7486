/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "run/session.h"
#include "run/traffic.h"

/* How many messages of a rate are due before T_NS after the traffic's begin: those whose time, which the agent rounds
 * to whole nanoseconds, is earlier. */
static double due_before(double rate_per_s, int64_t t_ns)
{
	double count = ceil(((double)t_ns - 0.5) * rate_per_s / 1e9);
	return count > 0 ? count : 0;
}

/* Of one session. */
static double due_in_window(const struct trial_run *run)
{
	double rate_per_s = lad_workload_rate_per_s(run->trial->workload);
	int64_t begin_ns = run->context->warmup_ns, end_ns = begin_ns + run->context->duration_ns;
	return due_before(rate_per_s, end_ns) - due_before(rate_per_s, begin_ns);
}

/* Those of HISTOGRAM that took at most LIMIT_NS: a bucket that reaches beyond it counts as later. */
static double count_within(const struct lad_histogram *histogram, int64_t limit_ns)
{
	double count = 0;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS && lad_histogram_high(bucket) <= limit_ns; bucket++)
		count += (double)histogram->counts[bucket];
	return count;
}

/* Datagrams say in which phase they were sent. One more or less a session is where the window begins and ends. */
static void count_datagrams(const struct trial_run *run, const struct lad_agent_result *sender,
			    const struct lad_agent_result *receiver, struct lad_trial_load *load)
{
	double sent = (double)sender->window_messages, due = due_in_window(run) * run->judged_count;
	load->unsent = due - sent > run->judged_count ? due - sent : 0;
	load->intended = sent + load->unsent;
	load->delivered = fmin((double)receiver->window_messages, sent);
}

/* Of requests the agent knows that none is left unanswered; else what was due is computed. */
static void count_requests(const struct trial_run *run, const struct lad_agent_result *generator,
			   struct lad_trial_load *load)
{
	load->delivered = (double)generator->latency.total;
	load->intended = generator->timeouts ? due_in_window(run) * run->judged_count : load->delivered;
	load->delivered = fmin(load->delivered, load->intended);
	load->unsent = NAN;
}

void fill_load(const struct trial_run *run, struct lad_trial_load *load)
{
	const struct lad_workload *workload = run->trial->workload;
	const struct lad_agent_result *results = run->merged ? run->merged : run->sessions[0].results;
	bool stream = lad_is_stream(workload->kind);
	const struct lad_agent_result *counted = &results[counter_of(workload)];
	const struct lad_histogram *latency = &counted->latency;
	if (stream)
		count_datagrams(run, &results[counter_of(workload) == LAD_SINK ? LAD_GENERATOR : LAD_SINK], counted,
				load);
	else
		count_requests(run, counted, load);
	for (int i = 0; i < load->deadline_count; i++) {
		double within = load->deadlines_ns[i] ? count_within(latency, load->deadlines_ns[i]) : load->delivered;
		load->in_time[i] = fmin(within, load->delivered);
	}
	bool any = latency->total;
	load->latency_p50_us = any ? (double)lad_histogram_quantile(latency, 0.5) / 1e3 : NAN;
	load->latency_p99_us = any ? (double)lad_histogram_quantile(latency, 0.99) / 1e3 : NAN;
	load->latency_max_us = any ? (double)latency->max_ns / 1e3 : NAN;
}
