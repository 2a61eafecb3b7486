/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/axis.h"
#include "chart/ops.h"

#define ROW_HEIGHT 17.0
#define HEAD_HEIGHT 16.0
#define ROWS_MAX 64
#define PLOT_NATURAL 300.0
#define PLOT_MIN 110.0
#define COLUMN_GAP 10.0
#define MARKER_SIZE 7.0
#define INDENT 8.0

/* A line of the comparison under its mode's name, or the heading of the lines that differ in the mode only. */
struct compare_row {
	const struct lad_compare_line *line; /* NULL: a heading */
	char name[320], base[32], fresh[32], delta[32];
};

struct compare_chart {
	struct lad_compare compare;	       /* owned */
	struct compare_row rows[2 * ROWS_MAX]; /* each may have its own heading */
	int row_count, line_count, left_out;   /* LEFT_OUT: lines that are the same and for which there is no room */
	struct scale scale;		       /* percent of change, + is better */
	double widths[4];		       /* of the columns: name, base, fresh, delta */
	bool identical;			       /* instruction clock, and nothing differs */
};

/* The change in percent, + is better. NAN without figures on both sides. */
static double percent_of(const struct lad_compare_line *line, double ratio)
{
	double percent = line->metric->lower_is_better ? 100 * (1 / ratio - 1) : 100 * (ratio - 1);
	return fabs(percent) < 0.05 ? 0 : percent; /* no "-0.0 %" */
}

static bool is_drawn(const struct lad_compare_line *line)
{
	return isfinite(line->ratio) && line->ratio > 0;
}

/* What was compared, without the mode, and in which unit: "tcp_rr shared: transactions, k/s". */
static void heading_of(const struct lad_compare_line *line, char *out, size_t size)
{
	const char *mode = lad_mode_name(line->key.mode);
	size_t length = strlen(line->name), mode_length = strlen(mode);
	if (length > mode_length && strcmp(line->name + length - mode_length, mode) == 0)
		length -= mode_length;
	while (length && (line->name[length - 1] == ' ' || line->name[length - 1] == ','))
		length--;
	snprintf(out, size, "%.*s: %s, %s%s", (int)length, line->name, line->metric->title, chart_unit(line->metric),
		 line->metric->lower_is_better ? ", lower is better" : "");
}

static void side_text(const struct lad_compare_side *side, char *out, size_t size)
{
	if (side->ok)
		chart_format(side->median, out, size);
	else
		snprintf(out, size, "%s", side->skipped ? "skipped" : side->failed ? "failed" : "\u2013");
}

static void add_row(struct compare_chart *chart, const struct lad_compare_line *line)
{
	char heading[320];
	const struct compare_row *last = NULL;
	heading_of(line, heading, sizeof heading);
	for (int i = 0; i < chart->row_count; i++)
		last = chart->rows[i].line ? last : &chart->rows[i];
	if (!last || strcmp(last->name, heading) != 0) {
		struct compare_row *row = &chart->rows[chart->row_count++];
		row->line = NULL;
		strcpy(row->name, heading);
	}
	struct compare_row *row = &chart->rows[chart->row_count++];
	chart->line_count++;
	row->line = line;
	snprintf(row->name, sizeof row->name, "%s", lad_mode_name(line->key.mode));
	side_text(&line->base, row->base, sizeof row->base);
	side_text(&line->fresh, row->fresh, sizeof row->fresh);
	if (is_drawn(line))
		snprintf(row->delta, sizeof row->delta, "%+.1f %% %s", percent_of(line, line->ratio),
			 lad_change_name(line->change));
	else
		snprintf(row->delta, sizeof row->delta, "%s", lad_change_name(line->change));
}

/* All that changed first has a place; what is the same fills the rest. */
static void choose_rows(struct compare_chart *chart)
{
	const struct lad_compare *compare = &chart->compare;
	int same_room = ROWS_MAX;
	for (int i = 0; i < compare->line_count; i++)
		same_room -= compare->lines[i].change != LAD_SAME;
	for (int i = 0; i < compare->line_count; i++) {
		bool same = compare->lines[i].change == LAD_SAME;
		if (chart->line_count == ROWS_MAX || (same && same_room-- <= 0))
			chart->left_out++;
		else
			add_row(chart, &compare->lines[i]);
	}
}

static void make_scale(struct compare_chart *chart)
{
	double reach = 100 * chart->compare.margin * 2;
	for (int i = 0; i < chart->row_count; i++) {
		const struct lad_compare_line *line = chart->rows[i].line;
		if (!line || !is_drawn(line))
			continue;
		double ends[] = {line->ratio, line->ratio_ci.low, line->ratio_ci.high};
		for (int e = 0; e < 3; e++)
			if (isfinite(ends[e]) && ends[e] > 0)
				reach = fmax(reach, fabs(percent_of(line, ends[e])));
	}
	/* One wild line must not flatten the others: what is beyond ends in an arrow. */
	reach = fmin(reach, 200);
	chart->scale = scale_around(-reach, reach, 6);
}

static void place(struct compare_chart *chart, struct page *page)
{
	double sum = 0;
	memset(chart->widths, 0, sizeof chart->widths);
	for (int i = 0; i < chart->row_count; i++) {
		const char *texts[] = {chart->rows[i].name, chart->rows[i].base, chart->rows[i].fresh,
				       chart->rows[i].delta};
		for (int c = 0; c < 4 && chart->rows[i].line; c++)
			chart->widths[c] =
			    fmax(chart->widths[c], canvas_measure(page->ruler, SIZE_SMALL, c == 3, texts[c]) + 2);
	}
	chart->widths[1] = fmax(chart->widths[1], 36);
	chart->widths[2] = fmax(chart->widths[2], 36);
	chart->widths[0] += INDENT;
	for (int c = 0; c < 4; c++)
		sum += chart->widths[c] + COLUMN_GAP;
	struct page_panel_size size = {.width_min = sum + PLOT_MIN,
				       .width_natural = sum + PLOT_NATURAL,
				       .height = HEAD_HEIGHT + chart->row_count * ROW_HEIGHT + 34};
	page_grid(page, 1, size);
}

static int compare_sources(struct compare_chart *chart, const struct lad_chart_request *request, struct lad_error *err)
{
	struct lad_table base, fresh;
	struct lad_chart_request first = *request, second = *request;
	const struct lad_verdict_options *expected = chart_expected(request, request->source_count - 1);
	struct lad_compare_options options = {
	    .margin = expected->margin, .alpha = expected->alpha, .metrics = request->metric};
	first.source_count = 1;
	if (chart_rows(&first, &base, err) < 0)
		return -1;
	if (request->source_count == 1) {
		int status = lad_compare_variants(&base, &options, &chart->compare, err);
		lad_table_free(&base);
		return status;
	}
	second.sources++;
	second.source_count = request->source_count - 1;
	if (chart_rows(&second, &fresh, err) < 0) {
		lad_table_free(&base);
		return -1;
	}
	int status = lad_compare_make(&base, request->sources[0].name, &fresh,
				      request->source_count == 2 ? request->sources[1].name : "the others", &options,
				      &chart->compare, err);
	lad_table_free(&base);
	lad_table_free(&fresh);
	return status;
}

static void close_compare(void *model)
{
	struct compare_chart *chart = model;
	lad_compare_free(&chart->compare);
	free(chart);
}

/* The summary as a part of a sentence. */
static void summarise(const struct compare_chart *chart, char *out, size_t size)
{
	lad_compare_summary(&chart->compare, out, size);
	size_t length = strlen(out);
	if (length && out[length - 1] == '.')
		out[length - 1] = '\0';
}

static int open_compare(struct page *page, void **model, struct lad_error *err)
{
	char summary[256];
	struct compare_chart *chart = calloc(1, sizeof *chart);
	if (!chart)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (compare_sources(chart, page->request, err) < 0) {
		free(chart);
		return lad_error_context(err, "a compare chart needs two RESULTS.csv, or one with two variants");
	}
	choose_rows(chart);
	make_scale(chart);
	summarise(chart, summary, sizeof summary);
	snprintf(page->title, sizeof page->title, "%.100s against %.100s", chart->compare.fresh_name,
		 chart->compare.base_name);
	snprintf(page->subtitle, sizeof page->subtitle,
		 "%s. Change of the median%s, right is better; the band is the margin of %g %%", summary,
		 chart_exact(page->request) ? "" : " with its 95 % CI", 100 * chart->compare.margin);
	if (chart->left_out)
		chart_append(page->subtitle, sizeof page->subtitle, "; %d more lines are not drawn", chart->left_out);
	place(chart, page);
	*model = chart;
	return 0;
}

static int colour_of(const struct theme *theme, enum lad_change change)
{
	return change == LAD_BETTER  ? theme->good
	       : change == LAD_WORSE ? theme->bad
	       : change == LAD_SAME  ? theme->ink
				     : theme->muted;
}

static enum canvas_marker marker_of(enum lad_change change)
{
	return change == LAD_BETTER  ? CANVAS_TRIANGLE
	       : change == LAD_WORSE ? CANVAS_TRIANGLE_DOWN
	       : change == LAD_SAME  ? CANVAS_CIRCLE
				     : CANVAS_DIAMOND;
}

static double clipped(const struct scale *scale, double value)
{
	return fmin(fmax(value, scale->low), scale->high);
}

static void draw_row(const struct compare_chart *chart, const struct compare_row *row, double y, struct box plot,
		     const struct page *page, struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	const struct lad_compare_line *line = row->line;
	int colour = colour_of(theme, line->change);
	double left = page->panels[0].x, right = plot.x + plot.width + COLUMN_GAP;
	bool changed = line->change == LAD_BETTER || line->change == LAD_WORSE;
	canvas_text(canvas, left + INDENT, y - 3, CANVAS_LEFT, SIZE_SMALL, false, theme->ink, row->name);
	left += chart->widths[0] + COLUMN_GAP + chart->widths[1];
	canvas_text(canvas, left, y - 3, CANVAS_RIGHT, SIZE_SMALL, false, theme->muted, row->base);
	left += COLUMN_GAP + chart->widths[2];
	canvas_text(canvas, left, y - 3, CANVAS_RIGHT, SIZE_SMALL, false, theme->ink, row->fresh);
	canvas_text(canvas, right, y - 3, CANVAS_LEFT, SIZE_SMALL, changed, colour, row->delta);
	if (!is_drawn(line))
		return;
	double ends[2] = {percent_of(line, line->ratio_ci.low), percent_of(line, line->ratio_ci.high)};
	if (isfinite(ends[0]) && isfinite(ends[1]))
		canvas_line(canvas, axis_x(plot, &chart->scale, clipped(&chart->scale, ends[0])), y,
			    axis_x(plot, &chart->scale, clipped(&chart->scale, ends[1])), y, 1.6, colour);
	canvas_mark(canvas, axis_x(plot, &chart->scale, clipped(&chart->scale, percent_of(line, line->ratio))), y,
		    marker_of(line->change), MARKER_SIZE, colour, theme->paper);
}

static void draw_heading(const struct compare_row *row, double y, const struct page *page, struct canvas *canvas)
{
	char text[320];
	struct box panel = page->panels[0];
	canvas_fit(page->ruler, panel.width, SIZE_SMALL, true, row->name, text, sizeof text);
	canvas_text(canvas, panel.x, y - 3, CANVAS_LEFT, SIZE_SMALL, true, page->theme->ink, text);
}

/* The band of the margin and the grid behind the rows FIRST to END-1, which stand under one heading. */
static void draw_ground(const struct compare_chart *chart, int first, int end, struct box plot, const struct page *page,
			struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	double margin = 100 * chart->compare.margin, zero = axis_x(plot, &chart->scale, 0);
	double low = axis_x(plot, &chart->scale, clipped(&chart->scale, -margin));
	double high = axis_x(plot, &chart->scale, clipped(&chart->scale, margin));
	double top = plot.y + plot.height - first * ROW_HEIGHT, bottom = plot.y + plot.height - end * ROW_HEIGHT;
	struct point band[] = {{low, bottom}, {high, bottom}, {high, top}, {low, top}};
	canvas_area(canvas, band, 4, theme->muted, 0.12);
	for (int i = 0; i < chart->scale.tick_count; i++) {
		double x = axis_x(plot, &chart->scale, chart->scale.ticks[i]);
		canvas_line(canvas, x, bottom, x, top, 0.5, theme->grid);
	}
	canvas_line(canvas, zero, bottom, zero, top, 0.9, theme->muted);
}

static void draw_frame(const struct compare_chart *chart, struct box plot, const struct page *page,
		       struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	double left = page->panels[0].x + chart->widths[0] + COLUMN_GAP + chart->widths[1];
	double head = plot.y + plot.height + 5;
	for (int i = 0, first = 0; i <= chart->row_count; i++)
		if (i == chart->row_count || !chart->rows[i].line) {
			if (i > first)
				draw_ground(chart, first, i, plot, page, canvas);
			first = i + 1;
		}
	axis_draw_x(page, canvas, plot, &chart->scale, false, NULL, 1);
	canvas_text(canvas, plot.x + plot.width / 2, plot.y - 27, CANVAS_CENTRE, SIZE_SMALL, false, theme->muted,
		    "worse \u2013 change, % \u2013 better");
	canvas_text(canvas, left, head, CANVAS_RIGHT, SIZE_SMALL, true, theme->muted, "base");
	canvas_text(canvas, left + COLUMN_GAP + chart->widths[2], head, CANVAS_RIGHT, SIZE_SMALL, true, theme->muted,
		    "new");
}

static void draw_compare(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct compare_chart *chart = model;
	struct box panel = page->panels[0];
	double left = chart->widths[0] + chart->widths[1] + chart->widths[2] + 3 * COLUMN_GAP;
	struct box plot = {panel.x + left, panel.y + 34, panel.width - left - chart->widths[3] - COLUMN_GAP,
			   chart->row_count * ROW_HEIGHT};
	draw_frame(chart, plot, page, canvas);
	for (int i = 0; i < chart->row_count; i++) {
		double y = plot.y + plot.height - (i + 0.5) * ROW_HEIGHT;
		if (chart->rows[i].line)
			draw_row(chart, &chart->rows[i], y, plot, page, canvas);
		else
			draw_heading(&chart->rows[i], y, page, canvas);
	}
}

static void describe_compare(const void *model, FILE *out)
{
	char summary[256];
	const struct compare_chart *chart = model;
	summarise(chart, summary, sizeof summary);
	fprintf(out, "Comparison of %s with the base %s: %s.", chart->compare.fresh_name, chart->compare.base_name,
		summary);
	for (int i = 0; i < chart->row_count; i++) {
		const struct compare_row *row = &chart->rows[i];
		if (row->line)
			fprintf(out, " %s: %s to %s, %s;", row->name, row->base, row->fresh, row->delta);
		else
			fprintf(out, " %s:", row->name);
	}
}

const struct chart_ops chart_compare = {
    "compare",	   "two results, each change with its CI and verdict", open_compare, draw_compare, describe_compare,
    close_compare,
};
