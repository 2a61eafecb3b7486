/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

/* The most values to draw for one interval. */
#define DRAWN_MAX (5 * 1000 * 1000)
#define RESAMPLES_MIN 1000

/* The ratio of the medians of A and B, of n values each, whose order is lost. */
static double ratio_of_medians(double *a, double *b, size_t n)
{
	return gsl_stats_median(a, 1, n) / gsl_stats_median(b, 1, n);
}

/* The median of the SORTED values without the one at OUT. */
static double median_without(const double *sorted, size_t n, size_t out)
{
	size_t low = (n - 2) / 2, high = (n - 1) / 2; /* of n - 1 values */
	return (sorted[low + (low >= out)] + sorted[high + (high >= out)]) / 2;
}

/* Where each of VALUES stands when they are sorted. */
static int positions(const double *values, size_t n, double *sorted, size_t *position)
{
	lad_cleanup_free size_t *order = calloc(n, sizeof *order);
	if (!order)
		return -1;
	gsl_sort_index(order, values, 1, n);
	for (size_t i = 0; i < n; i++) {
		sorted[i] = values[order[i]];
		position[order[i]] = i;
	}
	return 0;
}

/* The acceleration, from the jackknife (Efron & Tibshirani 1993, 14.15). A, B and LEFT_OUT are room for n values each.
 */
static double acceleration(const double *x, const double *y, size_t n, double *a, double *b, double *left_out)
{
	double mean = 0, squares = 0, cubes = 0;
	lad_cleanup_free size_t *at = calloc(2 * n, sizeof *at);
	if (!at || positions(x, n, a, at) < 0 || positions(y, n, b, at + n) < 0)
		return NAN;
	for (size_t out = 0; out < n; out++) {
		left_out[out] = median_without(a, n, at[out]) / median_without(b, n, at[n + out]);
		mean += left_out[out] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		double difference = mean - left_out[i];
		squares += difference * difference;
		cubes += difference * difference * difference;
	}
	return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* The bias correction: how far the estimate is from the median of its replicates, ties counting half. */
static double bias(const double *replicates, size_t count, double estimate)
{
	double below = 0;
	for (size_t i = 0; i < count; i++)
		below += replicates[i] < estimate ? 1 : replicates[i] > estimate ? 0 : 0.5;
	return gsl_cdf_ugaussian_Pinv(below / (double)count);
}

static double corrected(double z0, double acceleration, double probability)
{
	double z = z0 + gsl_cdf_ugaussian_Pinv(probability);
	return gsl_cdf_ugaussian_P(z0 + z / (1 - acceleration * z));
}

struct lad_interval lad_bootstrap_ratio(const double *x, const double *y, size_t n, double level, size_t resamples,
					uint64_t seed)
{
	struct lad_interval interval = {NAN, NAN};
	size_t affordable = n * RESAMPLES_MIN < DRAWN_MAX ? DRAWN_MAX / (n + !n) : RESAMPLES_MIN;
	resamples = resamples < affordable ? resamples : affordable;
	lad_cleanup_free double *work = n > 1 ? calloc(3 * n, sizeof *work) : NULL;
	lad_cleanup_free double *replicates = resamples ? calloc(resamples, sizeof *replicates) : NULL;
	gsl_rng *random = work && replicates ? gsl_rng_alloc(gsl_rng_mt19937) : NULL;
	if (!random)
		return interval;
	double *a = work, *b = work + n;
	gsl_rng_set(random, (unsigned long)(seed ^ seed >> 32));
	for (size_t r = 0; r < resamples; r++) {
		for (size_t i = 0; i < n; i++) { /* whole blocks are drawn: pairs stay pairs */
			size_t drawn = gsl_rng_uniform_int(random, n);
			a[i] = x[drawn];
			b[i] = y[drawn];
		}
		replicates[r] = ratio_of_medians(a, b, n);
	}
	gsl_rng_free(random);
	memcpy(a, x, n * sizeof *a);
	memcpy(b, y, n * sizeof *b);
	double z0 = bias(replicates, resamples, ratio_of_medians(a, b, n));
	double bend = acceleration(x, y, n, a, b, work + 2 * n);
	if (!isfinite(z0) || !isfinite(bend))
		return interval;
	gsl_sort(replicates, 1, resamples);
	interval.low =
	    gsl_stats_quantile_from_sorted_data(replicates, 1, resamples, corrected(z0, bend, (1 - level) / 2));
	interval.high =
	    gsl_stats_quantile_from_sorted_data(replicates, 1, resamples, corrected(z0, bend, (1 + level) / 2));
	return interval;
}
