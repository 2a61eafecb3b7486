/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "report/escape.h"
#include "report/page.h"

static void put_row(FILE *out, const struct lad_verdict *verdict, const struct lad_group *group,
		    const struct lad_cell *cell)
{
	html_put(out, "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td><td>{}, {}</td>",
		 group_key(verdict, group).text, lad_mode_name(cell->mode), group->metric->title,
		 unit_of(group->metric).text, NULL);
	put_number(out, cell->ok ? cell->median : NAN);
	html_put(out, "<td class=\"number\">{}</td>", interval(cell->median_ci, cell->median).text, NULL);
	put_value(out, cell->ok ? cell->ratio_to_host : NAN, percent(cell->ratio_to_host).text);
	put_value(out, cell->ok > 1 ? cell->variation : NAN, percent(cell->variation).text);
	fprintf(out, "<td class=\"number\">%d</td>", cell->ok);
	if (cell->failed || cell->skipped)
		html_put(out, "<td class=\"word\">{} {}</td></tr>\n",
			 whole(cell->failed ? cell->failed : cell->skipped).text, cell->failed ? "failed" : "skipped",
			 NULL);
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
	const struct lad_verdict *verdict = &report->current->verdict;
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
			put_row(out, verdict, &verdict->groups[i], &verdict->groups[i].cells[j]);
	fputs("</tbody>\n", out);
	close_table(out);
}
