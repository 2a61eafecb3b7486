/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent that was not run shows in when its samples and its window's end came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "run/traffic.h"

#define MS INT64_C(1000000)

static void test_a_stall_is_how_late_a_sample_or_the_windows_end_came(void **state)
{
	(void)state;
	static struct lad_agent_result result;
	struct lad_job job = {.sample_ns = 100 * MS};
	/* Stopped from 150 to 450 ms of 600 ms: the second sample comes then, and those that were due with it. */
	static const int64_t times_ms[] = {100, 450, 450, 450, 500, 600};
	result.elapsed_ns = 600 * MS;
	for (int i = 0; i < 6; i++)
		result.samples[result.sample_count++].time_ns = times_ms[i] * MS;
	assert_true(fabs(stall_of(&result, &job, 600 * MS) - 0.25) < 1e-9);
	/* Without samples the window's end alone tells. */
	result.sample_count = 0;
	assert_true(stall_of(&result, &job, 600 * MS) == 0);
	result.elapsed_ns = 900 * MS;
	assert_true(fabs(stall_of(&result, &job, 600 * MS) - 0.3) < 1e-9);
	job.amount = 1; /* it ends when it ends */
	assert_true(isnan(stall_of(&result, &job, 600 * MS)));
}

static void test_a_window_far_longer_than_asked_is_none_of_its_length(void **state)
{
	(void)state;
	static struct lad_agent_result result = {.elapsed_ns = 3690 * MS};
	struct lad_error err = {0};
	assert_int_equal(check_window(&result, "sink", 700 * MS, &err), -1);
	assert_non_null(strstr(err.message, "the window of the sink lasted 3.69 s in place of 0.70 s"));
	result.elapsed_ns = 900 * MS;
	assert_int_equal(check_window(&result, "sink", 700 * MS, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_stall_is_how_late_a_sample_or_the_windows_end_came),
	    cmocka_unit_test(test_a_window_far_longer_than_asked_is_none_of_its_length),
	};
	return cmocka_run_group_tests_name("stall", tests, NULL, NULL);
}
