/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

#define HEAP_VALUES_MIN 8
#define HEAP_DISTANCE 6

/* The sum of (t - 1) t (2t + 5) over groups of t equal values. */
static double tie_term(const double *values, size_t n)
{
	double term = 0;
	for (size_t i = 0; i < n; i++) {
		double equal = 0;
		for (size_t j = 0; j < n; j++)
			equal += values[j] == values[i];
		term += (equal - 1) * (2 * equal + 5); /* each of the group adds its part */
	}
	return term;
}

double lad_trend_p(const double *values, size_t n, double *slope)
{
	*slope = NAN;
	lad_cleanup_free double *slopes = n > 1 ? calloc(n * (n - 1) / 2, sizeof *slopes) : NULL;
	if (!slopes)
		return 1;
	double score = 0;
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			score += (values[j] > values[i]) - (values[j] < values[i]);
			slopes[count++] = (values[j] - values[i]) / (double)(j - i);
		}
	*slope = lad_median(slopes, count);
	double size = (double)n;
	double variance = (size * (size - 1) * (2 * size + 5) - tie_term(values, n)) / 18;
	if (!(variance > 0) || score == 0)
		return 1;
	return 2 * gsl_cdf_ugaussian_Q((fabs(score) - 1) / sqrt(variance));
}

static double mean_of(const double *values, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum / (double)n;
}

static double squares_about_mean(const double *values, size_t n)
{
	double mean = mean_of(values, n), sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return sum;
}

bool lad_two_heaps(const double *values, size_t n, size_t *split)
{
	double least = INFINITY;
	*split = 0;
	if (n < HEAP_VALUES_MIN)
		return false;
	for (size_t k = 1; k < n; k++) {
		double within = squares_about_mean(values, k) + squares_about_mean(values + k, n - k);
		if (within < least) {
			least = within;
			*split = k;
		}
	}
	size_t k = *split, smaller = k < n - k ? k : n - k;
	double distance = mean_of(values + k, n - k) - mean_of(values, k);
	return smaller * 5 >= n && distance > HEAP_DISTANCE * sqrt(least / (double)(n - 2));
}
