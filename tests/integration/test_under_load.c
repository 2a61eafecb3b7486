/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several workloads at once, one of them judged: what the background does to the path is what arithmetic says, and the
 * sums are the devices' own.
 *
 * The rise is held against a queue that datagrams keep full. It is known to the byte: tbf has a byte limit, a flood
 * beyond the rate refills it within less than a packet's time, and a probe that is let in waits for all of it. TCP's
 * congestion control lets a queue run down after each loss, by how much depends on the algorithm and the round trip:
 * there the same arithmetic is only an upper bound.
 */
#include "support.h"
#include "trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/netlink.h"
#include "netladder/network.h"

#define RATE_BPS 10e6
#define RATE "10Mbit"

static struct lad_trial_sessions sessions;
static struct lad_histogram latency;
static double queue_bytes;	 /* that the wire's qdisc holds, as the kernel tells */
static uint64_t arrived_at_sink; /* packets, as the device of the sink's end counted them */

static void count_arrivals(const struct lad_host *hosts, const struct lad_path *path,
			   const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	struct lad_link_counters counters;
	struct lad_error err = {0};
	(void)hosts;
	(void)generator;
	(void)sink;
	(void)data;
	assert_int_equal(lad_link_counters(path->sink.netns_fd, path->sink.device, &counters, &err), 0);
	arrived_at_sink = counters.rx_packets;
}

static void read_queue(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	(void)path;
	(void)data;
	queue_bytes = support_tbf_limit(hosts[0].netns_fd, "eth0");
}

/* The trial of MODE in the plan of TEXT that has COUNT workloads in the background. */
static struct lad_row run(enum lad_mode mode, const char *text, int count, double warmup_s, double duration_s)
{
	char whole[1024];
	struct lad_scenario scenario;
	struct lad_plan plan;
	struct lad_error err = {0};
	struct lad_row row;
	int found = 0;
	snprintf(whole, sizeof whole, "modes: [%s]\ntrials: {blocks: 1}\n%s", lad_mode_name(mode), text);
	if (lad_scenario_parse("test.yaml", whole, strlen(whole), &scenario, &err) < 0 ||
	    lad_plan_make(&scenario, NULL, &plan, &err) < 0)
		fail_msg("%s", err.message);
	while (found < plan.trial_count && plan.trials[found].background_count != count)
		found++;
	assert_true(found < plan.trial_count);
	struct lad_trial_observer observer = {.built = scenario.wire_rate_bps > 0 ? read_queue : NULL,
					      .measured = count_arrivals};
	struct lad_trial_context context = support_context(&scenario, warmup_s, duration_s);
	context.observer = &observer;
	context.sessions = &sessions;
	lad_row_clear(&row);
	row.workload = plan.trials[found].workload->kind;
	enum lad_trial_status status = lad_trial_run(&context, &plan.trials[found], &row, &latency, &err);
	support_close_context(&context);
	lad_plan_free(&plan);
	if (status != LAD_TRIAL_DONE)
		fail_msg("%s: %s", lad_mode_name(mode), err.message);
	return row;
}

/* A run counts when the machine kept up with the wire's timer: else the bucket has lost tokens. */
#define TRIES 8
static bool kept_up(double carried)
{
	return carried > 0.96 && carried < 1.03;
}

/* What the wire carried of its rate, of a flood of 1000 bytes a datagram: UDP 8, IPv4 20, Ethernet 14, VXLAN 50 more.
 */
static double carried_of(enum lad_mode mode, double goodput_bps)
{
	return goodput_bps * (1042 + (mode == LAD_MODE_OVERLAY ? LAD_VXLAN_OVERHEAD : 0)) / 1000 / RATE_BPS;
}

/* The median rises beside a flood by QUEUES times what the queue holds over the rate. */
static void check_rise(enum lad_mode mode, const char *direction, double queues)
{
	char text[512];
	double carried = 0, ratio = 0;
	snprintf(text, sizeof text,
		 "wire: {rate: " RATE "}\nworkloads:\n"
		 "- {name: flood, kind: udp_stream, message_bytes: 1000, rate: 2500/s, socket_buffer: 4MiB, direction: "
		 "%s, judged: false}\n"
		 "- {kind: udp_rr, rate: 100/s, cpus: free}\n"
		 "- {kind: udp_rr, rate: 100/s, cpus: free, background: [flood]}\n",
		 direction);
	struct lad_row idle = run(mode, text, 0, 0.1, 0.7);
	for (int i = 0; i < TRIES && !kept_up(carried); i++) {
		struct lad_row loaded = run(mode, text, 1, 0.4, 1.2);
		double expected_us = queues * queue_bytes * 8 / RATE_BPS * 1e6;
		carried = carried_of(mode, loaded.background_goodput_bps / queues);
		ratio = (loaded.latency_p50_us - idle.latency_p50_us) / expected_us;
		print_message("# %s, %s: idle %.0f us, loaded %.0f us; %.0f bytes over the rate are %.0f us: %.3f of "
			      "it; the wire carried %.3f of its rate\n",
			      lad_mode_name(mode), direction, idle.latency_p50_us, loaded.latency_p50_us, queue_bytes,
			      expected_us, ratio, carried);
	}
	if (!kept_up(carried))
		support_skip("the machine is too busy for a wire of 10 Mbit/s");
	assert_that(ratio, >, 0.95);
	assert_that(ratio, <, 1.05);
}

static void test_the_rise_in_latency_is_the_queue_over_the_rate(void **state)
{
	(void)state;
	for (size_t m = 0; m < TRIAL_MODES; m++)
		check_rise(trial_modes[m], "forward", 1);
}

/* The request waits in one host's queue, the response in the other's. */
static void test_a_flood_in_both_directions_costs_both_queues(void **state)
{
	(void)state;
	check_rise(LAD_MODE_HOST, "both", 2);
}

/* TCP fills the queue and lets it run down by turns: half of the time, not more than is there. */
static void test_bulk_tcp_raises_latency_up_to_the_queue(void **state)
{
	(void)state;
	double filled = 0, queues = 0;
	for (int i = 0; i < TRIES && !kept_up(filled); i++) {
		struct lad_row row = run(LAD_MODE_BRIDGE,
					 "wire: {rate: " RATE "}\nworkloads:\n"
					 "- {name: bulk, kind: tcp_stream, flows: 4, judged: false}\n"
					 "- {kind: udp_rr, rate: 100/s, cpus: free, background: [bulk]}\n",
					 1, 1, 1.5);
		/* Of a full frame of 1514 bytes 1448 are payload. */
		filled = (row.background_goodput_bps * 1514 / 1448 + row.transactions_per_s * 60 * 8) / RATE_BPS;
		queues = row.latency_p50_us / (queue_bytes * 8 / RATE_BPS * 1e6);
		print_message("# bulk TCP: p50 %.2f of the queue; the wire is filled to %.3f\n", queues, filled);
	}
	if (!kept_up(filled))
		support_skip("the machine is too busy for a wire of 10 Mbit/s");
	assert_that(queues, <, 1.05);
	assert_that(queues, >, 0.3);
}

static const char datagrams[] = "workloads:\n"
				"- {name: flow, kind: udp_stream, message_bytes: 500, rate: 4000/s, judged: false}\n"
				"- {name: ask, kind: udp_rr, rate: 1000/s, judged: false}\n"
				"- {kind: udp_rr, rate: 2000/s, cpus: free, background: [flow, ask]}\n";

/* By counts of the whole trial, which no busy machine stretches. */
static void test_judged_and_background_together_are_what_the_device_counted(void **state)
{
	(void)state;
	static const char text[] = "workloads:\n"
				   "- {name: a, kind: udp_stream, message_bytes: 500, rate: 2000/s, judged: false}\n"
				   "- {name: b, kind: udp_stream, message_bytes: 100, rate: 1000/s, judged: false}\n"
				   "- {kind: udp_stream, rate: 3000/s, cpus: free, background: [a, b]}\n";
	for (size_t m = 0; m < TRIAL_MODES; m++) {
		struct lad_row row = run(trial_modes[m], text, 2, 0.1, 0.6);
		double received = 0, goodput_bps = 0;
		assert_int_equal(sessions.count, 3);
		for (int i = 0; i < sessions.count; i++) {
			received += sessions.rows[i].received_total;
			goodput_bps += sessions.background[i] ? sessions.rows[i].goodput_bps : 0;
		}
		print_message("# %s: %.0f + %.0f + %.0f datagrams received, the sink's device %llu\n",
			      lad_mode_name(trial_modes[m]), row.received_total, sessions.rows[1].received_total,
			      sessions.rows[2].received_total, (unsigned long long)arrived_at_sink);
		assert_that(sessions.rows[0].received_total, ==, row.received_total);
		assert_that(fabs(row.background_goodput_bps / goodput_bps - 1), <, 1e-9);
		/* Besides, the device sees greetings, and neighbours asking for each other. */
		assert_that((double)arrived_at_sink, >=, received);
		assert_that((double)arrived_at_sink, <, received + 30 * sessions.count);
		/* CPU time is of all that ran. */
		assert_true(isnan(row.cpu_s_per_gbyte));
	}
}

static void test_each_session_says_of_which_workload_it_is(void **state)
{
	(void)state;
	static const char *const names[] = {"", "", "flow", "flow", "ask", "ask"};
	char text[512];
	double judged = 0, background = 0;
	snprintf(text, sizeof text, "%stopologies: [{pairs: 2}]\n", datagrams);
	struct lad_row row = run(LAD_MODE_BRIDGE, text, 2, 0.1, 0.4);
	assert_int_equal(sessions.count, 6);
	for (int i = 0; i < sessions.count; i++) {
		assert_string_equal(sessions.names[i], names[i]);
		assert_int_equal(sessions.background[i], i >= 2);
		assert_int_equal(sessions.rows[i].workload,
				 strcmp(names[i], "flow") == 0 ? LAD_UDP_STREAM : LAD_UDP_RR);
		if (sessions.rows[i].workload == LAD_UDP_RR)
			*(i < 2 ? &judged : &background) += sessions.rows[i].transactions_per_s;
	}
	assert_that(fabs(judged / row.transactions_per_s - 1), <, 0.02);
	assert_that(fabs(background / row.background_transactions_per_s - 1), <, 0.02);
	/* Of the judged sessions alone: 2000/s each. */
	assert_that(row.fairness_ratio, >, 0.9);
	assert_that(row.session_max, >, 1500);
}

static void test_an_amount_of_the_judged_workload_ends_the_background_too(void **state)
{
	(void)state;
	struct lad_row row = run(LAD_MODE_HOST,
				 "wire: {rate: " RATE "}\nworkloads:\n"
				 "- {name: bulk, kind: tcp_stream, judged: false}\n"
				 "- {kind: tcp_stream, bytes: 200kB, cpus: free, background: [bulk]}\n",
				 1, 0.3, TRIAL_PATIENCE_S);
	assert_int_equal(sessions.count, 2);
	print_message("# 200 kB beside bulk: %.3f s, bulk's window %.3f s\n", row.duration_s,
		      sessions.rows[1].duration_s);
	assert_that(row.duration_s, <, TRIAL_PATIENCE_S / 2);
	assert_that(sessions.rows[1].duration_s, <, row.duration_s + 0.5 * TRIAL_PATIENCE_S);
	assert_true(row.background_goodput_bps > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_rise_in_latency_is_the_queue_over_the_rate),
	    cmocka_unit_test(test_a_flood_in_both_directions_costs_both_queues),
	    cmocka_unit_test(test_bulk_tcp_raises_latency_up_to_the_queue),
	    cmocka_unit_test(test_judged_and_background_together_are_what_the_device_counted),
	    cmocka_unit_test(test_each_session_says_of_which_workload_it_is),
	    cmocka_unit_test(test_an_amount_of_the_judged_workload_ends_the_background_too),
	};
	return cmocka_run_group_tests_name("under load", tests, NULL, NULL);
}
