/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/search_run.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "run/search_member.h"

struct group {
	struct run *run;
	int first, count;	/* the plan's trials */
	struct member *members; /* owned; of trial T the place (T - first) / goals */
	int member_count;
	gsl_rng *random; /* owned */
};

/* Which entry of the scenario's workloads it is, whatever the tuning made of it. */
static long workload_number(const struct run *run, const struct lad_trial *trial)
{
	return (trial->workload - run->plan->workloads) % run->scenario->workload_count;
}

static bool same_group(const struct run *run, int a, int b)
{
	const struct lad_trial *one = &run->plan->trials[a], *other = &run->plan->trials[b];
	return one->block == other->block && one->placement == other->placement && one->topology == other->topology &&
	       workload_number(run, one) == workload_number(run, other);
}

int search_group(const struct run *run, int *first)
{
	int end = *first + 1;
	while (*first > 0 && same_group(run, *first - 1, *first))
		(*first)--;
	while (end < run->plan->trial_count && same_group(run, *first, end))
		end++;
	return end - *first;
}

/* Each search draws its own, lest found loads are always the same few; exact figures are to be the same. */
static double grid_offset(const struct group *group)
{
	bool exact = strcmp(group->run->template_row.clock, "instructions") == 0;
	return exact ? 0 : gsl_rng_uniform(group->random);
}

static int begin_search(struct group *group, struct member *member, struct lad_error *err)
{
	struct run *run = group->run;
	const struct lad_plan *plan = run->plan;
	struct lad_search_input input = {
	    .goals = plan->goals,
	    .goal_count = plan->goal_count,
	    .max_load = lad_search_max_load(&run->scenario->search, member->trial->workload),
	    .min_load = lad_search_min_load(plan->goals, plan->goal_count),
	    .grid_offset = grid_offset(group),
	    .limit_s = lad_search_limit_s(&run->scenario->search, plan->goals, plan->goal_count)};
	for (int g = 0; g < plan->goal_count; g++) {
		struct lad_row row;
		run_describe(run, member->trial + g, &row);
		input.hints[g] = search_recall(run, &row);
	}
	member->search = lad_search_begin(&input, err);
	return member->search ? 0 : -1;
}

static int begin_member(struct group *group, int number, struct lad_error *err)
{
	struct run *run = group->run;
	struct member *member = &group->members[number];
	int goals = run->plan->goal_count, first = group->first + number * goals;
	member->trial = &run->plan->trials[first];
	if (first + goals <= run->done) { /* its rows are there */
		member->over = true;
		return 0;
	}
	const char *obstacle = run_obstacle(run, member->trial);
	if (obstacle) {
		member_give_up(member, LAD_STATUS_SKIPPED, obstacle);
		return 0;
	}
	return begin_search(group, member, err);
}

static int search_all(struct group *group, struct lad_error *err)
{
	lad_cleanup_free int *order = calloc((size_t)group->member_count + 1, sizeof *order);
	if (!order)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	for (;;) {
		int left = 0;
		for (int i = 0; i < group->member_count; i++)
			if (!group->members[i].over)
				order[left++] = i;
		if (!left)
			return 0;
		gsl_ran_shuffle(group->random, order, (size_t)left, sizeof *order);
		for (int i = 0; i < left; i++) {
			if (run_stop_asked(group->run))
				return 1;
			int status = member_step(group->run, &group->members[order[i]], left, err);
			if (status != 0)
				return status;
		}
	}
}

/* Puts what was found for goal G into ROW, which is the bounding trial's. */
static void fill_found(const struct member *member, const struct lad_search_found *found, struct lad_row *row)
{
	double rate = found->conditional_throughput * row->sessions, was = forwarded_per_s(row);
	if (row->workload == LAD_UDP_STREAM) {
		row->goodput_bps = was > 0 ? row->goodput_bps * rate / was : 0;
		row->packets_per_s = rate;
	} else {
		row->transactions_per_s = rate;
	}
	row->load_per_s = found->conditional_throughput;
	row->load_lower_per_s = found->lower;
	row->load_upper_per_s = found->upper;
	row->load_trials = lad_search_trial_count(member->search);
	snprintf(row->load_regular, sizeof row->load_regular, found->regular ? "yes" : "no");
	snprintf(row->load_limited_by, sizeof row->load_limited_by, "%s", lad_search_limit_name(found->limited_by));
}

/* Why there is no load that meets the goal. */
static void say_none(const struct member *member, const struct lad_trial *trial, const struct lad_search_found *found,
		     char *out, size_t size)
{
	if (found->limited_by == LAD_LIMIT_TIME)
		snprintf(out, size, "goal %s: search.limit was reached after %d trials, before any load met it",
			 trial->goal->name, lad_search_trial_count(member->search));
	else
		snprintf(out, size, "goal %s: the least load that is tried, %.0f/s, does not meet it",
			 trial->goal->name, found->upper);
}

static int write_found(struct group *group, const struct member *member, const struct lad_trial *trial,
		       struct lad_error *err)
{
	struct run *run = group->run;
	struct lad_row row;
	char reason[256];
	struct lad_search_found found = lad_search_goal_found(member->search, (int)(trial - member->trial));
	if (!found.bounding_trial || !member->kept) {
		say_none(member, trial, &found, reason, sizeof reason);
		return run_write_without(run, trial, LAD_STATUS_SKIPPED, reason, err);
	}
	const struct kept_trial *kept = &member->kept[found.bounding_trial - 1];
	struct lad_row described;
	run_describe(run, trial, &described); /* and the text that the rows of this tuning share */
	row = kept->row;
	row.trial = described.trial;
	row.tuning_settings = described.tuning_settings;
	memcpy(row.goal, described.goal, sizeof row.goal);
	memcpy(row.options, described.options, sizeof row.options);
	fill_found(member, &found, &row);
	kept_latency(kept, run->latency);
	if (lad_results_append(run->writer, &row, run->latency->total ? run->latency : NULL, err) < 0)
		return -1;
	run->outcome->ok++;
	return search_remember(run, &row, err);
}

static int write_steps(struct group *group, const struct member *member, struct lad_error *err)
{
	struct lad_row row;
	run_describe(group->run, member->trial, &row);
	for (int i = 0; i < member->step_count; i++)
		if (lad_results_append_step(group->run->writer, &row, &member->steps[i], err) < 0)
			return -1;
	return 0;
}

static int write_group(struct group *group, struct lad_error *err)
{
	struct run *run = group->run;
	for (int i = group->first; i < group->first + group->count; i++) {
		const struct lad_trial *trial = &run->plan->trials[i];
		const struct member *member = &group->members[(i - group->first) / run->plan->goal_count];
		if (i < run->done)
			continue;
		int status = member->status == LAD_STATUS_OK
				 ? write_found(group, member, trial, err)
				 : run_write_without(run, trial, member->status, member->reason, err);
		if (status < 0 || (trial == member->trial && write_steps(group, member, err) < 0))
			return -1;
	}
	return 0;
}

static void free_group(struct group *group)
{
	for (int i = 0; i < group->member_count; i++)
		member_free(&group->members[i]);
	free(group->members);
	if (group->random)
		gsl_rng_free(group->random);
}

static int make_group(struct group *group, struct lad_error *err)
{
	const struct lad_plan *plan = group->run->plan;
	group->members = calloc((size_t)group->count, sizeof *group->members);
	group->random = gsl_rng_alloc(gsl_rng_mt19937);
	if (!group->members || !group->random)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
	/* The same seed gives the same orders and grids, in each group others. */
	gsl_rng_set(group->random, (unsigned long)((plan->seed ^ plan->seed >> 32) * 2654435761U +
						   (uint64_t)plan->trials[group->first].number) &
				       UINT32_MAX);
	group->member_count = group->count / plan->goal_count;
	for (int i = 0; i < group->member_count; i++)
		if (begin_member(group, i, err) < 0)
			return -1;
	return 0;
}

int search_run_group(struct run *run, int first, int count, struct lad_error *err)
{
	struct group group = {.run = run, .first = first, .count = count};
	int status = make_group(&group, err);
	if (status == 0)
		status = search_all(&group, err);
	if (status == 0)
		status = write_group(&group, err);
	free_group(&group);
	return status;
}
