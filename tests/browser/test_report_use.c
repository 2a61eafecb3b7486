/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader does with a report: sort, filter, go by keyboard, download, read it without a script. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
	pages_look_at(PAGE_LADDER, 1280, "light");
	int rows =
	    (int)browser_number(&pages_browser, "return document.getElementById('all-figures').tBodies[0].rows.length");
	cJSON_Delete(browser_script(&pages_browser, "[...document.querySelectorAll('#all-figures th button')]"
						    ".find(b => b.textContent.trim() === 'median').click()"));
	browser_expect_nothing(&pages_browser, "clicked", COLUMN_IS_SORTED("all-figures", "median", "ascending"));
	/* The button has the focus of whoever tabs there: press it. */
	cJSON_Delete(browser_script(&pages_browser, "[...document.querySelectorAll('#all-figures th button')]"
						    ".find(b => b.textContent.trim() === 'median').focus()"));
	browser_keys(&pages_browser, KEY_ENTER);
	browser_expect_nothing(&pages_browser, "Enter", COLUMN_IS_SORTED("all-figures", "median", "descending"));
	browser_keys(&pages_browser, KEY_TAB KEY_TAB KEY_SPACE);
	browser_expect_nothing(&pages_browser, "two columns on, Space",
			       COLUMN_IS_SORTED("all-figures", "of host", "ascending"));
	assert_int_equal(
	    (int)browser_number(&pages_browser, "return document.getElementById('all-figures').tBodies[0].rows.length"),
	    rows);
	char *said = browser_text(&pages_browser, "return document.getElementById('announcer').textContent");
	assert_string_equal(said, "Sorted by of host, ascending");
	free(said);
}

static void test_the_filter_leaves_the_rows_that_have_all_the_words(void **state)
{
	(void)state;
	pages_look_at(PAGE_LADDER, 1280, "light");
	cJSON_Delete(browser_script(&pages_browser, "document.getElementById('all-figures-filter').focus()"));
	browser_keys(&pages_browser, "tcp_rr bridge");
	browser_expect_nothing(
	    &pages_browser, "filter",
	    "const rows = [...document.querySelectorAll('#all-figures tbody tr')];"
	    "const shown = rows.filter(r => !r.hidden);"
	    "if (shown.length !== 3) return shown.length + ' rows';" /* rate, p50, p99 */
	    "return shown.every(r => /tcp_rr/.test(r.textContent) && /bridge/.test(r.textContent)) ? '' :"
	    " shown.map(r => r.textContent).join()");
}

static void test_the_keyboard_alone_reaches_and_works_everything(void **state)
{
	(void)state;
	pages_look_at(PAGE_LADDER, 1280, "light");
	browser_keys(&pages_browser, KEY_TAB);
	char *first = browser_text(&pages_browser, "return document.activeElement.textContent");
	assert_string_equal(first, "Skip to the report");
	free(first);
	browser_keys(&pages_browser, KEY_TAB KEY_ENTER);
	char *theme = browser_text(&pages_browser, "return document.documentElement.dataset.theme + ' ' + "
						   "getComputedStyle(document.body).backgroundColor");
	assert_string_equal(theme, "dark rgb(21, 24, 29)");
	free(theme);
	/* Each stop of the way through the page can be seen to have the focus. */
	browser_expect_nothing(&pages_browser, "tab stops",
			       "const stops = [...document.querySelectorAll('a[href], button, input, summary, "
			       "[tabindex=\"0\"]')].filter(e => e.checkVisibility());"
			       "return stops.length > 20 ? '' : stops.length + ' tab stops'");
	for (int i = 0; i < 25; i++) {
		browser_keys(&pages_browser, KEY_TAB);
		browser_expect_nothing(
		    &pages_browser, "no visible focus",
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
	pages_look_at(PAGE_SWEEP, 1280,
		      "light"); /* the large one: as a data: address alone it would be refused by some */
	snprintf(parameters, sizeof parameters, "{\"behavior\":\"allow\",\"downloadPath\":\"%s\"}",
		 pages_browser.folder);
	cJSON_Delete(browser_devtools(&pages_browser, "Browser.setDownloadBehavior", parameters));
	cJSON_Delete(browser_script(&pages_browser, "document.querySelector('#data a[download]').click()"));
	char *csv = folder_get(pages[PAGE_SWEEP].folder, "results.csv", &length);
	char *saved = wait_for_download(pages_browser.folder, length, &saved_length);
	assert_int_equal(saved_length, length);
	assert_memory_equal(saved, csv, length);
	free(saved);
	free(csv);
}

static void test_without_a_script_everything_is_still_there_to_read(void **state)
{
	(void)state;
	if (browser_missing())
		support_skip(browser_missing());
	cJSON_Delete(browser_devtools(&pages_browser, "Emulation.setScriptExecutionDisabled", "{\"value\":true}"));
	pages_look_at(PAGE_LADDER, 1280, "light");
	cJSON_Delete(browser_devtools(&pages_browser, "Emulation.setScriptExecutionDisabled", "{\"value\":false}"));
	browser_expect_nothing(
	    &pages_browser, "without a script",
	    "if (document.querySelector('th button')) return 'the script ran';"
	    "if ([...document.querySelectorAll('button, .filter')].some(e => e.checkVisibility()))"
	    "  return 'a button that does nothing';"
	    "if (!document.querySelector('.sentence').textContent) return 'no sentence';"
	    "return document.querySelector('#data a').href.startsWith('data:text/csv') ? '' : 'no link'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables_sort_by_click_and_by_keyboard),
	    cmocka_unit_test(test_the_filter_leaves_the_rows_that_have_all_the_words),
	    cmocka_unit_test(test_the_keyboard_alone_reaches_and_works_everything),
	    cmocka_unit_test(test_the_download_link_gives_the_bytes_of_the_csv),
	    cmocka_unit_test(test_without_a_script_everything_is_still_there_to_read),
	};
	return cmocka_run_group_tests_name("report use", tests, pages_set_up, pages_tear_down);
}
