/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/under_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/axis.h"
#include "chart/ops.h"

/*
 * Latency under load: for each mode two strokes from the median to the 99th percentile, hollow with an idle path and
 * filled beside the background, on one logarithmic axis; the distance between them is the rise.
 */

#define ROW_HEIGHT 30.0
#define STROKE_APART 5.0 /* of the idle and the loaded stroke from the row's middle */
#define AXIS_HEIGHT 22.0
#define PLOT_NATURAL 330.0
#define PLOT_MIN 120.0
#define COLUMN_GAP 10.0
#define MARKER_SIZE 7.0
/* From here on milliseconds are easier to read. */
#define MS_FROM_US 2000.

struct load_panel {
	const struct lad_rise_group *group; /* the verdict's */
	char heading[LAD_RISE_TITLE_MAX];
	char ratios[LAD_MODE_COUNT][80];
};

struct load_chart {
	struct lad_verdict verdict; /* owned */
	struct load_panel *panels;  /* owned */
	int panel_count;
	double unit; /* that many of the axis' unit is a microsecond */
	struct scale scale;
	char note[96];
	double names_width, ratios_width;
};

static void ratio_text(const struct lad_rise *rise, char *out, size_t size)
{
	char ratio[24], low[24], high[24];
	snprintf(out, size, "not paired");
	if (!isfinite(rise->ratio))
		return;
	chart_format(rise->ratio, ratio, sizeof ratio);
	chart_format(rise->ratio_ci.low, low, sizeof low);
	chart_format(rise->ratio_ci.high, high, sizeof high);
	if (isfinite(rise->ratio_ci.low))
		snprintf(out, size, "\u00d7%s [%s, %s]", ratio, low, high);
	else
		snprintf(out, size, "\u00d7%s", ratio);
}

static void spread(double value, double *low, double *high)
{
	if (!isfinite(value) || !(value > 0))
		return;
	*low = fmin(*low, value);
	*high = fmax(*high, value);
}

/* LOW and HIGH reach from the least to the largest of all that is drawn. */
static void make_panel(struct load_panel *panel, const struct lad_rise_group *group, double *low_us, double *high_us)
{
	panel->group = group;
	for (int i = 0; i < group->mode_count; i++) {
		const struct lad_rise *rise = &group->modes[i];
		spread(rise->idle_p50_us, low_us, high_us);
		spread(rise->idle_p99_us, low_us, high_us);
		spread(rise->loaded_p50_us, low_us, high_us);
		spread(rise->loaded_p99_us, low_us, high_us);
		ratio_text(rise, panel->ratios[i], sizeof panel->ratios[i]);
	}
	lad_rise_title(group, panel->heading);
}

/* All panels have one axis, so that they can be held against each other. */
static void make_panels(struct load_chart *chart, const struct lad_under_load *under_load, int count)
{
	double low_us = INFINITY, high_us = 0;
	for (; chart->panel_count < count; chart->panel_count++)
		make_panel(&chart->panels[chart->panel_count], &under_load->groups[chart->panel_count], &low_us,
			   &high_us);
	chart->unit = high_us >= MS_FROM_US ? 1e-3 : 1;
	chart->scale = scale_log(low_us * chart->unit, high_us * chart->unit);
	snprintf(chart->note, sizeof chart->note, "latency, %s (log); at the right: p99 loaded / idle",
		 high_us >= MS_FROM_US ? "ms" : "\u00b5s");
}

static void place(struct load_chart *chart, struct page *page)
{
	int rows = 1;
	for (int i = 0; i < chart->panel_count; i++) {
		const struct load_panel *panel = &chart->panels[i];
		rows = panel->group->mode_count > rows ? panel->group->mode_count : rows;
		for (int j = 0; j < panel->group->mode_count; j++) {
			const char *name = lad_mode_name(panel->group->modes[j].mode);
			chart->names_width =
			    fmax(chart->names_width, canvas_measure(page->ruler, SIZE_LABEL, false, name));
			chart->ratios_width =
			    fmax(chart->ratios_width, canvas_measure(page->ruler, SIZE_SMALL, true, panel->ratios[j]));
		}
	}
	double columns = chart->names_width + chart->ratios_width + 2 * COLUMN_GAP;
	struct page_panel_size size = {.width_min = columns + PLOT_MIN,
				       .width_natural = columns + PLOT_NATURAL,
				       .height = PAGE_PANEL_HEAD + rows * ROW_HEIGHT + AXIS_HEIGHT};
	page_grid(page, chart->panel_count, size);
}

static int fill(struct load_chart *chart, struct page *page, struct lad_error *err)
{
	if (chart_one_source(page->request, "an under-load chart", err) < 0)
		return -1;
	if (chart_verdict(page->request, 0, &chart->verdict, err) < 0)
		return -1;
	const struct lad_under_load *under_load = chart->verdict.under_load;
	if (!under_load)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "an under-load chart needs requests that were measured beside a background, such as "
		    "`workloads: [{kind: udp_rr}, {kind: udp_rr, background: [bulk]}, …]`");
	int count = under_load->group_count > PAGE_PANELS_MAX ? PAGE_PANELS_MAX : under_load->group_count;
	chart->panels = calloc((size_t)count, sizeof *chart->panels);
	if (!chart->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	make_panels(chart, under_load, count);
	snprintf(page->title, sizeof page->title, "%s: latency under load", chart->verdict.scenario);
	snprintf(page->subtitle, sizeof page->subtitle,
		 "Each stroke goes from the median to the 99th percentile; hollow: idle path, filled: beside the "
		 "background. %s",
		 under_load->exact
		     ? "Exact figures, without an interval"
		     : "Medians over blocks; the ratio is that of pairs within the blocks, with its 95 % CI");
	place(chart, page);
	return 0;
}

static void close_load(void *model)
{
	struct load_chart *chart = model;
	lad_verdict_free(&chart->verdict);
	free(chart->panels);
	free(chart);
}

static int open_load(struct page *page, void **model, struct lad_error *err)
{
	struct load_chart *chart = calloc(1, sizeof *chart);
	if (!chart)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (fill(chart, page, err) < 0) {
		close_load(chart);
		return -1;
	}
	*model = chart;
	return 0;
}

/* From P50 to P99 at height Y; HOLLOW marks are the idle ones. */
static void draw_stroke(const struct load_chart *chart, double p50_us, double p99_us, double y, bool hollow,
			struct series_style style, struct box plot, const struct page *page, struct canvas *canvas)
{
	const double values[] = {p50_us * chart->unit, p99_us * chart->unit};
	double x[2];
	for (int i = 0; i < 2; i++) {
		if (!isfinite(values[i]) || !(values[i] > 0))
			return;
		x[i] = axis_x(plot, &chart->scale, values[i]);
	}
	canvas_line(canvas, x[0], y, x[1], y, hollow ? 1.2 : 2.6, style.colour);
	for (int i = 0; i < 2; i++) {
		canvas_mark(canvas, x[i], y, CANVAS_CIRCLE, MARKER_SIZE, hollow ? page->theme->paper : style.colour,
			    page->theme->paper);
		if (hollow)
			canvas_ring(canvas, x[i], y, MARKER_SIZE - 1, 1.4, style.colour);
	}
}

static void draw_row(const struct load_chart *chart, const struct load_panel *panel, int row, struct box plot,
		     const struct page *page, struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	const struct lad_rise *rise = &panel->group->modes[row];
	struct series_style style = series_style_of(theme, (int)rise->mode);
	double y = plot.y + plot.height - (row + 0.5) * ROW_HEIGHT;
	if (row > 0)
		canvas_line(canvas, plot.x - chart->names_width - COLUMN_GAP, y + ROW_HEIGHT / 2, plot.x + plot.width,
			    y + ROW_HEIGHT / 2, 0.5, theme->grid);
	canvas_text(canvas, plot.x - COLUMN_GAP, y - 3, CANVAS_RIGHT, SIZE_LABEL, false, theme->ink,
		    lad_mode_name(rise->mode));
	canvas_text(canvas, plot.x + plot.width + COLUMN_GAP, y - 3, CANVAS_LEFT, SIZE_SMALL, true, theme->ink,
		    panel->ratios[row]);
	draw_stroke(chart, rise->idle_p50_us, rise->idle_p99_us, y + STROKE_APART, true, style, plot, page, canvas);
	draw_stroke(chart, rise->loaded_p50_us, rise->loaded_p99_us, y - STROKE_APART, false, style, plot, page,
		    canvas);
}

static void draw_panel(const struct load_chart *chart, const struct load_panel *panel, struct box box,
		       const struct page *page, struct canvas *canvas)
{
	double left = chart->names_width + COLUMN_GAP, height = panel->group->mode_count * ROW_HEIGHT;
	struct box plot = {box.x + left, box.y + box.height - PAGE_PANEL_HEAD - height,
			   box.width - left - COLUMN_GAP - chart->ratios_width, height};
	page_panel_head(page, canvas, box, panel->heading, chart->note);
	axis_draw_x(page, canvas, plot, &chart->scale, true, NULL, 1);
	for (int i = 0; i < panel->group->mode_count; i++)
		draw_row(chart, panel, i, plot, page, canvas);
}

static void draw_load(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct load_chart *chart = model;
	for (int i = 0; i < chart->panel_count; i++)
		draw_panel(chart, &chart->panels[i], page->panels[i], page, canvas);
}

static void describe_load(const void *model, FILE *out)
{
	const struct load_chart *chart = model;
	fputs("Latency of requests with an idle path and under load, by container network mode.", out);
	for (int i = 0; i < chart->panel_count; i++) {
		const struct load_panel *panel = &chart->panels[i];
		fprintf(out, " %s, in %s:", panel->heading, chart->unit < 1 ? "milliseconds" : "microseconds");
		for (int j = 0; j < panel->group->mode_count; j++) {
			const struct lad_rise *rise = &panel->group->modes[j];
			const double values[] = {rise->idle_p50_us, rise->idle_p99_us, rise->loaded_p50_us,
						 rise->loaded_p99_us};
			char text[4][24];
			for (int v = 0; v < 4; v++)
				chart_format(values[v] * chart->unit, text[v], sizeof text[v]);
			fprintf(out, "%s %s idle %s to %s, loaded %s to %s", j ? ";" : "", lad_mode_name(rise->mode),
				text[0], text[1], text[2], text[3]);
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_under_load = {
    "under-load", "latency with an idle path and beside a background", open_load, draw_load, describe_load, close_load,
};
