/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "netladder/protocol.h"

static void add_mean(double *mean, double part, double share)
{
	*mean += (part - *mean) * share;
}

/* Where one of them may have none. */
static void add_known_mean(double *mean, double part, double share)
{
	if (isnan(*mean))
		*mean = part;
	else if (!isnan(part))
		add_mean(mean, part, share);
}

static void add_time(int64_t *mean_ns, int64_t part_ns, double share)
{
	*mean_ns += (int64_t)((double)(part_ns - *mean_ns) * share);
}

void lad_sample_merge(struct lad_sample *sum, const struct lad_sample *part, double share)
{
	add_time(&sum->time_ns, part->time_ns, share);
	sum->bytes += part->bytes;
	sum->messages += part->messages;
	sum->transactions += part->transactions;
	sum->retransmits += part->retransmits;
	sum->pacing_rate_bps += part->pacing_rate_bps;
	add_mean(&sum->rtt_us, part->rtt_us, share);
	add_mean(&sum->cwnd_segments, part->cwnd_segments, share);
}

static void merge_samples(struct lad_agent_result *sum, const struct lad_agent_result *part, double share)
{
	if (part->sample_count < sum->sample_count)
		sum->sample_count = part->sample_count;
	for (int i = 0; i < sum->sample_count; i++)
		lad_sample_merge(&sum->samples[i], &part->samples[i], share);
}

/* Rates are sums over all flows, everything else that TCP says is a mean over them. */
static void merge_tcp(struct lad_agent_result *sum, const struct lad_agent_result *part, double share)
{
	sum->retransmits += part->retransmits;
	sum->delivered_segments += part->delivered_segments;
	sum->pacing_rate_bps += part->pacing_rate_bps;
	add_mean(&sum->rtt_us, part->rtt_us, share);
	add_mean(&sum->rttvar_us, part->rttvar_us, share);
	add_mean(&sum->cwnd_segments, part->cwnd_segments, share);
	add_mean(&sum->busy_ratio, part->busy_ratio, share);
	add_mean(&sum->rwnd_limited_ratio, part->rwnd_limited_ratio, share);
	add_mean(&sum->sndbuf_limited_ratio, part->sndbuf_limited_ratio, share);
}

void lad_result_merge(struct lad_agent_result *sum, const struct lad_agent_result *part, double share)
{
	/* The parts' windows end microseconds apart. */
	add_time(&sum->elapsed_ns, part->elapsed_ns, share);
	if (part->started_late_ns > sum->started_late_ns)
		sum->started_late_ns = part->started_late_ns;
	sum->bytes += part->bytes;
	sum->messages += part->messages;
	sum->transactions += part->transactions;
	sum->bytes_total += part->bytes_total;
	sum->messages_total += part->messages_total;
	sum->transactions_total += part->transactions_total;
	sum->reverse_bytes += part->reverse_bytes;
	sum->reverse_bytes_total += part->reverse_bytes_total;
	sum->reverse_messages += part->reverse_messages;
	sum->reverse_messages_total += part->reverse_messages_total;
	sum->send_drops += part->send_drops;
	sum->timeouts += part->timeouts;
	sum->late += part->late;
	sum->window_messages += part->window_messages;
	sum->reverse_window_messages += part->reverse_window_messages;
	sum->reordered += part->reordered;
	sum->duplicates += part->duplicates;
	sum->receive_queue_drops += part->receive_queue_drops;
	sum->io_calls += part->io_calls;
	sum->zerocopy_copied += part->zerocopy_copied;
	if (part->segments > sum->segments)
		sum->segments = part->segments;
	if (part->joined_most > sum->joined_most)
		sum->joined_most = part->joined_most;
	merge_tcp(sum, part, share);
	add_known_mean(&sum->schedule_error_mean_us, part->schedule_error_mean_us, share);
	sum->schedule_error_max_us = fmax(sum->schedule_error_max_us, part->schedule_error_max_us);
	add_known_mean(&sum->jitter_us, part->jitter_us, share);
	merge_samples(sum, part, share);
	lad_histogram_merge(&sum->latency, &part->latency);
	lad_histogram_merge(&sum->kernel_latency, &part->kernel_latency);
}
