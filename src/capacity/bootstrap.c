/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "capacity/answer.h"
#include "netladder/cleanup.h"

/* What is sampled: of each need, and of a mode. */
enum need_sample { COST, RATE, ONE, CONTENTION, COHERENCY, FIXED, SLOPE, NEED_SAMPLE_COUNT };
enum mode_sample { CPUS, SHARE, FROM_HOST, MODE_SAMPLE_COUNT };

struct samples {
	double of_need[LAD_NEEDS_MAX][NEED_SAMPLE_COUNT][CAPACITY_SAMPLES];
	double of_mode[MODE_SAMPLE_COUNT][CAPACITY_SAMPLES];
};

struct lad_interval capacity_interval(double *values, int count)
{
	size_t held = 0;
	for (int i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[held++] = values[i];
	if (held == 0)
		return (struct lad_interval){NAN, NAN};
	gsl_sort(values, 1, held);
	return (struct lad_interval){gsl_stats_quantile_from_sorted_data(values, 1, held, (1 - CAPACITY_LEVEL) / 2),
				     gsl_stats_quantile_from_sorted_data(values, 1, held, (1 + CAPACITY_LEVEL) / 2)};
}

static double draw(struct capacity_work *work, const struct capacity_residuals *residuals)
{
	return residuals->of[gsl_rng_uniform_int(work->random, (unsigned long)residuals->count)];
}

double capacity_noise(struct capacity_work *work, enum lad_basis basis, const struct capacity_residuals *residuals,
		      const struct capacity_residuals *more_residuals, double again_ratio, double run_spread)
{
	double runs = work->blocks.runs, log_ratio = 0;
	bool fitted = basis != LAD_BASIS_MEASURED && residuals && residuals->count > 0;
	bool between = basis != LAD_BASIS_MEASURED && more_residuals && more_residuals->count > 0;
	if (fitted)
		log_ratio += draw(work, residuals);
	if (between)
		log_ratio += draw(work, more_residuals);
	if (!fitted && !between && again_ratio > 0)
		log_ratio = log(again_ratio);
	if (run_spread > 0)
		log_ratio += gsl_ran_gaussian(work->random, run_spread * sqrt(1 + 1 / runs));
	return exp(log_ratio);
}

/* A second sample of the measurement next to what NEED asks, as a ratio to its median: the noise of one run. */
static double again_ratio(const struct capacity_work *work, enum lad_mode mode, int need,
			  enum capacity_quantity quantity, int count)
{
	const struct capacity_data *data = &work->data[need];
	double wanted = (double)work->answer->sources[need].message_bytes;
	const double *nearest = NULL;
	double distance = INFINITY;
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++) {
			const double *cell = capacity_cell(data, mode, quantity, size, level);
			double away = fabs(log(data->sizes[size] / wanted)) +
				      fabs(log(data->levels[level] / work->answer->question.containers));
			if (away < distance && !isnan(capacity_median(cell, work->all, data->block_count))) {
				distance = away;
				nearest = cell;
			}
		}
	return nearest ? capacity_median(nearest, work->again, count) /
			     capacity_median(nearest, work->all, data->block_count)
		       : NAN;
}

static double one_of(const struct capacity_data *data, const struct capacity_grid *grid,
		     enum capacity_quantity quantity, double size)
{
	double rates[LAD_CAPACITY_LEVELS_MAX];
	capacity_rates_at(data, grid, quantity, size, rates);
	for (int level = 0; level < data->level_count; level++)
		if (rates[level] > 0)
			return rates[level] / data->levels[level];
	return NAN;
}

/* One need in one bootstrap sample: NOISY gets cost and rate as a new run may have them, the others are as they are. */
static void sample_need(struct capacity_work *work, const struct lad_capacity_mode *mode, int need, int count, int at,
			struct samples *samples, double plain[2])
{
	const struct capacity_data *data = &work->data[need];
	const struct lad_need_answer *answer = &mode->needs[need];
	const struct lad_capacity_source *source = &work->answer->sources[need];
	bool slo = capacity_under_slo(work, need);
	enum capacity_quantity quantity = slo ? CAPACITY_SLO : CAPACITY_RATE;
	struct capacity_grid grid;
	struct capacity_rate rate;
	struct capacity_cost cost;
	struct capacity_ask ask = {(double)source->message_bytes, work->answer->question.containers,
				   answer->scaling.points ? &answer->scaling.law : NULL, answer->scaling.points > 0,
				   LAD_CAPACITY_SIZES_MIN};
	capacity_medians(data, mode->mode, work->drawn, count, &grid);
	if (slo)
		capacity_estimate_slo(data, &grid, &ask, &rate);
	else
		capacity_estimate_rate(data, &grid, CAPACITY_RATE, &ask, &rate);
	capacity_estimate_cost(data, &grid, &ask, &cost);
	plain[0] = cost.cost_s;
	plain[1] = rate.rate;
	double(*into)[CAPACITY_SAMPLES] = samples->of_need[need];
	into[COST][at] =
	    cost.cost_s * capacity_noise(work, answer->cost_s.basis, &cost.residuals, &cost.level_residuals,
					 again_ratio(work, mode->mode, need, CAPACITY_COST, count),
					 work->run_spread[need][CAPACITY_COST]);
	into[RATE][at] = rate.rate * capacity_noise(work, answer->rate.basis, &rate.residuals, &rate.size_residuals,
						    again_ratio(work, mode->mode, need, quantity, count),
						    work->run_spread[need][CAPACITY_RATE]);
	into[ONE][at] = one_of(data, &grid, quantity, ask.size);
	into[CONTENTION][at] = rate.scaling.points ? rate.scaling.contention : NAN;
	into[COHERENCY][at] = rate.scaling.points ? rate.scaling.coherency : NAN;
	into[FIXED][at] = cost.line_sizes ? cost.line.fixed : NAN;
	into[SLOPE][at] = cost.line_sizes ? cost.line.slope : NAN;
}

/* One mode in one sample. Returns its CPUs without noise, which are compared with host's of the same sample. */
static double sample_mode(struct capacity_work *work, const struct lad_capacity_mode *mode, int count, int at,
			  struct samples *samples)
{
	const struct lad_capacity_question *question = &work->answer->question;
	double cpus = 0, noisy = 0, share = 0;
	for (int need = 0; need < question->need_count; need++) {
		double plain[2], per_s = capacity_messages_per_s(work, need);
		sample_need(work, mode, need, count, at, samples, plain);
		cpus += per_s * plain[0];
		noisy += per_s * samples->of_need[need][COST][at];
		share += per_s / samples->of_need[need][RATE][at];
	}
	samples->of_mode[CPUS][at] = noisy / (1 - question->headroom);
	samples->of_mode[SHARE][at] = share / (1 - question->headroom);
	return cpus;
}

static void take_intervals(const struct capacity_work *work, struct lad_capacity_mode *mode, struct samples *samples)
{
	for (int need = 0; need < work->answer->question.need_count; need++) {
		struct lad_need_answer *answer = &mode->needs[need];
		struct lad_interval *const into[NEED_SAMPLE_COUNT] = {
		    &answer->cost_s.interval, &answer->rate.interval, &answer->one.interval, &answer->contention,
		    &answer->coherency,	      &answer->line_fixed,    &answer->line_slope};
		for (int i = 0; i < NEED_SAMPLE_COUNT; i++)
			*into[i] = capacity_interval(samples->of_need[need][i], CAPACITY_SAMPLES);
	}
	mode->cpus.interval = capacity_interval(samples->of_mode[CPUS], CAPACITY_SAMPLES);
	mode->share.interval = capacity_interval(samples->of_mode[SHARE], CAPACITY_SAMPLES);
	mode->from_host.interval = capacity_interval(samples->of_mode[FROM_HOST], CAPACITY_SAMPLES);
}

int capacity_bootstrap(struct capacity_work *work)
{
	struct lad_capacity *answer = work->answer;
	lad_cleanup_free struct samples *samples = calloc((size_t)answer->mode_count + 1, sizeof *samples);
	if (!samples)
		return -1;
	for (int at = 0; at < CAPACITY_SAMPLES; at++) {
		double host = NAN;
		int count = capacity_blocks_draw(&work->blocks, work->blocks.runs, work->random, work->drawn);
		capacity_blocks_draw(&work->blocks, work->blocks.runs, work->random, work->again);
		for (int m = 0; m < answer->mode_count; m++) { /* host is the first mode there is */
			const struct lad_capacity_mode *mode = &answer->modes[m];
			if (mode->reason[0])
				continue;
			double cpus = sample_mode(work, mode, count, at, &samples[m]);
			host = mode->mode == LAD_MODE_HOST ? cpus : host;
			samples[m].of_mode[FROM_HOST][at] = cpus / host;
		}
	}
	for (int m = 0; m < answer->mode_count; m++)
		if (!answer->modes[m].reason[0])
			take_intervals(work, &answer->modes[m], &samples[m]);
	return 0;
}
