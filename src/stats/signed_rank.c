/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"
#include "stats/pairs.h"

#define NEEDED_MAX 10000

/*
 * The lower end of the distribution of W over all sign patterns of RANKS, which may be doubled so that mid-ranks are
 * whole: the number of subsets by their sum, up to HIGHEST, one rank after the other. Owned by the caller.
 */
static double *distribution(const unsigned *ranks, size_t n, unsigned highest)
{
	double *ways = calloc(highest + 1, sizeof *ways);
	if (!ways)
		return NULL;
	ways[0] = 1;
	unsigned reached = 0;
	for (size_t i = 0; i < n; i++) {
		reached = reached + ranks[i] < highest ? reached + ranks[i] : highest;
		for (unsigned sum = reached; sum >= ranks[i]; sum--)
			ways[sum] = (ways[sum] + ways[sum - ranks[i]]) / 2;
		for (unsigned sum = 0; sum < ranks[i] && sum <= reached; sum++)
			ways[sum] /= 2;
	}
	return ways;
}

/* P(W <= HIGHEST). */
static double lower_tail(const unsigned *ranks, size_t n, unsigned highest)
{
	double tail = 0;
	lad_cleanup_free double *ways = distribution(ranks, n, highest);
	if (!ways)
		return NAN;
	for (unsigned sum = 0; sum <= highest; sum++)
		tail += ways[sum];
	return fmin(tail, 1);
}

static unsigned sum_of(const unsigned *ranks, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += ranks[i];
	return sum;
}

/* Divides RANKS by two where all are even, as without ties they are: half as many sums. Returns by how much. */
static unsigned shorten(unsigned *ranks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ranks[i] % 2)
			return 1;
	for (size_t i = 0; i < n; i++)
		ranks[i] /= 2;
	return 2;
}

/* The distribution is symmetric: from above is from below, and the shorter end is enough. */
static double upper_tail(unsigned *ranks, size_t n, unsigned observed)
{
	observed /= shorten(ranks, n);
	unsigned mirrored = sum_of(ranks, n) - observed;
	if (observed == 0)
		return 1;
	return mirrored < observed ? lower_tail(ranks, n, mirrored) : 1 - lower_tail(ranks, n, observed - 1);
}

/* The normal approximation's chance of at least OBSERVED, of a sum of doubled ranks. */
struct normal {
	double mean, variance;
};

static double normal_tail(struct normal normal, double observed)
{
	return gsl_cdf_ugaussian_Q((observed - 1 - normal.mean) / sqrt(normal.variance)); /* 1: half a rank, doubled */
}

static double normal_p(const unsigned *ranks, size_t n, const double *deviations)
{
	double observed = 0;
	struct normal normal = {0, 0};
	for (size_t i = 0; i < n; i++) {
		normal.mean += ranks[i] / 2.0;
		normal.variance += (double)ranks[i] * ranks[i] / 4.0;
		observed += deviations[i] > 0 ? ranks[i] : 0;
	}
	return normal_tail(normal, observed);
}

static double exact_p(unsigned *ranks, size_t n, const double *deviations)
{
	unsigned observed = 0;
	for (size_t i = 0; i < n; i++)
		observed += deviations[i] > 0 ? ranks[i] : 0;
	return upper_tail(ranks, n, observed);
}

double lad_signed_rank_p(const double *values, size_t n, double centre)
{
	lad_cleanup_free double *deviations = calloc(2 * n + 1, sizeof *deviations);
	lad_cleanup_free unsigned *ranks = calloc(n + 1, sizeof *ranks);
	size_t used = 0;
	if (!deviations || !ranks)
		return NAN;
	for (size_t i = 0; i < n; i++)
		if (values[i] != centre)
			deviations[used++] = values[i] - centre;
	if (used == 0)
		return 1;
	double *magnitudes = deviations + n;
	for (size_t i = 0; i < used; i++)
		magnitudes[i] = fabs(deviations[i]);
	if (stats_double_ranks(magnitudes, used, ranks) < 0)
		return NAN;
	return used <= LAD_SIGNED_RANK_EXACT_MAX ? exact_p(ranks, used, deviations) : normal_p(ranks, used, deviations);
}

double lad_hodges_lehmann(const double *values, size_t n)
{
	struct stats_pairs averages = stats_averages(values, n);
	double median = stats_pairs_median(&averages);
	stats_pairs_free(&averages);
	return median;
}

/* The largest cut whose normal tail is at most TAIL, by halving: the tail grows with the cut. */
static size_t normal_cut(size_t n, double tail)
{
	double size = (double)n, sums = size * (size + 1) / 2;
	struct normal normal = {sums, sums * (2 * size + 1) / 3}; /* of ranks 2, 4 … 2n */
	size_t low = 0, high = n * (n + 1) / 4;
	while (low < high) {
		size_t cut = low + (high - low) / 2;
		if (normal_tail(normal, 2 * (sums - (double)cut)) <= tail)
			low = cut + 1;
		else
			high = cut;
	}
	return low;
}

/*
 * How many of the Walsh averages may be cut off at each end: the largest c with P(W <= c - 1) <= TAIL, for untied ranks
 * 1..n.
 */
static size_t averages_cut(size_t n, double tail)
{
	unsigned ranks[LAD_SIGNED_RANK_EXACT_MAX];
	size_t cut = 0;
	if (n > LAD_SIGNED_RANK_EXACT_MAX)
		return normal_cut(n, tail);
	for (size_t i = 0; i < n; i++)
		ranks[i] = (unsigned)(i + 1);
	/* No TAIL is over a half, which the middle of the distribution reaches. */
	unsigned middle = sum_of(ranks, n) / 2;
	lad_cleanup_free double *ways = distribution(ranks, n, middle);
	for (double reached = 0; ways && cut <= middle; cut++) {
		reached += ways[cut];
		if (reached > tail)
			break;
	}
	return cut;
}

struct lad_interval lad_hodges_lehmann_interval(const double *values, size_t n, double level)
{
	struct lad_interval interval = {NAN, NAN};
	struct stats_pairs averages = stats_averages(values, n);
	size_t cut = averages.count ? averages_cut(n, (1 - level) / 2) : 0;
	if (cut > 0) {
		interval.low = stats_pairs_select(&averages, cut - 1, NULL);
		interval.high = stats_pairs_select(&averages, averages.count - cut, NULL);
	}
	stats_pairs_free(&averages);
	return interval;
}

/* The largest p value of the exact test with N values that does not exceed ALPHA; 0 when there is none. */
static double attainable_level(size_t n, double alpha)
{
	unsigned ranks[LAD_SIGNED_RANK_EXACT_MAX];
	double level = 0;
	for (size_t i = 0; i < n; i++)
		ranks[i] = (unsigned)(i + 1);
	/* Symmetric: from below is from above. */
	unsigned total = sum_of(ranks, n), highest = alpha < 0.5 ? total / 2 : total;
	lad_cleanup_free double *ways = distribution(ranks, n, highest);
	for (unsigned sum = 0; ways && sum <= highest && level + ways[sum] <= alpha; sum++)
		level += ways[sum];
	return level;
}

static double power_formula(double shift, double sd, double alpha)
{
	double critical = gsl_cdf_ugaussian_Qinv(alpha);
	double normal = (critical + gsl_cdf_ugaussian_Qinv(0.2)) * sd / fabs(shift);
	/* The second term is what an estimated spread costs at small n (Guenther 1981). */
	return normal * normal / (3 / M_PI) + critical * critical / 2;
}

int lad_blocks_needed(double shift, double sd, double alpha)
{
	if (!(fabs(shift) > 0) || !(sd >= 0) || !(alpha > 0))
		return -1;
	/* The exact test has steps: at small n its real level, and with it the power, is below the nominal one. */
	double needed = power_formula(shift, sd, alpha);
	for (size_t n = needed < 1 ? 1 : (size_t)fmin(needed, LAD_SIGNED_RANK_EXACT_MAX + 1);
	     n <= LAD_SIGNED_RANK_EXACT_MAX; n++) {
		double level = attainable_level(n, alpha);
		if (level > 0 && power_formula(shift, sd, level) <= (double)n)
			return (int)n;
	}
	return needed > NEEDED_MAX ? -1 : (int)ceil(needed);
}

double lad_power(double shift, double sd, size_t n, double alpha)
{
	double level = n <= LAD_SIGNED_RANK_EXACT_MAX ? attainable_level(n, alpha) : alpha;
	if (!(level > 0) || !(sd >= 0) || !(fabs(shift) > 0))
		return 0;
	double critical = gsl_cdf_ugaussian_Qinv(level);
	double effective = ((double)n - critical * critical / 2) * (3 / M_PI);
	if (effective <= 0)
		return 0;
	return sd > 0 ? gsl_cdf_ugaussian_P(sqrt(effective) * fabs(shift) / sd - critical) : 1;
}
