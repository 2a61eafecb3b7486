/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
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
 * P(W >= OBSERVED) over all sign patterns of RANKS, which are doubled so that mid-ranks are whole: the number of
 * subsets by their sum, one rank after the other.
 */
static double upper_tail(const unsigned *ranks, size_t n, unsigned observed)
{
	unsigned total = 0;
	for (size_t i = 0; i < n; i++)
		total += ranks[i];
	lad_cleanup_free double *ways = calloc(total + 1, sizeof *ways);
	if (!ways)
		return NAN;
	ways[0] = 1;
	unsigned reached = 0;
	for (size_t i = 0; i < n; i++) {
		reached += ranks[i];
		for (unsigned sum = reached; sum >= ranks[i]; sum--)
			ways[sum] = (ways[sum] + ways[sum - ranks[i]]) / 2;
		for (unsigned sum = 0; sum < ranks[i] && sum <= reached; sum++)
			ways[sum] /= 2;
	}
	double tail = 0;
	for (unsigned sum = observed; sum <= total; sum++)
		tail += ways[sum];
	return fmin(tail, 1);
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

/* The n(n+1)/2 averages of pairs, sorted; owned by the caller. */
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
	gsl_sort(averages, 1, *count);
	return averages;
}

double lad_hodges_lehmann(const double *values, size_t n)
{
	size_t count;
	lad_cleanup_free double *averages = walsh_averages(values, n, &count);
	return averages ? gsl_stats_median_from_sorted_data(averages, 1, count) : NAN;
}

struct lad_interval lad_hodges_lehmann_interval(const double *values, size_t n, double level)
{
	struct lad_interval interval = {NAN, NAN};
	size_t count;
	lad_cleanup_free double *averages = walsh_averages(values, n, &count);
	lad_cleanup_free unsigned *ranks = calloc(n + 1, sizeof *ranks);
	if (!averages || !ranks)
		return interval;
	for (size_t i = 0; i < n; i++)
		ranks[i] = 2 * (unsigned)(i + 1);
	/* The largest number of averages that may be cut off at each end: P(W <= cut - 1) <= (1 - level) / 2. */
	size_t cut = 0;
	for (; cut < count / 2; cut++) {
		unsigned mirrored = 2 * (unsigned)(count - cut);
		double tail = n <= EXACT_MAX ? upper_tail(ranks, n, mirrored) : normal_tail(ranks, n, mirrored);
		if (!(tail <= (1 - level) / 2))
			break;
	}
	if (cut == 0)
		return interval;
	interval.low = averages[cut - 1];
	interval.high = averages[count - cut];
	return interval;
}

/* The largest p value of the exact test with N values that does not exceed ALPHA; 0 when there is none. */
static double attainable_level(size_t n, double alpha)
{
	unsigned ranks[EXACT_MAX];
	double level = 0;
	for (size_t i = 0; i < n; i++)
		ranks[i] = 2 * (unsigned)(i + 1);
	for (unsigned sum = (unsigned)(n * (n + 1)); sum > 0; sum -= 2) {
		double tail = upper_tail(ranks, n, sum);
		if (!(tail <= alpha))
			break;
		level = tail;
	}
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
	for (size_t n = 1; needed <= EXACT_MAX && n <= EXACT_MAX; n++) {
		double level = attainable_level(n, alpha);
		if (level > 0 && power_formula(shift, sd, level) <= (double)n)
			return (int)n;
	}
	return needed > NEEDED_MAX ? -1 : (int)ceil(needed);
}
