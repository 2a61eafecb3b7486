/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/judge.h"
#include "analysis/key.h"
#include "netladder/cleanup.h"
#include "netladder/gains.h"

static bool row_in_group(const struct lad_row *row, const struct lad_group *group)
{
	return analysis_key_fits(ANALYSIS_KEY(group), row) && strcmp(row->tuning, group->tuning) == 0;
}

static struct lad_cell *cell_of(struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

static int add_value(struct lad_cell *cell, const struct lad_row *row, double value)
{
	size_t count = (size_t)cell->ok + 1;
	double *values = reallocarray(cell->values, count, sizeof *values);
	if (values)
		cell->values = values;
	int *blocks = reallocarray(cell->blocks, count, sizeof *blocks);
	if (blocks)
		cell->blocks = blocks;
	if (!values || !blocks)
		return -1;
	/* Rows come in trial order; the blocks of one cell come in block order with it. */
	cell->values[cell->ok] = value;
	cell->blocks[cell->ok++] = row->block;
	return 0;
}

static int add_row(struct lad_group *group, const struct lad_row *row)
{
	struct lad_cell *cell = cell_of(group, row->mode);
	double value = lad_metric_value(group->metric, row) * group->metric->scale;
	if (row->status == LAD_STATUS_OK && isfinite(value))
		return add_value(cell, row, value);
	cell->failed += row->status == LAD_STATUS_FAILED;
	cell->skipped += row->status == LAD_STATUS_SKIPPED;
	if (!cell->reason[0])
		snprintf(cell->reason, sizeof cell->reason, "%s", row->reason);
	return 0;
}

static int make_cells(struct lad_group *group, const struct lad_table *table)
{
	bool present[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < table->row_count; i++)
		if (row_in_group(&table->rows[i], group))
			present[table->rows[i].mode] = true;
	group->cells = calloc(LAD_MODE_COUNT, sizeof *group->cells);
	if (!group->cells)
		return -1;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			group->cells[group->cell_count++].mode = (enum lad_mode)mode;
	for (int i = 0; i < table->row_count; i++)
		if (row_in_group(&table->rows[i], group) && add_row(group, &table->rows[i]) < 0)
			return -1;
	return 0;
}

static void summarise(struct lad_group *group, struct lad_cell *cell)
{
	const struct lad_cell *host = cell_of(group, LAD_MODE_HOST);
	cell->median = lad_median(cell->values, (size_t)cell->ok);
	cell->median_ci = lad_median_interval(cell->values, (size_t)cell->ok, 0.95);
	cell->variation = lad_variation(cell->values, (size_t)cell->ok);
	cell->ratio_to_host = NAN;
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
}

static int fill_group(struct lad_group *group, const struct lad_table *table, const struct lad_verdict_options *options,
		      struct lad_error *err)
{
	if (make_cells(group, table) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < group->cell_count; i++)
		summarise(group, &group->cells[i]);
	return judge_group(group, options, err);
}

static bool known_group(const struct lad_verdict *verdict, const struct lad_row *row)
{
	for (int i = 0; i < verdict->group_count; i++)
		if (row_in_group(row, &verdict->groups[i]))
			return true;
	return false;
}

static int add_groups(struct lad_verdict *verdict, const struct lad_row *row)
{
	const struct lad_metric *metrics = lad_metrics_of(row->workload);
	int count = 0;
	while (metrics[count].column)
		count++;
	struct lad_group *groups =
	    reallocarray(verdict->groups, (size_t)verdict->group_count + (size_t)count, sizeof *groups);
	if (!groups)
		return -1;
	verdict->groups = groups;
	for (int i = 0; i < count; i++) {
		struct lad_group *group = &groups[verdict->group_count++];
		*group = (struct lad_group){.placement = row->placement,
					    .workload = row->workload,
					    .message_bytes = row->message_bytes,
					    .flows = row->flows,
					    .cpus = row->cpus,
					    .metric = &metrics[i],
					    .primary = i == 0,
					    .max_blocks = row->max_blocks,
					    .exact = strcmp(row->clock, "instructions") == 0};
		strcpy(group->tuning, row->tuning);
		strcpy(group->options, row->options);
	}
	return 0;
}

static int compare_groups(const void *left, const void *right)
{
	const struct lad_group *a = left, *b = right;
	int order = analysis_key_order(ANALYSIS_KEY(a), ANALYSIS_KEY(b));
	order = order ? order : strcmp(a->tuning, b->tuning);
	return order ? order : (a->metric > b->metric) - (a->metric < b->metric);
}

int lad_verdict_make(const struct lad_table *table, const struct lad_verdict_options *options,
		     struct lad_verdict *verdict, struct lad_error *err)
{
	memset(verdict, 0, sizeof *verdict);
	verdict->margin = options->margin;
	verdict->alpha = options->alpha;
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
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		verdict->blocks = row->block > verdict->blocks ? row->block : verdict->blocks;
		bool counts = strcmp(row->variant, "b") != 0; /* the order is judged on the first variant */
		if (counts && !known_group(verdict, row) && add_groups(verdict, row) < 0) {
			lad_verdict_free(verdict);
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		}
	}
	qsort(verdict->groups, (size_t)verdict->group_count, sizeof *verdict->groups, compare_groups);
	for (int i = 0; i < verdict->group_count; i++)
		if (fill_group(&verdict->groups[i], table, options, err) < 0) {
			lad_verdict_free(verdict);
			return -1;
		}
	if (lad_gains_make(table, options, &verdict->gains, err) < 0) {
		lad_verdict_free(verdict);
		return -1;
	}
	return 0;
}

void lad_verdict_free(struct lad_verdict *verdict)
{
	for (int i = 0; i < verdict->group_count; i++) {
		struct lad_group *group = &verdict->groups[i];
		for (int j = 0; j < group->cell_count; j++) {
			free(group->cells[j].values);
			free(group->cells[j].blocks);
		}
		free(group->cells);
		free(group->judgements);
	}
	free(verdict->groups);
	lad_gains_free(verdict->gains);
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
