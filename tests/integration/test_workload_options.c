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
	bool reverse = workload.manner.direction == LAD_REVERSE;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_segment_holds_no_more_than_the_maximum_in_either_direction),
	    cmocka_unit_test(test_messages_larger_than_the_buffers_do_not_wait_for_a_tick),
	};
	return cmocka_run_group_tests_name("workload options", tests, NULL, NULL);
}
