/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "netladder/network.h"
#include "netladder/workload_facts.h"
#include "report/escape.h"
#include "report/page.h"

static bool measured_mode(const struct lad_table *table, int mode)
{
	for (int i = 0; i < table->row_count; i++)
		if ((int)table->rows[i].mode == mode)
			return true;
	return false;
}

static bool measured_workload(const struct lad_table *table, int workload)
{
	for (int i = 0; i < table->row_count; i++)
		if ((int)table->rows[i].workload == workload)
			return true;
	return false;
}

static void put_modes(FILE *out, const struct lad_table *table)
{
	fputs("<h3>The modes</h3>\n<dl class=\"pairs\">\n", out);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (measured_mode(table, mode))
			html_put(out, "<dt>{}</dt><dd>{}</dd>\n", lad_mode_name((enum lad_mode)mode),
				 lad_network_of((enum lad_mode)mode)->summary, NULL);
	fputs("</dl>\n<h3>The workloads</h3>\n<dl class=\"pairs\">\n", out);
	for (int kind = 0; kind < LAD_WORKLOAD_COUNT; kind++)
		if (measured_workload(table, kind))
			html_put(out, "<dt>{}</dt><dd>{}: {}</dd>\n", lad_workload_name((enum lad_workload_kind)kind),
				 lad_workload_of((enum lad_workload_kind)kind)->phrase,
				 lad_workload_of((enum lad_workload_kind)kind)->summary, NULL);
	fputs("</dl>\n", out);
}

static double trial_seconds(const struct lad_table *table)
{
	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].status == LAD_STATUS_OK && isfinite(table->rows[i].duration_s))
			return table->rows[i].duration_s;
	return NAN;
}

void section_method(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_row *first = &source->table.rows[0];
	struct words seconds, warmup, margin, alpha;
	snprintf(seconds.text, sizeof seconds.text, "%.3g", trial_seconds(&source->table));
	snprintf(warmup.text, sizeof warmup.text, "%.3g", isfinite(first->warmup_s) ? first->warmup_s : 0);
	snprintf(margin.text, sizeof margin.text, "%g", source->verdict.margin * 100);
	snprintf(alpha.text, sizeof alpha.text, "%g", source->verdict.alpha * 100);
	html_put(out,
		 "<p>Each trial builds its network anew between two hosts of the {} lab, sends real traffic for {} s "
		 "after {} s of warm-up, and takes it down again. A block holds every combination once, in a random "
		 "order of its own, so that what the machine does meanwhile hits all alike; there are {} blocks. {} "
		 "trials were measured, {} failed, {} were skipped.</p>\n",
		 first->lab, seconds.text, warmup.text, whole(source->blocks).text, whole(source->ok).text,
		 whole(source->failed).text, whole(source->skipped).text, NULL);
	bool many = source->blocks > LAD_SIGNED_RANK_EXACT_MAX;
	html_put(
	    out,
	    "<p>The values of one block are paired. A relation is judged by {}Wilcoxon signed-rank tests{} on "
	    "the logarithms of the paired ratios; the intervals invert that test (Hodges-Lehmann). “≈” means within {} "
	    "%, by two one-sided tests. Over the relations of one workload the error rate is {} % (Holm). "
	    "<em>Refuted</em> means that the contrary holds, or that a claimed difference is none within the "
	    "margin; <em>inconclusive</em> means that the blocks do not tell.</p>\n",
	    many ? "" : "exact ", many ? ", by the normal approximation, since the blocks are many," : "", margin.text,
	    alpha.text, NULL);
	if (!source->has_scenario)
		html_put(out,
			 "<p class=\"warning\">Judged by the documented order, since the run’s scenario was not read: "
			 "{}.</p>\n",
			 source->scenario_missing, NULL);
	if (on_instruction_clock(&source->verdict))
		fputs("<p>The clock counted instructions: figures are path length, not wall time.</p>\n", out);
	put_modes(out, &source->table);
}
