/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "netladder/gains.h"
#include "netladder/under_load.h"
#include "netladder/verdict.h"

#define DEFAULT_COLUMNS 100
#define MODE_WIDTH 11
#define GROUP_WIDTH 29
#define GROUPS_A_LINE 32

static const char *paint(const struct lad_print_options *options, enum lad_verdict_kind kind)
{
	static const char *const codes[] = {"\033[32m", "\033[31m", "\033[33m", "\033[2m"};
	return options->color ? codes[kind] : "";
}

#define TITLE_BYTES (64 + LAD_OPTIONS_MAX + LAD_TUNING_NAME_MAX)

/* What tells GROUP from every other one of VERDICT. */
static void group_title(const struct lad_verdict *verdict, const struct lad_group *group, char out[TITLE_BYTES])
{
	bool sizes = false, tuned = strcmp(group->key.tuning, LAD_DEFAULT_TUNING) != 0;
	char bytes[32] = "", flows[16] = "";
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		sizes |=
		    other->key.workload == group->key.workload && other->key.message_bytes != group->key.message_bytes;
		tuned |= strcmp(other->key.tuning, group->key.tuning) != 0;
	}
	if (sizes)
		snprintf(bytes, sizeof bytes, " %" PRId64 "B", group->key.message_bytes);
	if (group->key.flows > 1)
		snprintf(flows, sizeof flows, " x%d", group->key.flows);
	snprintf(out, TITLE_BYTES, "%s %s%s%s%s%s%s%s%s", lad_workload_name(group->key.workload),
		 lad_cpus_name(group->key.cpus), bytes, flows,
		 group->key.placement == LAD_SAME_HOST ? " same-host" : "", *group->key.options ? " " : "",
		 group->key.options, tuned ? ", " : "", tuned ? group->key.tuning : "");
}

/* Four significant digits: what the noise of one run leaves. */
static int decimals(double value)
{
	double magnitude = fabs(value);
	return lad_decimals(value, magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3);
}

static void print_cell(const struct lad_cell *cell, bool exact, FILE *out)
{
	char interval[32], ratio[16];
	if (!cell || cell->ok == 0) {
		fprintf(out, "  %-*s", GROUP_WIDTH - 2, !cell ? "" : cell->skipped ? "skipped" : "failed");
		return;
	}
	int digits = decimals(cell->median);
	if (isfinite(cell->median_ci.low))
		snprintf(interval, sizeof interval, "[%.*f, %.*f]", digits, cell->median_ci.low, digits,
			 cell->median_ci.high);
	else if (exact)
		snprintf(interval, sizeof interval, "exact");
	else
		snprintf(interval, sizeof interval, "(n=%d)", cell->ok);
	snprintf(ratio, sizeof ratio, "%.2f", cell->ratio_to_host);
	if (!isfinite(cell->ratio_to_host))
		ratio[0] = '\0';
	fprintf(out, "  %6.*f %-15s %4s", digits, cell->median, interval, ratio);
}

static const struct lad_cell *cell_of(const struct lad_group *group, int mode)
{
	for (int i = 0; i < group->cell_count; i++)
		if ((int)group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

/* How much of TEXT goes into a line of WIDTH: up to a space where there is one, and all of a word that is longer. */
static size_t line_length(const char *text, size_t width)
{
	size_t length = strlen(text), cut = width;
	if (length <= width)
		return length;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut ? cut : strcspn(text, " ");
}

/* The titles above each other's columns, in as many lines as the longest one takes. */
static void print_titles(const struct lad_verdict *verdict, const struct lad_group *const *groups, int count, FILE *out)
{
	char titles[GROUPS_A_LINE][TITLE_BYTES];
	const char *rest[GROUPS_A_LINE];
	for (int i = 0; i < count; i++) {
		group_title(verdict, groups[i], titles[i]);
		rest[i] = titles[i];
	}
	for (bool more = true; more;) {
		more = false;
		fprintf(out, "%-*s", MODE_WIDTH, "");
		for (int i = 0; i < count; i++) {
			int length = (int)line_length(rest[i], GROUP_WIDTH - 2);
			fprintf(out, "  %.*s%*s", length, rest[i],
				length < GROUP_WIDTH - 2 ? GROUP_WIDTH - 2 - length : 0, "");
			rest[i] += length;
			rest[i] += *rest[i] == ' ';
			more |= *rest[i] != '\0';
		}
		fputc('\n', out);
	}
}

static void print_header(const struct lad_verdict *verdict, const struct lad_group *const *groups, int count, FILE *out)
{
	char unit[64];
	print_titles(verdict, groups, count, out);
	fprintf(out, "%-*s", MODE_WIDTH, "mode");
	for (int i = 0; i < count; i++) {
		snprintf(unit, sizeof unit, "%6s [95 %% CI]      /host", groups[i]->metric->unit);
		fprintf(out, "  %-*s", GROUP_WIDTH - 2, unit);
	}
	fputc('\n', out);
}

static void print_rows(const struct lad_group *const *groups, int count, FILE *out)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		bool present = false;
		for (int i = 0; i < count; i++)
			present |= cell_of(groups[i], mode) != NULL;
		if (!present)
			continue;
		fprintf(out, "%-*s", MODE_WIDTH, lad_mode_name((enum lad_mode)mode));
		for (int i = 0; i < count; i++)
			print_cell(cell_of(groups[i], mode), groups[i]->exact, out);
		fputc('\n', out);
	}
	fputc('\n', out);
}

static void print_table(const struct lad_verdict *verdict, int columns, FILE *out)
{
	const struct lad_group *line[GROUPS_A_LINE];
	int a_line = (columns - MODE_WIDTH) / GROUP_WIDTH;
	a_line = a_line < 1 ? 1 : a_line > GROUPS_A_LINE ? GROUPS_A_LINE : a_line;
	int held = 0;
	for (int i = 0; i <= verdict->group_count; i++) {
		if (held == a_line || (i == verdict->group_count && held)) {
			print_header(verdict, line, held, out);
			print_rows(line, held, out);
			held = 0;
		}
		if (i < verdict->group_count && verdict->groups[i].primary)
			line[held++] = &verdict->groups[i];
	}
}

/* What failed, with what it was; and each reason for which a mode was skipped, once. */
static void print_reasons(const struct lad_verdict *verdict, FILE *out)
{
	bool said[LAD_MODE_COUNT] = {false};
	char title[TITLE_BYTES];
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		group_title(verdict, group, title);
		for (int j = 0; j < group->cell_count && group->primary; j++) {
			const struct lad_cell *cell = &group->cells[j];
			if (!cell->reason[0] || (!cell->failed && said[cell->mode]))
				continue;
			said[cell->mode] |= !cell->failed;
			if (cell->failed)
				fprintf(out, "%s, %s: %d of %d trials failed: %s\n", title, lad_mode_name(cell->mode),
					cell->failed, cell->failed + cell->ok + cell->skipped + cell->other,
					cell->reason);
			else
				fprintf(out, "%s skipped: %s\n", lad_mode_name(cell->mode), cell->reason);
		}
	}
}

static void print_ratio(double ratio, struct lad_interval ci, double p_adjusted, FILE *out)
{
	fprintf(out, " ratio %.3f", ratio);
	if (isfinite(ci.low))
		fprintf(out, " [%.3f, %.3f]", ci.low, ci.high);
	if (isfinite(p_adjusted))
		fprintf(out, "  p %s", lad_p_text(p_adjusted).text);
}

static void print_pair(const struct lad_pair *pair, FILE *out)
{
	char names[48], result[48];
	snprintf(names, sizeof names, "%s, %s", lad_mode_name(pair->left), lad_mode_name(pair->right));
	if (pair->kind == LAD_PAIR_LEFT || pair->kind == LAD_PAIR_RIGHT)
		snprintf(result, sizeof result, "%s is better",
			 lad_mode_name(pair->kind == LAD_PAIR_LEFT ? pair->left : pair->right));
	else
		snprintf(result, sizeof result, "%s", lad_pair_name(pair->kind));
	fprintf(out, "  %-24s %-20s", names, result);
	print_ratio(pair->ratio, pair->ratio_ci, pair->p_adjusted, out);
	fputc('\n', out);
}

static void print_judgement(const struct lad_judgement *judgement, const struct lad_print_options *options, FILE *out)
{
	char relation[48];
	const char *sign = judgement->relation.sign == LAD_GREATER ? ">" : options->utf8 ? "≈" : "~";
	snprintf(relation, sizeof relation, "%s %s %s", lad_mode_name(judgement->relation.left), sign,
		 lad_mode_name(judgement->relation.right));
	int width = 24 + (options->utf8 && judgement->relation.sign == LAD_EQUIVALENT ? 2 : 0); /* ≈ has three bytes */
	fprintf(out, "  %-*s %s%-12s%s", width, relation, paint(options, judgement->verdict),
		lad_verdict_name(judgement->verdict), options->color ? "\033[0m" : "");
	if (judgement->verdict != LAD_NOT_MEASURED)
		print_ratio(judgement->ratio, judgement->ratio_ci, judgement->p_adjusted, out);
	if (judgement->verdict == LAD_INCONCLUSIVE && judgement->blocks_needed >= 0)
		fprintf(out, "  about %d more block%s would decide", judgement->blocks_needed,
			judgement->blocks_needed == 1 ? "" : "s");
	else if (judgement->verdict == LAD_INCONCLUSIVE)
		fprintf(out, "  no number of blocks in reach would decide");
	if (judgement->why[0])
		fprintf(out, "  %s", judgement->why);
	if (judgement->bridged)
		fprintf(out, "  (over %s: not measured)", judgement->bridged_over);
	fputc('\n', out);
}

/* Where the column /host and the medians beside it do not fit together, why. */
static void print_disagreements(const struct lad_group *group, FILE *out)
{
	for (int i = 0; i < group->cell_count; i++) {
		const struct lad_cell *cell = &group->cells[i];
		if (cell->mode == LAD_MODE_HOST || !isfinite(cell->medians_ratio))
			continue;
		fprintf(out, "  (%s: %.2f of host is the middle of the paired ratios, %.2f that of the medians: %s)\n",
			lad_mode_name(cell->mode), cell->ratio_to_host, cell->medians_ratio,
			cell->two_speeds ? "two speeds" : "the speed changed between blocks");
	}
}

static void print_variation(const struct lad_group *group, FILE *out)
{
	double worst = 0;
	for (int i = 0; i < group->cell_count; i++)
		if (isfinite(group->cells[i].variation) && group->cells[i].variation > worst)
			worst = group->cells[i].variation;
	if (group->exact && worst == 0)
		return;
	fprintf(out, "  (variation between blocks at most %.1f %%)\n", worst * 100);
}

static void print_groups(const struct lad_verdict *verdict, const struct lad_print_options *options, FILE *out)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		char title[TITLE_BYTES];
		/* With tunings there are many groups: only what was asked for, and only on the main figures. */
		if (verdict->gains && (!group->primary || group->judgement_count == 0))
			continue;
		group_title(verdict, group, title);
		fprintf(out, "\n%s, %s, %s\n", title, group->metric->title,
			group->metric->lower_is_better ? "lower is better; ratio > 1: left is better"
						       : "ratio left/right");
		for (int j = 0; j < group->judgement_count; j++)
			print_judgement(&group->judgements[j], options, out);
		for (int j = 0; j < group->pair_count; j++)
			print_pair(&group->pairs[j], out);
		print_disagreements(group, out);
		print_variation(group, out);
	}
}

static void print_quality(const struct lad_verdict *verdict, FILE *out)
{
	for (int i = 0; i < verdict->quality.count; i++)
		fprintf(out, "%squality: %s\n", i == 0 ? "\n" : "", verdict->quality.notes[i].text);
}

/* Few blocks are tested exactly, and that needs no word. */
static void print_approximation(const struct lad_verdict *verdict, FILE *out)
{
	int most = 0;
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; j < verdict->groups[i].cell_count && !verdict->groups[i].exact; j++)
			most = verdict->groups[i].cells[j].ok > most ? verdict->groups[i].cells[j].ok : most;
	if (most > LAD_SIGNED_RANK_EXACT_MAX)
		fprintf(out,
			"\nMore than %d blocks: p values and intervals are by the normal approximation of the "
			"signed-rank test.\n",
			LAD_SIGNED_RANK_EXACT_MAX);
}

static void print_summary(const struct lad_verdict *verdict, FILE *out)
{
	int counts[4] = {0};
	for (int i = 0; i < verdict->group_count; i++)
		for (int j = 0; verdict->groups[i].primary && j < verdict->groups[i].judgement_count; j++)
			counts[verdict->groups[i].judgements[j].verdict]++;
	if (verdict->max_blocks > 0)
		fprintf(out,
			"\nThe run stopped by itself after %d of at most %d blocks; the error rates and intervals hold "
			"over all its looks.\n",
			verdict->blocks, (int)verdict->max_blocks);
	if (counts[0] + counts[1] + counts[2] + counts[3] == 0) {
		if (!verdict->gains) /* a sweep is about its tunings */
			fprintf(out,
				"\nNothing was expected of the order, so none is judged. \"same\" is within %g %%.\n",
				verdict->margin * 100);
		return;
	}
	fprintf(out,
		"\nThe %s order here, on the workloads' main figures: %d relations confirmed, %d refuted, "
		"%d inconclusive, %d not measured.\n",
		verdict->documented ? "documented" : "expected", counts[LAD_CONFIRMED], counts[LAD_REFUTED],
		counts[LAD_INCONCLUSIVE], counts[LAD_NOT_MEASURED]);
}

struct lad_p_text lad_p_text(double p)
{
	struct lad_p_text words;
	if (p < 0.001) /* there is no such thing as a chance of 0.000 */
		snprintf(words.text, sizeof words.text, "< 0.001");
	else
		snprintf(words.text, sizeof words.text, "%.3f", p);
	return words;
}

void lad_verdict_print(const struct lad_verdict *verdict, const struct lad_print_options *options, FILE *out)
{
	fprintf(out, "%s: %s lab, kernel %s, %s\n", verdict->scenario, verdict->lab, verdict->kernel, verdict->time);
	if (strcmp(verdict->clock, "instructions") == 0)
		fputs("instruction clock: path length, not wall time\n", out);
	fputc('\n', out);
	if (verdict->gains) {
		lad_gains_print(verdict->gains, options, out);
	} else {
		print_table(verdict, options->columns ? options->columns : DEFAULT_COLUMNS, out);
		print_reasons(verdict, out);
	}
	if (verdict->under_load)
		lad_under_load_print(verdict->under_load, out);
	print_groups(verdict, options, out);
	print_quality(verdict, out);
	print_approximation(verdict, out);
	print_summary(verdict, out);
}
