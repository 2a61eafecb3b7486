/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netladder/histogram.h"

static struct lad_histogram histogram, other;

static void test_every_value_lies_in_its_bucket_and_is_known_to_one_percent(void **state)
{
	(void)state;
	for (int64_t value = 0; value < INT64_MAX / 2; value += value / 16 + 1) {
		int bucket = lad_histogram_bucket(value);
		assert_in_range(bucket, 0, LAD_HISTOGRAM_BUCKETS - 1);
		assert_true(lad_histogram_low(bucket) <= value && value <= lad_histogram_high(bucket));
		int64_t width = lad_histogram_high(bucket) - lad_histogram_low(bucket);
		assert_true(width * 100 <= value);
	}
	assert_in_range(lad_histogram_bucket(INT64_MAX), 0, LAD_HISTOGRAM_BUCKETS - 1);
}

static void test_buckets_follow_each_other_without_gap(void **state)
{
	(void)state;
	for (int bucket = 0; bucket + 1 < LAD_HISTOGRAM_BUCKETS; bucket++)
		assert_true(lad_histogram_high(bucket) + 1 == lad_histogram_low(bucket + 1));
}

static void test_small_values_have_exact_quantiles(void **state)
{
	(void)state;
	lad_histogram_reset(&histogram);
	for (int value = 1; value <= 200; value++)
		lad_histogram_record(&histogram, value);
	assert_int_equal(lad_histogram_quantile(&histogram, 0.5), 100);
	assert_int_equal(lad_histogram_quantile(&histogram, 0.99), 198);
	assert_int_equal(lad_histogram_quantile(&histogram, 0), 1);
	assert_int_equal(lad_histogram_quantile(&histogram, 1), 200);
	assert_true(lad_histogram_mean(&histogram) == 100.5);
	assert_int_equal(histogram.min_ns, 1);
}

static void test_merging_equals_recording_into_one(void **state)
{
	(void)state;
	static struct lad_histogram both;
	lad_histogram_reset(&histogram);
	lad_histogram_reset(&other);
	lad_histogram_reset(&both);
	for (int64_t i = 1; i < 5000; i++) {
		lad_histogram_record(i % 3 ? &histogram : &other, i * i);
		lad_histogram_record(&both, i * i);
	}
	lad_histogram_merge(&histogram, &other);
	assert_memory_equal(histogram.counts, both.counts, sizeof both.counts);
	assert_int_equal(histogram.total, both.total);
	assert_int_equal(histogram.min_ns, both.min_ns);
	assert_int_equal(histogram.max_ns, both.max_ns);
}

static void test_negative_values_count_as_zero_and_empty_is_zero(void **state)
{
	(void)state;
	lad_histogram_reset(&histogram);
	assert_int_equal(lad_histogram_quantile(&histogram, 0.5), 0);
	lad_histogram_record(&histogram, -5);
	assert_int_equal(histogram.counts[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_value_lies_in_its_bucket_and_is_known_to_one_percent),
	    cmocka_unit_test(test_buckets_follow_each_other_without_gap),
	    cmocka_unit_test(test_small_values_have_exact_quantiles),
	    cmocka_unit_test(test_merging_equals_recording_into_one),
	    cmocka_unit_test(test_negative_values_count_as_zero_and_empty_is_zero),
	};
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
