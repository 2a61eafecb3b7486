/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RESULTS_CSV_H
#define RESULTS_CSV_H

/*
 * CSV with a header, as all results files are: records through libcsv, and what is wrong with a file as a whole: other
 * separators, an open quote, a second header, a last line that is cut off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "netladder/error.h"

#define CSV_COLUMNS_MAX 512

struct csv_record {
	const char *const *fields;
	const size_t *lengths; /* a field with a NUL byte is longer than its string */
	int count;	       /* in a row: as many as the header has */
};

struct csv_reader {
	/* Both return 0, or -1 with what is wrong in ERR, which then gets FILE:LINE in front. */
	int (*on_header)(const struct csv_record *header, void *data, struct lad_error *err);
	/* BAD: the field that is wrong, when it is one (else left as it is, -1). */
	int (*on_row)(const struct csv_record *row, void *data, int *bad, struct lad_error *err);
	void *data;
};

/* A last row that is cut off. */
struct csv_cut {
	int line;    /* 0: nothing is cut */
	long offset; /* where that row begins in the file */
};

/*
 * Reads IN, which messages call NAME, to its end. A last line without its end counts when it is a whole row; else it is
 * left out, and CUT tells. The byte order mark of UTF-8 is skipped. Returns 0, or
 * -1 with FILE:LINE, the column where there is one, and what is valid (LAD_EXIT_USAGE).
 */
int csv_read(const char *name, FILE *in, const struct csv_reader *reader, struct csv_cut *cut, struct lad_error *err);

/* Whether IN, which is at its beginning and is then again, ends in a line end: then nothing is cut, as with most. */
bool csv_ends_a_line(FILE *in);

#endif
