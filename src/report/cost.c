/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

#define METRICS_MAX 16

/* The metrics beside the main ones that have figures, each once, in order of first appearance. */
static int collect_metrics(const struct lad_verdict *verdict, const struct lad_metric **metrics)
{
	int count = 0;
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		bool known = group->primary, measured = false;
		for (int j = 0; j < group->cell_count; j++)
			measured |= group->cells[j].ok > 0;
		for (int j = 0; j < count; j++)
			known |= strcmp(metrics[j]->column, group->metric->column) == 0;
		if (!known && measured && count < METRICS_MAX)
			metrics[count++] = group->metric;
	}
	return count;
}

bool section_workloads_wanted(const struct report *report)
{
	const struct lad_metric *metrics[METRICS_MAX];
	return collect_metrics(&report->current->verdict, metrics) > 0;
}

static bool has_metric(enum lad_workload_kind kind, const char *column)
{
	for (const struct lad_metric *metric = lad_metrics_of(kind); metric->column; metric++)
		if (strcmp(metric->column, column) == 0)
			return true;
	return false;
}

void section_workloads(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_verdict *verdict = &source->verdict;
	struct lad_chart_source chart_source = figure_source(source);
	const struct lad_metric *metrics[METRICS_MAX];
	int count = collect_metrics(verdict, metrics);
	fputs("<p>Beside its main figure, what each workload costs in CPU time and how long its answers take.</p>\n",
	      out);
	for (int m = 0; m < count; m++) {
		html_put(out, "<h3>{}, {}{}</h3>\n<div class=\"charts\">\n", metrics[m]->title,
			 unit_of(metrics[m]).text, metrics[m]->lower_is_better ? " (less is better)" : "", NULL);
		for (int i = 0; i < verdict->group_count; i++) {
			const struct lad_group *group = &verdict->groups[i];
			struct lad_chart_request request = figure_request(&chart_source, group);
			request.kind = LAD_CHART_LADDER;
			request.metric = metrics[m]->column;
			if (first_of_filter(source, i) && has_metric(group->key.workload, metrics[m]->column) &&
			    figure_fits(&request))
				figure_put(out, &request, NULL);
		}
		fputs("</div>\n", out);
	}
}
