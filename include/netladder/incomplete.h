/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_INCOMPLETE_H
#define NETLADDER_INCOMPLETE_H

/* What a results file lacks: the end of its last line, and rows of trials that were planned. */

#include <stdbool.h>
#include <stddef.h>

#include "netladder/results.h"

struct lad_incomplete {
	int cut_line; /* the last line, which is cut off and so left out; 0: nothing is cut */
	int planned;  /* trials; 0: not known */
	int missing;  /* how many of those have no row */
};

/*
 * Looks at the file RESULTS_PATH, whose rows are TABLE, and beside it: environment.json says how many trials were
 * planned; without it, where a line is cut, the plan is made again from scenario.yaml. Of a run that stops by itself
 * (`blocks: auto`) the blocks that it came to count, and of a file with rows of several runs nothing is known.
 */
void lad_incomplete_look(const char *results_path, const struct lad_table *table, struct lad_incomplete *found);

/*
 * That in one line of at most SIZE bytes, with the file, called NAME, and the line in front; "" and false when nothing
 * is missing. OUT must hold a path and 120 bytes more, or is cut.
 */
bool lad_incomplete_describe(const struct lad_incomplete *found, const char *name, char *out, size_t size);

/* The same for histograms.csv or samples.csv, called NAME in the line, of which only a cut is
 * known. False: it is whole, or not there. */
bool lad_records_describe_cut(const char *path, const char *name, char *out, size_t size);

#endif
