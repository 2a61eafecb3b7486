/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member, kind, needed)                                                                                    \
	{                                                                                                              \
#member, kind, offsetof(struct lad_row, member), sizeof(((struct lad_row *)0)->member), needed         \
	}

#define LONG_TEXT(member, bytes)                                                                                       \
	{                                                                                                              \
#member, COLUMN_LONG_TEXT, offsetof(struct lad_row, member), bytes, false                              \
	}

const struct column results_columns[] = {
    FIELD(run_id, COLUMN_TEXT, true),
    FIELD(time, COLUMN_TEXT, true),
    FIELD(scenario, COLUMN_TEXT, true),
    FIELD(lab, COLUMN_TEXT, true),
    FIELD(clock, COLUMN_TEXT, true),
    FIELD(kernel, COLUMN_TEXT, true),
    FIELD(arch, COLUMN_TEXT, true),
    FIELD(cpu_model, COLUMN_TEXT, true),
    FIELD(seed, COLUMN_UINT64, true),
    FIELD(block, COLUMN_INT, true),
    FIELD(trial, COLUMN_INT, true),
    FIELD(mode, COLUMN_MODE, true),
    FIELD(placement, COLUMN_PLACEMENT, true),
    FIELD(tuning, COLUMN_TEXT, true),
    FIELD(mtu, COLUMN_INT64, true),
    FIELD(workload, COLUMN_WORKLOAD, true),
    FIELD(flows, COLUMN_INT, true),
    FIELD(message_bytes, COLUMN_INT64, true),
    FIELD(cpus, COLUMN_CPUS, true),
    FIELD(duration_s, COLUMN_NUMBER, true),
    FIELD(status, COLUMN_STATUS, true),
    FIELD(reason, COLUMN_TEXT, true),
    FIELD(goodput_bps, COLUMN_NUMBER, true),
    FIELD(packets_per_s, COLUMN_NUMBER, true),
    FIELD(transactions_per_s, COLUMN_NUMBER, true),
    FIELD(loss_ratio, COLUMN_NUMBER, true),
    FIELD(retransmits, COLUMN_NUMBER, true),
    FIELD(latency_min_us, COLUMN_NUMBER, true),
    FIELD(latency_p50_us, COLUMN_NUMBER, true),
    FIELD(latency_p90_us, COLUMN_NUMBER, true),
    FIELD(latency_p99_us, COLUMN_NUMBER, true),
    FIELD(latency_p999_us, COLUMN_NUMBER, true),
    FIELD(latency_max_us, COLUMN_NUMBER, true),
    FIELD(latency_mean_us, COLUMN_NUMBER, true),
    FIELD(cpu_sender_s, COLUMN_NUMBER, true),
    FIELD(cpu_receiver_s, COLUMN_NUMBER, true),
    FIELD(cpu_system_s, COLUMN_NUMBER, true),
    FIELD(cpu_s_per_gbyte, COLUMN_NUMBER, true),
    FIELD(cpu_us_per_transaction, COLUMN_NUMBER, true),
    FIELD(rtt_us, COLUMN_NUMBER, true),
    FIELD(cwnd_segments, COLUMN_NUMBER, true),
    FIELD(congestion_control, COLUMN_TEXT, false),
    FIELD(socket_buffer_bytes, COLUMN_INT64, false),
    FIELD(path_packets_per_s, COLUMN_NUMBER, false),
    FIELD(sent_total, COLUMN_NUMBER, false),
    FIELD(received_total, COLUMN_NUMBER, false),
    FIELD(lost_total, COLUMN_NUMBER, false),
    FIELD(reordered_total, COLUMN_NUMBER, false),
    FIELD(duplicate_total, COLUMN_NUMBER, false),
    FIELD(warmup_s, COLUMN_NUMBER, false),
    FIELD(tuning_base, COLUMN_TEXT, false),
    LONG_TEXT(tuning_settings, LAD_TUNING_TEXT_MAX),
    LONG_TEXT(tuning_effective, LAD_TUNING_TEXT_MAX),
    LONG_TEXT(tuning_note, 512),
    FIELD(variant, COLUMN_TEXT, false),
    FIELD(max_blocks, COLUMN_INT64, false),
    FIELD(options, COLUMN_TEXT, false),
    FIELD(loop, COLUMN_TEXT, false),
    FIELD(io, COLUMN_TEXT, false),
    FIELD(receive, COLUMN_TEXT, false),
    FIELD(offered_per_s, COLUMN_NUMBER, false),
    FIELD(offered_bps, COLUMN_NUMBER, false),
    FIELD(reverse_goodput_bps, COLUMN_NUMBER, false),
    FIELD(rttvar_us, COLUMN_NUMBER, false),
    FIELD(delivered_segments, COLUMN_NUMBER, false),
    FIELD(pacing_rate_bps, COLUMN_NUMBER, false),
    FIELD(busy_ratio, COLUMN_NUMBER, false),
    FIELD(rwnd_limited_ratio, COLUMN_NUMBER, false),
    FIELD(sndbuf_limited_ratio, COLUMN_NUMBER, false),
    FIELD(schedule_error_mean_us, COLUMN_NUMBER, false),
    FIELD(schedule_error_max_us, COLUMN_NUMBER, false),
    FIELD(send_drops_total, COLUMN_NUMBER, false),
    FIELD(queue_drops_total, COLUMN_NUMBER, false),
    FIELD(network_lost_total, COLUMN_NUMBER, false),
    FIELD(datagrams_per_packet, COLUMN_NUMBER, false),
    FIELD(jitter_us, COLUMN_NUMBER, false),
    FIELD(oneway_p50_us, COLUMN_NUMBER, false),
    FIELD(oneway_p99_us, COLUMN_NUMBER, false),
    FIELD(oneway_max_us, COLUMN_NUMBER, false),
    FIELD(timeouts, COLUMN_NUMBER, false),
    FIELD(switches_sender, COLUMN_NUMBER, false),
    FIELD(switches_receiver, COLUMN_NUMBER, false),
    FIELD(cpu_softirq_s, COLUMN_NUMBER, false),
    FIELD(kernel_latency_p50_us, COLUMN_NUMBER, false),
    FIELD(kernel_latency_p99_us, COLUMN_NUMBER, false),
    FIELD(agent_time_us, COLUMN_NUMBER, false),
    FIELD(zerocopy_copied_total, COLUMN_NUMBER, false),
    FIELD(steady_from_s, COLUMN_NUMBER, false),
    FIELD(steady_goodput_bps, COLUMN_NUMBER, false),
    FIELD(steady_transactions_per_s, COLUMN_NUMBER, false),
    FIELD(cpu_steal_s, COLUMN_NUMBER, false),
    FIELD(cpu_mhz, COLUMN_NUMBER, false),
    FIELD(agent_backend, COLUMN_TEXT, false),
    FIELD(reverse_packets_per_s, COLUMN_NUMBER, false),
    FIELD(ip_version, COLUMN_INT64, false),
    FIELD(threads, COLUMN_INT, false),
    FIELD(stall_s, COLUMN_NUMBER, false),
};

const size_t results_column_count = sizeof results_columns / sizeof *results_columns;

static const char *const status_names[] = {"ok", "failed", "skipped"};

const char *lad_status_name(enum lad_status status)
{
	return (unsigned)status < 3 ? status_names[status] : "?";
}

void lad_row_clear(struct lad_row *row)
{
	memset(row, 0, sizeof *row);
	for (size_t i = 0; i < results_column_count; i++) {
		void *field = (char *)row + results_columns[i].offset;
		if (results_columns[i].type == COLUMN_NUMBER)
			*(double *)field = NAN;
		else if (results_columns[i].type == COLUMN_INT64)
			*(int64_t *)field = -1;
		else if (results_columns[i].type == COLUMN_LONG_TEXT)
			*(const char **)field = "";
	}
}

double lad_row_metric(const struct lad_row *row, const char *name)
{
	double value = NAN;
	for (size_t i = 0; i < results_column_count; i++)
		if (results_columns[i].type == COLUMN_NUMBER && strcmp(results_columns[i].name, name) == 0)
			memcpy(&value, (const char *)row + results_columns[i].offset, sizeof value);
	return value;
}

/* The shortest text that reads back as the same double. */
static void format_number(double value, char *out, size_t size)
{
	if (!isfinite(value)) {
		out[0] = '\0';
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(out, size, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			return;
	}
}

void results_format(const struct column *column, const struct lad_row *row, char *out, size_t size)
{
	const void *field = (const char *)row + column->offset;
	const char *word = "";
	switch (column->type) {
	case COLUMN_INT:
		snprintf(out, size, "%d", *(const int *)field);
		return;
	case COLUMN_INT64:
		out[0] = '\0';
		if (*(const int64_t *)field >= 0)
			snprintf(out, size, "%" PRId64, *(const int64_t *)field);
		return;
	case COLUMN_UINT64:
		snprintf(out, size, "%" PRIu64, *(const uint64_t *)field);
		return;
	case COLUMN_NUMBER: /* a figure that cannot be is none: what is written can be read back */
		format_number(results_in_range(column, *(const double *)field) ? *(const double *)field : NAN, out,
			      size);
		return;
	case COLUMN_TEXT:
		word = field;
		break;
	case COLUMN_LONG_TEXT:
		word = *(const char *const *)field;
		break;
	case COLUMN_MODE:
		word = lad_mode_name(*(const enum lad_mode *)field);
		break;
	case COLUMN_PLACEMENT:
		word = lad_placement_name(*(const enum lad_placement *)field);
		break;
	case COLUMN_WORKLOAD:
		word = lad_workload_name(*(const enum lad_workload_kind *)field);
		break;
	case COLUMN_CPUS:
		word = lad_cpus_name(*(const enum lad_cpus *)field);
		break;
	case COLUMN_STATUS:
		word = lad_status_name(*(const enum lad_status *)field);
		break;
	}
	snprintf(out, size, "%s", word);
}
