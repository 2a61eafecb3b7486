/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_KEY_H
#define ANALYSIS_KEY_H

#include "netladder/results.h"

/* What tells one workload's rows from another's, whatever the mode and the tuning. */
struct analysis_key {
	enum lad_placement placement;
	enum lad_workload_kind workload;
	enum lad_cpus cpus;
	int64_t message_bytes;
	int flows; /* -1: any */
	const char *options;
};

/* Of a struct that has fields of these names. */
#define ANALYSIS_KEY(group)                                                                                            \
	((struct analysis_key){(group)->placement, (group)->workload, (group)->cpus, (group)->message_bytes,           \
			       (group)->flows, (group)->options})

/* Whether ROW is of KEY's workload, and not of variant b: variants are compared with each other (compare.h). */
bool analysis_key_fits(struct analysis_key key, const struct lad_row *row);

/* The order of the workloads' words, not of the shuffled first block. As qsort wants it. */
int analysis_key_order(struct analysis_key a, struct analysis_key b);

#endif
