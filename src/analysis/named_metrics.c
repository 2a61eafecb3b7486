/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/named_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

/* The columns that can be looked at on demand, whether a verdict judges them or not. */
static const struct lad_metric named[] = {
    ANALYSIS_METRIC(transactions_per_s, "transactions", "k/s", 1e-3, false),
    ANALYSIS_METRIC(goodput_bps, "goodput", "Gbit/s", 1e-9, false),
    ANALYSIS_METRIC(packets_per_s, "datagrams received", "k/s", 1e-3, false),
    ANALYSIS_METRIC(path_packets_per_s, "packets on the path", "k/s", 1e-3, false),
    ANALYSIS_METRIC(cpu_s_per_gbyte, "CPU cost", "CPU s/GB", 1, true),
    ANALYSIS_METRIC(cpu_us_per_transaction, "CPU cost", "CPU us", 1, true),
    ANALYSIS_METRIC(latency_min_us, "latency min", "us", 1, true),
    ANALYSIS_METRIC(latency_mean_us, "latency mean", "us", 1, true),
    ANALYSIS_METRIC(latency_p50_us, "latency p50", "us", 1, true),
    ANALYSIS_METRIC(latency_p90_us, "latency p90", "us", 1, true),
    ANALYSIS_METRIC(latency_p99_us, "latency p99", "us", 1, true),
    ANALYSIS_METRIC(latency_p999_us, "latency p99.9", "us", 1, true),
    ANALYSIS_METRIC(latency_max_us, "latency max", "us", 1, true),
    ANALYSIS_METRIC(retransmits, "retransmits", "", 1, true),
    ANALYSIS_METRIC(loss_ratio, "loss", "%", 100, true),
    ANALYSIS_METRIC(fairness_ratio, "fairness", "", 1, false),
    ANALYSIS_METRIC(latency_p99_worst_us, "worst session's p99", "us", 1, true),
    ANALYSIS_METRIC(background_goodput_bps, "background goodput", "Gbit/s", 1e-9, false),
    ANALYSIS_METRIC(background_transactions_per_s, "background transactions", "k/s", 1e-3, false),
    ANALYSIS_METRIC(setup_s, "set-up", "ms", 1e3, true),
    ANALYSIS_METRIC(reachable_s, "until reachable", "ms", 1e3, true),
};
#define NAMED_COUNT (sizeof named / sizeof *named)

bool analysis_in_list(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

const struct lad_metric *lad_metric_listed(int index)
{
	return index >= 0 && (size_t)index < NAMED_COUNT ? &named[index] : NULL;
}

const struct lad_metric *lad_metric_named(const char *column)
{
	for (size_t i = 0; i < NAMED_COUNT; i++)
		if (strcmp(named[i].column, column) == 0)
			return &named[i];
	return NULL;
}

static void list_valid(char *valid, size_t size)
{
	size_t used = (size_t)snprintf(valid, size, "all");
	for (size_t i = 0; i < NAMED_COUNT && used < size; i++)
		used += (size_t)snprintf(valid + used, size - used, ", %s", named[i].column);
}

int lad_metrics_check(const char *list, struct lad_error *err)
{
	lad_cleanup_free char *copy = strdup(list ? list : "all");
	char valid[640];
	char *rest = copy, *word;
	while (rest && (word = strsep(&rest, ","))) {
		if (strcmp(word, "all") == 0 || lad_metric_named(word))
			continue;
		list_valid(valid, sizeof valid);
		return lad_error_set(err, LAD_EXIT_USAGE, "\"%.60s\" is no metric; valid: %s", word, valid);
	}
	return 0;
}

int analysis_metrics_named(const struct lad_row *row, const char *list,
			   const struct lad_metric *metrics[ANALYSIS_METRICS_MAX])
{
	const struct lad_metric *own = lad_metrics_of(row->workload);
	lad_cleanup_free char *copy = strdup(list ? list : own->column);
	char *rest = copy, *word;
	int count = 0;
	if (!copy)
		return -1;
	for (int i = 0; own[i].column; i++)
		if (list ? analysis_in_list(list, "all") || analysis_in_list(list, own[i].column) : i == 0)
			metrics[count++] = &own[i];
	while ((word = strsep(&rest, ",")) && count < ANALYSIS_METRICS_MAX) {
		bool known = false;
		for (int i = 0; i < count; i++)
			known |= strcmp(metrics[i]->column, word) == 0;
		const struct lad_metric *other = known ? NULL : lad_metric_named(word);
		if (other && !isnan(lad_metric_value(other, row)))
			metrics[count++] = other;
	}
	return count;
}
