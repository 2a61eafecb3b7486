/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

/* Up to here the distribution is enumerated; above, it is normal to three digits. */
#define EXACT_MAX 60
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

static double normal_tail(const unsigned *ranks, size_t n, unsigned observed)
{
	double mean = 0, variance = 0;
	for (size_t i = 0; i < n; i++) {
		mean += ranks[i] / 2.0;
		variance += (double)ranks[i] * ranks[i] / 4.0;
	}
	return gsl_cdf_ugaussian_Q((observed - 1 - mean) / sqrt(variance)); /* 1: half a rank, doubled */
}

/* Doubled mid-ranks of the magnitudes of DEVIATIONS. */
static void rank_magnitudes(const double *deviations, size_t n, unsigned *ranks)
{
	for (size_t i = 0; i < n; i++) {
		unsigned below = 0, equal = 0;
		for (size_t j = 0; j < n; j++) {
			below += fabs(deviations[j]) < fabs(deviations[i]);
			equal += fabs(deviations[j]) == fabs(deviations[i]);
		}
		ranks[i] = 2 * below + equal + 1;
	}
}

double lad_signed_rank_p(const double *values, size_t n, double centre)
{
	lad_cleanup_free double *deviations = calloc(n + 1, sizeof *deviations);
	lad_cleanup_free unsigned *ranks = calloc(n + 1, sizeof *ranks);
	size_t used = 0;
	if (!deviations || !ranks)
		return NAN;
	for (size_t i = 0; i < n; i++)
		if (values[i] != centre)
			deviations[used++] = values[i] - centre;
	if (used == 0)
		return 1;
	rank_magnitudes(deviations, used, ranks);
	unsigned observed = 0;
	for (size_t i = 0; i < used; i++)
		if (deviations[i] > 0)
			observed += ranks[i];
	return used <= EXACT_MAX ? upper_tail(ranks, used, observed) : normal_tail(ranks, used, observed);
}

/* The n(n+1)/2 averages of pairs; owned by the caller. */
static double *walsh_averages(const double *values, size_t n, size_t *count)
{
	*count = n * (n + 1) / 2;
	double *averages = *count ? calloc(*count, sizeof *averages) : NULL;
	if (!averages)
		return NULL;
	size_t filled = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			averages[filled++] = (values[i] + values[j]) / 2;
	return averages;
}

double lad_hodges_lehmann(const double *values, size_t n)
{
	size_t count;
	lad_cleanup_free double *averages = walsh_averages(values, n, &count);
	return averages ? gsl_stats_median(averages, 1, count) : NAN;
}

/*
 * How many of the Walsh averages may be cut off at each end: the largest c with P(W <= c - 1) <= TAIL, for untied ranks
 * 1..n.
 */
static size_t averages_cut(size_t n, double tail)
{
	lad_cleanup_free unsigned *ranks = calloc(n + 1, sizeof *ranks);
	size_t cut = 0;
	if (!ranks)
		return 0;
	for (size_t i = 0; i < n; i++)
		ranks[i] = 2 * (unsigned)(i + 1);
	if (n > EXACT_MAX) {
		size_t count = n * (n + 1) / 2;
		while (cut < count / 2 && normal_tail(ranks, n, 2 * (unsigned)(count - cut)) <= tail)
			cut++;
		return cut;
	}
	shorten(ranks, n);
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
	size_t count;
	lad_cleanup_free double *averages = walsh_averages(values, n, &count);
	size_t cut = averages_cut(n, (1 - level) / 2);
	if (!averages || cut == 0)
		return interval;
	interval.low = gsl_stats_select(averages, 1, count, cut - 1);
	interval.high = gsl_stats_select(averages, 1, count, count - cut);
	return interval;
}

/* The largest p value of the exact test with N values that does not exceed ALPHA; 0 when there is none. */
static double attainable_level(size_t n, double alpha)
{
	unsigned ranks[EXACT_MAX];
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
	for (size_t n = needed < 1 ? 1 : (size_t)fmin(needed, EXACT_MAX + 1); n <= EXACT_MAX; n++) {
		double level = attainable_level(n, alpha);
		if (level > 0 && power_formula(shift, sd, level) <= (double)n)
			return (int)n;
	}
	return needed > NEEDED_MAX ? -1 : (int)ceil(needed);
}

double lad_power(double shift, double sd, size_t n, double alpha)
{
	double level = n <= EXACT_MAX ? attainable_level(n, alpha) : alpha;
	if (!(level > 0) || !(sd >= 0) || !(fabs(shift) > 0))
		return 0;
	double critical = gsl_cdf_ugaussian_Qinv(level);
	double effective = ((double)n - critical * critical / 2) * (3 / M_PI);
	if (effective <= 0)
		return 0;
	return sd > 0 ? gsl_cdf_ugaussian_P(sqrt(effective) * fabs(shift) / sd - critical) : 1;
}
