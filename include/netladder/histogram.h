/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_HISTOGRAM_H
#define NETLADDER_HISTOGRAM_H

/*
 * A log-linear histogram of non-negative nanosecond values in the manner of HdrHistogram (Tene, 2012): each power of
 * two is split into 128 equal buckets, so a value is known to better than 1/128 = 0.8 %. Values below 256 are exact.
 * Counts are lossless: two histograms merge by adding bucket by bucket.
 */

#include <stdint.h>

#define LAD_HISTOGRAM_SUB_BITS 7
#define LAD_HISTOGRAM_BUCKETS ((64 - LAD_HISTOGRAM_SUB_BITS) << LAD_HISTOGRAM_SUB_BITS)

struct lad_histogram {
	uint64_t counts[LAD_HISTOGRAM_BUCKETS];
	uint64_t total;
	int64_t min_ns, max_ns; /* exact; 0 when empty */
	double sum_ns;
};

void lad_histogram_reset(struct lad_histogram *histogram);
/* Negative values count as 0. No allocation, no system call: safe in the hot path. */
void lad_histogram_record(struct lad_histogram *histogram, int64_t value_ns);
/* The same value COUNT times. */
void lad_histogram_record_many(struct lad_histogram *histogram, int64_t value_ns, uint64_t count);
void lad_histogram_merge(struct lad_histogram *into, const struct lad_histogram *from);

/* Bucket of a value, and the smallest and largest value of a bucket. */
int lad_histogram_bucket(int64_t value_ns);
int64_t lad_histogram_low(int bucket);
int64_t lad_histogram_high(int bucket);

/*
 * The value at QUANTILE (0..1): the upper edge of the bucket that holds the ceil(quantile * total)-th smallest value,
 * clipped to the exact maximum (so quantile 1 is the maximum). 0 when empty.
 */
int64_t lad_histogram_quantile(const struct lad_histogram *histogram, double quantile);
double lad_histogram_mean(const struct lad_histogram *histogram);

#endif
