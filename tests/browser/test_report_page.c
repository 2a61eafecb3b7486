/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "folders.h"
#include "netladder/report.h"

#define HOSTILE                                                                                                        \
	"\"'><script>window.pwned=1</script></title></style></pre><img src=x onerror=window.pwned=2>{{7*7}}<!--"       \
	"unbrokenunbrokenunbrokenunbrokenunbrokenunbrokenunbroken"

/* The reports that are looked at, made once. */
static struct {
	const char *name;
	struct folder_plan plan;
	double other_speed; /* above 0: a second folder is held against this one */
	char folder[64], page[96], other[64];
} reports[] = {
    {.name = "ladder",
     .plan = {.blocks = 7, .modes = 6, .tunings = 1, .workloads = 5, .speed = 1, .skipped = "ipvlan-l3"}},
    {.name = "sweep", .plan = {.blocks = 7, .modes = 6, .tunings = 8, .workloads = 5, .speed = 1}},
    {.name = "instructions",
     .plan = {.blocks = 7, .modes = 5, .tunings = 1, .workloads = 3, .speed = 1, .clock = "instructions"}},
    {.name = "comparison",
     .plan = {.blocks = 7, .modes = 5, .tunings = 1, .workloads = 5, .speed = 1},
     .other_speed = 0.93},
    {.name = "hostile",
     .plan = {.blocks = 7, .modes = 6, .tunings = 2, .workloads = 5, .speed = 1, .text = HOSTILE, .skipped = "bridge"}},
};
#define REPORT_COUNT (sizeof reports / sizeof *reports)
enum { LADDER, SWEEP, INSTRUCTIONS, COMPARISON, HOSTILE_REPORT };

static struct browser browser;

static void make_report(size_t index)
{
	const char *folders[] = {reports[index].folder, reports[index].other};
	bool two = reports[index].other_speed > 0;
	struct folder_plan other = reports[index].plan;
	struct lad_report_request request = {
	    .folders = folders, .folder_count = two ? 2 : 1, .title = reports[index].plan.text};
	struct lad_error err = {0};
	folder_make(&reports[index].plan, reports[index].folder);
	other.speed = reports[index].other_speed;
	if (two)
		folder_make(&other, reports[index].other);
	lad_report_path(reports[index].folder, "report.html", reports[index].page, sizeof reports[index].page);
	if (lad_report_save(&request, reports[index].page, &err) < 0)
		fail_msg("%s", err.message);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORT_COUNT; i++)
		make_report(i);
	if (browser_missing()) {
		print_message("skipped: %s\n", browser_missing());
		return 0;
	}
	return browser_start(&browser);
}

static int tear_down(void **state)
{
	(void)state;
	if (browser.folder[0])
		browser_stop(&browser);
	for (size_t i = 0; i < REPORT_COUNT; i++) {
		folder_remove(reports[i].folder);
		if (reports[i].other[0])
			folder_remove(reports[i].other);
	}
	return 0;
}

/* Opens report INDEX on a screen of this size and scheme. */
static void look_at(size_t index, int width, const char *scheme)
{
	if (browser_missing())
		skip();
	browser_size(&browser, width, 900);
	browser_media(&browser, "screen", scheme);
	browser_open(&browser, reports[index].page);
}

static void test_every_report_opens_in_silence_and_loads_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORT_COUNT; i++) {
		look_at(i, 1280, "light");
		char *said = browser_console(&browser);
		if (said[0])
			fail_msg("%s: %s", reports[i].name, said);
		free(said);
		assert_int_equal(
		    (int)browser_number(&browser, "return performance.getEntriesByType('resource').length"), 0);
		assert_int_equal(
		    (int)browser_number(&browser, "return document.querySelectorAll('main section').length") > 6, 1);
		browser_shot(&browser, reports[i].name);
	}
}

static double metric(const cJSON *metrics, const char *name)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(metrics, "metrics"))
	{
		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(item, "name")), name) == 0)
			return cJSON_GetNumberValue(cJSON_GetObjectItem(item, "value"));
	}
	fail_msg("Chromium has no metric %s", name);
	return -1;
}

/* CPU time of the page's thread until report INDEX is laid out. */
static double opening_seconds(size_t index)
{
	cJSON_Delete(browser_devtools(&browser, "Performance.enable", "{\"timeDomain\":\"threadTicks\"}"));
	look_at(index, 1280, "light");
	cJSON_Delete(browser_script(&browser, "document.body.getBoundingClientRect()")); /* laid out */
	cJSON *metrics = browser_devtools(&browser, "Performance.getMetrics", "{}");
	double seconds = metric(metrics, "TaskDuration");
	cJSON_Delete(metrics);
	cJSON_Delete(browser_devtools(&browser, "Performance.disable", "{}"));
	return seconds;
}

/* A ladder has 30 combinations. Both in turn and the best of three, so that what else the machine does counts little.
 */
static void test_a_sweep_of_240_combinations_opens_as_fast_for_each_as_a_ladder(void **state)
{
	(void)state;
	double ladder = 1e9, sweep = 1e9;
	look_at(LADDER, 1280, "light"); /* the browser itself is warm */
	for (int i = 0; i < 3; i++) {
		ladder = fmin(ladder, opening_seconds(LADDER));
		sweep = fmin(sweep, opening_seconds(SWEEP));
	}
	print_message("opened in %.0f ms, a ladder in %.0f\n", sweep * 1000, ladder * 1000);
	assert_true(ladder > 0 && sweep / 240 < 2 * ladder / 30);
}

static void test_hostile_text_is_shown_and_does_nothing(void **state)
{
	(void)state;
	look_at(HOSTILE_REPORT, 1280, "light");
	assert_int_equal((int)browser_number(&browser, "return window.pwned || 0"), 0);
	assert_int_equal((int)browser_number(&browser, "return document.querySelectorAll('img').length"), 0);
	assert_int_equal((int)browser_number(&browser, "return document.scripts.length"), 1);
	char *title = browser_text(&browser, "return document.querySelector('h1').textContent");
	assert_string_equal(title, HOSTILE);
	free(title);
	browser_expect_nothing(&browser, "the scenario differs from its file",
			       "const shown = document.querySelector('#repeat details code').textContent;"
			       "return shown.includes('<script>window.pwned=1</script>') ? '' : shown");
}

static void test_a_comparison_names_what_got_worse(void **state)
{
	(void)state;
	look_at(COMPARISON, 1280, "light");
	browser_expect_nothing(
	    &browser, "comparison",
	    "const said = document.querySelector('.sentence').textContent;"
	    "if (!/^25 of 25 figures of \\S+ are worse than those of \\S+ by more than 3/.test(said)) return said;"
	    "const rows = [...document.querySelectorAll('#comparison-1 tbody tr')];"
	    "if (rows.length !== 25) return rows.length + ' rows';"
	    "if (!rows.every(r => /worse/.test(r.textContent))) return rows[0].textContent;"
	    "return document.querySelectorAll('#comparison svg.plot').length === 1 ? '' : 'no chart'");
}

static void test_charts_are_visible_and_none_of_their_text_is_cut_off(void **state)
{
	(void)state;
	static const int widths[] = {1280, 360};
	for (size_t i = 0; i < REPORT_COUNT; i++)
		for (size_t w = 0; w < 2; w++) {
			look_at(i, widths[w], "light");
			browser_expect_nothing(
			    &browser, reports[i].name,
			    "const charts = [...document.querySelectorAll('svg.plot')].filter(c => "
			    "!c.closest('details'));"
			    "if (charts.length < 3) return 'only ' + charts.length + ' charts';"
			    "const wrong = [];"
			    "for (const chart of charts) {"
			    "  const box = chart.getBoundingClientRect();"
			    "  if (box.width < 250 || box.height < 60) wrong.push('small ' + box.width + 'x' + "
			    "box.height);"
			    "  if (!chart.closest('.wide') && (box.left < 0 || box.right > innerWidth)) "
			    "wrong.push('beyond the page');"
			    "  if (!(chart.getAttribute('aria-label').length > 40)) wrong.push('no words');"
			    "  for (const text of chart.querySelectorAll('text')) {"
			    "    const t = text.getBoundingClientRect();"
			    "    if (t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 ||"
			    "        t.bottom > box.bottom + 1) wrong.push('cut off: ' + text.textContent);"
			    "  }"
			    "}"
			    "return wrong.slice(0, 5).join('; ')");
		}
}

/*
 * WCAG's contrast, at least 4.5:1, of each chart text with what is painted behind it: the last filled rectangle that
 * holds its middle, else the page.
 */
#define CONTRAST_SCRIPT                                                                                                \
	"const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(Number)"                           \
	"  .map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);"                               \
	"  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"                                                            \
	"const page = getComputedStyle(document.body).backgroundColor;"                                                \
	"const wrong = new Set();"                                                                                     \
	"for (const chart of document.querySelectorAll('svg.plot')) {"                                                 \
	"  const boxes = [];"                                                                                          \
	"  for (const part of chart.querySelectorAll('rect, path, polygon, text')) {"                                  \
	"    const style = getComputedStyle(part), box = part.getBoundingClientRect();"                                \
	"    if (part.tagName !== 'text') {"                                                                           \
	"      if (style.fill !== 'none' && part.tagName === 'rect') boxes.push([box, style.fill]);"                   \
	"      continue; }"                                                                                            \
	"    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;"                                    \
	"    const behind = boxes.filter(([b]) => b.left < x && x < b.right && b.top < y && y < b.bottom).pop();"      \
	"    const ink = light(style.fill), paper = light(behind ? behind[1] : page);"                                 \
	"    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);"                             \
	"    if (ratio < 4.5) wrong.add(part.textContent + ' ' + ratio.toFixed(1) + ' ' + style.fill + ' on ' +"       \
	"      (behind ? behind[1] : page));"                                                                          \
	"  }"                                                                                                          \
	"}"                                                                                                            \
	"if (document.querySelector('svg.plot.paper')) wrong.add('a chart has no dark theme');"                        \
	"return [...wrong].slice(0, 5).join('; ')"

static void test_charts_can_be_read_in_both_themes(void **state)
{
	(void)state;
	static const char *const schemes[] = {"light", "dark"};
	for (size_t i = 0; i < REPORT_COUNT; i++)
		for (size_t s = 0; s < 2; s++) {
			look_at(i, 1280, schemes[s]);
			browser_expect_nothing(&browser, reports[i].name, CONTRAST_SCRIPT);
		}
	look_at(LADDER, 1280, "dark");
	char *paper = browser_text(&browser, "return getComputedStyle(document.body).backgroundColor");
	assert_string_equal(paper, "rgb(21, 24, 29)");
	free(paper);
	browser_shot(&browser, "ladder-dark");
}

static void test_nothing_scrolls_sideways_on_a_phone_of_360_pixels(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORT_COUNT; i++) {
		look_at(i, 360, "light");
		browser_script(&browser, "document.querySelectorAll('details').forEach(d => d.open = true)");
		int width = (int)browser_number(&browser, "return document.scrollingElement.scrollWidth");
		if (width > 360)
			fail_msg("%s is %d pixels wide", reports[i].name, width);
		/* What is wider than the screen scrolls in a region that the keyboard reaches. */
		browser_expect_nothing(&browser, reports[i].name,
				       "return [...document.querySelectorAll('*')].filter(e => "
				       "  e.scrollWidth > e.clientWidth + 1 && "
				       "  ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0)"
				       ".map(e => e.outerHTML.slice(0, 80)).join('; ')");
		char name[64];
		snprintf(name, sizeof name, "%s-phone", reports[i].name);
		browser_shot(&browser, name);
	}
}

/* The numbers of the column of TABLE with this heading, as the page shows the rows. */
#define COLUMN_IS_SORTED(table, heading, direction)                                                                    \
	"const table = document.getElementById('" table "');"                                                          \
	"const head = [...table.tHead.rows[0].cells].find(c => c.textContent.trim() === '" heading "');"               \
	"if (head.getAttribute('aria-sort') !== '" direction                                                           \
	"') return 'aria-sort ' + head.getAttribute('aria-sort');"                                                     \
	"const values = [...table.tBodies[0].rows].map(r => r.cells[head.cellIndex].dataset.value).filter(v => v !== " \
	"'')"                                                                                                          \
	".map(Number);"                                                                                                \
	"const empty = [...table.tBodies[0].rows].map(r => r.cells[head.cellIndex].dataset.value === '');"             \
	"if (empty.indexOf(true) >= 0 && empty.lastIndexOf(false) > empty.indexOf(true)) return 'gaps are not last';"  \
	"if (values.length < 5) return 'only ' + values.length;"                                                       \
	"const sign = '" direction "' === 'ascending' ? 1 : -1;"                                                       \
	"return values.every((v, i) => !i || sign * (v - values[i - 1]) >= 0) ? '' : values.slice(0, 9).join()"

static void test_tables_sort_by_click_and_by_keyboard(void **state)
{
	(void)state;
	look_at(LADDER, 1280, "light");
	int rows =
	    (int)browser_number(&browser, "return document.getElementById('all-figures').tBodies[0].rows.length");
	cJSON_Delete(browser_script(&browser, "[...document.querySelectorAll('#all-figures th button')]"
					      ".find(b => b.textContent.trim() === 'median').click()"));
	browser_expect_nothing(&browser, "clicked", COLUMN_IS_SORTED("all-figures", "median", "ascending"));
	/* The button has the focus of whoever tabs there: press it. */
	cJSON_Delete(browser_script(&browser, "[...document.querySelectorAll('#all-figures th button')]"
					      ".find(b => b.textContent.trim() === 'median').focus()"));
	browser_keys(&browser, KEY_ENTER);
	browser_expect_nothing(&browser, "Enter", COLUMN_IS_SORTED("all-figures", "median", "descending"));
	browser_keys(&browser, KEY_TAB KEY_TAB KEY_SPACE);
	browser_expect_nothing(&browser, "two columns on, Space",
			       COLUMN_IS_SORTED("all-figures", "of host", "ascending"));
	assert_int_equal(
	    (int)browser_number(&browser, "return document.getElementById('all-figures').tBodies[0].rows.length"),
	    rows);
	char *said = browser_text(&browser, "return document.getElementById('announcer').textContent");
	assert_string_equal(said, "Sorted by of host, ascending");
	free(said);
}

static void test_the_filter_leaves_the_rows_that_have_all_the_words(void **state)
{
	(void)state;
	look_at(LADDER, 1280, "light");
	cJSON_Delete(browser_script(&browser, "document.getElementById('all-figures-filter').focus()"));
	browser_keys(&browser, "tcp_rr bridge");
	browser_expect_nothing(
	    &browser, "filter",
	    "const rows = [...document.querySelectorAll('#all-figures tbody tr')];"
	    "const shown = rows.filter(r => !r.hidden);"
	    "if (shown.length !== 3) return shown.length + ' rows';" /* rate, p50, p99 */
	    "return shown.every(r => /tcp_rr/.test(r.textContent) && /bridge/.test(r.textContent)) ? '' :"
	    " shown.map(r => r.textContent).join()");
}

static void test_the_keyboard_alone_reaches_and_works_everything(void **state)
{
	(void)state;
	look_at(LADDER, 1280, "light");
	browser_keys(&browser, KEY_TAB);
	char *first = browser_text(&browser, "return document.activeElement.textContent");
	assert_string_equal(first, "Skip to the report");
	free(first);
	browser_keys(&browser, KEY_TAB KEY_ENTER);
	char *theme = browser_text(&browser, "return document.documentElement.dataset.theme + ' ' + "
					     "getComputedStyle(document.body).backgroundColor");
	assert_string_equal(theme, "dark rgb(21, 24, 29)");
	free(theme);
	/* Each stop of the way through the page can be seen to have the focus. */
	browser_expect_nothing(&browser, "tab stops",
			       "const stops = [...document.querySelectorAll('a[href], button, input, summary, "
			       "[tabindex=\"0\"]')].filter(e => e.checkVisibility());"
			       "return stops.length > 20 ? '' : stops.length + ' tab stops'");
	for (int i = 0; i < 25; i++) {
		browser_keys(&browser, KEY_TAB);
		browser_expect_nothing(
		    &browser, "no visible focus",
		    "const e = document.activeElement, s = getComputedStyle(e);"
		    "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 ? '' : e.outerHTML");
	}
}

/* The file that a click on the link saved, once its size does not change any more. */
static char *wait_for_download(const char *folder, size_t expected, size_t *length)
{
	char path[128];
	snprintf(path, sizeof path, "%s/results.csv", folder);
	for (int i = 0; i < 600 && access(path, R_OK) < 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	char *bytes = folder_get(folder, "results.csv", length);
	for (int i = 0; i < 600 && *length != expected; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		free(bytes);
		bytes = folder_get(folder, "results.csv", length);
	}
	return bytes;
}

static void test_the_download_link_gives_the_bytes_of_the_csv(void **state)
{
	(void)state;
	size_t length, saved_length;
	char parameters[200];
	look_at(SWEEP, 1280, "light"); /* the large one: as a data: address alone it would be refused by some */
	snprintf(parameters, sizeof parameters, "{\"behavior\":\"allow\",\"downloadPath\":\"%s\"}", browser.folder);
	cJSON_Delete(browser_devtools(&browser, "Browser.setDownloadBehavior", parameters));
	cJSON_Delete(browser_script(&browser, "document.querySelector('#data a[download]').click()"));
	char *csv = folder_get(reports[SWEEP].folder, "results.csv", &length);
	char *saved = wait_for_download(browser.folder, length, &saved_length);
	assert_int_equal(saved_length, length);
	assert_memory_equal(saved, csv, length);
	free(saved);
	free(csv);
}

static void test_without_a_script_everything_is_still_there_to_read(void **state)
{
	(void)state;
	if (browser_missing())
		skip();
	cJSON_Delete(browser_devtools(&browser, "Emulation.setScriptExecutionDisabled", "{\"value\":true}"));
	look_at(LADDER, 1280, "light");
	cJSON_Delete(browser_devtools(&browser, "Emulation.setScriptExecutionDisabled", "{\"value\":false}"));
	browser_expect_nothing(
	    &browser, "without a script",
	    "if (document.querySelector('th button')) return 'the script ran';"
	    "if ([...document.querySelectorAll('button, .filter')].some(e => e.checkVisibility()))"
	    "  return 'a button that does nothing';"
	    "if (!document.querySelector('.sentence').textContent) return 'no sentence';"
	    "return document.querySelector('#data a').href.startsWith('data:text/csv') ? '' : 'no link'");
}

static void test_print_is_light_and_hides_what_only_a_screen_can_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORT_COUNT; i++) {
		look_at(i, 1280, "dark");
		cJSON_Delete(browser_script(&browser, "document.documentElement.dataset.theme = 'dark'"));
		browser_media(&browser, "print", "dark");
		browser_size(&browser, 718, 900); /* A4 between margins of 10 mm, at 96 pixels an inch */
		browser_expect_nothing(
		    &browser, reports[i].name,
		    "const paper = getComputedStyle(document.body).backgroundColor;"
		    "if (paper !== 'rgb(255, 255, 255)') return paper;"
		    "const seen = [...document.querySelectorAll('.contents, .filter, .downloads, [data-theme-switch]')]"
		    "  .filter(e => e.checkVisibility()).map(e => e.className);"
		    "if (seen.length) return 'shown: ' + seen.join();"
		    "const inner = [...document.querySelectorAll('.scroll')].filter(e => "
		    "  getComputedStyle(e).overflowY !== 'visible' || getComputedStyle(e).maxHeight !== 'none');"
		    "if (inner.length) return inner.length + ' regions are cut off';"
		    "const wide = [...document.querySelectorAll('table, svg, pre, p, dl')].filter(e => "
		    "e.checkVisibility() "
		    "  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + ' ' + (e.id || "
		    "e.className) "
		    "  + ' ' + Math.round(e.getBoundingClientRect().right));"
		    "return wide.length ? 'beyond the paper: ' + wide.slice(0, 5).join() : ''");
	}
	browser_media(&browser, "screen", "light");
}

/* The page's script, which the tests' make rule gets from npm; NULL when it is not there. */
static char *read_axe(void)
{
	size_t length;
	if (access(LAD_BUILD "/axe.min.js", R_OK) < 0) {
		print_message("skipped: %s is missing: it comes from npm (axe-core)\n", LAD_BUILD "/axe.min.js");
		return NULL;
	}
	return folder_get(LAD_BUILD, "axe.min.js", &length);
}

static void test_axe_finds_nothing_against_accessibility(void **state)
{
	(void)state;
	static const struct {
		int width;
		const char *scheme;
	} views[] = {{1280, "light"}, {1280, "dark"}, {360, "light"}};
	char *axe = read_axe();
	if (!axe || browser_missing())
		skip();
	for (size_t i = 0; i < REPORT_COUNT; i++)
		for (size_t v = 0; v < sizeof views / sizeof *views; v++) {
			if (v > 0 && i != LADDER && i != COMPARISON)
				continue; /* their parts are the same in other themes and sizes */
			look_at(i, views[v].width, views[v].scheme);
			cJSON_Delete(browser_script(
			    &browser, "document.querySelectorAll('details').forEach(d => d.open = true)"));
			/* Rows are all alike: a dozen of each table say what there is to say, in a tenth of the time.
			 */
			cJSON_Delete(browser_script(&browser,
						    "for (const body of document.querySelectorAll('tbody'))"
						    "  [...body.rows].slice(12).forEach(row => row.remove())"));
			cJSON_Delete(browser_script(&browser, axe));
			cJSON_Delete(browser_script(
			    &browser, "window.found = null;"
				      "axe.run({resultTypes: ['violations']}).then(r => { window.found = r; });"));
			for (int wait = 0; wait < 1200; wait++) {
				if (browser_number(&browser, "return window.found ? 1 : 0") > 0)
					break;
				nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
			}
			browser_expect_nothing(&browser, reports[i].name,
					       "if (!window.found) return 'axe does not end';"
					       "return window.found.violations.map(v => v.id + ': ' + v.help + ' (' + "
					       "v.nodes.length + ') ' +"
					       "  v.nodes.slice(0, 2).map(n => n.html.slice(0, 120) + ' ' + "
					       "n.failureSummary).join(' | ')).join('; ')");
		}
	free(axe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_report_opens_in_silence_and_loads_nothing),
	    cmocka_unit_test(test_a_sweep_of_240_combinations_opens_as_fast_for_each_as_a_ladder),
	    cmocka_unit_test(test_hostile_text_is_shown_and_does_nothing),
	    cmocka_unit_test(test_a_comparison_names_what_got_worse),
	    cmocka_unit_test(test_charts_are_visible_and_none_of_their_text_is_cut_off),
	    cmocka_unit_test(test_charts_can_be_read_in_both_themes),
	    cmocka_unit_test(test_nothing_scrolls_sideways_on_a_phone_of_360_pixels),
	    cmocka_unit_test(test_tables_sort_by_click_and_by_keyboard),
	    cmocka_unit_test(test_the_filter_leaves_the_rows_that_have_all_the_words),
	    cmocka_unit_test(test_the_keyboard_alone_reaches_and_works_everything),
	    cmocka_unit_test(test_the_download_link_gives_the_bytes_of_the_csv),
	    cmocka_unit_test(test_without_a_script_everything_is_still_there_to_read),
	    cmocka_unit_test(test_print_is_light_and_hides_what_only_a_screen_can_do),
	    cmocka_unit_test(test_axe_finds_nothing_against_accessibility),
	};
	return cmocka_run_group_tests_name("report page", tests, set_up, tear_down);
}
