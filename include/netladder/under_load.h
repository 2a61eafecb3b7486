/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_UNDER_LOAD_H
#define NETLADDER_UNDER_LOAD_H

/*
 * Latency under load: the same requests in the same mode, with an idle path and beside a background (`background` of a
 * scenario). Both are measured in each block, so the rise is a paired ratio. Flent's RRUL test asks the same question
 * (realtime response under load).
 */

#include <stdio.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/row_key.h"
#include "netladder/stats.h"
#include "netladder/workload.h"

struct lad_verdict;

/* One mode; times in microseconds, NAN where there are none. */
struct lad_rise {
	enum lad_mode mode;
	double idle_p50_us, idle_p99_us, loaded_p50_us, loaded_p99_us; /* medians over the blocks */
	int pairs;						       /* blocks that have both */
	double ratio;			 /* of the 99th percentiles, loaded / idle: Hodges-Lehmann over the pairs */
	struct lad_interval ratio_ci;	 /* 95 %; NAN with the instruction clock, and of fewer than 6 pairs */
	double rise_p50_us, rise_p99_us; /* loaded less idle, the median over the pairs */
	double background_bps, background_tps; /* what loaded the path: payload, transactions a second; medians */
};

struct lad_rise_group {
	struct lad_row_key key;			  /* of the loaded rows, without the mode and the variant */
	char background[LAD_BACKGROUND_TEXT_MAX]; /* "up+down" */
	char options[LAD_OPTIONS_MAX];		  /* what else is not the default: of the idle rows */
	struct lad_rise modes[LAD_MODE_COUNT];	  /* in the ladder's order */
	int mode_count;
};

struct lad_under_load {
	struct lad_rise_group *groups; /* owned */
	int group_count;
	bool exact; /* of the instruction clock */
};

/*
 * From the groups of VERDICT, whose cells are filled, and the rows that they were made of. *UNDER_LOAD is NULL when no
 * request ran beside a background; else released by lad_under_load_free. -1 without memory.
 */
int lad_under_load_make(const struct lad_verdict *verdict, const struct lad_table *table,
			struct lad_under_load **under_load, struct lad_error *err);
void lad_under_load_free(struct lad_under_load *under_load);

/* "udp_rr free rate=100/s beside up+down": what GROUP is of. */
#define LAD_RISE_TITLE_MAX (256 + LAD_OPTIONS_MAX + LAD_BACKGROUND_TEXT_MAX)
void lad_rise_title(const struct lad_rise_group *group, char out[LAD_RISE_TITLE_MAX]);

/* For each group a table, a row a mode. */
void lad_under_load_print(const struct lad_under_load *under_load, FILE *out);

#endif
