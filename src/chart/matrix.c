/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/sessions.h"
#include "netladder/cleanup.h"

/* From which host to which: a square of cells a mode, each the median of what its sessions had. */

#define ROW_HEIGHT 22.0
#define HEAD_HEIGHT 16.0
#define NAMES_WIDTH 46.0
#define COLUMN_WIDTH 50.0
#define COLUMN_MIN 34.0

struct matrix_panel {
	int mode;
	char heading[256], note[160];
	double cells[SESSION_HOSTS_MAX][SESSION_HOSTS_MAX]; /* [from][to], NAN: no session */
	double most;					    /* of the group: the same colour is the same value */
};

struct matrix {
	struct session_figures figures; /* owned */
	struct matrix_panel *panels;	/* owned */
	int panel_count, hosts;
};

static bool same_way(const struct session_figure *like, const struct session_figure *figure)
{
	return like->group == figure->group && like->mode == figure->mode && like->from == figure->from &&
	       like->to == figure->to;
}

static double value_of(const struct session_figure *figure)
{
	return figure->value;
}

/* False: no session of GROUP in MODE goes from one host to another. */
static bool fill_panel(const struct matrix *matrix, int group, int mode, struct matrix_panel *panel)
{
	bool any = false;
	const struct lad_metric *metric = matrix->figures.metrics[group];
	char title[200];
	*panel = (struct matrix_panel){.mode = mode};
	for (int from = 0; from < SESSION_HOSTS_MAX; from++)
		for (int to = 0; to < SESSION_HOSTS_MAX; to++) {
			struct session_figure like = {.group = group, .mode = mode, .from = from + 1, .to = to + 1};
			panel->cells[from][to] = session_figures_median(&matrix->figures, &like, same_way, value_of);
			any |= from != to && isfinite(panel->cells[from][to]);
		}
	/* The workload, and the rest of what tells the group from others. */
	row_groups_title(&matrix->figures.groups, group, title, sizeof title);
	int workload = (int)strcspn(title, ",");
	snprintf(panel->heading, sizeof panel->heading, "%s: %.*s", lad_mode_name((enum lad_mode)mode), workload,
		 title);
	snprintf(panel->note, sizeof panel->note, "%s, %s%.100s", metric->title, chart_unit(metric), title + workload);
	return any;
}

static void note_most(struct matrix *matrix, int first)
{
	double most = 0;
	for (int i = first; i < matrix->panel_count; i++)
		for (int from = 0; from < SESSION_HOSTS_MAX; from++)
			for (int to = 0; to < SESSION_HOSTS_MAX; to++) {
				double cell = matrix->panels[i].cells[from][to];
				if (!isfinite(cell))
					continue;
				most = fmax(most, cell);
				matrix->hosts = from + 1 > matrix->hosts ? from + 1 : matrix->hosts;
				matrix->hosts = to + 1 > matrix->hosts ? to + 1 : matrix->hosts;
			}
	for (int i = first; i < matrix->panel_count; i++)
		matrix->panels[i].most = most;
}

static int fill(struct matrix *matrix, struct page *page, struct lad_error *err)
{
	if (session_figures_read(page->request, "matrix", PAGE_PANELS_MAX / LAD_MODE_COUNT, &matrix->figures, err) < 0)
		return -1;
	matrix->panels = calloc(PAGE_PANELS_MAX, sizeof *matrix->panels);
	if (!matrix->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < matrix->figures.groups.count; i++) {
		int first = matrix->panel_count;
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			matrix->panel_count +=
			    fill_panel(matrix, matrix->figures.order[i], mode, &matrix->panels[matrix->panel_count]);
		note_most(matrix, first);
	}
	if (matrix->panel_count == 0)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "%s: a matrix chart needs sessions between hosts, such as `topologies: [{mesh: true, "
		    "hosts: 4}]`",
		    page->request->sources[0].sessions_path);
	snprintf(page->title, sizeof page->title, "%s: from each host to each", matrix->figures.scenario);
	snprintf(
	    page->subtitle, sizeof page->subtitle,
	    "Rows: the host of the generator; columns: that of the sink. Medians over blocks; the darker, the more, on "
	    "one scale for all modes of a workload");
	struct page_panel_size size = {.width_min = NAMES_WIDTH + matrix->hosts * COLUMN_MIN,
				       .width_natural = NAMES_WIDTH + fmax(matrix->hosts * COLUMN_WIDTH, 200),
				       .height = PAGE_PANEL_HEAD + HEAD_HEIGHT + matrix->hosts * ROW_HEIGHT};
	page_grid(page, matrix->panel_count, size);
	return 0;
}

static void close_matrix(void *model)
{
	struct matrix *matrix = model;
	session_figures_free(&matrix->figures);
	free(matrix->panels);
	free(matrix);
}

static int open_matrix(struct page *page, void **model, struct lad_error *err)
{
	struct matrix *matrix = calloc(1, sizeof *matrix);
	if (!matrix)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (fill(matrix, page, err) < 0) {
		close_matrix(matrix);
		return -1;
	}
	*model = matrix;
	return 0;
}

static void draw_cell(const struct matrix_panel *panel, double value, struct box box, const struct page *page,
		      struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	char text[32] = "\u2013";
	double share = isfinite(value) && panel->most > 0 ? value / panel->most : 0;
	if (isfinite(value))
		chart_format(value, text, sizeof text);
	if (isfinite(value) && !theme->by_pattern)
		canvas_rectangle(
		    canvas, box.x, box.y, box.width - 1, box.height - 1,
		    canvas_blend(series_style_of(theme, panel->mode).colour, theme->paper, 0.06 + 0.44 * share));
	else
		canvas_outline(canvas, box.x, box.y, box.width - 1, box.height - 1, 0.5, CANVAS_SOLID, theme->grid);
	canvas_text(canvas, box.x + box.width / 2, box.y + 7, CANVAS_CENTRE, SIZE_SMALL, false,
		    isfinite(value) ? theme->ink : theme->muted, text);
}

static void draw_panel(const struct matrix *matrix, const struct matrix_panel *panel, struct box box,
		       const struct page *page, struct canvas *canvas)
{
	double width = (box.width - NAMES_WIDTH) / matrix->hosts;
	double top = box.y + box.height - PAGE_PANEL_HEAD - HEAD_HEIGHT;
	page_panel_head(page, canvas, box, panel->heading, panel->note);
	for (int from = 0; from < matrix->hosts; from++) {
		char name[24];
		double y = top - (from + 1) * ROW_HEIGHT;
		snprintf(name, sizeof name, "from %d", from + 1);
		canvas_text(canvas, box.x, y + 7, CANVAS_LEFT, SIZE_SMALL, false, page->theme->ink, name);
		for (int to = 0; to < matrix->hosts; to++) {
			struct box cell = {box.x + NAMES_WIDTH + to * width, y, width, ROW_HEIGHT};
			snprintf(name, sizeof name, "to %d", to + 1);
			if (from == 0)
				canvas_text(canvas, cell.x + width / 2, top + 5, CANVAS_CENTRE, SIZE_SMALL, false,
					    page->theme->ink, name);
			draw_cell(panel, panel->cells[from][to], cell, page, canvas);
		}
	}
}

static void draw_matrix(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct matrix *matrix = model;
	for (int i = 0; i < matrix->panel_count; i++)
		draw_panel(matrix, &matrix->panels[i], page->panels[i], page, canvas);
}

static void describe_matrix(const void *model, FILE *out)
{
	const struct matrix *matrix = model;
	fputs("Squares of figures from each host to each, one a container network mode.", out);
	for (int i = 0; i < matrix->panel_count; i++) {
		const struct matrix_panel *panel = &matrix->panels[i];
		int said = 0;
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int from = 0; from < matrix->hosts; from++)
			for (int to = 0; to < matrix->hosts; to++) {
				char value[32];
				if (!isfinite(panel->cells[from][to]))
					continue;
				chart_format(panel->cells[from][to], value, sizeof value);
				fprintf(out, "%s %d to %d %s", said++ ? "," : "", from + 1, to + 1, value);
			}
		fputc('.', out);
	}
}

const struct chart_ops chart_matrix = {
    "matrix", "what sessions carry from each host to each", open_matrix, draw_matrix, describe_matrix, close_matrix,
};
