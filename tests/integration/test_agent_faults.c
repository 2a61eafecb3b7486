/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent says when the socket refuses, the clock of the day is set, or memory runs out
 * (tests/support/faults.h). */
#include "driven.h"
#include "faults.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define DURATION_NS INT64_C(500000000)

/* Two agents in one namespace, both with the faults of one page. */
struct pair {
	int netns, faults_fd;
	struct faults *faults;
	struct driven told[LAD_ROLE_COUNT];
};

static struct lad_agent_result results[LAD_ROLE_COUNT];

static void open_pair(struct pair *pair)
{
	pair->netns = driven_new_netns();
	pair->faults_fd = faults_new(&pair->faults);
}

static void begin(struct pair *pair, struct lad_job job, int64_t duration_ns)
{
	const struct driven_options options = {.faults_fd = pair->faults_fd};
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		job.role = (enum lad_role)role;
		pair->told[role] = driven_start(pair->netns, &options);
		driven_expect(&pair->told[role], LAD_MESSAGE_HELLO);
		driven_say(&pair->told[role], lad_protocol_prepare(&job));
		driven_expect(&pair->told[role], LAD_MESSAGE_READY);
	}
	told_begin_all(pair->told, LAD_ROLE_COUNT, duration_ns);
}

static void hear_result(struct pair *pair, enum lad_role role)
{
	struct lad_message message = driven_hear(&pair->told[role], &results[role], TOLD_PATIENCE_MS);
	if (message.type != LAD_MESSAGE_RESULT)
		fail_msg("%s: %s", role == LAD_SINK ? "sink" : "generator", message.text);
}

static void close_pair(struct pair *pair)
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		driven_say(&pair->told[role], lad_protocol_bye());
		assert_int_equal(told_leave(&pair->told[role]), 0);
	}
	faults_free(pair->faults, pair->faults_fd);
	close(pair->netns);
}

static void test_what_the_socket_refuses_the_path_drops_and_the_queue_drops_are_three_counts(void **state)
{
	(void)state;
	static const enum lad_io ways[] = {LAD_IO_PLAIN, LAD_IO_BATCH};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct pair pair;
		struct lad_error err = {0};
		struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, 4);
		job.io = ways[i];
		job.message_bytes = 1000;
		open_pair(&pair);
		if (lad_qdisc_tbf(pair.netns, "lo", 10e6, &err) < 0)
			fail_msg("%s", err.message);
		pair.faults->refuse_every = 5;
		begin(&pair, job, 3 * DURATION_NS);
		/* A sink that does not come to read for a while, and then does again: its queue overflows. The first
		 * third of the window may pass before we come to stop it. */
		driven_pause_ms(100);
		kill(pair.told[LAD_SINK].pid, SIGSTOP);
		driven_pause_ms(350);
		kill(pair.told[LAD_SINK].pid, SIGCONT);
		hear_result(&pair, LAD_GENERATOR);
		driven_say(&pair.told[LAD_SINK], lad_protocol_sent(results[LAD_GENERATOR].messages_total));
		hear_result(&pair, LAD_SINK);
		uint64_t refused = pair.faults->refused, dropped = (uint64_t)support_tbf_drops(pair.netns, "lo");
		uint64_t overflowed = results[LAD_SINK].receive_queue_drops;
		uint64_t lost = results[LAD_GENERATOR].messages_total - results[LAD_SINK].messages_total;
		print_message("# io %s: sent %llu; refused %llu, dropped by the qdisc %llu and by the queue %llu\n",
			      lad_io_name(ways[i]), (unsigned long long)results[LAD_GENERATOR].messages_total,
			      (unsigned long long)refused, (unsigned long long)dropped, (unsigned long long)overflowed);
		assert_that(refused, >, 100);
		assert_that(dropped, >, 100);
		assert_that(overflowed, >, 100);
		/* A full socket buffer refuses as well (EAGAIN). */
		assert_that(results[LAD_GENERATOR].send_drops, >=, refused);
		assert_int_equal(lost, dropped + overflowed);
		close_pair(&pair);
	}
}

static void test_a_refused_request_is_a_timeout_and_the_next_one_goes(void **state)
{
	(void)state;
	struct pair pair;
	struct lad_job job = told_job(LAD_SINK, LAD_UDP_RR, 1);
	job.rate_per_s = 1000;
	open_pair(&pair);
	pair.faults->refuse_every = 10;
	begin(&pair, job, DURATION_NS);
	hear_result(&pair, LAD_GENERATOR);
	hear_result(&pair, LAD_SINK);
	/* Either end refuses: a request that never left, or a response. */
	uint64_t drops = results[LAD_GENERATOR].send_drops + results[LAD_SINK].send_drops;
	const struct lad_agent_result *generator = &results[LAD_GENERATOR];
	print_message("# %llu refused, %llu time-outs, %llu transactions, late by up to %.1f ms\n",
		      (unsigned long long)drops, (unsigned long long)generator->timeouts,
		      (unsigned long long)generator->transactions_total, generator->schedule_error_max_us / 1e3);
	assert_that(pair.faults->refused, >, 50);
	assert_int_equal(drops, pair.faults->refused);
	assert_int_equal(generator->transactions_total, 500 - generator->timeouts);
	assert_that(generator->timeouts, >=, drops);
	/* A response that a stalled machine brings after the time-out is one as well. */
	if (generator->schedule_error_max_us < 50e3)
		assert_int_equal(generator->timeouts, drops);
	close_pair(&pair);
}

/* The clock of the day jumps to and fro while the pair works. */
static void step_the_clock(struct faults *faults)
{
	static const int64_t hour_ns = INT64_C(3600) * 1000000000;
	static const int64_t steps_ns[] = {3, -5, 24 * 365, -24 * 365, 0};
	int64_t until_ns = driven_now_ns() + DURATION_NS + 100000000;
	for (int i = 0; driven_now_ns() < until_ns; i++) {
		faults->step_ns = steps_ns[i % 5] * hour_ns;
		driven_pause_ms(3);
	}
	faults->step_ns = 0;
}

static void test_steps_of_the_clock_of_the_day_do_not_reach_the_figures(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (int i = 0; i < 4; i++) {
		struct pair pair;
		struct lad_job job = told_job(LAD_SINK, kinds[i], 1);
		job.sample_ns = 50000000;
		job.rate_per_s = i == 1 ? 500 : 0;
		job.timestamps = kinds[i] != LAD_TCP_CRR && i != 1;
		open_pair(&pair);
		int64_t begun_ns = driven_now_ns();
		begin(&pair, job, DURATION_NS);
		step_the_clock(pair.faults);
		hear_result(&pair, LAD_GENERATOR);
		hear_result(&pair, LAD_SINK);
		int64_t took_ns = driven_now_ns() - begun_ns;
		assert_true(pair.faults->clock_reads > (job.timestamps ? 200 : 1));
		for (int role = 0; role < LAD_ROLE_COUNT; role++) {
			const struct lad_agent_result *result = &results[role];
			/* Between two edges, and the first may be noticed late. */
			assert_in_range(result->elapsed_ns, DURATION_NS / 2, took_ns);
			assert_in_range(result->sample_count, 2, DURATION_NS / job.sample_ns);
			for (int j = 1; j < result->sample_count; j++)
				assert_that(result->samples[j].time_ns, >, result->samples[j - 1].time_ns);
			assert_in_range(result->samples[result->sample_count - 1].time_ns, 1, took_ns);
		}
		const struct lad_histogram *latency = &results[LAD_GENERATOR].latency;
		const struct lad_histogram *kernel = &results[LAD_GENERATOR].kernel_latency;
		assert_that(latency->total, >, 100);
		assert_that(latency->max_ns, <, took_ns);
		/* The kernel stamps by the clock of the day: between its two stamps the clock may be set. */
		if (job.timestamps)
			assert_true(kernel->total > latency->total / 2 && kernel->min_ns > 0);
		assert_that(kernel->max_ns, <=, latency->max_ns);
		assert_that(kernel->total, <=, latency->total);
		close_pair(&pair);
	}
}

/* Says LINE, whether or not anybody is there. */
static void offer(struct driven *told, char *line)
{
	assert_non_null(line);
	ssize_t written = write(told->input, line, strlen(line));
	assert_true(written > 0 || errno == EPIPE);
	free(line);
}

/* Plays a whole trial with the generator that PAGE troubles. Returns how the generator ended. */
static int play(int netns, struct lad_job job, int faults_fd)
{
	const struct driven_options options = {.faults_fd = faults_fd};
	static struct lad_agent_result result;
	struct driven sink = driven_start(netns, NULL), generator = driven_start(netns, &options);
	driven_expect(&sink, LAD_MESSAGE_HELLO);
	job.role = LAD_SINK;
	driven_say(&sink, lad_protocol_prepare(&job));
	driven_expect(&sink, LAD_MESSAGE_READY);
	struct lad_message message = driven_hear(&generator, NULL, TOLD_PATIENCE_MS);
	if (message.type == LAD_MESSAGE_HELLO) {
		job.role = LAD_GENERATOR;
		offer(&generator, lad_protocol_prepare(&job));
		message = driven_hear(&generator, NULL, TOLD_PATIENCE_MS);
	}
	if (message.type == LAD_MESSAGE_READY) {
		struct lad_window window = {driven_now_ns(), 0, 5000000};
		offer(&generator, lad_protocol_start(&window));
		message = driven_hear(&generator, &result, TOLD_PATIENCE_MS);
	}
	if (message.type == LAD_MESSAGE_RESULT) {
		offer(&generator, lad_protocol_bye());
		struct lad_message last = driven_hear(&generator, NULL, TOLD_PATIENCE_MS);
		message = last.type == LAD_MESSAGE_ERROR ? last : message; /* "bye" takes memory, too */
	}
	int code = told_leave(&generator);
	/* Not silent: an error for the runner, or an end of its own with code 3. */
	if (code == LAD_EXIT_OK)
		assert_int_equal(message.type, LAD_MESSAGE_RESULT);
	else if (code != LAD_EXIT_UNABLE && message.type != LAD_MESSAGE_ERROR)
		fail_msg("the agent ends with %d and has said %d last", code, (int)message.type);
	offer(&sink, lad_protocol_bye());
	assert_in_range(told_leave(&sink), 0, 1); /* it was never told to start: a generator's end may be a reset */
	return code;
}

static void test_whichever_allocation_fails_the_agent_ends_in_order(void **state)
{
	(void)state;
	if (TOLD_SANITIZED)
		support_skip("a sanitizer has an allocator of its own, which these faults do not reach");
	struct faults *faults;
	int netns = driven_new_netns(), fd = faults_new(&faults), endings[4] = {0};
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		struct lad_job job = told_job(LAD_GENERATOR, i ? LAD_UDP_STREAM : LAD_TCP_RR, 2);
		job.io = i ? LAD_IO_BATCH : LAD_IO_PLAIN;
		uint64_t number = 0, step = 1;
		faults->for_good = (uint64_t)i;
		do {
			faults->allocations = 0;
			number += step;
			step += number > 200 ? step / 8 + 1 : 0; /* the many small ones of the result are alike */
			faults->fail_allocation = number;
			int code = play(netns, job, fd);
			if (code != LAD_EXIT_OK && code != LAD_EXIT_REFUTED && code != LAD_EXIT_UNABLE)
				fail_msg("allocation %llu: the agent ends with %d", (unsigned long long)number, code);
			endings[code]++;
		} while (faults->allocations >= number);
		print_message("# %s: %llu allocations; ended in order %d times, with an error %d times, at once %d\n",
			      lad_workload_name(job.workload), (unsigned long long)faults->allocations, endings[0],
			      endings[1], endings[3]);
		assert_that(number, >, 20);
		assert_that(endings[LAD_EXIT_REFUTED] + endings[LAD_EXIT_UNABLE], >, 10);
	}
	faults_free(faults, fd);
	close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_the_socket_refuses_the_path_drops_and_the_queue_drops_are_three_counts),
	    cmocka_unit_test(test_a_refused_request_is_a_timeout_and_the_next_one_goes),
	    cmocka_unit_test(test_steps_of_the_clock_of_the_day_do_not_reach_the_figures),
	    cmocka_unit_test(test_whichever_allocation_fails_the_agent_ends_in_order),
	};
	return cmocka_run_group_tests_name("agent faults", tests, NULL, NULL);
}
