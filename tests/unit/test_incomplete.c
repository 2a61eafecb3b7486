/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a results folder whose last line is cut off, or that has fewer rows than trials were planned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folders.h"
#include "netladder/file.h"
#include "netladder/incomplete.h"
#include "netladder/report.h"

#define EXAMPLE "results/example/"
#define ROWS 520

static char folder[64], csv[96];

static void write_bytes(const char *name, const void *bytes, size_t size)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* A copy of the example's file NAME without its last CUT bytes. */
static void copy(const char *name, size_t cut)
{
	char path[128];
	struct lad_error err = {0};
	struct lad_bytes bytes;
	snprintf(path, sizeof path, EXAMPLE "%s", name);
	assert_int_equal(lad_file_read(path, 16 << 20, &bytes, &err), 0);
	write_bytes(name, bytes.data, bytes.size - cut);
	lad_bytes_free(&bytes);
}

static void begin(void)
{
	strcpy(folder, "/tmp/netladder-incomplete-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(csv, sizeof csv, "%s/results.csv", folder);
}

static struct lad_incomplete look(void)
{
	struct lad_table table;
	struct lad_error err = {0};
	struct lad_incomplete found;
	if (lad_table_read(csv, &table, &err) < 0)
		fail_msg("%s", err.message);
	lad_incomplete_look(csv, &table, &found);
	lad_table_free(&table);
	return found;
}

static void expect_line(const struct lad_incomplete *found, const char *expected)
{
	char line[256];
	assert_int_equal(lad_incomplete_describe(found, "results.csv", line, sizeof line), expected[0] != '\0');
	assert_string_equal(line, expected);
}

static void test_a_whole_folder_lacks_nothing(void **state)
{
	(void)state;
	begin();
	copy("results.csv", 0);
	copy("environment.json", 0);
	copy("scenario.yaml", 0);
	struct lad_incomplete found = look();
	assert_int_equal(found.planned, ROWS);
	expect_line(&found, "");
	/* Nor does one whose last row is whole and lacks its line end alone. */
	copy("results.csv", 1);
	found = look();
	expect_line(&found, "");
	assert_int_equal(folder_remove(folder), 0);
}

static void test_a_cut_line_is_told_with_the_trials_that_have_no_row(void **state)
{
	(void)state;
	static const char *const plans[] = {"environment.json", "scenario.yaml"};
	for (size_t i = 0; i < 2; i++) {
		begin();
		copy("results.csv", 30);
		copy(plans[i], 0);
		struct lad_incomplete found = look();
		expect_line(&found,
			    "results.csv:521: the last line is cut off and left out; 1 of 520 planned trials has "
			    "no row");
		assert_int_equal(folder_remove(folder), 0);
	}
	begin();
	copy("results.csv", 30);
	struct lad_incomplete found = look();
	expect_line(&found, "results.csv:521: the last line is cut off and left out");
	assert_int_equal(folder_remove(folder), 0);
}

static void test_of_a_run_that_stops_by_itself_the_blocks_that_it_came_to_count(void **state)
{
	(void)state;
	static const char environment[] = "{\"trials\": 240, \"blocks\": 60}";
	struct lad_row rows[12];
	struct lad_table table = {.rows = rows, .row_count = 12};
	struct lad_incomplete found;
	begin();
	write_bytes("environment.json", environment, strlen(environment));
	for (int i = 0; i < 12; i++) {
		lad_row_clear(&rows[i]);
		rows[i].block = i / 4 + 1;
		rows[i].max_blocks = 60;
	}
	lad_incomplete_look(csv, &table, &found);
	expect_line(&found, "");
	table.row_count = 10;
	lad_incomplete_look(csv, &table, &found);
	expect_line(&found, "results.csv: 2 of 12 planned trials have no row");
	/* Rows of two runs: what was planned is not known. */
	strcpy(rows[3].run_id, "another");
	lad_incomplete_look(csv, &table, &found);
	expect_line(&found, "");
	assert_int_equal(folder_remove(folder), 0);
}

static void test_the_report_says_what_is_cut(void **state)
{
	(void)state;
	static const char histograms[] = "run_id,block,trial,low_ns,high_ns,count\nr,1,1,5,6,7\nr,1,1,";
	const char *const folders[] = {folder};
	begin();
	copy("results.csv", 30);
	copy("environment.json", 0);
	write_bytes("histograms.csv", histograms, strlen(histograms));
	for (int format = LAD_REPORT_HTML; format <= LAD_REPORT_MARKDOWN; format++) {
		char *text = NULL;
		size_t size;
		struct lad_error err = {0};
		struct lad_report_request request = {
		    .folders = folders, .folder_count = 1, .format = (enum lad_report_format)format};
		FILE *out = open_memstream(&text, &size);
		assert_non_null(out);
		if (lad_report_write(&request, out, &err) < 0)
			fail_msg("%s", err.message);
		fclose(out);
		assert_non_null(
		    strstr(text, "results.csv:521: the last line is cut off and left out; 1 of 520 planned"));
		assert_int_equal(strstr(text, "histograms.csv:3: the last line is cut off") != NULL,
				 format == LAD_REPORT_HTML); /* Markdown has no chart of them */
		free(text);
	}
	assert_int_equal(folder_remove(folder), 0);
}

static int count_record(const char *const *values, void *data, struct lad_error *err)
{
	uint64_t value;
	*(int *)data += 1;
	return lad_record_whole(values[1], 1, 100, &value, err);
}

/* Writes TEXT to histograms.csv in a folder of its own; CSV is then its path. */
static void write_records(const char *text)
{
	begin();
	write_bytes("histograms.csv", text, strlen(text));
	snprintf(csv, sizeof csv, "%s/histograms.csv", folder);
}

static void test_records_beside_count_without_a_line_end_and_are_left_out_when_cut(void **state)
{
	(void)state;
	static const char *const columns[] = {"run_id", "count"};
	static const struct {
		const char *text;
		int records, cut_line;
	} cases[] = {{"run_id,count\nr,1\nr,2\n", 2, 0},
		     {"run_id,count\nr,1\nr,2", 2, 0},
		     {"run_id,count\nr,1\nr", 1, 3},
		     {"run_id,count\nr,1\n\"r", 1, 3}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_error err = {0};
		int records = 0;
		write_records(cases[i].text);
		assert_int_equal(lad_records_read(csv, columns, 2, 2, count_record, &records, &err), 0);
		assert_int_equal(records, cases[i].records);
		assert_int_equal(lad_records_cut(csv), cases[i].cut_line);
		assert_int_equal(folder_remove(folder), 0);
	}
	/* The last number is not there: the reader finds that it is none. */
	int records = 0;
	struct lad_error err = {0};
	write_records("run_id,count\nr,1\nr,");
	assert_int_equal(lad_records_read(csv, columns, 2, 2, count_record, &records, &err), 0);
	assert_int_equal(lad_records_cut(csv), 3);
	assert_int_equal(folder_remove(folder), 0);
	write_records("run_id,count\nr,1\nr,0x2\n");
	assert_int_equal(lad_records_read(csv, columns, 2, 2, count_record, &records, &err), -1);
	assert_non_null(strstr(err.message, ":3: \"0x2\" is no whole number"));
	assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_whole_folder_lacks_nothing),
	    cmocka_unit_test(test_a_cut_line_is_told_with_the_trials_that_have_no_row),
	    cmocka_unit_test(test_of_a_run_that_stops_by_itself_the_blocks_that_it_came_to_count),
	    cmocka_unit_test(test_the_report_says_what_is_cut),
	    cmocka_unit_test(test_records_beside_count_without_a_line_end_and_are_left_out_when_cut),
	};
	return cmocka_run_group_tests_name("incomplete", tests, NULL, NULL);
}
