/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_STATE_H
#define RUN_STATE_H

/* A run under way, which run.c shares with search_run.c. */

#include "netladder/lab.h"
#include "netladder/results.h"
#include "netladder/run.h"
#include "run/progress.h"

struct search_memory; /* search_run.h */

struct run {
	const struct lad_scenario *scenario;
	const struct lad_plan *plan;
	const struct lad_run_options *options;
	struct lad_run_outcome *outcome;
	struct lad_lab lab;
	struct lad_trial_context context;
	struct lad_trial_texts texts; /* of the row that is being made, as the next */
	char settings[LAD_TUNING_TEXT_MAX];
	struct lad_results_writer *writer;
	struct lad_row template_row;
	struct lad_histogram *latency;
	int agent, base_agent; /* the base's is that of variant a */
	bool usable[LAD_MODE_COUNT];
	char reasons[LAD_MODE_COUNT][512]; /* why a mode is not usable */
	char run_id[sizeof((struct lad_row *)0)->run_id];
	int done; /* trials that the results held already */
	struct progress progress;
	struct search_memory *memory; /* owned */
};

/* What ROW has before TRIAL is measured. */
void run_describe(struct run *run, const struct lad_trial *trial, struct lad_row *row);
/* Why TRIAL cannot be measured here, or NULL. */
const char *run_obstacle(const struct run *run, const struct lad_trial *trial);
/* Writes the row of a trial without figures, for REASON. */
int run_write_without(struct run *run, const struct lad_trial *trial, enum lad_status status, const char *reason,
		      struct lad_error *err);
/* Makes TRIAL's variant of the agent the one that is started. */
void run_choose_agent(struct run *run, const struct lad_trial *trial);
/* Whether a signal has asked for the end. */
bool run_stop_asked(const struct run *run);

#endif
