/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/plan.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/text.h"
#include "netladder/units.h"

#define BLOCKS_MAX 1000

/* What a trial takes beside its warm-up and its window: prepare, connect, the barrier, drain and results. */
#define TRIAL_OVERHEAD_NS (60 * LAD_NS_PER_MS)

/*
 * gsl's mt19937 looks at 32 bits of the seed and takes 0 for 4357. Folded, every bit of ours counts, and 0 is a seed
 * like any other (the finaliser of SplitMix64: Steele, Lea & Flood, OOPSLA 2014).
 */
static unsigned long fold_seed(uint64_t seed)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
	seed ^= seed >> 31;
	return (unsigned long)(seed & UINT32_MAX);
}

static bool has_mode(const struct lad_scenario *scenario, enum lad_mode mode)
{
	for (int i = 0; i < scenario->mode_count; i++)
		if (scenario->modes[i] == mode)
			return true;
	return false;
}

static int complain_mode(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err)
{
	const char *names[LAD_MODE_COUNT];
	for (int i = 0; i < scenario->mode_count; i++)
		names[i] = lad_mode_name(scenario->modes[i]);
	char valid[128];
	lad_join(valid, sizeof valid, names, (size_t)scenario->mode_count);
	return lad_error_set(err, LAD_EXIT_USAGE, "%s is not a mode of scenario %s; valid: %s", lad_mode_name(mode),
			     scenario->name, valid);
}

/* Which of the scenario's modes to measure: those of --only, in the scenario's order. Returns how many, or -1. */
static int select_modes(const struct lad_scenario *scenario, const bool only[LAD_MODE_COUNT],
			enum lad_mode modes[LAD_MODE_COUNT], struct lad_error *err)
{
	bool any = false;
	for (int i = 0; i < LAD_MODE_COUNT; i++) {
		if (only[i] && !has_mode(scenario, (enum lad_mode)i))
			return complain_mode(scenario, (enum lad_mode)i, err);
		any = any || only[i];
	}
	int count = 0;
	for (int i = 0; i < scenario->mode_count; i++)
		if (!any || only[scenario->modes[i]])
			modes[count++] = scenario->modes[i];
	return count;
}

/* WORKLOAD with what TUNING puts in its place. */
static struct lad_workload tuned_workload(const struct lad_workload *workload, const struct lad_tuning *tuning)
{
	struct lad_workload tuned = *workload;
	tuned.flows = (int)lad_tuning_integer(tuning, LAD_SETTING_FLOWS, workload->flows);
	tuned.socket_buffer_bytes =
	    lad_tuning_integer(tuning, LAD_SETTING_SOCKET_BUFFER, workload->socket_buffer_bytes);
	const struct lad_setting_value *algorithm = &tuning->settings[LAD_SETTING_CONGESTION_CONTROL];
	if (algorithm->set && *workload->congestion_control) /* UDP has none */
		snprintf(tuned.congestion_control, sizeof tuned.congestion_control, "%.15s", algorithm->text);
	return tuned;
}

static int make_workloads(const struct lad_scenario *scenario, struct lad_plan *plan)
{
	plan->workloads = calloc((size_t)(scenario->tuning_count * scenario->workload_count), sizeof *plan->workloads);
	if (!plan->workloads)
		return -1;
	for (int t = 0; t < scenario->tuning_count; t++)
		for (int w = 0; w < scenario->workload_count; w++)
			plan->workloads[t * scenario->workload_count + w] =
			    tuned_workload(&scenario->workloads[w], &scenario->tunings[t]);
	return 0;
}

/* The combinations of one mode in one placement. Returns how many. */
static int fill_mode(const struct lad_scenario *scenario, const struct lad_plan *plan, struct lad_trial trial,
		     struct lad_trial *trials)
{
	int count = 0;
	for (int w = 0; w < scenario->workload_count; w++)
		for (int t = 0; t < scenario->tuning_count; t++) {
			trial.workload = &plan->workloads[t * scenario->workload_count + w];
			trial.tuning = &scenario->tunings[t];
			trials[count++] = trial;
		}
	return count;
}

/* Writes one block's combinations to TRIALS in their plain order. Returns how many. */
static int fill_block(const struct lad_scenario *scenario, const struct lad_plan *plan, const enum lad_mode *modes,
		      int mode_count, int block, struct lad_trial *trials)
{
	int count = 0;
	for (int m = 0; m < mode_count; m++)
		for (int p = 0; p < scenario->placement_count; p++) {
			struct lad_trial trial = {
			    .block = block, .mode = modes[m], .placement = scenario->placements[p]};
			count += fill_mode(scenario, plan, trial, trials + count);
		}
	return count;
}

static int fill_plan(const struct lad_scenario *scenario, const enum lad_mode *modes, int mode_count,
		     struct lad_plan *plan)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!random)
		return -1;
	gsl_rng_set(random, fold_seed(plan->seed));
	struct lad_trial *at = plan->trials;
	for (int block = 1; block <= plan->blocks; block++) {
		int count = fill_block(scenario, plan, modes, mode_count, block, at);
		gsl_ran_shuffle(random, at, (size_t)count, sizeof *at); /* Fisher-Yates */
		at += count;
	}
	gsl_rng_free(random);
	for (int i = 0; i < plan->trial_count; i++)
		plan->trials[i].number = i + 1;
	return 0;
}

int lad_plan_make(const struct lad_scenario *scenario, const struct lad_plan_options *options, struct lad_plan *plan,
		  struct lad_error *err)
{
	static const struct lad_plan_options as_written;
	enum lad_mode modes[LAD_MODE_COUNT];
	memset(plan, 0, sizeof *plan);
	options = options ? options : &as_written;
	if (options->blocks < 0 || options->blocks > BLOCKS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d blocks is out of range; valid: 1 to %d", options->blocks,
				     BLOCKS_MAX);
	int mode_count = select_modes(scenario, options->only, modes, err);
	if (mode_count < 0)
		return -1;
	plan->blocks = options->quick ? scenario->quick_blocks : scenario->blocks;
	plan->blocks = options->blocks ? options->blocks : plan->blocks;
	plan->warmup_ns = options->quick ? scenario->quick_warmup_ns : scenario->warmup_ns;
	plan->duration_ns = options->quick ? scenario->quick_duration_ns : scenario->duration_ns;
	plan->seed = options->has_seed ? options->seed : scenario->seed;
	plan->trial_count =
	    plan->blocks * mode_count * scenario->placement_count * scenario->workload_count * scenario->tuning_count;
	plan->trials = calloc((size_t)plan->trial_count, sizeof *plan->trials);
	if (!plan->trials || make_workloads(scenario, plan) < 0 || fill_plan(scenario, modes, mode_count, plan) < 0) {
		lad_plan_free(plan);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the plan");
	}
	return 0;
}

void lad_plan_free(struct lad_plan *plan)
{
	free(plan->trials);
	free(plan->workloads);
	memset(plan, 0, sizeof *plan);
}

int64_t lad_plan_estimate_ns(const struct lad_plan *plan)
{
	return plan->trial_count * (TRIAL_OVERHEAD_NS + plan->warmup_ns + plan->duration_ns);
}
