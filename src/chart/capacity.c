/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/lines.h"
#include "chart/ops.h"
#include "netladder/capacity.h"

/*
 * What N pairs carry together: measured medians as marks, the law of scaling through them as a line, and the interval
 * of a prediction as its band. What `netladder capacity` answers from.
 */

struct curves {
	struct line_panel *panels; /* owned */
	int panel_count;
	char scenario[64];
};

static int add_curve(struct line_panel *panel, const struct page *page, const struct lad_capacity_curve *curve,
		     double scale)
{
	char name[96];
	snprintf(name, sizeof name, "%s, %s", lad_mode_name(curve->mode), lad_law_name(curve->scaling.law));
	struct line *line = lines_find(panel, name, series_style_of(page->theme, (int)curve->mode));
	if (!line)
		return 0;
	for (int i = 0; i < LAD_CURVE_POINTS; i++) {
		struct line_point point = {.x = curve->points[i].n,
					   .y = curve->points[i].per_s * scale,
					   .low = curve->points[i].interval.low * scale,
					   .high = curve->points[i].interval.high * scale};
		if (line_add(line, point) < 0)
			return -1;
	}
	for (int i = 0; i < curve->measured_count && i < LINE_MARKS_MAX; i++)
		line->marks[line->mark_count++] = line_point_at(curve->measured_n[i], curve->measured_per_s[i] * scale);
	return 0;
}

/* The x axis has its ticks at the numbers that were measured. */
static void set_axes(struct line_panel *panel, const struct lad_capacity_curve *curve)
{
	panel->x = scale_of_values(curve->measured_n, curve->measured_count);
	snprintf(panel->x_title, sizeof panel->x_title, "pairs of containers at once%s",
		 panel->x.logarithmic ? " (log)" : "");
	lines_scale_y(panel);
}

static double most_of(const struct lad_capacity_curve *curves, int count)
{
	double most = 0;
	for (int c = 0; c < count; c++)
		for (int i = 0; i < curves[c].measured_count; i++)
			most = fmax(most, curves[c].measured_per_s[i]);
	return most;
}

static int add_panel(struct curves *all, const struct page *page, const struct lad_table *rows,
		     const struct lad_need *need, struct lad_error *err)
{
	struct lad_row_key key;
	struct lad_capacity_curve curves[LAD_MODE_COUNT];
	int count = lad_capacity_curves(rows, need, &key, curves, err);
	if (count <= 0 || all->panel_count == PAGE_PANELS_MAX)
		return count < 0 ? -1 : 0;
	const struct lad_metric *metric = lad_metrics_of(key.workload);
	double bits = need->stream ? 8 * (double)need->message_bytes : 1; /* of a message, as the column counts */
	if (key.workload == LAD_UDP_STREAM)
		bits = 1;
	metric = lad_metric_fit(metric, most_of(curves, count) * bits);
	struct line_panel *panel = &all->panels[all->panel_count++];
	*panel = (struct line_panel){.from_zero = true};
	snprintf(panel->heading, sizeof panel->heading, "%s, cpus %s, %" PRId64 " bytes",
		 lad_workload_name(key.workload), lad_cpus_name(key.cpus), need->message_bytes);
	snprintf(panel->note, sizeof panel->note, "%s of all pairs, %s", metric->title, chart_unit(metric));
	for (int i = 0; i < count; i++)
		if (add_curve(panel, page, &curves[i], metric->scale * bits) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	set_axes(panel, &curves[0]);
	return 0;
}

/* A panel for each size of requests, then of a stream's messages. */
static int fill(struct curves *all, const struct page *page, const struct lad_table *rows, struct lad_error *err)
{
	for (int stream = 0; stream <= 1; stream++) {
		struct lad_need need = {.stream = stream, .per_s = 1};
		int64_t sizes[LAD_CAPACITY_SIZES_MAX];
		int count = lad_capacity_sizes(rows, &need, sizes);
		for (int i = 0; i < count; i++) {
			need.message_bytes = sizes[i];
			if (add_panel(all, page, rows, &need, err) < 0)
				return -1;
		}
	}
	if (all->panel_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a capacity chart needs trials of at least %d numbers of pairs, such as "
				     "`topologies: [{pairs: 1}, {pairs: 4}, {pairs: 16}]`",
				     LAD_SCALING_POINTS_MIN);
	return 0;
}

static void finish(struct curves *all, struct page *page)
{
	snprintf(page->title, sizeof page->title, "%s: what pairs of containers carry together", all->scenario);
	snprintf(page->subtitle, sizeof page->subtitle,
		 "Marks: medians over blocks. Line: the law of scaling through them; its band holds 90 %% of new runs");
	page_grid(page, all->panel_count, lines_size(page, all->panels, all->panel_count));
	lines_place(page, all->panels, all->panel_count);
}

static void close_curves(void *model)
{
	struct curves *all = model;
	for (int i = 0; i < all->panel_count; i++)
		lines_free(&all->panels[i]);
	free(all->panels);
	free(all);
}

static int open_curves(struct page *page, void **model, struct lad_error *err)
{
	struct lad_table rows;
	struct curves *all = calloc(1, sizeof *all);
	if (all)
		all->panels = calloc(PAGE_PANELS_MAX, sizeof *all->panels);
	if (!all || !all->panels) {
		free(all);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	int status = chart_rows(page->request, &rows, err);
	if (status == 0) {
		snprintf(all->scenario, sizeof all->scenario, "%s", rows.rows[0].scenario);
		status = fill(all, page, &rows, err);
		lad_table_free(&rows);
	}
	if (status < 0) {
		close_curves(all);
		return -1;
	}
	finish(all, page);
	*model = all;
	return 0;
}

static void draw_curves(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct curves *all = model;
	for (int i = 0; i < all->panel_count; i++)
		lines_draw(page, canvas, &all->panels[i]);
}

static void describe_curves(const void *model, FILE *out)
{
	const struct curves *all = model;
	fputs("Line chart of what pairs of containers carry together, a curve for each container network mode.", out);
	for (int i = 0; i < all->panel_count; i++) {
		const struct line_panel *panel = &all->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			const struct line *line = &panel->lines[l];
			fprintf(out, "%s %s", l ? ";" : "", line->name);
			for (int m = 0; m < line->mark_count; m++) {
				char y[32];
				chart_format(line->marks[m].y, y, sizeof y);
				fprintf(out, "%s %s with %.0f", m ? "," : "", y, line->marks[m].x);
			}
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_capacity = {
    "capacity",	     "what pairs of containers carry together, and the law of scaling through it",
    open_curves,     draw_curves,
    describe_curves, close_curves,
};
