/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_PROGRESS_H
#define RUN_PROGRESS_H

#include "netladder/plan.h"

/* The progress of a run on stderr: one redrawn line on a terminal, else a plain line a block. */
struct progress {
	const struct lad_plan *plan;
	int skip; /* trials at the beginning that an earlier run did */
	bool terminal, quiet;
	int64_t begin_ns, estimate_ns; /* of the whole plan, until trials have shown better */
};

void progress_begin(struct progress *progress, const struct lad_plan *plan, int skip, int64_t estimate_ns,
		    bool terminal, bool quiet);
void progress_trial(struct progress *progress, const struct lad_trial *trial);
/* TRIAL's search is at its STEP-th trial, and LEFT searches of its group are not over. */
void progress_search(struct progress *progress, const struct lad_trial *trial, int step, double load, int left);
void progress_end(struct progress *progress);

#endif
