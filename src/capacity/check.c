/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the answer is worth: each measured N, each size between others and the last run are held out in turn, predicted
 * from the rest in the way in which the answer is made, and compared with what was measured. The smallest N and the
 * outermost sizes are not: outside of those nothing is answered. Nor are the sizes on both sides of where a request
 * begins to take several packets.
 */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capacity/answer.h"
#include "netladder/cleanup.h"

#define CHECK_SAMPLES 200
#define CHECKS_MAX 4096

const char *lad_held_out_name(enum lad_held_out held)
{
	static const char *const names[] = {"an N", "the largest N", "a size", "a later run"};
	return (unsigned)held < sizeof names / sizeof *names ? names[held] : "?";
}

static const struct {
	enum capacity_quantity quantity;
	const char *name;
} predicted[] = {{CAPACITY_RATE, "rate"}, {CAPACITY_SLO, "rate under the SLO"}, {CAPACITY_COST, "CPU time"}};
#define PREDICTED_COUNT (sizeof predicted / sizeof *predicted)

/* One check with its place in the grid, and what decides the interval of its prediction. */
struct trial {
	struct lad_check check;
	enum capacity_quantity quantity;
	int size, level;
	enum lad_law law;
	bool has_law;
	enum lad_basis basis;
	double samples[CHECK_SAMPLES];
};

struct trials {
	struct trial *trials; /* owned */
	int count;
};

/* ---- What is held out ---- */

static void hold_out(const struct capacity_data *data, const struct trial *trial, struct capacity_grid *grid)
{
	bool level = trial->check.held == LAD_HELD_LEVEL || trial->check.held == LAD_HELD_LARGEST;
	if (trial->check.held == LAD_HELD_RUN)
		return; /* its blocks are not in the grid */
	for (int quantity = 0; quantity < CAPACITY_QUANTITY_COUNT; quantity++)
		for (int i = 0; i < (level ? data->size_count : data->level_count); i++)
			grid->of[quantity][level ? i : trial->size][level ? trial->level : i] = NAN;
}

/* The prediction for TRIAL's place from GRID, without what is held out. RESIDUALS gets those of its fit, and between
 * sizes or N. */
static double predict(const struct capacity_data *data, const struct capacity_grid *grid, struct trial *trial,
		      bool first, struct capacity_residuals residuals[2])
{
	struct capacity_grid rest = *grid;
	struct capacity_ask ask = {data->sizes[trial->size], data->levels[trial->level],
				   first || !trial->has_law ? NULL : &trial->law, false,
				   /* without the one that is held out */
				   LAD_CAPACITY_SIZES_MIN - (trial->check.held == LAD_HELD_SIZE)};
	hold_out(data, trial, &rest);
	if (trial->quantity == CAPACITY_COST) {
		struct capacity_cost cost;
		capacity_estimate_cost(data, &rest, &ask, &cost);
		residuals[0] = cost.residuals;
		residuals[1] = cost.level_residuals;
		trial->basis = first ? cost.basis : trial->basis;
		return cost.cost_s;
	}
	struct capacity_rate rate;
	capacity_estimate_rate(data, &rest, trial->quantity, &ask, &rate);
	residuals[0] = rate.residuals;
	residuals[1] = rate.size_residuals;
	if (first) {
		trial->basis = rate.basis;
		trial->has_law = rate.scaling.points > 0;
		trial->law = rate.scaling.law;
	}
	return rate.rate;
}

static int add_trial(struct capacity_work *work, struct trials *trials, struct trial trial,
		     const struct capacity_grid *grid, double measured)
{
	const struct capacity_data *data = &work->data[trial.check.need];
	struct capacity_residuals residuals[2];
	trial.check.predicted = predict(data, grid, &trial, true, residuals);
	if (!(measured > 0) || !(trial.check.predicted > 0) || trials->count == CHECKS_MAX)
		return 0;
	trial.check.measured = measured;
	trial.check.error = trial.check.predicted / measured - 1;
	trial.check.message_bytes = (int64_t)data->sizes[trial.size];
	trial.check.sessions = (int)data->levels[trial.level];
	struct trial *more = reallocarray(trials->trials, (size_t)trials->count + 1, sizeof *more);
	if (!more)
		return -1;
	trials->trials = more;
	trials->trials[trials->count++] = trial;
	return 0;
}

/* The kind of hold-out that tests TRIAL's place; false: it tests none, as nothing is answered there without it. */
static bool is_held(const struct capacity_data *data, const struct trial *trial)
{
	switch (trial->check.held) {
	case LAD_HELD_LEVEL:
		return trial->level > 0 && trial->level < data->level_count - 1;
	case LAD_HELD_LARGEST:
		return trial->level > 0 && trial->level == data->level_count - 1 &&
		       data->levels[trial->level] <= LAD_CAPACITY_BEYOND * data->levels[trial->level - 1];
	case LAD_HELD_SIZE:
		return capacity_is_inner_size(data, trial->check.mode, trial->size);
	default:
		return true;
	}
}

/* All places of one need in one mode, held out as HELD says; GRID is what the prediction is made from. */
static int add_held(struct capacity_work *work, struct trials *trials, enum lad_mode mode, int need,
		    enum lad_held_out held, const struct capacity_grid *grid, const struct capacity_grid *truth)
{
	const struct capacity_data *data = &work->data[need];
	for (size_t i = 0; i < PREDICTED_COUNT; i++)
		for (int size = 0; size < data->size_count; size++)
			for (int level = 0; level < data->level_count; level++) {
				struct trial trial = {
				    .check = {.held = held, .mode = mode, .need = need, .quantity = predicted[i].name},
				    .quantity = predicted[i].quantity,
				    .size = size,
				    .level = level};
				if (is_held(data, &trial) &&
				    add_trial(work, trials, trial, grid, truth->of[trial.quantity][size][level]) < 0)
					return -1;
			}
	return 0;
}

static int add_need(struct capacity_work *work, struct trials *trials, enum lad_mode mode, int need)
{
	const struct capacity_data *data = &work->data[need];
	struct capacity_grid grid, truth;
	capacity_medians(data, mode, work->all, data->block_count, &grid);
	if (add_held(work, trials, mode, need, LAD_HELD_LEVEL, &grid, &grid) < 0 ||
	    add_held(work, trials, mode, need, LAD_HELD_LARGEST, &grid, &grid) < 0 ||
	    add_held(work, trials, mode, need, LAD_HELD_SIZE, &grid, &grid) < 0)
		return -1;
	int last = work->blocks.runs - 1;
	if (last < 1)
		return 0;
	capacity_medians(data, mode, work->drawn, capacity_blocks_before(&work->blocks, last, work->drawn), &grid);
	capacity_medians(data, mode, work->drawn, capacity_blocks_of(&work->blocks, last, work->drawn), &truth);
	return add_held(work, trials, mode, need, LAD_HELD_RUN, &grid, &truth);
}

/* ---- The intervals ---- */

static void sample_trials(struct capacity_work *work, struct trials *trials, bool of_run, int at)
{
	int runs = work->blocks.runs - of_run;
	int count = capacity_blocks_draw(&work->blocks, runs, work->random, work->drawn);
	capacity_blocks_draw(&work->blocks, runs, work->random, work->again);
	struct capacity_grid grid;
	const struct lad_check *of_grid = NULL;
	for (int i = 0; i < trials->count; i++) {
		struct trial *trial = &trials->trials[i];
		const struct capacity_data *data = &work->data[trial->check.need];
		struct capacity_residuals residuals[2];
		if ((trial->check.held == LAD_HELD_RUN) != of_run)
			continue;
		if (!of_grid || of_grid->mode != trial->check.mode || of_grid->need != trial->check.need)
			capacity_medians(data, trial->check.mode, work->drawn, count, &grid);
		of_grid = &trial->check;
		double value = predict(data, &grid, trial, false, residuals);
		const double *cell = capacity_cell(data, trial->check.mode, trial->quantity, trial->size, trial->level);
		double again =
		    capacity_median(cell, work->again, count) / grid.of[trial->quantity][trial->size][trial->level];
		trial->samples[at] = value * capacity_noise(work, trial->basis, &residuals[0], &residuals[1], again,
							    work->run_spread[trial->check.need][trial->quantity]);
	}
}

static void take_intervals(struct trials *trials)
{
	for (int i = 0; i < trials->count; i++) {
		struct lad_check *check = &trials->trials[i].check;
		check->interval = capacity_interval(trials->trials[i].samples, CHECK_SAMPLES);
		check->covered = check->measured >= check->interval.low && check->measured <= check->interval.high;
	}
}

/* ---- What it comes to ---- */

static void refute(struct lad_validation *validation)
{
	char *why = validation->why;
	size_t size = sizeof validation->why;
	validation->passed = false;
	if (validation->checks < LAD_VALID_CHECKS_MIN)
		snprintf(why, size, "only %d figures can be held out", validation->checks);
	else if (validation->median > LAD_VALID_MEDIAN)
		snprintf(why, size, "the median error is %.1f %%, above %g %%", 100 * validation->median,
			 100 * LAD_VALID_MEDIAN);
	else if (fabs(validation->worst) > LAD_VALID_WORST)
		snprintf(why, size, "the worst error is %+.1f %%, beyond %g %%", 100 * validation->worst,
			 100 * LAD_VALID_WORST);
	else if (validation->coverage < LAD_VALID_COVERAGE_LOW)
		snprintf(why, size, "the intervals hold %.0f %% of the figures, not %g %%", 100 * validation->coverage,
			 100 * LAD_VALID_COVERAGE_LOW);
	else if (validation->coverage > LAD_VALID_COVERAGE_HIGH && validation->checks >= LAD_VALID_COVERAGE_CHECKS)
		snprintf(why, size, "the intervals are too wide: they hold %.0f %% of the figures",
			 100 * validation->coverage);
	else
		validation->passed = true;
}

static void validate(const struct lad_capacity *answer, enum lad_mode mode, struct lad_validation *validation)
{
	double errors[CHECKS_MAX];
	int held = 0;
	for (int i = 0; i < answer->check_count; i++) {
		const struct lad_check *check = &answer->checks[i];
		if (check->mode != mode)
			continue;
		errors[validation->checks++] = fabs(check->error);
		held += check->covered;
		if (fabs(check->error) > fabs(validation->worst))
			validation->worst = check->error;
	}
	if (validation->checks) {
		validation->median = gsl_stats_median(errors, 1, (size_t)validation->checks);
		validation->coverage = (double)held / validation->checks;
	}
	refute(validation);
}

static int keep(struct lad_capacity *answer, const struct trials *trials)
{
	answer->checks = calloc((size_t)trials->count + 1, sizeof *answer->checks);
	if (!answer->checks)
		return -1;
	answer->check_count = trials->count;
	for (int i = 0; i < trials->count; i++)
		answer->checks[i] = trials->trials[i].check;
	for (int m = 0; m < answer->mode_count; m++)
		validate(answer, answer->modes[m].mode, &answer->modes[m].validation);
	return 0;
}

static int check(struct capacity_work *work, struct trials *trials)
{
	for (int m = 0; m < work->answer->mode_count; m++)
		for (int need = 0; need < work->answer->question.need_count; need++)
			if (!work->answer->modes[m].reason[0] &&
			    add_need(work, trials, work->answer->modes[m].mode, need) < 0)
				return -1;
	for (int at = 0; at < CHECK_SAMPLES; at++) {
		sample_trials(work, trials, false, at);
		if (work->blocks.runs > 1)
			sample_trials(work, trials, true, at);
	}
	take_intervals(trials);
	return keep(work->answer, trials);
}

int capacity_check(struct capacity_work *work)
{
	struct trials trials = {0};
	int status = check(work, &trials);
	free(trials.trials);
	return status;
}
