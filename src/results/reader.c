/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "results/columns.h"

#define FILE_COLUMNS_MAX 512

struct reader {
	const char *name;
	struct lad_table *table;
	struct lad_error *err;
	int failed, line; /* line: of the record being read, counted in records */
	int field;
	int column_of[FILE_COLUMNS_MAX]; /* file column -> ours, -1: unknown */
	int file_columns;
	bool header_done;
	int capacity;
	struct lad_row row;
};

static void fail(struct reader *reader, const char *column, const char *what)
{
	if (!reader->failed)
		lad_error_set(reader->err, LAD_EXIT_USAGE, "%s:%d: %s%s%s", reader->name, reader->line,
			      column ? column : "", column ? ": " : "", what);
	reader->failed = 1;
}

static void header_field(struct reader *reader, const char *text)
{
	if (reader->field >= FILE_COLUMNS_MAX) {
		fail(reader, NULL, "more than 512 columns");
		return;
	}
	if (reader->field == 0 && strncmp(text, "\xef\xbb\xbf", 3) == 0) /* a spreadsheet's byte order mark */
		text += 3;
	int found = -1;
	for (size_t i = 0; i < results_column_count; i++)
		if (strcmp(results_columns[i].name, text) == 0)
			found = (int)i;
	for (int i = 0; found >= 0 && i < reader->field; i++)
		if (reader->column_of[i] == found)
			fail(reader, text, "this column stands twice in the header");
	reader->column_of[reader->field] = found;
}

static void row_field(struct reader *reader, const char *text, size_t length)
{
	if (reader->field >= reader->file_columns) {
		fail(reader, NULL, "more fields than the header has columns");
		return;
	}
	int index = reader->column_of[reader->field];
	if (index < 0)
		return;
	const struct column *column = &results_columns[index];
	struct lad_error inner;
	if (strlen(text) != length)
		fail(reader, column->name, "holds a NUL byte");
	else if (results_parse(column, text, &reader->row, &reader->table->texts, &inner) < 0)
		fail(reader, column->name, inner.message);
}

static void on_field(void *field, size_t length, void *data)
{
	struct reader *reader = data;
	const char *text = field ? field : "";
	if (reader->failed)
		return;
	if (reader->header_done)
		row_field(reader, text, length);
	else
		header_field(reader, text);
	reader->field++;
}

static void end_header(struct reader *reader)
{
	reader->file_columns = reader->field;
	reader->header_done = true;
	for (size_t i = 0; i < results_column_count; i++) {
		bool found = !results_columns[i].required;
		for (int f = 0; f < reader->field; f++)
			found |= reader->column_of[f] == (int)i;
		if (!found)
			fail(reader, results_columns[i].name,
			     "this column is missing in the header; valid: a results.csv of "
			     "netladder run");
	}
}

static void keep_row(struct reader *reader)
{
	struct lad_table *table = reader->table;
	if (table->row_count == reader->capacity) {
		int capacity = reader->capacity ? 2 * reader->capacity : 64;
		struct lad_row *rows = reallocarray(table->rows, (size_t)capacity, sizeof *rows);
		if (!rows) {
			fail(reader, NULL, "out of memory");
			return;
		}
		table->rows = rows;
		reader->capacity = capacity;
	}
	table->rows[table->row_count++] = reader->row;
}

static void on_record(int terminator, void *data)
{
	struct reader *reader = data;
	if (reader->failed)
		return;
	if (!reader->header_done) {
		end_header(reader);
	} else if (terminator == -1) {
		/* No newline at the end: the run was cut off while it wrote this row, and it does not count. */
	} else if (reader->field < reader->file_columns) {
		int missing = reader->column_of[reader->field];
		fail(reader, missing >= 0 ? results_columns[missing].name : NULL,
		     "the row ends before this column; valid: as many fields as the header has");
	} else {
		keep_row(reader);
	}
	reader->field = 0;
	reader->line++;
	lad_row_clear(&reader->row);
}

static void read_all(struct reader *reader, struct csv_parser *parser, FILE *in)
{
	char buffer[65536];
	size_t got;
	while (!reader->failed && (got = fread(buffer, 1, sizeof buffer, in)) > 0)
		if (csv_parse(parser, buffer, got, on_field, on_record, reader) != got)
			fail(reader, NULL, csv_strerror(csv_error(parser)));
	if (!reader->failed && ferror(in))
		fail(reader, NULL, strerror(errno));
	/* An open quote at the end of the file belongs to the row that was cut off. */
	if (!reader->failed && csv_fini(parser, on_field, on_record, reader) != 0 && !reader->header_done)
		fail(reader, NULL, "the header is cut off");
}

int lad_table_read_stream(const char *name, FILE *in, struct lad_table *table, struct lad_error *err)
{
	struct csv_parser parser;
	lad_cleanup_free struct reader *reader = calloc(1, sizeof *reader);
	memset(table, 0, sizeof *table);
	if (!reader || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	reader->name = name;
	reader->table = table;
	reader->err = err;
	reader->line = 1;
	lad_row_clear(&reader->row);
	read_all(reader, &parser, in);
	csv_free(&parser);
	if (!reader->failed && !reader->header_done)
		fail(reader, NULL, "the file is empty; valid: a results.csv of netladder run");
	if (!reader->failed && table->row_count == 0)
		fail(reader, NULL, "there is no complete row");
	if (reader->failed) {
		lad_table_free(table);
		return -1;
	}
	return 0;
}

int lad_table_read(const char *path, struct lad_table *table, struct lad_error *err)
{
	memset(table, 0, sizeof *table);
	lad_cleanup_file FILE *in = fopen(path, "re");
	if (!in) {
		lad_error_errno(err, errno, "cannot open %s", path);
		err->exit_code = LAD_EXIT_USAGE;
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
