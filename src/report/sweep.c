/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "netladder/gains.h"
#include "netladder/workload_facts.h"
#include "report/escape.h"
#include "report/figure.h"
#include "report/page.h"
#include "report/sentence.h"

bool section_sweep_wanted(const struct report *report)
{
	return report->current->verdict.gains != NULL;
}

static struct words title_of(const struct lad_gain_group *group)
{
	struct words words;
	char flows[32] = "";
	if (group->key.flows > 1)
		snprintf(flows, sizeof flows, ", %d flows", group->key.flows);
	snprintf(words.text, sizeof words.text, "%s, %s, %" PRId64 " B%s%s%s%s",
		 lad_workload_of(group->key.workload)->phrase, lad_cpus_phrase(group->key.cpus),
		 group->key.message_bytes, flows, group->key.placement == LAD_SAME_HOST ? ", same host" : "",
		 group->key.options[0] ? ", " : "", group->key.options);
	return words;
}

static struct words key_of(const struct lad_gain_group *group)
{
	struct words words;
	snprintf(words.text, sizeof words.text, "%s %s%s%s", lad_workload_name(group->key.workload),
		 lad_cpus_name(group->key.cpus), group->key.options[0] ? " " : "", group->key.options);
	return words;
}

static struct words gain_text(double ratio)
{
	struct words words = {"–"};
	if (isfinite(ratio))
		snprintf(words.text, sizeof words.text, "%+.1f\u00a0%%", (ratio - 1) * 100);
	return words;
}

static struct words gain_interval(struct lad_interval interval)
{
	struct words words = {""};
	if (isfinite(interval.low))
		snprintf(words.text, sizeof words.text, "%+.1f to %+.1f", (interval.low - 1) * 100,
			 (interval.high - 1) * 100);
	return words;
}

/* The settings that matter, the largest first: "mtu: 9000 over 1500 by 12.0 %". */
static void put_effects(FILE *out, const struct lad_gain_cell *cell)
{
	fputs("<td>", out);
	for (int i = 0; i < cell->effect_count; i++) {
		const struct lad_effect *effect = &cell->effects[i];
		if (effect->kind != LAD_GAIN_BETTER)
			continue;
		html_put(out, "<div>{}: {} over {} by {}{}{}</div>", effect->factor, effect->best, effect->worst,
			 gain_text(effect->ratio).text + 1, effect->interaction[0] ? "; but it depends: " : "",
			 effect->interaction, NULL);
	}
	fputs("</td>", out);
}

/* The undecided tuning that leads, or NULL. */
static const struct lad_gain *leader_of(const struct lad_gains *gains, const struct lad_gain_cell *cell,
					const char **name)
{
	const struct lad_gain *leader = NULL;
	for (int t = 1; t < gains->tuning_count; t++) {
		const struct lad_gain *gain = &cell->gains[t];
		if (gain->kind != LAD_GAIN_UNDECIDED || gain->ratio <= 1 || (leader && gain->ratio <= leader->ratio))
			continue;
		leader = gain;
		*name = gains->tunings[t];
	}
	return leader;
}

/* Where no tuning is known to be better: what is known. */
static void put_no_best(FILE *out, const struct lad_gains *gains, const struct lad_gain_cell *cell)
{
	const char *name = "";
	const struct lad_gain *leader = leader_of(gains, cell, &name);
	if (!leader) {
		html_put(
		    out,
		    "<td class=\"empty\">{}</td><td class=\"number empty\" data-value=\"\">–</td><td></td><td></td>",
		    isfinite(cell->gains[0].median) ? "none is better" : "not measured", NULL);
		return;
	}
	html_put(out, "<td class=\"free empty\">open: {} leads", name, NULL);
	if (leader->blocks_needed > 0)
		html_put(out, "<small>about {} more blocks would decide</small>", whole(leader->blocks_needed).text,
			 NULL);
	fputs("</td>", out);
	put_value(out, leader->ratio - 1, gain_text(leader->ratio).text);
	html_put(out, "<td class=\"number\">{}</td><td></td>", gain_interval(leader->ratio_ci).text, NULL);
}

static void put_best_row(FILE *out, const struct lad_gains *gains, const struct lad_gain_group *group,
			 const struct lad_gain_cell *cell)
{
	html_put(out, "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td>", key_of(group).text,
		 lad_mode_name(cell->mode), NULL);
	if (cell->best >= 0) {
		const struct lad_gain *gain = &cell->gains[cell->best];
		html_put(out, "<td class=\"free\"><strong>{}</strong></td>", gains->tunings[cell->best], NULL);
		put_value(out, gain->ratio - 1, gain_text(gain->ratio).text);
		html_put(out, "<td class=\"number\">{}</td><td class=\"free\">{}</td>",
			 gain_interval(gain->ratio_ci).text, cell->rivals, NULL);
	} else {
		put_no_best(out, gains, cell);
	}
	put_effects(out, cell);
	fputs("</tr>\n", out);
}

/* The answer: for each mode and workload the tuning to take, and which of its settings does it. */
static void put_best(FILE *out, const struct lad_gains *gains)
{
	static const struct {
		const char *text;
		bool numbers;
	} columns[] = {{"workload", false},
		       {"mode", false},
		       {"best tuning", false},
		       {"gain", true},
		       {"95 % CI", true},
		       {"not told from it", false},
		       {"which setting does it", false}};
	char caption[400];
	snprintf(
	    caption, sizeof caption,
	    "The best tuning by workload and mode, and its gain over %.63s. Only tunings that are better with an error "
	    "rate of at most %g %% count; less than %g %% is no effect.",
	    gains->tunings[0], gains->alpha * 100, gains->margin * 100);
	open_table(out, "best-tuning", caption, "sortable");
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		put_column(out, columns[i].text, columns[i].numbers);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int g = 0; g < gains->group_count; g++)
		for (int i = 0; i < gains->groups[g].cell_count; i++)
			put_best_row(out, gains, &gains->groups[g], &gains->groups[g].cells[i]);
	fputs("</tbody>\n", out);
	close_table(out);
}

static void put_charts(FILE *out, const struct report_source *source, const struct lad_gain_group *group)
{
	static const enum lad_chart_kind kinds[] = {LAD_CHART_HEATMAP, LAD_CHART_SWEEP};
	struct lad_chart_source chart_source = figure_source(source);
	fputs("<div class=\"charts\">\n", out);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct lad_chart_request request = {.kind = kinds[i],
						    .sources = &chart_source,
						    .source_count = 1,
						    .bare = true,
						    .width_px = FIGURE_WIDTH,
						    .workload = lad_workload_name(group->key.workload),
						    .cpus = lad_cpus_name(group->key.cpus),
						    .placement = lad_placement_name(group->key.placement)};
		if (figure_fits(&request))
			figure_put(out, &request, NULL);
	}
	fputs("</div>\n", out);
}

static void put_gain(FILE *out, const struct lad_gain_cell *cell, int tuning)
{
	const struct lad_gain *gain = &cell->gains[tuning];
	if (!isfinite(gain->median)) {
		fputs("<td class=\"number empty\" data-value=\"\">–</td>", out);
		return;
	}
	bool best = tuning == cell->best;
	fprintf(out, "<td class=\"number%s\" data-value=\"%.9g\">%s%s", best ? " best" : "", gain->median,
		best ? "★ " : "", number(gain->median).text);
	if (gain->kind != LAD_GAIN_BASE && gain->pairs)
		html_put(out, "<small>{}, {}</small>", gain_text(gain->ratio).text, lad_gain_name(gain->kind), NULL);
	fputs("</td>", out);
}

static void put_table(FILE *out, const struct lad_gains *gains, const struct lad_gain_group *group, int index)
{
	char id[32], caption[1200];
	snprintf(id, sizeof id, "sweep-%d", index);
	snprintf(
	    caption, sizeof caption,
	    "%.200s: %s in %s, the median by tuning and mode; below it the gain over %.63s. ★ marks a mode’s best.",
	    title_of(group).text, group->metric->title, unit_of(group->metric).text, gains->tunings[0]);
	fputs("<details><summary>Every tuning</summary>\n", out);
	open_table(out, id, caption, "sortable");
	fputs("<thead><tr>", out);
	put_column(out, "tuning", false);
	for (int i = 0; i < group->cell_count; i++)
		put_column(out, lad_mode_name(group->cells[i].mode), true);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int t = 0; t < gains->tuning_count; t++) {
		html_put(out, "<tr><th scope=\"row\">{}</th>", gains->tunings[t], NULL);
		for (int i = 0; i < group->cell_count; i++)
			put_gain(out, &group->cells[i], t);
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
	close_table(out);
	fputs("</details>\n", out);
}

/* What a tuning became, where that is not what it asked for, and what it could not have; each remark once a tuning. */
static void put_remarks(FILE *out, const struct lad_gains *gains)
{
	const struct lad_gain_group *group = &gains->groups[0];
	bool any = false;
	for (int t = 0; t < gains->tuning_count; t++)
		for (int i = 0; i < group->cell_count; i++) {
			const struct lad_gain *gain = &group->cells[i].gains[t];
			const char *text = gain->reason[0] ? gain->reason : gain->note;
			bool said = !text[0];
			for (int j = 0; j < i && !said; j++) {
				const struct lad_gain *earlier = &group->cells[j].gains[t];
				said = strcmp(earlier->reason[0] ? earlier->reason : earlier->note, text) == 0;
			}
			if (said)
				continue;
			fputs(any ? "" : "<h3>What to mind</h3>\n<ul>\n", out);
			html_put(out, "<li>{}, {}: {}</li>\n", gains->tunings[t], lad_mode_name(group->cells[i].mode),
				 text, NULL);
			any = true;
		}
	fputs(any ? "</ul>\n" : "", out);
}

/* The first group that a chart's filter cannot tell from this one is drawn with it. */
static bool drawn_before(const struct lad_gains *gains, int index)
{
	const struct lad_gain_group *group = &gains->groups[index];
	for (int i = 0; i < index; i++) {
		const struct lad_gain_group *other = &gains->groups[i];
		if (other->key.workload == group->key.workload && other->key.cpus == group->key.cpus &&
		    other->key.placement == group->key.placement)
			return true;
	}
	return false;
}

void section_sweep(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_gains *gains = source->verdict.gains;
	html_put(out, "<p>{}</p>\n", tuning_sentence(&source->verdict).text, NULL);
	put_best(out, gains);
	for (int g = 0; g < gains->group_count; g++) {
		html_put(out, "<h3>{}</h3>\n", title_of(&gains->groups[g]).text, NULL);
		if (!drawn_before(gains, g))
			put_charts(out, source, &gains->groups[g]);
		put_table(out, gains, &gains->groups[g], g);
	}
	if (gains->group_count)
		put_remarks(out, gains);
}
