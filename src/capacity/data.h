/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CAPACITY_DATA_H
#define CAPACITY_DATA_H

/* The figures of one need, by mode, message size, number of sessions and block. */

#include <gsl/gsl_rng.h>

#include "netladder/capacity.h"

enum capacity_quantity {
	CAPACITY_RATE, /* messages/s of all sessions, nothing held back */
	CAPACITY_SLO,  /* messages/s of all sessions, at most, under the SLO */
	CAPACITY_COST, /* CPU seconds of a message, both ends */
	CAPACITY_BUSY, /* CPUs of the whole machine */
	CAPACITY_QUANTITY_COUNT
};

/* The blocks of all runs, one after the other: what is drawn in a bootstrap sample. */
struct capacity_blocks {
	struct capacity_block {
		const char *run_id; /* borrowed of the table */
		int block, run;
	} * blocks; /* owned */
	int count, runs;
};
int capacity_blocks_list(const struct lad_table *table, struct capacity_blocks *blocks);
/*
 * A bootstrap sample: as many blocks as the runs before ONLY_BEFORE have, each of a run that is drawn and in that.
 * Their numbers go to DRAWN, room for all blocks; returns how many. The same without chance: all of them; and those of
 * one run.
 */
int capacity_blocks_draw(const struct capacity_blocks *blocks, int only_before, gsl_rng *random, int *drawn);
int capacity_blocks_before(const struct capacity_blocks *blocks, int only_before, int *taken);
int capacity_blocks_of(const struct capacity_blocks *blocks, int run, int *taken);

struct capacity_data {
	struct lad_row_key key;
	double sizes[LAD_CAPACITY_SIZES_MAX]; /* ascending */
	double levels[LAD_CAPACITY_LEVELS_MAX];
	int size_count, level_count, block_count;
	bool has[CAPACITY_QUANTITY_COUNT];
	double *values;			     /* owned: by mode, quantity, size, level, block; NAN: not measured */
	double packet_bytes[LAD_MODE_COUNT]; /* the largest request that one packet holds; INFINITY of a stream */
	char limited_by[LAD_MODE_COUNT][32]; /* of the load search, "" */
};

/* One figure for each size and level. */
struct capacity_grid {
	enum lad_mode mode;
	const int *drawn; /* borrowed: the blocks that it is of */
	int drawn_count;
	double of[CAPACITY_QUANTITY_COUNT][LAD_CAPACITY_SIZES_MAX][LAD_CAPACITY_LEVELS_MAX];
};

/* The rows that answer NEED. The one group with most levels and sizes of the workload that such needs are asked of. */
int capacity_data_collect(const struct lad_table *table, const struct capacity_blocks *blocks,
			  const struct lad_need *need, const struct lad_slo *slo, struct capacity_data *data,
			  struct lad_error *err);

/* The values of one cell, DATA's blocks of them. */
double *capacity_cell(const struct capacity_data *data, enum lad_mode mode, enum capacity_quantity quantity, int size,
		      int level);
/* The medians of MODE over the DRAWN blocks, of which there are COUNT; of the quantities that DATA has. */
void capacity_medians(const struct capacity_data *data, enum lad_mode mode, const int *drawn, int count,
		      struct capacity_grid *grid);
/*
 * Whether requests of A and of B bytes are both of one packet, or both of several, in MODE: what a request costs jumps
 * there, and what lies between two sizes is only told by sizes of the same kind.
 */
bool capacity_same_kind(const struct capacity_data *data, enum lad_mode mode, double a, double b);
/* estimate.c: whether the sizes on both sides of SIZE (an index) are of one kind, so that it may be held out. */
bool capacity_is_inner_size(const struct capacity_data *data, enum lad_mode mode, int size);
double capacity_median(const double *values, const int *drawn, int count);
/* Whether MODE has any figure of that kind. */
bool capacity_has(const struct capacity_data *data, enum lad_mode mode, enum capacity_quantity quantity);

/* goal.c: what a load search has left in a row. */
bool capacity_is_goal(const struct lad_row *row);
bool capacity_goal_meets(const struct lad_row *row, const struct lad_slo *slo);
void capacity_goal_limit(const struct lad_row *row, char *out, size_t size);

#endif
