/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SEARCH_LOADS_H
#define SEARCH_LOADS_H

/* The loads that were measured, by their place on the grid, and what bounds they make. */

#include "netladder/search.h"

struct measured_load {
	int place;			   /* on the grid, from 0 */
	struct lad_search_result *results; /* owned */
	int count, capacity;
};

struct loads {
	struct measured_load *sorted; /* owned, by rising place */
	int count, capacity;
};

#define NO_PLACE (-1)

struct bounds {
	int lower, upper; /* places of the Relevant Lower and Upper Bound; NO_PLACE: there is none */
};

/* Adds RESULT at PLACE. -1: out of memory. */
int loads_add(struct loads *loads, int place, const struct lad_search_result *result, struct lad_error *err);
/* What was measured at PLACE, or NULL. */
const struct measured_load *loads_at(const struct loads *loads, int place);
/*
 * The bounds for GOAL. Without an upper bound the lower one is the largest of all, which the RFC's is not (4.8.2): the
 * search has to know where it stands.
 */
struct bounds loads_bounds(const struct loads *loads, const struct lad_search_goal *goal, int goal_index);
/* How many lower bounds there are above PLACE. */
int loads_lower_above(const struct loads *loads, const struct lad_search_goal *goal, int goal_index, int place);
void loads_free(struct loads *loads);

#endif
