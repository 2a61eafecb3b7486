/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

#define HEAP_VALUES_MIN 8
#define HEAP_DISTANCE 6

/* The sum of (t - 1) t (2t + 5) over groups of t equal values; NAN without memory. */
static double tie_term(const double *values, size_t n)
{
	double term = 0;
	lad_cleanup_free double *sorted = calloc(n + 1, sizeof *sorted);
	if (!sorted)
		return NAN;
	memcpy(sorted, values, n * sizeof *sorted);
	gsl_sort(sorted, 1, n);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && sorted[end] == sorted[first];)
			end++;
		double equal = (double)(end - first);
		term += (equal - 1) * equal * (2 * equal + 5);
	}
	return term;
}

/*
 * The medians of equally long stretches, so that what looks at all pairs of values has few to look at. WIDTH receives
 * their length; a rest at the end goes into the last one. Returns how many.
 */
static size_t thin(const double *values, size_t n, double *thinned, size_t *width)
{
	*width = (n + LAD_TREND_VALUES_MAX - 1) / LAD_TREND_VALUES_MAX;
	size_t count = n / *width;
	for (size_t i = 0; i < count; i++) {
		size_t first = i * *width, length = i + 1 < count ? *width : n - first;
		thinned[i] = lad_median(values + first, length);
	}
	return count;
}

static double trend_p(const double *values, size_t n, double *slope)
{
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

double lad_trend_p(const double *values, size_t n, double *slope)
{
	*slope = NAN;
	if (n <= LAD_TREND_VALUES_MAX)
		return trend_p(values, n, slope);
	double thinned[LAD_TREND_VALUES_MAX];
	size_t width, count = thin(values, n, thinned, &width);
	double p = trend_p(thinned, count, slope);
	*slope /= (double)width;
	return p;
}

/* The sum of the squares about their mean of COUNT values whose sum and sum of squares these are. */
static double about_mean(double sum, double squares, size_t count)
{
	return fmax(squares - sum * sum / (double)count, 0);
}

bool lad_two_heaps(const double *values, size_t n, size_t *split)
{
	double least = INFINITY, sum = 0, squares = 0, low = 0, low_squares = 0, low_sum = 0;
	*split = 0;
	if (n < HEAP_VALUES_MIN)
		return false;
	double middle = values[n / 2]; /* about which the sums lose the fewest digits */
	for (size_t i = 0; i < n; i++) {
		sum += values[i] - middle;
		squares += (values[i] - middle) * (values[i] - middle);
	}
	for (size_t k = 1; k < n; k++) {
		double value = values[k - 1] - middle;
		low += value;
		low_squares += value * value;
		double within = about_mean(low, low_squares, k) + about_mean(sum - low, squares - low_squares, n - k);
		if (within < least) {
			least = within;
			low_sum = low;
			*split = k;
		}
	}
	size_t k = *split, smaller = k < n - k ? k : n - k;
	double distance = (sum - low_sum) / (double)(n - k) - low_sum / (double)k;
	return smaller * 5 >= n && distance > HEAP_DISTANCE * sqrt(least / (double)(n - 2));
}
