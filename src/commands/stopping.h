/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMANDS_STOPPING_H
#define COMMANDS_STOPPING_H

/* `run` with automatic blocks or with two variants: when it is enough, and the comparison at its end. */

#include <stdbool.h>

#include "netladder/compare.h"
#include "netladder/plan.h"
#include "netladder/scenario.h"

struct stopping {
	const struct lad_scenario *scenario;
	const struct lad_plan *plan;
	const char *directory; /* results.csv in it */
	const char *metrics;   /* of the comparison; NULL: each workload's main figure */
};

/* lad_run_options.enough, DATA a struct stopping: at the looks of the schedule, judges what is there. */
int stop_when_decided(int block, void *data, struct lad_error *err);

/* Looks for what may have spoilt the measurement (quality.h) and puts it into the environment.json. */
int stopping_record_quality(const struct stopping *stopping, struct lad_error *err);

/* Compares the variants in the results.csv and prints it. Returns the exit code. */
int stopping_print_versus(const struct stopping *stopping, bool json, struct lad_error *err);

#endif
