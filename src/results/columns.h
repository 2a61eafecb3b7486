/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RESULTS_COLUMNS_H
#define RESULTS_COLUMNS_H

/* The table of columns.def as it drives the header, the writer and the reader. */

#include <stdbool.h>
#include <stddef.h>

#include "netladder/results.h"
#include "results/csv.h"

enum column_type {
	COLUMN_TEXT,
	COLUMN_LONG_TEXT, /* const char *, borrowed */
	COLUMN_INT,	  /* int */
	COLUMN_INT64,	  /* -1: does not apply */
	COLUMN_UINT64,
	COLUMN_NUMBER, /* double; NAN: does not apply */
	COLUMN_MODE,
	COLUMN_PLACEMENT,
	COLUMN_WORKLOAD,
	COLUMN_CPUS,
	COLUMN_STATUS
};

struct column {
	const char *name;
	enum column_type type;
	size_t offset, size; /* in struct lad_row; size of a text, of a long one at most */
	bool required;	     /* in a file that is read */
};

extern const struct column results_columns[];
extern const size_t results_column_count;

/* The value as CSV text, "" when it does not apply. OUT must hold any text column. */
void results_format(const struct column *column, const struct lad_row *row, char *out, size_t size);

/* Whether VALUE can be in a column of measured numbers: its unit, which its name ends in, says what can. */
bool results_in_range(const struct column *column, double value);

/* Parses TEXT into ROW; a long text is kept in TEXTS. -1 with what is valid in ERR. */
int results_parse(const struct column *column, const char *text, struct lad_row *row, struct lad_texts **texts,
		  struct lad_error *err);

/* TEXT as *TEXTS holds it, which is made at the first use; NULL without memory (texts.c). */
const char *results_keep_text(struct lad_texts **texts, const char *text);
void results_free_texts(struct lad_texts *texts);

/* lad_table_read_whole_rows, which also tells where the cut row begins; and that of a file that stands beside it. */
int results_read(const char *name, FILE *in, struct lad_table *table, struct csv_cut *cut, struct lad_error *err);
void records_look_for_cut(const char *name, FILE *in, struct csv_cut *cut);

#endif
