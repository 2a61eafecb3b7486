/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_QUALITY_H
#define NETLADDER_QUALITY_H

/*
 * What poisons a benchmark, looked for in the rows of results.csv: other load, stolen CPU time, changing CPU frequency,
 * drift over the blocks, single disturbed blocks, values that fall into two heaps, agents that were not run, searches
 * that did not find the network's own limit. A note is a warning about the measurement, never a change of a verdict.
 */

#include "netladder/results.h"

#define LAD_QUALITY_NOTES_MAX 24

enum lad_quality_kind {
	LAD_QUALITY_LOAD,
	LAD_QUALITY_STEAL,
	LAD_QUALITY_FREQUENCY,
	LAD_QUALITY_DRIFT,
	LAD_QUALITY_DISTURBED,
	LAD_QUALITY_BIMODAL,
	LAD_QUALITY_STALL,
	LAD_QUALITY_SEARCH,
	LAD_QUALITY_COUNT
};
const char *lad_quality_name(enum lad_quality_kind kind); /* "load", "steal", "frequency", … */

struct lad_quality_note {
	enum lad_quality_kind kind;
	char text[240]; /* one sentence with its numbers */
};

struct lad_quality {
	struct lad_quality_note notes[LAD_QUALITY_NOTES_MAX];
	int count;
	double other_cpus;  /* CPUs that others kept busy in the measuring windows, on average; NAN: unknown */
	double steal_ratio; /* CPUs that the hypervisor gave to others, likewise; NAN: unknown */
};

/* Looks at the ok rows of TABLE on the wall clock; the instruction clock has no such troubles. */
void lad_quality_look(const struct lad_table *table, struct lad_quality *quality);

#endif
