/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/results.h"
#include "results/columns.h"

#define VALUE_BYTES 128

struct records {
	const char *const *columns;
	int count, required;
	int (*on_record)(const char *const *values, void *data, struct lad_error *err);
	void *data;
	int column_of[CSV_COLUMNS_MAX]; /* file column -> ours, -1: not wanted */
};

static int on_header(const struct csv_record *header, void *data, struct lad_error *err)
{
	struct records *records = data;
	bool found[LAD_RECORD_COLUMNS_MAX] = {false};
	for (int i = 0; i < header->count; i++) {
		records->column_of[i] = -1;
		for (int column = 0; column < records->count; column++) {
			if (strcmp(records->columns[column], header->fields[i]) != 0)
				continue;
			if (found[column])
				return lad_error_set(err, LAD_EXIT_USAGE, "%s: this column stands twice in the header",
						     records->columns[column]);
			records->column_of[i] = column;
			found[column] = true;
		}
	}
	for (int i = 0; i < records->required; i++)
		if (!found[i])
			return lad_error_set(err, LAD_EXIT_USAGE, "%s: this column is missing in the header",
					     records->columns[i]);
	return 0;
}

static int on_row(const struct csv_record *row, void *data, int *bad, struct lad_error *err)
{
	struct records *records = data;
	const char *values[LAD_RECORD_COLUMNS_MAX];
	for (int i = 0; i < records->count; i++)
		values[i] = "";
	for (int i = 0; i < row->count; i++) {
		int column = records->column_of[i];
		if (column < 0)
			continue;
		if (strlen(row->fields[i]) != row->lengths[i] || row->lengths[i] >= VALUE_BYTES) {
			*bad = i;
			return lad_error_set(err, LAD_EXIT_USAGE, "%s: is longer than %d bytes or holds a NUL byte",
					     records->columns[column], VALUE_BYTES - 1);
		}
		values[column] = row->fields[i];
	}
	return records->on_record(values, records->data, err);
}

static FILE *open_records(const char *path, struct lad_error *err)
{
	FILE *in = fopen(path, "re");
	if (in)
		return in;
	lad_error_errno(err, errno, "cannot open %s", path);
	if (err)
		err->exit_code = LAD_EXIT_USAGE;
	return NULL;
}

int lad_records_read(const char *path, const char *const *columns, int count, int required,
		     int (*on_record)(const char *const *values, void *data, struct lad_error *err), void *data,
		     struct lad_error *err)
{
	struct csv_cut cut;
	lad_cleanup_free struct records *records = calloc(1, sizeof *records);
	if (!records || count > LAD_RECORD_COLUMNS_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lad_cleanup_file FILE *in = open_records(path, err);
	if (!in)
		return -1;
	records->columns = columns;
	records->count = count;
	records->required = required;
	records->on_record = on_record;
	records->data = data;
	const struct csv_reader csv = {on_header, on_row, records};
	return csv_read(path, in, &csv, &cut, err);
}

/* Of histograms.csv the last column is never empty, so that there it shows when only the last number is missing. */
static int note_last_column(const struct csv_record *header, void *data, struct lad_error *err)
{
	(void)err;
	*(bool *)data = strcmp(header->fields[header->count - 1], "count") == 0;
	return 0;
}

static int look_at_row(const struct csv_record *row, void *data, int *bad, struct lad_error *err)
{
	(void)bad;
	bool needs_last = *(const bool *)data;
	return needs_last && !row->lengths[row->count - 1] ? lad_error_set(err, LAD_EXIT_USAGE, "cut off") : 0;
}

void records_look_for_cut(const char *name, FILE *in, struct csv_cut *cut)
{
	bool needs_last = false;
	const struct csv_reader csv = {note_last_column, look_at_row, &needs_last};
	csv_read(name, in, &csv, cut, NULL);
}

int lad_records_cut(const char *path)
{
	struct csv_cut cut;
	lad_cleanup_file FILE *in = open_records(path, NULL);
	if (!in || csv_ends_a_line(in))
		return 0;
	records_look_for_cut(path, in, &cut);
	return cut.line;
}
