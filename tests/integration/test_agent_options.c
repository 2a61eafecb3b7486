/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the agent by hand do to its packets what they do in a scenario, by counts that the kernel made. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/netlink.h"

#define AGENT LAD_BUILD "/netladder-agent"

static struct lad_host hosts[2];
static int wire_fd;
static struct lad_path path;
static char target[64], port[8];

static int build(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct lad_path_request request = {.hosts = hosts, .host_count = 2};
	if (lad_hosts_make(hosts, 2, LAD_IP_V4, 1500, 0, &wire_fd, &err) < 0 ||
	    lad_path_up(LAD_MODE_HOST, &request, &path, &err) < 0)
		fail_msg("%s", err.message);
	snprintf(target, sizeof target, "%s:%u", path.target_address, path.target_port);
	snprintf(port, sizeof port, "%u", path.listen_port);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	lad_path_close(&path);
	lad_hosts_close(hosts, 2, &wire_fd);
	return 0;
}

/* A run to its end, with whatever OPTIONS say (up to five, NULL after the last). */
static void generate(const char *workload, const char *const options[])
{
	static struct finished finished;
	const char *const sink_argv[] = {AGENT, "sink", "--port", port, "--token=secret", NULL};
	const char *argv[14] = {AGENT, "generate", workload, "--to", target, "--token=secret", "--warmup=0"};
	for (int i = 0; i < 5 && options[i]; i++)
		argv[7 + i] = options[i];
	pid_t sink = support_start(path.sink.netns_fd, -1, sink_argv);
	assert_true(support_wait_listening(path.sink.netns_fd, false, path.listen_port));
	support_run(&finished, path.generator.netns_fd, -1, argv);
	if (finished.code != 0)
		fail_msg("%s: code %d: %s", workload, finished.code, finished.err);
	assert_int_equal(support_end_of(sink), 0);
}

/* The payload of the mean segment that ENDPOINT sends in a run with OPTIONS. */
static double mean_segment(const struct lad_endpoint *endpoint, const char *const options[])
{
	struct lad_link_counters before, after;
	double segments = support_tcp_segments(endpoint->netns_fd);
	lad_link_counters(endpoint->netns_fd, endpoint->device, &before, NULL);
	generate("tcp_stream", options);
	lad_link_counters(endpoint->netns_fd, endpoint->device, &after, NULL);
	segments = support_tcp_segments(endpoint->netns_fd) - segments;
	/* Ethernet 14, IPv4 20, TCP 20 and its time stamps 12, once a (super-)packet. */
	return ((double)(after.tx_bytes - before.tx_bytes) - 66. * (double)(after.tx_packets - before.tx_packets)) /
	       segments;
}

/* The run's word goes before the traffic, and connections stand before the sink knows the job. */
static void test_a_segment_holds_no_more_than_the_maximum_in_either_direction(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		const char *const options[] = {"--bytes=20MB", i % 2 ? "--direction=reverse" : "--direction=forward",
					       i < 2 ? NULL : "--mss=1000", NULL};
		double mean = mean_segment(i % 2 ? &path.sink : &path.generator, options);
		print_message("# %s %s: %.1f bytes in a segment\n", options[1], options[2] ? options[2] : "", mean);
		if (i < 2)
			assert_that(mean, >, 1000);
		else
			assert_that(mean, <=, 1000 - 12);
	}
}

static void test_requests_and_responses_have_their_own_sizes_on_the_device(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_rr", "tcp_crr", "udp_rr"};
	enum { TRANSACTIONS = 2000, REQUEST = 100, RESPONSE = 1300 };
	for (size_t i = 0; i < 6; i++) {
		struct lad_link_counters before, after;
		const char *const options[] = {"--transactions=2000",
					       "--message-bytes=100",
					       "--response-bytes=1300",
					       i < 3 ? "--flows=1" : "--flows=3",
					       "--verify",
					       NULL};
		lad_link_counters(path.generator.netns_fd, path.generator.device, &before, NULL);
		generate(workloads[i % 3], options);
		lad_link_counters(path.generator.netns_fd, path.generator.device, &after, NULL);
		double out = (double)(after.tx_bytes - before.tx_bytes) / TRANSACTIONS;
		double in = (double)(after.rx_bytes - before.rx_bytes) / TRANSACTIONS;
		print_message("# %s: %.1f bytes out and %.1f in\n", workloads[i % 3], out, in);
		assert_that(out, >=, REQUEST);
		assert_that(out, <, RESPONSE);
		assert_that(in, >=, RESPONSE);
		assert_that(in, <, 2 * RESPONSE);
	}
}

static void test_what_does_not_go_together_is_exit_2(void **state)
{
	(void)state;
	static const struct {
		const char *words[4], *says;
	} cases[] = {{{"tcp_stream", "--response-bytes=9"}, "--response-bytes: only for tcp_rr, tcp_crr and udp_rr"},
		     {{"tcp_rr", "--response-bytes=9", "--message-mix=64 1400"},
		      "--response-bytes: a mix of sizes has responses as long as its requests; valid: one of the two"},
		     {{"udp_rr", "--response-bytes=64KiB"}, "--response-bytes: 65536 bytes is too large for udp_rr"},
		     {{"tcp_rr", "--response-bytes=0"}, "--response-bytes: 0 is not 1 to 1MiB"},
		     {{"udp_stream", "--mss=1000"}, "--mss: only for tcp_stream, tcp_rr and tcp_crr"},
		     {{"tcp_rr", "--mss=87"}, "--mss: 87 is not 88 to 32767"},
		     {{"tcp_rr", "--io=gso"}, "--io: only for udp_stream"},
		     {{"udp_rr", "--pipeline=2"}, "--pipeline: only for tcp_rr"},
		     {{"tcp_rr", "--pacing=never"}, "--pacing: unknown 'never'; valid: auto, timer"}};
	static struct finished finished;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const argv[] = {AGENT,
					    "generate",
					    "--to=192.0.2.1",
					    "--token=x",
					    cases[i].words[0],
					    cases[i].words[1],
					    cases[i].words[2],
					    NULL};
		support_run(&finished, -1, -1, argv);
		support_expect(&finished, 2, NULL, cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_segment_holds_no_more_than_the_maximum_in_either_direction),
	    cmocka_unit_test(test_requests_and_responses_have_their_own_sizes_on_the_device),
	    cmocka_unit_test(test_what_does_not_go_together_is_exit_2),
	};
	return cmocka_run_group_tests_name("agent options", tests, build, clear);
}
