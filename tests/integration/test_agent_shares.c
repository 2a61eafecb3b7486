/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the threads of an agent share out: amounts, bursts, and datagrams that come back. The sums are exact. */
#include "driven.h"

#include <math.h>
#include <unistd.h>

#define FLOWS 5
#define THREADS_MOST 3
#define DURATION_NS INT64_C(600000000)
/* The most that a stream reads at a time. */
#define READ_MOST (1 << 20)

static struct lad_agent_result results[LAD_ROLE_COUNT];
static const struct lad_agent_result *const generator = &results[LAD_GENERATOR], *const sink = &results[LAD_SINK];

static void hear_result(struct driven told[LAD_ROLE_COUNT], enum lad_role role)
{
	struct lad_message message = driven_hear(&told[role], &results[role], TOLD_PATIENCE_MS);
	if (message.type != LAD_MESSAGE_RESULT)
		fail_msg("%s: %d %s", role == LAD_SINK ? "sink" : "generator", (int)message.type, message.text);
}

static void say_bye(struct driven told[LAD_ROLE_COUNT])
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		driven_say(&told[role], lad_protocol_bye());
		assert_int_equal(told_leave(&told[role]), 0);
	}
}

static void run_to_amount(int netns, struct lad_job job)
{
	struct driven told[LAD_ROLE_COUNT];
	enum lad_role counts = lad_counting_role(job.workload, job.direction);
	enum lad_role other = counts == LAD_SINK ? LAD_GENERATOR : LAD_SINK;
	driven_start_pair(netns, job, told);
	told_begin_all(told, LAD_ROLE_COUNT, TOLD_PATIENCE_MS * INT64_C(1000000));
	struct lad_message message = driven_hear(&told[counts], NULL, TOLD_PATIENCE_MS);
	if (message.type != LAD_MESSAGE_ENOUGH)
		fail_msg("message %d: %s", (int)message.type, message.text);
	/* Of transactions the generator has to be quiet before the sink may close its books. */
	if (!lad_is_stream(job.workload))
		hear_result(told, counts);
	driven_say(&told[other], lad_protocol_enough());
	hear_result(told, other);
	if (lad_is_stream(job.workload))
		hear_result(told, counts);
	say_bye(told);
}

static void test_transactions_of_all_threads_are_those_that_were_asked(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	static const int64_t amounts[] = {2, 2003}; /* fewer than threads, and a prime */
	for (int i = 0; i < 3 * 2 * THREADS_MOST; i++) {
		int netns = driven_new_netns();
		struct lad_job job = told_job(LAD_SINK, kinds[i % 3], FLOWS);
		job.amount = amounts[i / 3 % 2];
		job.threads = 1 + i / 6;
		run_to_amount(netns, job);
		print_message("# %s, %d threads: %llu, the sink %llu\n", lad_workload_name(job.workload), job.threads,
			      (unsigned long long)generator->transactions,
			      (unsigned long long)sink->transactions_total);
		assert_int_equal(generator->transactions, job.amount);
		assert_int_equal(generator->latency.total, job.amount);
		/* A flow's last may be on its way at the end; of datagrams also what a stall had somebody ask again. */
		uint64_t more = job.workload == LAD_UDP_RR ? 2003 : FLOWS;
		assert_in_range(sink->transactions_total, generator->transactions_total,
				generator->transactions_total + more);
		close(netns);
	}
}

static void test_bytes_of_all_threads_are_those_that_were_asked(void **state)
{
	(void)state;
	static const enum lad_direction directions[] = {LAD_FORWARD, LAD_REVERSE, LAD_BOTH_WAYS};
	for (int i = 0; i < 3 * THREADS_MOST; i++) {
		int netns = driven_new_netns();
		struct lad_job job = told_job(LAD_SINK, LAD_TCP_STREAM, FLOWS);
		job.amount = 50000017;
		job.threads = 1 + i / 3;
		job.direction = directions[i % 3];
		run_to_amount(netns, job);
		bool reverse = job.direction == LAD_REVERSE;
		uint64_t bytes = reverse ? generator->bytes : sink->bytes;
		print_message("# %s, %d threads: %llu\n", lad_direction_name(job.direction), job.threads,
			      (unsigned long long)bytes);
		/* And what the last read of a thread had over. */
		assert_in_range(bytes, job.amount, job.amount + job.threads * (READ_MOST - 1));
		assert_int_equal(sink->bytes_total, generator->bytes_total);
		assert_int_equal(sink->reverse_bytes_total, generator->reverse_bytes_total);
		assert_true(job.direction != LAD_BOTH_WAYS || generator->reverse_bytes > 0);
		close(netns);
	}
}

static void test_bytes_of_datagrams_are_what_the_kernel_counts(void **state)
{
	(void)state;
	for (int threads = 1; threads <= THREADS_MOST; threads++) {
		int netns = driven_new_netns();
		struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, FLOWS);
		job.amount = 64 * 10007;
		job.threads = threads;
		run_to_amount(netns, job);
		struct udp_counters udp = support_udp_counters(netns);
		print_message("# %d threads: %llu bytes; sent %llu, came %llu; the kernel %.0f, %.0f, overflows %.0f\n",
			      threads, (unsigned long long)sink->bytes, (unsigned long long)generator->messages_total,
			      (unsigned long long)sink->messages_total, udp.out, udp.in, udp.errors);
		/* A datagram is counted whole. */
		assert_in_range(sink->bytes, job.amount, job.amount + threads * 63);
		assert_true((double)generator->messages_total == udp.out);
		assert_true((double)sink->messages_total == udp.in);
		assert_true((double)sink->receive_queue_drops == udp.errors);
		assert_int_equal(sink->messages_total + sink->receive_queue_drops, generator->messages_total);
		close(netns);
	}
}

static void run_for_duration(int netns, struct lad_job job)
{
	struct driven told[LAD_ROLE_COUNT];
	driven_start_pair(netns, job, told);
	told_begin_all(told, LAD_ROLE_COUNT, DURATION_NS);
	for (int role = LAD_ROLE_COUNT - 1; role >= 0; role--)
		hear_result(told, (enum lad_role)role);
	say_bye(told);
}

static void test_bursts_of_all_threads_are_as_many_as_one_threads(void **state)
{
	(void)state;
	for (int threads = 1; threads <= THREADS_MOST; threads++) {
		int netns = driven_new_netns();
		struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, FLOWS);
		job.rate_per_s = 200;
		job.burst = 12; /* ten of them, and never so many that a socket's buffer could not hold them all */
		job.threads = threads;
		run_for_duration(netns, job);
		struct udp_counters udp = support_udp_counters(netns);
		print_message("# %d threads: %.0f datagrams of 120\n", threads, udp.out);
		assert_int_equal(generator->messages_total, 120);
		assert_true(udp.out == 120);
		assert_int_equal(sink->messages_total, 120);
		close(netns);
	}
}

static void test_datagrams_of_several_threads_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * LAD_IO_COUNT; i++) {
		int netns = driven_new_netns();
		struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, FLOWS);
		job.io = (enum lad_io)(i / 2);
		job.direction = i % 2 ? LAD_BOTH_WAYS : LAD_REVERSE;
		job.rate_per_s = 400;
		job.threads = 2;
		job.verify = true;
		run_for_duration(netns, job);
		print_message("# %s, %s: %llu there, %llu back\n", lad_io_name(job.io),
			      lad_direction_name(job.direction), (unsigned long long)sink->messages_total,
			      (unsigned long long)generator->messages_total);
		uint64_t back =
		    job.direction == LAD_REVERSE ? generator->messages_total : generator->reverse_messages_total;
		assert_int_equal(sink->messages_total, generator->messages_total);
		assert_int_equal(sink->reverse_messages_total, generator->reverse_messages_total);
		assert_int_equal(back, 240);
		assert_int_equal(generator->duplicates + sink->duplicates, 0);
		/* The kernel has counted the greetings, too; and of gso super-packets. */
		assert_true(job.io == LAD_IO_GSO ||
			    support_udp_counters(netns).out >= (double)(i % 2 ? 2 * back : back));
		close(netns);
	}
}

static void test_datagrams_that_come_back_as_fast_as_they_go_are_all_accounted_for(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, FLOWS);
	job.direction = LAD_BOTH_WAYS;
	job.threads = THREADS_MOST;
	run_for_duration(netns, job);
	print_message("# there %llu of %llu, back %llu of %llu\n", (unsigned long long)sink->messages_total,
		      (unsigned long long)generator->messages_total,
		      (unsigned long long)generator->reverse_messages_total,
		      (unsigned long long)sink->reverse_messages_total);
	assert_int_equal(sink->messages_total + sink->receive_queue_drops, generator->messages_total);
	assert_int_equal(generator->reverse_messages_total + generator->receive_queue_drops,
			 sink->reverse_messages_total);
	assert_true(sink->messages_total > 1000 && generator->reverse_messages_total > 1000);
	close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transactions_of_all_threads_are_those_that_were_asked),
	    cmocka_unit_test(test_bytes_of_all_threads_are_those_that_were_asked),
	    cmocka_unit_test(test_bytes_of_datagrams_are_what_the_kernel_counts),
	    cmocka_unit_test(test_bursts_of_all_threads_are_as_many_as_one_threads),
	    cmocka_unit_test(test_datagrams_of_several_threads_come_back),
	    cmocka_unit_test(test_datagrams_that_come_back_as_fast_as_they_go_are_all_accounted_for),
	};
	return cmocka_run_group_tests_name("agent shares", tests, NULL, NULL);
}
