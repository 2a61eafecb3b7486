/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/traffic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/workload_option.h"
#include "run/steady.h"

void job_set_traffic(struct lad_job *job, const struct lad_workload *workload, const struct lad_scenario *scenario,
		     int64_t duration_ns)
{
	const struct lad_traffic *traffic = &workload->traffic;
	lad_options_into_job(workload, job);
	job->seed = scenario->seed & ((UINT64_C(1) << 53) - 1);
	job->rate_per_s = lad_workload_rate_per_s(workload);
	job->pacing_bps = lad_workload_rate_bps(workload);
	job->txtime = traffic->pacing == LAD_PACING_TXTIME;
	if (workload->cpus == LAD_CPUS_PINNED && job->threads > 1)
		job->pin = job->role == LAD_GENERATOR ? LAD_PIN_FROM_LAST : LAD_PIN_FROM_FIRST;
	job->amount = amount_of(workload);
	/* A long trial with short samples: as many as fit in a result, further apart. */
	int64_t least_ns = duration_ns / (LAD_SAMPLES_MAX - 2);
	job->sample_ns = scenario->sample_ns;
	if (job->sample_ns && job->sample_ns < least_ns)
		job->sample_ns = least_ns;
}

void describe_traffic(struct lad_row *row, const struct lad_workload *workload)
{
	const struct lad_traffic *traffic = &workload->traffic;
	lad_traffic_describe(traffic, row->options);
	row->ip_version = traffic->ip == LAD_IP_V6 ? 6 : 4;
	snprintf(row->loop, sizeof row->loop, "%s", lad_workload_loop(workload));
	if (workload->kind == LAD_UDP_STREAM)
		snprintf(row->io, sizeof row->io, "%s", lad_io_name(traffic->io));
	if (workload->kind == LAD_TCP_STREAM)
		snprintf(row->receive, sizeof row->receive, "%s",
			 lad_receive_name(traffic->verify ? LAD_RECEIVE_COPY : traffic->receive));
	row->threads = traffic->threads ? traffic->threads : 1;
	if (traffic->rate_per_s > 0)
		row->offered_per_s = lad_workload_rate_per_s(workload);
	if (traffic->rate_bps > 0)
		row->offered_bps = lad_workload_rate_bps(workload);
}

enum lad_role counter_of(const struct lad_workload *workload)
{
	return lad_counting_role(workload->kind, workload->traffic.direction);
}

int64_t amount_of(const struct lad_workload *workload)
{
	return workload->traffic.bytes ? workload->traffic.bytes : workload->traffic.transactions;
}

int check_direction(const struct lad_workload *workload, const struct lad_agent_result *sink, struct lad_error *err)
{
	bool sink_sends = workload->kind == LAD_UDP_STREAM && workload->traffic.direction != LAD_FORWARD;
	if (!sink_sends || sink->segments)
		return 0;
	return lad_error_set(err, LAD_EXIT_TRIALS, "the agent is too old for a udp_stream with direction %s",
			     lad_direction_name(workload->traffic.direction));
}

static void fill_tcp(struct lad_row *row, const struct lad_agent_result *sender)
{
	row->retransmits = sender->retransmits;
	row->rtt_us = sender->rtt_us;
	row->cwnd_segments = sender->cwnd_segments;
	row->rttvar_us = sender->rttvar_us;
	row->delivered_segments = sender->delivered_segments;
	row->pacing_rate_bps = sender->pacing_rate_bps;
	row->busy_ratio = sender->busy_ratio;
	row->rwnd_limited_ratio = sender->rwnd_limited_ratio;
	row->sndbuf_limited_ratio = sender->sndbuf_limited_ratio;
}

/* With both directions the counts are of both streams; rates, jitter and delay are of the one that goes the job's way.
 */
static void fill_losses(struct lad_row *row, const struct lad_agent_result *sender,
			const struct lad_agent_result *receiver)
{
	/* What went the other way was received by the sender; zero unless both directions were sent. */
	row->loss_ratio = lad_datagram_loss(sender, receiver);
	row->sent_total = (double)(sender->messages_total + receiver->reverse_messages_total);
	row->received_total = (double)(receiver->messages_total + sender->reverse_messages_total);
	row->lost_total = row->sent_total - row->received_total;
	row->reordered_total = (double)(receiver->reordered + sender->reordered);
	row->duplicate_total = (double)(receiver->duplicates + sender->duplicates);
}

/*
 * How many datagrams each packet held that overflowed the socket buffer of RECEIVER: as many as those that it read. 0:
 * nobody knows, the path cut some up and joined them anew.
 */
static uint64_t datagrams_each(const struct lad_agent_result *sender, const struct lad_agent_result *receiver)
{
	uint64_t most = receiver->joined_most;
	if (most == 0 || most == sender->segments)
		return sender->segments;
	return most == 1 ? 1 : 0;
}

static void fill_datagrams(struct lad_row *row, const struct lad_workload *workload,
			   const struct lad_agent_result *sender, const struct lad_agent_result *receiver)
{
	uint64_t there = datagrams_each(sender, receiver), back = datagrams_each(receiver, sender);
	uint64_t queue_drops = receiver->receive_queue_drops * there + sender->receive_queue_drops * back;
	bool is_unknown = (receiver->receive_queue_drops && !there) || (sender->receive_queue_drops && !back);
	fill_losses(row, sender, receiver);
	row->datagrams_per_packet = (double)sender->segments;
	row->send_drops_total = (double)(sender->send_drops + receiver->send_drops);
	/* Super-packets of an open loop are as large as what was due, and which of them were dropped nobody knows. */
	is_unknown |= queue_drops && workload->traffic.io == LAD_IO_GSO && workload->traffic.rate_per_s > 0;
	if (!is_unknown) {
		row->queue_drops_total = (double)queue_drops;
		row->network_lost_total = row->lost_total - row->queue_drops_total;
	}
	row->jitter_us = receiver->jitter_us;
}

static void fill_oneway(struct lad_row *row, const struct lad_agent_result *receiver)
{
	if (!receiver->latency.total)
		return;
	row->oneway_p50_us = (double)lad_histogram_quantile(&receiver->latency, 0.5) / 1e3;
	row->oneway_p99_us = (double)lad_histogram_quantile(&receiver->latency, 0.99) / 1e3;
	row->oneway_max_us = (double)receiver->latency.max_ns / 1e3;
}

static void fill_kernel_latency(struct lad_row *row, const struct lad_agent_result *generator)
{
	const struct lad_histogram *kernel = &generator->kernel_latency;
	if (!kernel->total)
		return;
	row->kernel_latency_p50_us = (double)lad_histogram_quantile(kernel, 0.5) / 1e3;
	row->kernel_latency_p99_us = (double)lad_histogram_quantile(kernel, 0.99) / 1e3;
	row->agent_time_us = (lad_histogram_mean(&generator->latency) - lad_histogram_mean(kernel)) / 1e3;
}

/* From the interval samples of the side whose figures count: where its start-up ends, and the rate after that. */
static void fill_steady(struct lad_row *row, const struct lad_agent_result *result, bool stream)
{
	double rates[LAD_SAMPLES_MAX];
	size_t count = 0;
	struct lad_sample before = {0};
	for (int i = 0; i < result->sample_count; i++) {
		const struct lad_sample *sample = &result->samples[i];
		double elapsed_s = (double)(sample->time_ns - before.time_ns) / 1e9;
		uint64_t done = stream ? sample->bytes - before.bytes : sample->transactions - before.transactions;
		if (elapsed_s <= 0)
			return;
		rates[count++] = (double)done / elapsed_s;
		before = *sample;
	}
	if (count < STEADY_LEAST)
		return;
	size_t cut = steady_cut(rates, count);
	const struct lad_sample none = {0}, *from = cut ? &result->samples[cut - 1] : &none;
	double elapsed_s = (double)(before.time_ns - from->time_ns) / 1e9;
	row->steady_from_s = (double)from->time_ns / 1e9;
	if (stream)
		row->steady_goodput_bps = (double)(before.bytes - from->bytes) * 8 / elapsed_s;
	else
		row->steady_transactions_per_s = (double)(before.transactions - from->transactions) / elapsed_s;
}

void fill_traffic(struct lad_row *row, const struct lad_workload *workload, const struct lad_agent_result *generator,
		  const struct lad_agent_result *sink)
{
	bool stream = lad_is_stream(workload->kind);
	bool reverse = workload->traffic.direction == LAD_REVERSE;
	const struct lad_agent_result *sender = reverse ? sink : generator;
	fill_tcp(row, sender);
	row->schedule_error_mean_us = sender->schedule_error_mean_us;
	row->schedule_error_max_us = sender->schedule_error_max_us;
	row->switches_sender = (double)(generator->switches_voluntary + generator->switches_involuntary);
	row->switches_receiver = (double)(sink->switches_voluntary + sink->switches_involuntary);
	if (workload->traffic.direction == LAD_BOTH_WAYS)
		row->reverse_goodput_bps = (double)generator->reverse_bytes * 8 / ((double)generator->elapsed_ns / 1e9);
	if (workload->kind == LAD_UDP_STREAM && workload->traffic.direction == LAD_BOTH_WAYS)
		row->reverse_packets_per_s =
		    (double)generator->reverse_messages / ((double)generator->elapsed_ns / 1e9);
	if (workload->kind == LAD_UDP_STREAM)
		fill_datagrams(row, workload, sender, reverse ? generator : sink);
	if (lad_is_udp(workload->kind))
		fill_oneway(row, reverse ? generator : sink);
	if (!stream)
		row->timeouts = (double)generator->timeouts;
	if (workload->kind == LAD_UDP_RR)
		row->late_total = (double)generator->late;
	if (workload->traffic.zerocopy)
		row->zerocopy_copied_total = (double)generator->zerocopy_copied + (double)sink->zerocopy_copied;
	fill_kernel_latency(row, generator);
	fill_steady(row, counter_of(workload) == LAD_SINK ? sink : generator, stream);
}
