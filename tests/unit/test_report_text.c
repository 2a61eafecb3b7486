/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report is written with: escaping, templates, embedded drawings, and the sentence at its head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/report.h"
#include "report/sentence.h"
#include "report/svg.h"

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
		groups[i] = (struct lad_group){.key.tuning = "default",
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_html_text_cannot_leave_its_element_or_attribute),
	    cmocka_unit_test(test_markdown_text_shows_as_it_stands),
	    cmocka_unit_test(test_templates_escape_every_argument),
	    cmocka_unit_test(test_base64_is_that_of_rfc_4648),
	    cmocka_unit_test(test_an_embedded_drawing_only_draws),
	    cmocka_unit_test(test_two_themes_become_one_drawing),
	    cmocka_unit_test(test_the_sentence_says_what_was_found),
	};
	return cmocka_run_group_tests_name("report text", tests, NULL, NULL);
}
