/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

static double *sorted_copy(const double *values, size_t n)
{
	double *copy = n ? calloc(n, sizeof *copy) : NULL;
	if (copy) {
		memcpy(copy, values, n * sizeof *copy);
		gsl_sort(copy, 1, n);
	}
	return copy;
}

double lad_median(const double *values, size_t n)
{
	lad_cleanup_free double *copy = n ? calloc(n, sizeof *copy) : NULL;
	if (!copy)
		return NAN;
	memcpy(copy, values, n * sizeof *copy);
	return gsl_stats_median(copy, 1, n); /* which sorts no more of it than it has to */
}

double lad_variation(const double *values, size_t n)
{
	if (n < 2)
		return NAN;
	return gsl_stats_sd(values, 1, n) / gsl_stats_mean(values, 1, n);
}

/* The first count from LOW to HIGH for which P(Binomial(n, quantile) <= count) exceeds BOUND, by halving; else HIGH. */
static unsigned first_above(unsigned low, unsigned high, double quantile, unsigned n, double bound)
{
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (gsl_cdf_binomial_P(middle, quantile, n) > bound)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * The interval [x(k), x(n+1-k)] misses the median when fewer than k values lie on one side of it: with probability
 * 2 P(Binomial(n, 1/2) < k). The largest k that keeps this under 1 - LEVEL.
 */
struct lad_interval lad_median_interval(const double *values, size_t n, double level)
{
	struct lad_interval interval = {NAN, NAN};
	unsigned k = first_above(0, (unsigned)n / 2, 0.5, (unsigned)n, (1 - level) / 2);
	lad_cleanup_free double *sorted = sorted_copy(values, n);
	if (k == 0 || !sorted)
		return interval;
	interval.low = sorted[k - 1];
	interval.high = sorted[n - k];
	return interval;
}

/*
 * X(r) is above the quantile with probability P(B < r), and X(s) below it with P(B >= s), B being Binomial(n,
 * quantile): the narrowest pair of ranks that keeps both at half of what is left to LEVEL.
 */
struct lad_interval lad_quantile_interval(const double *values, size_t n, double quantile, double level)
{
	struct lad_interval interval = {NAN, NAN};
	double tail = (1 - level) / 2;
	unsigned count = (unsigned)n;
	lad_cleanup_free double *sorted = sorted_copy(values, n);
	if (!sorted || !(quantile > 0 && quantile < 1))
		return interval;
	unsigned low = first_above(0, count, quantile, count, tail), high = 1, end = count + 1;
	while (high < end) { /* by halving, too: the upper tail has digits where 1 - P has none */
		unsigned middle = high + (end - high) / 2;
		if (gsl_cdf_binomial_Q(middle - 1, quantile, count) > tail)
			high = middle + 1;
		else
			end = middle;
	}
	if (low >= 1)
		interval.low = sorted[low - 1];
	if (high <= count)
		interval.high = sorted[high - 1];
	return interval;
}
