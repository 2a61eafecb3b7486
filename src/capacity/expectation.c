/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/capacity.h"
#include "netladder/text.h"
#include "netladder/units.h"

enum figure { CPUS, SHARE, RATE, FROM_HOST, EFFICIENCY, FIGURE_COUNT };
static const char *const figures[FIGURE_COUNT] = {"cpus", "share", "rate", "from_host", "efficiency"};

static const struct {
	const char *sign;
	bool at_most, strict;
} signs[] = {{"<=", true, false}, {">=", false, false}, {"<", true, true}, {">", false, true}}; /* the longer first */
#define SIGN_COUNT (sizeof signs / sizeof *signs)

static int parse_bound(const char *text, struct lad_expectation *expectation)
{
	if (expectation->figure == RATE) {
		struct lad_need need;
		if (strchr(text, '@') || lad_need_parse(text, &need, NULL) < 0)
			return -1;
		expectation->stream = need.stream;
		expectation->bound = need.per_s;
		return 0;
	}
	if (expectation->figure == SHARE || expectation->figure == EFFICIENCY)
		return lad_parse_percent(text, &expectation->bound, NULL);
	return lad_parse_decimal(text, &expectation->bound, NULL);
}

int lad_expectation_parse(const char *text, struct lad_expectation *expectation, struct lad_error *err)
{
	size_t length = strcspn(text, "<>");
	*expectation = (struct lad_expectation){.figure = -1};
	for (int i = 0; i < FIGURE_COUNT && strlen(text) < sizeof expectation->text; i++)
		if (strlen(figures[i]) == length && strncmp(figures[i], text, length) == 0)
			expectation->figure = i;
	for (size_t i = 0; i < SIGN_COUNT && expectation->figure >= 0; i++) {
		const char *sign = signs[i].sign;
		if (strncmp(text + length, sign, strlen(sign)) != 0)
			continue;
		expectation->at_most = signs[i].at_most;
		expectation->strict = signs[i].strict;
		snprintf(expectation->text, sizeof expectation->text, "%s", text);
		if (parse_bound(text + length + strlen(sign), expectation) == 0)
			return 0;
		break;
	}
	return lad_error_set(err, LAD_EXIT_USAGE,
			     "'%s': valid: cpus<=8, share<=80%%, rate>=200k/s, rate>=40Gbit, from_host<=1.5 or "
			     "efficiency>=50%%, with <, <=, > or >=",
			     lad_excerpt(text).text);
}

/* The rate of the need that EXPECTATION's unit speaks of, in that unit; false: there is no such need. */
static bool rate_of(const struct lad_expectation *expectation, const struct lad_capacity *capacity,
		    const struct lad_capacity_mode *mode, struct lad_figure *figure)
{
	for (int i = 0; i < capacity->question.need_count; i++) {
		if (capacity->question.needs[i].stream != expectation->stream)
			continue;
		double unit = expectation->stream ? 8 * (double)capacity->sources[i].message_bytes : 1;
		const struct lad_figure *rate = &mode->needs[i].rate;
		*figure = (struct lad_figure){
		    rate->value * unit, {rate->interval.low * unit, rate->interval.high * unit}, rate->basis};
		return true;
	}
	return false;
}

static bool find_figure(const struct lad_expectation *expectation, const struct lad_capacity *capacity,
			const struct lad_capacity_mode *mode, struct lad_figure *figure)
{
	const struct lad_need_answer *first = &mode->needs[0];
	switch (expectation->figure) {
	case RATE:
		return rate_of(expectation, capacity, mode, figure);
	case CPUS:
		*figure = mode->cpus;
		return true;
	case SHARE:
		*figure = mode->share;
		return true;
	case FROM_HOST:
		*figure = mode->from_host;
		return true;
	default: { /* of the first need; both parts of it vary */
		double by = first->efficiency / first->rate.value;
		*figure = (struct lad_figure){first->efficiency,
					      {by * first->rate.interval.low, by * first->rate.interval.high},
					      first->rate.basis};
		return true;
	}
	}
}

/* Whether the end of the interval that is farther from the bound's side still meets it. */
static bool meets(const struct lad_expectation *expectation, const struct lad_figure *figure)
{
	double end = expectation->at_most ? figure->interval.high : figure->interval.low;
	if (!isfinite(end))
		end = figure->value;
	if (expectation->at_most)
		return expectation->strict ? end < expectation->bound : end <= expectation->bound;
	return expectation->strict ? end > expectation->bound : end >= expectation->bound;
}

int lad_expectation_holds(const struct lad_expectation *expectation, const struct lad_capacity *capacity, int mode,
			  bool *holds, char *why, size_t size, struct lad_error *err)
{
	size_t used = 0;
	*holds = true;
	snprintf(why, size, "holds");
	for (int m = 0; m < capacity->mode_count; m++) {
		const struct lad_capacity_mode *made = &capacity->modes[m];
		struct lad_figure figure;
		if (made->reason[0] || (mode >= 0 && (int)made->mode != mode))
			continue;
		if (!find_figure(expectation, capacity, made, &figure) || !isfinite(figure.value))
			return lad_error_set(err, LAD_EXIT_USAGE, "--expect '%s': there is no such figure for %s",
					     expectation->text, lad_mode_name(made->mode));
		if (meets(expectation, &figure) || used >= size)
			continue;
		*holds = false;
		used += (size_t)snprintf(why + used, size - used, "%s%s", used ? ", " : "missed by ",
					 lad_mode_name(made->mode));
	}
	return 0;
}
