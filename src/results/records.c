/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/results.h"

#define FILE_COLUMNS_MAX 256
#define VALUE_BYTES 128

struct records {
	const char *path, *const *columns;
	int count, required;
	int (*on_record)(const char *const *values, void *data, struct lad_error *err);
	void *data;
	struct lad_error *err;
	bool failed, header_done;
	int line, field, file_columns;
	int column_of[FILE_COLUMNS_MAX]; /* file column -> ours, -1: not wanted */
	char values[LAD_RECORD_COLUMNS_MAX][VALUE_BYTES];
};

static void fail(struct records *records, const char *what)
{
	if (!records->failed)
		lad_error_set(records->err, LAD_EXIT_USAGE, "%s:%d: %s", records->path, records->line, what);
	records->failed = true;
}

static void on_field(void *field, size_t length, void *data)
{
	struct records *records = data;
	const char *text = field ? field : "";
	if (records->failed)
		return;
	if (records->field >= FILE_COLUMNS_MAX || (records->header_done && records->field >= records->file_columns)) {
		fail(records, "more fields than the header has columns");
		return;
	}
	if (strlen(text) != length || length >= VALUE_BYTES) {
		fail(records, "a value is longer than 127 bytes or holds a NUL byte");
		return;
	}
	int index = records->field++;
	if (records->header_done) {
		if (records->column_of[index] >= 0)
			strcpy(records->values[records->column_of[index]], text);
		return;
	}
	records->column_of[index] = -1;
	for (int i = 0; i < records->count; i++)
		if (strcmp(records->columns[i], text) == 0)
			records->column_of[index] = i;
}

static void end_header(struct records *records)
{
	char what[160];
	records->header_done = true;
	records->file_columns = records->field;
	for (int i = 0; i < records->required; i++) {
		bool found = false;
		for (int f = 0; f < records->field; f++)
			found |= records->column_of[f] == i;
		snprintf(what, sizeof what, "the column %s is missing in the header", records->columns[i]);
		if (!found)
			fail(records, what);
	}
}

static void on_end(int terminator, void *data)
{
	struct records *records = data;
	const char *values[LAD_RECORD_COLUMNS_MAX];
	if (records->failed)
		return;
	if (!records->header_done) {
		end_header(records);
	} else if (terminator == -1) {
		/* No newline at the end: the run was cut off while it wrote this record. */
	} else if (records->field < records->file_columns) {
		fail(records, "fewer fields than the header has columns");
	} else {
		for (int i = 0; i < records->count; i++)
			values[i] = records->values[i];
		if (records->on_record(values, records->data, records->err) < 0) {
			records->failed = true;
			lad_error_context(records->err, "%s:%d", records->path, records->line);
		}
	}
	records->field = 0;
	records->line++;
	memset(records->values, 0, sizeof records->values);
}

static void read_all(struct records *records, struct csv_parser *parser, FILE *in)
{
	char buffer[65536];
	size_t got;
	while (!records->failed && (got = fread(buffer, 1, sizeof buffer, in)) > 0)
		if (csv_parse(parser, buffer, got, on_field, on_end, records) != got && !records->failed)
			fail(records, csv_strerror(csv_error(parser)));
	if (!records->failed && ferror(in))
		fail(records, strerror(errno));
	if (!records->failed && csv_fini(parser, on_field, on_end, records) != 0 && !records->header_done)
		fail(records, "the header is cut off");
	if (!records->failed && !records->header_done)
		fail(records, "the file is empty");
}

int lad_records_read(const char *path, const char *const *columns, int count, int required,
		     int (*on_record)(const char *const *values, void *data, struct lad_error *err), void *data,
		     struct lad_error *err)
{
	struct csv_parser parser;
	lad_cleanup_free struct records *records = calloc(1, sizeof *records);
	if (!records || count > LAD_RECORD_COLUMNS_MAX || csv_init(&parser, CSV_STRICT | CSV_APPEND_NULL) != 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lad_cleanup_file FILE *in = fopen(path, "re");
	if (!in) {
		csv_free(&parser);
		lad_error_errno(err, errno, "cannot open %s", path);
		lad_error_change_exit(err, LAD_EXIT_USAGE);
		return -1;
	}
	records->path = path;
	records->columns = columns;
	records->count = count;
	records->required = required;
	records->on_record = on_record;
	records->data = data;
	records->err = err;
	records->line = 1;
	read_all(records, &parser, in);
	csv_free(&parser);
	return records->failed ? -1 : 0;
}
