/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"
#include "report/sentence.h"

static struct words ratio_text(const struct lad_judgement *judgement)
{
	struct words words = {""};
	if (!isfinite(judgement->ratio))
		return words;
	if (isfinite(judgement->ratio_ci.low))
		snprintf(words.text, sizeof words.text, "%.3f (%.3f – %.3f)", judgement->ratio, judgement->ratio_ci.low,
			 judgement->ratio_ci.high);
	else
		snprintf(words.text, sizeof words.text, "%.3f", judgement->ratio);
	return words;
}

/* Why it came out so, or what would settle it. */
static struct words note_of(const struct lad_judgement *judgement)
{
	struct words words = {""};
	if (judgement->verdict == LAD_INCONCLUSIVE && judgement->blocks_needed > 0)
		snprintf(words.text, sizeof words.text, "about %d more block%s would decide. ",
			 judgement->blocks_needed, judgement->blocks_needed == 1 ? "" : "s");
	else if (judgement->verdict == LAD_INCONCLUSIVE && judgement->blocks_needed < 0)
		snprintf(words.text, sizeof words.text, "no number of blocks in reach would decide. ");
	size_t used = strlen(words.text);
	snprintf(words.text + used, sizeof words.text - used, "%s%s", judgement->why, judgement->why[0] ? ". " : "");
	used = strlen(words.text);
	if (judgement->bridged)
		snprintf(words.text + used, sizeof words.text - used, "%s was not measured: the relation goes over it.",
			 judgement->bridged_over);
	return words;
}

static void put_row(FILE *out, const struct lad_verdict *verdict, const struct lad_group *group,
		    const struct lad_judgement *judgement)
{
	html_put(out, "<tr><th scope=\"row\">{}<small>{}</small></th><td>{}</td><td>", group_key(verdict, group).text,
		 group->metric->title, relation_text(&judgement->relation).text, NULL);
	put_chip(out, judgement->verdict);
	if (isfinite(judgement->ratio))
		fprintf(out, "</td><td class=\"number\" data-value=\"%.9g\">%s</td>", judgement->ratio,
			ratio_text(judgement).text);
	else
		fputs("</td><td class=\"number empty\" data-value=\"\">–</td>", out);
	if (isfinite(judgement->p_adjusted))
		fprintf(out, "<td class=\"number\" data-value=\"%.9g\">", judgement->p_adjusted);
	else
		fputs("<td class=\"number empty\" data-value=\"\">", out);
	html_put(out, "{}</td><td>{}</td></tr>\n",
		 isfinite(judgement->p_adjusted) ? lad_p_text(judgement->p_adjusted).text : "–",
		 note_of(judgement).text, NULL);
}

static const struct lad_judgement *judgement_of(const struct lad_group *group, const struct lad_relation *relation)
{
	for (int i = 0; i < group->judgement_count; i++) {
		const struct lad_relation *judged = &group->judgements[i].relation;
		if (judged->left == relation->left && judged->right == relation->right &&
		    judged->sign == relation->sign)
			return &group->judgements[i];
	}
	return NULL;
}

static void put_grid_cell(FILE *out, const struct lad_judgement *judgement)
{
	if (!judgement) {
		fputs("<td class=\"empty\">–</td>", out);
		return;
	}
	fputs("<td>", out);
	put_chip(out, judgement->verdict);
	if (isfinite(judgement->ratio))
		fprintf(out, "<small>ratio %.3f</small>", judgement->ratio);
	fputs("</td>", out);
}

/* A row a workload, a column a relation, a verdict in each cell. */
static void put_grid(FILE *out, const struct report_source *source, const struct tally *tally)
{
	const struct lad_verdict *verdict = &source->verdict;
	open_table(out, "relation-grid",
		   "The verdict on each workload’s main figure. The ratio is left over right: above 1, left is better.",
		   "");
	fputs("<thead><tr><th scope=\"col\">workload</th>", out);
	for (int i = 0; i < tally->relation_count; i++)
		html_put(out, "<th scope=\"col\">{}</th>", relation_text(&tally->relations[i].relation).text, NULL);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (!in_overview(source, group))
			continue;
		html_put(out, "<tr><th scope=\"row\">{}<small>{}</small></th>", group_title(verdict, group).text,
			 group->metric->title, NULL);
		for (int r = 0; r < tally->relation_count; r++)
			put_grid_cell(out, judgement_of(group, &tally->relations[r].relation));
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
	close_table(out);
}

static void put_details(FILE *out, const struct lad_verdict *verdict)
{
	static const struct {
		const char *text;
		bool numbers;
	} columns[] = {{"workload", false}, {"relation", false}, {"verdict", false},
		       {"ratio", true},	    {"p", true},	 {"note", false}};
	char caption[256];
	snprintf(
	    caption, sizeof caption,
	    "Every relation on every figure: the ratio with its 95 %% confidence interval, and p, corrected over the "
	    "relations of one workload (Holm; the level is %g %%).",
	    verdict->alpha * 100);
	fputs("<details><summary>With intervals, p values and notes</summary>", out);
	open_table(out, "relation-table", caption, "sortable");
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		put_column(out, columns[i].text, columns[i].numbers);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int primary = 1; primary >= 0; primary--)
		for (int i = 0; i < verdict->group_count; i++)
			for (int j = 0; verdict->groups[i].primary == primary && j < verdict->groups[i].judgement_count;
			     j++)
				put_row(out, verdict, &verdict->groups[i], &verdict->groups[i].judgements[j]);
	fputs("</tbody>\n", out);
	close_table(out);
	fputs("</details>\n", out);
}

bool section_relations_wanted(const struct report *report)
{
	return tally_make(&report->current->verdict).total > 0;
}

void section_relations(FILE *out, const struct report *report)
{
	const struct lad_verdict *verdict = &report->current->verdict;
	struct tally tally = tally_make(verdict);
	put_grid(out, report->current, &tally);
	if (has_sweep(verdict))
		html_put(out,
			 "<p class=\"note\">The grid stands for the tuning {}; the others are in the list below.</p>\n",
			 base_tuning(report->current), NULL);
	put_details(out, verdict);
}
