/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fits behind `capacity`: published data give the published parameters, made-up data those they were made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "netladder/fit.h"
#include "noise.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void assert_near(double value, double wanted, double relative, const char *what)
{
	if (!(fabs(value - wanted) <= relative * fabs(wanted)))
		fail_msg("%s is %.9g, not %.9g", what, value, wanted);
}

/*
 * SPEC SDM91 on a SPARCcenter 2000, seven loads (Gunther, Guerrilla Capacity Planning, 2007; data set specsdm91 of the
 * R package usl on CRAN). Its README and tests/summary.Rout.save print alpha 0.0277285, beta 0.0001044, gamma 89.99523
 * and a residual standard error of 82.85 on 4 degrees of freedom.
 */
static const double sdm91_n[] = {1, 18, 36, 72, 108, 144, 216};
static const double sdm91_x[] = {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2};

static void test_usl_on_spec_sdm91_is_what_the_r_package_publishes(void **state)
{
	(void)state;
	struct lad_scaling usl;
	assert_int_equal(lad_scaling_fit(LAD_LAW_USL, sdm91_n, sdm91_x, COUNT_OF(sdm91_n), LAD_RESIDUALS_PLAIN, &usl),
			 0);
	assert_near(usl.contention, 0.0277285, 1e-5, "alpha");
	assert_near(usl.coherency, 0.0001044, 1e-3, "beta");
	assert_near(usl.one, 89.9952, 1e-5, "gamma");
	assert_near(sqrt(usl.squares / 4), 82.85, 1e-3, "the residual standard error");
	assert_near(lad_scaling_peak(&usl), 96.5, 1e-3, "the peak");
}

/*
 * A ray tracer on an SGI Origin 2000, eleven numbers of processors (the same book; data set raytracer of the same
 * package). Its vignette prints alpha 0.05777, beta 0 and gamma 21.85: the coherency stands at its bound.
 */
static void test_usl_on_the_ray_tracer_stands_at_its_bound_as_published(void **state)
{
	(void)state;
	static const double n[] = {1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64};
	static const double x[] = {20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310};
	struct lad_scaling usl;
	assert_int_equal(lad_scaling_fit(LAD_LAW_USL, n, x, COUNT_OF(n), LAD_RESIDUALS_PLAIN, &usl), 0);
	assert_near(usl.contention, 0.057771, 1e-4, "alpha");
	assert_true(usl.coherency == 0);
	assert_near(usl.one, 21.848843, 1e-5, "gamma");
	assert_true(isinf(lad_scaling_peak(&usl)));
}

/*
 * A Cisco benchmark of MySQL with 1 to 32 clients: Schwartz, Practical Scalability Analysis with the Universal
 * Scalability Law (2015), which prints sigma 0.02671591, kappa 7.690945e-4, lambda 995.6486 and the peak at 35 clients.
 */
static void test_usl_on_schwartzs_data_is_what_his_book_prints(void **state)
{
	(void)state;
	static const double x[] = {955.16,   1878.91,  2688.01,	 3548.68,  4315.54,  5130.43,  5931.37, 6531.08,
				   7219.8,   7867.61,  8278.71,	 8646.7,   9047.84,  9426.55,  9645.37, 9897.24,
				   10097.6,  10240.5,  10532.39, 10798.52, 11151.43, 11518.63, 11806,	12089.37,
				   12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39};
	double n[COUNT_OF(x)];
	struct lad_scaling usl;
	for (size_t i = 0; i < COUNT_OF(n); i++)
		n[i] = (double)(i + 1);
	assert_int_equal(lad_scaling_fit(LAD_LAW_USL, n, x, COUNT_OF(n), LAD_RESIDUALS_PLAIN, &usl), 0);
	assert_near(usl.contention, 0.02671591, 1e-4, "sigma");
	assert_near(usl.coherency, 7.690945e-4, 1e-4, "kappa");
	assert_near(usl.one, 995.6486, 1e-4, "lambda");
	assert_int_equal((int)lad_scaling_peak(&usl), 35);
}

static const double levels[] = {1, 2, 4, 8, 16, 32};

/* Throughput of LAW at those levels, each with a noise of SPREAD. */
static void make_points(const struct lad_scaling *law, double spread, unsigned *seed, double x[COUNT_OF(levels)])
{
	for (size_t i = 0; i < COUNT_OF(levels); i++)
		x[i] = lad_scaling_at(law, levels[i]) * exp(spread * noise(seed));
}

static void test_each_law_is_found_again_in_points_without_noise(void **state)
{
	(void)state;
	static const struct lad_scaling truths[] = {{LAD_LAW_LINEAR, 1000, 0, 0, INFINITY, 0, 6},
						    {LAD_LAW_BOUND, 1000, 0, 0, 2500, 0, 6},
						    {LAD_LAW_AMDAHL, 1000, 0.08, 0, INFINITY, 0, 6},
						    {LAD_LAW_USL, 1000, 0.05, 0.002, INFINITY, 0, 6}};
	for (size_t i = 0; i < COUNT_OF(truths); i++) {
		double x[COUNT_OF(levels)];
		unsigned seed = 1;
		struct lad_scaling found;
		make_points(&truths[i], 0, &seed, x);
		assert_int_equal(lad_scaling_choose(levels, x, COUNT_OF(levels), &found), 0);
		assert_string_equal(lad_law_name(found.law), lad_law_name(truths[i].law));
		assert_near(found.one, 1000, 1e-6, "one alone");
		assert_near(found.contention, truths[i].contention, 1e-5, "contention");
		assert_near(found.coherency, truths[i].coherency, 1e-5, "coherency");
		assert_true(found.most == truths[i].most || fabs(found.most / truths[i].most - 1) < 1e-9);
	}
}

/* 500 noisy systems: no bias beyond a tenth of the noise, and the simpler law where it is the true one. */
static void test_noisy_points_of_a_known_law_give_its_parameters_on_the_mean(void **state)
{
	(void)state;
	const struct lad_scaling truth = {LAD_LAW_USL, 1000, 0.05, 0.002, INFINITY, 0, 6};
	const struct lad_scaling linear = {LAD_LAW_LINEAR, 1000, 0, 0, INFINITY, 0, 6};
	double contention = 0, coherency = 0;
	int kept_linear = 0, runs = 500;
	unsigned seed = 5;
	for (int run = 0; run < runs; run++) {
		double x[COUNT_OF(levels)];
		struct lad_scaling found;
		make_points(&truth, 0.01, &seed, x);
		assert_int_equal(lad_scaling_fit(LAD_LAW_USL, levels, x, COUNT_OF(levels), LAD_RESIDUALS_LOG, &found),
				 0);
		contention += found.contention / runs;
		coherency += found.coherency / runs;
		make_points(&linear, 0.01, &seed, x);
		assert_int_equal(lad_scaling_choose(levels, x, COUNT_OF(levels), &found), 0);
		kept_linear += found.law == LAD_LAW_LINEAR;
	}
	assert_near(contention, 0.05, 0.02, "mean contention");
	assert_near(coherency, 0.002, 0.02, "mean coherency");
	assert_true(kept_linear > runs * 8 / 10);
}

static void test_a_negative_parameter_is_none(void **state)
{
	(void)state;
	double x[COUNT_OF(levels)];
	struct lad_scaling found;
	for (size_t i = 0; i < COUNT_OF(levels); i++)
		x[i] = 100 * pow(levels[i], 1.05); /* more than linear: caches, batches */
	assert_int_equal(lad_scaling_fit(LAD_LAW_USL, levels, x, COUNT_OF(levels), LAD_RESIDUALS_LOG, &found), 0);
	assert_true(found.contention == 0 && found.coherency == 0 && found.one > 100);
}

static void test_few_points_bear_no_usl_and_fewer_no_law(void **state)
{
	(void)state;
	const struct lad_scaling truth = {LAD_LAW_USL, 1000, 0.05, 0.01, INFINITY, 0, 6};
	double x[COUNT_OF(levels)];
	unsigned seed = 1;
	struct lad_scaling found;
	make_points(&truth, 0, &seed, x);
	assert_int_equal(lad_scaling_choose(levels, x, 5, &found), 0);
	assert_true(found.law < LAD_LAW_USL);
	assert_int_equal(lad_scaling_choose(levels, x, 3, &found), 0);
	assert_int_equal(found.law, LAD_LAW_AMDAHL);
	assert_int_equal(lad_scaling_choose(levels, x, 2, &found), -1);
	assert_int_equal(lad_scaling_fit(LAD_LAW_USL, levels, x, 2, LAD_RESIDUALS_LOG, &found), -1);
	x[1] = 0; /* what carried nothing has no logarithm */
	assert_int_equal(lad_scaling_choose(levels, x, 6, &found), -1);
}

/* n = 3: y = 2 + 3 x exactly; then weights by hand. */
static void test_a_line_is_fitted_by_ratios_and_has_no_negative_part(void **state)
{
	(void)state;
	static const double x[] = {1, 10, 100}, exact[] = {5, 32, 302}, falling[] = {9, 3, 1}, steep[] = {1, 30, 400};
	struct lad_line line;
	assert_int_equal(lad_line_fit(x, exact, 3, &line), 0);
	assert_near(line.fixed, 2, 1e-9, "fixed");
	assert_near(line.slope, 3, 1e-9, "slope");
	assert_near(lad_line_at(&line, 1000), 3002, 1e-9, "the line");
	/* falls: the mean with weights 1/81, 1/9, 1: (1/9 + 1/3 + 1) / (1/81 + 1/9 + 1) */
	assert_int_equal(lad_line_fit(x, falling, 3, &line), 0);
	assert_true(line.slope == 0);
	assert_near(line.fixed, (1.0 / 9 + 1.0 / 3 + 1) / (1.0 / 81 + 1.0 / 9 + 1), 1e-12, "the mean");
	assert_int_equal(lad_line_fit(x, steep, 3, &line), 0);
	assert_true(line.fixed == 0 && line.slope > 1 && line.slope < 4);
	static const double same[] = {7, 7, 7};
	assert_int_equal(lad_line_fit(same, exact, 3, &line), -1);
	assert_int_equal(lad_line_fit(x, exact, 1, &line), -1);
}

/* The time of a message is 1 / 100 s + 1 / 6400 s a byte between 64 and 128 bytes. */
static void test_between_sizes_the_time_of_a_message_goes_straight(void **state)
{
	(void)state;
	static const double bytes[] = {64, 128}, per_s[] = {50, 33.3333333333333};
	assert_near(lad_interpolate(LAD_STRAIGHT_INVERSE, bytes, per_s, 2, 96), 40, 1e-9, "the rate at 96 bytes");
	assert_near(lad_interpolate(LAD_STRAIGHT_INVERSE, bytes, per_s, 2, 64), 50, 1e-12, "at a point");
	static const double cost_s[] = {0.02, 0.03};
	assert_near(lad_interpolate(LAD_STRAIGHT_PLAIN, bytes, cost_s, 2, 96), 0.025, 1e-12, "the cost at 96 bytes");
}

static void test_between_points_it_goes_straight_in_log_log_and_never_beyond(void **state)
{
	(void)state;
	static const double x[] = {64, 256, 1024}, y[] = {400, 200, 100};
	const double gap[] = {400, NAN, 100};
	assert_near(lad_interpolate(LAD_STRAIGHT_LOG, x, y, 3, 256), 200, 1e-12, "at a point");
	assert_near(lad_interpolate(LAD_STRAIGHT_LOG, x, y, 3, 128), 400 / sqrt(2), 1e-12, "between");
	assert_near(lad_interpolate(LAD_STRAIGHT_LOG, x, gap, 3, 256), 200, 1e-12, "over a gap");
	assert_true(isnan(lad_interpolate(LAD_STRAIGHT_LOG, x, y, 3, 63)));
	assert_true(isnan(lad_interpolate(LAD_STRAIGHT_LOG, x, y, 3, 1025)));
	assert_true(isnan(lad_interpolate(LAD_STRAIGHT_LOG, x, gap, 1, 128)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usl_on_spec_sdm91_is_what_the_r_package_publishes),
	    cmocka_unit_test(test_usl_on_the_ray_tracer_stands_at_its_bound_as_published),
	    cmocka_unit_test(test_usl_on_schwartzs_data_is_what_his_book_prints),
	    cmocka_unit_test(test_each_law_is_found_again_in_points_without_noise),
	    cmocka_unit_test(test_noisy_points_of_a_known_law_give_its_parameters_on_the_mean),
	    cmocka_unit_test(test_a_negative_parameter_is_none),
	    cmocka_unit_test(test_few_points_bear_no_usl_and_fewer_no_law),
	    cmocka_unit_test(test_a_line_is_fitted_by_ratios_and_has_no_negative_part),
	    cmocka_unit_test(test_between_sizes_the_time_of_a_message_goes_straight),
	    cmocka_unit_test(test_between_points_it_goes_straight_in_log_log_and_never_beyond),
	};
	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
