/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/factor.h"
#include "chart/groups.h"
#include "chart/lines.h"
#include "netladder/cleanup.h"

/* What a workload yields and what it costs, as two columns of results.csv. */
struct cost_axes {
	const char *yield, *cost, *cost_title;
};

static const struct cost_axes stream_axes = {"goodput_bps", "cpu_s_per_gbyte", "CPU cost, s/GB; lower is better"};
static const struct cost_axes transaction_axes = {"transactions_per_s", "cpu_us_per_transaction",
						  "CPU cost, \u00b5s/transaction; lower is better"};

struct cost {
	struct row_groups groups;	     /* of one tuning each; those that differ in the tuning share a panel */
	struct line_panel *panels;	     /* owned */
	const char *yields[PAGE_PANELS_MAX]; /* the column on each panel's x axis */
	int panel_count;
	bool tuned; /* there are points of tunings too */
	char scenario[64];
};

static const struct cost_axes *axes_of(enum lad_workload_kind workload)
{
	return lad_is_stream(workload) ? &stream_axes : &transaction_axes;
}

/* The rows of one group and mode that have both figures. Returns how many; X and Y have room for all rows. */
static size_t values_of(const struct lad_table *rows, const struct row_groups *groups, int group, int mode, double *x,
			double *y)
{
	const struct lad_row_key *key = &groups->keys[group];
	const struct cost_axes *axes = axes_of(key->workload);
	size_t count = 0;
	for (int i = 0; i < rows->row_count; i++) {
		const struct lad_row *row = &rows->rows[i];
		if ((int)row->mode != mode || row->status != LAD_STATUS_OK || !lad_row_key_fits(key, row, LAD_KEY_MODE))
			continue;
		x[count] = lad_row_metric(row, axes->yield);
		y[count] = lad_row_metric(row, axes->cost);
		count += isfinite(x[count]) && isfinite(y[count]);
	}
	return count;
}

static struct line_panel *panel_of(struct cost *cost, int group)
{
	struct lad_row_key key = cost->groups.keys[group];
	struct row_groups others = {.capacity = PAGE_PANELS_MAX};
	char heading[256];
	/* The title without the tuning: as if all had the same. */
	strcpy(key.tuning, "");
	int index = row_groups_find_key(&others, &key);
	for (int i = 0; i < cost->groups.count; i++) {
		struct lad_row_key other = cost->groups.keys[i];
		strcpy(other.tuning, "");
		row_groups_find_key(&others, &other);
	}
	row_groups_title(&others, index, heading, sizeof heading);
	for (int i = 0; i < cost->panel_count; i++)
		if (strcmp(cost->panels[i].heading, heading) == 0)
			return &cost->panels[i];
	const struct cost_axes *axes = axes_of(key.workload);
	cost->yields[cost->panel_count] = axes->yield;
	struct line_panel *panel = &cost->panels[cost->panel_count++];
	panel->markers = panel->unjoined = panel->named_points = panel->from_zero = true;
	snprintf(panel->heading, sizeof panel->heading, "%s", heading);
	snprintf(panel->note, sizeof panel->note, "%s", axes->cost_title);
	return panel;
}

static int add_group(struct cost *cost, const struct page *page, const struct lad_table *rows, int group)
{
	lad_cleanup_free double *x = calloc((size_t)rows->row_count + 1, sizeof *x);
	lad_cleanup_free double *y = calloc((size_t)rows->row_count + 1, sizeof *y);
	if (!x || !y)
		return -1;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		size_t count = values_of(rows, &cost->groups, group, mode, x, y);
		if (count == 0)
			continue;
		struct line *line = lines_find(panel_of(cost, group), lad_mode_name((enum lad_mode)mode),
					       series_style_of(page->theme, mode));
		struct lad_interval across = lad_median_interval(x, count, 0.95);
		struct lad_interval up = lad_median_interval(y, count, 0.95);
		struct line_point point = {.x = lad_median(x, count),
					   .y = lad_median(y, count),
					   .low = up.low,
					   .high = up.high,
					   .x_low = across.low,
					   .x_high = across.high,
					   .minor = !factor_is_base(cost->groups.keys[group].tuning)};
		/* The others' CIs would bury the base. */
		if (point.minor) {
			point.low = point.high = NAN;
			point.x_low = point.x_high = 0;
			cost->tuned = true;
		}
		if (line && line_add(line, point) < 0)
			return -1;
	}
	return 0;
}

static void scale_x(struct line_panel *panel)
{
	double high = 0;
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++) {
			const struct line_point *point = &panel->lines[i].points[p];
			high = fmax(high, isfinite(point->x_high) ? fmax(point->x, point->x_high) : point->x);
		}
	panel->x = scale_from_zero(high, 4);
}

/* The x axis has the unit that fits its largest value. */
static void fit_unit(struct line_panel *panel, const char *yield)
{
	const struct lad_metric *metric = chart_metric_fit(yield, lines_largest_x(panel));
	lines_scale_values(panel, metric->scale, 1);
	snprintf(panel->x_title, sizeof panel->x_title, "%s, %s", metric->title, metric->unit);
}

static int fill(struct cost *cost, struct page *page, const struct lad_table *rows, struct lad_error *err)
{
	int order[PAGE_PANELS_MAX];
	cost->groups.capacity = PAGE_PANELS_MAX;
	snprintf(cost->scenario, sizeof cost->scenario, "%s", rows->rows[0].scenario);
	for (int i = 0; i < rows->row_count; i++)
		row_groups_find(&cost->groups, &rows->rows[i]);
	cost->panels = calloc((size_t)cost->groups.count, sizeof *cost->panels);
	if (!cost->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	row_groups_order(&cost->groups, order);
	for (int i = 0; i < cost->groups.count; i++)
		if (add_group(cost, page, rows, order[i]) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (cost->panel_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a cost chart needs trials with both a yield and its CPU cost (goodput_bps and "
				     "cpu_s_per_gbyte, or transactions_per_s and cpu_us_per_transaction)");
	for (int i = 0; i < cost->panel_count; i++) {
		fit_unit(&cost->panels[i], cost->yields[i]);
		scale_x(&cost->panels[i]);
		lines_scale_y(&cost->panels[i]);
	}
	snprintf(page->title, sizeof page->title, "%s: CPU cost against yield", cost->scenario);
	snprintf(page->subtitle, sizeof page->subtitle, "%s; down and to the right is better%s",
		 chart_exact(page->request) ? "Exact figures, without an interval"
					    : "Medians over blocks with their 95 % CIs",
		 cost->tuned ? "; large: the base tuning, small: the others" : "");
	page_grid(page, cost->panel_count, lines_size(page, cost->panels, cost->panel_count));
	lines_place(page, cost->panels, cost->panel_count);
	return 0;
}

static void close_cost(void *model)
{
	struct cost *cost = model;
	for (int i = 0; i < cost->panel_count; i++)
		lines_free(&cost->panels[i]);
	free(cost->panels);
	free(cost);
}

static int open_cost(struct page *page, void **model, struct lad_error *err)
{
	struct lad_table rows;
	struct cost *cost = calloc(1, sizeof *cost);
	if (!cost)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = chart_rows(page->request, &rows, err);
	if (status == 0) {
		status = fill(cost, page, &rows, err);
		lad_table_free(&rows);
	}
	if (status < 0)
		close_cost(cost);
	else
		*model = cost;
	return status;
}

static void draw_cost(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct cost *cost = model;
	for (int i = 0; i < cost->panel_count; i++)
		lines_draw(page, canvas, &cost->panels[i]);
}

static void describe_cost(const void *model, FILE *out)
{
	const struct cost *cost = model;
	fputs("Scatter chart of CPU cost against yield, a mark for each container network mode.", out);
	for (int i = 0; i < cost->panel_count; i++) {
		const struct line_panel *panel = &cost->panels[i];
		fprintf(out, " %s, %s at %s:", panel->heading, panel->note, panel->x_title);
		for (int l = 0; l < panel->line_count; l++)
			for (int p = 0; p < panel->lines[l].count; p++) {
				char x[32], y[32];
				const struct line_point *point = &panel->lines[l].points[p];
				if (point->minor)
					continue;
				chart_format(point->y, y, sizeof y);
				chart_format(point->x, x, sizeof x);
				fprintf(out, "%s %s %s at %s", l ? "," : "", panel->lines[l].name, y, x);
			}
		fputc('.', out);
	}
}

const struct chart_ops chart_cost = {
    "cost", "CPU per GB or transaction against what it yields", open_cost, draw_cost, describe_cost, close_cost,
};
