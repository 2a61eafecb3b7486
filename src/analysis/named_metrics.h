/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_NAMED_METRICS_H
#define ANALYSIS_NAMED_METRICS_H

#include <stddef.h>

#include "netladder/verdict.h"

#define ANALYSIS_METRICS_MAX 24

/* A struct lad_metric of the column MEMBER, which does not compile unless that is a double. */
#define ANALYSIS_METRIC(member, title, unit, scale, lower_is_better)                                                   \
	{                                                                                                              \
#member, title, unit, scale, lower_is_better,                                                          \
		    _Generic(((struct lad_row *)0)->member, double                                                     \
			     : offsetof(struct lad_row, member))                                                       \
	}

/* Whether WORD is one of the comma list LIST, which may be NULL. */
bool analysis_in_list(const char *list, const char *word);

/*
 * The metrics that LIST (lad_metrics_check) names for the workload of ROW, which was measured: its judged ones first,
 * then other columns in the list's order, of those that such a workload fills. NULL: its main figure. Returns how many
 * it wrote to METRICS, -1 without memory.
 */
int analysis_metrics_named(const struct lad_row *row, const char *list,
			   const struct lad_metric *metrics[ANALYSIS_METRICS_MAX]);

#endif
