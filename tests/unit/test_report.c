/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folders.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netladder/report.h"
#include "report/escape.h"
#include "report/repeat.h"
#include "report/report.h"
#include "report/sentence.h"
#include "report/svg.h"

/* Whatever a page could mistake for its own. */
#define HOSTILE                                                                                                        \
	"\"'><script>alert(1)</script></title></style></pre><img src=x "                                               \
	"onerror=alert(2)>&amp;|`*_[a](javascript:b)<!--"

typedef void (*writer)(FILE *out, const char *text);

static char *written(writer write, const char *text)
{
	char *result;
	size_t length;
	FILE *out = open_memstream(&result, &length);
	assert_non_null(out);
	write(out, text);
	fclose(out);
	return result;
}

static void check(writer write, const char *text, const char *expected)
{
	char *result = written(write, text);
	assert_string_equal(result, expected);
	free(result);
}

static void test_html_text_cannot_leave_its_element_or_attribute(void **state)
{
	(void)state;
	check(html_text, "a<b>&\"'c", "a&lt;b&gt;&amp;&quot;&#39;c");
	check(html_text, "µ ≈ 日本 😀", "µ ≈ 日本 😀");
	check(html_text, "a\x01\x1b[0m\x7f", "a\xef\xbf\xbd\xef\xbf\xbd[0m\xef\xbf\xbd");
	check(html_text, "\xff\xc3(\xc0\xaf\xed\xa0\x80", /* no UTF-8: stray, cut, overlong, surrogate */
	      "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check(html_text,
	      "a\xe2\x80\xae"
	      "b",
	      "a\xef\xbf\xbd"
	      "b"); /* right-to-left override */
	check(html_text, "end\xe2\x80", "end\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_markdown_text_shows_as_it_stands(void **state)
{
	(void)state;
	check(markdown_text, "tcp_rr 5 > 3", "tcp_rr 5 > 3");
	check(markdown_text, "> quote", "&gt; quote");
	check(markdown_text, "_a_ *b* `c` |d| [e](f)",
	      "&#95;a&#95; &#42;b&#42; &#96;c&#96; &#124;d&#124; &#91;e&#93;(f)");
	check(markdown_text, "<img src=x> @someone #12 a\nb", "&lt;img src=x> &#64;someone &#35;12 a b");
	check(markdown_text, "https://x.org www.x.org", "https&#58;//x.org &#119;ww.x.org");
}

static void put_template(FILE *out, const char *text)
{
	html_put(out, "<a title=\"{}\">{}</a>", text, text, NULL);
}

static void test_templates_escape_every_argument(void **state)
{
	(void)state;
	check(put_template, "\"><b>", "<a title=\"&quot;&gt;&lt;b&gt;\">&quot;&gt;&lt;b&gt;</a>");
	check(put_template, "{}", "<a title=\"{}\">{}</a>"); /* an argument is no template */
}

static void put_base64(FILE *out, const char *text)
{
	base64_put(out, text, strlen(text));
}

static void test_base64_is_that_of_rfc_4648(void **state)
{
	(void)state;
	static const char *const vectors[][2] = {{"", ""},
						 {"f", "Zg=="},
						 {"fo", "Zm8="},
						 {"foo", "Zm9v"},
						 {"foob", "Zm9vYg=="},
						 {"fooba", "Zm9vYmE="},
						 {"foobar", "Zm9vYmFy"}};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		check(put_base64, vectors[i][0], vectors[i][1]);
}

static void put_svg(FILE *out, const char *svg)
{
	if (svg_embed(out, svg, NULL, "it's \"quoted\"") < 0)
		fputs("refused", out);
}

static void test_an_embedded_drawing_only_draws(void **state)
{
	(void)state;
	char *svg =
	    written(put_svg, "<?xml version=\"1.0\"?><!DOCTYPE svg>"
			     "<svg id=\"body\" width=\"200\" height=\"100\" viewBox=\"0 0 2 1\" onload=\"x()\">"
			     "<title>t</title><script>alert(1)</script>"
			     "<style>*{}</style><foreignObject><b>x</b></foreignObject>"
			     "<g id=\"content\" onclick=\"x()\"><rect x=\"0\" fill=\"url(#a)\" stroke=\"#222222\" />"
			     "<a href=\"javascript:x()\"><text>gone</text></a><text x=\"1\">5 µs &lt;b&gt;</text>"
			     "</g></svg><script>alert(2)</script>");
	assert_string_equal(svg,
			    "<svg class=\"plot paper\" viewBox=\"0 0 2 1\" width=\"200\" height=\"100\" role=\"img\" "
			    "aria-label=\"it&#39;s &quot;quoted&quot;\"><g><rect x=\"0\" stroke=\"#222222\"/>"
			    "<text x=\"1\">5 µs &lt;b&gt;</text></g></svg>\n");
	free(svg);
	check(put_svg, "no drawing", "refused");
	check(put_svg, "<svg width=\"1\"", "refused");
	check(put_svg, "<svg width=\"1\" height=\"1\">", "refused"); /* no viewBox */
	check(put_svg, "", "refused");
}

#define ROOT "<svg width=\"2\" height=\"1\" viewBox=\"0 0 2 1\">"

static void put_themed(FILE *out, const char *dark)
{
	svg_embed(out, ROOT "<title>a</title><g><rect fill=\"#ffffff\" stroke=\"#0072b2\"/></g></svg>", dark, "");
}

static void test_two_themes_become_one_drawing(void **state)
{
	(void)state;
	check(put_themed, ROOT "<g><rect fill=\"#000000\" stroke=\"#0072b2\"/></g></svg>",
	      "<svg class=\"plot\" viewBox=\"0 0 2 1\" width=\"2\" height=\"1\" role=\"img\" aria-label=\"\"><g>"
	      "<rect fill=\"light-dark(#ffffff,#000000)\" stroke=\"#0072b2\"/></g></svg>\n");
	check(put_themed, ROOT "<g><rect fill=\"black\" stroke=\"none\"/></g></svg>",
	      "<svg class=\"plot\" viewBox=\"0 0 2 1\" width=\"2\" height=\"1\" role=\"img\" aria-label=\"\"><g>"
	      "<rect fill=\"light-dark(#ffffff,black)\" stroke=\"#0072b2\"/></g></svg>\n");
	/* Another drawing is no other theme of this one: light colours on their own paper. */
	check(put_themed, ROOT "<g><line stroke=\"#0072b2\"/></g></svg>",
	      "<svg class=\"plot paper\" viewBox=\"0 0 2 1\" width=\"2\" height=\"1\" role=\"img\" aria-label=\"\"><g>"
	      "<rect fill=\"#ffffff\" stroke=\"#0072b2\"/></g></svg>\n");
}

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

/* A verdict of GROUPS workloads on one relation each, host > bridge, with these kinds. */
static struct sentence sentence_of(const enum lad_verdict_kind *kinds, int count)
{
	static struct lad_group groups[8];
	static struct lad_judgement judgements[8];
	static struct lad_cell cells[8];
	assert_true(count <= 8);
	for (int i = 0; i < count; i++) {
		judgements[i] = (struct lad_judgement){.relation = {LAD_MODE_HOST, LAD_MODE_BRIDGE, LAD_GREATER},
						       .verdict = kinds[i],
						       .ratio = 1,
						       .blocks_needed = kinds[i] == LAD_INCONCLUSIVE ? 4 : 0};
		groups[i] = (struct lad_group){.tuning = "default",
					       .metric = lad_metrics_of(LAD_TCP_RR),
					       .primary = true,
					       .judgements = &judgements[i],
					       .judgement_count = 1,
					       .cells = &cells[i]};
	}
	struct lad_verdict verdict = {.groups = groups, .group_count = count, .clock = "wall"};
	return sentence_make(&verdict);
}

static void check_sentence(const enum lad_verdict_kind *kinds, int count, const char *expected)
{
	char plain[2048];
	struct sentence sentence = sentence_of(kinds, count);
	size_t used = 0;
	for (const char *at = sentence.text; *at; at++) /* no-break spaces read as spaces */
		if (strncmp(at, "\u00a0", 2) == 0) {
			plain[used++] = ' ';
			at++;
		} else {
			plain[used++] = *at;
		}
	plain[used] = '\0';
	assert_string_equal(plain, expected);
}

static void test_the_sentence_says_what_was_found(void **state)
{
	(void)state;
	const enum lad_verdict_kind c = LAD_CONFIRMED, r = LAD_REFUTED, i = LAD_INCONCLUSIVE, n = LAD_NOT_MEASURED;
	check_sentence((enum lad_verdict_kind[]){c}, 1, "The expected order host > bridge holds on this machine.");
	check_sentence((enum lad_verdict_kind[]){c, c, n}, 3,
		       "The expected order host > bridge holds on this machine in all 2 workloads that were judged.");
	check_sentence(
	    (enum lad_verdict_kind[]){c, r, c}, 3,
	    "The expected order host > bridge holds only in part on this machine: host > bridge is refuted in 1 "
	    "of 3 workloads; everything else is confirmed.");
	check_sentence(
	    (enum lad_verdict_kind[]){r, r}, 2,
	    "The expected order host > bridge does not hold on this machine: host > bridge is refuted in all 2 "
	    "workloads.");
	check_sentence(
	    (enum lad_verdict_kind[]){c, i}, 2,
	    "Nothing contradicts the expected order host > bridge on this machine, but 1 of 2 comparisons is "
	    "still open, which about 4 more blocks of trials would settle.");
	check_sentence((enum lad_verdict_kind[]){n}, 1,
		       "The expected order host > bridge could not be judged: none of its pairs was measured.");
	check_sentence(NULL, 0, "No order was stated for this run, so nothing is judged; the figures stand below.");
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
	    cmocka_unit_test(test_html_text_cannot_leave_its_element_or_attribute),
	    cmocka_unit_test(test_markdown_text_shows_as_it_stands),
	    cmocka_unit_test(test_templates_escape_every_argument),
	    cmocka_unit_test(test_base64_is_that_of_rfc_4648),
	    cmocka_unit_test(test_an_embedded_drawing_only_draws),
	    cmocka_unit_test(test_two_themes_become_one_drawing),
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
	    cmocka_unit_test(test_the_sentence_says_what_was_found),
	    cmocka_unit_test(test_the_command_repeats_the_plan_that_ran),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
