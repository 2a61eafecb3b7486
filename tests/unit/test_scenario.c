/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scenario's keys become: defaults, lists, rates, orders. */
#include "scenarios.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_two_keys_are_enough_and_the_rest_has_defaults(void **state)
{
	(void)state;
	struct lad_scenario s;
	scenarios_parse("modes: [bridge, host]\nworkloads:\n- kind: tcp_stream\n- kind: udp_stream\n- kind: tcp_rr\n",
			&s);
	assert_string_equal(s.name, "test");
	assert_string_equal(s.description, "");
	assert_int_equal(s.mode_count, 2);
	assert_int_equal(s.modes[0], LAD_MODE_BRIDGE);
	assert_int_equal(s.modes[1], LAD_MODE_HOST);
	assert_int_equal(s.placement_count, 1);
	assert_int_equal(s.placements[0], LAD_CROSS_HOST);
	assert_int_equal(s.wire_mtu_bytes, 1500);
	assert_true(s.wire_rate_bps == 0);
	assert_int_equal(s.workload_count, 3);
	assert_int_equal(s.workloads[0].message_bytes, 128 * 1024);
	assert_int_equal(s.workloads[0].socket_buffer_bytes, 512 * 1024);
	assert_int_equal(s.workloads[0].flows, 1);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_SHARED);
	assert_string_equal(s.workloads[0].congestion_control, "cubic");
	assert_int_equal(s.workloads[1].message_bytes, 64);
	assert_int_equal(s.workloads[1].socket_buffer_bytes, 0);
	assert_string_equal(s.workloads[1].congestion_control, "");
	assert_int_equal(s.workloads[2].message_bytes, 1);
	assert_int_equal(s.blocks, 7);
	assert_int_equal(s.warmup_ns, 150000000);
	assert_int_equal(s.duration_ns, 500000000);
	assert_int_equal(s.quick_blocks, 6);
	assert_int_equal(s.quick_warmup_ns, 50000000);
	assert_int_equal(s.quick_duration_ns, 100000000);
	assert_int_equal(s.seed, 1);
	assert_int_equal(s.relation_count, 0);
	assert_true(s.margin == 0.03);
	assert_true(s.alpha == 0.05);
}

static void test_every_key_reaches_the_struct(void **state)
{
	(void)state;
	struct lad_scenario s;
	scenarios_parse(
	    "name: all.keys-1\ndescription: 'every: \"key\", \xc3\xbc'\nlab: native\nmodes: [host, overlay]\n"
	    "placements: [same-host, cross-host]\nwire: {mtu: 9000, rate: 2.5Gbit}\n"
	    "workloads:\n"
	    "- {kind: tcp_rr, cpus: free, message_bytes: 2kB, flows: 3, socket_buffer: 1MiB, "
	    "congestion_control: bbr}\n"
	    "trials: {blocks: 9, warmup: 0, duration: 1.5s, seed: 18446744073709551615}\n"
	    "quick: {blocks: 2, warmup: 1ms, duration: 10ms}\n"
	    "expect: {order: host ~ overlay, margin: 0.5%, alpha: 0.01}\n",
	    &s);
	assert_string_equal(s.name, "all.keys-1");
	assert_string_equal(s.description, "every: \"key\", \xc3\xbc");
	assert_int_equal(s.placement_count, 2);
	assert_int_equal(s.placements[0], LAD_SAME_HOST);
	assert_int_equal(s.wire_mtu_bytes, 9000);
	assert_true(s.wire_rate_bps == 2.5e9);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_FREE);
	assert_int_equal(s.workloads[0].message_bytes, 2000);
	assert_int_equal(s.workloads[0].flows, 3);
	assert_int_equal(s.workloads[0].socket_buffer_bytes, 1 << 20);
	assert_string_equal(s.workloads[0].congestion_control, "bbr");
	assert_int_equal(s.blocks, 9);
	assert_int_equal(s.warmup_ns, 0);
	assert_int_equal(s.duration_ns, 1500000000);
	assert_true(s.seed == UINT64_MAX);
	assert_int_equal(s.quick_blocks, 2);
	assert_int_equal(s.quick_warmup_ns, 1000000);
	assert_int_equal(s.quick_duration_ns, 10000000);
	assert_int_equal(s.relation_count, 1);
	assert_int_equal(s.relations[0].sign, LAD_EQUIVALENT);
	assert_true(s.margin == 0.005);
	assert_true(s.alpha == 0.01);
}

static void test_a_rate_is_of_messages_or_bits_and_of_all_flows_or_each(void **state)
{
	(void)state;
	static const struct {
		const char *keys;
		double per_s, bps;
		const char *options;
	} cases[] = {
	    {"kind: tcp_rr, flows: 4, rate: 100/s", 100, 0, "rate=100/s"},
	    {"kind: tcp_rr, flows: 4, rate: 100/s, rate_per: total", 100, 0, "rate=100/s"},
	    {"kind: tcp_rr, flows: 4, rate: 100/s, rate_per: flow", 400, 0, "rate=100/s rate_per=flow"},
	    {"kind: tcp_crr, message_bytes: 125, rate: 1Mbit", 1000, 0, "rate=1000/s"},
	    {"kind: udp_rr, flows: 3, message_bytes: 125, rate: 1Mbit, rate_per: flow", 3000, 0,
	     "rate=1000/s rate_per=flow"},
	    {"kind: udp_stream, flows: 2, message_bytes: 1000, rate: 8Mbit, rate_per: flow", 2000, 0,
	     "rate=1000/s rate_per=flow"},
	    {"kind: udp_stream, message_mix: 100 300, rate: 1.6Mbit", 1000, 0, "rate=1000/s mix=100+300"},
	    {"kind: tcp_stream, flows: 2, rate: 300/s, rate_per: flow", 600, 0, "rate=300/s rate_per=flow"},
	    {"kind: tcp_stream, flows: 5, rate: 10Mbit, rate_per: flow", 0, 50e6, "rate=10000000bit rate_per=flow"},
	    {"kind: tcp_stream, flows: 5, rate: 10Mbit", 0, 10e6, "rate=10000000bit"},
	    {"kind: tcp_stream, rate: 8Mbit, pacing: timer, message_bytes: 1000", 1000, 0, "rate=1000/s pacing=timer"},
	    {"kind: tcp_stream, flows: 2, rate: 10Mbit, rate_per: flow, pacing: max_pacing_rate", 0, 20e6,
	     "rate=10000000bit rate_per=flow pacing=max_pacing_rate"},
	    {"kind: udp_stream, rate: 1000/s, message_bytes: 125, pacing: max_pacing_rate", 0, 1e6,
	     "rate=1000000bit pacing=max_pacing_rate"},
	    {"kind: udp_stream, rate: 1Mbit, message_bytes: 125, pacing: txtime, io: batch, burst: 36", 1000, 0,
	     "io=batch rate=1000/s pacing=txtime burst=36"},
	    {"kind: udp_rr, rate: 1000/s, pacing: timer", 1000, 0, "rate=1000/s pacing=timer"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_scenario s;
		char text[256], options[LAD_OPTIONS_MAX];
		snprintf(text, sizeof text, "modes: [host]\nworkloads:\n- {%s}\n", cases[i].keys);
		scenarios_parse(text, &s);
		assert_true(lad_workload_rate_per_s(&s.workloads[0]) == cases[i].per_s);
		assert_true(lad_workload_rate_bps(&s.workloads[0]) == cases[i].bps);
		lad_traffic_describe(&s.workloads[0].traffic, options);
		assert_string_equal(options, cases[i].options);
		assert_string_equal(lad_workload_loop(&s.workloads[0]), cases[i].bps > 0 ? "closed" : "open");
	}
}

static void test_a_word_stands_for_a_list_of_one(void **state)
{
	(void)state;
	struct lad_scenario s;
	scenarios_parse("modes: host\nplacements: 'same-host'\nworkloads: [{kind: udp_rr, cpus: pinned}]\n", &s);
	assert_int_equal(s.mode_count, 1);
	assert_int_equal(s.placements[0], LAD_SAME_HOST);
	assert_int_equal(s.workload_count, 1);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_PINNED);
}

static void test_a_list_of_cpus_expands_to_workloads(void **state)
{
	(void)state;
	struct lad_scenario s;
	scenarios_parse("modes: [host]\nworkloads: [{kind: udp_rr, cpus: [pinned, free, shared], message_bytes: 9}]\n",
			&s);
	assert_int_equal(s.workload_count, 3);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_PINNED);
	assert_int_equal(s.workloads[1].cpus, LAD_CPUS_FREE);
	assert_int_equal(s.workloads[2].cpus, LAD_CPUS_SHARED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(s.workloads[i].message_bytes, 9);
}

static void test_a_list_of_ip_expands_to_workloads_that_are_told_apart(void **state)
{
	(void)state;
	struct lad_scenario s;
	char options[LAD_OPTIONS_MAX];
	scenarios_parse(
	    "modes: [host]\nworkloads: [{kind: tcp_rr, cpus: [shared, free], ip: [4, 6], socket_buffer: 1MiB},\n"
	    "{kind: udp_rr, ip: 6}]\n",
	    &s);
	static const struct {
		enum lad_cpus cpus;
		enum lad_ip ip;
		const char *options;
	} expected[] = {{LAD_CPUS_SHARED, LAD_IP_V4, "buffer=1MiB"},
			{LAD_CPUS_SHARED, LAD_IP_V6, "buffer=1MiB ip=6"},
			{LAD_CPUS_FREE, LAD_IP_V4, "buffer=1MiB"},
			{LAD_CPUS_FREE, LAD_IP_V6, "buffer=1MiB ip=6"},
			{LAD_CPUS_SHARED, LAD_IP_V6, "ip=6"}};
	assert_int_equal(s.workload_count, 5);
	for (int i = 0; i < 5; i++) {
		lad_traffic_describe(&s.workloads[i].traffic, options);
		assert_int_equal(s.workloads[i].cpus, expected[i].cpus);
		assert_int_equal(s.workloads[i].traffic.ip, expected[i].ip);
		assert_string_equal(options, expected[i].options);
	}
}

static void test_anchors_crlf_and_a_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	struct lad_scenario s;
	scenarios_parse("\xef\xbb\xbfmodes: &m [host]\r\nworkloads:\r\n- kind: tcp_rr\r\n", &s);
	assert_int_equal(s.mode_count, 1);
}

/* Writes WORKLOADS entries that differ in their size. */
static void write_workloads(char *text, size_t size, int workloads)
{
	size_t used = (size_t)snprintf(text, size, "modes: [host]\nworkloads:\n");
	for (int i = 1; i <= workloads; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "- {kind: tcp_rr, message_bytes: %d, cpus: [shared, free]}\n", i);
}

static void test_sixty_four_workloads_fit_and_one_more_does_not(void **state)
{
	(void)state;
	struct lad_scenario s;
	char text[8192];
	write_workloads(text, sizeof text, 32);
	scenarios_parse(text, &s);
	assert_int_equal(s.workload_count, 64);
	write_workloads(text, sizeof text, 33);
	scenarios_refuse(text,
			 "test.yaml:35:3: workloads[33]: more than 64 workloads, counting each value of cpus and ip as "
			 "one; valid: at most 64");
}

static void test_an_order_becomes_adjacent_relations(void **state)
{
	(void)state;
	struct lad_relation r[LAD_RELATIONS_MAX];
	struct lad_error err;
	assert_int_equal(lad_order_parse("host > macvlan ~ ipvlan-l2 > bridge > overlay", r, LAD_RELATIONS_MAX, &err),
			 4);
	assert_int_equal(r[0].left, LAD_MODE_HOST);
	assert_int_equal(r[0].right, LAD_MODE_MACVLAN);
	assert_int_equal(r[0].sign, LAD_GREATER);
	assert_int_equal(r[1].left, LAD_MODE_MACVLAN);
	assert_int_equal(r[1].right, LAD_MODE_IPVLAN_L2);
	assert_int_equal(r[1].sign, LAD_EQUIVALENT);
	assert_int_equal(r[3].right, LAD_MODE_OVERLAY);
	assert_int_equal(lad_order_parse(" host=macvlan\xe2\x89\x88"
					 "bridge ",
					 r, LAD_RELATIONS_MAX, &err),
			 2);
	assert_int_equal(r[0].sign, LAD_EQUIVALENT);
	assert_int_equal(r[1].sign, LAD_EQUIVALENT);
}

static void test_an_order_that_says_nothing_is_refused(void **state)
{
	(void)state;
	static const char *const orders[] = {"",
					     " ",
					     "host",
					     ">",
					     "host >",
					     "> host",
					     "host >> bridge",
					     "host bridge",
					     "host < bridge",
					     "host > host",
					     "host > bridge > host",
					     "host > bridg"};
	struct lad_relation r[LAD_RELATIONS_MAX];
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_order_parse(orders[i], r, LAD_RELATIONS_MAX, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		assert_non_null(strstr(err.message, "; valid: "));
	}
	assert_int_equal(lad_order_parse("host > bridge > overlay", r, 1, NULL), -1);
}

static void test_workloads_that_differ_in_buffers_or_congestion_control_are_told_apart(void **state)
{
	(void)state;
	struct lad_scenario s;
	char options[LAD_OPTIONS_MAX];
	scenarios_parse("modes: host\nworkloads:\n- {kind: tcp_stream}\n- {kind: tcp_stream, socket_buffer: auto}\n"
			"- {kind: tcp_stream, socket_buffer: 4MiB, congestion_control: bbr, receive: copy}\n",
			&s);
	static const char *const expected[] = {"", "buffer=auto", "buffer=4MiB cc=bbr receive=copy"};
	for (int i = 0; i < 3; i++) {
		lad_traffic_describe(&s.workloads[i].traffic, options);
		assert_string_equal(options, expected[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_keys_are_enough_and_the_rest_has_defaults),
	    cmocka_unit_test(test_every_key_reaches_the_struct),
	    cmocka_unit_test(test_a_rate_is_of_messages_or_bits_and_of_all_flows_or_each),
	    cmocka_unit_test(test_a_word_stands_for_a_list_of_one),
	    cmocka_unit_test(test_a_list_of_cpus_expands_to_workloads),
	    cmocka_unit_test(test_a_list_of_ip_expands_to_workloads_that_are_told_apart),
	    cmocka_unit_test(test_anchors_crlf_and_a_byte_order_mark_do_no_harm),
	    cmocka_unit_test(test_sixty_four_workloads_fit_and_one_more_does_not),
	    cmocka_unit_test(test_an_order_becomes_adjacent_relations),
	    cmocka_unit_test(test_an_order_that_says_nothing_is_refused),
	    cmocka_unit_test(test_workloads_that_differ_in_buffers_or_congestion_control_are_told_apart),
	};
	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
