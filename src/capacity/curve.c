/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capacity/answer.h"
#include "netladder/cleanup.h"

#define CURVE_SAMPLES 500

static int sizes_of(const struct capacity_data *data, int64_t sizes[LAD_CAPACITY_SIZES_MAX])
{
	for (int i = 0; i < data->size_count; i++)
		sizes[i] = (int64_t)data->sizes[i];
	return data->size_count;
}

int lad_capacity_sizes(const struct lad_table *table, const struct lad_need *need,
		       int64_t sizes[LAD_CAPACITY_SIZES_MAX])
{
	int count = 0;
	struct capacity_work work = {0};
	static const struct lad_slo none;
	if (capacity_work_open(&work, table, NULL) == 0 &&
	    capacity_data_collect(table, &work.blocks, need, &none, &work.data[0], NULL) == 0)
		count = sizes_of(&work.data[0], sizes);
	capacity_work_close(&work);
	return count;
}

/* The law through the medians of the DRAWN blocks, or through those of all. */
static int fit_curve(const struct capacity_work *work, const struct lad_need *need, enum lad_mode mode,
		     const int *drawn, int count, const enum lad_law *law, struct capacity_rate *rate)
{
	struct capacity_grid grid;
	struct capacity_ask ask = {
	    .size = (double)need->message_bytes, .level = 1, .law = law, .with_law = true, .sizes_min = 2};
	capacity_medians(&work->data[0], mode, drawn, count, &grid);
	capacity_estimate_rate(&work->data[0], &grid, CAPACITY_RATE, &ask, rate);
	return rate->scaling.points ? 0 : -1;
}

static void take_measured(const struct capacity_work *work, const struct lad_need *need,
			  struct lad_capacity_curve *curve)
{
	const struct capacity_data *data = &work->data[0];
	struct capacity_grid grid;
	double rates[LAD_CAPACITY_LEVELS_MAX];
	capacity_medians(data, curve->mode, work->all, data->block_count, &grid);
	capacity_rates_at(data, &grid, CAPACITY_RATE, (double)need->message_bytes, rates);
	for (int level = 0; level < data->level_count; level++)
		if (rates[level] > 0) {
			curve->measured_n[curve->measured_count] = data->levels[level];
			curve->measured_per_s[curve->measured_count++] = rates[level];
		}
	struct capacity_cost cost;
	struct capacity_ask ask = {
	    .size = data->sizes[0], .level = data->levels[0], .sizes_min = LAD_CAPACITY_SIZES_MIN};
	capacity_estimate_cost(data, &grid, &ask, &cost);
	curve->line = cost.line;
	curve->line_sizes = cost.line_sizes;
	double first = curve->measured_n[0], last = curve->measured_n[curve->measured_count - 1];
	for (int i = 0; i < LAD_CURVE_POINTS; i++) {
		curve->points[i].n = first * pow(last / first, (double)i / (LAD_CURVE_POINTS - 1));
		curve->points[i].per_s = lad_scaling_at(&curve->scaling, curve->points[i].n);
	}
}

static int take_band(struct capacity_work *work, const struct lad_need *need, struct lad_capacity_curve *curve)
{
	lad_cleanup_free double *samples = calloc((size_t)LAD_CURVE_POINTS * CURVE_SAMPLES, sizeof *samples);
	if (!samples)
		return -1;
	for (int at = 0; at < CURVE_SAMPLES; at++) {
		struct capacity_rate rate;
		int count = capacity_blocks_draw(&work->blocks, work->blocks.runs, work->random, work->drawn);
		int status = fit_curve(work, need, curve->mode, work->drawn, count, &curve->scaling.law, &rate);
		double noise = status < 0 ? (double)NAN
					  : capacity_noise(work, LAD_BASIS_INTERPOLATED, &rate.residuals, NULL, NAN, 0);
		for (int i = 0; i < LAD_CURVE_POINTS; i++) /* one residual for all points: the band has no steps */
			samples[i * CURVE_SAMPLES + at] =
			    status < 0 ? (double)NAN : lad_scaling_at(&rate.scaling, curve->points[i].n) * noise;
	}
	for (int i = 0; i < LAD_CURVE_POINTS; i++)
		curve->points[i].interval = capacity_interval(samples + i * CURVE_SAMPLES, CURVE_SAMPLES);
	return 0;
}

static int make_curves(struct capacity_work *work, const struct lad_need *need, struct lad_capacity_curve *curves)
{
	int count = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		struct capacity_rate rate;
		struct lad_capacity_curve *curve = &curves[count];
		if (fit_curve(work, need, (enum lad_mode)mode, work->all, work->blocks.count, NULL, &rate) < 0)
			continue;
		*curve = (struct lad_capacity_curve){.mode = (enum lad_mode)mode, .scaling = rate.scaling};
		take_measured(work, need, curve);
		if (take_band(work, need, curve) < 0)
			return -1;
		count++;
	}
	return count;
}

int lad_capacity_curves(const struct lad_table *table, const struct lad_need *need, struct lad_row_key *key,
			struct lad_capacity_curve *curves, struct lad_error *err)
{
	static const struct lad_slo none;
	struct capacity_work work = {0};
	int count = -1;
	if (capacity_work_open(&work, table, err) == 0 &&
	    capacity_data_collect(table, &work.blocks, need, &none, &work.data[0], err) == 0) {
		*key = work.data[0].key;
		count = make_curves(&work, need, curves);
		if (count < 0)
			lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	capacity_work_close(&work);
	return count;
}
