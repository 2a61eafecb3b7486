/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arithmetic of the traffic engine: numbering, sizes, schedules, the payload and where the steady state begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/workload/udp_sequence.h"
#include "agent/workload/udp_stamp.h"
#include "netladder/scenario.h"
#include "netladder/sizes.h"
#include "run/steady.h"

static struct udp_sequence *new_sequence(void)
{
	struct udp_sequence *sequence = calloc(1, sizeof *sequence);
	assert_non_null(sequence);
	return sequence;
}

static void test_what_is_missing_is_neither_late_nor_twice(void **state)
{
	(void)state;
	struct udp_sequence *sequence = new_sequence();
	uint64_t fresh = 0;
	for (uint64_t number = 0; number < 300000; number++)
		if (number % 7 != 3)
			fresh += udp_sequence_note(sequence, number);
	assert_int_equal(fresh, 300000 - 42857);
	assert_int_equal(sequence->reordered, 0);
	assert_int_equal(sequence->duplicates, 0);
	free(sequence);
}

static void test_late_and_doubled_datagrams_are_told_apart(void **state)
{
	(void)state;
	struct udp_sequence *sequence = new_sequence();
	static const uint64_t arrivals[] = {0, 1, 3, 2, 2, 4, 4, 7, 5, 3};
	static const bool fresh[] = {1, 1, 1, 1, 0, 1, 0, 1, 1, 0};
	for (size_t i = 0; i < sizeof arrivals / sizeof *arrivals; i++)
		assert_int_equal(udp_sequence_note(sequence, arrivals[i]), fresh[i]);
	assert_int_equal(sequence->reordered, 2); /* 2 and 5; a duplicate is not late as well */
	assert_int_equal(sequence->duplicates, 3);
	assert_int_equal(sequence->next, 8);
	free(sequence);
}

/* A slow reference: every number that ever came, each with its count. */
static void test_runs_count_as_their_datagrams_would_one_by_one(void **state)
{
	(void)state;
	enum { NUMBERS = 4096, RUNS = 400 };
	struct udp_sequence *sequence = new_sequence();
	static unsigned char came[NUMBERS + 256];
	uint64_t random = 7, highest = 0, duplicates = 0, reordered = 0, fresh = 0, fresh_expected = 0;
	memset(came, 0, sizeof came);
	for (int run = 0; run < RUNS; run++) {
		uint64_t first = lad_random_next(&random) % NUMBERS, count = 1 + lad_random_next(&random) % 200;
		fresh += udp_sequence_note_run(sequence, first, count);
		for (uint64_t number = first; number < first + count; number++) {
			duplicates += came[number];
			reordered += !came[number] && number < highest;
			fresh_expected += !came[number];
			came[number] = 1;
			highest = number >= highest ? number + 1 : highest;
		}
	}
	assert_int_equal(fresh, fresh_expected);
	assert_int_equal(sequence->duplicates, duplicates);
	assert_int_equal(sequence->reordered, reordered);
	assert_int_equal(sequence->next, highest);
	free(sequence);
}

static void test_a_gap_of_a_whole_history_leaves_nothing_behind(void **state)
{
	(void)state;
	struct udp_sequence *sequence = new_sequence();
	for (uint64_t number = 0; number < UDP_SEQUENCE_HISTORY; number++)
		udp_sequence_note(sequence, number);
	/* The same places in the history, two histories later: none of them is a duplicate. */
	for (uint64_t number = 2 * UDP_SEQUENCE_HISTORY; number < 3 * UDP_SEQUENCE_HISTORY; number++)
		assert_true(udp_sequence_note(sequence, number));
	/* Half of the numbers that were jumped over, late. */
	assert_true(udp_sequence_note_run(sequence, 5 * UDP_SEQUENCE_HISTORY, 10) == 10);
	assert_true(udp_sequence_note(sequence, 5 * UDP_SEQUENCE_HISTORY - 1));
	assert_false(udp_sequence_note(sequence, 5 * UDP_SEQUENCE_HISTORY - 1));
	assert_int_equal(sequence->reordered, 1);
	assert_int_equal(sequence->duplicates, 1);
	free(sequence);
}

static void test_jitter_is_that_of_rfc_3550(void **state)
{
	(void)state;
	struct udp_sequence *sequence = new_sequence();
	static const int64_t transits_ns[] = {1000, 1160, 1000, 1000, 5000};
	/* J += (|D| - J) / 16, by hand: 10, 19.375, 18.1640625, 267.0288... */
	static const double jitters_ns[] = {0, 10, 19.375, 18.1640625, 267.02880859375};
	for (size_t i = 0; i < sizeof transits_ns / sizeof *transits_ns; i++) {
		udp_sequence_transit(sequence, transits_ns[i]);
		assert_true(fabs(sequence->jitter_ns - jitters_ns[i]) < 1e-9);
	}
	free(sequence);
}

static void test_a_packet_of_many_datagrams_counts_each_of_them(void **state)
{
	(void)state;
	enum { SIZE = 65, FULL = 30, REST = 40 };
	static char packet[FULL * SIZE + REST];
	struct agent *agent = calloc(1, sizeof *agent);
	assert_non_null(agent);
	agent->sequences = new_sequence();
	agent->enough = UINT64_MAX;
	agent->job.flows = 1;
	agent->job.shared_clock = true;
	for (int i = 0; i <= FULL; i++) {
		udp_stamp_identify(packet + i * SIZE, 0);
		/* Ten of the warm-up, then twenty of the window, number 25 missing, and a short one at the end. */
		udp_stamp_write(packet + i * SIZE, i < 10 ? AGENT_WARMUP : AGENT_WINDOW, (uint64_t)(i < 25 ? i : i + 1),
				1000);
	}
	udp_stream_count(agent, packet, sizeof packet, SIZE, 3500);
	assert_int_equal(agent->counters.messages, FULL + 1);
	assert_int_equal(agent->counters.bytes, sizeof packet);
	assert_int_equal(agent->result.window_messages, FULL + 1 - 10);
	assert_int_equal(agent->sequences->next, FULL + 2);
	assert_int_equal(agent->result.latency.total, FULL + 1 - 10);
	assert_int_equal(agent->result.latency.min_ns, 2500);
	udp_stream_count(agent, packet, sizeof packet, SIZE, 3500);
	assert_int_equal(agent->counters.messages, FULL + 1); /* all of them twice */
	assert_int_equal(agent->sequences->duplicates, FULL + 1);
	/* Each was due at a time of its own, as in an open loop: each has a delay of its own. */
	udp_stamp_write(packet, AGENT_WINDOW, 100, 1000);
	udp_stamp_write(packet + SIZE, AGENT_WINDOW, 101, 3000);
	udp_stream_count(agent, packet, 2 * SIZE, SIZE, 3500);
	assert_int_equal(agent->result.latency.total, FULL + 1 - 10 + 2);
	assert_int_equal(agent->result.latency.min_ns, 500);
	assert_int_equal(agent->result.latency.max_ns, 2500);
	packet[0] ^= 1; /* somebody else's */
	udp_stream_count(agent, packet, SIZE, SIZE, 3500);
	assert_int_equal(agent->sequences->duplicates, FULL + 1);
	free(agent->sequences);
	free(agent);
}

static void test_a_job_that_the_kernel_cannot_pace_is_refused_before_a_socket_opens(void **state)
{
	(void)state;
	static const struct {
		struct lad_job job;
		const char *reason;
	} cases[] = {
	    {{.workload = LAD_UDP_STREAM, .txtime = true, .rate_per_s = 10, .direction = LAD_REVERSE},
	     "direction forward"},
	    {{.workload = LAD_UDP_STREAM, .pacing_bps = 1e6, .direction = LAD_BOTH_WAYS}, "direction forward"},
	    {{.workload = LAD_UDP_STREAM, .txtime = true, .rate_per_s = 10, .io = LAD_IO_GSO}, "super-packet"},
	    {{.workload = LAD_UDP_STREAM, .txtime = true, .rate_per_s = 10, .burst = 37}, "at most 36 a flow"},
	    {{.workload = LAD_UDP_STREAM, .txtime = true}, "with a rate"},
	    {{.workload = LAD_TCP_RR, .txtime = true, .rate_per_s = 10}, "for a udp_stream"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_job job = cases[i].job;
		struct lad_error err;
		struct agent *agent = agent_new(NULL);
		assert_non_null(agent);
		job.role = LAD_GENERATOR;
		job.flows = job.threads = 1;
		assert_int_equal(agent_prepare(agent, &job, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		assert_non_null(strstr(err.message, cases[i].reason));
		free(agent);
	}
}

static void test_sizes_are_read_and_drawn_as_written(void **state)
{
	(void)state;
	struct lad_sizes sizes;
	struct lad_error err;
	uint64_t random = 1, counts[3] = {0};
	assert_int_equal(lad_sizes_parse("imix", &sizes, &err), 0);
	assert_int_equal(lad_sizes_least(&sizes), 24);
	assert_int_equal(lad_sizes_most(&sizes), 1400);
	assert_true(fabs(lad_sizes_mean(&sizes) - (24 * 7 + 548 * 4 + 1400) / 12.) < 1e-9);
	for (int i = 0; i < 120000; i++) {
		int64_t drawn = lad_sizes_draw(&sizes, &random);
		counts[drawn == 24 ? 0 : drawn == 548 ? 1 : 2]++;
	}
	/* 70000, 40000 and 10000 are expected; four standard deviations of a binomial are at most 683. */
	assert_true(llabs((long long)counts[0] - 70000) < 683 && llabs((long long)counts[1] - 40000) < 683 &&
		    llabs((long long)counts[2] - 10000) < 383);
	assert_int_equal(lad_sizes_parse("64..66", &sizes, &err), 0);
	uint64_t seen = 0;
	for (int i = 0; i < 1000; i++) {
		int64_t drawn = lad_sizes_draw(&sizes, &random);
		assert_in_range(drawn, 64, 66);
		seen |= UINT64_C(1) << (drawn - 64);
	}
	assert_int_equal(seen, 7);
	static const char *const wrong[] = {
	    "",	    "0",       "64,1400", "64..64",    "64..",
	    "64*0", "64*2000", "2000000", "64 64..70", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
	    "64 ",  "-5"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(lad_sizes_parse(wrong[i], &sizes, &err), -1);
}

static void test_the_schedule_does_not_drift(void **state)
{
	(void)state;
	static struct agent agent;
	agent.pace.base_ns = INT64_C(1000000000000000);
	agent.pace.interval_ns = 1e9 / 3000; /* no whole number of nanoseconds */
	for (uint64_t second = 0; second < 100000; second += 9999)
		assert_int_equal(agent_pace_due_ns(&agent, second * 3000) - agent.pace.base_ns,
				 (int64_t)second * 1000000000);
	assert_int_equal(agent_pace_due_ns(&agent, 1) - agent.pace.base_ns, 333333);
}

static void test_a_burst_is_due_with_its_first_message_and_the_rate_stays(void **state)
{
	(void)state;
	static struct agent agent;
	agent.pace.base_ns = 7000;
	agent.pace.interval_ns = 1000;
	agent.job.burst = 4;
	static const int64_t due_ns[] = {0, 0, 0, 0, 4000, 4000, 4000, 4000, 8000};
	for (uint64_t number = 0; number < sizeof due_ns / sizeof *due_ns; number++)
		assert_int_equal(agent_pace_due_ns(&agent, number) - agent.pace.base_ns, due_ns[number]);
}

static struct agent *agent_with_payload(enum lad_payload payload)
{
	struct agent *agent = calloc(1, sizeof *agent);
	struct lad_error err;
	assert_non_null(agent);
	agent->job = (struct lad_job){.message_bytes = 1 << 20, .payload = payload, .seed = 5};
	assert_int_equal(agent_make_payload(agent, &err), 0);
	return agent;
}

static void free_payload(struct agent *agent)
{
	free(agent->payload);
	free(agent->buffer);
	free(agent);
}

static const char *complaint;

static void note_complaint(struct agent *agent, const char *message)
{
	(void)agent;
	static char text[512];
	snprintf(text, sizeof text, "%s", message);
	complaint = text;
}

static void test_one_wrong_byte_anywhere_is_found(void **state)
{
	(void)state;
	struct ev_loop *loop = ev_loop_new(0);
	for (int payload = 0; payload < LAD_PAYLOAD_COUNT; payload++) {
		struct agent *sender = agent_with_payload((enum lad_payload)payload);
		struct agent *receiver = agent_with_payload((enum lad_payload)payload);
		receiver->loop = loop;
		receiver->complain = note_complaint;
		static const uint64_t offsets[] = {0, 1, 65520, 65521, 1000003, UINT64_C(1) << 40};
		for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
			size_t count = 300001;
			memcpy(receiver->buffer, agent_payload_at(sender, offsets[i]), count);
			assert_true(agent_payload_check(receiver, offsets[i], receiver->buffer, count));
			receiver->buffer[count - 1] ^= 0x10;
			complaint = NULL;
			receiver->exit_code = 0;
			assert_false(agent_payload_check(receiver, offsets[i], receiver->buffer, count));
			char expected[64];
			snprintf(expected, sizeof expected, "payload byte %llu is corrupt",
				 (unsigned long long)(offsets[i] + count - 1));
			assert_non_null(complaint);
			assert_non_null(strstr(complaint, expected));
		}
		free_payload(sender);
		free_payload(receiver);
	}
	ev_loop_destroy(loop);
}

static void test_random_payload_does_not_compress_and_depends_on_the_seed(void **state)
{
	(void)state;
	struct agent *agent = agent_with_payload(LAD_PAYLOAD_RANDOM);
	int counts[256] = {0};
	for (int i = 0; i < 65521; i++)
		counts[(unsigned char)agent->payload[i]]++;
	double chi_square = 0, expected = 65521 / 256.;
	for (int i = 0; i < 256; i++)
		chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
	assert_true(chi_square > 150 && chi_square < 380); /* 255 degrees of freedom: 1e-6 on either side */
	free_payload(agent);
}

static void test_the_start_up_is_cut_off_and_a_steady_series_is_kept(void **state)
{
	(void)state;
	double values[40];
	for (int i = 0; i < 40; i++)
		values[i] = 100 + (i % 2 ? 1 : -1);
	assert_int_equal(steady_cut(values, 40) <= 1, 1);
	for (int i = 0; i < 6; i++) /* slow start: doubles each time */
		values[i] = (double)(1 << i);
	assert_int_equal(steady_cut(values, 40), 6);
	assert_int_equal(steady_cut(values, 4), 0); /* too few to tell */
	for (int i = 0; i < 40; i++)		    /* never steady: no more than half is given up */
		values[i] = i;
	assert_true(steady_cut(values, 40) <= 20);
}

static void test_only_what_is_not_the_default_is_told(void **state)
{
	(void)state;
	char text[LAD_OPTIONS_MAX];
	struct lad_traffic plain = {.pipeline = 1, .requests = 1};
	lad_traffic_describe(&plain, text);
	assert_string_equal(text, "");
	struct lad_traffic all = {.io = LAD_IO_GSO,
				  .rate_per_s = 1000,
				  .pipeline = 8,
				  .verify = true,
				  .nagle = true,
				  .dscp = 46,
				  .ttl = 3,
				  .dont_fragment = 2,
				  .bytes = 5000000000,
				  .think_ns = 1500,
				  .burst = 16,
				  .sizes = "24*7 1400*1"};
	lad_traffic_describe(&all, text);
	assert_string_equal(text, "io=gso rate=1000/s mix=24*7+1400*1 pipeline=8 think=1.5us burst=16 "
				  "verify nodelay=false df=true dscp=46 ttl=3 "
				  "bytes=5000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_missing_is_neither_late_nor_twice),
	    cmocka_unit_test(test_late_and_doubled_datagrams_are_told_apart),
	    cmocka_unit_test(test_runs_count_as_their_datagrams_would_one_by_one),
	    cmocka_unit_test(test_a_gap_of_a_whole_history_leaves_nothing_behind),
	    cmocka_unit_test(test_jitter_is_that_of_rfc_3550),
	    cmocka_unit_test(test_a_packet_of_many_datagrams_counts_each_of_them),
	    cmocka_unit_test(test_a_job_that_the_kernel_cannot_pace_is_refused_before_a_socket_opens),
	    cmocka_unit_test(test_sizes_are_read_and_drawn_as_written),
	    cmocka_unit_test(test_the_schedule_does_not_drift),
	    cmocka_unit_test(test_a_burst_is_due_with_its_first_message_and_the_rate_stays),
	    cmocka_unit_test(test_one_wrong_byte_anywhere_is_found),
	    cmocka_unit_test(test_random_payload_does_not_compress_and_depends_on_the_seed),
	    cmocka_unit_test(test_the_start_up_is_cut_off_and_a_steady_series_is_kept),
	    cmocka_unit_test(test_only_what_is_not_the_default_is_told),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
