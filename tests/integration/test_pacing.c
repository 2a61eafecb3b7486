/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who keeps a stream to its rate: the kernel does for TCP, and for datagrams only where the device has fq. */
#include "trial.h"

#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define AGENT LAD_BUILD "/netladder-agent"

static struct trial_seen seen;
static struct finished finished;

/* Bytes that the device which the generator sends by has counted, its headers included. */
static uint64_t carried_before, carried;

static uint64_t carried_by(const struct lad_path *path)
{
	struct lad_link_counters counters;
	struct lad_error err = {0};
	if (lad_link_counters(path->generator.netns_fd, path->generator.device, &counters, &err) < 0)
		fail_msg("%s", err.message);
	return counters.tx_bytes;
}

static void count_before(const struct lad_path *path)
{
	carried_before = carried_by(path);
}

static void count_after(const struct lad_path *path)
{
	carried = carried_by(path) - carried_before;
}

/* Low enough to be met by half of a slow machine: what is tested is that the kernel does not go beyond. */
static void test_tcp_is_paced_by_the_kernel_in_every_mode(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload_of(
	    "kind: tcp_stream, rate: 40Mbit, pacing: max_pacing_rate, flows: 2, message_bytes: 16KiB");
	assert_string_equal(lad_workload_loop(&workload), "closed");
	for (int i = 0; i < TRIAL_MODES; i++) {
		struct trial_wish wish = {.mode = trial_modes[i],
					  .workload = &workload,
					  .duration_s = 0.6,
					  .built = count_before,
					  .measured = count_after};
		struct lad_row row = trial_wished(&wish, &seen);
		print_message("# %s: %.2f Mbit/s, tcp_info %.2f Mbit/s\n", lad_mode_name(trial_modes[i]),
			      row.goodput_bps / 1e6, row.pacing_rate_bps / 1e6);
		/* The connections' own, as the kernel tells it: never more than was asked for, to the byte. */
		assert_that(row.pacing_rate_bps, <=, 40e6);
		assert_that(row.pacing_rate_bps, >, 5e6); /* before the window has grown the kernel takes less */
		/* A sink that comes late to its window counts what came before it. */
		assert_that(row.goodput_bps, >, 0.3 * 40e6);
		assert_that(row.goodput_bps, <, 1.25 * 40e6);
		assert_true(isnan(row.schedule_error_mean_us));
		/* And what the agent says it sent is what the device carried, with its headers. */
		assert_that((double)carried, >=, (double)seen.generator.bytes_total);
		assert_that((double)carried, <, 1.2 * (double)seen.generator.bytes_total);
	}
}

static void test_a_timer_paces_tcp_in_bits_when_it_is_told_to(void **state)
{
	(void)state;
	struct lad_workload workload =
	    trial_workload_of("kind: tcp_stream, rate: 8Mbit, pacing: timer, message_bytes: 1000");
	struct lad_row row = trial_run(LAD_MODE_HOST, &workload, 0.5, &seen);
	assert_string_equal(lad_workload_loop(&workload), "open");
	double off = fabs(row.goodput_bps / 8e6 - 1), late_s = row.schedule_error_max_us / 1e6;
	print_message("# %.2f Mbit/s, late by up to %.1f ms\n", row.goodput_bps / 1e6, late_s * 1e3);
	assert_that(off, <,
		    0.1 + (late_s + 2 * fabs(row.duration_s - 0.5)) /
			      0.5); /* at the window's edges a busy machine moves what is due */
	assert_that(row.schedule_error_max_us, >=, row.schedule_error_mean_us);
	assert_that(row.schedule_error_mean_us, >, 0);
}

static const char *const by_fq[] = {
    "kind: udp_stream, rate: 2000/s, pacing: txtime",
    "kind: udp_stream, rate: 2000/s, pacing: txtime, io: batch, flows: 3, threads: 2",
    "kind: udp_stream, rate: 2000/s, pacing: max_pacing_rate",
    "kind: udp_stream, rate: 2000/s, pacing: max_pacing_rate, io: gso, message_bytes: 1000",
};
#define BY_FQ (sizeof by_fq / sizeof *by_fq)

static void test_datagrams_are_not_sent_unpaced_where_there_is_no_fq(void **state)
{
	(void)state;
	for (size_t i = 0; i < BY_FQ; i++) {
		struct lad_error err = {0};
		struct lad_row row;
		struct lad_workload workload = trial_workload_of(by_fq[i]);
		struct trial_wish wish = {
		    .mode = trial_modes[i % TRIAL_MODES], .workload = &workload, .duration_s = 0.1};
		assert_int_equal(trial_try(&wish, &seen, &row, &err), LAD_TRIAL_SKIPPED);
		assert_non_null(strstr(err.message, "has the qdisc fq, and eth0 has noqueue"));
		assert_non_null(strstr(err.message, "`qdisc: fq`"));
	}
}

static bool kernel_has_fq;

static void give_fq(const struct lad_path *path)
{
	struct lad_error err = {0};
	kernel_has_fq = lad_qdisc_set_root(path->generator.netns_fd, path->generator.device, "fq", &err) == 0;
	if (!kernel_has_fq && !strstr(err.message, "this kernel has no fq"))
		fail_msg("%s", err.message);
}

/* The vm lab's tests see the rates; here it is that the native lab's agents find the qdisc, where the kernel has it. */
static void test_with_fq_they_leave_at_their_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < BY_FQ; i++) {
		struct lad_error err = {0};
		struct lad_row row;
		struct lad_workload workload = trial_workload_of(by_fq[i]);
		struct trial_wish wish = {
		    .mode = LAD_MODE_MACVLAN, .workload = &workload, .duration_s = 0.5, .built = give_fq};
		enum lad_trial_status status = trial_try(&wish, &seen, &row, &err);
		assert_int_equal(status, kernel_has_fq ? LAD_TRIAL_DONE : LAD_TRIAL_SKIPPED);
		if (!kernel_has_fq)
			continue;
		/* The vm lab's tests hold it to the rate. */
		assert_that(row.packets_per_s, >, 0.5 * 2000);
		assert_that(row.packets_per_s, <, 1.5 * 2000);
		assert_true(row.loss_ratio == 0. && row.send_drops_total == 0.);
	}
}

static void test_the_agent_by_hand_looks_for_fq_as_well(void **state)
{
	(void)state;
	const char *const sink[] = {AGENT, "sink", "--port=7321", "--token=paced", NULL};
	const char *const generator[] = {AGENT,
					 "generate",
					 "udp_stream",
					 "--to=127.0.0.1:7321",
					 "--token=paced",
					 "--rate=1000/s",
					 "--pacing=txtime",
					 "--duration=200ms",
					 NULL};
	struct lad_error err = {0};
	int netns = lad_netns_new(&err);
	if (netns < 0)
		fail_msg("%s", err.message);
	pid_t pid = support_start(netns, -1, sink);
	assert_true(support_wait_listening(netns, false, 7321));
	support_run(&finished, netns, -1, generator);
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "and lo has noqueue");
	assert_int_equal(waitpid(pid, NULL, 0), pid); /* left alone, the sink ends, too */
	close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp_is_paced_by_the_kernel_in_every_mode),
	    cmocka_unit_test(test_a_timer_paces_tcp_in_bits_when_it_is_told_to),
	    cmocka_unit_test(test_datagrams_are_not_sent_unpaced_where_there_is_no_fq),
	    cmocka_unit_test(test_with_fq_they_leave_at_their_rate),
	    cmocka_unit_test(test_the_agent_by_hand_looks_for_fq_as_well),
	};
	return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}
