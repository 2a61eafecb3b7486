/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

/* Up to so many values together the distribution is counted, in doubles without rounding; above, it is normal. */
#define EXACT_MAX 50

/*
 * WAYS[sum]: how many of the subsets of M out of the N doubled mid-ranks have this sum, counted by taking in one rank
 * after the other. TOTAL receives the largest sum of all. Owned by the caller.
 */
static double *subset_sums(const unsigned *ranks, size_t n, size_t m, unsigned *total)
{
	*total = 0;
	for (size_t i = 0; i < n; i++)
		*total += ranks[i];
	size_t width = (size_t)*total + 1;
	lad_cleanup_free double *table = calloc((m + 1) * width, sizeof *table);
	double *ways = calloc(width, sizeof *ways);
	if (!table || !ways) {
		free(ways);
		return NULL;
	}
	table[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1 < m ? i + 1 : m; k > 0; k--)
			for (size_t sum = ranks[i]; sum < width; sum++)
				table[k * width + sum] += table[(k - 1) * width + sum - ranks[i]];
	for (size_t sum = 0; sum < width; sum++)
		ways[sum] = table[m * width + sum];
	return ways;
}

static double exact_upper(const unsigned *ranks, size_t n, size_t m, unsigned observed)
{
	unsigned total;
	double tail = 0, all = 0;
	lad_cleanup_free double *ways = subset_sums(ranks, n, m, &total);
	if (!ways)
		return NAN;
	for (unsigned sum = 0; sum <= total; sum++) {
		all += ways[sum];
		if (sum >= observed)
			tail += ways[sum];
	}
	return tail / all;
}

/* The variance is that of sampling without replacement from the mid-ranks, which takes ties into account. */
static double normal_upper(const unsigned *ranks, size_t n, size_t m, unsigned observed)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		sum += ranks[i];
		squares += (double)ranks[i] * ranks[i];
	}
	double count = (double)n, mean = sum / count;
	double spread = squares / count - mean * mean;
	double variance = (double)m * (double)(n - m) * spread / (count - 1);
	if (!(variance > 0))
		return 1;
	return gsl_cdf_ugaussian_Q((observed - 1 - mean * (double)m) / sqrt(variance)); /* 1: half a rank, doubled */
}

double lad_rank_sum_p(const double *x, size_t m, const double *y, size_t n, double shift)
{
	size_t all = m + n;
	if (m == 0 || n == 0)
		return 1;
	lad_cleanup_free double *pooled = calloc(all, sizeof *pooled);
	lad_cleanup_free unsigned *ranks = calloc(all, sizeof *ranks);
	if (!pooled || !ranks)
		return NAN;
	for (size_t i = 0; i < all; i++)
		pooled[i] = i < m ? x[i] - shift : y[i - m];
	unsigned observed = 0;
	for (size_t i = 0; i < all; i++) {
		unsigned below = 0, equal = 0;
		for (size_t j = 0; j < all; j++) {
			below += pooled[j] < pooled[i];
			equal += pooled[j] == pooled[i];
		}
		ranks[i] = 2 * below + equal + 1;
		if (i < m)
			observed += ranks[i];
	}
	return all <= EXACT_MAX ? exact_upper(ranks, all, m, observed) : normal_upper(ranks, all, m, observed);
}

/* The m n differences x - y, sorted; owned by the caller. */
static double *sorted_differences(const double *x, size_t m, const double *y, size_t n)
{
	double *differences = m && n ? calloc(m * n, sizeof *differences) : NULL;
	if (!differences)
		return NULL;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			differences[i * n + j] = x[i] - y[j];
	gsl_sort(differences, 1, m * n);
	return differences;
}

double lad_shift(const double *x, size_t m, const double *y, size_t n)
{
	lad_cleanup_free double *differences = sorted_differences(x, m, y, n);
	return differences ? gsl_stats_median_from_sorted_data(differences, 1, m * n) : NAN;
}

/* How many differences may be cut off at each end: the largest c with P(U <= c - 1) <= TAIL, for untied ranks. */
static size_t differences_cut(size_t m, size_t n, double tail)
{
	size_t all = m + n, cut = 0;
	lad_cleanup_free unsigned *ranks = calloc(all, sizeof *ranks);
	if (!ranks)
		return 0;
	for (size_t i = 0; i < all; i++)
		ranks[i] = 2 * (unsigned)(i + 1);
	if (all > EXACT_MAX) { /* U = 0 is the largest sum, seen from above */
		unsigned largest = (unsigned)(m * (2 * n + m + 1));
		while (cut < m * n / 2 && normal_upper(ranks, all, m, largest - 2 * (unsigned)cut) <= tail)
			cut++;
		return cut;
	}
	unsigned total, least = (unsigned)(m * (m + 1));
	lad_cleanup_free double *ways = subset_sums(ranks, all, m, &total);
	double every = 0, reached = 0;
	for (unsigned sum = 0; ways && sum <= total; sum++)
		every += ways[sum];
	for (; ways && cut < m * n; cut++) {
		reached += ways[least + 2 * cut];
		if (reached > tail * every)
			break;
	}
	return cut;
}

struct lad_interval lad_shift_interval(const double *x, size_t m, const double *y, size_t n, double level)
{
	struct lad_interval interval = {NAN, NAN};
	lad_cleanup_free double *differences = sorted_differences(x, m, y, n);
	size_t cut = differences ? differences_cut(m, n, (1 - level) / 2) : 0;
	if (cut == 0)
		return interval;
	interval.low = differences[cut - 1];
	interval.high = differences[m * n - cut];
	return interval;
}
