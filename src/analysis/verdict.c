/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/verdict.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/judge.h"
#include "analysis/named_metrics.h"
#include "analysis/room.h"
#include "netladder/cleanup.h"
#include "netladder/gains.h"
#include "netladder/under_load.h"

/* With two speeds the interval is wide, and a share this far from the medians' own asks for a word, too. */
#define APART_MIN 0.05

/* A group has all modes; of variants it has the first alone (take_rows). */
#define GROUP_IGNORES (LAD_KEY_MODE | LAD_KEY_VARIANT)

static bool row_in_group(const struct lad_row *row, const struct lad_group *group)
{
	return lad_row_key_fits(&group->key, row, GROUP_IGNORES);
}

static struct lad_cell *cell_of(struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

/* The values stand as in the table until fit_unit() scales them. */
static int add_row(struct lad_group *group, const struct lad_row *row)
{
	struct lad_cell *cell = &group->cells[row->mode];
	double value = lad_metric_value(group->metric, row);
	cell->mode = row->mode;
	if (row->status == LAD_STATUS_OK && isfinite(value)) {
		if (analysis_make_room(cell->ok, &cell->values, &cell->blocks) < 0)
			return -1;
		cell->values[cell->ok] = value;
		cell->blocks[cell->ok++] = row->block;
		return 0;
	}
	cell->failed += row->status == LAD_STATUS_FAILED;
	cell->skipped += row->status == LAD_STATUS_SKIPPED;
	cell->other += row->status == LAD_STATUS_OK;
	if (!cell->reason[0])
		snprintf(cell->reason, sizeof cell->reason, "%s", row->reason);
	return 0;
}

struct blocked {
	double value;
	int block, order;
};

static int by_block(const void *left, const void *right)
{
	const struct blocked *a = left, *b = right;
	return a->block != b->block ? (a->block < b->block ? -1 : 1) : a->order - b->order;
}

/* Rows come in trial order, and so in block order, but for files that somebody put together. */
static int sort_by_block(struct lad_cell *cell)
{
	int sorted = 1;
	while (sorted < cell->ok && cell->blocks[sorted - 1] <= cell->blocks[sorted])
		sorted++;
	if (sorted >= cell->ok)
		return 0;
	lad_cleanup_free struct blocked *all = calloc((size_t)cell->ok, sizeof *all);
	if (!all)
		return -1;
	for (int i = 0; i < cell->ok; i++)
		all[i] = (struct blocked){cell->values[i], cell->blocks[i], i};
	qsort(all, (size_t)cell->ok, sizeof *all, by_block);
	for (int i = 0; i < cell->ok; i++) {
		cell->values[i] = all[i].value;
		cell->blocks[i] = all[i].block;
	}
	return 0;
}

/* The cells of the modes that have any row, in the ladder's order. */
static int close_cells(struct lad_group *group)
{
	int kept = 0;
	for (int i = 0; i < LAD_MODE_COUNT; i++) {
		struct lad_cell *cell = &group->cells[i];
		if (!cell->ok && !cell->failed && !cell->skipped && !cell->other)
			continue;
		if (sort_by_block(cell) < 0)
			return -1;
		struct lad_cell moved = *cell;
		*cell = (struct lad_cell){0};
		group->cells[kept++] = moved;
	}
	group->cell_count = kept;
	return 0;
}

static bool share_unit(const struct lad_group *a, const struct lad_group *b)
{
	return strcmp(a->metric->column, b->metric->column) == 0 &&
	       lad_row_key_same(&a->key, &b->key, LAD_KEY_MESSAGE_BYTES | LAD_KEY_FLOWS | LAD_KEY_TUNING);
}

static double largest_of(const struct lad_group *group)
{
	double largest = 0;
	for (int i = 0; i < group->cell_count; i++)
		for (int j = 0; j < group->cells[i].ok; j++)
			largest = fmax(largest, group->cells[i].values[j]);
	return largest;
}

static void scale_cells(struct lad_group *group)
{
	for (int i = 0; i < group->cell_count; i++)
		for (int j = 0; j < group->cells[i].ok; j++)
			group->cells[i].values[j] *= group->metric->scale;
}

/* One unit for what stands side by side, which is a workload under several tunings: that of its largest value. */
static int fit_units(struct lad_verdict *verdict)
{
	int count = verdict->group_count;
	lad_cleanup_free double *largest = calloc((size_t)count + 1, sizeof *largest);
	lad_cleanup_free double *shared = calloc((size_t)count + 1, sizeof *shared);
	if (!largest || !shared)
		return -1;
	for (int i = 0; i < count; i++)
		largest[i] = largest_of(&verdict->groups[i]);
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			if (share_unit(&verdict->groups[i], &verdict->groups[j]))
				shared[i] = fmax(shared[i], largest[j]);
	for (int i = 0; i < count; i++) {
		struct lad_group *group = &verdict->groups[i];
		group->metric = lad_metric_fit(group->metric, shared[i]);
		scale_cells(group);
	}
	return 0;
}

/* Whether the values have two speeds, of which the median is the one or the other by chance. */
static bool in_heaps(const struct lad_cell *cell)
{
	size_t split, count = (size_t)cell->ok;
	lad_cleanup_free double *sorted = calloc(count + 1, sizeof *sorted);
	if (!sorted || count == 0)
		return false;
	memcpy(sorted, cell->values, count * sizeof *sorted);
	gsl_sort(sorted, 1, count);
	return lad_two_heaps(sorted, count, &split);
}

static void summarise(struct lad_group *group, struct lad_cell *cell)
{
	const struct lad_cell *host = cell_of(group, LAD_MODE_HOST);
	cell->median =
	    lad_median(cell->values, (size_t)cell->ok); /* host, the first of the ladder, has its own already */
	cell->median_ci = lad_median_interval(cell->values, (size_t)cell->ok, 0.95);
	cell->variation = lad_variation(cell->values, (size_t)cell->ok);
	cell->ratio_to_host = cell->medians_ratio = NAN;
	cell->ratio_ci = (struct lad_interval){NAN, NAN};
	lad_cleanup_free double *logs = calloc((size_t)cell->ok + 1, sizeof *logs);
	if (!host || !logs)
		return;
	size_t pairs = (size_t)judge_pair(group, cell, host, logs);
	/* A plain ratio of values for the table: undo the sign that makes "better" positive. */
	for (size_t i = 0; group->metric->lower_is_better && i < pairs; i++)
		logs[i] = -logs[i];
	struct lad_interval interval = lad_hodges_lehmann_interval(logs, pairs, 0.95);
	cell->ratio_to_host = exp(lad_hodges_lehmann(logs, pairs));
	cell->ratio_ci = (struct lad_interval){exp(interval.low), exp(interval.high)};
	double medians = cell->median / host->median;
	bool outside = !(medians >= cell->ratio_ci.low && medians <= cell->ratio_ci.high) && isfinite(interval.low);
	bool apart = fabs(log(medians / cell->ratio_to_host)) > log1p(APART_MIN);
	cell->two_speeds = (outside || apart) && (in_heaps(cell) || in_heaps(host));
	if (outside || cell->two_speeds)
		cell->medians_ratio = medians;
}

static int judge(struct lad_group *group, const struct lad_verdict_options *options, struct lad_error *err)
{
	for (int i = 0; i < group->cell_count; i++)
		summarise(group, &group->cells[i]);
	return options->relation_count ? judge_group(group, options, err) : judge_pairs(group, options, err);
}

static struct lad_row_key group_key(const struct lad_row *row)
{
	struct lad_row_key key = lad_row_key_of(row);
	key.mode = LAD_MODE_HOST;
	strcpy(key.variant, "");
	return key;
}

/* The metrics that LIST names for the group of TABLE's row FIRST, by a row that has them; NULL: its workload's own. */
static int choose_metrics(const struct lad_table *table, int first, const char *list,
			  const struct lad_metric *metrics[ANALYSIS_METRICS_MAX])
{
	const struct lad_metric *own = lad_metrics_of(table->rows[first].workload);
	const struct lad_row_key key = group_key(&table->rows[first]);
	int count = 0;
	for (int i = first; list && i < table->row_count && count == 0; i++)
		if (table->rows[i].status == LAD_STATUS_OK && lad_row_key_fits(&key, &table->rows[i], GROUP_IGNORES))
			count = analysis_metrics_named(&table->rows[i], list, metrics);
	while (!list && own[count].column) {
		metrics[count] = &own[count];
		count++;
	}
	if (count == 0)
		metrics[count++] = own;
	return count;
}

/* The metrics of its row FIRST are a group each, one behind the other. Returns the first one's index, -1 without
 * memory.
 */
static int add_groups(struct lad_verdict *verdict, const struct lad_table *table, int number, const char *list)
{
	const struct lad_row *row = &table->rows[number];
	const struct lad_metric *metrics[ANALYSIS_METRICS_MAX];
	int first = verdict->group_count, count = choose_metrics(table, number, list, metrics);
	if (count < 0)
		return -1;
	struct lad_group *groups = reallocarray(verdict->groups, (size_t)first + (size_t)count, sizeof *groups);
	if (!groups)
		return -1;
	verdict->groups = groups;
	for (int i = 0; i < count; i++) {
		struct lad_group *group = &groups[first + i];
		*group = (struct lad_group){.key = group_key(row),
					    .metric = metrics[i],
					    .position = i,
					    .primary = i == 0,
					    .max_blocks = row->max_blocks,
					    .exact = strcmp(row->clock, "instructions") == 0};
		group->cells = calloc(LAD_MODE_COUNT, sizeof *group->cells);
		verdict->group_count++;
		if (!group->cells)
			return -1;
	}
	return first;
}

/* LAST is a guess: the modes of one workload stand next to each other. */
static int groups_of(struct lad_verdict *verdict, const struct lad_table *table, int number, const char *list, int last)
{
	const struct lad_row *row = &table->rows[number];
	if (last < verdict->group_count && row_in_group(row, &verdict->groups[last]))
		return last;
	for (int i = 0; i < verdict->group_count; i++)
		if (verdict->groups[i].primary && row_in_group(row, &verdict->groups[i]))
			return i;
	return add_groups(verdict, table, number, list);
}

static int take_rows(struct lad_verdict *verdict, const struct lad_table *table, const char *list)
{
	int first = 0;
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		verdict->blocks = row->block > verdict->blocks ? row->block : verdict->blocks;
		if (!lad_row_is_first_variant(row))
			continue; /* the order is judged on the first variant */
		first = groups_of(verdict, table, i, list, first);
		if (first < 0)
			return -1;
		for (int g = first; g < verdict->group_count && (g == first || verdict->groups[g].position > 0); g++)
			if (add_row(&verdict->groups[g], row) < 0)
				return -1;
	}
	for (int i = 0; i < verdict->group_count; i++)
		if (close_cells(&verdict->groups[i]) < 0)
			return -1;
	return fit_units(verdict);
}

static int compare_groups(const void *left, const void *right)
{
	const struct lad_group *a = left, *b = right;
	int order = lad_row_key_order(&a->key, &b->key, GROUP_IGNORES);
	return order ? order : a->position - b->position;
}

static bool is_documented(const struct lad_verdict_options *options)
{
	if (options->relation_count != lad_documented.relation_count)
		return false;
	for (int i = 0; i < options->relation_count; i++) {
		const struct lad_relation *a = &options->relations[i], *b = &lad_documented.relations[i];
		if (a->left != b->left || a->right != b->right || a->sign != b->sign)
			return false;
	}
	return true;
}

/* Of the percentiles, whatever else was asked for. */
static int make_under_load(const struct lad_table *table, const struct lad_verdict_options *options,
			   struct lad_verdict *verdict, struct lad_error *err)
{
	struct lad_verdict_options own = *options;
	struct lad_verdict usual;
	bool loaded = false;
	for (int i = 0; i < table->row_count; i++)
		loaded |= table->rows[i].background[0] != '\0';
	if (!loaded)
		return 0;
	if (!options->metrics)
		return lad_under_load_make(verdict, table, &verdict->under_load, err);
	own.metrics = NULL;
	if (lad_verdict_make(table, &own, &usual, err) < 0)
		return -1;
	verdict->under_load = usual.under_load;
	usual.under_load = NULL;
	lad_verdict_free(&usual);
	return 0;
}

int lad_verdict_make(const struct lad_table *table, const struct lad_verdict_options *options,
		     struct lad_verdict *verdict, struct lad_error *err)
{
	memset(verdict, 0, sizeof *verdict);
	verdict->margin = options->margin;
	verdict->alpha = options->alpha;
	verdict->documented = is_documented(options);
	const struct lad_row *first = &table->rows[0];
	strcpy(verdict->scenario, first->scenario);
	strcpy(verdict->run_id, first->run_id);
	strcpy(verdict->lab, first->lab);
	strcpy(verdict->clock, first->clock);
	strcpy(verdict->kernel, first->kernel);
	/* The guest of the instruction clock lives on the same day in every run. */
	strcpy(verdict->time, strcmp(first->clock, "instructions") == 0 ? "virtual time" : first->time);
	verdict->max_blocks = first->max_blocks;
	lad_quality_look(table, &verdict->quality);
	if (take_rows(verdict, table, options->metrics) < 0) {
		lad_verdict_free(verdict);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	qsort(verdict->groups, (size_t)verdict->group_count, sizeof *verdict->groups, compare_groups);
	for (int i = 0; i < verdict->group_count; i++)
		if (judge(&verdict->groups[i], options, err) < 0) {
			lad_verdict_free(verdict);
			return -1;
		}
	if (lad_gains_make(table, options, &verdict->gains, err) < 0 ||
	    make_under_load(table, options, verdict, err) < 0) {
		lad_verdict_free(verdict);
		return -1;
	}
	return 0;
}

void lad_verdict_free(struct lad_verdict *verdict)
{
	for (int i = 0; i < verdict->group_count; i++) {
		struct lad_group *group = &verdict->groups[i];
		for (int j = 0; group->cells && j < LAD_MODE_COUNT; j++) {
			free(group->cells[j].values);
			free(group->cells[j].blocks);
		}
		free(group->cells);
		free(group->judgements);
		free(group->pairs);
	}
	free(verdict->groups);
	lad_gains_free(verdict->gains);
	lad_under_load_free(verdict->under_load);
	memset(verdict, 0, sizeof *verdict);
}

enum lad_exit lad_verdict_exit(const struct lad_verdict *verdict)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *group = &verdict->groups[i];
		for (int j = 0; group->primary && j < group->judgement_count; j++)
			if (group->judgements[j].verdict == LAD_REFUTED)
				return LAD_EXIT_REFUTED;
	}
	return LAD_EXIT_OK;
}
