/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results that hold control characters wherever a text may stand: nothing that is printed of them does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "folders.h"
#include "netladder/chart.h"
#include "netladder/compare.h"
#include "netladder/protocol.h"
#include "netladder/report.h"
#include "netladder/text.h"
#include "netladder/verdict.h"

/* A title, a bell, an override, an isolate, C1 in two bytes and in one, DEL, line ends. Twelve bytes fit the least. */
#define HOSTILE "\x1b]0;t\x07\xe2\x80\xae\x9b\xc2\x9b\x7f\xe2\x81\xa6\xe2\x80\xa8\n\r"

static char folder[64];

static void expect_safe(const char *text, const char *what, const char *layout)
{
	size_t length;
	assert_true(strlen(text) > 20);
	for (const char *at = text; *at; at += length) {
		int32_t character = lad_text_character(at, &length);
		bool meant = strchr(layout, *at) != NULL;
		if (character < 0 || (lad_text_is_control(character) && !meant))
			fail_msg("%s: %02x at byte %d", what, (unsigned char)*at, (int)(at - text));
	}
}

/* What PRINT writes of DATA. */
static void expect_safe_print(void (*print)(const void *data, FILE *out), const void *data, const char *what,
			      const char *layout)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	print(data, out);
	fclose(out);
	expect_safe(text, what, layout);
	free(text);
}

static void verdict_text(const void *data, FILE *out)
{
	struct lad_print_options options = {.utf8 = true};
	lad_verdict_print(data, &options, out);
}

static void verdict_json(const void *data, FILE *out)
{
	lad_verdict_print_json(data, out);
}

static void compare_text(const void *data, FILE *out)
{
	struct lad_print_options options = {.utf8 = true};
	lad_compare_print(data, &options, out);
}

static void compare_markdown(const void *data, FILE *out)
{
	lad_compare_print_markdown(data, out);
}

static void compare_json(const void *data, FILE *out)
{
	lad_compare_print_json(data, out);
}

static void compare_junit(const void *data, FILE *out)
{
	lad_compare_print_junit(data, true, out);
}

static void compare_github(const void *data, FILE *out)
{
	lad_compare_print_github(data, true, out);
}

static void read_folder(struct lad_table *table)
{
	char path[96];
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/results.csv", folder);
	if (lad_table_read(path, table, &err) < 0)
		fail_msg("%s", err.message);
}

static void make_hostile_folder(void)
{
	struct folder_plan plan = {
	    .blocks = 6, .modes = 3, .tunings = 2, .workloads = 2, .speed = 1, .text = HOSTILE, .skipped = "bridge"};
	folder_make(&plan, folder);
}

static void test_a_verdict_of_hostile_texts_is_safe(void **state)
{
	(void)state;
	struct lad_table table;
	struct lad_verdict verdict;
	struct lad_error err = {0};
	make_hostile_folder();
	read_folder(&table);
	assert_int_equal(lad_verdict_make(&table, &lad_documented, &verdict, &err), 0);
	expect_safe_print(verdict_text, &verdict, "verdict", "\n");
	expect_safe_print(verdict_json, &verdict, "verdict --json", "\n\t");
	lad_verdict_free(&verdict);
	lad_table_free(&table);
	assert_int_equal(folder_remove(folder), 0);
}

static void test_a_comparison_of_hostile_texts_is_safe_in_every_format(void **state)
{
	(void)state;
	struct lad_table table;
	struct lad_compare compare;
	struct lad_compare_options options = {.margin = 0.03, .alpha = 0.05};
	struct lad_error err = {0};
	size_t length;
	make_hostile_folder();
	read_folder(&table);
	assert_int_equal(lad_compare_make(&table, "base" HOSTILE, &table, "new" HOSTILE, &options, &compare, &err), 0);
	char *environment = folder_get(folder, "environment.json", &length);
	assert_int_equal(lad_compare_environment(&compare, environment, "{\"machine\":{\"a\\u001bb\\u202e\":1}}", &err),
			 0);
	assert_true(compare.difference_count > 0);
	expect_safe_print(compare_text, &compare, "table", "\n");
	expect_safe_print(compare_markdown, &compare, "markdown", "\n");
	expect_safe_print(compare_json, &compare, "json", "\n\t");
	expect_safe_print(compare_junit, &compare, "junit", "\n");
	expect_safe_print(compare_github, &compare, "github", "\n");
	free(environment);
	lad_compare_free(&compare);
	lad_table_free(&table);
	assert_int_equal(folder_remove(folder), 0);
}

static void test_what_a_chart_or_report_says_of_hostile_texts_is_safe(void **state)
{
	(void)state;
	struct lad_table table;
	struct lad_error err = {0};
	const char *const folders[] = {folder};
	char *text = NULL;
	size_t size;
	make_hostile_folder();
	read_folder(&table);
	struct lad_chart_source source = {.name = "made", .table = &table};
	struct lad_chart_request chart = {.kind = LAD_CHART_LADDER, .sources = &source, .source_count = 1};
	if (lad_chart_describe(&chart, &text, &err) < 0)
		fail_msg("%s", err.message);
	expect_safe(text, "chart --describe", "\n");
	free(text);
	struct lad_report_request report = {.folders = folders, .folder_count = 1, .format = LAD_REPORT_MARKDOWN};
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	if (lad_report_write(&report, out, &err) < 0)
		fail_msg("%s", err.message);
	fclose(out);
	expect_safe(text, "report", "\n");
	free(text);
	lad_table_free(&table);
	assert_int_equal(folder_remove(folder), 0);
}

static void test_an_error_of_the_other_end_is_safe(void **state)
{
	(void)state;
	static const char line[] = "{\"type\":\"error\",\"message\":\"a\\u001b]0;t\\u0007\xc2\x9b\\u202ez\"}";
	struct lad_message message;
	struct lad_error err = {0};
	assert_int_equal(lad_protocol_parse(line, strlen(line), &message, NULL, &err), 0);
	assert_string_equal(message.text, "a?]0;t???z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_verdict_of_hostile_texts_is_safe),
	    cmocka_unit_test(test_a_comparison_of_hostile_texts_is_safe_in_every_format),
	    cmocka_unit_test(test_what_a_chart_or_report_says_of_hostile_texts_is_safe),
	    cmocka_unit_test(test_an_error_of_the_other_end_is_safe),
	};
	return cmocka_run_group_tests_name("safe_output", tests, NULL, NULL);
}
