/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_PAIRS_H
#define STATS_PAIRS_H

#include <stddef.h>

/*
 * All averages of two values of one sample, or all differences between two samples, without a list of them: the sorted
 * samples say in one walk how many are not above a bound, so any of them in order is found in O(n log n) time and O(n)
 * memory.
 */
struct stats_pairs {
	double *x, *y; /* owned, ascending; Y is NULL for averages */
	size_t m, n;
	size_t count; /* of pairs; 0 also when there is no memory */
};

/* The averages (x[i] + x[j]) / 2 with i <= j: Walsh averages. Free with stats_pairs_free. */
struct stats_pairs stats_averages(const double *x, size_t m);
/* The differences x[i] - y[j]. */
struct stats_pairs stats_differences(const double *x, size_t m, const double *y, size_t n);
void stats_pairs_free(struct stats_pairs *pairs);

/* The K-th smallest pair, from 0; FOLLOWING, when not NULL, becomes the next one (INFINITY behind the last). */
double stats_pairs_select(const struct stats_pairs *pairs, size_t k, double *following);
/* NAN when there is none. */
double stats_pairs_median(const struct stats_pairs *pairs);

/* Doubled mid-ranks of VALUES, which ties leave whole: 2 for the least of all when it stands alone. -1 without memory.
 */
int stats_double_ranks(const double *values, size_t n, unsigned *ranks);

#endif
