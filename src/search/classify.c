/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "netladder/search.h"

/*
 * What the trials at one load say of a goal: RFC 9971, Appendices A and B. Sums of durations that are equal but for
 * rounding are equal.
 */
#define ROUNDING 1e-9

struct sums {
	double full_high_s, full_low_s, short_high_s, short_low_s;
};

static struct sums add_up(const struct lad_search_goal *goal, int goal_index, const struct lad_search_result *results,
			  int count)
{
	struct sums sums = {0};
	for (int i = 0; i < count; i++) {
		const struct lad_search_outcome *outcome = &results[i].outcome;
		bool high = outcome->loss_ratio[goal_index] > goal->loss_ratio;
		bool brief = results[i].intended_s < goal->final_duration_s * (1 - ROUNDING);
		double *sum = brief ? (high ? &sums.short_high_s : &sums.short_low_s)
				    : (high ? &sums.full_high_s : &sums.full_low_s);
		*sum += outcome->duration_s;
	}
	return sums;
}

enum lad_load_class lad_search_classify(const struct lad_search_goal *goal, int goal_index,
					const struct lad_search_result *results, int count)
{
	struct sums sums = add_up(goal, goal_index, results, count);
	/* Short trials say nothing for a load, and against it only what the others of them do not make up for. */
	double made_up_s = sums.short_low_s * goal->exceed_ratio / (1 - goal->exceed_ratio);
	double high_s = sums.full_high_s + fmax(0, sums.short_high_s - made_up_s);
	double whole_s = fmax(high_s + sums.full_low_s, goal->duration_sum_s);
	double tolerated_s = whole_s * (goal->exceed_ratio + ROUNDING);
	/* As if all that is still missing were lost, and as if none of it were. */
	if (whole_s - sums.full_low_s <= tolerated_s)
		return LAD_LOAD_LOWER_BOUND;
	return high_s <= tolerated_s ? LAD_LOAD_UNDECIDED : LAD_LOAD_UPPER_BOUND;
}

/* The full-length result with the least loss among those that come behind AFTER in the order of loss, then of number;
 * NULL: there is none. */
static const struct lad_search_result *next_by_loss(const struct lad_search_goal *goal, int goal_index,
						    const struct lad_search_result *results, int count,
						    const struct lad_search_result *after)
{
	const struct lad_search_result *best = NULL;
	for (int i = 0; i < count; i++) {
		const struct lad_search_result *one = &results[i];
		double loss = one->outcome.loss_ratio[goal_index];
		if (one->intended_s < goal->final_duration_s * (1 - ROUNDING))
			continue;
		if (after) {
			double least = after->outcome.loss_ratio[goal_index];
			if (loss < least || (loss == least && one <= after))
				continue;
		}
		if (!best || loss < best->outcome.loss_ratio[goal_index])
			best = one;
	}
	return best;
}

double lad_search_conditional_throughput(const struct lad_search_goal *goal, int goal_index, double load,
					 const struct lad_search_result *results, int count, int *number)
{
	struct sums sums = add_up(goal, goal_index, results, count);
	double whole_s = fmax(goal->duration_sum_s, sums.full_low_s + sums.full_high_s);
	double remaining_s = whole_s * (1 - goal->exceed_ratio);
	const struct lad_search_result *at = NULL, *next;
	/* The loss that so large a share of the trials stays within as is not tolerated to exceed. */
	while ((!at || remaining_s > whole_s * ROUNDING) &&
	       (next = next_by_loss(goal, goal_index, results, count, at)) != NULL) {
		at = next;
		remaining_s -= at->outcome.duration_s;
	}
	if (!at || remaining_s > whole_s * ROUNDING)
		at = NULL;
	if (number)
		*number = at ? at->number : 0;
	return at ? load * (1 - at->outcome.loss_ratio[goal_index]) : 0;
}
