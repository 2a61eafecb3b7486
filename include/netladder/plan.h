/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_PLAN_H
#define NETLADDER_PLAN_H

/*
 * The scenario expanded to an ordered list of trials: randomised complete blocks. Each block holds every combination
 * of mode, placement, tuning and workload once, in a fresh order drawn from the seed (Fisher-Yates on gsl_rng_mt19937),
 * so that drift of the machine hits all modes alike (Box, Hunter & Hunter, Statistics for Experimenters, ch. 4).
 */

#include "netladder/error.h"
#include "netladder/scenario.h"

struct lad_trial {
	int number; /* 1-based, over the whole plan */
	int block;  /* 1-based */
	enum lad_mode mode;
	enum lad_placement placement;
	/* With what the tuning puts in place of flows, socket buffer and congestion control; lives as long as the plan.
	 */
	const struct lad_workload *workload;
	/* What runs beside it, over the same version of IP and on the same CPUs; lives as long as the plan. */
	const struct lad_workload *backgrounds;
	int background_count;
	const struct lad_tuning *tuning;     /* never NULL; points into the scenario */
	const struct lad_topology *topology; /* points into the scenario; NULL: a pair */
	char variant;			     /* 'a' or 'b' of a plan with variants, else 0 */
	/* Of a search: the goal whose row this is; NULL: none. One search fills the rows of all its goals, which stand
	 * side by side. Points into the plan. */
	const struct lad_search_goal *goal;
};

/* Who talks to whom in TRIAL. */
static inline const struct lad_topology *lad_trial_topology(const struct lad_trial *trial)
{
	return trial->topology ? trial->topology : &lad_topology_pair;
}

/* How many sessions TRIAL has: those of its topology for what is judged, and as many for each background. */
static inline int lad_trial_session_count(const struct lad_trial *trial)
{
	return lad_topology_sessions(lad_trial_topology(trial)) * (1 + trial->background_count);
}

struct lad_plan {
	struct lad_trial *trials; /* owned */
	int trial_count;
	struct lad_search_goal *goals;	  /* owned */
	int goal_count;			  /* 0: no search */
	struct lad_workload *workloads;	  /* owned: the scenario's, for each tuning */
	struct lad_workload *backgrounds; /* owned: LAD_BACKGROUNDS_MAX places for each of those; NULL: none has any */
	int blocks;
	int64_t warmup_ns, duration_ns;
	uint64_t seed;
	bool stop_when_decided; /* `blocks` is the most: the run may stop after any block */
	bool variants;
};

struct lad_plan_options {
	bool quick;
	int blocks; /* 0: as the scenario says */
	bool has_seed;
	uint64_t seed;
	bool only[LAD_MODE_COUNT]; /* all false: every mode of the scenario */
	/*
	 * Two variants of everything, a and b, measured one right after the other in random order, so that whatever the
	 * machine does hits both: the same twice (another agent makes the difference), or the scenario's first tuning
	 * against the one of this name, the others left out.
	 */
	bool versus;
	const char *versus_tuning; /* NULL: the same tuning; implies versus */
	bool stop_when_decided;	   /* as `blocks: auto`, unless `blocks` is given */
};

/* Expands SCENARIO. PLAN is released by lad_plan_free; SCENARIO must outlive it. */
int lad_plan_make(const struct lad_scenario *scenario, const struct lad_plan_options *options, struct lad_plan *plan,
		  struct lad_error *err);
void lad_plan_free(struct lad_plan *plan);

/* How many trials stand side by side that are not run one by one: the rows of one search; 1 without. */
static inline int lad_plan_rows_together(const struct lad_plan *plan)
{
	return plan->goal_count ? plan->goal_count : 1;
}

/* What the plan will take on this machine, in nanoseconds: per trial set-up, warm-up, window and drain. */
int64_t lad_plan_estimate_ns(const struct lad_plan *plan);

#endif
