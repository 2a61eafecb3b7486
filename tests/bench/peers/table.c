/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/stats.h"
#include "peers/bench.h"

#define LEVEL 0.95

enum rival { AGAINST_BEST, AGAINST_IPERF3, AGAINST_BARE };

/* One line a mode: a figure, whom it is held against, and what is aimed at. */
struct line {
	enum bench_kind kind;
	const char *name;
	double (*value)(const struct bench_figures *figures);
	bool less_is_better;
	enum rival rival;
	double target; /* of the ratio ours / rival's */
};

static double gbit(const struct bench_figures *figures)
{
	return figures->rate / 1e9;
}

static double cpu_per_gbyte(const struct bench_figures *figures)
{
	return figures->cpu_s / (figures->received_bytes / 1e9);
}

static double thousands(const struct bench_figures *figures)
{
	return figures->rate / 1e3;
}

static double p50(const struct bench_figures *figures)
{
	return figures->p50_us;
}

static double p99(const struct bench_figures *figures)
{
	return figures->p99_us;
}

static const struct line lines[] = {
    {BENCH_TCP_STREAM, "tcp_stream Gbit/s", gbit, false, AGAINST_IPERF3, 1.1},
    {BENCH_TCP_STREAM, "tcp_stream CPU s/GB", cpu_per_gbyte, true, AGAINST_IPERF3, 0.9},
    {BENCH_TCP_STREAM, "tcp_stream CPU s/GB", cpu_per_gbyte, true, AGAINST_BARE, 1.05},
    {BENCH_UDP_PLAIN, "udp 64 B plain k/s", thousands, false, AGAINST_BEST, 1.0},
    {BENCH_UDP_BATCH, "udp 64 B batch k/s", thousands, false, AGAINST_IPERF3, 1.1},
    {BENCH_UDP_GSO, "udp 64 B gso k/s", thousands, false, AGAINST_IPERF3, 25},
    {BENCH_UDP_GSO, "udp 64 B gso k/s", thousands, false, AGAINST_BARE, 0.9},
    {BENCH_TCP_RR, "tcp_rr k/s", thousands, false, AGAINST_BEST, 1.0},
    {BENCH_TCP_RR, "tcp_rr k/s", thousands, false, AGAINST_BARE, 1.0},
    {BENCH_TCP_RR, "tcp_rr p50 us", p50, true, AGAINST_BEST, 1.0},
    {BENCH_TCP_RR, "tcp_rr p99 us", p99, true, AGAINST_BEST, 1.0},
    {BENCH_UDP_RR, "udp_rr k/s", thousands, false, AGAINST_BEST, 1.0},
    {BENCH_UDP_RR, "udp_rr k/s", thousands, false, AGAINST_BARE, 1.0},
    {BENCH_UDP_RR, "udp_rr p50 us", p50, true, AGAINST_BEST, 1.0},
    {BENCH_UDP_RR, "udp_rr p99 us", p99, true, AGAINST_BEST, 1.0},
    {BENCH_TCP_CRR, "tcp_crr k/s", thousands, false, AGAINST_BEST, 1.0},
};

/* The values of one contender over the rounds. */
struct series {
	double values[BENCH_ROUNDS_MAX];
	int count; /* finite ones */
	double median;
};

static struct series collect(const struct bench_options *options, const struct bench_results *results,
			     enum lad_mode mode, enum bench_kind kind, int contender, const struct line *line)
{
	struct series series = {.median = NAN};
	double finite[BENCH_ROUNDS_MAX];
	for (int round = 0; round < options->rounds; round++) {
		series.values[round] = line->value(&results->figures[mode][kind][contender][round]);
		if (isfinite(series.values[round]))
			finite[series.count++] = series.values[round];
	}
	if (series.count)
		series.median = lad_median(finite, (size_t)series.count);
	return series;
}

struct ratio {
	double estimate;
	struct lad_interval interval;
};

/* Ours against theirs, paired by round: Hodges-Lehmann on the logarithms. */
static struct ratio compare(const struct bench_options *options, const struct series *ours, const struct series *theirs)
{
	double logs[BENCH_ROUNDS_MAX];
	size_t count = 0;
	for (int round = 0; round < options->rounds; round++)
		if (ours->values[round] > 0 && theirs->values[round] > 0)
			logs[count++] = log(ours->values[round] / theirs->values[round]);
	if (!count)
		return (struct ratio){NAN, {NAN, NAN}};
	struct lad_interval interval = lad_hodges_lehmann_interval(logs, count, LEVEL);
	return (struct ratio){exp(lad_hodges_lehmann(logs, count)), {exp(interval.low), exp(interval.high)}};
}

static bool may_be_rival(const struct line *line, int contender)
{
	switch (line->rival) {
	case AGAINST_BARE:
		return contender == BENCH_BARE;
	case AGAINST_IPERF3:
		return strncmp(bench_contender_name(contender), "iperf3", 6) == 0;
	default:
		return contender >= BENCH_FIRST_PEER && contender < BENCH_BARE;
	}
}

/* The rival with the best median in KIND, or -1. */
static int best_rival_in(const struct bench_options *options, const struct bench_results *results, enum lad_mode mode,
			 const struct line *line, enum bench_kind kind, struct series *best)
{
	int found = -1;
	for (int contender = BENCH_FIRST_PEER; contender < BENCH_CONTENDERS; contender++) {
		if (!may_be_rival(line, contender))
			continue;
		struct series series = collect(options, results, mode, kind, contender, line);
		if (!series.count || (found >= 0 && (series.median < best->median) != line->less_is_better))
			continue;
		found = contender;
		*best = series;
	}
	return found;
}

/* An iperf3 that cannot join datagrams is held against with what it can: one datagram a call. */
static int best_rival(const struct bench_options *options, const struct bench_results *results, enum lad_mode mode,
		      const struct line *line, struct series *best)
{
	int found = best_rival_in(options, results, mode, line, line->kind, best);
	return found < 0 && line->rival == AGAINST_IPERF3
		   ? best_rival_in(options, results, mode, line, BENCH_UDP_PLAIN, best)
		   : found;
}

static const char *judge(const struct line *line, const struct ratio *ratio)
{
	if (isnan(ratio->interval.low))
		return "open"; /* too few rounds for an interval */
	if (line->less_is_better)
		return ratio->interval.high <= line->target ? "met"
		       : ratio->interval.low > line->target ? "missed"
							    : "open";
	return ratio->interval.low >= line->target ? "met" : ratio->interval.high < line->target ? "missed" : "open";
}

static void print_ratio(const struct ratio *ratio)
{
	if (isnan(ratio->estimate))
		printf("  %6s %-16s", "-", "");
	else if (isnan(ratio->interval.low))
		printf("  %6.3f %-16s", ratio->estimate, "");
	else
		printf("  %6.3f [%5.3f, %5.3f]", ratio->estimate, ratio->interval.low, ratio->interval.high);
}

static void print_line(const struct bench_options *options, const struct bench_results *results, enum lad_mode mode,
		       const struct line *line)
{
	struct series rival, ours = collect(options, results, mode, line->kind, BENCH_OURS, line);
	struct series bare = collect(options, results, mode, line->kind, BENCH_BARE, line);
	if (!ours.count) {
		printf("%-9s %-20s failed: %s\n", lad_mode_name(mode), line->name,
		       results->why[mode][line->kind][BENCH_OURS]);
		return;
	}
	struct ratio to_bare = compare(options, &ours, &bare);
	int contender = best_rival(options, results, mode, line, &rival);
	printf("%-9s %-20s %9.4g", lad_mode_name(mode), line->name, ours.median);
	if (contender >= 0) {
		struct ratio ratio = compare(options, &ours, &rival);
		printf("  %9.4g %-17s", rival.median, bench_contender_name(contender));
		print_ratio(&ratio);
		printf("  %s%4.3g %-6s", line->less_is_better ? "<=" : ">=", line->target, judge(line, &ratio));
	} else {
		printf("  %9s %-17s  %6s %-16s  %6s %-6s", "-", "no peer", "-", "", "", "");
	}
	printf("  %9.4g", bare.median);
	print_ratio(&to_bare);
	putchar('\n');
}

static void print_failures(const struct bench_results *results)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		for (int kind = 0; kind < BENCH_KIND_COUNT; kind++)
			for (int contender = BENCH_FIRST_PEER; contender < BENCH_CONTENDERS; contender++)
				if (results->why[mode][kind][contender][0])
					printf("failed at least once: %s, %s, %s: %s\n",
					       lad_mode_name((enum lad_mode)mode),
					       bench_kind_name((enum bench_kind)kind), bench_contender_name(contender),
					       results->why[mode][kind][contender]);
}

void bench_print_table(const struct bench_options *options, const struct bench_results *results)
{
	printf("%-9s %-20s %9s  %9s %-17s  %-23s  %-13s  %9s  %-23s\n", "mode", "metric", "ours", "best peer", "",
	       "ours/peer [95 % CI]", "target", "bare loop", "ours/bare [95 % CI]");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			if (options->modes[mode] && options->kinds[lines[i].kind])
				print_line(options, results, (enum lad_mode)mode, &lines[i]);
	print_failures(results);
}

/* Targets of the agent's own share; the batched kinds have none, because each of their calls does so much more. */
static const struct {
	enum bench_kind kind;
	double target;
} shares[] = {{BENCH_TCP_STREAM, 0.05}, {BENCH_UDP_PLAIN, 0.15}, {BENCH_UDP_BATCH, NAN},
	      {BENCH_UDP_GSO, NAN},	{BENCH_TCP_RR, 0.15},	 {BENCH_UDP_RR, 0.15}};

static void print_share(const struct bench_options *options, const struct bench_results *results, enum lad_mode mode,
			enum bench_kind kind, double target)
{
	double own_s = 0, all_s = 0;
	for (int round = 0; round < options->rounds; round++) {
		const struct bench_figures *ours = &results->figures[mode][kind][BENCH_OURS][round];
		if (isnan(ours->rate))
			continue;
		own_s += ours->own_s;
		all_s += ours->agents_s;
	}
	printf("%-9s %-12s", lad_mode_name(mode), bench_kind_name(kind));
	if (all_s <= 0)
		printf(" failed: %s\n", results->why[mode][kind][BENCH_OURS]);
	else if (isnan(target))
		printf(" %5.1f %%\n", own_s / all_s * 100);
	else
		printf(" %5.1f %%   < %.0f %% %s\n", own_s / all_s * 100, target * 100,
		       own_s / all_s < target ? "met" : "missed");
}

void bench_print_share(const struct bench_options *options, const struct bench_results *results)
{
	printf("%-9s %-12s %s\n", "mode", "workload", "CPU time of both agents outside of system calls, at most");
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			if (options->modes[mode] && options->kinds[shares[i].kind])
				print_share(options, results, (enum lad_mode)mode, shares[i].kind, shares[i].target);
}
