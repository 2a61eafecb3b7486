/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_GAINS_H
#define NETLADDER_GAINS_H

/*
 * What tunings do: each against the base, for each mode and workload, on its main figure or on what is asked for; and
 * which of their settings does it. All from the rows of one results.csv, paired by block.
 */

#include <stdio.h>

#include "netladder/error.h"
#include "netladder/results.h"
#include "netladder/row_key.h"
#include "netladder/stats.h"
#include "netladder/verdict.h"

enum lad_gain_kind {
	LAD_GAIN_BASE,
	LAD_GAIN_BETTER,
	LAD_GAIN_WORSE,
	LAD_GAIN_NONE, /* within the margin: no effect */
	LAD_GAIN_UNDECIDED,
	LAD_GAIN_NOT_MEASURED
};
const char *lad_gain_name(enum lad_gain_kind kind); /* "base", "better", …, "no effect", "not measured" */

/* One tuning against the base, in one mode. */
struct lad_gain {
	enum lad_gain_kind kind;
	double median; /* in the metric's unit */
	int pairs;
	double ratio; /* tuning / base, > 1: the tuning is better, whatever the metric's direction; Hodges-Lehmann */
	struct lad_interval ratio_ci; /* 95 % */
	double p_adjusted;	      /* two-sided signed rank, Holm over the tunings of one mode and workload */
	int blocks_needed;	      /* further ones, when undecided; -1: no number would do */
	char reason[512];	      /* why it was not measured */
	char note[512];		      /* what the kernel made of it */
};

/*
 * One setting over all tunings that differ in it alone. The effect of a level is the mean of the logarithms of the
 * paired ratios over the contexts (the settings of the others) that have both levels; `best` and `worst` are the
 * extreme levels. p is Bonferroni over the pairs of levels, then Holm over the settings.
 */
struct lad_effect {
	char factor[LAD_SYSCTL_KEY_MAX];
	char best[LAD_SYSCTL_VALUE_MAX], worst[LAD_SYSCTL_VALUE_MAX];
	double ratio; /* best / worst */
	struct lad_interval ratio_ci;
	double p_adjusted;
	enum lad_gain_kind kind; /* LAD_GAIN_BETTER: it matters; NONE, UNDECIDED */
	char interaction[320];	 /* "" or where its ranking turns round: "9000 beats 1500 with tso=on, and loses with
				    tso=off" */
};

struct lad_gain_cell {
	enum lad_mode mode;
	struct lad_gain *gains;	    /* owned, one a tuning */
	int best;		    /* the tuning with the largest gain among those that are better, or -1 */
	char rivals[256];	    /* tunings that cannot be told from the best one: "mtu=4000, mtu=9000" */
	struct lad_effect *effects; /* owned, the largest first */
	int effect_count;
};

struct lad_gain_group {
	struct lad_row_key
	    key; /* without the mode, the tuning and the variant; LAD_ANY_FLOWS where tunings set the flows */
	const struct lad_metric *metric;
	int position; /* of the metric among those that were asked for */
	struct lad_gain_cell cells[LAD_MODE_COUNT];
	int cell_count;
};

struct lad_gains {
	char (*tunings)[LAD_TUNING_NAME_MAX];  /* owned; the base first, then in natural order */
	char (*settings)[LAD_TUNING_TEXT_MAX]; /* owned; what each sets */
	int tuning_count;
	struct lad_gain_group *groups; /* owned */
	int group_count;
	double margin, alpha;
	bool exact; /* of the instruction clock: there is no noise, and the margin alone decides */
};

/*
 * By the margin, the level and the metrics of OPTIONS. *GAINS is NULL when TABLE has one tuning only; else released by
 * lad_gains_free.
 */
int lad_gains_make(const struct lad_table *table, const struct lad_verdict_options *options, struct lad_gains **gains,
		   struct lad_error *err);
void lad_gains_free(struct lad_gains *gains);

/* For each workload a table (a row a tuning, a column a mode) and the answer in words. */
void lad_gains_print(const struct lad_gains *gains, const struct lad_print_options *options, FILE *out);

#endif
