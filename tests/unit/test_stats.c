/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "netladder/stats.h"
#include "noise.h"

#define NEAR(actual, expected, tolerance) assert_true(fabs((actual) - (expected)) <= (tolerance))

/*
 * Depression scores of nine patients before and after a tranquilizer: Hollander, Wolfe & Chicken (2014), table 3.1,
 * also the example of R's wilcox.test(x, y, paired = TRUE, alternative = "greater"), which prints p-value = 0.01953.
 */
static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
static const double after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};

static void differences(double *out)
{
	for (int i = 0; i < 9; i++)
		out[i] = before[i] - after[i];
}

static void test_signed_rank_gives_the_published_p(void **state)
{
	(void)state;
	double d[9];
	differences(d);
	NEAR(lad_signed_rank_p(d, 9, 0), 0.01953125, 1e-9); /* 10 of the 512 sign patterns */
}

static void test_hodges_lehmann_gives_the_published_estimate_and_interval(void **state)
{
	(void)state;
	double d[9];
	differences(d);
	NEAR(lad_hodges_lehmann(d, 9), 0.46, 1e-9); /* the book's 0.460 */
	struct lad_interval interval = lad_hodges_lehmann_interval(d, 9, 0.95);
	/* Lower tail at most 0.025: 6 of the 45 averages go at each end (table A.4, t = 40 for n = 9: P = 0.020). */
	NEAR(interval.low, 0.010, 1e-9);
	NEAR(interval.high, 0.786, 1e-9);
}

static void test_small_samples_are_exact_by_enumeration(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 12; n++) {
		double values[12];
		for (size_t i = 0; i < n; i++)
			values[i] = (double)(i + 1);
		NEAR(lad_signed_rank_p(values, n, 0), pow(0.5, (double)n), 1e-12);
		for (size_t i = 0; i < n; i++)
			values[i] = -values[i];
		NEAR(lad_signed_rank_p(values, n, 0), 1, 1e-12);
	}
	/* Signs + + - with magnitudes 1 2 3: W+ = 3; patterns with W+ >= 3 are 5 of 8. */
	const double mixed[] = {1, 2, -3};
	NEAR(lad_signed_rank_p(mixed, 3, 0), 5.0 / 8, 1e-12);
}

static void test_ties_get_mid_ranks(void **state)
{
	(void)state;
	/* Magnitudes 1 1 2: ranks 1.5 1.5 3. W+ of + - + is 4.5; patterns with W+ >= 4.5: {3,1.5}x2, {all}: 3 of 8. */
	const double tied[] = {1, -1, 2};
	NEAR(lad_signed_rank_p(tied, 3, 0), 3.0 / 8, 1e-12);
	const double zeros[] = {0, 0, 0};
	NEAR(lad_signed_rank_p(zeros, 3, 0), 1, 0);
}

static void test_holm_gives_the_published_adjustment(void **state)
{
	(void)state;
	/* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02. */
	const double p[] = {0.01, 0.04, 0.03, 0.005};
	double adjusted[4];
	lad_holm(p, 4, adjusted);
	NEAR(adjusted[0], 0.03, 1e-12);
	NEAR(adjusted[1], 0.06, 1e-12);
	NEAR(adjusted[2], 0.06, 1e-12);
	NEAR(adjusted[3], 0.02, 1e-12);
}

static void test_median_interval_is_from_the_sign_test(void **state)
{
	(void)state;
	const double values[] = {5, 1, 4, 2, 3, 9, 8, 7, 6, 10};
	NEAR(lad_median(values, 10), 5.5, 0);
	/* n = 10: 2 P(Binomial <= 1) = 0.0215, so the second and the ninth (Conover 1999, 3.2). */
	struct lad_interval interval = lad_median_interval(values, 10, 0.95);
	NEAR(interval.low, 2, 0);
	NEAR(interval.high, 9, 0);
	assert_true(isnan(lad_median_interval(values, 5, 0.95).low)); /* range of five covers 93.75 % only */
	assert_true(!isnan(lad_median_interval(values, 6, 0.95).low));
}

static void test_nothing_is_guessed_from_too_few_values(void **state)
{
	(void)state;
	const double one[] = {3};
	assert_true(isnan(lad_median(one, 0)));
	assert_true(isnan(lad_variation(one, 1)));
	assert_true(isnan(lad_hodges_lehmann(one, 0)));
	assert_true(isnan(lad_hodges_lehmann_interval(one, 1, 0.95).low));
	assert_int_equal(lad_blocks_needed(0, 1, 0.05), -1);
}

static void test_promised_blocks_reach_the_promised_power(void **state)
{
	(void)state;
	unsigned seed = 42;
	int n = lad_blocks_needed(0.02, 0.02, 0.05);
	assert_in_range(n, 5, 20);
	int found = 0;
	for (int run = 0; run < 2000; run++) {
		double values[64];
		for (int i = 0; i < n; i++)
			values[i] = 0.02 + 0.02 * noise(&seed);
		found += lad_signed_rank_p(values, (size_t)n, 0) <= 0.05;
	}
	if (found < 1560) /* 0.8 of 2000 less two standard errors */
		fail_msg("n = %d has power %.3f", n, found / 2000.0);
}

static void test_intervals_cover_as_often_as_they_say(void **state)
{
	(void)state;
	unsigned seed = 1;
	int covered = 0;
	for (int run = 0; run < 2000; run++) {
		double values[7];
		for (int i = 0; i < 7; i++)
			values[i] = noise(&seed);
		struct lad_interval interval = lad_hodges_lehmann_interval(values, 7, 0.95);
		covered += interval.low <= 0 && interval.high >= 0;
	}
	assert_true(covered >= 1880); /* 0.95 * 2000 less four standard errors is 1861 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signed_rank_gives_the_published_p),
	    cmocka_unit_test(test_hodges_lehmann_gives_the_published_estimate_and_interval),
	    cmocka_unit_test(test_small_samples_are_exact_by_enumeration),
	    cmocka_unit_test(test_ties_get_mid_ranks),
	    cmocka_unit_test(test_holm_gives_the_published_adjustment),
	    cmocka_unit_test(test_median_interval_is_from_the_sign_test),
	    cmocka_unit_test(test_nothing_is_guessed_from_too_few_values),
	    cmocka_unit_test(test_promised_blocks_reach_the_promised_power),
	    cmocka_unit_test(test_intervals_cover_as_often_as_they_say),
	};
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
