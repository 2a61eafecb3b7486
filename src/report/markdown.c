/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/markdown.h"

#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/repeat.h"
#include "report/sentence.h"

static const char *sign_of(enum lad_verdict_kind kind)
{
	static const char *const signs[] = {"✓", "✗", "?", "–"};
	return signs[kind];
}

static bool shown(const struct lad_group *group, const char *base)
{
	return group->primary && strcmp(group->key.tuning, base) == 0;
}

static void put_cell(FILE *out, const struct lad_cell *cell)
{
	if (!cell || !cell->ok)
		markdown_put(out, " {} |", !cell ? "" : cell->skipped ? "skipped" : "failed", NULL);
	else if (isfinite(cell->ratio_to_host) && cell->mode != LAD_MODE_HOST)
		markdown_put(out, " {} ({}) |", number(cell->median).text, percent(cell->ratio_to_host).text, NULL);
	else
		markdown_put(out, " {} |", number(cell->median).text, NULL);
}

/* A row a workload, a column a mode: modes are few, workloads may be many. */
static void put_figures(FILE *out, const struct lad_verdict *verdict, const char *base)
{
	bool present[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count; j++)
			present[verdict->groups[i].cells[j].mode] = true;
	fputs("| workload | figure |", out);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			fprintf(out, " %s |", lad_mode_name((enum lad_mode)mode));
	fputs("\n| --- | --- |", out);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			fputs(" ---: |", out);
	fputc('\n', out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (!shown(group, base))
			continue;
		markdown_put(out, "| {} | {}, {} |", group_key(verdict, group).text, group->metric->title,
			     unit_of(group->metric).text, NULL);
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			if (present[mode])
				put_cell(out, group_cell(group, (enum lad_mode)mode));
		fputc('\n', out);
	}
	fputc('\n', out);
}

static void put_judgement(FILE *out, const struct lad_judgement *judgement)
{
	markdown_put(out, " {} {}", sign_of(judgement->verdict), lad_verdict_name(judgement->verdict), NULL);
	if (isfinite(judgement->ratio))
		fprintf(out, " %.3f", judgement->ratio);
	fputs(" |", out);
}

/* A row a workload, a column a relation. */
static void put_relations(FILE *out, const struct lad_verdict *verdict)
{
	struct tally tally = tally_make(verdict);
	if (tally.total == 0)
		return;
	fputs("| workload |", out);
	for (int i = 0; i < tally.relation_count; i++)
		markdown_put(out, " {} |", relation_text(&tally.relations[i].relation).text, NULL);
	fputs("\n| --- |", out);
	for (int i = 0; i < tally.relation_count; i++)
		fputs(" --- |", out);
	fputc('\n', out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (!group->primary)
			continue;
		markdown_put(out, "| {} |", group_key(verdict, group).text, NULL);
		for (int r = 0; r < tally.relation_count; r++) {
			const struct lad_judgement *found = NULL;
			for (int j = 0; j < group->judgement_count; j++)
				if (memcmp(&group->judgements[j].relation, &tally.relations[r].relation,
					   sizeof(struct lad_relation)) == 0)
					found = &group->judgements[j];
			if (found)
				put_judgement(out, found);
			else
				fputs(" |", out);
		}
		fputc('\n', out);
	}
	fputs("\nThe number is the ratio left / right, above 1 where left is better.\n\n", out);
}

static void put_missing(FILE *out, const struct lad_verdict *verdict)
{
	bool said[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count; j++) {
			const struct lad_cell *cell = &verdict->groups[i].cells[j];
			if (said[cell->mode] || !cell->reason[0])
				continue;
			said[cell->mode] = true;
			markdown_put(out, "- {} {}: {}\n", lad_mode_name(cell->mode),
				     cell->skipped ? "skipped" : "failed", cell->reason, NULL);
		}
	fputc('\n', out);
}

static void put_source(FILE *out, const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	markdown_put(out, "**{}**\n\n", sentence_make(verdict).text, NULL);
	if (verdict->gains)
		markdown_put(out, "{}\n\n", tuning_sentence(verdict).text, NULL);
	if (on_instruction_clock(verdict))
		fputs("Instruction clock: path length, not wall time.\n\n", out);
	if (source->incomplete[0])
		markdown_put(out, "Incomplete: {}\n\n", source->incomplete, NULL);
	put_figures(out, verdict, base_tuning(source));
	put_relations(out, verdict);
	put_missing(out, verdict);
	markdown_put(out, "<sub>{} lab, kernel {}, {}, {} trials in {} blocks, {}. Repeat: `", verdict->lab,
		     verdict->kernel, source->table.rows[0].cpu_model, whole(source->table.row_count).text,
		     whole(source->blocks).text, verdict->time, NULL);
	fprintf(out, "%s`</sub>\n", repeat_command(source).text);
}

/* What is not the same; the rest is a number in the sentence. */
static void put_changes(FILE *out, const struct lad_compare *compare)
{
	int shown = 0;
	for (int i = 0; i < compare->line_count; i++) {
		const struct lad_compare_line *line = &compare->lines[i];
		if (line->change == LAD_SAME || line->change == LAD_NOT_COMPARED)
			continue;
		if (shown++ == 0)
			fputs("| what | figure | base | new | change | verdict |\n| --- | --- | ---: | ---: | ---: | "
			      "--- |\n",
			      out);
		markdown_put(out, "| {} | {}, {} | {} | {} |", line->name, line->metric->title,
			     unit_of(line->metric).text, number(line->base.ok ? line->base.median : NAN).text,
			     number(line->fresh.ok ? line->fresh.median : NAN).text, NULL);
		if (isfinite(line->ratio))
			fprintf(out, " %+.1f %% |", (line->ratio - 1) * 100);
		else
			fputs(" – |", out);
		markdown_put(out, " {} |\n", lad_change_name(line->change), NULL);
	}
	for (int i = 0; i < compare->difference_count; i++)
		if (compare->differences[i].grave)
			markdown_put(out, "\nDifferent {}: {} / {}\n", compare->differences[i].what,
				     compare->differences[i].base, compare->differences[i].fresh, NULL);
	fputc('\n', out);
}

static void put_comparison(FILE *out, const struct report_comparison *comparison)
{
	markdown_put(out, "**{}**\n\n", comparison_sentence(comparison).text, NULL);
	put_changes(out, &comparison->compare);
}

void markdown_write(FILE *out, const struct report *report)
{
	markdown_put(out, "### {}\n\n",
		     report->request->title ? report->request->title : report->current->verdict.scenario, NULL);
	for (int i = 0; i < report->comparison_count; i++)
		put_comparison(out, &report->comparisons[i]);
	put_source(out, report->current);
}
