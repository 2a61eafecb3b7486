/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/scenario.h"
#include "scenario/schema.h"

#define BROKEN "tests/unit/scenarios/broken"
#define BROKEN_LEAST 40

static char *read_file(const char *path)
{
	lad_cleanup_file FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s; run the tests from the repository's root", path);
	char *text = calloc(1, 1 << 17);
	assert_non_null(text);
	text[fread(text, 1, (1 << 17) - 1, file)] = '\0';
	return text;
}

static int parse(const char *text, struct lad_scenario *scenario, struct lad_error *err)
{
	return lad_scenario_parse("test.yaml", text, strlen(text), scenario, err);
}

static void assert_parses(const char *text, struct lad_scenario *scenario)
{
	struct lad_error err;
	if (parse(text, scenario, &err) < 0)
		fail_msg("%s", err.message);
}

static void assert_refused(const char *text, const char *message)
{
	struct lad_scenario scenario;
	struct lad_error err;
	assert_int_equal(parse(text, &scenario, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
}

static void test_two_keys_are_enough_and_the_rest_has_defaults(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_parses("modes: [bridge, host]\nworkloads:\n- kind: tcp_stream\n- kind: udp_stream\n- kind: tcp_rr\n",
		      &s);
	assert_string_equal(s.name, "test");
	assert_string_equal(s.description, "");
	assert_int_equal(s.mode_count, 2);
	assert_int_equal(s.modes[0], LAD_MODE_BRIDGE);
	assert_int_equal(s.modes[1], LAD_MODE_HOST);
	assert_int_equal(s.placement_count, 1);
	assert_int_equal(s.placements[0], LAD_CROSS_HOST);
	assert_int_equal(s.wire_mtu_bytes, 1500);
	assert_true(s.wire_rate_bps == 0);
	assert_int_equal(s.workload_count, 3);
	assert_int_equal(s.workloads[0].message_bytes, 128 * 1024);
	assert_int_equal(s.workloads[0].socket_buffer_bytes, 512 * 1024);
	assert_int_equal(s.workloads[0].flows, 1);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_SHARED);
	assert_string_equal(s.workloads[0].congestion_control, "cubic");
	assert_int_equal(s.workloads[1].message_bytes, 64);
	assert_int_equal(s.workloads[1].socket_buffer_bytes, 0);
	assert_string_equal(s.workloads[1].congestion_control, "");
	assert_int_equal(s.workloads[2].message_bytes, 1);
	assert_int_equal(s.blocks, 7);
	assert_int_equal(s.warmup_ns, 150000000);
	assert_int_equal(s.duration_ns, 500000000);
	assert_int_equal(s.quick_blocks, 6);
	assert_int_equal(s.quick_warmup_ns, 50000000);
	assert_int_equal(s.quick_duration_ns, 100000000);
	assert_int_equal(s.seed, 1);
	assert_int_equal(s.relation_count, 0);
	assert_true(s.margin == 0.03);
	assert_true(s.alpha == 0.05);
}

static void test_every_key_reaches_the_struct(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_parses("name: all.keys-1\ndescription: 'every: \"key\", \xc3\xbc'\nlab: native\nmodes: [host, overlay]\n"
		      "placements: [same-host, cross-host]\nwire: {mtu: 9000, rate: 2.5Gbit}\n"
		      "workloads:\n"
		      "- {kind: tcp_rr, cpus: free, message_bytes: 2kB, flows: 3, socket_buffer: 1MiB, "
		      "congestion_control: bbr}\n"
		      "trials: {blocks: 9, warmup: 0, duration: 1.5s, seed: 18446744073709551615}\n"
		      "quick: {blocks: 2, warmup: 1ms, duration: 10ms}\n"
		      "expect: {order: host ~ overlay, margin: 0.5%, alpha: 0.01}\n",
		      &s);
	assert_string_equal(s.name, "all.keys-1");
	assert_string_equal(s.description, "every: \"key\", \xc3\xbc");
	assert_int_equal(s.placement_count, 2);
	assert_int_equal(s.placements[0], LAD_SAME_HOST);
	assert_int_equal(s.wire_mtu_bytes, 9000);
	assert_true(s.wire_rate_bps == 2.5e9);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_FREE);
	assert_int_equal(s.workloads[0].message_bytes, 2000);
	assert_int_equal(s.workloads[0].flows, 3);
	assert_int_equal(s.workloads[0].socket_buffer_bytes, 1 << 20);
	assert_string_equal(s.workloads[0].congestion_control, "bbr");
	assert_int_equal(s.blocks, 9);
	assert_int_equal(s.warmup_ns, 0);
	assert_int_equal(s.duration_ns, 1500000000);
	assert_true(s.seed == UINT64_MAX);
	assert_int_equal(s.quick_blocks, 2);
	assert_int_equal(s.quick_warmup_ns, 1000000);
	assert_int_equal(s.quick_duration_ns, 10000000);
	assert_int_equal(s.relation_count, 1);
	assert_int_equal(s.relations[0].sign, LAD_EQUIVALENT);
	assert_true(s.margin == 0.005);
	assert_true(s.alpha == 0.01);
}

static void test_a_rate_is_of_messages_or_bits_and_of_all_flows_or_each(void **state)
{
	(void)state;
	static const struct {
		const char *keys;
		double per_s, bps;
		const char *options;
	} cases[] = {
	    {"kind: tcp_rr, flows: 4, rate: 100/s", 100, 0, "rate=100/s"},
	    {"kind: tcp_rr, flows: 4, rate: 100/s, rate_per: total", 100, 0, "rate=100/s"},
	    {"kind: tcp_rr, flows: 4, rate: 100/s, rate_per: flow", 400, 0, "rate=100/s rate_per=flow"},
	    {"kind: tcp_crr, message_bytes: 125, rate: 1Mbit", 1000, 0, "rate=1000/s"},
	    {"kind: udp_rr, flows: 3, message_bytes: 125, rate: 1Mbit, rate_per: flow", 3000, 0,
	     "rate=1000/s rate_per=flow"},
	    {"kind: udp_stream, flows: 2, message_bytes: 1000, rate: 8Mbit, rate_per: flow", 2000, 0,
	     "rate=1000/s rate_per=flow"},
	    {"kind: udp_stream, message_mix: 100 300, rate: 1.6Mbit", 1000, 0, "rate=1000/s mix=100+300"},
	    {"kind: tcp_stream, flows: 2, rate: 300/s, rate_per: flow", 600, 0, "rate=300/s rate_per=flow"},
	    {"kind: tcp_stream, flows: 5, rate: 10Mbit, rate_per: flow", 0, 50e6, "rate=10000000bit rate_per=flow"},
	    {"kind: tcp_stream, flows: 5, rate: 10Mbit", 0, 10e6, "rate=10000000bit"},
	    {"kind: tcp_stream, rate: 8Mbit, pacing: timer, message_bytes: 1000", 1000, 0, "rate=1000/s pacing=timer"},
	    {"kind: tcp_stream, flows: 2, rate: 10Mbit, rate_per: flow, pacing: max_pacing_rate", 0, 20e6,
	     "rate=10000000bit rate_per=flow pacing=max_pacing_rate"},
	    {"kind: udp_stream, rate: 1000/s, message_bytes: 125, pacing: max_pacing_rate", 0, 1e6,
	     "rate=1000000bit pacing=max_pacing_rate"},
	    {"kind: udp_stream, rate: 1Mbit, message_bytes: 125, pacing: txtime, io: batch, burst: 36", 1000, 0,
	     "io=batch rate=1000/s pacing=txtime burst=36"},
	    {"kind: udp_rr, rate: 1000/s, pacing: timer", 1000, 0, "rate=1000/s pacing=timer"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_scenario s;
		char text[256], options[LAD_OPTIONS_MAX];
		snprintf(text, sizeof text, "modes: [host]\nworkloads:\n- {%s}\n", cases[i].keys);
		assert_parses(text, &s);
		assert_true(lad_workload_rate_per_s(&s.workloads[0]) == cases[i].per_s);
		assert_true(lad_workload_rate_bps(&s.workloads[0]) == cases[i].bps);
		lad_manner_describe(&s.workloads[0].manner, options);
		assert_string_equal(options, cases[i].options);
		assert_string_equal(lad_workload_loop(&s.workloads[0]), cases[i].bps > 0 ? "closed" : "open");
	}
}

static void test_a_word_stands_for_a_list_of_one(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_parses("modes: host\nplacements: 'same-host'\nworkloads: [{kind: udp_rr, cpus: pinned}]\n", &s);
	assert_int_equal(s.mode_count, 1);
	assert_int_equal(s.placements[0], LAD_SAME_HOST);
	assert_int_equal(s.workload_count, 1);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_PINNED);
}

static void test_a_list_of_cpus_expands_to_workloads(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_parses("modes: [host]\nworkloads: [{kind: udp_rr, cpus: [pinned, free, shared], message_bytes: 9}]\n",
		      &s);
	assert_int_equal(s.workload_count, 3);
	assert_int_equal(s.workloads[0].cpus, LAD_CPUS_PINNED);
	assert_int_equal(s.workloads[1].cpus, LAD_CPUS_FREE);
	assert_int_equal(s.workloads[2].cpus, LAD_CPUS_SHARED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(s.workloads[i].message_bytes, 9);
}

static void test_a_list_of_ip_expands_to_workloads_that_are_told_apart(void **state)
{
	(void)state;
	struct lad_scenario s;
	char options[LAD_OPTIONS_MAX];
	assert_parses(
	    "modes: [host]\nworkloads: [{kind: tcp_rr, cpus: [shared, free], ip: [4, 6], socket_buffer: 1MiB},\n"
	    "{kind: udp_rr, ip: 6}]\n",
	    &s);
	static const struct {
		enum lad_cpus cpus;
		enum lad_ip ip;
		const char *options;
	} expected[] = {{LAD_CPUS_SHARED, LAD_IP_V4, "buffer=1MiB"},
			{LAD_CPUS_SHARED, LAD_IP_V6, "buffer=1MiB ip=6"},
			{LAD_CPUS_FREE, LAD_IP_V4, "buffer=1MiB"},
			{LAD_CPUS_FREE, LAD_IP_V6, "buffer=1MiB ip=6"},
			{LAD_CPUS_SHARED, LAD_IP_V6, "ip=6"}};
	assert_int_equal(s.workload_count, 5);
	for (int i = 0; i < 5; i++) {
		lad_manner_describe(&s.workloads[i].manner, options);
		assert_int_equal(s.workloads[i].cpus, expected[i].cpus);
		assert_int_equal(s.workloads[i].manner.ip, expected[i].ip);
		assert_string_equal(options, expected[i].options);
	}
}

static void test_anchors_crlf_and_a_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_parses("\xef\xbb\xbfmodes: &m [host]\r\nworkloads:\r\n- kind: tcp_rr\r\n", &s);
	assert_int_equal(s.mode_count, 1);
}

/* Writes WORKLOADS entries that differ in their size. */
static void write_workloads(char *text, size_t size, int workloads)
{
	size_t used = (size_t)snprintf(text, size, "modes: [host]\nworkloads:\n");
	for (int i = 1; i <= workloads; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "- {kind: tcp_rr, message_bytes: %d, cpus: [shared, free]}\n", i);
}

static void test_sixty_four_workloads_fit_and_one_more_does_not(void **state)
{
	(void)state;
	struct lad_scenario s;
	char text[8192];
	write_workloads(text, sizeof text, 32);
	assert_parses(text, &s);
	assert_int_equal(s.workload_count, 64);
	write_workloads(text, sizeof text, 33);
	assert_refused(text,
		       "test.yaml:35:3: workloads[33]: more than 64 workloads, counting each value of cpus and ip as "
		       "one; valid: at most 64");
}

static void test_an_order_becomes_adjacent_relations(void **state)
{
	(void)state;
	struct lad_relation r[LAD_RELATIONS_MAX];
	struct lad_error err;
	assert_int_equal(lad_order_parse("host > macvlan ~ ipvlan-l2 > bridge > overlay", r, LAD_RELATIONS_MAX, &err),
			 4);
	assert_int_equal(r[0].left, LAD_MODE_HOST);
	assert_int_equal(r[0].right, LAD_MODE_MACVLAN);
	assert_int_equal(r[0].sign, LAD_GREATER);
	assert_int_equal(r[1].left, LAD_MODE_MACVLAN);
	assert_int_equal(r[1].right, LAD_MODE_IPVLAN_L2);
	assert_int_equal(r[1].sign, LAD_EQUIVALENT);
	assert_int_equal(r[3].right, LAD_MODE_OVERLAY);
	assert_int_equal(lad_order_parse(" host=macvlan\xe2\x89\x88"
					 "bridge ",
					 r, LAD_RELATIONS_MAX, &err),
			 2);
	assert_int_equal(r[0].sign, LAD_EQUIVALENT);
	assert_int_equal(r[1].sign, LAD_EQUIVALENT);
}

static void test_an_order_that_says_nothing_is_refused(void **state)
{
	(void)state;
	static const char *const orders[] = {"",
					     " ",
					     "host",
					     ">",
					     "host >",
					     "> host",
					     "host >> bridge",
					     "host bridge",
					     "host < bridge",
					     "host > host",
					     "host > bridge > host",
					     "host > bridg"};
	struct lad_relation r[LAD_RELATIONS_MAX];
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct lad_error err = {0};
		assert_int_equal(lad_order_parse(orders[i], r, LAD_RELATIONS_MAX, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		assert_non_null(strstr(err.message, "; valid: "));
	}
	assert_int_equal(lad_order_parse("host > bridge > overlay", r, 1, NULL), -1);
}

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* "<keys>" in an expectation stands for the list of a scenario's keys, so that a new key changes no file. */
static void fill_in_keys(const char *expected, char *out, size_t size)
{
	char keys[512];
	const char *mark = strstr(expected, "<keys>");
	schema_list_keys(&scenario_schema, keys, sizeof keys);
	if (mark)
		snprintf(out, size, "%.*s%s%s", (int)(mark - expected), expected, keys, mark + strlen("<keys>"));
	else
		snprintf(out, size, "%s", expected);
}

/* Loads one broken file. Returns whether the message is the one in its .expect, and says so if not. */
static bool refused_as_expected(const char *name)
{
	char path[512], expect_path[512];
	snprintf(path, sizeof path, BROKEN "/%s", name);
	snprintf(expect_path, sizeof expect_path, BROKEN "/%.*s.expect", (int)strlen(name) - 5, name);
	lad_cleanup_free char *text = read_file(expect_path);
	char expected[2048];
	text[strcspn(text, "\n")] = '\0';
	fill_in_keys(text, expected, sizeof expected);
	struct lad_scenario scenario;
	struct lad_error err = {0};
	if (lad_scenario_load(path, &scenario, &err) == 0) {
		print_error("%s: loads\n", name);
		return false;
	}
	const char *message = err.message;
	if (strncmp(message, BROKEN "/", strlen(BROKEN "/")) == 0)
		message += strlen(BROKEN "/");
	if (strcmp(message, expected) == 0 && err.exit_code == LAD_EXIT_USAGE && !strchr(message, '\n'))
		return true;
	print_error("%s (exit code %d)\n  expected: %s\n  got:      %s\n", name, (int)err.exit_code, expected, message);
	return false;
}

static void test_each_broken_file_is_refused_in_one_exact_line(void **state)
{
	(void)state;
	struct dirent **entries;
	int count = scandir(BROKEN, &entries, is_yaml, alphasort);
	assert_true(count >= BROKEN_LEAST);
	int wrong = 0;
	for (int i = 0; i < count; i++) {
		wrong += !refused_as_expected(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(wrong, 0);
}

static void test_every_scenario_that_ships_loads(void **state)
{
	(void)state;
	struct dirent **entries;
	int count = scandir("scenarios", &entries, is_yaml, alphasort);
	assert_true(count >= 2);
	for (int i = 0; i < count; i++) {
		char path[512];
		struct lad_scenario scenario;
		struct lad_error err;
		snprintf(path, sizeof path, "scenarios/%s", entries[i]->d_name);
		free(entries[i]);
		if (lad_scenario_load(path, &scenario, &err) < 0)
			fail_msg("%s", err.message);
	}
	free(entries);
}

static void test_the_default_scenario_is_the_documented_ladder(void **state)
{
	(void)state;
	struct lad_scenario s;
	assert_int_equal(lad_scenario_load("scenarios/ladder.yaml", &s, NULL), 0);
	assert_int_equal(s.mode_count, 5);
	assert_int_equal(s.workload_count, 8);
	assert_int_equal(s.relation_count, 4);
	assert_int_equal(s.blocks, 13);
}

static void assert_unreadable(const char *path, const char *message)
{
	struct lad_scenario scenario;
	struct lad_error err;
	assert_int_equal(lad_scenario_load(path, &scenario, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
}

static void test_what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_unreadable("scenarios/none.yaml",
			  "scenarios/none.yaml: cannot read the scenario: No such file or directory");
	assert_unreadable("scenarios", "scenarios: cannot read the scenario: Is a directory");
	assert_unreadable("", ": cannot read the scenario: No such file or directory");
	assert_unreadable("/dev/zero", "/dev/zero: the file is larger than 1 MiB; valid: a scenario file");
	assert_unreadable("/dev/null",
			  "/dev/null:1:1: the file is empty; valid: a scenario, with at least modes and workloads");
}

/* Fills a megabyte with PATTERN: it must be refused, and at once (alarm ends a test that hangs). */
static void assert_megabyte_refused(const char *start, const char *pattern)
{
	size_t size = 1 << 20, length = strlen(pattern);
	lad_cleanup_free char *text = malloc(size);
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = pattern[i % length];
	memcpy(text, start, strlen(start));
	struct lad_scenario scenario;
	struct lad_error err = {0};
	alarm(20);
	assert_int_equal(lad_scenario_parse("big.yaml", text, size, &scenario, &err), -1);
	alarm(0);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_null(strchr(err.message, '\n'));
}

static void test_a_megabyte_of_anything_is_refused_at_once(void **state)
{
	(void)state;
	static const char *const patterns[] = {"[",  "{",  "- ",   "? ",  "a: ",   "a: b\n",	  "- host\n", "host, ",
					       "\"", "'",  "&a ",  "*a ", "!x ",   "|\n",	  ">",	      "%",
					       "\n", "\t", "\xff", "#",	  "---\n", "\xef\xbb\xbf"};
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		assert_megabyte_refused("", patterns[i]);
		assert_megabyte_refused("modes: [", patterns[i]);
		assert_megabyte_refused("name: ", patterns[i]);
	}
}

static void test_a_file_cut_at_any_byte_never_crashes(void **state)
{
	(void)state;
	lad_cleanup_free char *text = read_file("scenarios/ladder.yaml");
	for (size_t length = 0; length < strlen(text); length++) {
		struct lad_scenario scenario;
		struct lad_error err = {0};
		/* An allocation of exactly this size, so that the sanitizer sees each byte read behind it. */
		lad_cleanup_free char *cut = malloc(length + !length);
		memcpy(cut, text, length);
		if (lad_scenario_parse("cut.yaml", cut, length, &scenario, &err) < 0)
			assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	}
}

static int count_keys(const cyaml_schema_value_t *schema, const char *prefix)
{
	if (schema->type == CYAML_SEQUENCE) {
		char inner[128];
		snprintf(inner, sizeof inner, "%s[]", prefix);
		return count_keys(schema->sequence.entry, inner);
	}
	if (schema->type != CYAML_MAPPING)
		return 0;
	int count = 0;
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++) {
		char path[128];
		snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", field->key);
		const struct scenario_key *key = scenario_key_find(path);
		if (!key)
			fail_msg("%s is in the schema but has no row in keys.c", path);
		assert_true(!key->fallback == !(field->value.flags & CYAML_FLAG_OPTIONAL));
		count += 1 + count_keys(&field->value, path);
	}
	return count;
}

static void test_every_key_of_the_schema_has_one_row_and_every_row_a_key(void **state)
{
	(void)state;
	for (int i = 0; i < scenario_key_count; i++)
		assert_ptr_equal(scenario_key_find(scenario_keys[i].path), &scenario_keys[i]);
	assert_int_equal(count_keys(&scenario_schema, ""), scenario_key_count);
}

static void test_defaults_and_limits_are_valid_values(void **state)
{
	(void)state;
	struct scenario_value value;
	for (int i = 0; i < scenario_key_count; i++) {
		const struct scenario_key *key = &scenario_keys[i];
		const char *texts[] = {key->fallback, key->least, key->most, key->word};
		for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
			if (texts[j] && *texts[j])
				assert_int_equal(scenario_value_parse(key, texts[j], &value, NULL), 0);
	}
	for (int i = 0; i < LAD_WORKLOAD_COUNT; i++) {
		const struct scenario_key *bytes = scenario_key_find("workloads[].message_bytes");
		const struct scenario_key *buffer = scenario_key_find("workloads[].socket_buffer");
		assert_int_equal(scenario_value_parse(bytes, workload_defaults[i].message_bytes, &value, NULL), 0);
		assert_int_equal(scenario_value_parse(bytes, workload_defaults[i].message_least, &value, NULL), 0);
		assert_int_equal(scenario_value_parse(bytes, workload_defaults[i].message_most, &value, NULL), 0);
		assert_int_equal(scenario_value_parse(buffer, workload_defaults[i].socket_buffer, &value, NULL), 0);
	}
}

static void assert_words(const cyaml_schema_value_t *schema, int (*from_name)(const char *))
{
	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		assert_int_equal(schema->enumeration.strings[i].val, from_name(schema->enumeration.strings[i].str));
}

static void test_the_words_of_the_schema_are_those_of_the_mode_header(void **state)
{
	(void)state;
	const cyaml_schema_value_t *workload = schema_field(&scenario_schema, "workloads")->value.sequence.entry;
	assert_words(schema_field(&scenario_schema, "modes")->value.sequence.entry, lad_mode_from_name);
	assert_words(schema_field(&scenario_schema, "placements")->value.sequence.entry, lad_placement_from_name);
	assert_words(&schema_field(workload, "kind")->value, lad_workload_from_name);
	assert_words(schema_field(workload, "cpus")->value.sequence.entry, lad_cpus_from_name);
	assert_words(&schema_field(workload, "pacing")->value, lad_pacing_from_name);
	assert_words(schema_field(workload, "ip")->value.sequence.entry, lad_ip_from_name);
}

/* The text between two marks, cut out of TEXT. */
static char *between(char *text, const char *start, const char *end)
{
	char *first = strstr(text, start);
	assert_non_null(first);
	first += strlen(start);
	char *last = strstr(first, end);
	assert_non_null(last);
	*last = '\0';
	return first;
}

static void test_the_readme_has_exactly_the_generated_table(void **state)
{
	(void)state;
	lad_cleanup_free char *readme = read_file("scenarios/README.md");
	lad_cleanup_free char *table = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&table, &length);
	assert_non_null(out);
	lad_scenario_write_reference(out);
	fclose(out);
	assert_string_equal(between(readme, "<!-- keys -->\n", "<!-- /keys -->"), table);
}

static void test_the_example_in_the_readme_loads(void **state)
{
	(void)state;
	lad_cleanup_free char *readme = read_file("scenarios/README.md");
	struct lad_scenario s;
	assert_parses(between(readme, "```yaml\n", "```"), &s);
	assert_string_equal(s.name, "small-requests");
	assert_int_equal(s.workload_count, 3);
}

static void test_workloads_that_differ_in_buffers_or_congestion_control_are_told_apart(void **state)
{
	(void)state;
	struct lad_scenario s;
	char options[LAD_OPTIONS_MAX];
	assert_parses("modes: host\nworkloads:\n- {kind: tcp_stream}\n- {kind: tcp_stream, socket_buffer: auto}\n"
		      "- {kind: tcp_stream, socket_buffer: 4MiB, congestion_control: bbr, receive: copy}\n",
		      &s);
	static const char *const expected[] = {"", "buffer=auto", "buffer=4MiB cc=bbr receive=copy"};
	for (int i = 0; i < 3; i++) {
		lad_manner_describe(&s.workloads[i].manner, options);
		assert_string_equal(options, expected[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--reference") == 0) {
		lad_scenario_write_reference(stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_workloads_that_differ_in_buffers_or_congestion_control_are_told_apart),
	    cmocka_unit_test(test_two_keys_are_enough_and_the_rest_has_defaults),
	    cmocka_unit_test(test_every_key_reaches_the_struct),
	    cmocka_unit_test(test_a_rate_is_of_messages_or_bits_and_of_all_flows_or_each),
	    cmocka_unit_test(test_a_word_stands_for_a_list_of_one),
	    cmocka_unit_test(test_a_list_of_cpus_expands_to_workloads),
	    cmocka_unit_test(test_a_list_of_ip_expands_to_workloads_that_are_told_apart),
	    cmocka_unit_test(test_anchors_crlf_and_a_byte_order_mark_do_no_harm),
	    cmocka_unit_test(test_sixty_four_workloads_fit_and_one_more_does_not),
	    cmocka_unit_test(test_an_order_becomes_adjacent_relations),
	    cmocka_unit_test(test_an_order_that_says_nothing_is_refused),
	    cmocka_unit_test(test_each_broken_file_is_refused_in_one_exact_line),
	    cmocka_unit_test(test_every_scenario_that_ships_loads),
	    cmocka_unit_test(test_the_default_scenario_is_the_documented_ladder),
	    cmocka_unit_test(test_what_is_no_file_is_refused),
	    cmocka_unit_test(test_a_megabyte_of_anything_is_refused_at_once),
	    cmocka_unit_test(test_a_file_cut_at_any_byte_never_crashes),
	    cmocka_unit_test(test_every_key_of_the_schema_has_one_row_and_every_row_a_key),
	    cmocka_unit_test(test_defaults_and_limits_are_valid_values),
	    cmocka_unit_test(test_the_words_of_the_schema_are_those_of_the_mode_header),
	    cmocka_unit_test(test_the_readme_has_exactly_the_generated_table),
	    cmocka_unit_test(test_the_example_in_the_readme_loads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
