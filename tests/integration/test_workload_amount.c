/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a trial ends: after so many transactions or bytes, however long they take, or with its time. */
#include "trial.h"

#include "netladder/netlink.h"
#include "netladder/network.h"

#include <math.h>
#include <string.h>

static struct trial_seen seen;

static void test_transactions_end_a_trial_long_before_its_duration(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < 3 * TRIAL_MODES; i++) {
		struct lad_workload workload = trial_workload(kinds[i % 3], 1, i % 2 ? 8 : 1);
		workload.traffic.transactions = 500;
		workload.traffic.threads = i % 2 ? 3 : 1;
		struct lad_row row = trial_run(trial_modes[i / 3], &workload, TRIAL_PATIENCE_S, &seen);
		assert_int_equal(seen.generator.transactions, 500);
		assert_int_equal(seen.latency.total, seen.generator.transactions);
		assert_that(row.duration_s, >, 0);
		assert_that(row.duration_s, <, TRIAL_PATIENCE_S / 2);
		assert_that(fabs(row.transactions_per_s * row.duration_s / (double)seen.generator.transactions - 1), <,
			    1e-9);
	}
}

static void test_bytes_end_a_stream_where_they_arrive(void **state)
{
	(void)state;
	enum { AMOUNT = 4000000, READ_MOST = 1 << 20 };
	static const enum lad_direction directions[] = {LAD_FORWARD, LAD_REVERSE, LAD_BOTH_WAYS};
	for (size_t i = 0; i < 3 * TRIAL_MODES; i++) {
		struct lad_workload workload = trial_workload(LAD_TCP_STREAM, 16384, 1 + (int)i % 2);
		workload.socket_buffer_bytes = 262144;
		workload.traffic.bytes = AMOUNT;
		workload.traffic.direction = directions[i % 3];
		struct lad_row row = trial_run(trial_modes[i / 3], &workload, TRIAL_PATIENCE_S, &seen);
		const struct lad_agent_result *receiver =
		    directions[i % 3] == LAD_REVERSE ? &seen.generator : &seen.sink;
		assert_in_range(receiver->bytes, AMOUNT, AMOUNT + READ_MOST - 1);
		assert_that(row.duration_s, >, 0);
		assert_that(row.duration_s, <, TRIAL_PATIENCE_S / 2);
		assert_that(fabs(row.goodput_bps * row.duration_s / 8 / (double)receiver->bytes - 1), <, 1e-9);
		/* Nothing is cut off in the middle. */
		assert_int_equal(seen.sink.bytes_total, seen.generator.bytes_total);
	}
	for (size_t i = 0; i < 3; i++) {
		struct lad_workload workload = trial_workload(LAD_UDP_STREAM, 1000, 2);
		workload.traffic.io = (enum lad_io)i;
		workload.traffic.bytes = AMOUNT;
		struct lad_row row = trial_run(LAD_MODE_BRIDGE, &workload, TRIAL_PATIENCE_S, &seen);
		assert_in_range(seen.sink.bytes, AMOUNT, AMOUNT + 65536); /* of gso: what one packet held */
		assert_that(row.duration_s, >, 0);
		assert_that(row.duration_s, <, TRIAL_PATIENCE_S / 2);
		assert_int_equal(row.sent_total, row.received_total + row.lost_total);
		assert_that(row.loss_ratio, >=, 0);
		assert_that(row.loss_ratio, <=, 1);
	}
}

static void test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload(LAD_TCP_RR, 1, 4);
	workload.traffic.transactions = 300;
	workload.traffic.rate_per_s = 1000;
	struct lad_row row = trial_run(LAD_MODE_HOST, &workload, TRIAL_PATIENCE_S, &seen);
	double late_s = row.schedule_error_max_us / 1e6;
	print_message("# 300 at 1000/s took %.3f s, late by up to %.3f s\n", row.duration_s, late_s);
	/* The window's first edge may be noticed late, and its last request may be. */
	assert_that(row.duration_s, >, 0.28 - late_s);
	assert_that(row.duration_s, <, 0.35 + 2 * late_s + row.latency_max_us / 1e6);
	assert_int_equal(row.timeouts, 0);
}

static void test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_workload workload = trial_workload(LAD_UDP_RR, 1, 1);
	/* Long enough for some of it, or the trial fails for another reason. */
	struct trial_wish wish = {.mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 1};
	workload.traffic.transactions = 1000000000;
	assert_int_equal(trial_try(&wish, &seen, &row, &err), LAD_TRIAL_FAILED);
	if (!strstr(err.message, "of 1000000000 transactions came within the duration of 1 s"))
		fail_msg("%s", err.message);
	workload = trial_workload(LAD_TCP_STREAM, 16384, 1);
	workload.traffic.bytes = INT64_C(1000000000000);
	assert_int_equal(trial_try(&wish, &seen, &row, &err), LAD_TRIAL_FAILED);
	if (!strstr(err.message, "of 1000000000000 bytes came within the duration of 1 s"))
		fail_msg("%s", err.message);
}

static void leave_few_ports(const struct lad_path *path)
{
	assert_int_equal(
	    lad_sysctl_write(path->generator.netns_fd, "net/ipv4/ip_local_port_range", "40000 40060", NULL), 0);
}

/* The sink closes first in each case: had the generator closed one in ten first, its 61 ports were in TIME_WAIT soon.
 */
static void test_connections_use_up_no_ports_whatever_their_number_and_size(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_crr, transactions: 700",
	    "kind: tcp_crr, transactions: 700, cpus: pinned",
	    "kind: tcp_crr, transactions: 700, flows: 8",
	    "kind: tcp_crr, transactions: 700, flows: 8, threads: 2, cpus: free",
	    "kind: tcp_crr, transactions: 700, message_bytes: 1448, cpus: pinned",
	    "kind: tcp_crr, transactions: 2100, message_bytes: 10kB, requests: 3, cpus: pinned",
	    "kind: tcp_crr, transactions: 700, message_mix: 4 2000, verify: true",
	    "kind: tcp_crr, transactions: 700, rate: 2000/s, flows: 4",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_workload workload = trial_workload_of(cases[i]);
		struct trial_wish wish = {.mode = i % 2 ? LAD_MODE_BRIDGE : LAD_MODE_HOST,
					  .workload = &workload,
					  .duration_s = 20,
					  .built = leave_few_ports};
		trial_wished(&wish, &seen);
		assert_that(seen.generator.transactions, >=, 700);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transactions_end_a_trial_long_before_its_duration),
	    cmocka_unit_test(test_bytes_end_a_stream_where_they_arrive),
	    cmocka_unit_test(test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says),
	    cmocka_unit_test(test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so),
	    cmocka_unit_test(test_connections_use_up_no_ports_whatever_their_number_and_size),
	};
	return cmocka_run_group_tests_name("workload amount", tests, NULL, NULL);
}
