/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/axis.h"
#include "chart/sessions.h"
#include "netladder/cleanup.h"

/* How evenly sessions fared: a dot a session, its figure in terms of its mode's mean, and Jain's index beside it. */

#define ROW_HEIGHT 24.0
#define AXIS_HEIGHT 22.0
#define PLOT_NATURAL 300.0
#define PLOT_MIN 110.0
#define COLUMN_GAP 10.0
#define MARKER_SIZE 7.0

struct fair_row {
	int mode;
	double *shares; /* owned; percent of the mean, by session; NAN: there is no such session */
	double index;	/* Jain's, the median over the blocks */
	double low, high;
	char text[16];
};

struct fair_panel {
	char heading[256], note[160];
	struct fair_row rows[LAD_MODE_COUNT];
	int row_count;
	struct scale scale;
};

struct fairness {
	struct session_figures figures; /* owned */
	struct fair_panel *panels;	/* owned */
	int panel_count;
	double names_width, index_width;
};

static bool same_session(const struct session_figure *like, const struct session_figure *figure)
{
	return like->group == figure->group && like->mode == figure->mode && like->session == figure->session;
}

static bool same_mode(const struct session_figure *like, const struct session_figure *figure)
{
	return like->group == figure->group && like->mode == figure->mode;
}

static double value_of(const struct session_figure *figure)
{
	return figure->value;
}

static double fairness_of(const struct session_figure *figure)
{
	return figure->fairness;
}

/* 1: the row has sessions; 0: the mode has none; -1 without memory. */
static int fill_row(const struct session_figures *figures, int group, int mode, struct fair_row *row)
{
	struct session_figure like = {.group = group, .mode = mode};
	double sum = 0;
	int count = 0;
	*row = (struct fair_row){.mode = mode, .low = INFINITY, .shares = calloc(SESSION_NUMBERS_MAX, sizeof(double))};
	if (!row->shares)
		return -1;
	for (int i = 0; i < SESSION_NUMBERS_MAX; i++) {
		like.session = i + 1;
		row->shares[i] = session_figures_median(figures, &like, same_session, value_of);
		if (!isfinite(row->shares[i]))
			continue;
		sum += row->shares[i];
		count++;
	}
	for (int i = 0; i < SESSION_NUMBERS_MAX; i++) {
		row->shares[i] *= sum > 0 ? 100 * count / sum : NAN;
		if (!isfinite(row->shares[i]))
			continue;
		row->low = fmin(row->low, row->shares[i]);
		row->high = fmax(row->high, row->shares[i]);
	}
	row->index = session_figures_median(figures, &like, same_mode, fairness_of);
	if (isfinite(row->index))
		snprintf(row->text, sizeof row->text, "%.3f", row->index);
	return count > 0 && sum > 0;
}

static int add_panel(struct fairness *fairness, int group)
{
	struct fair_panel *panel = &fairness->panels[fairness->panel_count++];
	const struct lad_metric *metric = fairness->figures.metrics[group];
	double high = 100;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		struct fair_row *row = &panel->rows[panel->row_count];
		int found = fill_row(&fairness->figures, group, mode, row);
		if (found < 0)
			return -1;
		if (found == 0) {
			free(row->shares);
			*row = (struct fair_row){0};
			continue;
		}
		high = fmax(high, row->high);
		panel->row_count++;
	}
	row_groups_title(&fairness->figures.groups, group, panel->heading, sizeof panel->heading);
	snprintf(panel->note, sizeof panel->note, "%s of each session, %% of the mode's mean; right: Jain's index",
		 metric->title);
	panel->scale = scale_from_zero(high, 4);
	return 0;
}

static void place(struct fairness *fairness, struct page *page)
{
	int rows = 1;
	for (int i = 0; i < fairness->panel_count; i++) {
		const struct fair_panel *panel = &fairness->panels[i];
		rows = panel->row_count > rows ? panel->row_count : rows;
		for (int r = 0; r < panel->row_count; r++) {
			const char *name = lad_mode_name((enum lad_mode)panel->rows[r].mode);
			fairness->names_width =
			    fmax(fairness->names_width, canvas_measure(page->ruler, SIZE_LABEL, false, name));
			fairness->index_width = fmax(
			    fairness->index_width, canvas_measure(page->ruler, SIZE_SMALL, true, panel->rows[r].text));
		}
	}
	double columns = fairness->names_width + fairness->index_width + 2 * COLUMN_GAP;
	struct page_panel_size size = {.width_min = columns + PLOT_MIN,
				       .width_natural = columns + PLOT_NATURAL,
				       .height = PAGE_PANEL_HEAD + rows * ROW_HEIGHT + AXIS_HEIGHT};
	page_grid(page, fairness->panel_count, size);
}

static int fill(struct fairness *fairness, struct page *page, struct lad_error *err)
{
	if (session_figures_read(page->request, "fairness", PAGE_PANELS_MAX, &fairness->figures, err) < 0)
		return -1;
	fairness->panels = calloc((size_t)fairness->figures.groups.count, sizeof *fairness->panels);
	for (int i = 0; fairness->panels && i < fairness->figures.groups.count; i++)
		if (add_panel(fairness, fairness->figures.order[i]) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (!fairness->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	snprintf(page->title, sizeof page->title, "%s: how evenly sessions fare", fairness->figures.scenario);
	snprintf(
	    page->subtitle, sizeof page->subtitle,
	    "A dot is a session, its median over the blocks. Jain's index is 1 when all are equal and 1/N when one of "
	    "N has everything");
	place(fairness, page);
	return 0;
}

static void close_fairness(void *model)
{
	struct fairness *fairness = model;
	session_figures_free(&fairness->figures);
	for (int i = 0; i < fairness->panel_count; i++)
		for (int r = 0; r < LAD_MODE_COUNT; r++)
			free(fairness->panels[i].rows[r].shares);
	free(fairness->panels);
	free(fairness);
}

static int open_fairness(struct page *page, void **model, struct lad_error *err)
{
	struct fairness *fairness = calloc(1, sizeof *fairness);
	if (!fairness)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (fill(fairness, page, err) < 0) {
		close_fairness(fairness);
		return -1;
	}
	*model = fairness;
	return 0;
}

static void draw_row(const struct fair_panel *panel, int number, struct box plot, const struct page *page,
		     struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	const struct fair_row *row = &panel->rows[number];
	struct series_style style = series_style_of(theme, row->mode);
	double y = plot.y + plot.height - (number + 0.5) * ROW_HEIGHT;
	canvas_text(canvas, plot.x - COLUMN_GAP, y - 3, CANVAS_RIGHT, SIZE_LABEL, false, theme->ink,
		    lad_mode_name((enum lad_mode)row->mode));
	canvas_text(canvas, plot.x + plot.width + COLUMN_GAP, y - 3, CANVAS_LEFT, SIZE_SMALL, true, theme->ink,
		    row->text);
	canvas_line(canvas, axis_x(plot, &panel->scale, row->low), y, axis_x(plot, &panel->scale, row->high), y, 1,
		    style.colour);
	for (int i = 0; i < SESSION_NUMBERS_MAX; i++)
		if (isfinite(row->shares[i]))
			canvas_mark(canvas, axis_x(plot, &panel->scale, row->shares[i]), y, style.marker, MARKER_SIZE,
				    style.colour, theme->paper);
}

static void draw_panel(const struct fairness *fairness, const struct fair_panel *panel, struct box box,
		       const struct page *page, struct canvas *canvas)
{
	double left = fairness->names_width + COLUMN_GAP, height = panel->row_count * ROW_HEIGHT;
	struct box plot = {box.x + left, box.y + box.height - PAGE_PANEL_HEAD - height,
			   box.width - left - COLUMN_GAP - fairness->index_width, height};
	double mean = axis_x(plot, &panel->scale, 100);
	page_panel_head(page, canvas, box, panel->heading, panel->note);
	axis_draw_x(page, canvas, plot, &panel->scale, true, NULL, 1);
	canvas_line(canvas, mean, plot.y, mean, plot.y + plot.height, 0.9, page->theme->muted);
	for (int i = 0; i < panel->row_count; i++)
		draw_row(panel, i, plot, page, canvas);
}

static void draw_fairness(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct fairness *fairness = model;
	for (int i = 0; i < fairness->panel_count; i++)
		draw_panel(fairness, &fairness->panels[i], page->panels[i], page, canvas);
}

static void describe_fairness(const void *model, FILE *out)
{
	const struct fairness *fairness = model;
	fputs("Dots of each session's figure in terms of the mean, by container network mode.", out);
	for (int i = 0; i < fairness->panel_count; i++) {
		const struct fair_panel *panel = &fairness->panels[i];
		fprintf(out, " %s:", panel->heading);
		for (int r = 0; r < panel->row_count; r++) {
			const struct fair_row *row = &panel->rows[r];
			char low[32], high[32];
			chart_format(row->low, low, sizeof low);
			chart_format(row->high, high, sizeof high);
			fprintf(out, "%s %s %s to %s %% of the mean", r ? ";" : "",
				lad_mode_name((enum lad_mode)row->mode), low, high);
			if (*row->text)
				fprintf(out, ", Jain's index %s", row->text);
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_fairness = {
    "fairness",	    "how evenly the sessions of a trial fare", open_fairness, draw_fairness, describe_fairness,
    close_fairness,
};
