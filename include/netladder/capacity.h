/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_CAPACITY_H
#define NETLADDER_CAPACITY_H

/*
 * The capacity planner's question, answered from stored results: does a load fit, how many CPUs does it take, and what
 * do N containers carry at once? From the rows whose topology is pairs, of the base tuning, in three parts:
 *   - CPU time of a message of m bytes, both ends together: a + b m between two measured sizes (of at least 3), and
 * apart where a request takes several packets. CPUs = rate x that (the utilisation law, Denning & Buzen 1978);
 *   - the rate of N containers at once: as measured, else by a law of scaling (fit.h) over the measured N;
 *   - the highest rate under an SLO, from the rows of a load search.
 * Between measured sizes the time of a message (1 / rate) goes straight.
 * What was measured is answered as measured; else the answer says that it is interpolated. Beyond twice the largest
 * measured N and outside of the measured sizes nothing is answered. Intervals are of 90 %, for one more run on the same
 * machine: 2,000 bootstrap samples of whole blocks and a residual of the fit (or a second sample, where no fit was
 * needed), by a fixed seed; with several runs the spread between those besides.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/fit.h"
#include "netladder/results.h"
#include "netladder/row_key.h"
#include "netladder/stats.h"

#define LAD_NEEDS_MAX 8
#define LAD_NEED_TEXT_MAX 40
#define LAD_CAPACITY_BEYOND 2 /* times the largest measured N: the farthest that is answered */
#define LAD_CAPACITY_SIZES_MIN 3

/* What is to be carried: bits a second of a stream, or messages a second: requests with their responses. */
struct lad_need {
	bool stream;
	double per_s;	       /* bits, or messages */
	int64_t message_bytes; /* of the stream's writes, or of a request; 0: the question's */
	char text[LAD_NEED_TEXT_MAX];
};

/* At most 1 - QUANTILE of the requests later than DEADLINE_NS. */
struct lad_slo {
	double quantile; /* 0.99 of p99; 0: none */
	int64_t deadline_ns;
	char text[LAD_NEED_TEXT_MAX];
};

/* `40Gbit`, `200k/s`, `1.5M/s`, each also with a size of its own: `40Gbit@128KiB`. A number without a unit is refused.
 */
int lad_need_parse(const char *text, struct lad_need *need, struct lad_error *err);
/* `p99=1ms`: p50, p90, p99 or p99.9. */
int lad_slo_parse(const char *text, struct lad_slo *slo, struct lad_error *err);

struct lad_capacity_question {
	struct lad_need needs[LAD_NEEDS_MAX];
	int need_count; /* at least 1 */
	struct lad_slo slo;
	int64_t message_bytes; /* of needs without a size of their own; 0: not given, and asked for where several are
				  measured */
	int containers;	       /* N: those that serve at once, each with a client of its own; at least 1 */
	double headroom;       /* the share that stays free, 0 to 0.9 */
	int host_cpus;	       /* CPUs that there will be; 0: those of the measured machine */
	int machine_cpus;      /* of the measured machine (environment.json); 0: not known */
	double wire_bps;       /* of the measured machine's wire (scenario.yaml); 0: not limited, or not known */
};

enum lad_basis { LAD_BASIS_NONE, LAD_BASIS_MEASURED, LAD_BASIS_INTERPOLATED, LAD_BASIS_EXTRAPOLATED };
const char *lad_basis_name(enum lad_basis basis); /* "unknown", "measured", "interpolated", "extrapolated" */

struct lad_figure {
	double value;		      /* NAN: not known */
	struct lad_interval interval; /* 90 % */
	enum lad_basis basis;
};

/* One need in one mode. */
struct lad_need_answer {
	struct lad_figure cost_s; /* CPU seconds of a message, both ends */
	struct lad_figure rate;	  /* messages/s that the containers carry together, under the SLO where there is one */
	struct lad_figure one;	  /* the same of the smallest measured N, per session */
	double efficiency;	  /* rate / (N one) */
	/* The line of the cost: a (s) and b (s a byte); 0 sizes: none could be fitted. */
	struct lad_line line;
	struct lad_interval line_fixed, line_slope;
	int line_sizes;
	double line_from, line_to; /* bytes: through those sizes it goes */
	double line_worst;	   /* the largest ratio of a measured cost to the line, less 1 */
	/* The law of the rate over N; 0 points: too few N were measured. */
	struct lad_scaling scaling;
	struct lad_interval contention, coherency;
	bool slo_by_efficiency; /* the SLO was searched at too few N: from there by the efficiency without it */
	char limit[128];	/* what saturates first; "": not known */
	char tuning[160];	/* the measured tuning that saves most CPU, or "" */
};

enum lad_fits { LAD_FITS_YES, LAD_FITS_NO, LAD_FITS_PERHAPS, LAD_FITS_UNKNOWN };
const char *lad_fits_name(enum lad_fits fits); /* "yes", "no", "perhaps", "unknown" */

/* How well what was held out was predicted. */
struct lad_validation {
	int checks;
	double median, worst; /* of the absolute errors; worst with its sign */
	double coverage;      /* of the 90 % intervals */
	bool passed;
	char why[96]; /* not passed: why */
};

#define LAD_VALID_MEDIAN 0.05
#define LAD_VALID_WORST 0.10
#define LAD_VALID_COVERAGE_LOW 0.80
#define LAD_VALID_COVERAGE_HIGH 0.98
#define LAD_VALID_CHECKS_MIN 5
/* So many intervals of which all hold tell that they hold more than 98 % of the time. */
#define LAD_VALID_COVERAGE_CHECKS 150

struct lad_capacity_mode {
	enum lad_mode mode;
	char reason[256]; /* why there is no answer, else "" */
	struct lad_need_answer needs[LAD_NEEDS_MAX];
	struct lad_figure cpus;	     /* for all needs, both ends, headroom included; NAN: CPU time was not measured */
	struct lad_figure share;     /* of what the containers carry, headroom included: above 1 it is too much */
	struct lad_figure from_host; /* CPUs / those of host */
	enum lad_fits fits;
	char why[200];
	struct lad_validation validation;
};

/* What was held out, and what was predicted of it. */
enum lad_held_out { LAD_HELD_LEVEL, LAD_HELD_LARGEST, LAD_HELD_SIZE, LAD_HELD_RUN };
const char *lad_held_out_name(enum lad_held_out held); /* "an N", "the largest N", "a size", "a later run" */
struct lad_check {
	enum lad_held_out held;
	enum lad_mode mode;
	int need;
	const char *quantity; /* "rate", "CPU time", "rate under the SLO" */
	int64_t message_bytes;
	int sessions;
	double predicted, measured; /* messages/s or s */
	double error;		    /* predicted / measured - 1 */
	struct lad_interval interval;
	bool covered;
};

#define LAD_CAPACITY_LEVELS_MAX 16
#define LAD_CAPACITY_SIZES_MAX 16

/* What a need was answered from. */
struct lad_capacity_source {
	struct lad_row_key key; /* without mode, size and topology */
	int64_t message_bytes;	/* that was asked for */
	int64_t sizes[LAD_CAPACITY_SIZES_MAX];
	int levels[LAD_CAPACITY_LEVELS_MAX];
	int size_count, level_count;
};

struct lad_capacity {
	struct lad_capacity_question question;
	struct lad_capacity_source sources[LAD_NEEDS_MAX];
	struct lad_capacity_mode modes[LAD_MODE_COUNT];
	int mode_count;
	struct lad_check *checks; /* owned */
	int check_count;
	int blocks, runs;
	char lab[16], kernel[96], cpu_model[96], time[32], scenario[64];
};

/*
 * Answers QUESTION from TABLE, of one run or several on one machine. LAD_EXIT_USAGE for what cannot be answered from
 * it, with the scenario that would measure what is missing. *CAPACITY is released by lad_capacity_free.
 */
int lad_capacity_make(const struct lad_table *table, const struct lad_capacity_question *question,
		      struct lad_capacity **capacity, struct lad_error *err);
void lad_capacity_free(struct lad_capacity *capacity);

#define LAD_CURVE_POINTS 33

/* One mode's rate over N for one kind of message: what was measured, and the law through it. */
struct lad_capacity_curve {
	enum lad_mode mode;
	struct lad_scaling scaling;
	double measured_n[LAD_CAPACITY_LEVELS_MAX], measured_per_s[LAD_CAPACITY_LEVELS_MAX]; /* medians */
	int measured_count;
	/* CPU time of a message by its size with the least N: a (s) and b (s a byte); 0 sizes: not measured. */
	struct lad_line line;
	int line_sizes;
	struct {
		double n, per_s;
		struct lad_interval interval; /* 90 %, as of an answer by the law */
	} points[LAD_CURVE_POINTS];	      /* from the least to the most measured N, in even ratios */
};

/*
 * The curves of all modes for messages of NEED (its rate is not looked at, its size is one that was measured), into
 * CURVES, room for LAD_MODE_COUNT; KEY gets what they are of. Returns how many: modes in which fewer than
 * LAD_SCALING_POINTS_MIN numbers of sessions were measured have none. -1 with ERR.
 */
int lad_capacity_curves(const struct lad_table *table, const struct lad_need *need, struct lad_row_key *key,
			struct lad_capacity_curve *curves, struct lad_error *err);
/* The sizes that were measured of what NEED is of, ascending; returns how many, 0 when there are none. */
int lad_capacity_sizes(const struct lad_table *table, const struct lad_need *need,
		       int64_t sizes[LAD_CAPACITY_SIZES_MAX]);

/* One expectation: `cpus<=8`, `share<=80%`, `rate>=200k/s`, `rate>=40Gbit`, `from_host<=1.5`, `efficiency>=50%`. */
struct lad_expectation {
	char text[64];
	int figure;
	bool at_most, strict, stream;
	double bound; /* a rate: bit/s or messages/s */
};
int lad_expectation_parse(const char *text, struct lad_expectation *expectation, struct lad_error *err);
/*
 * Whether EXPECTATION holds in MODE, or with -1 in every answered one, by the interval's far end; WHY (128 bytes are
 * enough) says "holds", or in which it does not. LAD_EXIT_USAGE, by -1, where there is no such figure.
 */
int lad_expectation_holds(const struct lad_expectation *expectation, const struct lad_capacity *capacity, int mode,
			  bool *holds, char *why, size_t size, struct lad_error *err);

enum lad_capacity_format { LAD_CAPACITY_TEXT, LAD_CAPACITY_JSON, LAD_CAPACITY_MARKDOWN, LAD_CAPACITY_FORMAT_COUNT };
struct lad_capacity_view {
	enum lad_capacity_format format;
	int mode;      /* of the details; -1: all modes, one line each */
	bool validate; /* what was held out, in place of the answer */
	const struct lad_expectation *expectations;
	int expectation_count;
};
/* Whether every mode that VIEW shows has passed its validation. */
bool lad_capacity_is_validated(const struct lad_capacity *capacity, const struct lad_capacity_view *view);
void lad_capacity_print(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out);
void lad_capacity_print_json(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out);

#endif
