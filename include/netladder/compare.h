/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_COMPARE_H
#define NETLADDER_COMPARE_H

/*
 * Did it get worse? Rows of a base and of a new measurement are matched by what was measured (lad_compare_keys) and
 * judged on the logarithms of their values against a margin. A line is a `regression` only when the new side is worse
 * by more than the margin, at a family-wise error rate over all judged lines (Holm):
 *   - paired, where both sides were measured in the same blocks of one run (`run --versus`): exact signed-rank test;
 *   - independent, for two runs: exact rank-sum test. It sees what differs between the two runs, also what the machine
 *     did between them: where a side has several runs, the spread between those is added to the margin;
 *   - exact, on the instruction clock: there is no noise, so there is no interval; the margin decides.
 */

#include <stdbool.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/quality.h"
#include "netladder/results.h"
#include "netladder/stats.h"
#include "netladder/verdict.h"

enum lad_change {
	LAD_BETTER,	  /* by more than the margin */
	LAD_SAME,	  /* within the margin */
	LAD_WORSE,	  /* by more than the margin: a regression */
	LAD_UNKNOWN,	  /* the blocks do not tell */
	LAD_MISSING,	  /* the base has figures, the new side none */
	LAD_NEW,	  /* the new side has figures, the base none */
	LAD_NOT_COMPARED, /* neither has: skipped or failed on both sides */
	LAD_CHANGE_COUNT
};
const char *lad_change_name(enum lad_change change); /* "better", "same", …, "not compared" */

enum lad_pairing { LAD_PAIRED, LAD_INDEPENDENT, LAD_EXACT, LAD_PAIRING_COUNT };
const char *lad_pairing_name(enum lad_pairing pairing); /* "paired blocks", "independent runs", "exact" */

struct lad_compare_side {
	int ok, failed, skipped; /* rows by status */
	int runs;		 /* different run_id among the ok rows */
	double *values;		 /* owned: the metric of the ok rows as it stands in results.csv */
	int *rows;		 /* owned: the table row of each value */
	double median;		 /* in the metric's unit, like the interval */
	struct lad_interval median_ci;
	char reason[512]; /* of the first row that is not ok */
};

struct lad_compare_line {
	struct lad_row key; /* a row of this line: its key columns are what was compared */
	char name[256];	    /* "tcp_rr shared 1 B x 1, bridge": what distinguishes it, for people */
	const struct lad_metric *metric;
	bool primary; /* the workload's first metric */
	struct lad_compare_side base, fresh;
	enum lad_pairing pairing;
	int *partners;		      /* owned: of each fresh value the base value of the same block, or -1 */
	int pairs;		      /* blocks that both sides have, when paired */
	double ratio;		      /* fresh / base, of the metric as it stands; NAN without figures on both sides */
	struct lad_interval ratio_ci; /* 95 %; NAN with too few blocks; both ends the ratio when exact */
	/* Of median(fresh) / median(base) over the pairs: BCa bootstrap, 95 %; NAN unless paired and asked for. */
	struct lad_interval medians_ci;
	double run_spread; /* the largest ratio - 1 between medians of runs of one side; 0 with one run each */
	double p_adjusted; /* of the test that decided (unknown: of "worse"); NAN when exact */
	bool identical;	   /* exact: every measured column of every row is the same, byte for byte */
	enum lad_change change;
	int blocks_needed; /* unknown: about how many more blocks would decide; -1: no number in reach, 0: n/a */
	char why[200];
};

/* What is not the same about the two machines or programs. */
struct lad_difference {
	char what[96]; /* "kernel", "versions.netladder", "sysctl.net/core/rmem_max" */
	char base[128], fresh[128];
	bool grave; /* kernel, CPU, architecture, version, hash: --strict refuses it; else only said */
};

struct lad_compare {
	struct lad_compare_line *lines; /* owned */
	int line_count;
	struct lad_difference *differences; /* owned */
	int difference_count;
	double margin, alpha;
	char base_name[128], fresh_name[128]; /* files, or variants */
	char vm_cause[128]; /* two runs on the instruction clock: in what they began differently; "" otherwise */
	int counts[LAD_CHANGE_COUNT];			/* lines by change */
	struct lad_quality base_quality, fresh_quality; /* what may have spoilt either measurement */
};

struct lad_compare_options {
	double margin, alpha;
	const char *metrics; /* comma list of columns, "all" for all judged ones, NULL: the primary ones */
	const char *ignore;  /* comma list of key columns that need not match, or NULL */
	bool bootstrap;	     /* also make medians_ci */
};

/* The columns by which rows are matched, NULL at the end: in the order in which the lines are sorted. */
extern const char *const lad_compare_keys[];

/*
 * Compares FRESH with BASE. The names are for the output. COMPARE is released by lad_compare_free. An unknown metric
 * or key column is refused with what is valid (LAD_EXIT_USAGE).
 */
int lad_compare_make(const struct lad_table *base, const char *base_name, const struct lad_table *fresh,
		     const char *fresh_name, const struct lad_compare_options *options, struct lad_compare *compare,
		     struct lad_error *err);
/*
 * Compares the variants `a` and `b` of one table (`run --versus`). Where the two differ by their tuning, tuning, mtu
 * and flows are not matched. Refused when there is no variant b.
 */
int lad_compare_variants(const struct lad_table *table, const struct lad_compare_options *options,
			 struct lad_compare *compare, struct lad_error *err);
void lad_compare_free(struct lad_compare *compare);

/*
 * Adds what differs between two environment.json (as text, either may be NULL: then nothing is added). Loads, times and
 * what describes the run itself are no difference.
 */
int lad_compare_environment(struct lad_compare *compare, const char *base_json, const char *fresh_json,
			    struct lad_error *err);
/* How many differences are grave. */
int lad_compare_grave(const struct lad_compare *compare);

/* Whether more blocks would tell nothing new: no line is unknown whose ratio is not known to PRECISION. */
bool lad_compare_decided(const struct lad_compare *compare, double precision);

/* LAD_EXIT_REFUTED on a regression, or with REQUIRE_ALL on a missing line; else LAD_EXIT_OK. */
enum lad_exit lad_compare_exit(const struct lad_compare *compare, bool require_all);

/* One line: "2 of 40 worse by more than 3 % …". */
void lad_compare_summary(const struct lad_compare *compare, char *out, size_t size);

/* The outputs. Each begins with the differences and ends with the summary. */
void lad_compare_print(const struct lad_compare *compare, const struct lad_print_options *options, FILE *out);
void lad_compare_print_markdown(const struct lad_compare *compare, FILE *out);
void lad_compare_print_json(const struct lad_compare *compare, FILE *out);
/* JUnit XML: a test case a line; worse is a failure, unknown, missing and new are skipped with their reason. */
void lad_compare_print_junit(const struct lad_compare *compare, bool require_all, FILE *out);
/* GitHub workflow commands (::error, ::warning, ::notice), one a line that is not the same. */
void lad_compare_print_github(const struct lad_compare *compare, bool require_all, FILE *out);

#endif
