/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_JUDGE_H
#define ANALYSIS_JUDGE_H

#include "netladder/verdict.h"

/* Judges the relations of OPTIONS in GROUP, whose cells are filled: allocates and fills GROUP->judgements. */
int judge_group(struct lad_group *group, const struct lad_verdict_options *options, struct lad_error *err);

/* Fills GROUP->pairs with all pairs of measured modes: for who expects no order (pairs.c). */
int judge_pairs(struct lad_group *group, const struct lad_verdict_options *options, struct lad_error *err);

/* What of the error rate the last look at GROUP may spend: 1 when the blocks were fixed before. */
double judge_last_share(const struct lad_group *group);

/*
 * The logarithms of the paired ratios left / right over the blocks that both cells have, > 0 where left is better.
 * LOGS holds at least as many as LEFT has values. Returns their number.
 */
int judge_pair(const struct lad_group *group, const struct lad_cell *left, const struct lad_cell *right, double *logs);

/* The same of the blocks up to LIMIT. */
int judge_pair_until(const struct lad_group *group, const struct lad_cell *left, const struct lad_cell *right,
		     int limit, double *logs);

#endif
