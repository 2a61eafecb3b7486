/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/protocol.h"

static int parse(const char *line, struct lad_message *message, struct lad_agent_result *result, struct lad_error *err)
{
	return lad_protocol_parse(line, strlen(line), message, result, err);
}

static void test_a_job_survives_the_wire(void **state)
{
	(void)state;
	static struct lad_job job; /* padding is zero */
	job = (struct lad_job){.role = LAD_GENERATOR,
			       .workload = LAD_UDP_STREAM,
			       .message_bytes = 64,
			       .flows = 3,
			       .socket_buffer_bytes = 1 << 20,
			       .congestion_control = "cubic",
			       .address = "198.18.0.2",
			       .port = 15202,
			       .yield = true,
			       .io = LAD_IO_GSO,
			       .receive = LAD_RECEIVE_COPY,
			       .direction = LAD_BOTH_WAYS,
			       .payload = LAD_PAYLOAD_RANDOM,
			       .seed = 77,
			       .rate_per_s = 1234.5,
			       .pacing_bps = 1e9,
			       .sizes = "24*7 1400*1",
			       .pipeline = 16,
			       .requests = 3,
			       .sample_ns = 100000000,
			       .verify = true,
			       .timestamps = true,
			       .shared_clock = true,
			       .txtime = true,
			       .zerocopy = true,
			       .nagle = true,
			       .cork = true,
			       .dscp = 46,
			       .ecn = 1,
			       .ttl = 9,
			       .dont_fragment = 2,
			       .busy_poll_us = 50,
			       .amount = INT64_C(9000000000000),
			       .think_ns = 5000,
			       .burst = 32,
			       .threads = 3,
			       .pin = LAD_PIN_FROM_LAST};
	struct lad_message message;
	struct lad_error err;
	char *line = lad_protocol_prepare(&job);
	assert_int_equal(parse(line, &message, NULL, &err), 0);
	free(line);
	assert_int_equal(message.type, LAD_MESSAGE_PREPARE);
	assert_int_equal(message.job.role, LAD_GENERATOR);
	assert_int_equal(message.job.workload, LAD_UDP_STREAM);
	assert_int_equal(message.job.socket_buffer_bytes, 1 << 20);
	assert_string_equal(message.job.address, "198.18.0.2");
	assert_int_equal(message.job.port, 15202);
	assert_true(message.job.yield);
	/* Field by field is as long as the struct, and one more is forgotten: the whole, which was zeroed first. */
	assert_memory_equal(&message.job, &job, sizeof job);
}

static void test_what_a_job_leaves_out_is_off(void **state)
{
	(void)state;
	struct lad_message message;
	struct lad_error err;
	assert_int_equal(parse("{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"tcp_rr\",\"message_bytes\":1,"
			       "\"flows\":1,\"socket_buffer_bytes\":0,\"port\":1,\"congestion_control\":\"\","
			       "\"address\":\"fe80::1\"}",
			       &message, NULL, &err),
			 0);
	static struct lad_job plain;
	plain = (struct lad_job){.role = LAD_SINK,
				 .workload = LAD_TCP_RR,
				 .message_bytes = 1,
				 .flows = 1,
				 .address = "fe80::1",
				 .port = 1,
				 .pipeline = 1,
				 .burst = 1,
				 .threads = 1,
				 .requests = 1};
	assert_memory_equal(&message.job, &plain, sizeof plain);
}

static void test_what_an_agent_says_of_its_machine_survives_the_wire(void **state)
{
	(void)state;
	struct lad_message message;
	struct lad_error err;
	for (int said = 0; said < 2; said++) {
		char *ready = lad_protocol_ready(1450, said), *error = lad_protocol_error("no fq", said);
		assert_int_equal(parse(ready, &message, NULL, &err), 0);
		assert_int_equal(message.mtu_bytes, 1450);
		assert_int_equal(message.fq, said);
		assert_int_equal(parse(error, &message, NULL, &err), 0);
		assert_string_equal(message.text, "no fq");
		assert_int_equal(message.impossible, said);
		free(ready);
		free(error);
	}
	/* As an older agent says it, and as none does. */
	assert_int_equal(parse("{\"type\":\"ready\"}", &message, NULL, &err), 0);
	assert_false(message.fq);
	assert_int_equal(parse("{\"type\":\"error\",\"message\":\"\",\"impossible\":\"no\"}", &message, NULL, &err), 0);
	assert_false(message.impossible);
}

static void test_a_result_survives_the_wire_with_its_histogram(void **state)
{
	(void)state;
	static struct lad_agent_result sent, received;
	struct lad_message message;
	struct lad_error err;
	sent = (struct lad_agent_result){
	    .elapsed_ns = 500000123, .bytes = 1234567890123, .retransmits = NAN, .rtt_us = 12.5};
	sent.jitter_us = 0.25;
	sent.receive_queue_drops = 5;
	sent.joined_most = 128;
	sent.samples[0] = (struct lad_sample){100000000, 1, 2, 3, 4, 5.5, NAN, 7};
	sent.samples[1] = (struct lad_sample){200000000, 10, 20, 30, NAN, NAN, NAN, NAN};
	sent.sample_count = 2;
	lad_histogram_record_many(&sent.kernel_latency, 5000, 3);
	for (int64_t i = 1; i < 3000; i++)
		lad_histogram_record(&sent.latency, i * 777);
	char *line = lad_protocol_result(&sent);
	assert_int_equal(parse(line, &message, &received, &err), 0);
	assert_int_equal(parse(line, &message, NULL, &err), -1); /* nobody asked */
	free(line);
	assert_int_equal(received.elapsed_ns, 500000123);
	assert_int_equal(received.bytes, 1234567890123);
	assert_true(isnan(received.retransmits));
	assert_memory_equal(received.latency.counts, sent.latency.counts, sizeof sent.latency.counts);
	assert_int_equal(received.latency.max_ns, sent.latency.max_ns);
	assert_int_equal(received.kernel_latency.total, 3);
	assert_int_equal(received.receive_queue_drops, 5);
	assert_int_equal(received.joined_most, 128);
	assert_true(received.jitter_us == 0.25);
	assert_int_equal(received.sample_count, 2);
	assert_int_equal(received.samples[1].transactions, 30);
	assert_true(received.samples[0].rtt_us == 5.5 && isnan(received.samples[0].cwnd_segments));
	assert_int_equal(received.samples[0].time_ns, 100000000);
}

/* `run --versus` measures agents of older builds, too. */
static void test_a_result_of_an_older_agent_lacks_what_it_did_not_know(void **state)
{
	(void)state;
	static struct lad_agent_result sent, received;
	struct lad_message message;
	struct lad_error err;
	sent = (struct lad_agent_result){.bytes = 7, .reverse_messages = 8, .reverse_window_messages = 9};
	char *line = lad_protocol_result(&sent);
	assert_int_equal(parse(line, &message, &received, &err), 0);
	assert_int_equal(received.reverse_messages, 8);
	assert_int_equal(received.reverse_window_messages, 9);
	static const char *const newer[] = {"reverse_messages\"", "reverse_messages_total\"",
					    "reverse_window_messages\""};
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
		strstr(line, newer[i])[0] = 'X'; /* another field, which means nothing */
	assert_int_equal(parse(line, &message, &received, &err), 0);
	assert_int_equal(received.bytes, 7);
	assert_int_equal(received.reverse_messages + received.reverse_window_messages, 0);
	strstr(line, "bytes_total\"")[0] = 'X';
	assert_int_equal(parse(line, &message, &received, &err), -1);
	free(line);
}

static void test_bad_messages_are_refused_with_what_is_wrong(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
	    {"", "no JSON object"},
	    {"[]", "no JSON object"},
	    {"{\"type\":7}", "lacks the string \"type\""},
	    {"{\"type\":\"fly\"}", "unknown message type \"fly\""},
	    {"{\"type\":\"hello\",\"protocol\":2,\"backend\":\"epoll\"}", "\"protocol\" is 2"},
	    {"{\"type\":\"start\",\"start_ns\":1,\"warmup_ns\":0,\"duration_ns\":0}", "\"duration_ns\" is 0"},
	    {"{\"type\":\"start\",\"start_ns\":0.5,\"warmup_ns\":0,\"duration_ns\":1}", "\"start_ns\" is 0.5"},
	    {"{\"type\":\"prepare\",\"role\":\"boss\",\"workload\":\"tcp_rr\"}", "unknown role \"boss\""},
	    {"{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"ftp\"}", "unknown workload \"ftp\""},
	    {"{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"tcp_rr\",\"message_bytes\":1e9}",
	     "\"message_bytes\""},
	    {"{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"tcp_rr\",\"message_bytes\":1,\"flows\":1,"
	     "\"socket_buffer_bytes\":0,\"port\":1,\"congestion_control\":\"\",\"address\":\"localhost\"}",
	     "no IPv4 or IPv6 address"},
	    {"{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"tcp_rr\",\"message_bytes\":1,\"flows\":1,"
	     "\"socket_buffer_bytes\":0,\"port\":1,\"congestion_control\":\"0123456789abcdefg\",\"address\":\"1.2.3."
	     "4\"}",
	     "longer than 15"},
#define JOB                                                                                                            \
	"{\"type\":\"prepare\",\"role\":\"sink\",\"workload\":\"tcp_rr\",\"message_bytes\":1,\"flows\":1,"             \
	"\"socket_buffer_bytes\":0,\"port\":1,\"congestion_control\":\"\",\"address\":\"1.2.3.4\","
	    {JOB "\"io\":\"fast\"}", "unknown io \"fast\""},
	    {JOB "\"direction\":7}", "lacks the string \"direction\""},
	    {JOB "\"amount\":-1}", "\"amount\" is -1"},
	    {JOB "\"amount\":1.5}", "\"amount\" is 1.5"},
	    {JOB "\"burst\":0}", "\"burst\" is 0"},
	    {JOB "\"threads\":65}", "\"threads\" is 65"},
	    {JOB "\"pin\":3}", "\"pin\" is 3"},
	    {JOB "\"think_ns\":1e12}", "\"think_ns\" is 1e+12"},
	    {JOB "\"pipeline\":0}", "\"pipeline\" is 0"},
	    {JOB "\"rate_per_s\":-1}", "\"rate_per_s\" is no number"},
	    {JOB "\"verify\":1}", "\"verify\" is neither"},
	    {JOB "\"sizes\":\"big\"}", "no message size"},
	    {JOB "\"dscp\":64}", "\"dscp\" is 64"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_message message;
		struct lad_error err = {0};
		assert_int_equal(parse(cases[i][0], &message, NULL, &err), -1);
		if (!strstr(err.message, cases[i][1]))
			fail_msg("%s: got \"%s\", wanted \"%s\"", cases[i][0], err.message, cases[i][1]);
	}
}

/* A result as an agent gives it, with OLD in it made NEW. */
static void expect_result_refused(const char *old, const char *new, const char *expected)
{
	static struct lad_agent_result result, back;
	struct lad_message message;
	struct lad_error err = {0};
	memset(&result, 0, sizeof result);
	result.rtt_us = 12345;
	lad_histogram_record(&result.latency, 777);
	char *line = lad_protocol_result(&result), *at = strstr(line, old), *changed = NULL;
	assert_non_null(at);
	assert_true(asprintf(&changed, "%.*s%s%s", (int)(at - line), line, new, at + strlen(old)) > 0);
	assert_int_equal(parse(changed, &message, &back, &err), -1);
	if (!strstr(err.message, expected))
		fail_msg("got \"%s\", wanted \"%s\"", err.message, expected);
	free(line);
	free(changed);
}

static void test_figures_of_a_result_have_a_range(void **state)
{
	(void)state;
	expect_result_refused("\"rtt_us\":12345", "\"rtt_us\":1e300",
			      "\"rtt_us\" is 1e+300; valid: a number of at most");
	expect_result_refused("\"rtt_us\":12345", "\"rtt_us\":1e999", "\"rtt_us\" is inf");
	expect_result_refused("\"sum_ns\":777", "\"sum_ns\":1e300", "\"sum_ns\"");
	expect_result_refused("\"sum_ns\":777", "\"sum_ns\":-1", "\"sum_ns\"");
	expect_result_refused("\"elapsed_ns\":0", "\"elapsed_ns\":1e17", "\"elapsed_ns\" is 1e+17");
	expect_result_refused("\"elapsed_ns\":0", "\"elapsed_ns\":-1", "\"elapsed_ns\" is -1");
}

static void test_lines_are_split_wherever_the_pipe_cuts_them(void **state)
{
	(void)state;
	struct lad_line_buffer lines = {0};
	int ends[2];
	size_t length;
	assert_return_code(pipe(ends), errno);
	static const char *const pieces[] = {"on", "e\ntwo\nth", "ree\n"};
	static const char *const expected[] = {"one", "two", "three"};
	int got = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(ends[1], pieces[i], strlen(pieces[i])), (ssize_t)strlen(pieces[i]));
		assert_true(lad_line_fill(&lines, ends[0]) > 0);
		for (char *line; (line = lad_line_next(&lines, &length)); got++)
			assert_string_equal(line, expected[got]);
	}
	assert_int_equal(got, 3);
	lad_line_free(&lines);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_line_without_end_is_an_error_and_not_endless_memory(void **state)
{
	(void)state;
	struct lad_line_buffer lines = {0};
	static char block[65536];
	int ends[2], got = 1;
	memset(block, 'x', sizeof block);
	assert_return_code(pipe2(ends, O_NONBLOCK), errno);
	errno = 0;
	for (int i = 0; i < 10000 && errno != EMSGSIZE; i++) {
		if (write(ends[1], block, 4096) < 0 && errno != EAGAIN)
			fail_msg("write: %s", strerror(errno));
		got = lad_line_fill(&lines, ends[0]);
	}
	assert_int_equal(got, -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_true(lines.capacity <= LAD_LINE_MAX);
	lad_line_free(&lines);
	close(ends[0]);
	close(ends[1]);
}

static void test_the_word_of_a_run_comes_as_it_was_sent_or_not_at_all(void **state)
{
	(void)state;
	static const char *const wrong[] = {"{\"type\":\"ready\",\"word\":\"0011\"}", "{\"type\":\"ready\",\"word\":1}",
					    "{\"type\":\"ready\",\"word\":\"00112233445566778899aabbccddeeff0\"}",
					    "{\"type\":\"ready\",\"word\":\"-0112233445566778899aabbccddeeff\"}"};
	const uint64_t word[2] = {UINT64_C(0xfedcba9876543210), 1};
	struct lad_message message;
	struct lad_error err;
	char *line = lad_protocol_ready_with(word);
	assert_int_equal(parse(line, &message, NULL, &err), 0);
	assert_memory_equal(message.word, word, sizeof word);
	free(line);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(wrong[i], &message, NULL, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_word_of_a_run_comes_as_it_was_sent_or_not_at_all),
	    cmocka_unit_test(test_a_job_survives_the_wire),
	    cmocka_unit_test(test_what_a_job_leaves_out_is_off),
	    cmocka_unit_test(test_what_an_agent_says_of_its_machine_survives_the_wire),
	    cmocka_unit_test(test_a_result_survives_the_wire_with_its_histogram),
	    cmocka_unit_test(test_a_result_of_an_older_agent_lacks_what_it_did_not_know),
	    cmocka_unit_test(test_bad_messages_are_refused_with_what_is_wrong),
	    cmocka_unit_test(test_figures_of_a_result_have_a_range),
	    cmocka_unit_test(test_lines_are_split_wherever_the_pipe_cuts_them),
	    cmocka_unit_test(test_a_line_without_end_is_an_error_and_not_endless_memory),
	};
	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
