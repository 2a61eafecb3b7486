/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_GROUPS_H
#define CHART_GROUPS_H

/* Groups of rows that differ in mode and block only, for the kinds that look at rows themselves. */

#include "chart/ops.h"
#include "netladder/row_key.h"

struct row_groups {
	struct lad_row_key keys[PAGE_PANELS_MAX]; /* the mode is left open */
	int count, capacity;			  /* CAPACITY: how many there may be */
};

/* The group of ROW, made when it is new; -1 when there are too many. */
int row_groups_find(struct row_groups *groups, const struct lad_row *row);
/* The same of all rows with KEY. */
int row_groups_find_key(struct row_groups *groups, const struct lad_row_key *key);

/* The title of group INDEX: what tells it from the others. */
void row_groups_title(const struct row_groups *groups, int index, char *out, size_t size);

/* Of a sweep only the rows of the base tuning stay; all, when no tuning looks like one. */
void rows_keep_base(struct lad_table *rows);

/* The groups' indices in the order of their keys. */
void row_groups_order(const struct row_groups *groups, int *order);

/* The rows of a table by trial, block and run. */
struct rows_index {
	const struct lad_row **sorted; /* owned */
	int count;
	const struct lad_row *last; /* that was found: most records speak of the same */
};

int rows_index_make(const struct lad_table *rows, struct rows_index *index, struct lad_error *err);
void rows_index_free(struct rows_index *index);

/* The row that a record of a file beside results.csv speaks of, or NULL. */
const struct lad_row *rows_find(struct rows_index *index, const char *run_id, long long block, long long trial);

/* TEXT as a whole number of at least LOW; else says so of COLUMN. */
int record_whole(const char *text, const char *column, long long low, long long *value, struct lad_error *err);

#endif
