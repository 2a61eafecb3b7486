/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Agents that are far from each other: a long round trip, a slow path with a deep queue. */
#include "driven.h"
#include "far.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENT LAD_BUILD "/netladder-agent"
#define HALF_NS INT64_C(100000000) /* half a round trip */

static struct finished finished, sink_finished;

static void generate(const struct far *far, const char *workload, const char *const more[])
{
	const char *argv[24] = {AGENT, "generate", workload, "--to", FAR_THERE, "--token", "secret", "--json"};
	const char *const sink[] = {AGENT, "sink", "--token", "secret", "--json", NULL};
	struct support_program sink_program;
	size_t used = 8;
	while (*more)
		argv[used++] = *more++;
	support_begin(&sink_program, &sink_finished, far->netns[1], -1, sink);
	support_hear(&sink_program, "listening");
	support_run(&finished, far->netns[0], -1, argv);
	support_finish(&sink_program);
}

/* The number called NAME in the last line. */
static double figure(const struct finished *of, const char *name)
{
	char key[64];
	snprintf(key, sizeof key, "\"%s\":", name);
	const char *last = strstr(of->out, "\"type\":\"result\""), *at = last ? strstr(last, key) : NULL;
	if (!at)
		fail_msg("no %s: %s %s", name, of->out, of->err);
	return strtod(at + strlen(key), NULL);
}

static void test_a_response_after_a_long_round_trip_is_in_time(void **state)
{
	(void)state;
	struct far far;
	const char *const more[] = {"--duration=2s", "--flows=4", NULL};
	far_make(&far, (struct far_path){.delay_ns = HALF_NS});
	generate(&far, "udp_rr", more);
	support_expect(&finished, 0, "\"complete\":true", NULL);
	/* A machine that is busy may hold one up for longer than any limit: then it is late. */
	assert_that(figure(&finished, "transactions_per_s"), >, 2);
	assert_that(figure(&finished, "latency_p50_us"), >=, 2 * HALF_NS / 1000 * 0.99);
	assert_that(figure(&finished, "timeouts"), <=, 4);
	far_end(&far);
}

static void test_a_response_that_comes_after_all_is_late_and_not_none(void **state)
{
	(void)state;
	struct far far;
	struct driven told[LAD_ROLE_COUNT];
	static struct lad_agent_result result;
	far_make(&far, (struct far_path){.delay_ns = 3 * HALF_NS});
	/* Nobody tells the agents how far it is: the first response takes 600 ms, and one waits for 200. */
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		struct lad_job job = told_job((enum lad_role)role, LAD_UDP_RR, 1);
		snprintf(job.address, sizeof job.address, "%s", FAR_THERE);
		told[role] = driven_start(far.netns[role == LAD_SINK], NULL);
		driven_expect(&told[role], LAD_MESSAGE_HELLO);
		driven_say(&told[role], lad_protocol_prepare(&job));
		driven_expect(&told[role], LAD_MESSAGE_READY);
	}
	told_begin_all(told, LAD_ROLE_COUNT, INT64_C(5000000000));
	struct lad_message message = driven_hear(&told[LAD_GENERATOR], &result, TOLD_PATIENCE_MS);
	assert_int_equal(message.type, LAD_MESSAGE_RESULT);
	print_message("# %llu transactions, %llu late, %llu none\n", (unsigned long long)result.transactions,
		      (unsigned long long)result.late, (unsigned long long)result.timeouts);
	assert_that(result.late, >=, 1);
	assert_that(result.transactions, >=, 3);
	/* The limit grows with the first late one, so that those after it are in time. */
	assert_that(result.late + result.timeouts, <, 20);
	assert_that(result.latency.total, ==, result.transactions);
	for (int role = 0; role < LAD_ROLE_COUNT; role++)
		told_leave(&told[role]);
	far_end(&far);
}

static void test_flows_far_away_are_opened_together(void **state)
{
	(void)state;
	static const struct {
		const char *workload, *more;
	} cases[] = {
	    {"tcp_rr", "--pipeline=1"}, {"tcp_stream", "--rate=1000/s"}, {"udp_stream", "--direction=reverse"}};
	struct far far;
	far_make(&far, (struct far_path){.delay_ns = HALF_NS});
	for (size_t i = 0; i < 3; i++) {
		const char *const more[] = {"--duration=1s",
					    "--flows=300",
					    "--message-bytes=100",
					    cases[i].more,
					    i == 2 ? "--rate=1000/s" : NULL,
					    NULL};
		int64_t begun_ns = driven_now_ns();
		generate(&far, cases[i].workload, more);
		double took_s = (double)(driven_now_ns() - begun_ns) / 1e9;
		support_expect(&finished, 0, "\"complete\":true", NULL);
		print_message("# %s: %.1f s\n", cases[i].workload, took_s);
		/* One after the other they would take 60 s for the round trips alone. */
		assert_that(took_s, <, 30);
	}
	far_end(&far);
}

static void test_a_deep_queue_is_waited_for_and_shown(void **state)
{
	(void)state;
	static const char *const directions[] = {"--direction=forward", "--direction=reverse"};
	for (int i = 0; i < 2; i++) {
		struct far far;
		const char *const more[] = {"--duration=2s", "--socket-buffer=600kB", directions[i], NULL};
		/* Buffer and queue hold more than goes in the 5 s that one waits for a word of an end that is silent.
		 */
		far_make(&far, (struct far_path){.rate_bps = 1e6, .queue_bytes = 1000000});
		generate(&far, "tcp_stream", more);
		support_expect(&finished, 0, "\"complete\":true", NULL);
		support_expect(&finished, 0, "\"type\":\"draining\"", NULL);
		support_expect(&sink_finished, 0, "\"complete\":true", NULL);
		assert_that(figure(&finished, "goodput_bps"), <, 1.05e6);
		assert_that(figure(&finished, "goodput_bps"), >, 0.2e6);
		far_end(&far);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_response_after_a_long_round_trip_is_in_time),
	    cmocka_unit_test(test_a_response_that_comes_after_all_is_late_and_not_none),
	    cmocka_unit_test(test_flows_far_away_are_opened_together),
	    cmocka_unit_test(test_a_deep_queue_is_waited_for_and_shown),
	};
	return cmocka_run_group_tests_name("agent far", tests, NULL, NULL);
}
