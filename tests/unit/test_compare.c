/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare: which rows meet, what is a regression, and that every format says so and can be read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/compare.h"
#include "noise.h"

static const struct lad_compare_options usual = {.margin = 0.03, .alpha = 0.05};

/* What a test says of one combination: tcp_rr in MODE at RATE, in run RUN, as VARIANT. */
struct series {
	const char *run, *variant;
	enum lad_mode mode;
	double rate, spread; /* rate 0: skipped */
};

static struct lad_row *append_row(struct lad_table *table)
{
	table->rows = realloc(table->rows, ((size_t)table->row_count + 1) * sizeof *table->rows);
	struct lad_row *row = &table->rows[table->row_count++];
	lad_row_clear(row);
	strcpy(row->lab, "native");
	strcpy(row->clock, "wall");
	strcpy(row->kernel, "6.18.5");
	strcpy(row->tuning, "default");
	row->workload = LAD_TCP_RR;
	row->flows = 1;
	row->message_bytes = 1;
	return row;
}

static void append(struct lad_table *table, struct series series, int blocks, unsigned *seed)
{
	for (int block = 1; block <= blocks; block++) {
		struct lad_row *row = append_row(table);
		strcpy(row->run_id, series.run);
		strcpy(row->variant, series.variant);
		row->mode = series.mode;
		row->block = block;
		if (series.rate > 0) {
			row->mtu = 1500;
			row->transactions_per_s = series.rate * exp(series.spread * noise(seed));
			row->latency_p50_us = 1e6 / row->transactions_per_s;
			row->latency_p99_us = 2e6 / row->transactions_per_s;
		} else {
			row->status = LAD_STATUS_SKIPPED;
			strcpy(row->reason, "not in <this> kernel & \"that\"");
		}
	}
}

static struct lad_compare compare(const struct lad_table *base, const struct lad_table *fresh,
				  const struct lad_compare_options *options)
{
	struct lad_compare made;
	struct lad_error err = {0};
	if (lad_compare_make(base, "base.csv", fresh, "new.csv", options, &made, &err) < 0)
		fail_msg("%s", err.message);
	return made;
}

/* One mode, BLOCKS blocks a side, in two runs. */
static enum lad_change change_of(double base_rate, double fresh_rate, double spread, int blocks, unsigned seed)
{
	struct lad_table base = {0}, fresh = {0};
	append(&base, (struct series){"r1", "", LAD_MODE_BRIDGE, base_rate, spread}, blocks, &seed);
	append(&fresh, (struct series){"r2", "", LAD_MODE_BRIDGE, fresh_rate, spread}, blocks, &seed);
	struct lad_compare made = compare(&base, &fresh, &usual);
	assert_int_equal(made.line_count, 1);
	assert_int_equal(made.lines[0].pairing, LAD_INDEPENDENT);
	enum lad_change change = made.lines[0].change;
	assert_int_equal(lad_compare_exit(&made, false), change == LAD_WORSE ? LAD_EXIT_REFUTED : LAD_EXIT_OK);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
	return change;
}

static void test_only_worse_beyond_the_margin_is_a_regression(void **state)
{
	(void)state;
	assert_int_equal(change_of(100000, 90000, 0.01, 8, 1), LAD_WORSE);
	assert_int_equal(change_of(100000, 111000, 0.01, 8, 2), LAD_BETTER);
	assert_int_equal(change_of(100000, 100000, 0.01, 8, 3), LAD_SAME);
	assert_int_equal(change_of(100000, 98500, 0.003, 8, 4), LAD_SAME); /* slower, surely, by less than 3 % */
	assert_int_equal(change_of(100000, 97000, 0.02, 8, 5), LAD_UNKNOWN);
	assert_int_equal(change_of(100000, 50000, 0.01, 3, 6), LAD_WORSE);   /* 1/20 is just enough for one line */
	assert_int_equal(change_of(100000, 50000, 0.01, 2, 6), LAD_UNKNOWN); /* 1/6 proves nothing */
}

static void test_less_is_better_for_latency(void **state)
{
	(void)state;
	unsigned seed = 7;
	struct lad_table base = {0}, fresh = {0};
	append(&base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.005}, 10, &seed);
	append(&fresh, (struct series){"r2", "", LAD_MODE_HOST, 80000, 0.005}, 10, &seed);
	struct lad_compare_options options = usual;
	options.metrics = "latency_p50_us,latency_p99_us,loss_ratio";
	struct lad_compare made = compare(&base, &fresh, &options);
	assert_int_equal(made.line_count, 2); /* tcp_rr has no loss */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(made.lines[i].change, LAD_WORSE);
		assert_true(made.lines[i].ratio > 1.2 && made.lines[i].ratio < 1.3);
		assert_true(made.lines[i].ratio_ci.low < 1.25 && made.lines[i].ratio_ci.high > 1.25);
	}
	lad_compare_free(&made);
	options.metrics = "all";
	made = compare(&base, &fresh, &options);
	assert_int_equal(made.line_count, 3);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static const struct lad_compare_line *line_of(const struct lad_compare *made, enum lad_mode mode)
{
	for (int i = 0; i < made->line_count; i++)
		if (made->lines[i].key.mode == mode)
			return &made->lines[i];
	fail_msg("no line for %s", lad_mode_name(mode));
	return NULL;
}

/* host equal, macvlan worse, bridge missing, overlay new, ipvlan skipped on both sides. */
static struct lad_compare mixed(struct lad_table *base, struct lad_table *fresh)
{
	unsigned seed = 8;
	append(base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	append(base, (struct series){"r1", "", LAD_MODE_MACVLAN, 90000, 0.004}, 8, &seed);
	append(base, (struct series){"r1", "", LAD_MODE_BRIDGE, 60000, 0.004}, 8, &seed);
	append(base, (struct series){"r1", "", LAD_MODE_IPVLAN_L2, 0, 0}, 8, &seed);
	append(base, (struct series){"r1", "", LAD_MODE_OVERLAY, 0, 0}, 8, &seed);
	append(fresh, (struct series){"r2", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	append(fresh, (struct series){"r2", "", LAD_MODE_MACVLAN, 80000, 0.004}, 8, &seed);
	append(fresh, (struct series){"r2", "", LAD_MODE_IPVLAN_L2, 0, 0}, 8, &seed);
	append(fresh, (struct series){"r2", "", LAD_MODE_OVERLAY, 50000, 0.004}, 8, &seed);
	return compare(base, fresh, &usual);
}

static void test_missing_and_new_rows_are_listed_and_only_missing_ones_can_fail(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = mixed(&base, &fresh);
	char summary[256];
	assert_int_equal(made.line_count, 5);
	assert_int_equal(line_of(&made, LAD_MODE_HOST)->change, LAD_SAME);
	assert_int_equal(line_of(&made, LAD_MODE_MACVLAN)->change, LAD_WORSE);
	assert_int_equal(line_of(&made, LAD_MODE_BRIDGE)->change, LAD_MISSING);
	assert_int_equal(line_of(&made, LAD_MODE_OVERLAY)->change, LAD_NEW);
	assert_string_equal(line_of(&made, LAD_MODE_OVERLAY)->why, "not in <this> kernel & \"that\"");
	assert_int_equal(line_of(&made, LAD_MODE_IPVLAN_L2)->change, LAD_NOT_COMPARED);
	lad_compare_summary(&made, summary, sizeof summary);
	assert_string_equal(summary, "1 of 5 worse by more than 3 %, 0 better, 1 same, 0 unknown, 1 missing, 1 new, "
				     "1 not compared.");
	made.counts[LAD_WORSE] = 0;
	assert_int_equal(lad_compare_exit(&made, false), LAD_EXIT_OK);
	assert_int_equal(lad_compare_exit(&made, true), LAD_EXIT_REFUTED);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_rows_meet_only_when_every_key_column_is_the_same(void **state)
{
	(void)state;
	static const char *const differing[] = {"tuning", "mtu", "flows", "message_bytes", "cpus", "placement", "lab"};
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++) {
		unsigned seed = 9;
		struct lad_table base = {0}, fresh = {0};
		append(&base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
		append(&fresh, (struct series){"r2", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
		for (int r = 0; r < fresh.row_count; r++) {
			struct lad_row *row = &fresh.rows[r];
			if (i == 0)
				strcpy(row->tuning, "big");
			row->mtu += i == 1;
			row->flows += i == 2;
			row->message_bytes += i == 3;
			if (i == 4)
				row->cpus = LAD_CPUS_FREE;
			if (i == 5)
				row->placement = LAD_SAME_HOST;
			if (i == 6)
				strcpy(row->lab, "vm");
		}
		struct lad_compare made = compare(&base, &fresh, &usual);
		assert_int_equal(made.line_count, 2);
		assert_non_null(strstr(made.lines[0].name, "tcp_rr shared host"));
		assert_true(made.counts[LAD_MISSING] == 1 && made.counts[LAD_NEW] == 1);
		lad_compare_free(&made);
		struct lad_compare_options options = usual;
		options.ignore = differing[i];
		made = compare(&base, &fresh, &options);
		assert_int_equal(made.line_count, 1);
		assert_int_equal(made.lines[0].change, LAD_SAME);
		lad_compare_free(&made);
		lad_table_free(&base);
		lad_table_free(&fresh);
	}
}

static void test_variants_of_one_run_are_paired_by_block(void **state)
{
	(void)state;
	unsigned seed = 10;
	struct lad_table table = {0};
	struct lad_compare made;
	struct lad_error err = {0};
	append(&table, (struct series){"r", "a", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	assert_int_equal(lad_compare_variants(&table, &usual, &made, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	append(&table, (struct series){"r", "b", LAD_MODE_HOST, 90000, 0.004}, 8, &seed);
	for (int block = 0; block < 8; block++) { /* a drift of 80 % over the blocks hits both alike */
		table.rows[block].transactions_per_s *= 1 + block * 0.1;
		table.rows[8 + block].transactions_per_s *= 1 + block * 0.1;
	}
	for (int i = 8; i < 16; i++) { /* --versus-tuning */
		strcpy(table.rows[i].tuning, "other");
		table.rows[i].flows = 4;
		table.rows[i].mtu = 9000;
	}
	struct lad_compare_options options = usual;
	options.bootstrap = true;
	assert_int_equal(lad_compare_variants(&table, &options, &made, &err), 0);
	assert_int_equal(made.line_count, 1);
	assert_true(made.lines[0].medians_ci.low < 0.9 && made.lines[0].medians_ci.high > 0.89);
	assert_int_equal(made.lines[0].pairing, LAD_PAIRED);
	assert_int_equal(made.lines[0].pairs, 8);
	assert_int_equal(made.lines[0].change, LAD_WORSE);
	assert_true(fabs(made.lines[0].ratio - 0.9) < 0.01);
	lad_compare_free(&made);
	lad_table_free(&table);
}

/* The instruction clock: 100 000 and FRESH in every block. */
static struct lad_compare exact(double fresh_rate)
{
	unsigned seed = 11;
	struct lad_table base = {0}, fresh = {0};
	append(&base, (struct series){"r", "", LAD_MODE_HOST, 100000, 0}, 2, &seed);
	append(&fresh, (struct series){"r", "", LAD_MODE_HOST, fresh_rate, 0}, 2, &seed);
	for (int i = 0; i < 2; i++) {
		strcpy(base.rows[i].clock, "instructions");
		strcpy(fresh.rows[i].clock, "instructions");
	}
	struct lad_compare made = compare(&base, &fresh, &usual);
	lad_table_free(&base);
	lad_table_free(&fresh);
	assert_int_equal(made.lines[0].pairing, LAD_EXACT);
	return made;
}

static void test_the_instruction_clock_is_compared_exactly(void **state)
{
	(void)state;
	struct lad_compare made = exact(100000);
	assert_true(made.lines[0].identical && made.lines[0].change == LAD_SAME);
	lad_compare_free(&made);
	made = exact(99999.9);
	assert_true(!made.lines[0].identical && made.lines[0].change == LAD_SAME);
	assert_true(fabs(made.lines[0].ratio - 0.999999) < 1e-9);
	lad_compare_free(&made);
	made = exact(100000 / 1.0301);
	assert_int_equal(made.lines[0].change, LAD_WORSE);
	lad_compare_free(&made);
	made = exact(100000 * 1.0301);
	assert_int_equal(made.lines[0].change, LAD_BETTER);
	lad_compare_free(&made);
}

static void test_what_the_machine_does_between_runs_widens_the_margin(void **state)
{
	(void)state;
	unsigned seed = 12;
	struct lad_table base = {0}, fresh = {0};
	append(&base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	append(&base, (struct series){"r2", "", LAD_MODE_HOST, 93000, 0.003}, 8, &seed); /* nothing but the weather */
	append(&fresh, (struct series){"r3", "", LAD_MODE_HOST, 92000, 0.003}, 16, &seed);
	struct lad_compare made = compare(&base, &fresh, &usual);
	assert_int_equal(made.lines[0].base.runs, 2);
	assert_true(fabs(made.lines[0].run_spread - 0.075) < 0.01);
	assert_int_equal(made.lines[0].change, LAD_UNKNOWN);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_unknown_metrics_and_keys_are_refused_with_what_is_valid(void **state)
{
	(void)state;
	unsigned seed = 13;
	struct lad_table base = {0};
	struct lad_compare made;
	struct lad_error err = {0};
	append(&base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	struct lad_compare_options options = usual;
	options.metrics = "goodput";
	assert_int_equal(lad_compare_make(&base, "a", &base, "b", &options, &made, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "\"goodput\" is no metric; valid: all, transactions_per_s, goodput_bps"));
	options = usual;
	options.ignore = "tuning,weather";
	assert_int_equal(lad_compare_make(&base, "a", &base, "b", &options, &made, &err), -1);
	assert_non_null(strstr(err.message, "\"weather\" is no column that rows are matched by; valid: lab, clock"));
	lad_table_free(&base);
}

static void test_other_kernels_and_versions_are_grave_and_loads_are_none(void **state)
{
	(void)state;
	unsigned seed = 14;
	struct lad_table base = {0}, fresh = {0};
	struct lad_error err = {0};
	append(&base, (struct series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	append(&fresh, (struct series){"r2", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	for (int i = 0; i < fresh.row_count; i++)
		strcpy(fresh.rows[i].kernel, "6.1.0");
	struct lad_compare made = compare(&base, &fresh, &usual);
	assert_int_equal(made.difference_count, 1);
	assert_string_equal(made.differences[0].what, "kernel");
	static const char a[] = "{\"time\":\"1\",\"machine\":{\"loadavg\":\"0\",\"kernel\":\"x\"},"
				"\"versions\":{\"netladder\":\"0.1\",\"gsl\":\"2.7\"},\"sysctl\":{\"net/a\":\"1\"}}";
	static const char b[] = "{\"time\":\"2\",\"machine\":{\"loadavg\":\"9\",\"kernel\":\"y\"},"
				"\"versions\":{\"netladder\":\"0.2\",\"gsl\":\"2.8\"},\"sysctl\":{},"
				"\"hashes\":{\"agent\":\"ab\"}}";
	assert_int_equal(lad_compare_environment(&made, a, NULL, &err), 0);
	assert_int_equal(made.difference_count, 1);
	assert_int_equal(lad_compare_environment(&made, a, b, &err), 0);
	assert_int_equal(made.difference_count, 5);
	assert_int_equal(lad_compare_grave(&made), 3);
	assert_string_equal(made.differences[0].what, "hashes");
	assert_string_equal(made.differences[2].what, "versions.netladder");
	assert_string_equal(made.differences[2].fresh, "0.2");
	assert_string_equal(made.differences[3].what, "sysctl.net/a");
	assert_string_equal(made.differences[3].fresh, "(none)");
	assert_int_equal(lad_compare_environment(&made, a, "{", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

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
	struct lad_compare made = mixed(base, fresh);
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

static void test_equal_builds_rarely_look_worse_and_a_tenth_is_found(void **state)
{
	(void)state;
	int alarms = 0, edge_alarms = 0, found = 0;
	for (unsigned run = 0; run < 2000; run++) {
		alarms += change_of(100000, 100000, 0.03, 8, 3 * run + 1) == LAD_WORSE;
		/* The hardest case that is no regression: worse by just the margin. */
		edge_alarms += change_of(100000, 100000 / 1.03, 0.03, 8, 3 * run + 2) == LAD_WORSE;
		found += change_of(100000, 90000, 0.03, 8, 3 * run + 3) == LAD_WORSE;
	}
	assert_true(alarms <= 10);
	assert_true(edge_alarms <= 120); /* 5 % of 2000 and two standard errors */
	assert_true(found >= 1900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_worse_beyond_the_margin_is_a_regression),
	    cmocka_unit_test(test_less_is_better_for_latency),
	    cmocka_unit_test(test_missing_and_new_rows_are_listed_and_only_missing_ones_can_fail),
	    cmocka_unit_test(test_rows_meet_only_when_every_key_column_is_the_same),
	    cmocka_unit_test(test_variants_of_one_run_are_paired_by_block),
	    cmocka_unit_test(test_the_instruction_clock_is_compared_exactly),
	    cmocka_unit_test(test_what_the_machine_does_between_runs_widens_the_margin),
	    cmocka_unit_test(test_unknown_metrics_and_keys_are_refused_with_what_is_valid),
	    cmocka_unit_test(test_other_kernels_and_versions_are_grave_and_loads_are_none),
	    cmocka_unit_test(test_json_reads_back),
	    cmocka_unit_test(test_junit_is_well_formed_and_counts_as_the_exit_code_does),
	    cmocka_unit_test(test_github_annotations_keep_to_one_line_each),
	    cmocka_unit_test(test_markdown_has_seven_cells_in_every_row),
	    cmocka_unit_test(test_equal_builds_rarely_look_worse_and_a_tenth_is_found),
	};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
