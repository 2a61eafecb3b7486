/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/page.h"
#include "report/sentence.h"

static void put_facts(FILE *out, const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	const struct lad_row *row = &source->table.rows[0];
	fputs("<ul class=\"facts\">", out);
	html_put(out, "<li>{} lab</li><li>kernel {}</li><li>{}, {}</li>", verdict->lab, verdict->kernel, row->cpu_model,
		 row->arch, NULL);
	html_put(out, "<li>{} trials in {} blocks</li>", whole(source->table.row_count).text,
		 whole(source->blocks).text, NULL);
	html_put(out, "<li><time datetime=\"{}\">{}</time></li></ul>\n", verdict->time, verdict->time, NULL);
}

static void put_tally(FILE *out, const struct tally *tally)
{
	fputs("<p class=\"tally\">", out);
	for (int kind = 0; kind < 4; kind++) {
		if (!tally->counts[kind])
			continue;
		fprintf(out, "<span>");
		put_chip(out, (enum lad_verdict_kind)kind);
		fprintf(out, " %d of %d</span>", tally->counts[kind], tally->total);
	}
	fputs("</p>\n", out);
}

/* "95 %" or "46 – 62 %": whole percents are what a headline bears. */
static struct words share(struct lad_interval range)
{
	struct words words;
	long low = lround(range.low * 100), high = lround(range.high * 100);
	if (low == high)
		snprintf(words.text, sizeof words.text, "%ld\u00a0%%", low);
	else
		snprintf(words.text, sizeof words.text, "%ld\u2009–\u2009%ld\u00a0%%", low, high);
	return words;
}

static const struct lad_cell *first_cell(const struct lad_verdict *verdict, enum lad_mode mode)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_cell *cell = group_cell(&verdict->groups[i], mode);
		if (verdict->groups[i].primary && cell)
			return cell;
	}
	return NULL;
}

/* What each mode keeps of the host network's rate: the price of the rung, for who reads nothing else. */
static void put_shares(FILE *out, const struct lad_verdict *verdict)
{
	fputs("<dl class=\"shares\">\n", out);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		const struct lad_cell *cell = first_cell(verdict, (enum lad_mode)mode);
		struct lad_interval range = share_of_host(verdict, (enum lad_mode)mode);
		if (!cell)
			continue;
		html_put(out, "<div><dt>{}</dt>", lad_mode_name((enum lad_mode)mode), NULL);
		if (isfinite(range.low))
			html_put(out, "<dd>{}<small>{}</small></dd></div>\n", share(range).text,
				 mode == LAD_MODE_HOST ? "the measure" : "of host’s rate", NULL);
		else
			html_put(out, "<dd class=\"muted\">{}<small>no figures</small></dd></div>\n",
				 cell->skipped	? "skipped"
				 : cell->failed ? "failed"
						: "no host",
				 NULL);
	}
	fputs("</dl>\n", out);
}

/* Each mode that has no figures, with its reason. */
static void put_missing(FILE *out, const struct lad_verdict *verdict)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		const struct lad_cell *cell = first_cell(verdict, (enum lad_mode)mode);
		if (cell && cell->reason[0])
			html_put(out, "<p class=\"warning\"><strong>{} {}:</strong> {}</p>\n",
				 lad_mode_name((enum lad_mode)mode), cell->skipped ? "was skipped" : "failed",
				 cell->reason, NULL);
	}
}

/* What the files lack. */
static void put_gaps(FILE *out, const struct report_source *source, bool with_label)
{
	const char *const gaps[] = {source->incomplete, source->histograms_cut};
	for (int i = 0; i < 2; i++)
		if (gaps[i][0])
			html_put(out, "<p class=\"warning\"><strong>Incomplete:</strong> {}{}{}</p>\n",
				 with_label ? source->label : "", with_label ? "/" : "", gaps[i], NULL);
}

void section_summary(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	struct sentence ladder = sentence_make(&source->verdict);
	struct tally tally = tally_make(&source->verdict);
	if (source->has_scenario && source->scenario.description[0])
		html_put(out, "<p class=\"about\">{}</p>\n", source->scenario.description, NULL);
	put_facts(out, source);
	fputs("<div class=\"verdict\" role=\"region\" aria-label=\"Verdict\">\n", out);
	for (int i = 0; i < report->comparison_count; i++)
		html_put(out, "<p class=\"sentence\">{}</p>\n", comparison_sentence(&report->comparisons[i]).text,
			 NULL);
	if (report->comparison_count) {
		html_put(out, "<p class=\"second\">{}</p>\n", ladder.text, NULL);
	} else {
		put_chip(out, tally_kind(&tally));
		html_put(out, "<p class=\"sentence\">{}</p>\n", ladder.text, NULL);
	}
	if (source->verdict.gains)
		html_put(out, "<p class=\"second\">{}</p>\n", tuning_sentence(&source->verdict).text, NULL);
	put_tally(out, &tally);
	if (on_instruction_clock(&source->verdict))
		fputs("<p class=\"warning\"><strong>Instruction clock: path length, not wall time.</strong> A second "
		      "here is a billion executed instructions; caches and memory do not count. The figures repeat to "
		      "the last digit on any machine.</p>\n",
		      out);
	for (int i = 0; i < report->count; i++)
		put_gaps(out, &report->sources[i], report->count > 1);
	put_missing(out, &source->verdict);
	put_shares(out, &source->verdict);
	fputs("</div>\n", out);
}
