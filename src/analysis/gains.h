/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_GAINS_H
#define ANALYSIS_GAINS_H

#include <stdbool.h>

#include "netladder/gains.h"

struct cJSON;

/* The values of one mode and workload, a row a tuning, a column a block; NAN where there is none. */
struct gain_values {
	double *values; /* owned; of block b of tuning t at [t * blocks + b] */
	int blocks;
	const struct lad_metric *metric;
};

/* The logarithms of the paired ratios of tuning A to tuning B, > 0 where A is better. Returns how many. */
int gain_pair(const struct gain_values *values, int a, int b, double *logs);

/* Two-sided p of the signed-rank test that the centre of LOGS is zero. */
double gain_p(const double *logs, int n);

/* Fills in CELL's effects. */
int gain_effects(const struct lad_gains *gains, const struct gain_values *values, struct lad_gain_cell *cell,
		 struct lad_error *err);

/* What the kind of a ratio is: better, worse, none or undecided. */
enum lad_gain_kind gain_decide(const struct lad_gains *gains, const double *logs, int n, double p_adjusted);

/* Adds "tunings" to ROOT. */
void gains_add_json(struct cJSON *root, const struct lad_gains *gains);

#endif
