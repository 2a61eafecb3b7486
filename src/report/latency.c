/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

static const struct {
	const char *column, *title;
} quantiles[] = {{"latency_p50_us", "p50"},
		 {"latency_p90_us", "p90"},
		 {"latency_p99_us", "p99"},
		 {"latency_p999_us", "p99.9"},
		 {"latency_max_us", "max"}};
#define QUANTILE_COUNT (sizeof quantiles / sizeof *quantiles)

static bool has_latency(const struct lad_group *group)
{
	return group->primary && !lad_is_stream(group->key.workload);
}

bool section_latency_wanted(const struct report *report)
{
	const struct lad_verdict *verdict = &report->current->verdict;
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; has_latency(&verdict->groups[i]) && j < verdict->groups[i].cell_count; j++)
			if (verdict->groups[i].cells[j].ok)
				return true;
	return false;
}

static bool belongs(const struct lad_row *row, const struct lad_group *group, enum lad_mode mode)
{
	return row->status == LAD_STATUS_OK && row->mode == mode && lad_row_is_first_variant(row) &&
	       lad_row_key_fits(&group->key, row, LAD_KEY_MODE | LAD_KEY_VARIANT);
}

/* Median over the blocks; for the maximum, the largest of all. */
static double over_blocks(const struct lad_table *table, const struct lad_group *group, enum lad_mode mode,
			  const char *column)
{
	lad_cleanup_free double *values = calloc((size_t)table->row_count, sizeof *values);
	size_t count = 0;
	double largest = NAN;
	for (int i = 0; values && i < table->row_count; i++) {
		double value = belongs(&table->rows[i], group, mode) ? lad_row_metric(&table->rows[i], column) : NAN;
		if (!isfinite(value))
			continue;
		values[count++] = value;
		largest = fmax(largest, value);
	}
	if (strcmp(column, "latency_max_us") == 0)
		return largest;
	return count ? lad_median(values, count) : NAN;
}

static void put_charts(FILE *out, const struct report_source *source)
{
	const struct lad_verdict *verdict = &source->verdict;
	struct lad_chart_source chart_source = figure_source(source);
	bool any = false;
	for (int i = 0; i < verdict->group_count; i++) {
		struct lad_chart_request request = figure_request(&chart_source, &verdict->groups[i]);
		request.kind = LAD_CHART_LATENCY;
		if (!has_latency(&verdict->groups[i]) || !first_of_filter(source, i) || !figure_fits(&request))
			continue;
		if (!any)
			fputs("<p>How long requests took, over all blocks: by percentile, each step to the right a ten "
			      "times rarer "
			      "one, and as a distribution.</p>\n<div class=\"charts\">\n",
			      out);
		any = true;
		figure_put(out, &request, NULL);
	}
	fputs(any ? "</div>\n" : "<p class=\"note\">Without histograms.csv beside the results there is no plot.</p>\n",
	      out);
}

static void put_under_load(FILE *out, const struct report_source *source)
{
	struct lad_chart_source chart_source = figure_source(source);
	struct lad_chart_request request = {.kind = LAD_CHART_UNDER_LOAD,
					    .sources = &chart_source,
					    .source_count = 1,
					    .bare = true,
					    .width_px = FIGURE_WIDTH};
	if (source->verdict.under_load && figure_fits(&request))
		figure_put(
		    out, &request,
		    "Latency under load: each stroke goes from the median to the 99th percentile, hollow with an "
		    "idle path, filled beside the background. At the right, how many times the 99th percentile "
		    "rises.");
}

void section_latency(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_verdict *verdict = &source->verdict;
	put_under_load(out, source);
	put_charts(out, source);
	open_table(out, "latency-table",
		   "Time from a request to its response, in µs: the median over the blocks of each trial’s percentile, "
		   "and the longest of all.",
		   "sortable");
	fputs("<thead><tr>", out);
	put_column(out, "workload", false);
	put_column(out, "mode", false);
	for (size_t q = 0; q < QUANTILE_COUNT; q++)
		put_column(out, quantiles[q].title, true);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		for (int j = 0; has_latency(group) && j < group->cell_count; j++) {
			if (!group->cells[j].ok)
				continue;
			html_put(out, "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td>",
				 group_key(verdict, group).text, lad_mode_name(group->cells[j].mode), NULL);
			for (size_t q = 0; q < QUANTILE_COUNT; q++)
				put_number(
				    out, over_blocks(&source->table, group, group->cells[j].mode, quantiles[q].column));
			fputs("</tr>\n", out);
		}
	}
	fputs("</tbody>\n", out);
	close_table(out);
}
