/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What options of a workload do to its packets, by counts that the kernel made. */
#include "trial.h"

#include "netladder/netlink.h"

static struct trial_seen seen;

static struct {
	double generator, sink;
} segments; /* that each sent, once the trial is over */

static void note_segments(const struct lad_path *path)
{
	segments.generator = support_tcp_segments(path->generator.netns_fd);
	segments.sink = support_tcp_segments(path->sink.netns_fd);
}

/* The payload of a mean segment that the sender of a stream sent: in a namespace of its own nobody else sends any. */
static double mean_segment(enum lad_mode mode, const char *keys)
{
	struct lad_workload workload = trial_workload_of(keys);
	struct trial_wish wish = {.mode = mode, .workload = &workload, .duration_s = 0.2, .measured = note_segments};
	trial_wished(&wish, &seen);
	bool reverse = workload.traffic.direction == LAD_REVERSE;
	assert_that((double)seen.sink.bytes_total, >, 0);
	return (double)seen.sink.bytes_total / (reverse ? segments.sink : segments.generator);
}

static void test_a_segment_holds_no_more_than_the_maximum_in_either_direction(void **state)
{
	(void)state;
	static const char *const directions[] = {"forward", "reverse"};
	enum { MSS = 700, TIME_STAMPS = 12 };
	for (size_t i = 0; i < 2 * TRIAL_MODES; i++) {
		char keys[128];
		snprintf(keys, sizeof keys, "kind: tcp_stream, direction: %s", directions[i % 2]);
		assert_that(mean_segment(trial_modes[i / 2], keys), >, MSS);
		snprintf(keys, sizeof keys, "kind: tcp_stream, direction: %s, mss: %d", directions[i % 2], MSS);
		double mean = mean_segment(trial_modes[i / 2], keys);
		print_message("# %s %s: %.1f bytes in a segment\n", lad_mode_name(trial_modes[i / 2]),
			      directions[i % 2], mean);
		assert_that(mean, <=, MSS - TIME_STAMPS);
		assert_that(mean, >, (MSS - TIME_STAMPS) / 2.);
	}
}

/* Who answers in recv() does not see that the socket has room again: it came back for the rest at the next tick. */
static void test_messages_larger_than_the_buffers_do_not_wait_for_a_tick(void **state)
{
	(void)state;
	double rates[2];
	for (int small = 0; small < 2; small++) {
		struct lad_workload workload = trial_workload(LAD_TCP_RR, 1 << 20, 1);
		workload.socket_buffer_bytes = small ? 65536 : 4 << 20;
		rates[small] = trial_run(LAD_MODE_HOST, &workload, 0.5, &seen).transactions_per_s;
	}
	assert_that(rates[1], >, rates[0] / 20);
}

/* In the window, however long that takes. */
#define LINK_TRANSACTIONS 60

/* What crossed the generator's device, per transaction. */
static struct {
	struct lad_link_counters before, after;
} link_seen;

static void note_link_before(const struct lad_path *path)
{
	lad_link_counters(path->generator.netns_fd, path->generator.device, &link_seen.before, NULL);
}

static void note_link_after(const struct lad_path *path)
{
	lad_link_counters(path->generator.netns_fd, path->generator.device, &link_seen.after, NULL);
}

static struct lad_agent_result run_on_the_link(enum lad_mode mode, const char *keys)
{
	struct lad_workload workload = trial_workload_of(keys);
	workload.traffic.transactions = LINK_TRANSACTIONS;
	struct trial_wish wish = {.mode = mode,
				  .workload = &workload,
				  .duration_s = TRIAL_PATIENCE_S,
				  .built = note_link_before,
				  .measured = note_link_after};
	trial_wished(&wish, &seen);
	assert_that((double)seen.generator.transactions_total, >, 0);
	return seen.generator;
}

static void test_requests_and_responses_have_their_own_sizes_on_the_device(void **state)
{
	(void)state;
	static const char *const kinds[] = {"tcp_rr", "tcp_crr", "udp_rr"};
	static const int sizes[][2] = {{100, 1300}, {1300, 100}, {1300, 1}};
	/* Headers of all packets of a transaction: of a whole connection seven or so. */
	static const double headers_most[] = {200, 600, 60};
	for (size_t i = 0; i < TRIAL_MODES * 9; i++) {
		size_t kind = i % 3;
		const int *size = sizes[i / 3 % 3];
		char keys[160];
		snprintf(keys, sizeof keys,
			 "kind: %s, message_bytes: %d, response_bytes: %d, payload: random, verify: true", kinds[kind],
			 size[0], size[1]);
		struct lad_agent_result generator = run_on_the_link(trial_modes[i / 9], keys);
		double transactions = (double)generator.transactions_total;
		double out = (double)(link_seen.after.tx_bytes - link_seen.before.tx_bytes) / transactions;
		double in = (double)(link_seen.after.rx_bytes - link_seen.before.rx_bytes) / transactions;
		print_message("# %s %s: %.1f bytes out and %.1f in\n", lad_mode_name(trial_modes[i / 9]), keys, out,
			      in);
		assert_that(out, >=, size[0]);
		assert_that(out, <, size[0] + headers_most[kind]);
		assert_that(in, >=, size[1]);
		assert_that(in, <, size[1] + headers_most[kind]);
		assert_true(generator.bytes_total == generator.transactions_total * (uint64_t)size[0]);
	}
}

static void test_a_response_of_any_size_arrives_whole_however_it_is_asked_for(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_rr, response_bytes: 1MiB",
	    "kind: tcp_rr, response_bytes: 1MiB, socket_buffer: 64KiB, flows: 2",
	    "kind: tcp_rr, message_bytes: 1MiB, response_bytes: 3, pipeline: 4",
	    "kind: tcp_rr, response_bytes: 70000, pipeline: 8, flows: 3",
	    "kind: tcp_rr, message_bytes: 9, response_bytes: 500, rate: 500/s, flows: 2",
	    "kind: tcp_rr, response_bytes: 500, timestamps: true",
	    "kind: tcp_rr, response_bytes: 500, think_time: 1ms, threads: 2, flows: 4",
	    "kind: tcp_crr, response_bytes: 1MiB",
	    "kind: tcp_crr, response_bytes: 70000, requests: 3, flows: 3",
	    "kind: tcp_crr, message_bytes: 1MiB, response_bytes: 1, flows: 2, threads: 2",
	    "kind: udp_rr, response_bytes: 60000",
	    "kind: udp_rr, message_bytes: 60000, response_bytes: 1, flows: 3",
	    "kind: udp_rr, message_bytes: 64, response_bytes: 20, flows: 3, threads: 2",
	    "kind: udp_rr, message_bytes: 64, response_bytes: 4, rate: 500/s",
	    "kind: udp_rr, response_bytes: 24, timestamps: true",
	};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		char keys[160];
		snprintf(keys, sizeof keys, "%s, payload: %s, verify: true", cases[i / 2], i % 2 ? "random" : "zero");
		print_message("# %s\n", keys);
		run_on_the_link(LAD_MODE_BRIDGE, keys);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_segment_holds_no_more_than_the_maximum_in_either_direction),
	    cmocka_unit_test(test_messages_larger_than_the_buffers_do_not_wait_for_a_tick),
	    cmocka_unit_test(test_requests_and_responses_have_their_own_sizes_on_the_device),
	    cmocka_unit_test(test_a_response_of_any_size_arrives_whole_however_it_is_asked_for),
	};
	return cmocka_run_group_tests_name("workload options", tests, NULL, NULL);
}
