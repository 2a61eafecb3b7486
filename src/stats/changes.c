/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

#define PERMUTATIONS 9999
#define SEED 1

/* Twice the mid-ranks, so that ties stay whole numbers. */
static void double_ranks(const double *values, size_t n, double *ranks)
{
	for (size_t i = 0; i < n; i++) {
		double less = 0, equal = 0;
		for (size_t j = 0; j < n; j++) {
			less += values[j] < values[i];
			equal += !(values[j] < values[i]) && !(values[j] > values[i]);
		}
		ranks[i] = 2 * less + equal + 1;
	}
}

/* Pettitt's K = max |U_t| with U_t = 2 (ranks of the first t) - t (n + 1); AT, when not NULL, becomes that t. */
static double largest_shift(const double *ranks, size_t n, size_t *at)
{
	double sum = 0, largest = -1;
	for (size_t t = 1; t < n; t++) {
		sum += ranks[t - 1];
		double shift = fabs(sum - (double)t * ((double)n + 1));
		if (shift > largest) {
			largest = shift;
			if (at)
				*at = t;
		}
	}
	return largest;
}

static double permutation_p(double *ranks, size_t n, double observed)
{
	int as_large = 1; /* the observed order is one of the permutations */
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!random)
		return 1;
	gsl_rng_set(random, SEED);
	for (int i = 0; i < PERMUTATIONS; i++) {
		gsl_ran_shuffle(random, ranks, n, sizeof *ranks);
		as_large += largest_shift(ranks, n, NULL) >= observed - 1e-9;
	}
	gsl_rng_free(random);
	return as_large / (PERMUTATIONS + 1.0);
}

static size_t split(const double *values, size_t first, size_t n, double alpha, double *ranks, size_t *changes)
{
	size_t at = 0;
	if (n < 4)
		return 0;
	double_ranks(values + first, n, ranks);
	double observed = largest_shift(ranks, n, &at);
	if (!(observed > 0) || permutation_p(ranks, n, observed) > alpha)
		return 0;
	size_t count = split(values, first, at, alpha, ranks, changes);
	changes[count++] = first + at;
	return count + split(values, first + at, n - at, alpha, ranks, changes + count);
}

size_t lad_change_points(const double *values, size_t n, double alpha, size_t *changes)
{
	lad_cleanup_free double *ranks = calloc(n ? n : 1, sizeof *ranks);
	return ranks ? split(values, 0, n, alpha, ranks, changes) : 0;
}
