/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a report looks: in silence, whole, readable in both themes, on a phone, on paper, and by axe. */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void test_every_report_opens_in_silence_and_loads_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		pages_look_at(i, 1280, "light");
		char *said = browser_console(&pages_browser);
		if (said[0])
			fail_msg("%s: %s", pages[i].name, said);
		free(said);
		assert_int_equal(
		    (int)browser_number(&pages_browser, "return performance.getEntriesByType('resource').length"), 0);
		assert_int_equal(
		    (int)browser_number(&pages_browser, "return document.querySelectorAll('main section').length") > 6,
		    1);
		browser_shot(&pages_browser, pages[i].name);
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
	cJSON_Delete(browser_devtools(&pages_browser, "Performance.enable", "{\"timeDomain\":\"threadTicks\"}"));
	pages_look_at(index, 1280, "light");
	cJSON_Delete(browser_script(&pages_browser, "document.body.getBoundingClientRect()")); /* laid out */
	cJSON *metrics = browser_devtools(&pages_browser, "Performance.getMetrics", "{}");
	double seconds = metric(metrics, "TaskDuration");
	cJSON_Delete(metrics);
	cJSON_Delete(browser_devtools(&pages_browser, "Performance.disable", "{}"));
	return seconds;
}

/* A ladder has 30 combinations. Both in turn and the best of three, so that what else the machine does counts little.
 */
static void test_a_sweep_of_240_combinations_opens_as_fast_for_each_as_a_ladder(void **state)
{
	(void)state;
	double ladder = 1e9, sweep = 1e9;
	pages_look_at(PAGE_LADDER, 1280, "light"); /* the browser itself is warm */
	for (int i = 0; i < 3; i++) {
		ladder = fmin(ladder, opening_seconds(PAGE_LADDER));
		sweep = fmin(sweep, opening_seconds(PAGE_SWEEP));
	}
	print_message("opened in %.0f ms, a ladder in %.0f\n", sweep * 1000, ladder * 1000);
	assert_true(ladder > 0 && sweep / 240 < 2 * ladder / 30);
}

static void test_hostile_text_is_shown_and_does_nothing(void **state)
{
	(void)state;
	pages_look_at(PAGE_HOSTILE, 1280, "light");
	assert_int_equal((int)browser_number(&pages_browser, "return window.pwned || 0"), 0);
	assert_int_equal((int)browser_number(&pages_browser, "return document.querySelectorAll('img').length"), 0);
	assert_int_equal((int)browser_number(&pages_browser, "return document.scripts.length"), 1);
	char *title = browser_text(&pages_browser, "return document.querySelector('h1').textContent");
	assert_string_equal(title, PAGES_HOSTILE);
	free(title);
	browser_expect_nothing(&pages_browser, "the scenario differs from its file",
			       "const shown = document.querySelector('#repeat details code').textContent;"
			       "return shown.includes('<script>window.pwned=1</script>') ? '' : shown");
}

static void test_a_comparison_names_what_got_worse(void **state)
{
	(void)state;
	pages_look_at(PAGE_COMPARISON, 1280, "light");
	browser_expect_nothing(
	    &pages_browser, "comparison",
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
	for (size_t i = 0; i < PAGE_COUNT; i++)
		for (size_t w = 0; w < 2; w++) {
			pages_look_at(i, widths[w], "light");
			browser_expect_nothing(
			    &pages_browser, pages[i].name,
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
	for (size_t i = 0; i < PAGE_COUNT; i++)
		for (size_t s = 0; s < 2; s++) {
			pages_look_at(i, 1280, schemes[s]);
			browser_expect_nothing(&pages_browser, pages[i].name, CONTRAST_SCRIPT);
		}
	pages_look_at(PAGE_LADDER, 1280, "dark");
	char *paper = browser_text(&pages_browser, "return getComputedStyle(document.body).backgroundColor");
	assert_string_equal(paper, "rgb(21, 24, 29)");
	free(paper);
	browser_shot(&pages_browser, "ladder-dark");
}

static void test_nothing_scrolls_sideways_on_a_phone_of_360_pixels(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		pages_look_at(i, 360, "light");
		browser_script(&pages_browser, "document.querySelectorAll('details').forEach(d => d.open = true)");
		int width = (int)browser_number(&pages_browser, "return document.scrollingElement.scrollWidth");
		if (width > 360)
			fail_msg("%s is %d pixels wide", pages[i].name, width);
		/* What is wider than the screen scrolls in a region that the keyboard reaches. */
		browser_expect_nothing(&pages_browser, pages[i].name,
				       "return [...document.querySelectorAll('*')].filter(e => "
				       "  e.scrollWidth > e.clientWidth + 1 && "
				       "  ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0)"
				       ".map(e => e.outerHTML.slice(0, 80)).join('; ')");
		char name[64];
		snprintf(name, sizeof name, "%s-phone", pages[i].name);
		browser_shot(&pages_browser, name);
	}
}

static void test_print_is_light_and_hides_what_only_a_screen_can_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		pages_look_at(i, 1280, "dark");
		cJSON_Delete(browser_script(&pages_browser, "document.documentElement.dataset.theme = 'dark'"));
		browser_media(&pages_browser, "print", "dark");
		browser_size(&pages_browser, 718, 900); /* A4 between margins of 10 mm, at 96 pixels an inch */
		browser_expect_nothing(
		    &pages_browser, pages[i].name,
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
	browser_media(&pages_browser, "screen", "light");
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
	for (size_t i = 0; i < PAGE_COUNT; i++)
		for (size_t v = 0; v < sizeof views / sizeof *views; v++) {
			if (v > 0 && i != PAGE_LADDER && i != PAGE_COMPARISON)
				continue; /* their parts are the same in other themes and sizes */
			pages_look_at(i, views[v].width, views[v].scheme);
			cJSON_Delete(browser_script(
			    &pages_browser, "document.querySelectorAll('details').forEach(d => d.open = true)"));
			/* Rows are all alike: a dozen of each table say what there is to say, in a tenth of the time.
			 */
			cJSON_Delete(browser_script(&pages_browser,
						    "for (const body of document.querySelectorAll('tbody'))"
						    "  [...body.rows].slice(12).forEach(row => row.remove())"));
			cJSON_Delete(browser_script(&pages_browser, axe));
			cJSON_Delete(
			    browser_script(&pages_browser,
					   "window.found = null;"
					   "axe.run({resultTypes: ['violations']}).then(r => { window.found = r; });"));
			for (int wait = 0; wait < 1200; wait++) {
				if (browser_number(&pages_browser, "return window.found ? 1 : 0") > 0)
					break;
				nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
			}
			browser_expect_nothing(&pages_browser, pages[i].name,
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
	    cmocka_unit_test(test_print_is_light_and_hides_what_only_a_screen_can_do),
	    cmocka_unit_test(test_axe_finds_nothing_against_accessibility),
	};
	return cmocka_run_group_tests_name("report page", tests, pages_set_up, pages_tear_down);
}
