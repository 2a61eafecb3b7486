/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/histogram.h"

#include <math.h>
#include <string.h>

#define SUB_BUCKETS (INT64_C(1) << LAD_HISTOGRAM_SUB_BITS)

void lad_histogram_reset(struct lad_histogram *histogram)
{
	memset(histogram, 0, sizeof *histogram);
}

/*
 * Values below 2 * SUB_BUCKETS are their own bucket. Above, a value with its highest bit at position p falls into
 * octave p - SUB_BITS, whose SUB_BUCKETS buckets are 2^(p - SUB_BITS) wide.
 */
int lad_histogram_bucket(int64_t value_ns)
{
	if (value_ns < 2 * SUB_BUCKETS)
		return value_ns < 0 ? 0 : (int)value_ns;
	int shift = 63 - __builtin_clzll((unsigned long long)value_ns) - LAD_HISTOGRAM_SUB_BITS;
	return (int)(shift * SUB_BUCKETS + (value_ns >> shift));
}

int64_t lad_histogram_low(int bucket)
{
	if (bucket < 2 * SUB_BUCKETS)
		return bucket;
	int shift = (int)(bucket / SUB_BUCKETS) - 1;
	return (int64_t)(bucket - shift * SUB_BUCKETS) << shift;
}

int64_t lad_histogram_high(int bucket)
{
	int shift = bucket < 2 * SUB_BUCKETS ? 0 : (int)(bucket / SUB_BUCKETS) - 1;
	/* The last bucket ends at INT64_MAX: the sum of all three would not fit on the way. */
	return lad_histogram_low(bucket) + ((INT64_C(1) << shift) - 1);
}

void lad_histogram_record_many(struct lad_histogram *histogram, int64_t value_ns, uint64_t count)
{
	if (value_ns < 0)
		value_ns = 0;
	histogram->counts[lad_histogram_bucket(value_ns)] += count;
	if (!histogram->total || value_ns < histogram->min_ns)
		histogram->min_ns = value_ns;
	if (value_ns > histogram->max_ns)
		histogram->max_ns = value_ns;
	histogram->total += count;
	histogram->sum_ns += (double)value_ns * (double)count;
}

void lad_histogram_record(struct lad_histogram *histogram, int64_t value_ns)
{
	lad_histogram_record_many(histogram, value_ns, 1);
}

void lad_histogram_merge(struct lad_histogram *into, const struct lad_histogram *from)
{
	if (!from->total)
		return;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++)
		into->counts[bucket] += from->counts[bucket];
	if (!into->total || from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	into->total += from->total;
	into->sum_ns += from->sum_ns;
}

int64_t lad_histogram_quantile(const struct lad_histogram *histogram, double quantile)
{
	if (!histogram->total)
		return 0;
	double rank = ceil(quantile * (double)histogram->total);
	uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank;
	uint64_t seen = 0;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++) {
		seen += histogram->counts[bucket];
		if (seen < wanted)
			continue;
		int64_t high = lad_histogram_high(bucket);
		return high < histogram->max_ns ? high : histogram->max_ns;
	}
	return histogram->max_ns;
}

double lad_histogram_mean(const struct lad_histogram *histogram)
{
	return histogram->total ? histogram->sum_ns / (double)histogram->total : 0;
}
