/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "netladder/capacity.h"
#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"

/* Numbers of sessions at once in the file, each once, as many as a law of scaling needs. */
bool section_capacity_wanted(const struct report *report)
{
	int seen[LAD_SCALING_POINTS_MIN], count = 0;
	const struct lad_table *table = &report->current->table;
	for (int i = 0; i < table->row_count && count < LAD_SCALING_POINTS_MIN; i++) {
		int sessions = table->rows[i].sessions;
		bool known = strncmp(table->rows[i].topology, "pairs=", 6) != 0 && sessions > 1;
		for (int j = 0; j < count; j++)
			known |= seen[j] == sessions;
		if (!known)
			seen[count++] = sessions;
	}
	return count == LAD_SCALING_POINTS_MIN;
}

/* What the law says in a few words. */
static struct words law_words(const struct lad_scaling *scaling)
{
	struct words words;
	double peak = lad_scaling_peak(scaling);
	if (scaling->law == LAD_LAW_LINEAR)
		snprintf(words.text, sizeof words.text, "linear");
	else if (scaling->law == LAD_LAW_BOUND)
		snprintf(words.text, sizeof words.text, "bound, from %.1f pairs on", peak);
	else if (isfinite(peak))
		snprintf(words.text, sizeof words.text,
			 "%s: contention %.3g\u00a0%%, coherency %.3g\u00a0%%, most at %.0f pairs",
			 lad_law_name(scaling->law), 100 * scaling->contention, 100 * scaling->coherency, peak);
	else
		snprintf(words.text, sizeof words.text, "%s: contention %.3g\u00a0%%", lad_law_name(scaling->law),
			 100 * scaling->contention);
	return words;
}

static void put_curve(FILE *out, const struct lad_row_key *key, int64_t bytes, const struct lad_capacity_curve *curve)
{
	double last = curve->measured_per_s[curve->measured_count - 1], first = curve->measured_per_s[0];
	double factor = lad_is_stream(key->workload) ? 8e-9 * (double)bytes : 1e-3; /* Gbit/s, k/s */
	double ratio = curve->measured_n[curve->measured_count - 1] / curve->measured_n[0];
	html_put(out, "<tr><th scope=\"row\">{} {}</th><td class=\"number\">{}</td><td class=\"word\">{}</td>",
		 lad_workload_name(key->workload), lad_cpus_name(key->cpus), whole((long)bytes).text,
		 lad_mode_name(curve->mode), NULL);
	put_number(out, curve->line_sizes ? 1e6 * lad_line_at(&curve->line, (double)bytes) : (double)NAN);
	put_number(out, first * factor);
	put_number(out, last * factor);
	put_number(out, last / first / ratio);
	html_put(out, "<td class=\"free\">{}</td></tr>\n", law_words(&curve->scaling).text, NULL);
}

static void put_workload(FILE *out, const struct report_source *source, bool stream)
{
	struct lad_need need = {.stream = stream, .per_s = 1};
	int64_t sizes[LAD_CAPACITY_SIZES_MAX];
	int count = lad_capacity_sizes(&source->table, &need, sizes);
	for (int i = 0; i < count; i++) {
		struct lad_row_key key;
		struct lad_capacity_curve curves[LAD_MODE_COUNT];
		need.message_bytes = sizes[i];
		int modes = lad_capacity_curves(&source->table, &need, &key, curves, NULL);
		for (int m = 0; m < modes; m++)
			put_curve(out, &key, sizes[i], &curves[m]);
	}
}

void section_capacity(FILE *out, const struct report *report)
{
	static const struct {
		const char *text;
		bool numbers;
	} columns[] = {{"workload", false},   {"bytes", true},	    {"mode", false},	  {"CPU time, µs", true},
		       {"least pairs", true}, {"most pairs", true}, {"efficiency", true}, {"scaling", false}};
	struct lad_chart_source source = figure_source(report->current);
	struct lad_chart_request request = {
	    .kind = LAD_CHART_CAPACITY, .sources = &source, .source_count = 1, .bare = true};
	fputs("<p>What pairs of containers carry together, and the CPU time of a message, both ends together. "
	      "<code>netladder capacity</code> answers from these figures whether a load fits.</p>\n",
	      out);
	figure_put_wide(out, &request, "What pairs of containers carry together");
	open_table(
	    out, "capacity-laws",
	    "What the least and the most pairs carry together (Gbit/s of a stream, thousand requests a second), what "
	    "of N times as much is left of it, and the law of scaling through all numbers of pairs.",
	    "sortable");
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		put_column(out, columns[i].text, columns[i].numbers);
	fputs("</tr></thead>\n<tbody>\n", out);
	put_workload(out, report->current, false);
	put_workload(out, report->current, true);
	fputs("</tbody>\n", out);
	close_table(out);
}
