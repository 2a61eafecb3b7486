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

/* Between the sizes that are of the same kind as SIZE, or with ANY between all. */
static double rate_between(const struct capacity_data *data, const struct capacity_grid *grid,
			   enum capacity_quantity quantity, int level, double size, bool any)
{
	double column[LAD_CAPACITY_SIZES_MAX];
	for (int i = 0; i < data->size_count; i++)
		column[i] = any || capacity_same_kind(data, grid->mode, size, data->sizes[i])
				? grid->of[quantity][i][level]
				: (double)NAN;
	return lad_interpolate(LAD_STRAIGHT_INVERSE, data->sizes, column, (size_t)data->size_count, size);
}

void capacity_rates_at(const struct capacity_data *data, const struct capacity_grid *grid,
		       enum capacity_quantity quantity, double size, double rates[LAD_CAPACITY_LEVELS_MAX])
{
	for (int level = 0; level < data->level_count; level++) {
		rates[level] = rate_between(data, grid, quantity, level, size, false);
		if (isnan(rates[level]))
			rates[level] = rate_between(data, grid, quantity, level, size, true);
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

/* Whether the sizes beside SIZE are of its kind, so that it may be held out. */
bool capacity_is_inner_size(const struct capacity_data *data, enum lad_mode mode, int size)
{
	return size > 0 && size < data->size_count - 1 &&
	       capacity_same_kind(data, mode, data->sizes[size - 1], data->sizes[size + 1]);
}

/*
 * How far a figure between two sizes may be off: each inner size that was measured, predicted from those beside it.
 * Their distances are larger than the one that is gone over, so this is rather too much than too little.
 */
static void find_size_residuals(const struct capacity_data *data, const struct capacity_grid *grid,
				enum capacity_quantity quantity, enum lad_straight straight,
				struct capacity_residuals *residuals)
{
	for (int level = 0; level < data->level_count; level++)
		for (int size = 1; size < data->size_count - 1; size++) {
			double measured = grid->of[quantity][size][level];
			double n[2] = {data->sizes[size - 1], data->sizes[size + 1]};
			double x[2] = {grid->of[quantity][size - 1][level], grid->of[quantity][size + 1][level]};
			double between = lad_interpolate(straight, n, x, 2, data->sizes[size]);
			if (capacity_is_inner_size(data, grid->mode, size) && between > 0 && measured > 0)
				add_residual(residuals, measured, between, 1);
		}
}

/* One block's own figures of QUANTITY, where GRID has one. */
static void one_block(const struct capacity_data *data, const struct capacity_grid *grid,
		      enum capacity_quantity quantity, int block, struct capacity_grid *out)
{
	out->mode = grid->mode;
	for (int size = 0; size < data->size_count; size++)
		for (int level = 0; level < data->level_count; level++)
			out->of[quantity][size][level] =
			    isnan(grid->of[quantity][size][level])
				? (double)NAN
				: capacity_cell(data, grid->mode, quantity, size, level)[block];
}

#define POINTS_MAX 1024

/* The law that the figures of all blocks bear. */
static int choose_law(const struct capacity_data *data, const struct capacity_grid *grid,
		      enum capacity_quantity quantity, double size, enum lad_law *law)
{
	double n[POINTS_MAX], x[POINTS_MAX];
	size_t count = 0;
	struct lad_scaling chosen;
	for (int i = 0; i < grid->drawn_count; i++) {
		struct capacity_grid block;
		double rates[LAD_CAPACITY_LEVELS_MAX] = {0};
		one_block(data, grid, quantity, grid->drawn[i], &block);
		capacity_rates_at(data, &block, quantity, size, rates);
		for (int level = 0; level < data->level_count && count < POINTS_MAX; level++)
			if (rates[level] > 0) {
				n[count] = data->levels[level];
				x[count++] = rates[level];
			}
	}
	if (lad_scaling_choose(n, x, count, &chosen) < 0)
		return -1;
	*law = chosen.law;
	return 0;
}

/* The law through the known RATES; an N that has none of its own is read from it. */
static void rate_by_law(const struct capacity_data *data, const struct capacity_grid *grid,
			enum capacity_quantity quantity, const double *rates, const struct capacity_ask *ask,
			struct capacity_rate *out)
{
	enum lad_law law;
	double n[LAD_CAPACITY_LEVELS_MAX], x[LAD_CAPACITY_LEVELS_MAX];
	int count = 0;
	for (int level = 0; level < data->level_count; level++)
		if (rates[level] > 0) {
			n[count] = data->levels[level];
			x[count++] = rates[level];
		}
	if (count < LAD_SCALING_POINTS_MIN)
		return;
	if (!ask->law && choose_law(data, grid, quantity, ask->size, &law) < 0)
		return;
	if (lad_scaling_fit(ask->law ? *ask->law : law, n, x, (size_t)count, LAD_RESIDUALS_LOG, &out->scaling) < 0)
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
		rate_by_law(data, grid, quantity, rates, ask, out);
	if (!has_size(data, grid, quantity, ask->size))
		find_size_residuals(data, grid, quantity, LAD_STRAIGHT_INVERSE, &out->size_residuals);
}

/* The largest level at which a search found a rate for that size; -1: none. */
static int searched_level(const struct capacity_data *data, const double *rates)
{
	int found = -1;
	for (int level = 0; level < data->level_count && level < LAD_CAPACITY_LEVELS_MAX; level++)
		if (rates[level] > 0)
			found = level;
	return found;
}

void capacity_estimate_slo(const struct capacity_data *data, const struct capacity_grid *grid,
			   const struct capacity_ask *ask, struct capacity_rate *out)
{
	double rates[LAD_CAPACITY_LEVELS_MAX] = {0};
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

/* The measured costs at a level, of the sizes of one kind or of all. */
struct costs {
	double sizes[LAD_CAPACITY_SIZES_MAX], costs[LAD_CAPACITY_SIZES_MAX];
	int count;
};

static void collect_costs(const struct capacity_data *data, const struct capacity_grid *grid, double wanted, int level,
			  bool any, struct costs *found)
{
	found->count = 0;
	for (int size = 0; size < data->size_count; size++) {
		double cost = grid->of[CAPACITY_COST][size][level];
		if (!(cost > 0) || !(any || capacity_same_kind(data, grid->mode, wanted, data->sizes[size])))
			continue;
		found->sizes[found->count] = data->sizes[size];
		found->costs[found->count++] = cost;
	}
}

static bool holds(const struct costs *found, double size)
{
	return found->count > 1 && size >= found->sizes[0] && size <= found->sizes[found->count - 1];
}

/* The line that says what a message and what a byte of it costs. NEEDED: and what lies between the two kinds. */
static void take_line(const struct costs *found, const struct lad_line *line, bool needed, struct capacity_cost *out)
{
	out->line = *line;
	out->line_sizes = found->count;
	out->line_from = found->sizes[0];
	out->line_to = found->sizes[found->count - 1];
	out->line_worst = 0;
	for (int i = 0; i < found->count; i++) {
		double fitted = lad_line_at(line, found->sizes[i]);
		if (needed && found->count > 2) /* a line through two points has none */
			add_residual(&out->residuals, found->costs[i], fitted, widening(found->count, 2));
		if (fabs(found->costs[i] / fitted - 1) > fabs(out->line_worst))
			out->line_worst = found->costs[i] / fitted - 1;
	}
}

static double measured_cost(const struct costs *found, double size)
{
	for (int i = 0; i < found->count; i++)
		if (found->sizes[i] == size)
			return found->costs[i];
	return NAN;
}

/*
 * The cost at one LEVEL for the size asked for: as measured there, else straight between the sizes of its kind beside
 * it, or by the line over all where it lies between the two kinds.
 */
static double cost_at_level(const struct capacity_data *data, const struct capacity_grid *grid,
			    const struct capacity_ask *ask, int level, struct capacity_cost *out)
{
	struct costs found;
	struct lad_line line;
	collect_costs(data, grid, ask->size, level, false, &found);
	double cost = measured_cost(&found, ask->size);
	bool any = !holds(&found, ask->size), needed = isnan(cost);
	if (any)
		collect_costs(data, grid, ask->size, level, true, &found);
	if (found.count < (any ? ask->sizes_min : 2) ||
	    lad_line_fit(found.sizes, found.costs, (size_t)found.count, &line) < 0)
		return cost;
	take_line(&found, &line, needed && any, out);
	if (needed && !any)
		find_size_residuals(data, grid, CAPACITY_COST, LAD_STRAIGHT_PLAIN, &out->residuals);
	if (needed && any)
		return holds(&found, ask->size) ? lad_line_at(&line, ask->size) : (double)NAN;
	return needed ? lad_interpolate(LAD_STRAIGHT_PLAIN, found.sizes, found.costs, (size_t)found.count, ask->size)
		      : cost;
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

/* How far a cost between two N may be off: each inner N that was measured, predicted from those beside it. */
static void find_level_residuals(const struct capacity_data *data, const struct capacity_grid *grid,
				 struct capacity_residuals *residuals)
{
	for (int size = 0; size < data->size_count; size++)
		for (int level = 1; level < data->level_count - 1; level++) {
			const double *row = grid->of[CAPACITY_COST][size];
			double n[2] = {data->levels[level - 1], data->levels[level + 1]};
			double costs[2] = {row[level - 1], row[level + 1]};
			double between = lad_interpolate(LAD_STRAIGHT_LOG, n, costs, 2, data->levels[level]);
			if (between > 0 && row[level] > 0)
				add_residual(residuals, row[level], between, 1);
		}
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
	if (n[0] != ask->level || n[1] != ask->level)
		find_level_residuals(data, grid, &out->level_residuals);
	if (!isnan(out->cost_s))
		out->basis = cost_basis(data, grid, ask, below, above);
}
