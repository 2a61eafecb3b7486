/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The statistics of many values: the same as by lists of all pairs, which long runs have no memory and time for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"
#include "stats/pairs.h"

#define SAMPLE_MAX 90

static int set_up(void **state)
{
	*state = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_rng_set(*state, 7);
	return 0;
}

static int tear_down(void **state)
{
	gsl_rng_free(*state);
	return 0;
}

/* Of any size, sign and number of ties. */
static size_t draw(gsl_rng *random, double *values)
{
	size_t n = 1 + gsl_rng_uniform_int(random, SAMPLE_MAX - 1);
	double grain = pow(10, -(double)gsl_rng_uniform_int(random, 12));
	for (size_t i = 0; i < n; i++)
		values[i] = round(gsl_ran_gaussian(random, 1) / grain) * grain;
	return n;
}

static void assert_same(double found, double expected)
{
	if (found != expected)
		fail_msg("%.17g, not %.17g", found, expected);
}

static void assert_selects(const struct stats_pairs *pairs, double *list, size_t count)
{
	assert_int_equal(pairs->count, count);
	gsl_sort(list, 1, count);
	for (size_t k = 0; k < count; k++) {
		double next;
		assert_same(stats_pairs_select(pairs, k, &next), list[k]);
		if (k + 1 < count)
			assert_same(next, list[k + 1]);
	}
	assert_same(stats_pairs_median(pairs), gsl_stats_median_from_sorted_data(list, 1, count));
}

static void test_selected_averages_are_those_of_the_whole_list(void **state)
{
	double x[SAMPLE_MAX], list[SAMPLE_MAX * (SAMPLE_MAX + 1) / 2];
	for (int trial = 0; trial < 30; trial++) {
		size_t n = draw(*state, x), count = 0;
		for (size_t i = 0; i < n; i++)
			for (size_t j = i; j < n; j++)
				list[count++] = (x[i] + x[j]) / 2;
		struct stats_pairs pairs = stats_averages(x, n);
		assert_selects(&pairs, list, count);
		stats_pairs_free(&pairs);
	}
}

static void test_selected_differences_are_those_of_the_whole_list(void **state)
{
	double x[SAMPLE_MAX], y[SAMPLE_MAX], list[SAMPLE_MAX * SAMPLE_MAX];
	for (int trial = 0; trial < 30; trial++) {
		size_t m = draw(*state, x), n = draw(*state, y), count = 0;
		for (size_t i = 0; i < m; i++)
			for (size_t j = 0; j < n; j++)
				list[count++] = x[i] - y[j];
		struct stats_pairs pairs = stats_differences(x, m, y, n);
		assert_selects(&pairs, list, count);
		stats_pairs_free(&pairs);
	}
}

static void test_ranks_are_counted_once_for_each_pair(void **state)
{
	double x[SAMPLE_MAX];
	unsigned ranks[SAMPLE_MAX];
	for (int trial = 0; trial < 200; trial++) {
		size_t n = draw(*state, x);
		assert_int_equal(stats_double_ranks(x, n, ranks), 0);
		for (size_t i = 0; i < n; i++) {
			unsigned below = 0, equal = 0;
			for (size_t j = 0; j < n; j++) {
				below += x[j] < x[i];
				equal += x[j] == x[i];
			}
			assert_int_equal(ranks[i], 2 * below + equal + 1);
		}
	}
}

/* The interval by its definition: cut off one average after the other while the normal tail allows it. */
static void test_cut_of_many_blocks_is_the_largest_one(void **state)
{
	(void)state;
	double x[400];
	for (size_t n = 61; n < 400; n += 13) {
		double pairs = (double)n * (double)(n + 1) / 2, cut = 0;
		double sd = sqrt((double)n * (double)(n + 1) * (2 * (double)n + 1) / 24);
		while (gsl_cdf_ugaussian_Q((pairs - cut - 0.5 - pairs / 2) / sd) <= 0.025)
			cut++;
		for (size_t i = 0; i < n; i++)
			x[i] = exp((double)i / 50); /* all averages differ */
		struct stats_pairs averages = stats_averages(x, n);
		struct lad_interval interval = lad_hodges_lehmann_interval(x, n, 0.95);
		assert_same(interval.low, stats_pairs_select(&averages, (size_t)cut - 1, NULL));
		assert_same(interval.high, stats_pairs_select(&averages, averages.count - (size_t)cut, NULL));
		stats_pairs_free(&averages);
	}
}

static void test_approximation_continues_the_exact_test(void **state)
{
	double x[LAD_SIGNED_RANK_EXACT_MAX + 1];
	for (int trial = 0; trial < 50; trial++) {
		for (size_t i = 0; i <= LAD_SIGNED_RANK_EXACT_MAX; i++)
			x[i] = gsl_ran_gaussian(*state, 1) + 0.15;
		x[LAD_SIGNED_RANK_EXACT_MAX] = 1e-9; /* hardly a rank */
		double exact = lad_signed_rank_p(x, LAD_SIGNED_RANK_EXACT_MAX, 0);
		double normal = lad_signed_rank_p(x, LAD_SIGNED_RANK_EXACT_MAX + 1, 0);
		if (fabs(exact - normal) > 0.02)
			fail_msg("p %g by counting, %g of one value more", exact, normal);
	}
}

/* Of 200 000 values there are 2e10 averages: a list of them would not fit into any machine's memory. */
static void test_many_values_need_no_list_of_their_pairs(void **state)
{
	(void)state;
	size_t n = 200000;
	lad_cleanup_free double *x = calloc(n, sizeof *x);
	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		x[i] = (double)(i * 7919 % n);
	assert_same(lad_hodges_lehmann(x, n), (double)(n - 1) / 2);
	assert_same(lad_shift(x, n, x, n), 0);
	struct lad_interval one = lad_hodges_lehmann_interval(x, n, 0.95), two = lad_shift_interval(x, n, x, n, 0.95);
	assert_same(one.low + one.high, (double)(n - 1));
	assert_same(two.low + two.high, 0);
	assert_true(one.high > one.low && one.high - one.low < 0.01 * (double)n);
	assert_true(lad_signed_rank_p(x, n, (double)(n - 1) / 2) > 0.49);
	assert_true(lad_rank_sum_p(x, n, x, n, 0) > 0.49);
	assert_true(lad_signed_rank_p(x, n, (double)n * 0.49) < 1e-6);
}

static double within(const double *values, size_t n)
{
	return n ? gsl_stats_tss(values, 1, n) : 0;
}

static void test_heaps_are_split_where_all_splits_say(void **state)
{
	double x[SAMPLE_MAX];
	for (int trial = 0; trial < 200; trial++) {
		size_t n = 8 + gsl_rng_uniform_int(*state, SAMPLE_MAX - 8), split, best = 0;
		double least = INFINITY;
		for (size_t i = 0; i < n; i++)
			x[i] = gsl_ran_gaussian(*state, 1) + 25 + (i % 3 ? 0 : trial % 2 * 20);
		gsl_sort(x, 1, n);
		for (size_t k = 1; k < n; k++) {
			double sum = within(x, k) + within(x + k, n - k);
			if (sum < least) {
				least = sum;
				best = k;
			}
		}
		assert_true(lad_two_heaps(x, n, &split) || trial % 2 == 0);
		assert_int_equal(split, best);
	}
}

static void test_trend_of_a_long_series_is_found(void **state)
{
	double x[20000], slope;
	for (size_t i = 0; i < 20000; i++)
		x[i] = gsl_ran_gaussian(*state, 1);
	assert_true(lad_trend_p(x, 20000, &slope) > 0.001);
	for (size_t i = 0; i < 20000; i++)
		x[i] += (double)i / 20000;
	assert_true(lad_trend_p(x, 20000, &slope) < 1e-6);
	if (fabs(slope * 20000 - 1) > 0.1)
		fail_msg("slope %g", slope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_selected_averages_are_those_of_the_whole_list),
	    cmocka_unit_test(test_selected_differences_are_those_of_the_whole_list),
	    cmocka_unit_test(test_ranks_are_counted_once_for_each_pair),
	    cmocka_unit_test(test_cut_of_many_blocks_is_the_largest_one),
	    cmocka_unit_test(test_approximation_continues_the_exact_test),
	    cmocka_unit_test(test_many_values_need_no_list_of_their_pairs),
	    cmocka_unit_test(test_heaps_are_split_where_all_splits_say),
	    cmocka_unit_test(test_trend_of_a_long_series_is_found),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
