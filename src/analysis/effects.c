/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gains.h"
#include "analysis/ratio.h"
#include "netladder/cleanup.h"

#define FACTORS_MAX 24
/* A setting that a tuning leaves alone has this level. */
#define AS_IS "as it is"

struct setting {
	char name[LAD_SYSCTL_KEY_MAX], value[LAD_SYSCTL_VALUE_MAX];
};

/* The settings of all tunings as a grid: which level each tuning has of each factor. */
struct grid {
	char factors[FACTORS_MAX][LAD_SYSCTL_KEY_MAX];
	int factor_count;
	char levels[FACTORS_MAX][LAD_TUNINGS_MAX][LAD_SYSCTL_VALUE_MAX];
	int level_count[FACTORS_MAX];
	int level_of[LAD_TUNINGS_MAX][FACTORS_MAX];
	int tuning_count;
};

/* What one factor is asked for: the values and the room for logarithms. */
struct inquiry {
	const struct lad_gains *gains;
	const struct gain_values *values;
	const struct grid *grid;
	int factor;
	double *logs, *sums;
	int *counts;
};

/* Takes the first "name=value" off *TEXT, where they are joined by "; ". */
static bool next_setting(const char **text, struct setting *setting)
{
	size_t length = strcspn(*text, ";"), name = strcspn(*text, "=");
	if (name >= length)
		return false;
	snprintf(setting->name, sizeof setting->name, "%.*s", (int)name, *text);
	snprintf(setting->value, sizeof setting->value, "%.*s", (int)(length - name - 1), *text + name + 1);
	*text += length;
	*text += strspn(*text, "; ");
	return true;
}

static int factor_of(struct grid *grid, const char *name)
{
	int at = 0;
	while (at < grid->factor_count && strcmp(grid->factors[at], name) != 0)
		at++;
	if (at == FACTORS_MAX)
		return -1;
	if (at == grid->factor_count) {
		snprintf(grid->factors[at], sizeof grid->factors[at], "%s", name);
		snprintf(grid->levels[at][0], sizeof grid->levels[at][0], "%s", AS_IS);
		grid->level_count[at] = 1;
		grid->factor_count++;
	}
	return at;
}

static int level_of(struct grid *grid, int factor, const char *value)
{
	int at = 0;
	while (at < grid->level_count[factor] && strcmp(grid->levels[factor][at], value) != 0)
		at++;
	if (at == LAD_TUNINGS_MAX)
		return 0;
	if (at == grid->level_count[factor]) {
		snprintf(grid->levels[factor][at], sizeof grid->levels[factor][at], "%s", value);
		grid->level_count[factor]++;
	}
	return at;
}

static void make_grid(const struct lad_gains *gains, struct grid *grid)
{
	grid->tuning_count = gains->tuning_count;
	for (int t = 0; t < gains->tuning_count; t++) {
		const char *text = gains->settings[t];
		struct setting setting;
		while (next_setting(&text, &setting)) {
			int factor = factor_of(grid, setting.name);
			if (factor >= 0)
				grid->level_of[t][factor] = level_of(grid, factor, setting.value);
		}
	}
}

/* Whether tunings A and B differ in nothing but FACTOR. */
static bool same_context(const struct grid *grid, int a, int b, int factor)
{
	for (int f = 0; f < grid->factor_count; f++)
		if (f != factor && grid->level_of[a][f] != grid->level_of[b][f])
			return false;
	return true;
}

/* The tuning in the context of CONTEXT that has LEVEL of FACTOR, or -1. */
static int with_level(const struct grid *grid, int context, int factor, int level)
{
	for (int t = 0; t < grid->tuning_count; t++)
		if (grid->level_of[t][factor] == level && same_context(grid, t, context, factor))
			return t;
	return -1;
}

/*
 * For each block the mean of log(level A / level B) over the contexts that have both in that block. Returns the number
 * of blocks in inquiry->logs.
 */
static int pair_levels(const struct inquiry *inquiry, int a, int b)
{
	const struct gain_values *values = inquiry->values;
	int blocks = values->blocks, n = 0;
	memset(inquiry->sums, 0, (size_t)blocks * sizeof *inquiry->sums);
	memset(inquiry->counts, 0, (size_t)blocks * sizeof *inquiry->counts);
	for (int t = 0; t < inquiry->grid->tuning_count; t++) {
		int other = inquiry->grid->level_of[t][inquiry->factor] == a
				? with_level(inquiry->grid, t, inquiry->factor, b)
				: -1;
		for (int block = 0; other >= 0 && block < blocks; block++) {
			double log_ratio;
			if (!analysis_log_ratio(values->metric, values->values[t * blocks + block],
						values->values[other * blocks + block], &log_ratio))
				continue;
			inquiry->sums[block] += log_ratio;
			inquiry->counts[block]++;
		}
	}
	for (int block = 0; block < blocks; block++)
		if (inquiry->counts[block])
			inquiry->logs[n++] = inquiry->sums[block] / inquiry->counts[block];
	return n;
}

/* The pair of levels that are furthest apart. Returns the number of pairs that could be compared. */
static int furthest(const struct inquiry *inquiry, int *best, int *worst)
{
	int count = inquiry->grid->level_count[inquiry->factor], compared = 0;
	double span = -1;
	for (int a = 0; a < count; a++)
		for (int b = 0; b < a; b++) {
			int n = pair_levels(inquiry, a, b);
			if (n == 0)
				continue;
			double shift = lad_hodges_lehmann(inquiry->logs, (size_t)n);
			compared++;
			if (fabs(shift) <= span)
				continue;
			span = fabs(shift);
			*best = shift >= 0 ? a : b;
			*worst = shift >= 0 ? b : a;
		}
	return compared;
}

/* "tso off, gro on": what TUNING has of the factors in which it differs from OTHER. */
static void name_context(const struct inquiry *inquiry, int tuning, int other, char *out, size_t size)
{
	const struct grid *grid = inquiry->grid;
	out[0] = '\0';
	for (int f = 0; f < grid->factor_count; f++) {
		size_t used = strlen(out);
		if (f != inquiry->factor && grid->level_of[tuning][f] != grid->level_of[other][f])
			snprintf(out + used, size - used, "%s%s %s", used ? ", " : "", grid->factors[f],
				 grid->levels[f][grid->level_of[tuning][f]]);
	}
}

/*
 * Looks for two levels whose order one context shows and another one turns round. Each side has to be sure at alpha, so
 * that both together come by chance in about alpha squared of the pairs looked at.
 */
static void find_interaction(const struct inquiry *inquiry, int a, int b, struct lad_effect *effect)
{
	const struct grid *grid = inquiry->grid;
	int up = -1, down = -1;
	for (int t = 0; t < grid->tuning_count; t++) {
		int other = grid->level_of[t][inquiry->factor] == a ? with_level(grid, t, inquiry->factor, b) : -1;
		int n = other < 0 ? 0 : gain_pair(inquiry->values, t, other, inquiry->logs);
		if (n == 0)
			continue;
		if (up < 0 && lad_signed_rank_p(inquiry->logs, (size_t)n, 0) <= inquiry->gains->alpha)
			up = t;
		if (down < 0 && lad_signed_rank_less_p(inquiry->logs, (size_t)n, 0) <= inquiry->gains->alpha)
			down = t;
	}
	if (up < 0 || down < 0 || effect->interaction[0])
		return;
	char with[96], without[96];
	name_context(inquiry, up, down, with, sizeof with);
	name_context(inquiry, down, up, without, sizeof without);
	snprintf(effect->interaction, sizeof effect->interaction, "%.40s beats %.40s with %s, and loses with %s",
		 grid->levels[inquiry->factor][a], grid->levels[inquiry->factor][b], with, without);
}

/* Returns whether there is anything to compare. */
static bool judge_factor(const struct inquiry *inquiry, struct lad_effect *effect)
{
	const struct grid *grid = inquiry->grid;
	int best = 0, worst = 0;
	int compared = furthest(inquiry, &best, &worst);
	if (compared == 0)
		return false;
	int n = pair_levels(inquiry, best, worst);
	struct lad_interval ci = lad_hodges_lehmann_interval(inquiry->logs, (size_t)n, 0.95);
	snprintf(effect->factor, sizeof effect->factor, "%s", grid->factors[inquiry->factor]);
	snprintf(effect->best, sizeof effect->best, "%s", grid->levels[inquiry->factor][best]);
	snprintf(effect->worst, sizeof effect->worst, "%s", grid->levels[inquiry->factor][worst]);
	effect->ratio = exp(lad_hodges_lehmann(inquiry->logs, (size_t)n));
	effect->ratio_ci = (struct lad_interval){exp(ci.low), exp(ci.high)};
	effect->p_adjusted = fmin(1, gain_p(inquiry->logs, n) * compared);
	for (int a = 0; grid->factor_count > 1 && a < grid->level_count[inquiry->factor]; a++)
		for (int b = 0; b < grid->level_count[inquiry->factor]; b++)
			if (a != b)
				find_interaction(inquiry, a, b, effect);
	return true;
}

static int by_size(const void *left, const void *right)
{
	const struct lad_effect *a = left, *b = right;
	return (a->ratio < b->ratio) - (a->ratio > b->ratio);
}

static void decide(const struct inquiry *inquiry, struct lad_gain_cell *cell)
{
	double p[FACTORS_MAX];
	double edge = 1 + inquiry->gains->margin;
	for (int i = 0; i < cell->effect_count; i++)
		p[i] = cell->effects[i].p_adjusted;
	lad_holm(p, (size_t)cell->effect_count, p);
	for (int i = 0; i < cell->effect_count; i++) {
		struct lad_effect *effect = &cell->effects[i];
		effect->p_adjusted = p[i];
		/* The ends of the interval are a two one-sided test at half its error. */
		bool none = inquiry->gains->exact ? effect->ratio <= edge
						  : effect->ratio_ci.high <= edge && effect->ratio_ci.low >= 1 / edge;
		if (none)
			effect->kind = LAD_GAIN_NONE;
		else if (inquiry->gains->exact)
			effect->kind = LAD_GAIN_BETTER;
		else
			effect->kind = p[i] <= inquiry->gains->alpha ? LAD_GAIN_BETTER : LAD_GAIN_UNDECIDED;
	}
	qsort(cell->effects, (size_t)cell->effect_count, sizeof *cell->effects, by_size);
}

int gain_effects(const struct lad_gains *gains, const struct gain_values *values, struct lad_gain_cell *cell,
		 struct lad_error *err)
{
	lad_cleanup_free struct grid *grid = calloc(1, sizeof *grid);
	lad_cleanup_free double *room = calloc((size_t)values->blocks * 2, sizeof *room);
	lad_cleanup_free int *counts = calloc((size_t)values->blocks, sizeof *counts);
	cell->effects = calloc(FACTORS_MAX, sizeof *cell->effects);
	if (!grid || !room || !counts || !cell->effects)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	make_grid(gains, grid);
	struct inquiry inquiry = {gains, values, grid, 0, room, room + values->blocks, counts};
	for (; inquiry.factor < grid->factor_count; inquiry.factor++)
		if (judge_factor(&inquiry, &cell->effects[cell->effect_count]))
			cell->effect_count++;
	decide(&inquiry, cell);
	return 0;
}
