/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `netladder columns` and docs/columns.md say of columns and metrics is of those that the program has, and true.
 */
#include "scenarios.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/columns.h"
#include "folders.h"
#include "netladder/cleanup.h"
#include "netladder/columns.h"
#include "netladder/results.h"
#include "netladder/verdict.h"
#include "results/columns.h"

static const struct lad_file_about *const results = &lad_files_about[0];

/* TEXT gets what PRINT prints; free it. */
static void print_to(void (*print)(FILE *out), char **text)
{
	size_t size = 0;
	FILE *out = open_memstream(text, &size);
	assert_non_null(out);
	print(out);
	fclose(out);
}

/* Whether TEXT is there, and fits one cell of a Markdown table. */
static bool fits_a_cell(const char *text)
{
	return text && *text && !strpbrk(text, "|\r\n");
}

/* "0.1.0" is no later than this version. */
static bool is_version(const char *text)
{
	int major, minor, patch, our_major, our_minor, end = 0;
	assert_int_equal(sscanf(LAD_VERSION, "%d.%d", &our_major, &our_minor), 2);
	return sscanf(text, "%d.%d.%d%n", &major, &minor, &patch, &end) == 3 && !text[end] &&
	       (major < our_major || (major == our_major && minor <= our_minor));
}

static void test_every_column_of_the_program_is_described(void **state)
{
	(void)state;
	assert_string_equal(results->name, "results.csv");
	assert_int_equal(results->column_count, results_column_count);
	for (size_t i = 0; i < lad_file_about_count; i++)
		for (size_t j = 0; j < lad_files_about[i].column_count; j++) {
			const struct lad_column_about *column = &lad_files_about[i].columns[j];
			bool whole = fits_a_cell(column->meaning) && is_version(column->since) &&
				     column->meaning[strlen(column->meaning) - 1] == '.' &&
				     (!column->empty || fits_a_cell(column->empty));
			if (!whole)
				fail_msg("%s of %s lacks its meaning, its version or when it is empty", column->name,
					 lad_files_about[i].name);
			if (i == 0)
				assert_string_equal(column->name, lad_column_name((int)j));
		}
}

static void test_the_unit_is_the_one_that_the_name_ends_in(void **state)
{
	(void)state;
	/* The first that fits governs. */
	static const struct {
		const char *end, *unit;
	} units[] = {{"cpu_s_per_gbyte", "s/GB"},
		     {"_us_per_transaction", "us"},
		     {"_per_s", "1/s"},
		     {"_bps", "bit/s"},
		     {"_us", "us"},
		     {"_ns", "ns"},
		     {"_s", "s"},
		     {"_ratio", "1"},
		     {"_bytes", "bytes"},
		     {"_segments", "segments"},
		     {"_mhz", "MHz"}};
	for (size_t i = 0; i < lad_file_about_count; i++)
		for (size_t j = 0; j < lad_files_about[i].column_count; j++) {
			const struct lad_column_about *column = &lad_files_about[i].columns[j];
			const char *expected = NULL;
			for (size_t k = 0; !expected && k < sizeof units / sizeof *units; k++) {
				size_t length = strlen(column->name), end = strlen(units[k].end);
				if (length >= end && strcmp(column->name + length - end, units[k].end) == 0)
					expected = units[k].unit;
			}
			if (expected && strcmp(expected, column->unit) != 0)
				fail_msg("%s has the unit %s", column->name, column->unit);
			if (strcmp(column->type, "number") == 0 && !*column->unit)
				fail_msg("%s has no unit", column->name);
		}
}

static void test_the_files_that_are_written_have_these_columns(void **state)
{
	(void)state;
	char folder[] = "/tmp/netladder-columns-XXXXXX", header[8192];
	struct lad_results_writer *writer = NULL;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(lad_results_create(folder, &writer, NULL), 0);
	lad_results_close(writer);
	for (size_t i = 0; i < lad_file_about_count; i++) {
		const struct lad_file_about *file = &lad_files_about[i];
		size_t used = 0, length;
		for (size_t j = 0; j < file->column_count; j++)
			used += (size_t)snprintf(header + used, sizeof header - used, "%s%s", j ? "," : "",
						 file->columns[j].name);
		snprintf(header + used, sizeof header - used, "\n");
		lad_cleanup_free char *written = folder_get(folder, file->name, &length);
		assert_string_equal(written, header);
	}
	assert_int_equal(folder_remove(folder), 0);
}

static void test_every_metric_is_a_column_and_is_listed(void **state)
{
	(void)state;
	char valid[512] = "all";
	size_t used = strlen(valid);
	struct lad_error err = {0};
	for (int i = 0; lad_metric_listed(i); i++) {
		const struct lad_metric *metric = lad_metric_listed(i);
		assert_true(lad_column_is_number(lad_column_find(metric->column)));
		assert_true(fits_a_cell(metric->title));
		assert_int_equal(lad_metrics_check(metric->column, &err), 0);
		used += (size_t)snprintf(valid + used, sizeof valid - used, ", %s", metric->column);
	}
	assert_int_equal(lad_metrics_check("none", &err), -1);
	assert_string_equal(strstr(err.message, "valid: "), strstr(err.message, valid) - strlen("valid: "));
	assert_string_equal(strstr(err.message, valid), valid);
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++)
		for (const struct lad_metric *judged = lad_metrics_of((enum lad_workload_kind)kind); judged->column;
		     judged++) {
			const struct lad_metric *listed = NULL;
			for (int i = 0; !listed && lad_metric_listed(i); i++)
				if (strcmp(lad_metric_listed(i)->column, judged->column) == 0)
					listed = lad_metric_listed(i);
			assert_non_null(listed);
			assert_string_equal(listed->unit, judged->unit);
			assert_true(listed->lower_is_better == judged->lower_is_better);
		}
}

static void test_the_document_is_what_the_program_prints(void **state)
{
	(void)state;
	lad_cleanup_free char *document = scenarios_file("docs/columns.md");
	lad_cleanup_free char *text = NULL;
	print_to(columns_print_markdown, &text);
	if (strcmp(document, text) != 0)
		fail_msg("docs/columns.md is not what `netladder columns --format markdown` prints; make docs-columns");
}

static void assert_has_a_line(const char *text, const char *begin, const char *name)
{
	char line[128];
	snprintf(line, sizeof line, "\n%s%s", begin, name);
	if (!strstr(text, line))
		fail_msg("no line begins with \"%s\"", line + 1);
}

static void test_every_column_and_metric_has_its_line(void **state)
{
	(void)state;
	lad_cleanup_free char *text = NULL, *markdown = NULL;
	print_to(columns_print_text, &text);
	print_to(columns_print_markdown, &markdown);
	for (size_t i = 0; i < lad_file_about_count; i++)
		for (size_t j = 0; j < lad_files_about[i].column_count; j++) {
			assert_has_a_line(text, "  ", lad_files_about[i].columns[j].name);
			assert_has_a_line(markdown, "| `", lad_files_about[i].columns[j].name);
		}
	const char *metrics = strstr(text, "\nMetrics\n"), *table = strstr(markdown, "\n## Metrics\n");
	assert_true(metrics && table);
	for (int i = 0; lad_metric_listed(i); i++) {
		assert_has_a_line(metrics, "  ", lad_metric_listed(i)->column);
		assert_has_a_line(table, "| `", lad_metric_listed(i)->column);
	}
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		assert_true(strcspn(line, "\n") < 80);
}

static const char *string_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void test_the_schema_has_the_same_columns_and_metrics(void **state)
{
	(void)state;
	lad_cleanup_free char *text = NULL;
	print_to(columns_print_json, &text);
	cJSON *package = cJSON_Parse(text);
	assert_non_null(package);
	const cJSON *resources = cJSON_GetObjectItem(package, "resources");
	assert_int_equal(cJSON_GetArraySize(resources), lad_file_about_count);
	for (int i = 0; i < cJSON_GetArraySize(resources); i++) {
		const cJSON *resource = cJSON_GetArrayItem(resources, i);
		const cJSON *fields = cJSON_GetObjectItem(cJSON_GetObjectItem(resource, "schema"), "fields");
		assert_string_equal(string_of(resource, "path"), lad_files_about[i].name);
		assert_int_equal(cJSON_GetArraySize(fields), lad_files_about[i].column_count);
		for (int j = 0; j < cJSON_GetArraySize(fields); j++) {
			const struct lad_column_about *column = &lad_files_about[i].columns[j];
			const cJSON *field = cJSON_GetArrayItem(fields, j);
			const cJSON *constraints = cJSON_GetObjectItem(field, "constraints");
			assert_string_equal(string_of(field, "name"), column->name);
			assert_string_equal(string_of(field, "description"), column->meaning);
			assert_true(cJSON_IsTrue(cJSON_GetObjectItem(constraints, "required")) == !column->empty);
			assert_true(cJSON_IsArray(cJSON_GetObjectItem(constraints, "enum")) == (column->word != NULL));
		}
	}
	const cJSON *metrics = cJSON_GetObjectItem(package, "metrics");
	int count = 0;
	for (; lad_metric_listed(count); count++)
		assert_string_equal(string_of(cJSON_GetArrayItem(metrics, count), "column"),
				    lad_metric_listed(count)->column);
	assert_int_equal(cJSON_GetArraySize(metrics), count);
	cJSON_Delete(package);
}

static bool is_ok(const struct lad_row *row)
{
	return row->status == LAD_STATUS_OK;
}

static bool is_one_of(const struct lad_row *row, enum lad_workload_kind a, enum lad_workload_kind b)
{
	return row->workload == a || row->workload == b;
}

/* Whether CONDITION, one of those that `empty` joins by "; ", holds for ROW: 1, 0, or -1 where a row does not tell. */
static int holds(const char *condition, const struct lad_row *row)
{
	const struct {
		const char *text;
		int holds;
	} known[] = {
	    {"status is not ok", !is_ok(row)},
	    {"status is ok", is_ok(row)},
	    {"no stream", !lad_is_stream(row->workload)},
	    {"a stream", lad_is_stream(row->workload)},
	    {"not udp_stream", row->workload != LAD_UDP_STREAM},
	    {"not tcp_stream", row->workload != LAD_TCP_STREAM},
	    {"not tcp_stream or tcp_rr", !is_one_of(row, LAD_TCP_STREAM, LAD_TCP_RR)},
	    {"not udp_stream or udp_rr", !is_one_of(row, LAD_UDP_STREAM, LAD_UDP_RR)},
	    {"not udp_stream, udp_rr or dns_rr",
	     !is_one_of(row, LAD_UDP_STREAM, LAD_UDP_RR) && row->workload != LAD_DNS_RR},
	    {"not TCP", lad_is_udp(row->workload) || row->workload == LAD_DNS_RR},
	    {"udp_rr with messages below 16 bytes", row->workload == LAD_UDP_RR && row->message_bytes < 16},
	    {"docker lab", strcmp(row->lab, "docker") == 0},
	    {"direction is not both", !strstr(row->options, "direction=both")},
	    {"loop is not open", strcmp(row->loop, "open") != 0},
	    {"without `timestamps`", !strstr(row->options, "timestamps")},
	    {"without `zerocopy`", !strstr(row->options, "zerocopy")},
	    {"no --versus and no --versus-tuning", !row->variant[0]},
	    {"the number of blocks was fixed before the run", row->max_blocks < 0},
	    {"all is the default", !row->options[0]},
	    {"the tuning asks for nothing", !row->tuning_settings[0]},
	    {"queue_drops_total is empty", isnan(row->queue_drops_total)},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].text, condition) == 0)
			return known[i].holds;
	return -1;
}

/* 1: EMPTY says that ROW's field is empty; 0: that it is not; -1: it may be either. */
static int says_empty(const char *empty, const struct lad_row *row)
{
	char copy[512], *rest = copy, *condition;
	int said = 0;
	snprintf(copy, sizeof copy, "%s", empty ? empty : "");
	while (empty && (condition = strsep(&rest, ";"))) {
		int held = holds(condition + strspn(condition, " "), row);
		if (held > 0)
			return 1;
		said = held < 0 ? -1 : said;
	}
	return said;
}

/* Holds every field of the results in FOLDER, of the columns that the file has, against what is said of it. */
static void check_fields(const char *folder)
{
	char path[256], text[LAD_TUNING_TEXT_MAX];
	size_t length;
	struct lad_table table;
	struct lad_error err = {0};
	lad_cleanup_free char *file = folder_get(folder, "results.csv", &length);
	file[strcspn(file, "\n")] = ',';
	snprintf(path, sizeof path, "%s/results.csv", folder);
	if (lad_table_read(path, &table, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < results->column_count; i++) {
		const struct lad_column_about *column = &results->columns[i];
		char name[64];
		snprintf(name, sizeof name, "%s%s,", i ? "," : "", column->name);
		const char *found = strstr(file, name);
		for (int row = 0; found && row < table.row_count; row++) {
			results_format(&results_columns[i], &table.rows[row], text, sizeof text);
			int said = says_empty(column->empty, &table.rows[row]);
			if (said >= 0 && said != !*text)
				fail_msg("%s, row %d: %s is \"%s\", and is said to be empty when: %s", path, row + 1,
					 column->name, text, column->empty ? column->empty : "never");
		}
	}
	lad_table_free(&table);
}

static void test_fields_are_empty_when_they_are_said_to_be(void **state)
{
	(void)state;
	const char *other = getenv("NETLADDER_RESULTS"); /* a folder of one's own */
	check_fields("results/example");
	check_fields("results/reference");
	if (other)
		check_fields(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_column_of_the_program_is_described),
	    cmocka_unit_test(test_the_unit_is_the_one_that_the_name_ends_in),
	    cmocka_unit_test(test_the_files_that_are_written_have_these_columns),
	    cmocka_unit_test(test_every_metric_is_a_column_and_is_listed),
	    cmocka_unit_test(test_the_document_is_what_the_program_prints),
	    cmocka_unit_test(test_every_column_and_metric_has_its_line),
	    cmocka_unit_test(test_the_schema_has_the_same_columns_and_metrics),
	    cmocka_unit_test(test_fields_are_empty_when_they_are_said_to_be),
	};
	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
