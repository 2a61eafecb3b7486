/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_SENTENCE_H
#define REPORT_SENTENCE_H

/* The verdict in one sentence that needs no statistics to be understood. */

#include "report/report.h"

/* How one relation fared over the workloads' main figures. */
struct relation_tally {
	struct lad_relation relation;
	int counts[4]; /* by enum lad_verdict_kind */
	int total;
};

struct tally {
	struct relation_tally relations[LAD_RELATIONS_MAX];
	int relation_count;
	int counts[4], total;
	int groups;	   /* primary groups */
	int judged_groups; /* of these, with a relation that was measured */
	int blocks_needed; /* the most that any open judgement asks for; -1: one that no number would settle */
};

struct tally tally_make(const struct lad_verdict *verdict);
/* The kind that stands for the whole: refuted before inconclusive before confirmed; not measured without any. */
enum lad_verdict_kind tally_kind(const struct tally *tally);

struct sentence {
	char text[2048];
};

/* "The expected order … holds on this machine: …" Plain text in UTF-8. */
struct sentence sentence_make(const struct lad_verdict *verdict);

/* What became of the base's figures: "Nothing got worse …", "3 of 40 figures are worse …". */
struct sentence comparison_sentence(const struct report_comparison *comparison);

/* What the tunings do at best; "" where there is only one. */
struct sentence tuning_sentence(const struct lad_verdict *verdict);

/* The range of a mode's rate against host over the verdict's primary groups; NAN when host or mode has none. */
struct lad_interval share_of_host(const struct lad_verdict *verdict, enum lad_mode mode);

#endif
