/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folders.h"
#include "netladder/results.h"

static char folder[64], csv[80];

static void fill(struct lad_row *row)
{
	lad_row_clear(row);
	strcpy(row->run_id, "r1");
	strcpy(row->tuning, "default");
	strcpy(row->cpu_model, "AMD \"EPYC\", two\nlines");
	row->seed = UINT64_MAX;
	row->block = 2;
	row->trial = 17;
	row->mode = LAD_MODE_OVERLAY;
	row->workload = LAD_UDP_RR;
	row->mtu = 1450;
	row->flows = 1;
	row->message_bytes = 1;
	row->duration_s = 0.1 + 0.2;
	row->transactions_per_s = 1.0 / 3;
}

static void write_one(const struct lad_row *row)
{
	static struct lad_histogram latency;
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	strcpy(folder, "/tmp/netladder-results-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(csv, sizeof csv, "%s/results.csv", folder);
	assert_int_equal(lad_results_create(folder, &writer, &err), 0);
	lad_histogram_reset(&latency);
	lad_histogram_record(&latency, 1000000);
	assert_int_equal(lad_results_append(writer, row, &latency, &err), 0);
	assert_int_equal(lad_results_sync(writer, &err), 0);
	lad_results_close(writer);
	assert_int_equal(lad_results_create(folder, &writer, &err), -1); /* never over what is there */
}

static void clean_up(void)
{
	assert_int_equal(folder_remove(folder), 0);
}

static void test_a_row_reads_back_as_it_was_written(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_table table;
	struct lad_error err = {0};
	fill(&row);
	write_one(&row);
	assert_int_equal(lad_table_read(csv, &table, &err), 0);
	assert_int_equal(table.row_count, 1);
	const struct lad_row *back = &table.rows[0];
	assert_string_equal(back->cpu_model, row.cpu_model);
	assert_true(back->seed == UINT64_MAX && back->block == 2 && back->trial == 17 && back->mtu == 1450);
	assert_int_equal(back->mode, LAD_MODE_OVERLAY);
	assert_int_equal(back->workload, LAD_UDP_RR);
	assert_true(back->duration_s == row.duration_s);
	assert_true(back->transactions_per_s == row.transactions_per_s);
	assert_true(isnan(back->goodput_bps));
	assert_true(back->socket_buffer_bytes == -1);
	assert_true(lad_row_metric(back, "duration_s") == row.duration_s);
	assert_true(isnan(lad_row_metric(back, "nonsense")));
	lad_table_free(&table);
	clean_up();
}

static char *file_text(void)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(csv, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static int read_text(const char *text, struct lad_table *table, struct lad_error *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	assert_non_null(in);
	int status = lad_table_read_stream("x.csv", in, table, err);
	fclose(in);
	return status;
}

static void test_added_columns_a_bom_and_a_cut_off_last_row_are_accepted(void **state)
{
	(void)state;
	struct lad_row row;
	struct lad_table table;
	struct lad_error err = {0};
	fill(&row);
	strcpy(row.cpu_model, "plain");
	write_one(&row);
	char *text = file_text(), *changed = calloc(1, 65536);
	char *line_end = strchr(text, '\n');
	*line_end = '\0';
	char *data = line_end + 1;
	*strchr(data, '\n') = '\0';
	sprintf(changed, "\xef\xbb\xbf%s,weather\r\n%s,sunny\r\nr1,2026", text, data);
	assert_int_equal(read_text(changed, &table, &err), 0);
	assert_int_equal(table.row_count, 1);
	assert_string_equal(table.rows[0].run_id, "r1");
	lad_table_free(&table);
	free(text);
	free(changed);
	clean_up();
}

static void expect_refusal(const char *text, const char *expected)
{
	struct lad_table table;
	struct lad_error err = {0};
	assert_int_equal(read_text(text, &table, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	if (!strstr(err.message, expected))
		fail_msg("got \"%s\", wanted \"%s\"", err.message, expected);
}

static void test_malformed_files_are_refused_with_line_and_column(void **state)
{
	(void)state;
	struct lad_row row;
	fill(&row);
	strcpy(row.cpu_model, "plain");
	write_one(&row);
	char *text = file_text(), *changed = calloc(1, 65536);
	expect_refusal("\n", "x.csv:1:");
	expect_refusal("a,b\n1,2\n", "x.csv:1: run_id: this column is missing");
	sprintf(changed, "%s", text);
	memcpy(strstr(changed, "overlay"), "overlap", 7);
	expect_refusal(changed, "x.csv:2: mode: \"overlap\" is unknown; valid: host");
	sprintf(changed, "%s", text);
	memcpy(strstr(changed, ",1450,"), ",14x0,", 6);
	expect_refusal(changed, "x.csv:2: mtu: \"14x0\" is no whole number");
	sprintf(changed, "%sr1,short\n", text);
	expect_refusal(changed, "x.csv:3: scenario: the row ends before this column");
	*(strchr(text, '\n') + 1) = '\0';
	expect_refusal(text, "there is no complete row");
	free(text);
	free(changed);
	clean_up();
}

static void test_hostile_bytes_do_no_harm(void **state)
{
	(void)state;
	static const char *const texts[] = {"\"",	   "\"\"\"",	   "run_id,run_id\n",
					    ",,,,\n,,,\n", "\xff\xfe\x01", "a\"b,c\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct lad_table table;
		struct lad_error err = {0};
		assert_int_equal(read_text(texts[i], &table, &err), -1);
		assert_true(err.message[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_row_reads_back_as_it_was_written),
	    cmocka_unit_test(test_added_columns_a_bom_and_a_cut_off_last_row_are_accepted),
	    cmocka_unit_test(test_malformed_files_are_refused_with_line_and_column),
	    cmocka_unit_test(test_hostile_bytes_do_no_harm),
	};
	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
