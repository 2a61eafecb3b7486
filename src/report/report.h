/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

/* What the parts of the report share: the inputs as read, and the words for groups and numbers. */

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "netladder/compare.h"
#include "netladder/report.h"
#include "netladder/scenario.h"
#include "netladder/verdict.h"

/* A file of a results folder, as it stands there. */
struct report_file {
	char *bytes; /* owned, a NUL follows; NULL: not there */
	size_t length;
};

/* One results folder. */
struct report_source {
	char folder[4096];
	char label[128]; /* the folder's base name */
	struct report_file csv, scenario_text, environment_text, histograms;
	struct lad_table table;
	struct lad_verdict verdict;
	struct lad_scenario scenario;
	struct lad_verdict_options
	    options; /* how it was judged; points into the scenario, or is the documented order */
	char histograms_path[4200];
	bool has_scenario;	    /* scenario.yaml is there and this version reads it */
	char scenario_missing[256]; /* else why not */
	cJSON *environment;	    /* NULL: not there, or no JSON */
	/* What the files lack, by their names in the folder; "": nothing. */
	char incomplete[256], histograms_cut[256];
	int ok, failed, skipped; /* rows */
	int blocks;
};

/* FRESH held against BASE: two folders, or the two variants of one. */
struct report_comparison {
	char base_label[128], fresh_label[128];
	const struct report_source *base, *fresh; /* the same for variants */
	struct lad_compare compare;
};

struct report {
	const struct lad_report_request *request;
	struct report_source *sources; /* owned */
	int count;
	const struct report_source *current;   /* the one that the report is about: the last */
	struct report_comparison *comparisons; /* owned */
	int comparison_count;
};

/* Reads the request's folders. Free with report_close, also after an error. */
int report_open(const struct lad_report_request *request, struct report *report, struct lad_error *err);
void report_close(struct report *report);

/* A text of bounded length by value, for use in place: `html_put(out, "<td>{}</td>", number(x).text, NULL)`. */
struct words {
	char text[440];
};

/* Four significant digits, "–" for NAN. */
struct words number(double value);
/* "[7.1, 7.3]", or "" without an interval. DIGITS of REFERENCE, so that value and interval match. */
struct words interval(struct lad_interval interval, double reference);
struct words percent(double ratio); /* 0.953 as "95 %" */
struct words whole(long value);
struct words unit_of(const struct lad_metric *metric); /* the metric's unit, with µ */

/* What a group measures, in words: "TCP bulk transfer, one shared core", and what sets it apart in this verdict. */
struct words group_title(const struct lad_verdict *verdict, const struct lad_group *group);
/* The same in the scenario's words: "tcp_stream shared". */
struct words group_key(const struct lad_verdict *verdict, const struct lad_group *group);
/* What the workload is, in words. */
/* "macvlan ≈ ipvlan-l2" */
struct words relation_text(const struct lad_relation *relation);
/* The relations as one chain: "host > macvlan ≈ ipvlan-l2 > bridge". */
struct words order_text(const struct lad_relation *relations, int count);

const struct lad_cell *group_cell(const struct lad_group *group, enum lad_mode mode);
bool same_combination(const struct lad_group *a, const struct lad_group *b, bool with_tuning);

/* The tuning that the others are compared with: what the run says, else "default", else the first. */
const char *base_tuning(const struct report_source *source);
bool has_sweep(const struct lad_verdict *verdict); /* more than one tuning */
bool on_instruction_clock(const struct lad_verdict *verdict);

#endif
