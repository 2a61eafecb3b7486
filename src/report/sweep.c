/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

bool section_sweep_wanted(const struct report *report)
{
	return has_sweep(&report->current->verdict);
}

/* The group of the same workload under TUNING. */
static const struct lad_group *under(const struct lad_verdict *verdict, const struct lad_group *group,
				     const char *tuning)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		if (other->metric == group->metric && same_combination(other, group, false) &&
		    strcmp(other->tuning, tuning) == 0)
			return other;
	}
	return NULL;
}

static double median_under(const struct lad_verdict *verdict, const struct lad_group *group, const char *tuning,
			   enum lad_mode mode)
{
	const struct lad_group *other = under(verdict, group, tuning);
	const struct lad_cell *cell = other ? group_cell(other, mode) : NULL;
	return cell && cell->ok ? cell->median : NAN;
}

static double best_of(const struct lad_verdict *verdict, const struct lad_group *group, const char *const *tunings,
		      int count, enum lad_mode mode)
{
	double best = NAN;
	for (int i = 0; i < count; i++) {
		double value = median_under(verdict, group, tunings[i], mode);
		best = group->metric->lower_is_better ? fmin(best, value) : fmax(best, value);
	}
	return best;
}

static int collect_tunings(const struct report_source *source, const char **tunings)
{
	const struct lad_verdict *verdict = &source->verdict;
	int count = 0;
	tunings[count++] = base_tuning(source);
	for (int i = 0; i < verdict->group_count; i++) {
		bool known = false;
		for (int j = 0; j < count; j++)
			known |= strcmp(tunings[j], verdict->groups[i].tuning) == 0;
		if (!known)
			tunings[count++] = verdict->groups[i].tuning;
	}
	return count;
}

/* GROUP's words without its tuning. */
static struct words plain_title(const struct lad_group *group)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s, %s, %ld B × %d%s", workload_phrase(group->workload),
		 cpus_phrase(group->cpus), (long)group->message_bytes, group->flows,
		 group->placement == LAD_SAME_HOST ? ", same host" : "");
	return words;
}

static void put_cell(FILE *out, double value, double base, double best, bool is_base)
{
	if (!isfinite(value)) {
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
		return;
	}
	bool wins = fabs(value - best) <= 1e-12 * fabs(best);
	fprintf(out, "<td class=\"number%s\" data-value=\"%.9g\">%s%s", wins ? " best" : "", value, wins ? "★ " : "",
		number(value).text);
	if (isfinite(base) && base > 0 && !is_base)
		fprintf(out, "<small>%+.1f\u00a0%%</small>", (value / base - 1) * 100);
	fputs("</td>", out);
}

static void put_charts(FILE *out, const struct report_source *source, const struct lad_group *group)
{
	static const enum lad_chart_kind kinds[] = {LAD_CHART_HEATMAP, LAD_CHART_SWEEP};
	struct lad_chart_source chart_source = figure_source(source);
	struct lad_chart_request request = figure_request(source, &chart_source, group);
	request.tuning = NULL;
	fputs("<div class=\"charts\">\n", out);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		request.kind = kinds[i];
		if (figure_fits(&request))
			figure_put(out, &request, NULL);
	}
	fputs("</div>\n", out);
}

static void put_workload(FILE *out, const struct report_source *source, const struct lad_group *group,
			 const char *const *tunings, int count, int index)
{
	const struct lad_verdict *verdict = &source->verdict;
	char id[32];
	struct words title = plain_title(group), caption;
	snprintf(caption.text, sizeof caption.text,
		 "%.90s: %.30s in %.12s, median by tuning and mode; below it the change against %.40s; ★ is the best.",
		 title.text, group->metric->title, group->metric->unit, tunings[0]);
	snprintf(id, sizeof id, "sweep-%d", index);
	html_put(out, "<h3>{}</h3>\n", title.text, NULL);
	put_charts(out, source, group);
	fputs("<details><summary>The medians</summary>\n", out);
	open_table(out, id, caption.text, "sortable");
	fputs("<thead><tr>", out);
	put_column(out, "tuning", false);
	for (int i = 0; i < group->cell_count; i++)
		put_column(out, lad_mode_name(group->cells[i].mode), true);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int t = 0; t < count; t++) {
		html_put(out, "<tr><th scope=\"row\">{}</th>", tunings[t], NULL);
		for (int i = 0; i < group->cell_count; i++) {
			enum lad_mode mode = group->cells[i].mode;
			put_cell(out, median_under(verdict, group, tunings[t], mode),
				 median_under(verdict, group, tunings[0], mode),
				 best_of(verdict, group, tunings, count, mode), t == 0);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
	close_table(out);
	fputs("</details>\n", out);
}

void section_sweep(FILE *out, const struct report *report)
{
	const struct lad_verdict *verdict = &report->current->verdict;
	lad_cleanup_free const char **tunings = calloc((size_t)verdict->group_count + 1, sizeof *tunings);
	if (!tunings) {
		fputs("<p class=\"note\">Out of memory.</p>\n", out);
		return;
	}
	int count = collect_tunings(report->current, tunings), index = 0;
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		bool first = group->primary;
		for (int j = 0; first && j < i; j++)
			first = !(verdict->groups[j].metric == group->metric &&
				  same_combination(&verdict->groups[j], group, false));
		if (first)
			put_workload(out, report->current, group, tunings, count, index++);
	}
}
