/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/groups.h"

#include <stdlib.h>
#include <string.h>

#include "chart/factor.h"

#define WHOLE_MOST (UINT64_C(1) << 53) /* a double holds them all; 104 days in nanoseconds */

static int add_group(struct row_groups *groups, struct lad_row_key key)
{
	if (groups->count == groups->capacity || groups->count == PAGE_PANELS_MAX)
		return -1;
	groups->keys[groups->count] = key;
	return groups->count++;
}

int row_groups_find(struct row_groups *groups, const struct lad_row *row)
{
	for (int i = 0; i < groups->count; i++)
		if (lad_row_key_fits(&groups->keys[i], row, LAD_KEY_MODE))
			return i;
	return add_group(groups, lad_row_key_of(row));
}

int row_groups_find_key(struct row_groups *groups, const struct lad_row_key *key)
{
	for (int i = 0; i < groups->count; i++)
		if (lad_row_key_same(&groups->keys[i], key, LAD_KEY_MODE))
			return i;
	return add_group(groups, *key);
}

void row_groups_title(const struct row_groups *groups, int index, char *out, size_t size)
{
	/* The title wants groups to be told from: the same in the shape of a verdict's. */
	struct lad_group like[PAGE_PANELS_MAX] = {0};
	struct lad_verdict verdict = {.groups = like, .group_count = groups->count};
	for (int i = 0; i < groups->count; i++)
		like[i].key = groups->keys[i];
	chart_group_title(&like[index], &verdict, out, size);
}

void rows_keep_base(struct lad_table *rows)
{
	int kept = 0;
	bool base = false;
	for (int i = 0; i < rows->row_count; i++)
		base |= factor_is_base(rows->rows[i].tuning);
	for (int i = 0; base && i < rows->row_count; i++)
		if (factor_is_base(rows->rows[i].tuning))
			rows->rows[kept++] = rows->rows[i];
	rows->row_count = base ? kept : rows->row_count;
}

/* Tunings stay in the order in which they were measured first, not in that of the alphabet. */
#define ORDER_IGNORES (LAD_KEY_MODE | LAD_KEY_TUNING)

void row_groups_order(const struct row_groups *groups, int *order)
{
	for (int i = 0; i < groups->count; i++) {
		int at = i;
		for (; at > 0 && lad_row_key_order(&groups->keys[order[at - 1]], &groups->keys[i], ORDER_IGNORES) > 0;
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static int by_trial(const struct lad_row *row, const struct lad_row *other)
{
	if (row->trial != other->trial)
		return row->trial < other->trial ? -1 : 1;
	if (row->block != other->block)
		return row->block < other->block ? -1 : 1;
	return strcmp(row->run_id, other->run_id);
}

/* Of two with the same words the first of the table goes first. */
static int by_trial_and_order(const void *left, const void *right)
{
	const struct lad_row *a = *(const struct lad_row *const *)left, *b = *(const struct lad_row *const *)right;
	int order = by_trial(a, b);
	return order ? order : (a > b) - (a < b);
}

int rows_index_make(const struct lad_table *rows, struct rows_index *index, struct lad_error *err)
{
	*index = (struct rows_index){.sorted = calloc((size_t)rows->row_count + 1, sizeof(struct lad_row *))};
	if (!index->sorted)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < rows->row_count; i++)
		index->sorted[index->count++] = &rows->rows[i];
	qsort(index->sorted, (size_t)index->count, sizeof(struct lad_row *), by_trial_and_order);
	return 0;
}

void rows_index_free(struct rows_index *index)
{
	free(index->sorted);
	*index = (struct rows_index){0};
}

const struct lad_row *rows_find(struct rows_index *index, const char *run_id, long long block, long long trial)
{
	int low = 0, high = index->count;
	const struct lad_row *last = index->last;
	if (last && last->trial == trial && last->block == block && strcmp(last->run_id, run_id) == 0)
		return last;
	if (block > INT32_MAX || trial > INT32_MAX)
		return NULL;
	struct lad_row wanted = {.trial = (int)trial, .block = (int)block};
	snprintf(wanted.run_id, sizeof wanted.run_id, "%s", run_id);
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (by_trial(index->sorted[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < index->count && by_trial(index->sorted[low], &wanted) == 0;
	return found ? index->last = index->sorted[low] : NULL;
}

int record_whole(const char *text, const char *column, long long low, long long *value, struct lad_error *err)
{
	uint64_t number;
	if (lad_record_whole(text, (uint64_t)low, WHOLE_MOST, &number, err) < 0)
		return lad_error_context(err, "%s", column);
	*value = (long long)number;
	return 0;
}
