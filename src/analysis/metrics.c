/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "analysis/named_metrics.h"

static const struct lad_metric tcp_stream[] = {
    ANALYSIS_METRIC(goodput_bps, "goodput", "Gbit/s", 1e-9, false),
    ANALYSIS_METRIC(cpu_s_per_gbyte, "CPU cost", "CPU s/GB", 1, true),
    {NULL, NULL, NULL, 0, false, 0},
};

static const struct lad_metric udp_stream[] = {
    ANALYSIS_METRIC(packets_per_s, "datagrams received", "k/s", 1e-3, false),
    ANALYSIS_METRIC(cpu_s_per_gbyte, "CPU cost", "CPU s/GB", 1, true),
    {NULL, NULL, NULL, 0, false, 0},
};

static const struct lad_metric transactions[] = {
    ANALYSIS_METRIC(transactions_per_s, "transactions", "k/s", 1e-3, false),
    ANALYSIS_METRIC(latency_p50_us, "latency p50", "us", 1, true),
    ANALYSIS_METRIC(latency_p99_us, "latency p99", "us", 1, true),
    {NULL, NULL, NULL, 0, false, 0},
};

/* The units of each quantity that has several, the usual one first and then ever smaller ones. */
static const struct lad_metric units[] = {
    ANALYSIS_METRIC(goodput_bps, "goodput", "Gbit/s", 1e-9, false),
    ANALYSIS_METRIC(goodput_bps, "goodput", "Mbit/s", 1e-6, false),
    ANALYSIS_METRIC(goodput_bps, "goodput", "kbit/s", 1e-3, false),
    ANALYSIS_METRIC(goodput_bps, "goodput", "bit/s", 1, false),
    ANALYSIS_METRIC(background_goodput_bps, "background goodput", "Gbit/s", 1e-9, false),
    ANALYSIS_METRIC(background_goodput_bps, "background goodput", "Mbit/s", 1e-6, false),
    ANALYSIS_METRIC(background_goodput_bps, "background goodput", "kbit/s", 1e-3, false),
    ANALYSIS_METRIC(background_transactions_per_s, "background transactions", "k/s", 1e-3, false),
    ANALYSIS_METRIC(background_transactions_per_s, "background transactions", "/s", 1, false),
    ANALYSIS_METRIC(packets_per_s, "datagrams received", "k/s", 1e-3, false),
    ANALYSIS_METRIC(packets_per_s, "datagrams received", "/s", 1, false),
    ANALYSIS_METRIC(transactions_per_s, "transactions", "k/s", 1e-3, false),
    ANALYSIS_METRIC(transactions_per_s, "transactions", "/s", 1, false),
    ANALYSIS_METRIC(path_packets_per_s, "packets on the path", "k/s", 1e-3, false),
    ANALYSIS_METRIC(path_packets_per_s, "packets on the path", "/s", 1, false),
};
#define UNIT_COUNT (sizeof units / sizeof *units)

const struct lad_metric *lad_metric_fit(const struct lad_metric *metric, double largest)
{
	const struct lad_metric *fitting = metric;
	if (!(largest > 0) || largest * metric->scale >= 1)
		return metric;
	for (size_t i = 0; i < UNIT_COUNT && largest * fitting->scale < 1; i++)
		if (strcmp(units[i].column, metric->column) == 0)
			fitting = &units[i];
	return fitting;
}

const struct lad_metric *lad_metric_usual(const struct lad_metric *metric)
{
	for (size_t i = 0; i < UNIT_COUNT; i++)
		if (strcmp(units[i].column, metric->column) == 0)
			return &units[i];
	return metric;
}

const struct lad_metric *lad_metrics_of(enum lad_workload_kind kind)
{
	switch (kind) {
	case LAD_TCP_STREAM:
		return tcp_stream;
	case LAD_UDP_STREAM:
		return udp_stream;
	default:
		return transactions;
	}
}

int lad_decimals(double value, int usual)
{
	double magnitude = fabs(value);
	if (!(magnitude > 0) || magnitude >= 0.5 * pow(10, -usual))
		return usual;
	int needed = (int)ceil(-log10(magnitude)) + 1; /* two digits that count */
	return needed > usual && needed < 20 ? needed : usual;
}

double lad_no_minus_zero(double value, int decimals)
{
	return fabs(value) < 0.5 * pow(10, -decimals) ? 0 : value;
}

double lad_metric_value(const struct lad_metric *metric, const struct lad_row *row)
{
	double value;
	memcpy(&value, (const char *)row + metric->offset, sizeof value);
	return value;
}

const char *lad_verdict_name(enum lad_verdict_kind kind)
{
	static const char *const names[] = {"confirmed", "refuted", "inconclusive", "not measured"};
	return (unsigned)kind < 4 ? names[kind] : "?";
}
