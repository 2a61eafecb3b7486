/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/progress.h"

#include <stdio.h>
#include <time.h>

#include "netladder/units.h"

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

void progress_begin(struct progress *progress, const struct lad_plan *plan, int skip, int64_t estimate_ns,
		    bool terminal, bool quiet)
{
	*progress = (struct progress){.plan = plan,
				      .skip = skip,
				      .terminal = terminal,
				      .quiet = quiet,
				      .begin_ns = now_ns(),
				      .estimate_ns = estimate_ns};
}

void progress_trial(struct progress *progress, const struct lad_trial *trial)
{
	const struct lad_plan *plan = progress->plan;
	int done = trial->number - 1;
	bool first_of_block = done == 0 || plan->trials[done - 1].block != trial->block;
	if (progress->quiet || (!progress->terminal && !first_of_block))
		return;
	int64_t elapsed_ns = now_ns() - progress->begin_ns;
	int here = done - progress->skip, left = plan->trial_count - done;
	int64_t each_ns = here > 0 ? elapsed_ns / here : progress->estimate_ns / plan->trial_count;
	int64_t left_ns = each_ns * left;
	char topology[64];
	lad_topology_describe(lad_trial_topology(trial), topology, sizeof topology);
	fprintf(stderr, "%sblock %d/%d, trial %d/%d: %s %s (%s%s%s), %d:%02d left%s", progress->terminal ? "\r" : "",
		trial->block, plan->blocks, trial->number, plan->trial_count, lad_mode_name(trial->mode),
		lad_workload_name(trial->workload->kind), lad_cpus_name(trial->workload->cpus), topology[0] ? " " : "",
		topology, (int)(left_ns / LAD_NS_PER_S / 60), (int)(left_ns / LAD_NS_PER_S % 60),
		progress->terminal ? "\033[K" : "\n");
	fflush(stderr);
}

void progress_search(struct progress *progress, const struct lad_trial *trial, int step, double load, int left)
{
	if (progress->quiet || !progress->terminal)
		return;
	fprintf(stderr, "\rblock %d/%d, %s %s (%s): search, trial %d at %.0f/s; %d search%s under way\033[K",
		trial->block, progress->plan->blocks, lad_mode_name(trial->mode),
		lad_workload_name(trial->workload->kind), lad_cpus_name(trial->workload->cpus), step, load, left,
		left == 1 ? "" : "es");
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->terminal && !progress->quiet)
		fputs("\r\033[K", stderr);
}
