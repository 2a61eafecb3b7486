/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"
#include "stats/pairs.h"

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

/* The normal approximation's chance of at least OBSERVED, of a sum of M of N doubled mid-ranks. */
struct normal {
	double mean, variance;
};

/* The variance is that of sampling without replacement from the mid-ranks, which takes ties into account. */
static struct normal normal_of(const unsigned *ranks, size_t n, size_t m)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		sum += ranks[i];
		squares += (double)ranks[i] * ranks[i];
	}
	double count = (double)n, mean = sum / count;
	double spread = squares / count - mean * mean;
	return (struct normal){mean * (double)m, (double)m * (double)(n - m) * spread / (count - 1)};
}

static double normal_upper(struct normal normal, double observed)
{
	if (!(normal.variance > 0))
		return 1;
	return gsl_cdf_ugaussian_Q((observed - 1 - normal.mean) / sqrt(normal.variance)); /* 1: half a rank, doubled */
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
	if (stats_double_ranks(pooled, all, ranks) < 0)
		return NAN;
	double observed = 0;
	for (size_t i = 0; i < m; i++)
		observed += ranks[i];
	return all <= LAD_RANK_SUM_EXACT_MAX ? exact_upper(ranks, all, m, (unsigned)observed)
					     : normal_upper(normal_of(ranks, all, m), observed);
}

double lad_shift(const double *x, size_t m, const double *y, size_t n)
{
	struct stats_pairs differences = stats_differences(x, m, y, n);
	double median = stats_pairs_median(&differences);
	stats_pairs_free(&differences);
	return median;
}

/* The largest cut whose normal tail is at most TAIL, by halving: U = 0 is the largest sum, seen from above. */
static size_t normal_cut(const unsigned *ranks, size_t m, size_t n, double tail)
{
	double largest = (double)m * (2 * (double)n + (double)m + 1);
	struct normal normal = normal_of(ranks, m + n, m);
	size_t low = 0, high = m * n / 2;
	while (low < high) {
		size_t cut = low + (high - low) / 2;
		if (normal_upper(normal, largest - 2 * (double)cut) <= tail)
			low = cut + 1;
		else
			high = cut;
	}
	return low;
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
	if (all > LAD_RANK_SUM_EXACT_MAX)
		return normal_cut(ranks, m, n, tail);
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
	struct stats_pairs differences = stats_differences(x, m, y, n);
	size_t cut = differences.count ? differences_cut(m, n, (1 - level) / 2) : 0;
	if (cut > 0) {
		interval.low = stats_pairs_select(&differences, cut - 1, NULL);
		interval.high = stats_pairs_select(&differences, m * n - cut, NULL);
	}
	stats_pairs_free(&differences);
	return interval;
}
