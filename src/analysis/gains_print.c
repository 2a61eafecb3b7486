/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "analysis/gains.h"

#define DEFAULT_COLUMNS 100
#define NAME_WIDTH 22
#define CELL_WIDTH 15

static double percent(double ratio)
{
	return (ratio - 1) * 100;
}

/* Three significant digits are enough beside a change in percent. */
static int decimals(double value)
{
	double magnitude = fabs(value);
	return lad_decimals(value, magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2);
}

static void print_title(const struct lad_gains *gains, const struct lad_gain_group *group, FILE *out)
{
	char flows[24] = "";
	if (group->key.flows > 1)
		snprintf(flows, sizeof flows, " x %d", group->key.flows);
	fprintf(out, "%s %s%s%s%s%s, %s in %s%s; beside it the gain over %s\n", lad_workload_name(group->key.workload),
		lad_cpus_name(group->key.cpus), flows, group->key.placement == LAD_SAME_HOST ? " same-host" : "",
		*group->key.options ? " " : "", group->key.options, group->metric->title, group->metric->unit,
		group->metric->lower_is_better ? ", less is better" : "", gains->tunings[0]);
}

static void print_cell(const struct lad_gain_cell *cell, int tuning, FILE *out)
{
	static const char marks[] = {[LAD_GAIN_BASE] = ' ', [LAD_GAIN_BETTER] = ' ',	[LAD_GAIN_WORSE] = ' ',
				     [LAD_GAIN_NONE] = '=', [LAD_GAIN_UNDECIDED] = '?', [LAD_GAIN_NOT_MEASURED] = ' '};
	const struct lad_gain *gain = &cell->gains[tuning];
	char text[48];
	if (!isfinite(gain->median))
		snprintf(text, sizeof text, "     -");
	else if (gain->kind == LAD_GAIN_BASE || gain->pairs == 0)
		snprintf(text, sizeof text, "%6.*f", decimals(gain->median), gain->median);
	else
		snprintf(text, sizeof text, "%6.*f %+.1f%%%c", decimals(gain->median), gain->median,
			 percent(gain->ratio), tuning == cell->best ? '*' : marks[gain->kind]);
	fprintf(out, "  %-*s", CELL_WIDTH - 2, text);
}

static bool is_measured(const struct lad_gains *gains, const struct lad_gain_cell *cell)
{
	for (int t = 0; t < gains->tuning_count; t++)
		if (isfinite(cell->gains[t].median))
			return true;
	return false;
}

/* The modes that have any figure, as many side by side as the terminal is wide. */
static void print_table(const struct lad_gains *gains, const struct lad_gain_group *group, int columns, FILE *out)
{
	const struct lad_gain_cell *cells[LAD_MODE_COUNT];
	int count = 0, a_line = (columns - NAME_WIDTH) / CELL_WIDTH;
	a_line = a_line < 1 ? 1 : a_line;
	for (int i = 0; i < group->cell_count; i++)
		if (is_measured(gains, &group->cells[i]))
			cells[count++] = &group->cells[i];
	for (int first = 0; first < count; first += a_line) {
		int last = first + a_line < count ? first + a_line : count;
		fprintf(out, "%-*s", NAME_WIDTH, "tuning");
		for (int i = first; i < last; i++)
			fprintf(out, "  %-*s", CELL_WIDTH - 2, lad_mode_name(cells[i]->mode));
		fputc('\n', out);
		for (int t = 0; t < gains->tuning_count; t++) {
			bool is_long = strlen(gains->tunings[t]) >= NAME_WIDTH;
			if (is_long)
				fprintf(out, "%s\n", gains->tunings[t]);
			fprintf(out, "%-*s", NAME_WIDTH, is_long ? "" : gains->tunings[t]);
			for (int i = first; i < last; i++)
				print_cell(cells[i], t, out);
			fputc('\n', out);
		}
	}
}

static void print_interval(const char *ending, struct lad_interval interval, FILE *out)
{
	if (isfinite(interval.low))
		fprintf(out, " [%+.1f, %+.1f]%s", percent(interval.low), percent(interval.high), ending);
}

/* The undecided tuning that leads, or -1. */
static int leader(const struct lad_gains *gains, const struct lad_gain_cell *cell)
{
	int found = -1;
	for (int t = 1; t < gains->tuning_count; t++)
		if (cell->gains[t].kind == LAD_GAIN_UNDECIDED && cell->gains[t].ratio > 1 &&
		    (found < 0 || cell->gains[t].ratio > cell->gains[found].ratio))
			found = t;
	return found;
}

static int count_kind(const struct lad_gains *gains, const struct lad_gain_cell *cell, enum lad_gain_kind kind)
{
	int count = 0;
	for (int t = 0; t < gains->tuning_count; t++)
		count += cell->gains[t].kind == kind;
	return count;
}

/* What a sweep of costs asks for: which tuning is surely worse, and by how much; of several the worst. */
static void print_worst(const struct lad_gains *gains, const struct lad_gain_cell *cell, FILE *out)
{
	int worst = -1;
	for (int t = 1; t < gains->tuning_count; t++)
		if (cell->gains[t].kind == LAD_GAIN_WORSE &&
		    (worst < 0 || cell->gains[t].ratio < cell->gains[worst].ratio))
			worst = t;
	if (worst < 0)
		return;
	fprintf(out, "; worst is %s by %.1f %%", gains->tunings[worst], -percent(cell->gains[worst].ratio));
	print_interval("", cell->gains[worst].ratio_ci, out);
}

static void print_left_out(int count, FILE *out)
{
	if (count)
		fprintf(out, "; %d %s not measured", count, count == 1 ? "tuning was" : "tunings were");
}

static void print_nothing_better(const struct lad_gains *gains, const struct lad_gain_cell *cell, FILE *out)
{
	int undecided = leader(gains, cell);
	int none = count_kind(gains, cell, LAD_GAIN_NONE), left_out = count_kind(gains, cell, LAD_GAIN_NOT_MEASURED);
	const char *measured = left_out ? "measured " : "";
	if (cell->gains[0].pairs == 0)
		fprintf(out, "not measured with %s, so there is nothing to compare with", gains->tunings[0]);
	else if (none > 0 && none == gains->tuning_count - 1 - left_out)
		fprintf(out, "no effect: every %stuning is within %g %% of %s", measured, gains->margin * 100,
			gains->tunings[0]);
	else if (undecided >= 0) {
		const struct lad_gain *gain = &cell->gains[undecided];
		fprintf(out, "undecided: %s leads %s by %.1f %%", gains->tunings[undecided], gains->tunings[0],
			percent(gain->ratio));
		print_interval("", gain->ratio_ci, out);
		if (gain->blocks_needed > 0)
			fprintf(out, "; about %d more block%s would decide", gain->blocks_needed,
				gain->blocks_needed == 1 ? "" : "s");
	} else if (left_out == gains->tuning_count - 1)
		fprintf(out, "no tuning was measured beside %s", gains->tunings[0]);
	else
		fprintf(out, "no %stuning is better than %s", measured, gains->tunings[0]);
	print_worst(gains, cell, out);
	print_left_out(left_out, out);
	fputc('\n', out);
}

static void print_effects(const struct lad_gain_cell *cell, FILE *out)
{
	for (int i = 0; cell->effect_count > 1 && i < cell->effect_count; i++) {
		const struct lad_effect *effect = &cell->effects[i];
		fprintf(out, "    %s: ", effect->factor);
		if (effect->kind == LAD_GAIN_NONE)
			fputs("no effect", out);
		else
			fprintf(out, "%s%s over %s by %.1f %%", effect->kind == LAD_GAIN_BETTER ? "" : "undecided, ",
				effect->best, effect->worst, percent(effect->ratio));
		print_interval("", effect->ratio_ci, out);
		if (effect->interaction[0])
			fprintf(out, "; but it depends: %s", effect->interaction);
		fputc('\n', out);
	}
}

static void print_words(const struct lad_gains *gains, const struct lad_gain_group *group, FILE *out)
{
	for (int i = 0; i < group->cell_count; i++) {
		const struct lad_gain_cell *cell = &group->cells[i];
		if (!is_measured(gains, cell))
			continue;
		fprintf(out, "  %s: ", lad_mode_name(cell->mode));
		if (cell->best < 0) {
			print_nothing_better(gains, cell, out);
		} else {
			const struct lad_gain *gain = &cell->gains[cell->best];
			fprintf(out, "best is %s, %.1f %% better than %s", gains->tunings[cell->best],
				percent(gain->ratio), gains->tunings[0]);
			print_interval("", gain->ratio_ci, out);
			if (cell->rivals[0])
				fprintf(out, "; not told from it: %s", cell->rivals);
			print_left_out(count_kind(gains, cell, LAD_GAIN_NOT_MEASURED), out);
			fputc('\n', out);
		}
		print_effects(cell, out);
	}
}

static const char *remark_of(const struct lad_gain_group *group, int cell, int tuning, bool reason)
{
	const struct lad_gain *gain = &group->cells[cell].gains[tuning];
	return reason ? gain->reason : gain->note;
}

/* Which tunings of a mode TEXT is said of: "mtu=9000, tso=off", or "" for all of them. */
static void list_tunings(const struct lad_gains *gains, const struct lad_gain_group *group, int cell, bool reason,
			 const char *text, char *out, size_t size)
{
	int count = 0;
	out[0] = '\0';
	for (int t = 0; t < gains->tuning_count; t++) {
		size_t used = strlen(out);
		if (strcmp(remark_of(group, cell, t, reason), text) != 0)
			continue;
		snprintf(out + used, size - used, "%s%s", used ? ", " : "", gains->tunings[t]);
		count++;
	}
	if (count == gains->tuning_count)
		out[0] = '\0';
}

/* Whether a mode or tuning before this one had the same remark. */
static bool said_before(const struct lad_gain_group *group, int cell, int tuning, bool reason)
{
	const char *text = remark_of(group, cell, tuning, reason);
	for (int t = 0; t < tuning; t++)
		if (strcmp(remark_of(group, cell, t, reason), text) == 0)
			return true;
	return false;
}

/* Each remark of each mode once, with the tunings that it is about. */
static void print_remarks(const struct lad_gains *gains, const struct lad_gain_group *group, bool reason, FILE *out)
{
	for (int i = 0; i < group->cell_count; i++)
		for (int t = 0; t < gains->tuning_count; t++) {
			const char *text = remark_of(group, i, t, reason);
			bool partly = isfinite(group->cells[i].gains[t].median);
			const char *word = !reason ? "" : partly ? " failed in some blocks" : " not measured";
			char tunings[512];
			if (!*text || said_before(group, i, t, reason))
				continue;
			list_tunings(gains, group, i, reason, text, tunings, sizeof tunings);
			fprintf(out, "%s%s%s%s%s: %s\n", lad_mode_name(group->cells[i].mode), *tunings ? " (" : "",
				tunings, *tunings ? ")" : "", word, text);
		}
}

void lad_gains_print(const struct lad_gains *gains, const struct lad_print_options *options, FILE *out)
{
	for (int i = 0; i < gains->group_count; i++) {
		const struct lad_gain_group *group = &gains->groups[i];
		print_title(gains, group, out);
		print_table(gains, group, options->columns ? options->columns : DEFAULT_COLUMNS, out);
		print_words(gains, group, out);
		fputc('\n', out);
	}
	fprintf(
	    out,
	    "%s* best; = no effect within %g %%; ? undecided; - not measured. In brackets the 95 %% interval in %%.\n",
	    gains->exact ? "The instruction clock has no noise: the margin alone decides.\n" : "", gains->margin * 100);
	/* What a tuning becomes depends on the mode and hardly on the workload: the first one's remarks stand for all.
	 */
	print_remarks(gains, &gains->groups[0], false, out);
	print_remarks(gains, &gains->groups[0], true, out);
}
