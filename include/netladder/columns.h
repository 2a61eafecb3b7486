/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_COLUMNS_H
#define NETLADDER_COLUMNS_H

/*
 * What people and programs read about the columns of a run's CSV files; the rows stand in src/results/NAME.def. All
 * texts are static, and are Markdown without blocks: `code` is in backticks.
 */

#include <stddef.h>

struct lad_column_about {
	const char *name;
	const char *type;		/* "text", "whole number", "number" or "word" */
	const char *unit;		/* "1" is a ratio; "" where there is none */
	const char *since;		/* the version of netladder that wrote it first */
	const char *empty;		/* when the field is empty; NULL: never */
	const char *meaning;		/* sentences */
	const char *(*word)(int value); /* of a "word": the valid ones for 0, 1, …; NULL beyond the last. Else NULL */
};

struct lad_file_about {
	const char *name;    /* "results.csv" */
	const char *meaning; /* of a row */
	const struct lad_column_about *columns;
	size_t column_count;
};

/* The files, results.csv first, each with its columns in the order in which they are written. */
extern const struct lad_file_about lad_files_about[];
extern const size_t lad_file_about_count;

/* Writes the valid words of COLUMN to WORDS and returns how many there are; 0: it takes more than words. */
#define LAD_COLUMN_WORDS_MAX 16
int lad_column_words(const struct lad_column_about *column, const char *words[LAD_COLUMN_WORDS_MAX]);

#endif
