/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <string.h>

#include "netladder/stats.h"

static void test_two_levels_are_split_where_they_meet(void **state)
{
	(void)state;
	static const double values[] = {10.1, 9.9, 10.2, 10.0, 9.8, 10.1, 8.9, 9.1, 9.0, 8.8, 9.2, 9.0};
	size_t changes[12];
	assert_int_equal(lad_change_points(values, 12, 0.01, changes), 1);
	assert_int_equal(changes[0], 6);
}

static void test_three_levels_have_two_changes(void **state)
{
	(void)state;
	double values[36];
	size_t changes[36];
	for (int i = 0; i < 36; i++)
		values[i] = (i < 12 ? 10 : i < 24 ? 14 : 9) + 0.1 * (i * 7 % 5);
	assert_int_equal(lad_change_points(values, 36, 0.01, changes), 2);
	assert_int_equal(changes[0], 12);
	assert_int_equal(changes[1], 24);
}

static void test_an_outlier_a_constant_and_a_short_series_have_none(void **state)
{
	(void)state;
	static const double outlier[] = {10, 10.1, 9.9, 10, 10.2, 3, 10.1, 9.9, 10, 10.1, 9.8, 10};
	static const double constant[] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
	static const double brief[] = {10, 10.1, 9.9, 5, 5.1, 4.9}; /* 2 of 20 orders split as well: p is 0.1 */
	size_t changes[12];
	assert_int_equal(lad_change_points(outlier, 12, 0.01, changes), 0);
	assert_int_equal(lad_change_points(constant, 10, 0.01, changes), 0);
	assert_int_equal(lad_change_points(brief, 6, 0.01, changes), 0);
	assert_int_equal(lad_change_points(brief, 0, 0.01, changes), 0);
}

/* False alarms at most at the stated rate, whatever the distribution; a shift of three deviations is found. */
static void test_false_alarms_stay_under_the_level_and_shifts_are_found(void **state)
{
	(void)state;
	enum { SERIES = 100, N = 20 };
	int false_alarms = 0, found = 0;
	size_t changes[N];
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_rng_set(random, 7);
	for (int s = 0; s < SERIES; s++) {
		double values[N];
		for (int i = 0; i < N; i++)
			values[i] = s % 2 ? gsl_ran_gaussian(random, 1) : gsl_ran_lognormal(random, 0, 1);
		false_alarms += lad_change_points(values, N, 0.05, changes) > 0;
		for (int i = 0; i < N; i++)
			values[i] = gsl_ran_gaussian(random, 1) + (i >= 12 ? 3 : 0);
		size_t count = lad_change_points(values, N, 0.05, changes);
		for (size_t i = 0; i < count; i++)
			found += changes[i] >= 11 && changes[i] <= 13;
	}
	gsl_rng_free(random);
	/* 5 % of 100 is 5; 12 or more have a chance of 0.4 %. */
	if (false_alarms > 11 || found < SERIES * 9 / 10)
		fail_msg("%d of %d false alarms, %d found", false_alarms, SERIES, found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_levels_are_split_where_they_meet),
	    cmocka_unit_test(test_three_levels_have_two_changes),
	    cmocka_unit_test(test_an_outlier_a_constant_and_a_short_series_have_none),
	    cmocka_unit_test(test_false_alarms_stay_under_the_level_and_shifts_are_found),
	};
	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
