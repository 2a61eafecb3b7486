/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in the messages of a workload: their sizes, verified bytes, and the time of their way. */
#include "trial.h"

#include <math.h>

#include "netladder/sizes.h"

static struct trial_seen seen;

/* The mean of the first COUNT sizes that both agents draw, and (in *SPREAD) their relative standard deviation. */
static double drawn_mean(const struct lad_workload *workload, uint64_t count, double *spread)
{
	struct lad_sizes sizes;
	double sum = 0, squares = 0;
	uint64_t random = TRIAL_SEED;
	assert_int_equal(lad_sizes_parse(workload->traffic.sizes, &sizes, NULL), 0);
	for (uint64_t i = 0; i < count; i++) {
		if (i % 4096 == 0) /* and from the beginning again */
			random = TRIAL_SEED;
		double size = (double)lad_sizes_draw(&sizes, &random);
		sum += size;
		squares += size * size;
	}
	double mean = sum / (double)count;
	*spread = sqrt(squares / (double)count - mean * mean) / mean;
	return mean;
}

/* One flow has gone through the order as far as it came; several each as far as they came. */
static void assert_mixed(const struct lad_workload *workload, const struct lad_agent_result *result, bool whole)
{
	double mean = (double)result->bytes_total / (double)result->transactions_total;
	double spread, expected = drawn_mean(workload, result->transactions_total, &spread);
	if (workload->flows == 1 && whole)
		assert_that(fabs(mean / expected - 1), <, 1e-9);
	assert_that(fabs(mean / expected - 1), <,
		    6 * spread / sqrt((double)result->transactions_total / workload->flows));
}

static void test_a_mix_of_requests_is_answered_in_kind_and_counted_by_the_byte(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_rr, message_mix: 1 100*3 30000",
	    "kind: tcp_rr, message_mix: 1..5000, flows: 3, pipeline: 16",
	    "kind: tcp_rr, message_mix: imix, flows: 2, rate: 1000/s",
	    "kind: tcp_crr, message_mix: 4 200*3 70000",
	    "kind: tcp_crr, message_mix: 4..9000, flows: 3, requests: 5",
	    "kind: tcp_crr, message_mix: imix, flows: 4, rate: 400/s",
	    "kind: udp_rr, message_mix: 1..1400",
	    "kind: udp_rr, message_mix: imix, flows: 3",
	    "kind: udp_rr, message_mix: 2 900*3, flows: 2, rate: 1000/s",
	};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		char keys[160];
		snprintf(keys, sizeof keys, "%s, payload: random%s", cases[i / 2], i % 2 ? ", verify: true" : "");
		struct lad_workload workload = trial_workload_of(keys);
		struct lad_row row = trial_run(trial_modes[i % TRIAL_MODES], &workload, 0.3, &seen);
		print_message("# %s: %.0f/s, %.1f bytes each\n", keys, row.transactions_per_s,
			      (double)seen.generator.bytes_total / (double)seen.generator.transactions_total);
		assert_that(seen.latency.total, >, 0);
		assert_that(seen.generator.transactions, >, 0);
		/* Either end counts by what it got; the two stop at slightly different times. */
		assert_mixed(&workload, &seen.generator, row.timeouts == 0.);
		assert_mixed(&workload, &seen.sink, row.timeouts == 0.);
	}
}

static void test_zeros_are_verified_as_well(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_stream",
	    "kind: tcp_stream, direction: both",
	    "kind: udp_stream, message_bytes: 200",
	    "kind: udp_stream, message_bytes: 200, direction: both",
	    "kind: udp_stream, message_bytes: 1200, io: gso, direction: both",
	    "kind: udp_rr, message_bytes: 200",
	    "kind: udp_rr, message_bytes: 60000, flows: 2, rate: 500/s",
	    "kind: tcp_rr, message_bytes: 200000, flows: 2",
	    "kind: tcp_crr, message_mix: 4..300",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char keys[160];
		snprintf(keys, sizeof keys, "%s, verify: true", cases[i]);
		struct lad_workload workload = trial_workload_of(keys);
		/* A byte that is not zero fails the trial. */
		trial_run(trial_modes[i % TRIAL_MODES], &workload, 0.1, &seen);
		assert_that(seen.generator.bytes_total, >, 0);
		assert_that(seen.sink.bytes_total, >, 0);
	}
}

static void test_a_request_of_udp_rr_with_room_for_the_time_tells_its_delay(void **state)
{
	(void)state;
	static const char *const cases[] = {"kind: udp_rr, message_bytes: 16",
					    "kind: udp_rr, message_mix: 40..900, flows: 3",
					    "kind: udp_rr, message_bytes: 64, flows: 2, rate: 1000/s, verify: true",
					    "kind: udp_rr, message_bytes: 64, think_time: 1ms"};
	for (size_t i = 0; i < TRIAL_MODES; i++) {
		struct lad_workload workload = trial_workload_of(cases[i]);
		struct lad_row row = trial_run(trial_modes[i], &workload, 0.3, &seen);
		print_message("# %s: one way p50 %.1f us, both p50 %.1f us\n", cases[i], row.oneway_p50_us,
			      row.latency_p50_us);
		assert_that(row.oneway_p50_us, >, 0);
		assert_that(row.oneway_p50_us, <=, row.oneway_p99_us);
		assert_that(row.oneway_p99_us, <=, row.oneway_max_us);
		assert_that(row.oneway_p50_us, <, row.latency_p50_us);
		/* Each request of the window counts, save those that were under way at its edges or lost. */
		assert_that(fabs((double)seen.sink.latency.total - (double)seen.latency.total), <=,
			    2 * workload.flows + row.timeouts);
	}
	struct lad_workload workload = trial_workload_of("kind: udp_rr, message_bytes: 15");
	assert_true(isnan(trial_run(LAD_MODE_HOST, &workload, 0.1, &seen).oneway_p50_us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_mix_of_requests_is_answered_in_kind_and_counted_by_the_byte),
	    cmocka_unit_test(test_zeros_are_verified_as_well),
	    cmocka_unit_test(test_a_request_of_udp_rr_with_room_for_the_time_tells_its_delay),
	};
	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
