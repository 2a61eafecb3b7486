/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "results/columns.h"

int lad_table_append(struct lad_table *into, const struct lad_table *from, struct lad_error *err)
{
	size_t held = (size_t)into->row_count, added = (size_t)from->row_count;
	struct lad_row *rows = reallocarray(into->rows, held + added + 1, sizeof *rows);
	if (!rows)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	into->rows = rows;
	for (size_t i = 0; i < added; i++) {
		struct lad_row *row = &rows[held + i];
		*row = from->rows[i];
		row->tuning_settings = results_keep_text(&into->texts, row->tuning_settings);
		row->tuning_effective = results_keep_text(&into->texts, row->tuning_effective);
		row->tuning_note = results_keep_text(&into->texts, row->tuning_note);
		if (!row->tuning_settings || !row->tuning_effective || !row->tuning_note)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		into->row_count++;
	}
	return 0;
}

int lad_column_find(const char *name)
{
	for (size_t i = 0; i < results_column_count; i++)
		if (strcmp(results_columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_column(int column)
{
	return column >= 0 && (size_t)column < results_column_count;
}

const char *lad_column_name(int column)
{
	return is_column(column) ? results_columns[column].name : NULL;
}

bool lad_column_is_number(int column)
{
	return is_column(column) && results_columns[column].type == COLUMN_NUMBER;
}

double lad_row_number(const struct lad_row *row, int column)
{
	double value = NAN;
	if (lad_column_is_number(column))
		memcpy(&value, (const char *)row + results_columns[column].offset, sizeof value);
	return value;
}

void lad_row_text(const struct lad_row *row, int column, char *out, size_t size)
{
	out[0] = '\0';
	if (is_column(column))
		results_format(&results_columns[column], row, out, size);
}

#define ORDER(type) ((*(const type *)a > *(const type *)b) - (*(const type *)a < *(const type *)b))

int lad_row_order(const struct lad_row *left, const struct lad_row *right, int column)
{
	if (!is_column(column))
		return 0;
	const void *a = (const char *)left + results_columns[column].offset;
	const void *b = (const char *)right + results_columns[column].offset;
	switch (results_columns[column].type) {
	case COLUMN_TEXT:
		return strcmp(a, b);
	case COLUMN_LONG_TEXT:
		return strcmp(*(const char *const *)a, *(const char *const *)b);
	case COLUMN_INT64:
		return ORDER(int64_t);
	case COLUMN_UINT64:
		return ORDER(uint64_t);
	case COLUMN_NUMBER:
		return ORDER(double);
	default: /* int, and the words, whose enumerations are ints */
		return ORDER(int);
	}
}
