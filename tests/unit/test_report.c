/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a folder of results: every part of it in both formats, whatever is in the folder. */
#include "folders.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netladder/report.h"
#include "report/repeat.h"
#include "report/report.h"

/* Whatever a page could mistake for its own. */
#define HOSTILE                                                                                                        \
	"\"'><script>alert(1)</script></title></style></pre><img src=x "                                               \
	"onerror=alert(2)>&amp;|`*_[a](javascript:b)<!--"

/* The report of FOLDERS. */
static char *report_of(const char *const *folders, int count, enum lad_report_format format, const char *title,
		       size_t *length)
{
	struct lad_report_request request = {folders, count, format, title};
	struct lad_error err = {0};
	char *text;
	FILE *out = open_memstream(&text, length);
	assert_non_null(out);
	if (lad_report_write(&request, out, &err) < 0)
		fail_msg("%s", err.message);
	fclose(out);
	return text;
}

static char *report_plan(const struct folder_plan *plan, enum lad_report_format format, const char *title,
			 size_t *length)
{
	char folder[64];
	const char *folders[] = {folder};
	folder_make(plan, folder);
	char *text = report_of(folders, 1, format, title, length);
	folder_remove(folder);
	return text;
}

static const struct folder_plan ladder_plan = {.blocks = 7, .modes = 6, .tunings = 1, .workloads = 5, .speed = 1};

static bool is_void(const char *name)
{
	static const char *const names[] = {"meta", "input", "br", "img", "link", "hr"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/*
 * Every tag is closed in order, and no attribute is anything but a word or NAME="VALUE". What text could break out of
 * its place would break this as well.
 */
static void check_balance(const char *html)
{
	static char stack[256][24];
	int depth = 0;
	const char *at = html;
	while ((at = strchr(at, '<'))) {
		char name[24] = "";
		if (at[1] == '!') {
			at++;
			continue;
		}
		bool closing = at[1] == '/';
		at += 1 + closing;
		for (size_t i = 0; isalnum((unsigned char)*at) && i < sizeof name - 1; i++)
			name[i] = *at++;
		assert_true(name[0] != '\0');
		while (*at && *at != '>') /* attributes: values are in double quotes and hold no < */
			if (*at++ == '"')
				while (*at && *at++ != '"')
					assert_true(*at != '<');
		bool single = at[-1] == '/' || is_void(name);
		if (closing) {
			if (depth == 0 || strcmp(stack[depth - 1], name) != 0)
				fail_msg("</%s> closes <%s>", name, depth ? stack[depth - 1] : "");
			depth--;
		} else if (!single) {
			assert_true(depth < 256);
			strcpy(stack[depth++], name);
		}
		if (!closing && (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)) {
			char end[32];
			snprintf(end, sizeof end, "</%s>", name);
			at = strstr(at, end);
			assert_non_null(at);
		}
	}
	assert_int_equal(depth, 0);
}

static int occurrences(const char *text, const char *part)
{
	int count = 0;
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void test_the_page_has_every_part_once_and_refers_to_nothing_outside(void **state)
{
	(void)state;
	size_t length;
	char *html = report_plan(&ladder_plan, LAD_REPORT_HTML, NULL, &length);
	static const char *const once[] = {"<!DOCTYPE html>",
					   "<main",
					   "<h1>",
					   "<footer>",
					   "<script>",
					   "id=\"ladder\"",
					   "id=\"relations\"",
					   "id=\"figures\"",
					   "id=\"latency\"",
					   "id=\"method\"",
					   "id=\"environment\"",
					   "id=\"repeat\"",
					   "id=\"data\"",
					   "class=\"sentence\"",
					   "Content-Security-Policy"};
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		if (occurrences(html, once[i]) != 1)
			fail_msg("%s: %d times", once[i], occurrences(html, once[i]));
	check_balance(html);
	assert_null(strstr(html, "://"));
	assert_null(strstr(html, " src="));
	assert_null(strstr(html, "<link"));
	for (const char *at = html; (at = strstr(at, " href=\"")); at++)
		assert_true(at[7] == '#' || strncmp(at + 7, "data:text/csv;base64,", 21) == 0);
	free(html);
}

static void test_hostile_text_stays_text_everywhere(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.text = HOSTILE;
	plan.skipped = "ipvlan-l2";
	plan.tunings = 2;
	char *html = report_plan(&plan, LAD_REPORT_HTML, HOSTILE, &length);
	check_balance(html);
	assert_int_equal(occurrences(html, "<script"), 1);
	assert_null(strstr(html, "<img"));
	assert_null(strstr(html, "alert(1)</script>"));
	assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	/* Once in the title, in the reason, in the environment's keys and values, in the scenario and in the rows. */
	assert_true(occurrences(html, "&lt;script&gt;alert(1)&lt;/script&gt;") >= 8);
	free(html);
}

static void test_markdown_tables_survive_hostile_text(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.text = HOSTILE "\n| a | b |";
	plan.skipped = "ipvlan-l2";
	char *markdown = report_plan(&plan, LAD_REPORT_MARKDOWN, HOSTILE, &length);
	assert_null(strstr(markdown, "<script"));
	assert_null(strstr(markdown, "<img"));
	assert_null(strstr(markdown, "](javascript"));
	assert_non_null(strstr(markdown, "**The expected order"));
	int columns = 0, rows = 0;
	char *rest = markdown, *line;
	while ((line = strsep(&rest, "\n"))) {
		if (line[0] != '|') {
			columns = 0;
			continue;
		}
		int here = occurrences(line, "|");
		assert_true(columns == 0 || here == columns);
		columns = here;
		rows++;
	}
	assert_int_equal(rows, 2 * (2 + 5)); /* two tables with a head and a row a workload */
	free(markdown);
}

static size_t decode(const char *base64, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, held = 0;
	size_t length = 0;
	for (; *base64 && *base64 != '"' && *base64 != '='; base64++) {
		bits = bits << 6 | (unsigned)(strchr(digits, *base64) - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[length++] = (char)(bits >> held & 0xff);
		}
	}
	return length;
}

static void test_the_embedded_csv_is_the_file_byte_by_byte(void **state)
{
	(void)state;
	size_t length, csv_length;
	char folder[64];
	const char *folders[] = {folder};
	folder_make(&ladder_plan, folder);
	char *csv = folder_get(folder, "results.csv", &csv_length);
	char *html = report_of(folders, 1, LAD_REPORT_HTML, NULL, &length);
	const char *link = strstr(html, "download=\"results.csv\" href=\"data:text/csv;base64,");
	assert_non_null(link);
	char *decoded = malloc(length);
	assert_non_null(decoded);
	assert_int_equal(decode(strstr(link, "base64,") + 7, decoded), csv_length);
	assert_memory_equal(decoded, csv, csv_length);
	free(decoded);
	free(html);
	free(csv);
	folder_remove(folder);
}

static void test_a_sweep_of_six_modes_eight_tunings_five_workloads_stays_under_3_MB(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.tunings = 8;
	char *html = report_plan(&plan, LAD_REPORT_HTML, NULL, &length);
	if (length > 3000000)
		fail_msg("%zu bytes", length);
	assert_int_equal(occurrences(html, "id=\"sweep\""), 1);
	check_balance(html);
	free(html);
}

static void test_the_best_tuning_is_named_with_its_gain(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.tunings = 3; /* the third is 12 % better than the first */
	char *html = report_plan(&plan, LAD_REPORT_HTML, NULL, &length);
	assert_int_equal(
	    occurrences(html, "Tuning pays in 30 of 30 combinations of workload and mode, most of all mtu=3500"), 2);
	assert_int_equal(occurrences(html, "<strong>mtu=3500</strong>"), 30);
	check_balance(html);
	free(html);
	char *markdown = report_plan(&plan, LAD_REPORT_MARKDOWN, NULL, &length);
	assert_non_null(strstr(markdown, "Tuning pays in 30 of 30"));
	free(markdown);
	plan.blocks = 3; /* too few to tell */
	html = report_plan(&plan, LAD_REPORT_HTML, NULL, &length);
	assert_non_null(
	    strstr(html, "None of the 2 tunings is known to be better than default: the blocks so far do not tell."));
	assert_non_null(strstr(html, "open: mtu=3500 leads"));
	free(html);
}

static void test_several_folders_are_compared_with_the_first(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan, slower = ladder_plan;
	char base[64], fresh[64];
	const char *folders[] = {base, fresh};
	slower.speed = 0.9;
	folder_make(&plan, base);
	folder_make(&slower, fresh);
	char *html = report_of(folders, 2, LAD_REPORT_HTML, NULL, &length);
	check_balance(html);
	assert_int_equal(occurrences(html, "id=\"comparison\""), 1);
	assert_non_null(strstr(html, "30 of 30 figures of "));
	assert_int_equal(occurrences(html, "data:text/csv;base64,"), 2); /* both raw files */
	free(html);
	char *markdown = report_of(folders, 2, LAD_REPORT_MARKDOWN, NULL, &length);
	assert_non_null(strstr(markdown, "**30 of 30 figures of "));
	assert_non_null(strstr(markdown, " -10.0 % | worse |"));
	free(markdown);
	const char *turned[] = {fresh, base};
	markdown = report_of(turned, 2, LAD_REPORT_MARKDOWN, NULL, &length);
	assert_non_null(strstr(markdown, "**No figure of "));
	assert_non_null(strstr(markdown, "; 30 are better.**"));
	free(markdown);
	folder_remove(base);
	folder_remove(fresh);
}

static void test_results_without_any_figure_are_a_report_all_the_same(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.modes = 1;
	plan.skipped = "host";
	for (int format = LAD_REPORT_HTML; format <= LAD_REPORT_MARKDOWN; format++) {
		char *text = report_plan(&plan, (enum lad_report_format)format, NULL, &length);
		assert_non_null(strstr(text, "could not be judged: none of its pairs was measured"));
		assert_non_null(strstr(text, "not in this kernel"));
		free(text);
	}
}

static void test_instruction_clock_is_said_in_both_formats(void **state)
{
	(void)state;
	size_t length;
	struct folder_plan plan = ladder_plan;
	plan.clock = "instructions";
	for (int format = LAD_REPORT_HTML; format <= LAD_REPORT_MARKDOWN; format++) {
		char *text = report_plan(&plan, (enum lad_report_format)format, NULL, &length);
		assert_non_null(strstr(text, "nstruction clock: path length, not wall time"));
		free(text);
	}
}

static void test_a_folder_with_nothing_but_results_is_reported_and_says_what_is_missing(void **state)
{
	(void)state;
	size_t length, csv_length;
	char full[64], bare[64] = "/tmp/netladder-folder-XXXXXX";
	const char *folders[] = {bare};
	folder_make(&ladder_plan, full);
	char *csv = folder_get(full, "results.csv", &csv_length);
	assert_non_null(mkdtemp(bare));
	folder_put(bare, "results.csv", csv);
	char *html = report_of(folders, 1, LAD_REPORT_HTML, NULL, &length);
	check_balance(html);
	assert_non_null(strstr(html, "There is no readable environment.json"));
	assert_non_null(strstr(html, "scenario was not read"));
	free(html);
	free(csv);
	folder_remove(full);
	folder_remove(bare);
}

static void test_what_cannot_be_read_leaves_an_older_report_alone(void **state)
{
	(void)state;
	size_t length;
	char folder[64], path[128];
	const char *folders[] = {folder};
	struct lad_report_request request = {folders, 1, LAD_REPORT_HTML, NULL};
	struct lad_error err = {0};
	folder_make(&ladder_plan, folder);
	folder_put(folder, "report.html", "older");
	folder_put(folder, "results.csv", "run_id,time\nbroken");
	lad_report_path(folder, "report.html", path, sizeof path);
	assert_int_equal(lad_report_save(&request, path, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "results.csv:1: scenario: this column is missing"));
	char *text = folder_get(folder, "report.html", &length);
	assert_string_equal(text, "older");
	free(text);
	folder_remove(folder);
	assert_int_equal(lad_report_save(&request, path, &err), -1); /* the folder is gone */
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
}

static void test_the_report_stands_beside_the_results_also_when_the_csv_is_named(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"results/a", "results/a/report.html"},
					       {"results/a//", "results/a/report.html"},
					       {"results/a/results.csv", "results/a/report.html"},
					       {"results.csv", "./report.html"},
					       {"/", "//report.html"}};
	char path[128];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lad_report_path(cases[i][0], "report.html", path, sizeof path);
		assert_string_equal(path, cases[i][1]);
	}
}

static void test_the_command_repeats_the_plan_that_ran(void **state)
{
	(void)state;
	struct folder_plan plan = ladder_plan;
	char folder[64];
	const char *folders[] = {folder};
	struct lad_report_request request = {folders, 1, LAD_REPORT_HTML, NULL};
	struct report report;
	struct lad_error err = {0};
	plan.modes = 2;
	folder_make(&plan, folder);
	assert_int_equal(report_open(&request, &report, &err), 0);
	assert_string_equal(repeat_command(&report.sources[0]).text,
			    "sudo netladder run scenario.yaml --only host,macvlan");
	report.sources[0].blocks = 3;
	report.sources[0].table.rows[0].seed = 99;
	assert_string_equal(repeat_command(&report.sources[0]).text,
			    "sudo netladder run scenario.yaml --blocks 3 --seed 99 --only host,macvlan");
	struct lad_row *rows = report.sources[0].table.rows;
	for (int i = 0; i < report.sources[0].table.row_count; i++)
		snprintf(rows[i].variant, sizeof rows[i].variant, "%c", i % 2 ? 'b' : 'a');
	assert_non_null(strstr(repeat_command(&report.sources[0]).text, " --versus OLD/netladder-agent"));
	for (int i = 0; i < report.sources[0].table.row_count; i++) {
		snprintf(rows[i].tuning_base, sizeof rows[i].tuning_base, "default");
		snprintf(rows[i].tuning, sizeof rows[i].tuning, "%s", i % 2 ? "jumbo" : "default");
	}
	assert_non_null(strstr(repeat_command(&report.sources[0]).text, " --versus-tuning 'jumbo'"));
	report_close(&report);
	folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_page_has_every_part_once_and_refers_to_nothing_outside),
	    cmocka_unit_test(test_hostile_text_stays_text_everywhere),
	    cmocka_unit_test(test_markdown_tables_survive_hostile_text),
	    cmocka_unit_test(test_the_embedded_csv_is_the_file_byte_by_byte),
	    cmocka_unit_test(test_a_sweep_of_six_modes_eight_tunings_five_workloads_stays_under_3_MB),
	    cmocka_unit_test(test_the_best_tuning_is_named_with_its_gain),
	    cmocka_unit_test(test_several_folders_are_compared_with_the_first),
	    cmocka_unit_test(test_results_without_any_figure_are_a_report_all_the_same),
	    cmocka_unit_test(test_instruction_clock_is_said_in_both_formats),
	    cmocka_unit_test(test_a_folder_with_nothing_but_results_is_reported_and_says_what_is_missing),
	    cmocka_unit_test(test_what_cannot_be_read_leaves_an_older_report_alone),
	    cmocka_unit_test(test_the_report_stands_beside_the_results_also_when_the_csv_is_named),
	    cmocka_unit_test(test_the_command_repeats_the_plan_that_ran),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
