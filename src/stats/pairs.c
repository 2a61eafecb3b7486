/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/pairs.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

static double *sorted(const double *values, size_t n)
{
	double *copy = n ? calloc(n, sizeof *copy) : NULL;
	if (copy) {
		memcpy(copy, values, n * sizeof *copy);
		gsl_sort(copy, 1, n);
	}
	return copy;
}

struct stats_pairs stats_averages(const double *x, size_t m)
{
	struct stats_pairs pairs = {.x = sorted(x, m), .m = m};
	pairs.count = pairs.x ? m * (m + 1) / 2 : 0;
	return pairs;
}

struct stats_pairs stats_differences(const double *x, size_t m, const double *y, size_t n)
{
	struct stats_pairs pairs = {.x = sorted(x, m), .y = sorted(y, n), .m = m, .n = n};
	pairs.count = pairs.x && pairs.y ? m * n : 0;
	return pairs;
}

void stats_pairs_free(struct stats_pairs *pairs)
{
	free(pairs->x);
	free(pairs->y);
	memset(pairs, 0, sizeof *pairs);
}

static double average(const struct stats_pairs *pairs, size_t i, size_t j)
{
	return (pairs->x[i] + pairs->x[j]) / 2;
}

static size_t averages_to(const struct stats_pairs *pairs, double bound, double *next)
{
	size_t count = 0, end = pairs->m;
	*next = INFINITY;
	for (size_t i = 0; i < pairs->m; i++) { /* the larger x[i], the fewer x[j] behind it */
		while (end > i && average(pairs, i, end - 1) > bound)
			end--;
		size_t first = end > i ? end : i;
		if (first < pairs->m)
			*next = fmin(*next, average(pairs, i, first));
		if (end <= i)
			break;
		count += end - i;
	}
	return count;
}

static size_t differences_to(const struct stats_pairs *pairs, double bound, double *next)
{
	size_t count = 0, first = 0;
	*next = INFINITY;
	for (size_t i = 0; i < pairs->m; i++) { /* the larger x[i], the larger y[j] has to be */
		while (first < pairs->n && pairs->x[i] - pairs->y[first] > bound)
			first++;
		if (first > 0)
			*next = fmin(*next, pairs->x[i] - pairs->y[first - 1]);
		count += pairs->n - first;
	}
	return count;
}

/* How many pairs are not above BOUND; NEXT becomes the smallest that is. */
static size_t pairs_to(const struct stats_pairs *pairs, double bound, double *next)
{
	return pairs->y ? differences_to(pairs, bound, next) : averages_to(pairs, bound, next);
}

/* Doubles in their order as whole numbers, so that they can be halved between: at most 64 steps, and no rounding. */
static int64_t order_of(double value)
{
	int64_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double value_of(int64_t order)
{
	double value;
	int64_t bits = order < 0 ? order ^ INT64_MAX : order;
	memcpy(&value, &bits, sizeof value);
	return value;
}

double stats_pairs_select(const struct stats_pairs *pairs, size_t k, double *following)
{
	double next, least = pairs->y ? pairs->x[0] - pairs->y[pairs->n - 1] : pairs->x[0];
	double most = pairs->y ? pairs->x[pairs->m - 1] - pairs->y[0] : pairs->x[pairs->m - 1];
	int64_t low = order_of(least), high = order_of(most);
	while (low < high) {
		int64_t middle = (low & high) + ((low ^ high) >> 1); /* (low + high) / 2 without overflow */
		if (pairs_to(pairs, value_of(middle), &next) > k)
			high = middle;
		else
			low = order_of(next);
	}
	double found = value_of(high) + 0.0; /* never -0 */
	if (following)
		*following = pairs_to(pairs, found, &next) > k + 1 ? found : next;
	return found;
}

double stats_pairs_median(const struct stats_pairs *pairs)
{
	double above;
	if (pairs->count == 0)
		return NAN;
	double median = stats_pairs_select(pairs, (pairs->count - 1) / 2, &above);
	return pairs->count % 2 ? median : (median + above) / 2;
}

int stats_double_ranks(const double *values, size_t n, unsigned *ranks)
{
	lad_cleanup_free size_t *order = calloc(n + 1, sizeof *order);
	if (!order)
		return -1;
	gsl_sort_index(order, values, 1, n);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && values[order[end]] == values[order[first]];)
			end++;
		for (size_t i = first; i < end; i++)
			ranks[order[i]] = (unsigned)(first + end + 1); /* 2 below + equal + 1 */
	}
	return 0;
}
