/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wire carries its rate and never more, in windows of 20 packets on. */
#include "trial.h"

#include "netladder/netlink.h"
#include "netladder/network.h"

static struct trial_seen seen;

/* Payload in terms of the rate: at most 3 % over it, and below it by the headers and some percent. */
static void test_goodput_is_the_rate_of_a_slow_wire_and_never_more(void **state)
{
	(void)state;
	static const struct {
		double rate_bps, duration_s;
		const char *keys;
	} cases[] = {
	    {64e3, 1.5, "kind: udp_stream, message_bytes: 1000, rate: 200/s"}, /* 12 packets: a bucket would hold 100 */
	    {1e6, 0.25, "kind: udp_stream, message_bytes: 1400, rate: 4Mbit"},
	    {1e6, 0.25, "kind: tcp_stream"},
	    {8e6, 0.1, "kind: udp_stream, message_bytes: 1400, rate: 20Mbit, io: batch"},
	    {8e6, 0.1, "kind: udp_stream, message_bytes: 1000, rate: 20Mbit, io: gso"},
	    {8e6, 0.4, "kind: tcp_stream, flows: 2"},
	};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		struct lad_workload workload = trial_workload_of(cases[i / 2].keys);
		struct trial_wish wish = {.mode = i % 2 ? LAD_MODE_BRIDGE : LAD_MODE_HOST,
					  .workload = &workload,
					  .duration_s = cases[i / 2].duration_s,
					  .wire_rate_bps = cases[i / 2].rate_bps};
		struct lad_row row = trial_wished(&wish, &seen);
		double ratio = row.goodput_bps / wish.wire_rate_bps;
		/* In the 64 kbit/s window a packet more or less at an edge is 8 %. */
		double edge = wish.wire_rate_bps < 1e6 ? 0.09 : 0;
		print_message("# %.0f kbit/s, %s, %s: %.3f of it\n", wish.wire_rate_bps / 1e3, cases[i / 2].keys,
			      lad_mode_name(wish.mode), ratio);
		assert_that(ratio, <, 1.03 + edge);
		assert_that(ratio, >, 0.7 - edge); /* less than 0.8 on a machine that has no time for it */
	}
}

static void test_a_rate_beyond_32_bits_of_bytes_is_set_and_read_back(void **state)
{
	(void)state;
	static const double rates_bps[] = {64e3, 17.5e9, 40e9, 400e9};
	for (size_t i = 0; i < sizeof rates_bps / sizeof *rates_bps; i++) {
		struct lad_host hosts[2];
		struct lad_wire_shape shape;
		struct lad_error err = {0};
		int wire_fd;
		if (lad_hosts_make(hosts, 2, LAD_IP_V4, 1500, rates_bps[i], &wire_fd, &err) < 0 ||
		    lad_qdisc_read(hosts[1].netns_fd, "eth0", &shape, &err) < 0)
			fail_msg("%g: %s", rates_bps[i], err.message);
		assert_true(shape.rate_bps == rates_bps[i]);
		lad_hosts_close(hosts, 2, &wire_fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_goodput_is_the_rate_of_a_slow_wire_and_never_more),
	    cmocka_unit_test(test_a_rate_beyond_32_bits_of_bytes_is_set_and_read_back),
	};
	return cmocka_run_group_tests_name("slow wire", tests, NULL, NULL);
}
