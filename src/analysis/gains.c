/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/gains.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/named_metrics.h"
#include "analysis/ratio.h"
#include "netladder/cleanup.h"

const char *lad_gain_name(enum lad_gain_kind kind)
{
	static const char *const names[] = {"base", "better", "worse", "no effect", "undecided", "not measured"};
	return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static bool counts(const struct lad_row *row)
{
	return strcmp(row->variant, "b") != 0; /* two variants are compared with each other (compare.h) */
}

static int find_tuning(const struct lad_gains *gains, const char *name)
{
	for (int i = 0; i < gains->tuning_count; i++)
		if (strcmp(gains->tunings[i], name) == 0)
			return i;
	return -1;
}

struct named {
	const struct lad_row *row;
	bool base;
};

/* The base first, numbers within names by their value: mtu=576 before mtu=1500. */
static int by_name(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	return a->base != b->base ? (a->base ? -1 : 1) : strverscmp(a->row->tuning, b->row->tuning);
}

/* The tunings of TABLE, each by one of its rows. Returns how many, at most LAD_TUNINGS_MAX. */
static int name_tunings(const struct lad_table *table, struct named named[LAD_TUNINGS_MAX])
{
	const char *base = table->rows[0].tuning_base;
	int count = 0;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		int at = 0;
		while (at < count && strcmp(named[at].row->tuning, row->tuning) != 0)
			at++;
		if (at < count || count == LAD_TUNINGS_MAX || !counts(row))
			continue;
		named[count++] = (struct named){row, strcmp(row->tuning, base[0] ? base : LAD_DEFAULT_TUNING) == 0};
	}
	if (count)
		qsort(named, (size_t)count, sizeof *named, by_name);
	return count;
}

static int list_tunings(struct lad_gains *gains, const struct named *named, int count)
{
	gains->tunings = calloc((size_t)count, sizeof *gains->tunings);
	gains->settings = calloc((size_t)count, sizeof *gains->settings);
	if (!gains->tunings || !gains->settings)
		return -1;
	for (int i = 0; i < count; i++) {
		memcpy(gains->tunings[i], named[i].row->tuning, sizeof gains->tunings[i]);
		snprintf(gains->settings[i], sizeof gains->settings[i], "%s", named[i].row->tuning_settings);
	}
	gains->tuning_count = count;
	return 0;
}

/* Where a tuning sets the flows, they do not tell workloads apart. */
static bool sets_flows(const struct lad_gains *gains)
{
	for (int i = 0; i < gains->tuning_count; i++)
		if (strncmp(gains->settings[i], "flows=", 6) == 0 || strstr(gains->settings[i], " flows="))
			return true;
	return false;
}

/* Of variants the first alone, see row_in_group. */
#define GROUP_IGNORES (LAD_KEY_MODE | LAD_KEY_TUNING | LAD_KEY_VARIANT)

static bool row_in_group(const struct lad_row *row, const struct lad_gain_group *group)
{
	return lad_row_is_first_variant(row) && lad_row_key_fits(&group->key, row, GROUP_IGNORES);
}

static int by_workload_and_metric(const void *left, const void *right)
{
	const struct lad_gain_group *a = left, *b = right;
	int order = lad_row_key_order(&a->key, &b->key, GROUP_IGNORES);
	return order ? order : a->position - b->position;
}

/* One group for each of the workload's metrics that LIST names. */
static int add_groups(struct lad_gains *gains, const struct lad_row *row, int flows, const char *list)
{
	const struct lad_metric *metrics[ANALYSIS_METRICS_MAX];
	int count = analysis_metrics_named(row, list, metrics);
	for (int i = 0; i < count; i++) {
		struct lad_gain_group *groups =
		    reallocarray(gains->groups, (size_t)gains->group_count + 1, sizeof *groups);
		if (!groups)
			return -1;
		gains->groups = groups;
		groups[gains->group_count] =
		    (struct lad_gain_group){.key = lad_row_key_of(row), .position = i, .metric = metrics[i]};
		struct lad_row_key *key = &groups[gains->group_count++].key;
		key->flows = flows;
		key->mode = LAD_MODE_HOST;
		strcpy(key->tuning, "");
		strcpy(key->variant, "");
	}
	return count < 0 ? -1 : 0;
}

/* MEASURED rows go first: they tell which columns there are. */
static int list_groups_of(struct lad_gains *gains, const struct lad_table *table, const char *list, bool measured)
{
	bool any_flows = sets_flows(gains);
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		bool known = !counts(row) || (row->status == LAD_STATUS_OK) != measured;
		for (int j = 0; j < gains->group_count && !known; j++)
			known = row_in_group(row, &gains->groups[j]);
		if (!known && add_groups(gains, row, any_flows ? LAD_ANY_FLOWS : row->flows, list) < 0)
			return -1;
	}
	return 0;
}

static int list_groups(struct lad_gains *gains, const struct lad_table *table, const char *list, struct lad_error *err)
{
	if (list_groups_of(gains, table, list, true) < 0 || list_groups_of(gains, table, list, false) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (gains->group_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "no row has the metric %s", list ? list : "?");
	qsort(gains->groups, (size_t)gains->group_count, sizeof *gains->groups, by_workload_and_metric);
	return 0;
}

/* The rows of one group, and how many blocks they reach. */
struct group_rows {
	const struct lad_row **rows; /* owned */
	int count, blocks;
	double largest; /* of the figure as it stands */
};

static int take_rows(const struct lad_gain_group *group, const struct lad_table *table, struct group_rows *taken)
{
	*taken =
	    (struct group_rows){.rows = calloc((size_t)table->row_count + 1, sizeof(struct lad_row *)), .blocks = 1};
	for (int i = 0; taken->rows && i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (row->block < 1 || !row_in_group(row, group))
			continue;
		taken->rows[taken->count++] = row;
		taken->blocks = row->block > taken->blocks ? row->block : taken->blocks;
		if (row->status == LAD_STATUS_OK)
			taken->largest = fmax(taken->largest, lad_metric_value(group->metric, row));
	}
	return taken->rows ? 0 : -1;
}

/* Collects one mode's values and, for what was not measured, the first reason. */
static int collect(const struct lad_gains *gains, const struct lad_gain_group *group, const struct group_rows *taken,
		   struct lad_gain_cell *cell, struct gain_values *values)
{
	size_t count = (size_t)gains->tuning_count * (size_t)values->blocks;
	values->values = calloc(count, sizeof *values->values);
	if (!values->values)
		return -1;
	for (size_t i = 0; i < count; i++)
		values->values[i] = NAN;
	for (int i = 0; i < taken->count; i++) {
		const struct lad_row *row = taken->rows[i];
		int tuning = row->mode == cell->mode ? find_tuning(gains, row->tuning) : -1;
		if (tuning < 0)
			continue;
		struct lad_gain *gain = &cell->gains[tuning];
		double value = lad_metric_value(group->metric, row) * group->metric->scale;
		if (row->status == LAD_STATUS_OK && value >= 0)
			values->values[tuning * values->blocks + row->block - 1] = value;
		else if (!gain->reason[0])
			snprintf(gain->reason, sizeof gain->reason, "%s", row->reason);
		if (!gain->note[0])
			snprintf(gain->note, sizeof gain->note, "%s", row->tuning_note);
	}
	return 0;
}

int gain_pair(const struct gain_values *values, int a, int b, double *logs)
{
	int pairs = 0;
	for (int block = 0; block < values->blocks; block++) {
		const double *left = &values->values[a * values->blocks], *right = &values->values[b * values->blocks];
		pairs += analysis_log_ratio(values->metric, left[block], right[block], &logs[pairs]);
	}
	return pairs;
}

double gain_p(const double *logs, int n)
{
	return fmin(1, 2 * fmin(lad_signed_rank_p(logs, (size_t)n, 0), lad_signed_rank_less_p(logs, (size_t)n, 0)));
}

enum lad_gain_kind gain_decide(const struct lad_gains *gains, const double *logs, int n, double p_adjusted)
{
	double edge = log1p(gains->margin), shift = lad_hodges_lehmann(logs, (size_t)n);
	if (n == 0)
		return LAD_GAIN_NOT_MEASURED;
	/* A difference that is sure, but smaller than the margin, is none for whoever has to choose. */
	if (gains->exact ? fabs(shift) <= edge : lad_tost_p(logs, (size_t)n, -edge, edge) <= gains->alpha)
		return LAD_GAIN_NONE;
	if (!gains->exact && p_adjusted > gains->alpha)
		return LAD_GAIN_UNDECIDED;
	return shift > 0 ? LAD_GAIN_BETTER : LAD_GAIN_WORSE;
}

static double median_of(const struct gain_values *values, int tuning, double *scratch)
{
	size_t n = 0;
	for (int block = 0; block < values->blocks; block++)
		if (isfinite(values->values[tuning * values->blocks + block]))
			scratch[n++] = values->values[tuning * values->blocks + block];
	return lad_median(scratch, n);
}

static int further_blocks(const double *logs, int n, double shift, double level)
{
	double sd = n > 1 ? gsl_stats_sd(logs, 1, (size_t)n) : 0;
	int needed = lad_blocks_needed(fabs(shift), sd, level);
	return needed < 0 ? -1 : needed > n ? needed - n : 3;
}

static void compare_with_base(const struct lad_gains *gains, const struct gain_values *values,
			      struct lad_gain_cell *cell, double *logs)
{
	double p[LAD_TUNINGS_MAX], adjusted[LAD_TUNINGS_MAX];
	int tested[LAD_TUNINGS_MAX], count = 0;
	for (int t = 0; t < gains->tuning_count; t++) {
		struct lad_gain *gain = &cell->gains[t];
		gain->median = median_of(values, t, logs);
		gain->kind = t == 0 ? LAD_GAIN_BASE : LAD_GAIN_NOT_MEASURED;
		gain->pairs = gain_pair(values, t, 0, logs);
		gain->ratio = gain->pairs ? exp(lad_hodges_lehmann(logs, (size_t)gain->pairs)) : NAN;
		struct lad_interval ci = lad_hodges_lehmann_interval(logs, (size_t)gain->pairs, 0.95);
		gain->ratio_ci = (struct lad_interval){exp(ci.low), exp(ci.high)};
		gain->p_adjusted = NAN;
		if (t == 0 || gain->pairs == 0)
			continue;
		p[count] = gain_p(logs, gain->pairs);
		tested[count++] = t;
	}
	lad_holm(p, (size_t)count, adjusted);
	for (int i = 0; i < count; i++) {
		struct lad_gain *gain = &cell->gains[tested[i]];
		int n = gain_pair(values, tested[i], 0, logs);
		gain->p_adjusted = adjusted[i];
		gain->kind = gain_decide(gains, logs, n, adjusted[i]);
		if (gain->kind == LAD_GAIN_UNDECIDED)
			gain->blocks_needed = further_blocks(logs, n, log(gain->ratio), gains->alpha / (2 * count));
	}
}

/* The best tuning, and those that its blocks do not tell from it. */
static void choose_best(const struct lad_gains *gains, const struct gain_values *values, struct lad_gain_cell *cell,
			double *logs)
{
	cell->best = -1;
	for (int t = 0; t < gains->tuning_count; t++)
		if (cell->gains[t].kind == LAD_GAIN_BETTER &&
		    (cell->best < 0 || cell->gains[t].ratio > cell->gains[cell->best].ratio))
			cell->best = t;
	for (int t = 1; cell->best >= 0 && t < gains->tuning_count; t++) {
		int n = t == cell->best ? 0 : gain_pair(values, cell->best, t, logs);
		size_t used = strlen(cell->rivals);
		bool equal = gains->exact ? n > 0 && gain_decide(gains, logs, n, 0) == LAD_GAIN_NONE
					  : n > 0 && gain_p(logs, n) > gains->alpha;
		if (equal)
			snprintf(cell->rivals + used, sizeof cell->rivals - used, "%s%s", used ? ", " : "",
				 gains->tunings[t]);
	}
}

static int fill_cell(const struct lad_gains *gains, const struct lad_gain_group *group, const struct group_rows *taken,
		     struct lad_gain_cell *cell, struct lad_error *err)
{
	struct gain_values values = {.blocks = taken->blocks, .metric = group->metric};
	lad_cleanup_free double *logs = calloc((size_t)taken->blocks, sizeof *logs);
	cell->gains = calloc((size_t)gains->tuning_count, sizeof *cell->gains);
	int status = -1;
	if (logs && cell->gains && collect(gains, group, taken, cell, &values) == 0) {
		compare_with_base(gains, &values, cell, logs);
		choose_best(gains, &values, cell, logs);
		status = gain_effects(gains, &values, cell, err);
	} else {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	free(values.values);
	return status;
}

static int fill_group(const struct lad_gains *gains, struct lad_gain_group *group, const struct lad_table *table,
		      struct lad_error *err)
{
	bool present[LAD_MODE_COUNT] = {false};
	struct group_rows taken;
	if (take_rows(group, table, &taken) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lad_cleanup_free const struct lad_row **rows = taken.rows;
	for (int i = 0; i < taken.count; i++)
		present[rows[i]->mode] = true;
	if (taken.blocks > 100000)
		return lad_error_set(err, LAD_EXIT_USAGE, "block %d: more blocks than any run has", taken.blocks);
	group->metric = lad_metric_fit(group->metric, taken.largest);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!present[mode])
			continue;
		struct lad_gain_cell *cell = &group->cells[group->cell_count++];
		cell->mode = (enum lad_mode)mode;
		if (fill_cell(gains, group, &taken, cell, err) < 0)
			return -1;
	}
	return 0;
}

int lad_gains_make(const struct lad_table *table, const struct lad_verdict_options *options, struct lad_gains **gains,
		   struct lad_error *err)
{
	struct named named[LAD_TUNINGS_MAX];
	int count = name_tunings(table, named);
	*gains = NULL;
	if (count < 2)
		return 0;
	struct lad_gains *made = calloc(1, sizeof *made);
	if (!made)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	made->margin = options->margin;
	made->alpha = options->alpha;
	made->exact = strcmp(table->rows[0].clock, "instructions") == 0;
	int status = list_tunings(made, named, count) < 0 ? lad_error_set(err, LAD_EXIT_UNABLE, "out of memory")
							  : list_groups(made, table, options->metrics, err);
	for (int i = 0; status == 0 && i < made->group_count; i++)
		status = fill_group(made, &made->groups[i], table, err);
	if (status < 0)
		lad_gains_free(made);
	else
		*gains = made;
	return status;
}

void lad_gains_free(struct lad_gains *gains)
{
	if (!gains)
		return;
	for (int i = 0; i < gains->group_count; i++)
		for (int j = 0; j < gains->groups[i].cell_count; j++) {
			free(gains->groups[i].cells[j].gains);
			free(gains->groups[i].cells[j].effects);
		}
	free(gains->groups);
	free(gains->tunings);
	free(gains->settings);
	free(gains);
}
