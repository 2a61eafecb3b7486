/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

static void put_overview_cell(FILE *out, const struct lad_cell *cell)
{
	if (!cell || !cell->ok) {
		html_put(out, "<td class=\"number empty\" data-value=\"\">{}</td>",
			 !cell		 ? "–"
			 : cell->skipped ? "skipped"
					 : "failed",
			 NULL);
		return;
	}
	fprintf(out, "<td class=\"number\" data-value=\"%.9g\">%s", cell->median, number(cell->median).text);
	if (isfinite(cell->ratio_to_host) && cell->mode != LAD_MODE_HOST)
		html_put(out, "<small>{}{}</small>", percent(cell->ratio_to_host).text,
			 isfinite(cell->medians_ratio) ? " in pairs" : "", NULL);
	fputs("</td>", out);
}

/* Where a share and the medians above it do not fit together, why. */
static void put_disagreements(FILE *out, const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; in_overview(source, &verdict->groups[i]) && j < verdict->groups[i].cell_count; j++) {
			const struct lad_cell *cell = &verdict->groups[i].cells[j];
			if (!isfinite(cell->medians_ratio) || cell->mode == LAD_MODE_HOST)
				continue;
			html_put(out,
				 "<p class=\"note\">{}, {}: {} is the middle of the ratios within the blocks; the "
				 "medians’ own ratio is {}. {}</p>\n",
				 group_key(verdict, &verdict->groups[i]).text, lad_mode_name(cell->mode),
				 percent(cell->ratio_to_host).text, percent(cell->medians_ratio).text,
				 cell->two_speeds
				     ? "The values have two speeds, so that each median is one of them, and "
				       "the pairs mix them."
				     : "The speed changed between blocks, which pairs do not mind and "
				       "medians do.",
				 NULL);
		}
}

/* A row a workload, a column a mode: modes are few, workloads may be many. */
static void put_overview(FILE *out, const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	bool present[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count; j++)
			present[verdict->groups[i].cells[j].mode] = true;
	open_table(out, "overview",
		   "Median of each workload’s main figure over the blocks; below it, the share of what host reaches.",
		   "sortable");
	fputs("<thead><tr>", out);
	put_column(out, "workload", false);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			put_column(out, lad_mode_name((enum lad_mode)mode), true);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (!in_overview(source, group))
			continue;
		html_put(out, "<tr><th scope=\"row\">{}<small>{}: {} in {}</small></th>",
			 group_title(verdict, group).text, group_key(verdict, group).text, group->metric->title,
			 unit_of(group->metric).text, NULL);
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			if (present[mode])
				put_overview_cell(out, group_cell(group, (enum lad_mode)mode));
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
	close_table(out);
	put_disagreements(out, source);
}

void section_ladder(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_verdict *verdict = &source->verdict;
	struct lad_chart_source chart_source = figure_source(source);
	bool exact = strcmp(verdict->clock, "instructions") == 0;
	html_put(out,
		 "<p>{}, and the ratio to host. Signs between bars are the verdict on the two: &gt; better, ≈ equal, ? "
		 "open; red "
		 "is against the expected order.</p>\n<div class=\"charts\">\n",
		 exact ? "Exact figures" : "The median over the blocks with its 95 % confidence interval", NULL);
	for (int i = 0; i < verdict->group_count; i++) {
		if (!first_of_filter(source, i))
			continue;
		struct lad_chart_request request = figure_request(&chart_source, &verdict->groups[i]);
		request.kind = LAD_CHART_LADDER;
		figure_put(out, &request, NULL);
	}
	fputs("</div>\n", out);
	put_overview(out, source);
}
