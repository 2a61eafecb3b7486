/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a tuning sets for sockets is what the measured sockets have, and what its row says. */
#include "folders.h"
#include "scenarios.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/plan.h"

/* The trial of WORKLOAD with TUNING in MODE, once; ROW is what became of it. */
static enum lad_trial_status try_tuned(const char *mode, const char *workload, const char *tuning, struct lad_row *row,
				       struct lad_error *err)
{
	static struct lad_histogram latency;
	struct lad_scenario scenario;
	struct lad_plan plan;
	char text[1024];
	snprintf(text, sizeof text, "modes: [%s]\nworkloads: [{%s}]\ntunings: [{name: tuned, %s}]\n", mode, workload,
		 tuning);
	scenarios_parse(text, &scenario);
	assert_int_equal(lad_plan_make(&scenario, NULL, &plan, err), 0);
	struct lad_trial_context context = support_context(&scenario, 0.5, 0.6);
	int at = 0;
	while (strcmp(plan.trials[at].tuning->name, "tuned") != 0)
		at++;
	lad_row_clear(row);
	enum lad_trial_status status = lad_trial_run(&context, &plan.trials[at], row, &latency, err);
	support_close_context(&context);
	lad_plan_free(&plan);
	return status;
}

static struct lad_row tuned_row_in(const char *mode, const char *workload, const char *tuning)
{
	struct lad_error err = {0};
	struct lad_row row;
	if (try_tuned(mode, workload, tuning, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s, %s with %s: %s", mode, workload, tuning, err.message);
	print_message("# %s with %s: %s (%s)\n", workload, tuning, row.tuning_effective, row.tuning_note);
	return row;
}

static struct lad_row tuned_row(const char *workload, const char *tuning)
{
	return tuned_row_in("host", workload, tuning);
}

static void assert_effective(const struct lad_row *row, const char *text)
{
	if (!strstr(row->tuning_effective, text))
		fail_msg("no \"%s\" in \"%s\"", text, row->tuning_effective);
}

static void test_a_tunings_congestion_control_is_that_of_the_sockets(void **state)
{
	(void)state;
	static const char *const kinds[] = {"kind: tcp_stream", "kind: tcp_rr", "kind: tcp_crr",
					    "kind: tcp_stream, direction: reverse", "kind: tcp_rr, flows: 4"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct lad_row row = tuned_row(kinds[i], "sysctls: [net.ipv4.tcp_congestion_control=reno]");
		assert_string_equal(row.congestion_control, "reno");
		assert_string_equal(row.tuning_effective, "net.ipv4.tcp_congestion_control=reno");
		assert_string_equal(row.tuning_note, "");
	}
	struct lad_row row = tuned_row("kind: tcp_stream", "congestion_control: reno");
	assert_string_equal(row.congestion_control, "reno");
	assert_string_equal(row.tuning_effective, "congestion_control=reno");
}

static void test_a_tunings_buffers_are_those_of_the_sockets(void **state)
{
	(void)state;
	struct lad_row row = tuned_row(
	    "kind: tcp_stream", "sysctls: [net.ipv4.tcp_rmem=4096 8192 16384, net.ipv4.tcp_wmem=4096 8192 16384]");
	const char *send = strstr(row.tuning_effective, "SO_SNDBUF="),
		   *receive = strstr(row.tuning_effective, "SO_RCVBUF=");
	assert_non_null(send);
	assert_non_null(receive);
	assert_in_range(atol(send + 10), 4096, 16384);
	assert_in_range(atol(receive + 10), 4096, 16384);
	/* The other way keeps its default: one thing is tuned, and one alone. */
	row = tuned_row("kind: tcp_stream, direction: reverse", "sysctls: [net.ipv4.tcp_wmem=4096 8192 16384]");
	send = strstr(row.tuning_effective, "SO_SNDBUF=");
	assert_non_null(send);
	assert_in_range(atol(send + 10), 4096, 16384);
	assert_null(strstr(row.tuning_effective, "SO_RCVBUF="));
	row = tuned_row("kind: udp_rr", "socket_buffer: 64KiB");
	assert_effective(&row, "SO_SNDBUF=131072; SO_RCVBUF=131072");
}

static void test_a_tunings_time_to_live_is_that_of_the_sockets(void **state)
{
	(void)state;
	struct lad_row row = tuned_row("kind: udp_rr", "sysctls: [net.ipv4.ip_default_ttl=9]");
	assert_string_equal(row.tuning_effective, "net.ipv4.ip_default_ttl=9; IP_TTL=9");
}

/* Full packets do not fit the tunnel: the host says so once, and what follows goes in fragments. */
static void test_too_long_a_datagram_is_measured_and_ends_no_trial(void **state)
{
	(void)state;
	static const char *const workloads[] = {
	    "kind: udp_stream, message_bytes: 1460, rate: 2000/s",
	    "kind: udp_stream, message_bytes: 1460, rate: 2000/s, io: batch",
	    "kind: udp_stream, message_bytes: 1460, rate: 2000/s, io: gso",
	    "kind: udp_stream, message_bytes: 1460, rate: 2000/s, direction: both",
	    "kind: udp_rr, message_bytes: 1460",
	    "kind: udp_rr, message_bytes: 1460, flows: 3, rate: 1000/s",
	    "kind: udp_rr, message_bytes: 1440, ip: 6",
	};
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		struct lad_row row = tuned_row_in("overlay", workloads[i], "container_mtu: 1500");
		assert_that(strstr(workloads[i], "udp_rr") ? row.transactions_per_s : row.packets_per_s, >, 0);
	}
}

static void test_segments_that_do_not_fit_a_mode_are_skipped_with_the_largest_that_does(void **state)
{
	(void)state;
	static const struct {
		const char *workload, *reason;
	} cases[] = {
	    {"kind: udp_stream, io: gso, message_bytes: 1472", "its MTU of 1450 leaves 1422"},
	    {"kind: udp_stream, io: gso, message_bytes: 1452, ip: 6, direction: reverse",
	     "its MTU of 1450 leaves 1402"},
	};
	for (size_t i = 0; i < 2; i++) {
		struct lad_error err = {0};
		struct lad_row row;
		assert_int_equal(try_tuned("overlay", cases[i].workload, "rules: 1", &row, &err), LAD_TRIAL_SKIPPED);
		if (!strstr(err.message, cases[i].reason))
			fail_msg("%s: %s", cases[i].workload, err.message);
	}
	tuned_row_in("overlay", "kind: udp_stream, io: gso, message_bytes: 1422", "rules: 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_tunings_congestion_control_is_that_of_the_sockets),
	    cmocka_unit_test(test_a_tunings_buffers_are_those_of_the_sockets),
	    cmocka_unit_test(test_a_tunings_time_to_live_is_that_of_the_sockets),
	    cmocka_unit_test(test_too_long_a_datagram_is_measured_and_ends_no_trial),
	    cmocka_unit_test(test_segments_that_do_not_fit_a_mode_are_skipped_with_the_largest_that_does),
	};
	return cmocka_run_group_tests_name("tuning sockets", tests, NULL, NULL);
}
