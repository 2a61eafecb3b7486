/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_SESSIONS_H
#define CHART_SESSIONS_H

/* sessions.csv for the kinds that draw single sessions: the workload's main figure of each judged session. */

#include "chart/groups.h"

#define SESSION_HOSTS_MAX 8
#define SESSION_NUMBERS_MAX 256

struct session_figure {
	int group, mode, session; /* SESSION from 1 */
	int from, to;		  /* the hosts of its generator and its sink, from 1 */
	double value;		  /* in the group's unit */
	double fairness;	  /* of its trial */
};

struct session_figures {
	struct row_groups groups;
	int order[PAGE_PANELS_MAX];			   /* of the groups */
	const struct lad_metric *metrics[PAGE_PANELS_MAX]; /* of each group, in the unit that fits its largest value */
	struct session_figure *list;			   /* owned */
	size_t count, capacity;
	char scenario[64];
};

/*
 * Reads those of REQUEST's one source, at most CAPACITY groups of them. KIND names the chart in what is said when there
 * are none. Released by session_figures_free, also after a failure.
 */
int session_figures_read(const struct lad_chart_request *request, const char *kind, int capacity,
			 struct session_figures *figures, struct lad_error *err);
void session_figures_free(struct session_figures *figures);

/* The median over the blocks of VALUE of those figures that LIKE lets through; NAN when there are none. */
double session_figures_median(const struct session_figures *figures, const struct session_figure *like,
			      bool (*fits)(const struct session_figure *like, const struct session_figure *figure),
			      double (*value)(const struct session_figure *figure));

#endif
