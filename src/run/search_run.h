/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_SEARCH_RUN_H
#define RUN_SEARCH_RUN_H

/*
 * The searches of a plan. What a block compares, the modes and tunings of one workload, is searched side by side: in
 * each round every search that is not over takes one trial, in a fresh random order, so that whatever the machine does
 * hits all alike. The rows of a group are written when its last search is over.
 */

#include "run/state.h"

/* How many of the plan's trials from number FIRST (an index) on are of one group. FIRST may be any of it: it is moved
 * to the group's first. */
int search_group(const struct run *run, int *first);

/*
 * Searches the group of COUNT trials from FIRST on and writes their rows, but not those before run->done. 0: done.
 * 1: interrupted, and nothing of it is written. -1 with ERR.
 */
int search_run_group(struct run *run, int first, int count, struct lad_error *err);

/* search_memory.c: remembers what ROW's search has found: that of the next block begins there. */
int search_remember(struct run *run, const struct lad_row *row, struct lad_error *err);
/* What is remembered of the search that ROW, described, is of; zeros: nothing. */
struct lad_search_hint search_recall(const struct run *run, const struct lad_row *row);
void search_forget(struct run *run);

#endif
