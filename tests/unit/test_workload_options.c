/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of a workload's options: its rows are whole, and each option goes all the way. */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/protocol.h"
#include "netladder/workload_option.h"
#include "scenario/schema.h"

static bool is_value_size(size_t size)
{
	return size == sizeof(bool) || size == sizeof(int) || size == sizeof(int64_t);
}

static void assert_places(const struct lad_workload_option *option)
{
	if (lad_option_is_text(option)) {
		assert_true(option->job.size >= option->workload.size);
		return;
	}
	if (option->type == LAD_OPTION_LOAD)
		return;
	assert_true(is_value_size(option->workload.size));
	assert_true(!option->job.size || option->job.size == option->workload.size);
}

static void test_every_row_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		int64_t value, least, most;
		int count;
		assert_ptr_equal(lad_workload_option_find(option->key), option);
		assert_non_null(option->meaning);
		assert_true(lad_option_words(option, &count) ? count > 1 : option->fallback != NULL);
		assert_true(!option->hand || (option->help && (option->hand_value || option->type == LAD_OPTION_FLAG)));
		assert_true(!option->field || option->job.size);
		assert_true(!option->word || !option->describe);
		assert_places(option);
		lad_option_limits(option, &least, &most);
		assert_true(!option->least || (least < most && lad_option_default(option) <= most));
		for (int j = 0; j < count; j++) {
			assert_int_equal(lad_option_parse(option, lad_option_words(option, &count)[j], &value, NULL),
					 0);
			assert_int_equal(value, j);
		}
		for (int j = 0; j < i; j++) {
			const struct lad_workload_option *other = &lad_workload_options[j];
			assert_true(!option->hand || !other->hand || strcmp(option->hand, other->hand) != 0);
			assert_true(!option->field || !other->field || strcmp(option->field, other->field) != 0);
		}
	}
}

static void test_the_schema_has_every_option_with_its_words(void **state)
{
	(void)state;
	const cyaml_schema_value_t *entry = schema_field(scenario_schema(), "workloads")->value.sequence.entry;
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		const cyaml_schema_field_t *field = schema_field(entry, option->key);
		int count;
		const char *const *words = lad_option_words(option, &count);
		assert_non_null(field);
		assert_int_equal(field->value.type, words ? CYAML_ENUM : CYAML_STRING);
		for (int j = 0; j < count; j++)
			assert_string_equal(field->value.enumeration.strings[j].str, words[j]);
	}
}

static void test_what_the_agents_have_room_for_is_what_the_table_allows(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		int64_t most;
	} cases[] = {{"flows", LAD_FLOWS_MAX}, {"threads", LAD_THREADS_MAX}, {"message_bytes", LAD_MESSAGE_MAX}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t least, most;
		lad_option_limits(lad_workload_option_find(cases[i].key), &least, &most);
		assert_int_equal(most, cases[i].most);
	}
}

/* Something else than the default. */
static void set_other(struct lad_job *job, const struct lad_workload_option *option)
{
	int64_t least, most;
	int count;
	lad_option_limits(option, &least, &most);
	if (option->type == LAD_OPTION_SIZES)
		strcpy((char *)job + option->job.offset, "64 1400");
	else if (lad_option_is_text(option))
		strcpy((char *)job + option->job.offset, "text");
	else
		lad_option_set(job, option->job, lad_option_words(option, &count) ? count - 1 : most);
}

static void test_each_option_survives_the_wire_and_no_other_changes(void **state)
{
	(void)state;
	for (int i = 0; i < lad_workload_option_count; i++) {
		const struct lad_workload_option *option = &lad_workload_options[i];
		static struct lad_job job, plain; /* padding is zero */
		struct lad_message message, other;
		struct lad_error err;
		if (!option->field)
			continue;
		plain = (struct lad_job){.message_bytes = 1, .flows = 1, .port = 1, .address = "198.18.0.2"};
		job = plain;
		set_other(&job, option);
		char *line = lad_protocol_prepare(&job), *plain_line = lad_protocol_prepare(&plain);
		assert_int_equal(lad_protocol_parse(line, strlen(line), &message, NULL, &err), 0);
		assert_int_equal(lad_protocol_parse(plain_line, strlen(plain_line), &other, NULL, &err), 0);
		assert_false(lad_option_is_default(option, &message.job, option->job));
		assert_true(lad_option_is_default(option, &other.job, option->job));
		memcpy((char *)&other.job + option->job.offset, (char *)&job + option->job.offset, option->job.size);
		assert_memory_equal(&message.job, &other.job, sizeof message.job);
		free(line);
		free(plain_line);
	}
}

/* Older results have these words, and rows are told apart by them. */
static const struct {
	const char *keys, *options;
} told[] = {
    {"kind: tcp_stream", ""},
    {"kind: tcp_stream, socket_buffer: 1MiB, congestion_control: reno", "buffer=1MiB cc=reno"},
    {"kind: dns_rr, name: a.test", "name=a.test"},
    {"kind: udp_stream, io: gso", "io=gso"},
    {"kind: tcp_stream, receive: copy", "receive=copy"},
    {"kind: tcp_stream, direction: both", "direction=both"},
    {"kind: tcp_rr, rate: 10/s, rate_per: flow", "rate=10/s rate_per=flow"},
    {"kind: udp_stream, rate: 10/s, pacing: timer, burst: 5", "rate=10/s pacing=timer burst=5"},
    {"kind: tcp_rr, message_mix: 64 1400", "mix=64+1400"},
    {"kind: tcp_rr, message_mix: none, bytes: none, think_time: 0s, pipeline: 1", ""},
    {"kind: tcp_rr, pipeline: 9", "pipeline=9"},
    {"kind: tcp_crr, requests: 9", "requests=9"},
    {"kind: udp_rr, think_time: 1500ns", "think=1.5us"},
    {"kind: udp_rr, threads: 2, flows: 2", "threads=2"},
    {"kind: udp_rr, payload: random, verify: true", "payload=random verify"},
    {"kind: tcp_rr, timestamps: true", "timestamps"},
    {"kind: tcp_stream, nodelay: false, cork: true, zerocopy: true", "nodelay=false cork zerocopy"},
    {"kind: udp_rr, dont_fragment: true, dscp: 46, ecn: 1, ttl: 9", "df=true dscp=46 ecn=1 ttl=9"},
    {"kind: udp_rr, dont_fragment: false, busy_poll: 50us", "df=false busy_poll_us=50"},
    {"kind: udp_rr, dont_fragment: auto, ttl: auto, nodelay: true, verify: false", ""},
    {"kind: udp_stream, bytes: 1GB", "bytes=1000000000"},
    {"kind: dns_rr, transactions: 70", "transactions=70"},
    {"kind: tcp_crr, bytes: none, transactions: 7, mss: 1000", "transactions=7 mss=1000"},
    {"kind: tcp_stream, mss: auto", ""},
    {"kind: tcp_rr, mss: 700, response_bytes: 64KiB", "mss=700 response_bytes=65536"},
    {"kind: udp_rr, response_bytes: auto, message_mix: 64 1400", "mix=64+1400"},
};

static void test_what_a_scenario_sets_is_told_in_the_words_of_older_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		struct lad_scenario scenario;
		char text[256], options[LAD_OPTIONS_MAX];
		snprintf(text, sizeof text, "modes: [host]\nworkloads: [{%s}]\n", told[i].keys);
		scenarios_parse(text, &scenario);
		lad_traffic_describe(&scenario.workloads[0].traffic, options);
		assert_string_equal(options, told[i].options);
	}
}

static void test_two_workloads_that_differ_in_one_option_are_two(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	scenarios_parse(
	    "modes: [host]\nworkloads: [{kind: tcp_rr}, {kind: tcp_rr, response_bytes: 2}, {kind: tcp_rr, mss: 500},"
	    " {kind: tcp_rr, mss: 500, response_bytes: 2}]\n",
	    &scenario);
	assert_int_equal(scenario.workload_count, 4);
	assert_int_equal(scenario.workloads[3].traffic.mss, 500);
	assert_int_equal(scenario.workloads[3].traffic.response_bytes, 2);
}

static void test_what_a_workload_sets_is_in_its_job(void **state)
{
	(void)state;
	struct lad_scenario scenario;
	static struct lad_job job;
	scenarios_parse(
	    "modes: [host]\nworkloads: [{kind: udp_rr, message_bytes: 99, flows: 3, socket_buffer: 1MiB, "
	    "dont_fragment: true, busy_poll: 50us, think_time: 1ms, threads: 2, verify: true, payload: random}]\n",
	    &scenario);
	lad_options_into_job(&scenario.workloads[0], &job);
	assert_int_equal(job.message_bytes, 99);
	assert_int_equal(job.flows, 3);
	assert_int_equal(job.socket_buffer_bytes, 1 << 20);
	assert_int_equal(job.dont_fragment, 2);
	assert_int_equal(job.busy_poll_us, 50);
	assert_int_equal(job.think_ns, 1000000);
	assert_int_equal(job.threads, 2);
	assert_int_equal(job.pipeline, 1);
	assert_int_equal(job.payload, LAD_PAYLOAD_RANDOM);
	assert_true(job.verify);
	assert_false(job.nagle);
}

static void test_what_an_option_cannot_be_is_refused_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *keys, *says;
	} cases[] = {
	    {"kind: udp_stream, mss: 1000",
	     "does not apply to udp_stream; valid: leave this key out, or one of the kinds "
	     "tcp_stream, tcp_rr, tcp_crr"},
	    {"kind: tcp_stream, response_bytes: 9",
	     "does not apply to tcp_stream; valid: leave this key out, or one of the kinds tcp_rr, tcp_crr, udp_rr"},
	    {"kind: tcp_rr, message_mix: 64 1400, response_bytes: 9",
	     "a mix of sizes has responses as long as its requests; valid: one of the two"},
	    {"kind: udp_rr, response_bytes: 64KiB", "65536 bytes is too large for udp_rr; valid: 1 to 65507"},
	    {"kind: tcp_rr, response_bytes: 0", "0 is too small; valid: auto, or 1 to 1MiB"},
	    {"kind: tcp_crr, response_bytes: 2MiB", "2MiB is too large; valid: auto, or 1 to 1MiB"},
	    {"kind: udp_rr, message_bytes: 64, response_bytes: 1, rate: 9/s, burst: 257",
	     "one byte tells 256 requests of a flow apart; valid: messages of 2 or more, or more flows"},
	    {"kind: tcp_stream, mss: 87", "87 is too small; valid: auto, or 88 to 32767"},
	    {"kind: tcp_stream, mss: 32768", "32768 is too large; valid: auto, or 88 to 32767"},
	    {"kind: tcp_stream, mss: none", "\"none\" is not a whole number; valid: auto, or 88 to 32767"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *last = strrchr(cases[i].keys, ',') + 2;
		char text[256], expected[512];
		snprintf(text, sizeof text, "modes: [host]\nworkloads:\n- {%s}\n", cases[i].keys);
		snprintf(expected, sizeof expected, "test.yaml:3:%d: workloads[1].%.*s: %s",
			 (int)(last - cases[i].keys + 4) + (int)strcspn(last, " ") + 1, (int)strcspn(last, ":"), last,
			 cases[i].says);
		scenarios_refuse(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_row_is_whole),
	    cmocka_unit_test(test_the_schema_has_every_option_with_its_words),
	    cmocka_unit_test(test_what_the_agents_have_room_for_is_what_the_table_allows),
	    cmocka_unit_test(test_each_option_survives_the_wire_and_no_other_changes),
	    cmocka_unit_test(test_what_a_scenario_sets_is_told_in_the_words_of_older_results),
	    cmocka_unit_test(test_two_workloads_that_differ_in_one_option_are_two),
	    cmocka_unit_test(test_what_a_workload_sets_is_in_its_job),
	    cmocka_unit_test(test_what_an_option_cannot_be_is_refused_at_its_place),
	};
	return cmocka_run_group_tests_name("workload options", tests, NULL, NULL);
}
