/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare: every format says what was found, and can be read back. */
#include "compared.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What PRINT writes; owned by the caller. */
static char *capture(void (*print)(const struct lad_compare *, FILE *), const struct lad_compare *made)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	print(made, out);
	fclose(out);
	return text;
}

static void junit(const struct lad_compare *made, FILE *out)
{
	lad_compare_print_junit(made, true, out);
}

static void github(const struct lad_compare *made, FILE *out)
{
	lad_compare_print_github(made, false, out);
}

static void table(const struct lad_compare *made, FILE *out)
{
	struct lad_print_options options = {0};
	lad_compare_print(made, &options, out);
}

/* The mixed comparison with names that no format may take for its own. */
static struct lad_compare hostile(struct lad_table *base, struct lad_table *fresh)
{
	struct lad_compare made = compared_mixed(base, fresh);
	strcpy(made.base_name, "a|b<c>&\"d\"'%\n*e*");
	for (int i = 0; i < made.line_count; i++)
		strcat(made.lines[i].name, " tuning=<&\"'>|%:,\x01\n]]>");
	return made;
}

static void test_json_reads_back(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = hostile(&base, &fresh);
	char *text = capture(lad_compare_print_json, &made);
	cJSON *root = cJSON_Parse(text);
	assert_non_null(root);
	assert_string_equal(cJSON_GetObjectItem(root, "base")->valuestring, made.base_name);
	cJSON *lines = cJSON_GetObjectItem(root, "lines");
	assert_int_equal(cJSON_GetArraySize(lines), 5);
	for (int i = 0; i < 5; i++) {
		cJSON *line = cJSON_GetArrayItem(lines, i);
		assert_string_equal(cJSON_GetObjectItem(line, "name")->valuestring, made.lines[i].name);
		assert_string_equal(cJSON_GetObjectItem(line, "change")->valuestring,
				    lad_change_name(made.lines[i].change));
		cJSON *ratio = cJSON_GetObjectItem(line, "ratio");
		assert_true(cJSON_IsNull(ratio) ? isnan(made.lines[i].ratio)
						: ratio->valuedouble == made.lines[i].ratio);
	}
	assert_int_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "counts"), "worse")->valueint, 1);
	cJSON_Delete(root);
	free(text);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

struct seen {
	int cases, failures, skipped;
	const struct lad_compare *made;
	const char *first_name;
};

static const char *attribute(const char **names, const char **values, const char *name)
{
	for (; *names; names++, values++)
		if (strcmp(*names, name) == 0)
			return *values;
	return "";
}

static void on_element(GMarkupParseContext *context, const char *element, const char **names, const char **values,
		       void *data, GError **error)
{
	(void)context;
	(void)error;
	struct seen *seen = data;
	if (strcmp(element, "testcase") == 0) {
		/* The name as it was, but for the control character that XML cannot hold. */
		assert_non_null(strstr(attribute(names, values, "name"), "tuning=<&\"'>|%:,?\n]]>, transactions"));
		seen->cases++;
	}
	if (strcmp(element, "failure") == 0) {
		assert_non_null(strstr(attribute(names, values, "message"), seen->failures ? "missing" : "worse"));
		seen->failures++;
	}
	seen->skipped += strcmp(element, "skipped") == 0;
	if (strcmp(element, "testsuite") == 0) {
		assert_string_equal(attribute(names, values, "tests"), "5");
		assert_string_equal(attribute(names, values, "failures"), "2");
		assert_string_equal(attribute(names, values, "skipped"), "2");
	}
}

static void test_junit_is_well_formed_and_counts_as_the_exit_code_does(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = hostile(&base, &fresh);
	struct seen seen = {.made = &made};
	char *text = capture(junit, &made);
	GMarkupParser parser = {.start_element = on_element};
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &seen, NULL);
	GError *error = NULL;
	if (!g_markup_parse_context_parse(context, text, -1, &error) ||
	    !g_markup_parse_context_end_parse(context, &error))
		fail_msg("%s in\n%s", error->message, text);
	g_markup_parse_context_free(context);
	assert_int_equal(seen.cases, 5);
	assert_int_equal(seen.failures, 2); /* the worse one, and with require_all the missing one */
	assert_int_equal(seen.skipped, 2);  /* the new one, and the one that neither side has */
	free(text);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_github_annotations_keep_to_one_line_each(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = hostile(&base, &fresh);
	char *text = capture(github, &made);
	int errors = 0, lines = 0;
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line; lines++) {
		errors += strncmp(line, "::error title=netladder%3A ", 27) == 0;
		assert_true(strncmp(line, "::", 2) == 0);
		/* The title ends at the first "::" after it: none of its own colons and commas are left bare. */
		char *title = strstr(line, "title=") + 6, *end = strstr(title, "::");
		assert_non_null(end);
		assert_true(strcspn(title, ":,") == (size_t)(end - title));
	}
	assert_int_equal(errors, 1);
	assert_int_equal(lines, 4); /* worse, missing, new, and the summary */
	assert_non_null(strstr(text, "tuning=<&\"'>|%25%3A%2C?%0A]]>::"));
	assert_non_null(strstr(text, "tuning=<&\"'>|%25:,?%0A]]>, transactions: worse"));
	free(text);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_markdown_has_seven_cells_in_every_row(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = hostile(&base, &fresh);
	char *text = capture(lad_compare_print_markdown, &made);
	int rows = 0;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		if (line[0] != '|')
			continue;
		int bars = 0;
		for (char *at = line; *at; at++)
			bars += *at == '|' && (at == line || at[-1] != '\\');
		assert_int_equal(bars, 8);
		rows++;
	}
	assert_int_equal(rows, 7); /* the head, its rule, five lines */
	assert_null(strchr(text, '<'));
	free(text);
	text = capture(table, &made);
	assert_non_null(strstr(text, "1 of 5 worse by more than 3 %"));
	free(text);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_reads_back),
	    cmocka_unit_test(test_junit_is_well_formed_and_counts_as_the_exit_code_does),
	    cmocka_unit_test(test_github_annotations_keep_to_one_line_each),
	    cmocka_unit_test(test_markdown_has_seven_cells_in_every_row),
	};
	return cmocka_run_group_tests_name("compare formats", tests, NULL, NULL);
}
