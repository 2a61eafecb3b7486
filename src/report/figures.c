/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

static bool in_overview(const struct lad_verdict *verdict, const struct lad_group *group)
{
	return group->primary && strcmp(group->tuning, base_tuning(verdict)) == 0;
}

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
		html_put(out, "<small>{}</small>", percent(cell->ratio_to_host).text, NULL);
	fputs("</td>", out);
}

/* A row a workload, a column a mode: modes are few, workloads may be many. */
static void put_overview(FILE *out, const struct lad_verdict *verdict)
{
	bool present[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count; j++)
			present[verdict->groups[i].cells[j].mode] = true;
	open_table(out, "overview",
		   "Median of each workload’s main figure over the blocks; below it, the share of what host reaches.",
		   "sortable");
	fputs("<thead><tr>", out);
	put_column(out, "workload", false);
	put_column(out, "unit", false);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			put_column(out, lad_mode_name((enum lad_mode)mode), true);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		if (!in_overview(verdict, group))
			continue;
		html_put(out, "<tr><th scope=\"row\">{}<small>{}</small></th><td>{}<small>{}</small></td>",
			 group_title(verdict, group).text, group_key(verdict, group).text, unit_of(group->metric).text,
			 group->metric->title, NULL);
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			if (present[mode])
				put_overview_cell(out, group_cell(group, (enum lad_mode)mode));
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
	close_table(out);
}

/* Is there an earlier group that the charts' filter cannot tell from this one? */
static bool drawn_before(const struct lad_verdict *verdict, int index)
{
	const struct lad_group *group = &verdict->groups[index];
	for (int i = 0; i < index; i++) {
		const struct lad_group *other = &verdict->groups[i];
		if (in_overview(verdict, other) && other->workload == group->workload && other->cpus == group->cpus &&
		    other->placement == group->placement)
			return true;
	}
	return false;
}

static struct lad_chart_request request_of(const struct lad_chart_source *source, const struct lad_group *group)
{
	return (struct lad_chart_request){.kind = LAD_CHART_LADDER,
					  .sources = source,
					  .source_count = 1,
					  .bare = true,
					  .width_px = FIGURE_NARROW,
					  .workload = lad_workload_name(group->workload),
					  .cpus = lad_cpus_name(group->cpus),
					  .placement = lad_placement_name(group->placement),
					  .tuning = group->tuning};
}

void section_ladder(FILE *out, const struct report *report)
{
	const struct report_source *source = &report->sources[0];
	const struct lad_verdict *verdict = &source->verdict;
	struct lad_chart_source chart_source = figure_source(source);
	fputs("<p>The median over the blocks with its 95 % confidence interval, and the ratio to host. Signs between "
	      "bars "
	      "are the verdict on the two: &gt; better, ≈ equal, ? open; red is against the expected order.</p>\n"
	      "<div class=\"charts\">\n",
	      out);
	for (int i = 0; i < verdict->group_count; i++) {
		if (!in_overview(verdict, &verdict->groups[i]) || drawn_before(verdict, i))
			continue;
		struct lad_chart_request request = request_of(&chart_source, &verdict->groups[i]);
		request.expected = &source->options;
		figure_put(out, &request, NULL);
	}
	fputs("</div>\n", out);
	put_overview(out, verdict);
}

bool section_workloads_wanted(const struct report *report)
{
	const struct lad_verdict *verdict = &report->sources[0].verdict;
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; !verdict->groups[i].primary && j < verdict->groups[i].cell_count; j++)
			if (verdict->groups[i].cells[j].ok)
				return true;
	return false;
}

/* The other figures of the workload of the primary group INDEX: cost and latency. */
static void put_workload(FILE *out, const struct report_source *source, const struct lad_chart_source *chart_source,
			 int index)
{
	const struct lad_verdict *verdict = &source->verdict;
	const struct lad_group *group = &verdict->groups[index];
	html_put(out, "<h3>{}</h3>\n<div class=\"charts\">\n", group_title(verdict, group).text, NULL);
	for (const struct lad_metric *metric = lad_metrics_of(group->workload) + 1; metric->column; metric++) {
		struct lad_chart_request request = request_of(chart_source, group);
		request.expected = &source->options;
		request.metric = metric->column;
		if (figure_fits(&request))
			figure_put(out, &request, NULL);
	}
	fputs("</div>\n", out);
}

void section_workloads(FILE *out, const struct report *report)
{
	const struct report_source *source = &report->sources[0];
	struct lad_chart_source chart_source = figure_source(source);
	fputs("<p>Beside its main figure: what each workload costs in CPU time, and how long its answers take. Less is "
	      "better in all of these.</p>\n",
	      out);
	for (int i = 0; i < source->verdict.group_count; i++)
		if (in_overview(&source->verdict, &source->verdict.groups[i]) && !drawn_before(&source->verdict, i))
			put_workload(out, source, &chart_source, i);
}

static void put_figure_row(FILE *out, const struct lad_verdict *verdict, const struct lad_group *group,
			   const struct lad_cell *cell)
{
	html_put(out, "<tr><th scope=\"row\">{}</th><td>{}</td>", group_key(verdict, group).text,
		 lad_mode_name(cell->mode), NULL);
	html_put(out, "<td>{}, {}</td>", group->metric->title, unit_of(group->metric).text, NULL);
	put_number(out, cell->ok ? cell->median : NAN);
	html_put(out, "<td class=\"number\">{}</td>", interval(cell->median_ci, cell->median).text, NULL);
	if (cell->ok && isfinite(cell->ratio_to_host))
		fprintf(out, "<td class=\"number\" data-value=\"%.9g\">%s</td>", cell->ratio_to_host,
			percent(cell->ratio_to_host).text);
	else
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
	if (cell->ok > 1 && isfinite(cell->variation))
		fprintf(out, "<td class=\"number\" data-value=\"%.9g\">%s</td>", cell->variation,
			percent(cell->variation).text);
	else
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
	fprintf(out, "<td class=\"number\">%d</td>", cell->ok);
	if (cell->failed || cell->skipped)
		html_put(out, "<td>{} {}</td></tr>\n", whole(cell->failed ? cell->failed : cell->skipped).text,
			 cell->failed ? "failed" : "skipped", NULL);
	else
		fputs("<td>ok</td></tr>\n", out);
}

static void put_filter(FILE *out, const char *table)
{
	html_put(out,
		 "<div class=\"filter\" hidden><label for=\"{}-filter\">Only rows with</label>"
		 "<input id=\"{}-filter\" type=\"search\" data-table=\"{}\" autocomplete=\"off\" "
		 "placeholder=\"tcp_rr bridge\"><output for=\"{}-filter\"></output></div>\n",
		 table, table, table, table, NULL);
}

void section_figures(FILE *out, const struct report *report)
{
	static const struct {
		const char *text;
		bool numbers;
	} columns[] = {{"workload", false}, {"mode", false},	 {"figure", false}, {"median", true}, {"95 % CI", true},
		       {"of host", true},   {"variation", true}, {"trials", true},  {"status", false}};
	const struct lad_verdict *verdict = &report->sources[0].verdict;
	put_filter(out, "all-figures");
	open_table(out, "all-figures",
		   "Every figure. Variation is the coefficient of variation between blocks; for CPU cost and latency "
		   "less is better.",
		   "sortable");
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		put_column(out, columns[i].text, columns[i].numbers);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count; j++)
			put_figure_row(out, verdict, &verdict->groups[i], &verdict->groups[i].cells[j]);
	fputs("</tbody>\n", out);
	close_table(out);
}
