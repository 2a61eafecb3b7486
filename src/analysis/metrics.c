/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "netladder/verdict.h"

static const struct lad_metric tcp_stream[] = {
    {"goodput_bps", "goodput", "Gbit/s", 1e-9, false},
    {"cpu_s_per_gbyte", "CPU cost", "CPU s/GB", 1, true},
    {NULL, NULL, NULL, 0, false},
};

static const struct lad_metric udp_stream[] = {
    {"packets_per_s", "datagrams received", "k/s", 1e-3, false},
    {"cpu_s_per_gbyte", "CPU cost", "CPU s/GB", 1, true},
    {NULL, NULL, NULL, 0, false},
};

static const struct lad_metric transactions[] = {
    {"transactions_per_s", "transactions", "k/s", 1e-3, false},
    {"latency_p50_us", "latency p50", "us", 1, true},
    {"latency_p99_us", "latency p99", "us", 1, true},
    {NULL, NULL, NULL, 0, false},
};

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

const char *lad_verdict_name(enum lad_verdict_kind kind)
{
	static const char *const names[] = {"confirmed", "refuted", "inconclusive", "not measured"};
	return (unsigned)kind < 4 ? names[kind] : "?";
}
