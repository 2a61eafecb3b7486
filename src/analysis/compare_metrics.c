/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "analysis/compare.h"

/* Columns that no verdict judges but that can be compared on demand. */
static const struct lad_metric others[] = {
    {"goodput_bps", "goodput", "Gbit/s", 1e-9, false},
    {"packets_per_s", "datagrams received", "k/s", 1e-3, false},
    {"path_packets_per_s", "packets on the path", "k/s", 1e-3, false},
    {"cpu_s_per_gbyte", "CPU cost", "CPU s/GB", 1, true},
    {"cpu_us_per_transaction", "CPU cost", "CPU us", 1, true},
    {"latency_min_us", "latency min", "us", 1, true},
    {"latency_mean_us", "latency mean", "us", 1, true},
    {"latency_p50_us", "latency p50", "us", 1, true},
    {"latency_p90_us", "latency p90", "us", 1, true},
    {"latency_p99_us", "latency p99", "us", 1, true},
    {"latency_p999_us", "latency p99.9", "us", 1, true},
    {"latency_max_us", "latency max", "us", 1, true},
    {"retransmits", "retransmits", "", 1, true},
    {"loss_ratio", "loss", "%", 100, true},
};
#define OTHER_COUNT (sizeof others / sizeof *others)

const struct lad_metric *compare_metric(enum lad_workload_kind kind, const char *column)
{
	for (const struct lad_metric *metric = lad_metrics_of(kind); metric->column; metric++)
		if (strcmp(metric->column, column) == 0)
			return metric;
	for (size_t i = 0; i < OTHER_COUNT; i++)
		if (strcmp(others[i].column, column) == 0)
			return &others[i];
	return NULL;
}

bool compare_metric_known(const char *column, char *valid, size_t size)
{
	size_t used = (size_t)snprintf(valid, size, "all");
	bool known = strcmp(column, "all") == 0 || strcmp(column, "transactions_per_s") == 0;
	used += (size_t)snprintf(valid + used, size - used, ", transactions_per_s");
	for (size_t i = 0; i < OTHER_COUNT; i++) {
		known |= strcmp(others[i].column, column) == 0;
		if (used < size)
			used += (size_t)snprintf(valid + used, size - used, ", %s", others[i].column);
	}
	return known;
}
