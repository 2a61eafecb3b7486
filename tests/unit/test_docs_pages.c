/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds the pages together: links, pictures, files that are named, the words of the glossary, the version. */
#include "markdown.h"
#include "scenarios.h"
#include "support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/compare.h"
#include "netladder/mode.h"
#include "netladder/verdict.h"

#define README_WORDS_MAX 1200

/* The path of TARGET as a link in PAGE means it: relative to the page's folder, "../" taken back. */
static void resolve(const char *page, const char *target, char *path, size_t size)
{
	const char *slash = strrchr(page, '/');
	int folder = slash ? (int)(slash - page) : 0;
	for (; strncmp(target, "../", 3) == 0; target += 3) {
		while (folder > 0 && page[folder - 1] != '/')
			folder--;
		folder -= folder > 0;
	}
	snprintf(path, size, "%.*s%s%s", folder, page, folder ? "/" : "", target);
}

static void check_link(const char *page, const char *link)
{
	char target[256], path[512];
	const char *anchor = strchr(link, '#');
	if (strncmp(link, "http", 4) == 0)
		return;
	snprintf(target, sizeof target, "%.*s", (int)strcspn(link, "#"), link);
	resolve(page, target, path, sizeof path);
	if (!*target)
		snprintf(path, sizeof path, "%s", page);
	if (access(path, R_OK) != 0)
		fail_msg("%s: the link to %s leads to no file", page, link);
	if (!anchor)
		return;
	lad_cleanup_free char *text = scenarios_file(path);
	markdown_blank_blocks(text);
	if (!markdown_has_anchor(text, anchor + 1))
		fail_msg("%s: the link to %s leads to no heading", page, link);
}

static void test_every_link_leads_to_a_file_and_a_heading(void **state)
{
	(void)state;
	char link[256];
	int count, links = 0;
	const char *const *pages = markdown_pages(&count);
	for (int i = 0; i < count; i++) {
		lad_cleanup_free char *text = scenarios_file(pages[i]);
		markdown_blank_blocks(text);
		for (const char *place = text; markdown_next(&place, "](", ")", link, sizeof link); links++)
			check_link(pages[i], link);
	}
	assert_that(links, >, 0);
}

/* Whether any other page links to PAGE. */
static bool is_linked(const char *page, const char *const *pages, int count)
{
	char link[256], path[512];
	for (int i = 0; i < count; i++) {
		if (pages[i] == page)
			continue;
		lad_cleanup_free char *text = scenarios_file(pages[i]);
		for (const char *place = text; markdown_next(&place, "](", ")", link, sizeof link);) {
			link[strcspn(link, "#")] = '\0';
			resolve(pages[i], link, path, sizeof path);
			if (strcmp(path, page) == 0)
				return true;
		}
	}
	return false;
}

static void test_every_page_is_linked_from_another(void **state)
{
	(void)state;
	int count;
	const char *const *pages = markdown_pages(&count);
	for (int i = 0; i < count; i++)
		if (strcmp(pages[i], "README.md") != 0 && !is_linked(pages[i], pages, count))
			fail_msg("no page links to %s", pages[i]);
}

static void test_every_picture_has_words_for_who_cannot_see_it_and_a_caption(void **state)
{
	(void)state;
	int count, pictures = 0;
	const char *const *pages = markdown_pages(&count);
	for (int i = 0; i < count; i++) {
		lad_cleanup_free char *text = scenarios_file(pages[i]);
		for (const char *at = strstr(text, "\n!["); at; at = strstr(at + 1, "\n!["), pictures++) {
			const char *end = strchr(at + 1, '\n');
			if (at[3] == ']' || strncmp(end, "\n\n*", 3) != 0)
				fail_msg("%s: this picture has no words or, in the next paragraph, no *caption*: %.60s",
					 pages[i], at + 1);
		}
	}
	assert_that(pictures, >, 0);
}

/* Whether CODE is one path of this repository and nothing else. */
static bool is_path(const char *code)
{
	static const char *const folders[] = {"src/",	  "tests/", "scripts/", "scenarios/",
					      "include/", "docs/",  "results/"};
	if (strpbrk(code, " *{<$,") || isupper((unsigned char)code[strlen(code) - 1]))
		return false;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(code, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

static void test_every_file_that_is_named_exists(void **state)
{
	(void)state;
	char code[256];
	int count, files = 0;
	const char *const *pages = markdown_pages(&count);
	for (int i = 0; i < count; i++) {
		if (strcmp(pages[i], "CHANGELOG.md") == 0) /* what was, may be gone */
			continue;
		lad_cleanup_free char *text = scenarios_file(pages[i]);
		markdown_blank_blocks(text);
		for (const char *place = text; markdown_next(&place, "`", "`", code, sizeof code);) {
			if (!is_path(code))
				continue;
			files++;
			if (access(code, R_OK) != 0)
				fail_msg("%s names %s, which does not exist", pages[i], code);
		}
	}
	assert_that(files, >, 0);
}

static void test_the_readme_is_short(void **state)
{
	(void)state;
	lad_cleanup_free char *text = scenarios_file("README.md");
	int words = 0;
	for (const char *c = text; *c; words++) {
		c += strspn(c, " \n");
		if (!*c)
			break;
		c += strcspn(c, " \n");
	}
	assert_that(words, <=, README_WORDS_MAX);
}

static void test_the_changelog_begins_with_this_version(void **state)
{
	(void)state;
	lad_cleanup_free char *text = scenarios_file("CHANGELOG.md");
	static const char first[] = "## " LAD_VERSION " ";
	const char *heading = strstr(text, "\n## ");
	assert_non_null(heading);
	if (strncmp(heading + 1, first, strlen(first)) != 0)
		fail_msg("the version is %s, and the first heading %.30s", LAD_VERSION, heading + 1);
}

/* ---- The glossary: a row begins with "| **word** |" ---- */

static void check_word(const char *glossary, const char *word)
{
	char row[128];
	snprintf(row, sizeof row, "\n| **%s** |", word);
	if (!strstr(glossary, row))
		fail_msg("docs/glossary.md has no row for \"%s\"", word);
}

static void test_the_glossary_has_every_name_that_results_have(void **state)
{
	(void)state;
	lad_cleanup_free char *glossary = scenarios_file("docs/glossary.md");
	for (int i = 0; i < LAD_MODE_COUNT; i++)
		check_word(glossary, lad_mode_name((enum lad_mode)i));
	for (int i = 0; i < LAD_WORKLOAD_COUNT; i++)
		check_word(glossary, lad_workload_name((enum lad_workload_kind)i));
	for (int i = 0; i < LAD_PLACEMENT_COUNT; i++)
		check_word(glossary, lad_placement_name((enum lad_placement)i));
	for (int i = 0; i < LAD_CPUS_COUNT; i++)
		check_word(glossary, lad_cpus_name((enum lad_cpus)i));
	for (int i = 0; i < LAD_LAB_COUNT; i++)
		check_word(glossary, lad_lab_name((enum lad_lab_kind)i));
	for (int i = 0; i <= LAD_NOT_MEASURED; i++)
		check_word(glossary, lad_verdict_name((enum lad_verdict_kind)i));
	for (int i = 0; i < LAD_CHANGE_COUNT; i++)
		check_word(glossary, lad_change_name((enum lad_change)i));
}

static void test_the_glossary_has_each_word_once_in_order(void **state)
{
	(void)state;
	lad_cleanup_free char *glossary = scenarios_file("docs/glossary.md");
	char word[128], last[128] = "";
	for (const char *place = glossary; markdown_next(&place, "\n| **", "** |", word, sizeof word);) {
		if (strcasecmp(last, word) >= 0)
			fail_msg("\"%s\" stands behind \"%s\"", word, last);
		strcpy(last, word);
	}
	assert_string_not_equal(last, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_link_leads_to_a_file_and_a_heading),
	    cmocka_unit_test(test_every_page_is_linked_from_another),
	    cmocka_unit_test(test_every_picture_has_words_for_who_cannot_see_it_and_a_caption),
	    cmocka_unit_test(test_every_file_that_is_named_exists),
	    cmocka_unit_test(test_the_readme_is_short),
	    cmocka_unit_test(test_the_changelog_begins_with_this_version),
	    cmocka_unit_test(test_the_glossary_has_every_name_that_results_have),
	    cmocka_unit_test(test_the_glossary_has_each_word_once_in_order),
	};
	return cmocka_run_group_tests_name("docs pages", tests, NULL, NULL);
}
