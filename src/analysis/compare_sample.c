/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values that one line's tests are made on: which belong together, and how far runs of one side are apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/ratio.h"
#include "netladder/cleanup.h"

/* A value by the block that it was measured in. */
struct placed {
	const char *run_id;
	int block, index;
};

/* Blocks of one run belong together; on the instruction clock those of any two, which are all alike. */
static int by_place(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return strcmp(a->run_id, b->run_id);
}

static int by_place_and_index(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	int order = by_place(a, b);
	return order ? order : a->index - b->index;
}

static struct placed place(const struct lad_compare_line *line, const struct lad_row *row, int index)
{
	bool exact = strcmp(line->key.clock, "instructions") == 0;
	return (struct placed){exact ? "" : row->run_id, row->block, index};
}

/* The first of the sorted PLACED that is not before KEY. */
static int first_at(const struct placed *placed, int count, const struct placed *key)
{
	int low = 0;
	while (low < count) {
		int middle = low + (count - low) / 2;
		if (by_place(&placed[middle], key) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

int compare_find_partners(struct lad_compare_line *line, const struct compare_tables *tables)
{
	int count = line->base.ok, pairs = 0;
	lad_cleanup_free struct placed *placed = calloc((size_t)count + 1, sizeof *placed);
	line->partners = calloc((size_t)line->fresh.ok + 1, sizeof *line->partners);
	if (!placed || !line->partners)
		return -1;
	for (int i = 0; i < count; i++)
		placed[i] = place(line, &tables->base->rows[line->base.rows[i]], i);
	qsort(placed, (size_t)count, sizeof *placed, by_place_and_index);
	for (int i = 0; i < line->fresh.ok; i++) {
		struct placed key = place(line, &tables->fresh->rows[line->fresh.rows[i]], 0);
		int at = first_at(placed, count, &key);
		bool found = at < count && by_place(&placed[at], &key) == 0;
		line->partners[i] = found ? placed[at].index : -1;
		pairs += found;
	}
	return pairs;
}

void compare_free_sample(struct compare_sample *sample)
{
	free(sample->x);
	free(sample->y);
	free(sample->x_rows);
	free(sample->y_rows);
}

int compare_take_sample(const struct lad_compare_line *line, const struct compare_tables *tables, int limit,
			struct compare_sample *sample)
{
	size_t fresh = (size_t)line->fresh.ok, base = (size_t)line->base.ok;
	memset(sample, 0, sizeof *sample);
	sample->x = calloc(fresh + 1, sizeof *sample->x);
	sample->y = calloc(base + 1, sizeof *sample->y);
	sample->x_rows = calloc(fresh + 1, sizeof *sample->x_rows);
	sample->y_rows = calloc(base + 1, sizeof *sample->y_rows);
	if (!sample->x || !sample->y || !sample->x_rows || !sample->y_rows) {
		compare_free_sample(sample);
		return -1;
	}
	sample->paired = line->pairing == LAD_PAIRED;
	for (size_t i = 0; i < fresh; i++) {
		int row = line->fresh.rows[i], partner = line->partners[i];
		if (tables->fresh->rows[row].block > limit || (sample->paired && partner < 0))
			continue;
		double against = sample->paired ? line->base.values[partner] : 1;
		sample->x_rows[sample->m] = row;
		sample->m += analysis_log_ratio(line->metric, line->fresh.values[i], against, &sample->x[sample->m]);
	}
	for (size_t i = 0; i < base && !sample->paired; i++) {
		if (tables->base->rows[line->base.rows[i]].block > limit)
			continue;
		sample->y_rows[sample->n] = line->base.rows[i];
		sample->n += analysis_log_ratio(line->metric, line->base.values[i], 1, &sample->y[sample->n]);
	}
	return 0;
}

struct run_value {
	const char *run_id;
	double value;
};

static int by_run(const void *left, const void *right)
{
	return strcmp(((const struct run_value *)left)->run_id, ((const struct run_value *)right)->run_id);
}

double compare_run_spread(const double *values, const int *rows, size_t count, const struct lad_table *table)
{
	double low = INFINITY, high = -INFINITY;
	lad_cleanup_free struct run_value *sorted = calloc(count + 1, sizeof *sorted);
	lad_cleanup_free double *run = calloc(count + 1, sizeof *run);
	if (!sorted || !run)
		return 0;
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct run_value){table->rows[rows[i]].run_id, values[i]};
	qsort(sorted, count, sizeof *sorted, by_run);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first; end < count && by_run(&sorted[first], &sorted[end]) == 0; end++)
			run[end - first] = sorted[end].value;
		double median = lad_median(run, end - first);
		low = fmin(low, median);
		high = fmax(high, median);
	}
	return high > low ? high - low : 0;
}
