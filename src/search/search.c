/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/loads.h"

/*
 * How the next load is chosen, which the RFC leaves open (4.9.2). First come a warm-up, a trial at Max Load, one at the
 * rate that it forwarded and one at the rate which that forwarded: the search then stands near what it looks for. Three
 * rounds follow, each with half the width of the one before and with more trials at each load, up to what the goals ask
 * for; so most loads are passed after one trial, and only the last few get all of theirs. Of what the goals wish for in
 * a round the smallest load is measured first (5.3.4), because a larger one may turn out to be irrelevant.
 */
#define ROUNDS 3
/* Steps of the grid in the narrowest width. */
#define WIDTH_STEPS 2
/* An upper bound so many widths above the lower one is Max Load's, and says nothing of where to look. */
#define FAR_WIDTHS 16
#define ROUNDING 1e-6

enum phase { WARM_UP, AT_MAX, AT_FORWARDED, AT_FORWARDED_AGAIN, ROUND };

/* How a goal leaves the loads that were measured, up or down: from the bound FROM on, in steps that double. */
struct extension {
	int from, direction, step; /* direction 0: not yet */
};

struct goal {
	struct lad_search_goal as_asked;
	int width; /* in steps */
	struct bounds expected;
	struct extension extensions[ROUNDS];
};

struct lad_search {
	struct goal goals[LAD_SEARCH_GOALS_MAX];
	int goal_count;
	double top_load, step; /* of the grid: its last place, and the step's logarithm */
	int top;
	double limit_s, cost_s;
	struct loads loads;
	enum phase phase;
	int place; /* wanted next; NO_PLACE: the search is over */
	double duration_s;
	int trials;
};

static double load_at(const struct lad_search *search, int place)
{
	return search->top_load * exp((place - search->top) * search->step);
}

/* The largest place whose load is not above LOAD, on the grid in any case. */
static int place_of(const struct lad_search *search, double load)
{
	double below = load > 0 ? floor(log(load / search->top_load) / search->step + ROUNDING) : -search->top;
	return below >= 0 ? search->top : below <= -search->top ? 0 : search->top + (int)below;
}

static double longest_duration_s(const struct lad_search *search)
{
	double longest_s = 0;
	for (int g = 0; g < search->goal_count; g++)
		longest_s = fmax(longest_s, search->goals[g].as_asked.final_duration_s);
	return longest_s;
}

/* What ROUND, from 0, is content with in place of what was asked for. */
static struct lad_search_goal goal_in_round(const struct goal *goal, int round)
{
	struct lad_search_goal easier = goal->as_asked;
	double trials = easier.duration_sum_s / easier.final_duration_s;
	if (trials > 1)
		easier.duration_sum_s = easier.final_duration_s * pow(trials, (double)round / (ROUNDS - 1));
	return easier;
}

static struct bounds bounds_in_round(const struct lad_search *search, int g, int round)
{
	struct lad_search_goal goal = goal_in_round(&search->goals[g], round);
	return loads_bounds(&search->loads, &goal, g);
}

static int extend(const struct lad_search *search, struct extension *extension, int from, int direction, int least)
{
	if (extension->from != from || extension->direction != direction) {
		extension->step = extension->direction == direction ? 2 * extension->step : least;
		extension->from = from;
		extension->direction = direction;
	}
	int place = from + direction * extension->step;
	return place < 0 ? 0 : place > search->top ? search->top : place;
}

/* Whether no load at all can change what BOUNDS say, or those are near enough. */
static bool is_settled(const struct lad_search *search, struct bounds bounds, int width)
{
	if (bounds.lower == search->top || bounds.upper == 0)
		return true;
	return bounds.lower != NO_PLACE && bounds.upper != NO_PLACE && bounds.upper - bounds.lower <= width;
}

/* The place that goal G wants measured in ROUND, or NO_PLACE. */
static int wish(struct lad_search *search, int g, int round)
{
	struct goal *goal = &search->goals[g];
	int width = goal->width << (ROUNDS - 1 - round);
	struct bounds have = bounds_in_round(search, g, round);
	if (is_settled(search, have, width))
		return NO_PLACE;
	/* Where nothing is certain yet, what the round before was content with is probable. */
	struct bounds probable = round ? bounds_in_round(search, g, round - 1) : goal->expected;
	int lower = have.lower, upper = have.upper;
	if (lower == NO_PLACE && (upper == NO_PLACE || probable.lower < upper))
		lower = probable.lower;
	if (upper == NO_PLACE && probable.upper > lower)
		upper = probable.upper;
	if (lower == NO_PLACE && upper == NO_PLACE)
		return search->top; /* never: each first trial of a load is a bound in the first round */
	if (lower == NO_PLACE)
		return have.upper == NO_PLACE ? upper : extend(search, &goal->extensions[round], upper, -1, width);
	if (upper == NO_PLACE)
		return have.lower == NO_PLACE ? lower : extend(search, &goal->extensions[round], lower, 1, width);
	int middle = lower + (upper - lower) / 2;
	if (upper - lower > FAR_WIDTHS * width) {
		int near = extend(search, &goal->extensions[round], lower, 1, width);
		return near < middle ? near : middle;
	}
	if (upper - lower > width)
		return middle;
	return have.lower == NO_PLACE ? lower : upper;
}

static void want(struct lad_search *search, int place, double duration_s)
{
	search->place = place;
	search->duration_s = duration_s;
}

static void choose(struct lad_search *search)
{
	want(search, NO_PLACE, 0);
	if ((search->limit_s > 0 && search->cost_s >= search->limit_s) || search->trials >= LAD_SEARCH_TRIALS_MAX)
		return;
	for (int round = 0; round < ROUNDS && search->place == NO_PLACE; round++)
		for (int g = 0; g < search->goal_count; g++) {
			int place = wish(search, g, round);
			if (place != NO_PLACE && (search->place == NO_PLACE || place < search->place))
				want(search, place, search->goals[g].as_asked.final_duration_s);
		}
}

/* After a trial that forwarded RATE. */
static void go_on(struct lad_search *search, double rate)
{
	int place = place_of(search, rate);
	switch (search->phase) {
	case WARM_UP:
		search->phase = AT_MAX;
		return;
	case AT_MAX:
	case AT_FORWARDED:
		search->phase++;
		if (!loads_at(&search->loads, place)) {
			want(search, place, longest_duration_s(search));
			return;
		}
		search->phase = ROUND;
		break;
	case AT_FORWARDED_AGAIN:
	case ROUND:
		search->phase = ROUND;
		break;
	}
	choose(search);
}

static int check_goal(const struct lad_search_goal *goal, struct lad_error *err)
{
	bool valid = goal->final_duration_s > 0 && goal->duration_sum_s > 0 && goal->loss_ratio >= 0 &&
		     goal->loss_ratio < 1 && goal->exceed_ratio >= 0 && goal->exceed_ratio < 1 &&
		     goal->width_ratio > 0 && goal->width_ratio < 1;
	return valid ? 0 : lad_error_set(err, LAD_EXIT_USAGE, "goal %s: an attribute is out of its range", goal->name);
}

static int check(const struct lad_search_input *input, struct lad_error *err)
{
	if (input->goal_count < 1 || input->goal_count > LAD_SEARCH_GOALS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d goals; valid: 1 to %d", input->goal_count,
				     LAD_SEARCH_GOALS_MAX);
	if (!(input->min_load > 0 && input->min_load < input->max_load))
		return lad_error_set(err, LAD_EXIT_USAGE, "loads from %g/s to %g/s are no range to search",
				     input->min_load, input->max_load);
	for (int i = 0; i < input->goal_count; i++)
		if (check_goal(&input->goals[i], err) < 0)
			return -1;
	return 0;
}

static void make_grid(struct lad_search *search, const struct lad_search_input *input)
{
	double narrowest = 1;
	for (int i = 0; i < input->goal_count; i++)
		narrowest = fmin(narrowest, input->goals[i].width_ratio);
	search->step = -log1p(-narrowest) / WIDTH_STEPS;
	search->top_load = input->max_load * exp(-input->grid_offset * search->step);
	double places = log(search->top_load / input->min_load) / search->step;
	search->top = places > 1 ? (int)places : 1;
}

/* Where both are on the grid and apart. */
static struct bounds expected_bounds(const struct lad_search *search, const struct lad_search_hint *hint)
{
	struct bounds bounds = {NO_PLACE, NO_PLACE};
	if (hint->lower > 0 && hint->upper > hint->lower) {
		bounds.lower = place_of(search, hint->lower);
		bounds.upper = place_of(search, hint->upper);
		bounds.upper += bounds.upper == bounds.lower && bounds.upper < search->top;
	}
	return bounds;
}

struct lad_search *lad_search_begin(const struct lad_search_input *input, struct lad_error *err)
{
	if (check(input, err) < 0)
		return NULL;
	struct lad_search *search = calloc(1, sizeof *search);
	if (!search) {
		lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the search");
		return NULL;
	}
	make_grid(search, input);
	search->limit_s = input->limit_s;
	search->goal_count = input->goal_count;
	bool known = true;
	for (int i = 0; i < input->goal_count; i++) {
		struct goal *goal = &search->goals[i];
		goal->as_asked = input->goals[i];
		goal->width = (int)(-log1p(-goal->as_asked.width_ratio) / search->step + ROUNDING);
		goal->expected = expected_bounds(search, &input->hints[i]);
		known = known && goal->expected.lower != NO_PLACE;
	}
	want(search, search->top, longest_duration_s(search));
	if (known) {
		search->phase = ROUND;
		choose(search);
	}
	return search;
}

void lad_search_end(struct lad_search *search)
{
	if (!search)
		return;
	loads_free(&search->loads);
	free(search);
}

bool lad_search_next(const struct lad_search *search, struct lad_search_trial *trial)
{
	if (search->place == NO_PLACE)
		return false;
	*trial = (struct lad_search_trial){
	    .load = load_at(search, search->place),
	    .duration_s = search->duration_s,
	    .warm_up = search->phase == WARM_UP,
	};
	return true;
}

int lad_search_take(struct lad_search *search, const struct lad_search_outcome *outcome, struct lad_error *err)
{
	struct lad_search_result result = {
	    .number = ++search->trials, .intended_s = search->duration_s, .outcome = *outcome};
	search->cost_s += outcome->cost_s;
	if (search->phase != WARM_UP && loads_add(&search->loads, search->place, &result, err) < 0)
		return -1;
	go_on(search, outcome->forwarding_rate);
	return 0;
}

/* What most high-loss trials at the upper bound were limited by. */
static enum lad_search_limit limit_at(const struct lad_search *search, int g, int upper)
{
	const struct measured_load *load = loads_at(&search->loads, upper);
	int counts[LAD_LIMIT_COUNT] = {0}, high = 0;
	for (int i = 0; i < load->count; i++) {
		const struct lad_search_outcome *outcome = &load->results[i].outcome;
		if (outcome->loss_ratio[g] <= search->goals[g].as_asked.loss_ratio)
			continue;
		counts[outcome->limited_by]++;
		high++;
	}
	if (2 * counts[LAD_LIMIT_GENERATOR] > high)
		return LAD_LIMIT_GENERATOR;
	return 2 * (counts[LAD_LIMIT_CPU] + counts[LAD_LIMIT_GENERATOR]) > high ? LAD_LIMIT_CPU : LAD_LIMIT_NETWORK;
}

struct lad_search_found lad_search_goal_found(const struct lad_search *search, int g)
{
	const struct goal *goal = &search->goals[g];
	struct bounds bounds = loads_bounds(&search->loads, &goal->as_asked, g);
	struct lad_search_found found = {.lower = NAN, .upper = NAN, .conditional_throughput = NAN};
	bool both = bounds.lower != NO_PLACE && bounds.upper != NO_PLACE;
	found.regular = both && bounds.upper - bounds.lower <= goal->width;
	if (bounds.lower != NO_PLACE) {
		const struct measured_load *load = loads_at(&search->loads, bounds.lower);
		found.lower = load_at(search, bounds.lower);
		found.conditional_throughput = lad_search_conditional_throughput(
		    &goal->as_asked, g, found.lower, load->results, load->count, &found.bounding_trial);
	}
	if (bounds.upper != NO_PLACE) {
		found.upper = load_at(search, bounds.upper);
		found.inversions = loads_lower_above(&search->loads, &goal->as_asked, g, bounds.upper);
	}
	found.limited_by = found.regular		 ? limit_at(search, g, bounds.upper)
			   : bounds.lower == search->top ? LAD_LIMIT_MAX
			   : bounds.upper == 0		 ? LAD_LIMIT_MIN
							 : LAD_LIMIT_TIME;
	return found;
}

int lad_search_trial_count(const struct lad_search *search)
{
	return search->trials;
}
