/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "results/columns.h"
#include "results/csv.h"

struct reader {
	struct lad_table *table;
	int column_of[CSV_COLUMNS_MAX]; /* file column -> ours, -1: unknown */
	int capacity;
	struct lad_row row;
};

static bool has_column(const struct reader *reader, int file_columns, int column)
{
	for (int i = 0; i < file_columns; i++)
		if (reader->column_of[i] == column)
			return true;
	return false;
}

static int on_header(const struct csv_record *header, void *data, struct lad_error *err)
{
	struct reader *reader = data;
	for (int i = 0; i < header->count; i++) {
		int column = lad_column_find(header->fields[i]);
		if (column >= 0 && has_column(reader, i, column))
			return lad_error_set(err, LAD_EXIT_USAGE, "%s: this column stands twice in the header",
					     results_columns[column].name);
		reader->column_of[i] = column;
	}
	for (int i = 0; i < (int)results_column_count; i++)
		if (results_columns[i].required && !has_column(reader, header->count, i))
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "%s: this column is missing in the header; valid: a results.csv of "
					     "netladder run",
					     results_columns[i].name);
	return 0;
}

static int keep_row(struct reader *reader, struct lad_error *err)
{
	struct lad_table *table = reader->table;
	if (table->row_count == reader->capacity) {
		int capacity = reader->capacity ? 2 * reader->capacity : 64;
		struct lad_row *rows = reallocarray(table->rows, (size_t)capacity, sizeof *rows);
		if (!rows)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		table->rows = rows;
		reader->capacity = capacity;
	}
	table->rows[table->row_count++] = reader->row;
	return 0;
}

static int on_row(const struct csv_record *row, void *data, int *bad, struct lad_error *err)
{
	struct reader *reader = data;
	lad_row_clear(&reader->row);
	for (int i = 0; i < row->count; i++) {
		if (reader->column_of[i] < 0)
			continue;
		const struct column *column = &results_columns[reader->column_of[i]];
		*bad = i;
		if (strlen(row->fields[i]) != row->lengths[i])
			return lad_error_set(err, LAD_EXIT_USAGE, "%s: holds a NUL byte", column->name);
		if (results_parse(column, row->fields[i], &reader->row, &reader->table->texts, err) < 0)
			return lad_error_context(err, "%s", column->name);
	}
	return keep_row(reader, err);
}

int results_read(const char *name, FILE *in, struct lad_table *table, struct csv_cut *cut, struct lad_error *err)
{
	lad_cleanup_free struct reader *reader = calloc(1, sizeof *reader);
	memset(table, 0, sizeof *table);
	*cut = (struct csv_cut){0};
	if (!reader)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	reader->table = table;
	const struct csv_reader csv = {on_header, on_row, reader};
	int status = csv_read(name, in, &csv, cut, err);
	if (status == 0 && table->row_count == 0)
		status = lad_error_set(err, LAD_EXIT_USAGE, "%s: there is no complete row", name);
	if (status < 0)
		lad_table_free(table);
	return status;
}

int lad_table_read_whole_rows(const char *name, FILE *in, struct lad_table *table, int *cut_line, struct lad_error *err)
{
	struct csv_cut cut;
	int status = results_read(name, in, table, &cut, err);
	*cut_line = cut.line;
	return status;
}

int lad_table_read_stream(const char *name, FILE *in, struct lad_table *table, struct lad_error *err)
{
	int cut_line;
	return lad_table_read_whole_rows(name, in, table, &cut_line, err);
}

int lad_table_cut(const char *path)
{
	int cut_line = 0;
	struct lad_table table;
	lad_cleanup_file FILE *in = fopen(path, "re");
	if (in && !csv_ends_a_line(in) && lad_table_read_whole_rows(path, in, &table, &cut_line, NULL) == 0)
		lad_table_free(&table);
	return cut_line;
}

int lad_table_read(const char *path, struct lad_table *table, struct lad_error *err)
{
	memset(table, 0, sizeof *table);
	lad_cleanup_file FILE *in = fopen(path, "re");
	if (!in) {
		lad_error_errno(err, errno, "cannot open %s", path);
		lad_error_change_exit(err, LAD_EXIT_USAGE);
		return -1;
	}
	return lad_table_read_stream(path, in, table, err);
}

void lad_table_free(struct lad_table *table)
{
	free(table->rows);
	results_free_texts(table->texts);
	memset(table, 0, sizeof *table);
}
