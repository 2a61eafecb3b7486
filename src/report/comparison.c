/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"
#include "report/sentence.h"

bool section_comparison_wanted(const struct report *report)
{
	return report->comparison_count > 0;
}

static void put_change(FILE *out, enum lad_change change)
{
	static const struct {
		const char *class, *sign;
	} chips[LAD_CHANGE_COUNT] = {
	    [LAD_BETTER] = {"confirmed", "▲"},
	    [LAD_SAME] = {"not-measured", "="},
	    [LAD_WORSE] = {"refuted", "▼"},
	    [LAD_UNKNOWN] = {"inconclusive", "?"},
	    [LAD_MISSING] = {"inconclusive", "–"},
	    [LAD_NEW] = {"not-measured", "+"},
	    [LAD_NOT_COMPARED] = {"not-measured", "–"},
	};
	html_put(out, "<span class=\"chip {}\"><span aria-hidden=\"true\">{}</span>{}</span>", chips[change].class,
		 chips[change].sign, lad_change_name(change), NULL);
}

static void put_side(FILE *out, const struct lad_compare_side *side)
{
	if (side->ok)
		put_number(out, side->median);
	else
		html_put(out, "<td class=\"number empty\" data-value=\"\">{}</td>",
			 side->skipped	? "skipped"
			 : side->failed ? "failed"
					: "–",
			 NULL);
}

static struct words change_text(const struct lad_compare_line *line)
{
	struct words words = {""};
	double change = (line->ratio - 1) * 100;
	if (line->pairing == LAD_EXACT)
		snprintf(words.text, sizeof words.text, "%+.4f\u00a0%%", change);
	else
		snprintf(words.text, sizeof words.text, "%+.1f\u00a0%%", change);
	return words;
}

static struct words change_interval(const struct lad_compare_line *line)
{
	struct words words = {""};
	if (line->pairing != LAD_EXACT && isfinite(line->ratio_ci.low))
		snprintf(words.text, sizeof words.text, "%+.1f to %+.1f", (line->ratio_ci.low - 1) * 100,
			 (line->ratio_ci.high - 1) * 100);
	return words;
}

static void put_line(FILE *out, const struct lad_compare_line *line)
{
	html_put(out, "<tr><th scope=\"row\">{}<small>{}, {}</small></th>", line->name, line->metric->title,
		 unit_of(line->metric).text, NULL);
	put_side(out, &line->base);
	put_side(out, &line->fresh);
	put_value(out, line->ratio - 1, change_text(line).text);
	html_put(out, "<td class=\"number\">{}</td><td>", change_interval(line).text, NULL);
	put_change(out, line->change);
	html_put(out, "</td><td>{}</td></tr>\n", line->why, NULL);
}

static void put_lines(FILE *out, const struct report_comparison *comparison, int index)
{
	static const struct {
		const char *text;
		bool numbers;
	} columns[] = {{"what", false},	  {"base", true},     {"new", true},  {"change", true},
		       {"95 % CI", true}, {"verdict", false}, {"note", false}};
	const struct lad_compare *compare = &comparison->compare;
	char id[32], caption[512];
	snprintf(id, sizeof id, "comparison-%d", index + 1);
	snprintf(
	    caption, sizeof caption,
	    "%s against %s. Better and worse mean by more than %g %%; the chance of any false one is at most %g %%. "
	    "Judged by: %s.",
	    comparison->fresh_label, comparison->base_label, compare->margin * 100, compare->alpha * 100,
	    compare->line_count ? lad_pairing_name(compare->lines[0].pairing) : "nothing");
	open_table(out, id, caption, "sortable");
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		put_column(out, columns[i].text, columns[i].numbers);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < compare->line_count; i++)
		put_line(out, &compare->lines[i]);
	fputs("</tbody>\n", out);
	close_table(out);
}

/* What is not the same about the machines: it may be what was measured. */
static void put_differences(FILE *out, const struct report_comparison *comparison, int index)
{
	const struct lad_compare *compare = &comparison->compare;
	char id[32];
	if (!compare->difference_count) {
		fputs("<p class=\"note\">Nothing that was recorded of machine, kernel and programs differs.</p>\n",
		      out);
		return;
	}
	int grave = lad_compare_grave(compare);
	if (grave)
		html_put(out,
			 "<p class=\"warning\"><strong>Not the same machine or program:</strong> {} of the differences "
			 "below can by themselves explain a change.</p>\n",
			 whole(grave).text, NULL);
	snprintf(id, sizeof id, "differences-%d", index + 1);
	char caption[400];
	snprintf(caption, sizeof caption, "What else differs between %s and %s.", comparison->base_label,
		 comparison->fresh_label);
	open_table(out, id, caption, "");
	fputs("<thead><tr>", out);
	put_column(out, "what", false);
	put_column(out, "base", false);
	put_column(out, "new", false);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < compare->difference_count; i++)
		html_put(out, "<tr><th scope=\"row\">{}{}</th><td>{}</td><td>{}</td></tr>\n",
			 compare->differences[i].what, compare->differences[i].grave ? " (!)" : "",
			 compare->differences[i].base, compare->differences[i].fresh, NULL);
	fputs("</tbody>\n", out);
	close_table(out);
}

static void put_chart(FILE *out, const struct report_comparison *comparison)
{
	struct lad_chart_source sources[2] = {figure_source(comparison->base), figure_source(comparison->fresh)};
	struct lad_chart_request request = {.kind = LAD_CHART_COMPARE,
					    .sources = sources,
					    .source_count = comparison->base == comparison->fresh ? 1 : 2,
					    .bare = true};
	if (figure_fits(&request))
		figure_put_wide(out, &request, "Chart of the changes");
}

void section_comparison(FILE *out, const struct report *report)
{
	for (int i = 0; i < report->comparison_count; i++) {
		const struct report_comparison *comparison = &report->comparisons[i];
		html_put(out, "<h3>{} against {}</h3>\n<p>{}</p>\n", comparison->fresh_label, comparison->base_label,
			 comparison_sentence(comparison).text, NULL);
		put_chart(out, comparison);
		put_lines(out, comparison, i);
		put_differences(out, comparison, i);
	}
}
