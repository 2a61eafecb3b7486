/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two samples, equivalence, bootstrap, quantiles, power and looks: against published values, R and SciPy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "netladder/stats.h"
#include "noise.h"

#define NEAR(actual, expected, tolerance)                                                                              \
	do {                                                                                                           \
		double got_ = (actual), want_ = (expected);                                                            \
		if (!(fabs(got_ - want_) <= (tolerance)))                                                              \
			fail_msg("%s is %.12g, not %.12g", #actual, got_, want_);                                      \
	} while (0)

/* Permeability of the human chorioamnion at term and at 12 to 26 weeks: Hollander, Wolfe & Chicken 2014, table 4.1. */
static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};

static void test_rank_sum_gives_the_published_p(void **state)
{
	(void)state;
	/* R: wilcox.test(term, early, alternative = "g") prints W = 35, p-value = 0.1272061 */
	NEAR(lad_rank_sum_p(term, 10, early, 5, 0), 0.1272061272, 1e-9);
	/* R: wilcox.test(term - 0.1, early, alternative = "g")$p.value */
	NEAR(lad_rank_sum_p(term, 10, early, 5, 0.1), 0.185481185481, 1e-11);
	/* The mirror: P(U <= u) and P(U >= u) share P(U = u). */
	double above = lad_rank_sum_p(term, 10, early, 5, 0), below = lad_rank_sum_less_p(term, 10, early, 5, 0);
	assert_true(above + below > 1 && above + below < 1.05);
	assert_true(lad_rank_sum_p(term, 0, early, 5, 0) == 1);
}

static void test_shift_gives_the_published_estimate_and_interval(void **state)
{
	(void)state;
	/* R: wilcox.test(term, early, conf.int = TRUE): 0.305, [-0.15, 0.76]; the book's example 4.3 and 4.4. */
	NEAR(lad_shift(term, 10, early, 5), 0.305, 1e-12);
	struct lad_interval interval = lad_shift_interval(term, 10, early, 5, 0.95);
	NEAR(interval.low, -0.15, 1e-12);
	NEAR(interval.high, 0.76, 1e-12);
	assert_true(isnan(lad_shift_interval(term, 3, early, 3, 0.95).low)); /* 1 / C(6,3) = 0.05 is too coarse */
	assert_true(!isnan(lad_shift_interval(term, 4, early, 4, 0.95).low));
}

static void test_rank_sum_is_exact_with_ties(void **state)
{
	(void)state;
	/* Every choice of 4 of the mid-ranks 1 3.5 3.5 3.5 3.5 6 7: 31 of 35 sums are at least that of x (enumerated by
	 * Python's itertools.combinations over scipy.stats.rankdata). */
	const double x[] = {1, 2, 2, 3}, y[] = {2, 2, 4};
	NEAR(lad_rank_sum_p(x, 4, y, 3, 0), 31.0 / 35, 1e-12);
	const double equal[] = {1, 1, 1, 1};
	NEAR(lad_rank_sum_p(equal, 4, equal, 4, 0), 1, 1e-12);
}

static void test_large_samples_take_the_corrected_normal_approximation(void **state)
{
	(void)state;
	double x[40], y[35], tied_x[40], tied_y[35];
	for (int i = 0; i < 40; i++) {
		x[i] = (i + 1) / 40.0 + 0.15;
		tied_x[i] = i % 8 + 1;
	}
	for (int i = 0; i < 35; i++) {
		y[i] = (i + 1) / 35.0;
		tied_y[i] = i % 7 + 1;
	}
	/* R: wilcox.test((1:40)/40 + 0.15, (1:35)/35, alternative = "g", exact = FALSE)$p.value */
	NEAR(lad_rank_sum_p(x, 40, y, 35, 0), 0.0207205024573, 1e-4); /* one tie more or less by rounding */
	NEAR(lad_shift(x, 40, y, 35), 0.147870046, 1.5e-3);
	/* R: wilcox.test(rep(1:8, 5), rep(1:7, 5), alternative = "g", exact = FALSE)$p.value */
	NEAR(lad_rank_sum_p(tied_x, 40, tied_y, 35, 0), 0.175733008281, 1e-10);
}

static void test_two_one_sided_tests_take_the_larger_p(void **state)
{
	(void)state;
	/* The patients of Hollander, Wolfe & Chicken 2014, table 3.1. R: wilcox.test(d, mu = 0.1, alternative = "g")
	 * and (d, mu = 0.9, alternative = "l") give 0.02734375 and 0.009765625. */
	const double d[] = {1.83 - 0.878, 0.50 - 0.647, 1.62 - 0.598, 2.48 - 2.05, 1.68 - 1.06,
			    1.88 - 1.29,  1.55 - 1.06,	3.06 - 3.14,  1.30 - 1.29};
	NEAR(lad_signed_rank_p(d, 9, 0.1), 0.02734375, 1e-12);
	NEAR(lad_signed_rank_less_p(d, 9, 0.9), 0.009765625, 1e-12);
	NEAR(lad_tost_p(d, 9, 0.1, 0.9), 0.02734375, 1e-12);
	NEAR(lad_rank_sum_tost_p(term, 10, early, 5, -0.1, 0.1),
	     fmax(lad_rank_sum_p(term, 10, early, 5, -0.1), lad_rank_sum_less_p(term, 10, early, 5, 0.1)), 0);
}

/*
 * scipy.stats.bootstrap((x, y), lambda a, b, axis: np.median(a, axis) / np.median(b, axis), paired=True, method="BCa",
 * n_resamples=200000) of SciPy 1.10: ConfidenceInterval(low=1.09634, high=1.20161) for two seeds.
 */
static const double ratio_x[] = {100.01, 101.5, 98.64,	95.64, 97.75,  95.16, 100.3, 106.93,
				 97.57,	 96.95, 102.48, 101.8, 100.53, 95.45, 99.85};
static const double ratio_y[] = {93.18, 84.15, 87.96, 81.84, 84.38, 82.08, 88.95, 84.47,
				 91.23, 90.71, 89.16, 79.36, 87.61, 89.78, 90.51};

static void test_bca_bootstrap_gives_what_scipy_gives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct lad_interval interval = lad_bootstrap_ratio(ratio_x, ratio_y, 15, 0.95, 10000, seed);
		NEAR(interval.low, 1.0963, 2e-3);
		NEAR(interval.high, 1.2016, 2e-3);
	}
	struct lad_interval once = lad_bootstrap_ratio(ratio_x, ratio_y, 15, 0.95, 10000, 7);
	struct lad_interval again = lad_bootstrap_ratio(ratio_x, ratio_y, 15, 0.95, 10000, 7);
	assert_true(once.low == again.low && once.high == again.high);
	assert_true(isnan(lad_bootstrap_ratio(ratio_x, ratio_y, 1, 0.95, 10000, 1).low));
}

static void test_quantile_interval_has_the_ranks_of_the_binomial(void **state)
{
	(void)state;
	double values[100];
	for (int i = 0; i < 100; i++)
		values[i] = i + 1; /* each value is its rank */
	/* R: l <- max(which(pbinom(0:(n-1), n, q) <= 0.025)); u <- min(which(pbinom(0:(n-1), n, q) >= 0.975))
	 * n = 100, q = 0.9: 84 96; n = 20, q = 0.75: 11 19; n = 30, q = 0.99: 28, and no upper rank */
	struct lad_interval interval = lad_quantile_interval(values, 100, 0.9, 0.95);
	NEAR(interval.low, 84, 0);
	NEAR(interval.high, 96, 0);
	interval = lad_quantile_interval(values, 20, 0.75, 0.95);
	NEAR(interval.low, 11, 0);
	NEAR(interval.high, 19, 0);
	interval = lad_quantile_interval(values, 30, 0.99, 0.95);
	NEAR(interval.low, 28, 0);
	assert_true(isnan(interval.high));
	/* At the median it is the sign test's interval. */
	struct lad_interval median = lad_median_interval(values, 25, 0.95);
	interval = lad_quantile_interval(values, 25, 0.5, 0.95);
	assert_true(interval.low == median.low && interval.high == median.high);
}

static void test_stated_power_is_what_simulation_finds(void **state)
{
	(void)state;
	unsigned seed = 11;
	const size_t sizes[] = {8, 12, 25};
	for (size_t s = 0; s < 3; s++) {
		int found = 0;
		for (int run = 0; run < 2000; run++) {
			double values[25];
			for (size_t i = 0; i < sizes[s]; i++)
				values[i] = 0.7 + noise(&seed);
			found += lad_signed_rank_p(values, sizes[s], 0) <= 0.05;
		}
		NEAR(lad_power(0.7, 1, sizes[s], 0.05), found / 2000.0, 0.06);
	}
	assert_true(lad_power(0.7, 1, 4, 0.05) == 0); /* 1/16: four blocks can prove nothing */
	assert_true(lad_power(0.7, 0, 6, 0.05) == 1);
}

static void test_looks_spend_all_of_alpha_and_end_at_the_last_block(void **state)
{
	(void)state;
	for (int most = 1; most <= 1000; most++) {
		struct lad_looks looks;
		double spent = 0;
		lad_looks_make(most, &looks);
		assert_in_range(looks.count, 1, LAD_LOOKS_MAX);
		for (int i = 0; i < looks.count; i++) {
			assert_true(looks.share[i] > 0);
			assert_true(i == 0 || looks.blocks[i] > looks.blocks[i - 1]);
			spent += looks.share[i];
		}
		assert_int_equal(looks.blocks[looks.count - 1], most);
		NEAR(spent, 1, 1e-12);
	}
	/* Lan & DeMets 1983: ln(1 + (e - 1) t) at t = 10/60. */
	struct lad_looks looks;
	lad_looks_make(60, &looks);
	assert_int_equal(looks.blocks[0], 10);
	NEAR(looks.share[0], 0.251832, 1e-5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rank_sum_gives_the_published_p),
	    cmocka_unit_test(test_shift_gives_the_published_estimate_and_interval),
	    cmocka_unit_test(test_rank_sum_is_exact_with_ties),
	    cmocka_unit_test(test_large_samples_take_the_corrected_normal_approximation),
	    cmocka_unit_test(test_two_one_sided_tests_take_the_larger_p),
	    cmocka_unit_test(test_bca_bootstrap_gives_what_scipy_gives),
	    cmocka_unit_test(test_quantile_interval_has_the_ranks_of_the_binomial),
	    cmocka_unit_test(test_stated_power_is_what_simulation_finds),
	    cmocka_unit_test(test_looks_spend_all_of_alpha_and_end_at_the_last_block),
	};
	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
