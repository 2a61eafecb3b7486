/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_VERDICT_H
#define NETLADDER_VERDICT_H

/*
 * Does the documented order hold? Rows of one block are paired; each relation is judged on the logarithms of the
 * paired ratios. A `group` is one (placement, tuning, mtu of the wire, workload, message_bytes, flows, cpus) with one
 * metric; the relations of one group are one family for Holm's correction.
 */

#include <stdbool.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/quality.h"
#include "netladder/results.h"
#include "netladder/row_key.h"
#include "netladder/scenario.h"
#include "netladder/stats.h"

enum lad_verdict_kind { LAD_CONFIRMED, LAD_REFUTED, LAD_INCONCLUSIVE, LAD_NOT_MEASURED };
const char *lad_verdict_name(enum lad_verdict_kind kind); /* "confirmed", …, "not measured" */

/* One metric of a workload, how it reads and which way is better. */
struct lad_metric {
	const char *column; /* of results.csv */
	const char *title;  /* "goodput" */
	const char *unit;   /* "Gbit/s" */
	double scale;	    /* unit value = column value * scale */
	bool lower_is_better;
	size_t offset; /* of the column, a double, in struct lad_row */
};

/* METRIC's column of ROW as it stands, without the scale; NAN where it does not apply. */
double lad_metric_value(const struct lad_metric *metric, const struct lad_row *row);

/*
 * METRIC in the unit that fits LARGEST, a value of its column as it stands: 0.02 Gbit/s are 20 Mbit/s. And back: the
 * metric in its usual unit, in which programs get it.
 */
const struct lad_metric *lad_metric_fit(const struct lad_metric *metric, double largest);
const struct lad_metric *lad_metric_usual(const struct lad_metric *metric);

/* USUAL decimals, or so many more that VALUE is not printed as 0 unless it is. */
int lad_decimals(double value, int usual);
/* VALUE, and 0 where it would be printed as -0 with so many DECIMALS. */
double lad_no_minus_zero(double value, int decimals);

/* The metrics that are judged for a workload, the primary one first; a NULL column ends the list. */
const struct lad_metric *lad_metrics_of(enum lad_workload_kind kind);

struct lad_cell { /* one mode in one group */
	enum lad_mode mode;
	int ok, failed, skipped; /* rows by status */
	int other;		 /* rows that are ok and have no such figure */
	char reason[512];	 /* of the first row that is not ok */
	double *values;		 /* owned: the metric of the ok rows, in block order, in the metric's unit */
	int *blocks;		 /* owned: their blocks */
	double median;
	struct lad_interval median_ci; /* 95 % */
	double variation;	       /* coefficient of variation */
	double ratio_to_host;	       /* Hodges-Lehmann of paired log ratios, back-transformed; NAN without host */
	struct lad_interval ratio_ci;
	double medians_ratio; /* of the medians, where that lies outside of ratio_ci, or two speeds put them apart; else
				 NAN */
	bool two_speeds;      /* where it does: this mode's or host's values fall into two heaps (quality.h) */
};

struct lad_judgement {
	struct lad_relation relation; /* what was judged */
	bool bridged;		/* true: modes between the two were not measured, and the relation goes over them */
	char bridged_over[128]; /* their names: "ipvlan-l2" */
	enum lad_verdict_kind verdict;
	double ratio;		      /* left / right, > 1: left is better, whatever the metric's direction */
	struct lad_interval ratio_ci; /* 95 %, over all looks; NAN when there are too few blocks */
	double p_adjusted;	      /* of the test that decided, or of the stated relation when inconclusive */
	int pairs;
	int blocks_needed; /* further blocks that would decide; 0: none needed, -1: no number would do */
	char why[160];	   /* e.g. "right is faster", "equal within 3 %", "2 of 7 blocks are missing" */
};

enum lad_pair_kind { LAD_PAIR_LEFT, LAD_PAIR_RIGHT, LAD_PAIR_SAME, LAD_PAIR_UNDECIDED };
const char *lad_pair_name(enum lad_pair_kind kind); /* "left is better", …, "same", "undecided" */

/* Two modes beside each other where nothing is expected of them. */
struct lad_pair {
	enum lad_mode left, right;
	enum lad_pair_kind kind;
	double ratio; /* as a judgement's */
	struct lad_interval ratio_ci;
	double p_adjusted; /* two-sided, of "same" where that is the kind; Holm over the pairs of the group */
	int pairs;
};

struct lad_group {
	struct lad_row_key key;		 /* without the mode and the variant */
	const struct lad_metric *metric; /* in the unit that fits the largest value */
	int position;			 /* of the metric among those that are judged */
	bool primary;			 /* the first of them: the one the table shows */
	struct lad_cell *cells;		 /* owned, in the ladder's order */
	int cell_count;
	struct lad_judgement *judgements; /* owned */
	int judgement_count;
	struct lad_pair *pairs; /* owned; all pairs of measured modes, where no relation is expected; else NULL */
	int pair_count;
	int64_t max_blocks; /* of a run that stopped by itself: judged at each look (lad_looks); -1: once, at the end */
	bool exact; /* from the instruction clock, which has no noise: judged as it is, without interval and p value */
};

struct lad_gains;
struct lad_under_load;

struct lad_verdict {
	struct lad_group *groups; /* owned, in the order of first appearance in the plan's workloads */
	int group_count;
	char scenario[64], run_id[40], lab[16], clock[16], kernel[96], time[32];
	double margin, alpha;
	bool documented;		   /* what was expected is the documented order */
	struct lad_quality quality;	   /* what may have spoilt the measurement */
	int64_t max_blocks;		   /* as in the groups */
	int blocks;			   /* the highest block */
	struct lad_gains *gains;	   /* owned; what the tunings do (gains.h), NULL when there is only one */
	struct lad_under_load *under_load; /* owned; latency under load (under_load.h), NULL when nothing was loaded */
};

/* The metrics that --metric takes, each in its usual unit: that of INDEX 0, 1, …; NULL beyond the last. */
const struct lad_metric *lad_metric_listed(int index);
/* That of COLUMN; NULL: --metric takes none of this name. */
const struct lad_metric *lad_metric_named(const char *column);

/* Refuses a comma LIST of metrics that names one there is none of, with what is valid; NULL is fine. */
int lad_metrics_check(const char *list, struct lad_error *err);

struct lad_verdict_options {
	const struct lad_relation *relations;
	int relation_count; /* 0: nothing is expected, and all pairs of modes are listed */
	double margin, alpha;
	const char *metrics; /* comma list of columns that are judged; NULL: each workload's own */
};

/* The documented order, host > macvlan ~ ipvlan-l2 > bridge > overlay, with a margin of 3 % and a level of 5 %. */
extern const struct lad_verdict_options lad_documented;

/* What SCENARIO expects, by reference: no relation where it states no order. */
struct lad_verdict_options lad_scenario_expected(const struct lad_scenario *scenario);

/*
 * Judges TABLE; of a table with variants the rows of variant a. A relation whose mode has no ok row is bridged over:
 * with macvlan ~ ipvlan-l2 > bridge and no ipvlan, `macvlan > bridge` is judged and marked (the stronger sign wins: any
 * > on the way makes it >). VERDICT is released by lad_verdict_free.
 */
int lad_verdict_make(const struct lad_table *table, const struct lad_verdict_options *options,
		     struct lad_verdict *verdict, struct lad_error *err);
void lad_verdict_free(struct lad_verdict *verdict);

/* LAD_EXIT_REFUTED when a judgement of a primary metric is refuted, else LAD_EXIT_OK. */
enum lad_exit lad_verdict_exit(const struct lad_verdict *verdict);

/*
 * Whether more blocks would tell nothing new about the workloads' main figures: every relation is decided, cannot be
 * measured, or its ratio is known to PRECISION (0.02: the interval reaches no further than 2 % to either side). Without
 * relations: every mode's median is known to PRECISION.
 */
bool lad_verdict_decided(const struct lad_verdict *verdict, double precision);

struct lad_print_options {
	bool color;  /* ANSI colours */
	bool utf8;   /* false: ~ for ≈, +- for ± */
	int columns; /* width of the terminal, 0: unknown */
};

/* A p value for people: "0.021", or "< 0.001". JSON has the number. */
struct lad_p_text {
	char text[16];
};
struct lad_p_text lad_p_text(double p);

/* The table (a row a mode, a column group a workload) and the verdict, relation by relation. */
void lad_verdict_print(const struct lad_verdict *verdict, const struct lad_print_options *options, FILE *out);
/* The same as JSON (cJSON). */
void lad_verdict_print_json(const struct lad_verdict *verdict, FILE *out);

#endif
