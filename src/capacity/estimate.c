/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capacity/estimate.h"

#include <math.h>
#include <string.h>

static void add_residual(struct capacity_residuals *residuals, double measured, double fitted, double wider)
{
	size_t most = sizeof residuals->of / sizeof *residuals->of;
	if ((size_t)residuals->count < most)
		residuals->of[residuals->count++] = log(measured / fitted) * wider;
}

/* So that the spread of the residuals is that of new values: sqrt(n / (n - p)). */
static double widening(int points, int parameters)
{
	return points > parameters ? sqrt((double)points / (points - parameters)) : 1;
}

/* ---- The rate ---- */

void capacity_rates_at(const struct capacity_data *data, const struct capacity_grid *grid,
		       enum capacity_quantity quantity, double size, double rates[LAD_CAPACITY_LEVELS_MAX])
{
	for (int level = 0; level < data->level_count; level++) {
		double column[LAD_CAPACITY_SIZES_MAX];
		for (int i = 0; i < data->size_count; i++)
			column[i] = grid->of[quantity][i][level];
		rates[level] =
		    lad_interpolate(LAD_STRAIGHT_INVERSE, data->sizes, column, (size_t)data->size_count, size);
	}
}

/* Whether SIZE was measured, at whatever level. */
static bool has_size(const struct capacity_data *data, const struct capacity_grid *grid,
		     enum capacity_quantity quantity, double wanted)
{
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++)
			if (data->sizes[size] == wanted && !isnan(grid->of[quantity][size][level]))
				return true;
	return false;
}

static bool is_measured(const struct capacity_data *data, const struct capacity_grid *grid,
			enum capacity_quantity quantity, const struct capacity_ask *ask)
{
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++)
			if (data->sizes[size] == ask->size && data->levels[level] == ask->level)
				return !isnan(grid->of[quantity][size][level]);
	return false;
}

/*
 * How far a rate between two sizes may be off: each inner size that was measured, predicted from those beside it. Their
 * distances are larger than the one that is gone over, so this is rather too much than too little.
 */
static void find_size_residuals(const struct capacity_data *data, const struct capacity_grid *grid,
				enum capacity_quantity quantity, struct capacity_residuals *residuals)
{
	for (int level = 0; level < data->level_count; level++)
		for (int size = 1; size < data->size_count - 1; size++) {
			double column[LAD_CAPACITY_SIZES_MAX];
			for (int i = 0; i < data->size_count; i++)
				column[i] = i == size ? (double)NAN : grid->of[quantity][i][level];
			double between = lad_interpolate(LAD_STRAIGHT_INVERSE, data->sizes, column,
							 (size_t)data->size_count, data->sizes[size]);
			if (between > 0 && grid->of[quantity][size][level] > 0)
				add_residual(residuals, grid->of[quantity][size][level], between, 1);
		}
}

static int fit_scaling(const double *n, const double *x, int count, const enum lad_law *law,
		       struct lad_scaling *scaling)
{
	if (law)
		return lad_scaling_fit(*law, n, x, (size_t)count, LAD_RESIDUALS_LOG, scaling);
	return lad_scaling_choose(n, x, (size_t)count, scaling);
}

/* The law through the known RATES; an N that has none of its own is read from it. */
static void rate_by_law(const struct capacity_data *data, const double *rates, const struct capacity_ask *ask,
			struct capacity_rate *out)
{
	double n[LAD_CAPACITY_LEVELS_MAX], x[LAD_CAPACITY_LEVELS_MAX];
	int count = 0;
	for (int level = 0; level < data->level_count; level++)
		if (rates[level] > 0) {
			n[count] = data->levels[level];
			x[count++] = rates[level];
		}
	if (count < LAD_SCALING_POINTS_MIN || fit_scaling(n, x, count, ask->law, &out->scaling) < 0)
		return;
	double wider = widening(count, lad_law_parameters(out->scaling.law));
	for (int i = 0; i < count; i++)
		add_residual(&out->residuals, x[i], lad_scaling_at(&out->scaling, n[i]), wider);
	if (!isnan(out->rate))
		return;
	out->rate = lad_scaling_at(&out->scaling, ask->level);
	out->basis = ask->level > n[count - 1] || ask->level < n[0] ? LAD_BASIS_EXTRAPOLATED : LAD_BASIS_INTERPOLATED;
}

void capacity_estimate_rate(const struct capacity_data *data, const struct capacity_grid *grid,
			    enum capacity_quantity quantity, const struct capacity_ask *ask, struct capacity_rate *out)
{
	double rates[LAD_CAPACITY_LEVELS_MAX];
	*out = (struct capacity_rate){.rate = NAN};
	capacity_rates_at(data, grid, quantity, ask->size, rates);
	for (int level = 0; level < data->level_count; level++)
		if (data->levels[level] == ask->level && rates[level] > 0) {
			out->rate = rates[level];
			out->basis =
			    is_measured(data, grid, quantity, ask) ? LAD_BASIS_MEASURED : LAD_BASIS_INTERPOLATED;
		}
	if (ask->with_law || isnan(out->rate))
		rate_by_law(data, rates, ask, out);
	if (!has_size(data, grid, quantity, ask->size))
		find_size_residuals(data, grid, quantity, &out->size_residuals);
}

/* The largest level at which a search found a rate for that size; -1: none. */
static int searched_level(const struct capacity_data *data, const double *rates)
{
	int level = data->level_count - 1;
	while (level >= 0 && !(rates[level] > 0))
		level--;
	return level;
}

void capacity_estimate_slo(const struct capacity_data *data, const struct capacity_grid *grid,
			   const struct capacity_ask *ask, struct capacity_rate *out)
{
	double rates[LAD_CAPACITY_LEVELS_MAX];
	capacity_estimate_rate(data, grid, CAPACITY_SLO, ask, out);
	capacity_rates_at(data, grid, CAPACITY_SLO, ask->size, rates);
	int level = searched_level(data, rates);
	if (!isnan(out->rate) || level < 0)
		return;
	struct capacity_rate there, wanted;
	struct capacity_ask at_level = *ask;
	at_level.level = data->levels[level];
	capacity_estimate_rate(data, grid, CAPACITY_RATE, &at_level, &there);
	capacity_estimate_rate(data, grid, CAPACITY_RATE, ask, &wanted);
	*out = wanted;
	out->rate = rates[level] * wanted.rate / there.rate;
	out->by_efficiency = true;
	if (out->basis == LAD_BASIS_MEASURED)
		out->basis = LAD_BASIS_INTERPOLATED;
}

/* ---- The CPU time ---- */

/* The cost at one LEVEL for the size asked for: as measured there, else by the line over the sizes. */
static double cost_at_level(const struct capacity_data *data, const struct capacity_grid *grid,
			    const struct capacity_ask *ask, int level, struct capacity_cost *out)
{
	double sizes[LAD_CAPACITY_SIZES_MAX], costs[LAD_CAPACITY_SIZES_MAX], measured = NAN;
	int count = 0;
	struct lad_line line;
	for (int size = 0; size < data->size_count; size++) {
		double cost = grid->of[CAPACITY_COST][size][level];
		if (!(cost > 0))
			continue;
		sizes[count] = data->sizes[size];
		costs[count++] = cost;
		if (data->sizes[size] == ask->size)
			measured = cost;
	}
	if (count < ask->sizes_min || lad_line_fit(sizes, costs, (size_t)count, &line) < 0)
		return measured;
	out->line = line;
	out->line_sizes = count;
	out->line_worst = 0;
	for (int i = 0; i < count; i++) {
		double fitted = lad_line_at(&line, sizes[i]);
		add_residual(&out->residuals, costs[i], fitted, widening(count, 2));
		if (fabs(costs[i] / fitted - 1) > fabs(out->line_worst))
			out->line_worst = costs[i] / fitted - 1;
	}
	bool within = ask->size >= sizes[0] && ask->size <= sizes[count - 1];
	return !isnan(measured) ? measured : within ? lad_line_at(&line, ask->size) : NAN;
}

/* The levels beside the one asked for: the same twice where it was measured, or beyond the ends. */
static void levels_beside(const struct capacity_data *data, const struct capacity_grid *grid, double wanted, int *below,
			  int *above)
{
	*below = *above = -1;
	for (int level = 0; level < data->level_count; level++) {
		bool known = false;
		for (int size = 0; size < data->size_count; size++)
			known |= grid->of[CAPACITY_COST][size][level] > 0;
		if (known && data->levels[level] <= wanted)
			*below = level;
		if (known && data->levels[level] >= wanted && *above < 0)
			*above = level;
	}
	if (*below < 0)
		*below = *above;
	if (*above < 0)
		*above = *below;
}

static enum lad_basis cost_basis(const struct capacity_data *data, const struct capacity_grid *grid,
				 const struct capacity_ask *ask, int below, int above)
{
	if (is_measured(data, grid, CAPACITY_COST, ask))
		return LAD_BASIS_MEASURED;
	bool outside = data->levels[above] < ask->level || data->levels[below] > ask->level;
	return outside ? LAD_BASIS_EXTRAPOLATED : LAD_BASIS_INTERPOLATED;
}

void capacity_estimate_cost(const struct capacity_data *data, const struct capacity_grid *grid,
			    const struct capacity_ask *ask, struct capacity_cost *out)
{
	int below, above;
	*out = (struct capacity_cost){.cost_s = NAN};
	levels_beside(data, grid, ask->level, &below, &above);
	if (below < 0)
		return;
	double n[2] = {data->levels[below], data->levels[above]};
	double costs[2] = {cost_at_level(data, grid, ask, below, out), NAN};
	costs[1] = above == below ? costs[0] : cost_at_level(data, grid, ask, above, out);
	out->cost_s = above == below ? costs[0] : lad_interpolate(LAD_STRAIGHT_LOG, n, costs, 2, ask->level);
	if (!isnan(out->cost_s))
		out->basis = cost_basis(data, grid, ask, below, above);
}
