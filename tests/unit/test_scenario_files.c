/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenario files: broken ones are refused in one exact line, those that ship load, and nothing crashes. */
#include "scenarios.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "scenario/schema.h"

#define BROKEN "tests/unit/scenarios/broken"
#define BROKEN_LEAST 40

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* "<keys>" and "<workload keys>" in an expectation stand for the lists of a scenario's keys and of an entry's of
 * `workloads`, so that a new key changes no file. */
static void fill_in_keys(const char *expected, char *out, size_t size)
{
	const cyaml_schema_value_t *root = scenario_schema();
	const struct {
		const char *mark;
		const cyaml_schema_value_t *mapping;
	} lists[] = {{"<keys>", root}, {"<workload keys>", schema_field(root, "workloads")->value.sequence.entry}};
	snprintf(out, size, "%s", expected);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		char keys[512];
		const char *mark = strstr(expected, lists[i].mark);
		schema_list_keys(lists[i].mapping, keys, sizeof keys);
		if (mark)
			snprintf(out, size, "%.*s%s%s", (int)(mark - expected), expected, keys,
				 mark + strlen(lists[i].mark));
	}
}

/* Loads one broken file. Returns whether the message is the one in its .expect, and says so if not. */
static bool refused_as_expected(const char *name)
{
	char path[512], expect_path[512];
	snprintf(path, sizeof path, BROKEN "/%s", name);
	snprintf(expect_path, sizeof expect_path, BROKEN "/%.*s.expect", (int)strlen(name) - 5, name);
	lad_cleanup_free char *text = scenarios_file(expect_path);
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
	lad_cleanup_free char *text = scenarios_file("scenarios/ladder.yaml");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_broken_file_is_refused_in_one_exact_line),
	    cmocka_unit_test(test_every_scenario_that_ships_loads),
	    cmocka_unit_test(test_the_default_scenario_is_the_documented_ladder),
	    cmocka_unit_test(test_what_is_no_file_is_refused),
	    cmocka_unit_test(test_a_megabyte_of_anything_is_refused_at_once),
	    cmocka_unit_test(test_a_file_cut_at_any_byte_never_crashes),
	};
	return cmocka_run_group_tests_name("scenario files", tests, NULL, NULL);
}
