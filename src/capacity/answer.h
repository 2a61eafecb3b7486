/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CAPACITY_ANSWER_H
#define CAPACITY_ANSWER_H

/* What the parts of an answer share while it is made. */

#include "capacity/estimate.h"

#define CAPACITY_SAMPLES 2000
#define CAPACITY_SEED 1
#define CAPACITY_LEVEL 0.9

struct capacity_work {
	const struct lad_table *table;
	struct lad_capacity *answer;
	struct capacity_blocks blocks;
	struct capacity_data data[LAD_NEEDS_MAX]; /* one a need */
	gsl_rng *random;
	int *all, *drawn, *again; /* owned: all blocks, and room for two samples of them */
	/* The standard deviation of the logarithms between runs, of CAPACITY_RATE and CAPACITY_COST; 0 with one run. */
	double run_spread[LAD_NEEDS_MAX][CAPACITY_QUANTITY_COUNT];
};

/* answer.c: lists the blocks of TABLE and makes room for samples of them; released by capacity_work_close, also after
 * an error. */
int capacity_work_open(struct capacity_work *work, const struct lad_table *table, struct lad_error *err);
void capacity_work_close(struct capacity_work *work);

/* Messages a second of need INDEX. */
double capacity_messages_per_s(const struct capacity_work *work, int index);
/* Whether that need has to keep to the SLO. */
bool capacity_under_slo(const struct capacity_work *work, int index);

/* bootstrap.c: fills in the intervals of the answered modes; 0, or -1 without memory. */
int capacity_bootstrap(struct capacity_work *work);
/* The 90 % of VALUES (COUNT, sorted here) that are finite; NAN where there are none. */
struct lad_interval capacity_interval(double *values, int count);
/*
 * How far a new run may be from the estimate, as a factor: a residual of the law or line, and one of the way between
 * sizes or N (either NULL: none). Where there is none, the second sample AGAIN_RATIO of the same measurement. And the
 * spread between runs.
 */
double capacity_noise(struct capacity_work *work, enum lad_basis basis, const struct capacity_residuals *residuals,
		      const struct capacity_residuals *more_residuals, double again_ratio, double run_spread);

/* check.c: holds out and predicts; fills in the answer's checks and each mode's validation. */
int capacity_check(struct capacity_work *work);

/* limit.c: what saturates first, and which tuning saves most. */
void capacity_find_limit(const struct capacity_work *work, enum lad_mode mode, int need,
			 struct lad_need_answer *answer);
int capacity_find_tunings(struct capacity_work *work, struct lad_error *err);

/* refuse.c: what cannot be answered: -1 with the scenario that would measure it. */
int capacity_refuse(const struct capacity_work *work, int need, struct lad_error *err);

#endif
