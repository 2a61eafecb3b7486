/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_RESUME_H
#define RUN_RESUME_H

#include "netladder/results.h"
#include "netladder/run.h"

/*
 * A run that was interrupted, or killed, goes on where its results end: with the same scenario, plan, kernel and
 * version, or the rows would not be of one run. More blocks than were planned are refused as well: to look at a
 * verdict and measure on until it pleases is not the test that the verdict describes (`blocks: auto` is).
 */

/* Reads what DIRECTORY holds; SCENARIO_PATH must be the scenario it was made from. TABLE: by lad_table_free. */
int run_resume_read(const char *directory, const char *scenario_path, const struct lad_plan *plan,
		    struct lad_table *table, struct lad_error *err);

/* Whether ROW of the results is of the trial that EXPECTED describes. */
int run_resume_check(const struct lad_row *row, const struct lad_row *expected, struct lad_error *err);

#endif
