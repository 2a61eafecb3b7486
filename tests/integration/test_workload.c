/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the keys of a workload do to a trial: how it ends, in which beat it sends, who sends, and in which sizes. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
#define MODES (sizeof modes / sizeof *modes)

/* The agents' own results, and the generator's latencies, of the last trial. */
static struct lad_agent_result generator, sink;
static struct lad_histogram latency;

static void built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	(void)hosts;
	(void)path;
	(void)data;
}

static void measured(const struct lad_host *hosts, const struct lad_path *path,
		     const struct lad_agent_result *of_generator, const struct lad_agent_result *of_sink, void *data)
{
	(void)hosts;
	(void)path;
	(void)data;
	generator = *of_generator;
	sink = *of_sink;
}

static enum lad_trial_status try(enum lad_mode mode, const struct lad_workload *workload, double duration_s,
				 struct lad_row *row, struct lad_error *err)
{
	struct lad_scenario scenario = {.sample_ns = 50000000};
	struct lad_trial trial = {1, 1, mode, LAD_CROSS_HOST, workload, &lad_no_tuning, 0};
	struct lad_trial_observer observer = {built, measured, NULL};
	struct lad_trial_context context = support_context(&scenario, 0.05, duration_s);
	context.observer = &observer;
	lad_row_clear(row);
	enum lad_trial_status status = lad_trial_run(&context, &trial, row, &latency, err);
	support_close_context(&context);
	return status;
}

static struct lad_row run(enum lad_mode mode, const struct lad_workload *workload, double duration_s)
{
	struct lad_error err = {0};
	struct lad_row row;
	if (try(mode, workload, duration_s, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s %s: %s", lad_mode_name(mode), lad_workload_name(workload->kind), err.message);
	return row;
}

static struct lad_workload workload_of(enum lad_workload_kind kind, enum lad_cpus cpus, int64_t message_bytes,
				       int flows)
{
	struct lad_workload workload = {kind, cpus, message_bytes, flows, 0, "", {0}};
	bool udp = kind == LAD_UDP_STREAM || kind == LAD_UDP_RR;
	snprintf(workload.congestion_control, sizeof workload.congestion_control, "%s", udp ? "" : "cubic");
	workload.manner.pipeline = workload.manner.requests = 1;
	return workload;
}

static void test_transactions_end_a_trial_long_before_its_duration(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < 3 * MODES; i++) {
		/* With one flow exactly so many; with several, those that come in the same turn of the loop as well. */
		int flows = i % 2 ? 8 : 1;
		struct lad_workload workload = workload_of(kinds[i % 3], LAD_CPUS_SHARED, 1, flows);
		workload.manner.transactions = 500;
		struct lad_row row = run(modes[i / 3], &workload, 6);
		assert_in_range(generator.transactions, 500, 500 + (uint64_t)flows);
		assert_int_equal(latency.total, generator.transactions);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_true(fabs(row.transactions_per_s * row.duration_s / (double)generator.transactions - 1) < 1e-9);
	}
}

static void test_bytes_end_a_stream_where_they_arrive(void **state)
{
	(void)state;
	enum { AMOUNT = 4000000 };
	static const enum lad_direction directions[] = {LAD_FORWARD, LAD_REVERSE, LAD_BOTH_WAYS};
	for (size_t i = 0; i < 3 * MODES; i++) {
		struct lad_workload workload = workload_of(LAD_TCP_STREAM, LAD_CPUS_SHARED, 16384, 1 + (int)i % 2);
		workload.socket_buffer_bytes = 262144;
		workload.manner.bytes = AMOUNT;
		workload.manner.direction = directions[i % 3];
		struct lad_row row = run(modes[i / 3], &workload, 6);
		const struct lad_agent_result *receiver = directions[i % 3] == LAD_REVERSE ? &generator : &sink;
		/* What the buffers hold may come in the turn in which the amount is reached. */
		assert_in_range(receiver->bytes, AMOUNT, AMOUNT + 4 * 1024 * 1024);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_true(fabs(row.goodput_bps * row.duration_s / 8 / (double)receiver->bytes - 1) < 1e-9);
		assert_int_equal(sink.bytes_total, generator.bytes_total); /* nothing is cut off in the middle */
	}
	for (size_t i = 0; i < 3; i++) {
		struct lad_workload workload = workload_of(LAD_UDP_STREAM, LAD_CPUS_SHARED, 1000, 2);
		workload.manner.io = (enum lad_io)i;
		workload.manner.bytes = AMOUNT;
		struct lad_row row = run(LAD_MODE_BRIDGE, &workload, 6);
		assert_in_range(sink.bytes, AMOUNT, AMOUNT + 4 * 1024 * 1024);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_int_equal(row.sent_total, row.received_total + row.lost_total);
		assert_true(row.loss_ratio >= 0 && row.loss_ratio <= 1);
	}
}

static void test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says(void **state)
{
	(void)state;
	struct lad_workload workload = workload_of(LAD_TCP_RR, LAD_CPUS_SHARED, 1, 4);
	workload.manner.transactions = 300;
	workload.manner.rate_per_s = 1000;
	struct lad_row row = run(LAD_MODE_HOST, &workload, 6);
	print_message("# 300 at 1000/s took %.3f s\n", row.duration_s);
	assert_true(row.duration_s > 0.28 && row.duration_s < 0.6);
	assert_int_equal(row.timeouts, 0);
}

static void test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_workload workload = workload_of(LAD_UDP_RR, LAD_CPUS_SHARED, 1, 1);
	workload.manner.transactions = 1000000000;
	assert_int_equal(try(LAD_MODE_HOST, &workload, 0.1, &row, &err), LAD_TRIAL_FAILED);
	assert_non_null(strstr(err.message, "of 1000000000 transactions came within the duration of 0.1 s"));
	workload = workload_of(LAD_TCP_STREAM, LAD_CPUS_SHARED, 16384, 1);
	workload.manner.bytes = INT64_C(1000000000000);
	assert_int_equal(try(LAD_MODE_HOST, &workload, 0.1, &row, &err), LAD_TRIAL_FAILED);
	assert_non_null(strstr(err.message, "of 1000000000000 bytes came within the duration of 0.1 s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transactions_end_a_trial_long_before_its_duration),
	    cmocka_unit_test(test_bytes_end_a_stream_where_they_arrive),
	    cmocka_unit_test(test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says),
	    cmocka_unit_test(test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so),
	};
	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
