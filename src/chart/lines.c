/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/place.h"

#define PLOT_HEIGHT 180.0
#define PLOT_WIDTH_MIN 130.0
#define PLOT_WIDTH_NATURAL 270.0
#define X_HEIGHT 31.0
#define LABEL_GAP 8.0
#define LABEL_LINE 11.5
#define MARKER_SIZE 6.0
#define BAND_OPACITY 0.18
#define TICKS 4
#define OBSTACLES_MAX 2048
#define WHISKER_PARTS 12

int line_add(struct line *line, struct line_point point)
{
	if (line->count == line->capacity) {
		int capacity = line->capacity ? 2 * line->capacity : 16;
		struct line_point *points = reallocarray(line->points, (size_t)capacity, sizeof *points);
		if (!points)
			return -1;
		line->points = points;
		line->capacity = capacity;
	}
	int at = line->count++;
	for (; at > 0 && line->points[at - 1].x > point.x; at--)
		line->points[at] = line->points[at - 1];
	line->points[at] = point;
	return 0;
}

struct line *lines_find(struct line_panel *panel, const char *name, struct series_style style)
{
	for (int i = 0; i < panel->line_count; i++)
		if (strcmp(panel->lines[i].name, name) == 0)
			return &panel->lines[i];
	if (panel->line_count == LINES_MAX)
		return NULL;
	struct line *line = &panel->lines[panel->line_count++];
	*line = (struct line){.style = style};
	snprintf(line->name, sizeof line->name, "%.127s", name);
	return line;
}

void lines_scale_values(struct line_panel *panel, double x_factor, double y_factor)
{
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++) {
			struct line_point *point = &panel->lines[i].points[p];
			point->x *= x_factor;
			point->x_low *= x_factor;
			point->x_high *= x_factor;
			point->y *= y_factor;
			point->low *= y_factor;
			point->high *= y_factor;
		}
}

double lines_largest_x(const struct line_panel *panel)
{
	double largest = NAN;
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++)
			largest = fmax(largest, panel->lines[i].points[p].x);
	return largest;
}

double lines_largest_y(const struct line_panel *panel)
{
	double largest = NAN;
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++)
			largest = fmax(largest, panel->lines[i].points[p].y);
	return largest;
}

void lines_free(struct line_panel *panel)
{
	for (int i = 0; i < panel->line_count; i++)
		free(panel->lines[i].points);
	panel->line_count = 0;
}

void lines_scale_y(struct line_panel *panel)
{
	double low = INFINITY, high = -INFINITY, least = INFINITY, largest = -INFINITY;
	for (int i = 0; i < panel->line_count; i++)
		for (int j = 0; j < panel->lines[i].count; j++) {
			const struct line_point *point = &panel->lines[i].points[j];
			least = fmin(least, point->y);
			largest = fmax(largest, point->y);
			low = fmin(low, fmin(point->y, isfinite(point->low) ? point->low : point->y));
			high = fmax(high, fmax(point->y, isfinite(point->high) ? point->high : point->y));
		}
	if (low > 0 && largest > 50 * least) {
		panel->y = scale_log(low, high);
	} else if (!panel->from_zero && low > 0 && high < low * 1.5 && high > low) {
		size_t used = strlen(panel->note);
		double room = (high - low) * 0.1;
		panel->y = scale_around(low - room, high + room, TICKS);
		snprintf(panel->note + used, sizeof panel->note - used, " (axis not from zero)");
	} else if (low < 0) {
		panel->y = scale_around(low, fmax(high, 0), TICKS);
	} else {
		panel->y = scale_from_zero(high, TICKS);
	}
}

/* The labels beneath the x axis may need a second row; all panels get the same room. */
static double x_height(const struct line_panel *panels, int count)
{
	for (int i = 0; i < count; i++)
		if (panels[i].x_rows > 1)
			return X_HEIGHT + AXIS_ROW;
	return X_HEIGHT;
}

static double label_width(const struct page *page, const struct line_panel *panel)
{
	double width = 0;
	if (panel->named_points)
		return 16; /* half a tick's label */
	for (int i = 0; i < panel->line_count; i++)
		width = fmax(width, canvas_measure(page->ruler, SIZE_SMALL, false, panel->lines[i].name));
	return fmin(width, 120) + LABEL_GAP + MARKER_SIZE + 8;
}

static void widths(const struct page *page, const struct line_panel *panels, int count, double *axis, double *label)
{
	*axis = *label = 0;
	for (int i = 0; i < count; i++) {
		*axis = fmax(*axis, axis_width(page, &panels[i].y));
		*label = fmax(*label, label_width(page, &panels[i]));
	}
}

struct page_panel_size lines_size(const struct page *page, const struct line_panel *panels, int count)
{
	double axis, label;
	widths(page, panels, count, &axis, &label);
	return (struct page_panel_size){.width_min = axis + label + PLOT_WIDTH_MIN,
					.width_natural = axis + label + PLOT_WIDTH_NATURAL,
					.height = PAGE_PANEL_HEAD + 10 + PLOT_HEIGHT + x_height(panels, count)};
}

/* A label stands beside the last point of its line. */
static void place_at_ends(struct line_panel *panel)
{
	double y[LINES_MAX];
	for (int i = 0; i < panel->line_count; i++) {
		const struct line *line = &panel->lines[i];
		y[i] = panel->legend ? panel->plot.y + panel->plot.height - 4 - i * (LABEL_LINE + 2)
				     : axis_y(panel->plot, &panel->y, line->points[line->count - 1].y);
	}
	place_labels(y, panel->line_count, LABEL_LINE, panel->plot.y + 3, panel->plot.y + panel->plot.height);
	for (int i = 0; i < panel->line_count; i++) {
		panel->lines[i].label_x = panel->plot.x + panel->plot.width + LABEL_GAP;
		panel->lines[i].label_y = y[i];
		panel->lines[i].led = !panel->legend;
	}
}

static struct point at(const struct line_panel *panel, double x, double y)
{
	return (struct point){axis_x(panel->plot, &panel->x, x), axis_y(panel->plot, &panel->y, y)};
}

/* The point that carries the line's name. */
static struct point named_point(const struct line_panel *panel, const struct line *line)
{
	int index = line->count - 1;
	while (panel->named_points && index > 0 && line->points[index].minor)
		index--;
	return at(panel, line->points[index].x, line->points[index].y);
}

static void add_obstacle(const struct line_panel *panel, double x, double y, double (*obstacles)[2], int *count)
{
	if (*count == OBSTACLES_MAX || !isfinite(x) || !isfinite(y))
		return;
	struct point point = at(panel, x, y);
	obstacles[*count][0] = point.x;
	obstacles[(*count)++][1] = point.y;
}

static void place_at_points(const struct page *page, struct line_panel *panel)
{
	struct place_label labels[LINES_MAX] = {0};
	double obstacles[OBSTACLES_MAX][2];
	int obstacle_count = 0;
	double bounds[] = {panel->plot.x + 1, panel->plot.y + 1, panel->panel.x + panel->panel.width,
			   panel->plot.y + panel->plot.height + 8};
	for (int i = 0; i < panel->line_count; i++) {
		const struct line *line = &panel->lines[i];
		struct point point = named_point(panel, line);
		labels[i].x = point.x;
		labels[i].y = point.y;
		labels[i].width = canvas_measure(page->ruler, SIZE_SMALL, false, line->name);
		labels[i].height = SIZE_SMALL;
		for (int p = 0; p < line->count; p++) {
			const struct line_point *it = &line->points[p];
			add_obstacle(panel, it->x, it->y, obstacles, &obstacle_count);
			if (it->minor)
				continue;
			/* The whisker beside the point is where its name would like to be: places along each. */
			for (int part = 1; part <= WHISKER_PARTS && it->x_high > it->x_low; part++) {
				double share = (double)part / WHISKER_PARTS;
				add_obstacle(panel, it->x + (it->x_high - it->x) * share, it->y, obstacles,
					     &obstacle_count);
				add_obstacle(panel, it->x + (it->x_low - it->x) * share, it->y, obstacles,
					     &obstacle_count);
				add_obstacle(panel, it->x, it->y + (it->high - it->y) * share, obstacles,
					     &obstacle_count);
				add_obstacle(panel, it->x, it->y + (it->low - it->y) * share, obstacles,
					     &obstacle_count);
			}
		}
	}
	place_beside(labels, panel->line_count, obstacles, obstacle_count, MARKER_SIZE + 2, bounds);
	for (int i = 0; i < panel->line_count; i++) {
		panel->lines[i].label_x = labels[i].left;
		panel->lines[i].label_y = labels[i].bottom + SIZE_SMALL / 2;
		panel->lines[i].led = labels[i].led;
	}
}

void lines_place(const struct page *page, struct line_panel *panels, int count)
{
	double axis, label;
	widths(page, panels, count, &axis, &label);
	for (int i = 0; i < count; i++) {
		struct box box = page->panels[i];
		panels[i].panel = box;
		/* Half a tick's label may stick out on the right, where the lines' names have room for it. */
		panels[i].plot =
		    (struct box){box.x + axis, box.y + x_height(panels, count), box.width - axis - label, PLOT_HEIGHT};
		if (panels[i].named_points)
			place_at_points(page, &panels[i]);
		else
			place_at_ends(&panels[i]);
	}
}

static void draw_band(const struct line_panel *panel, const struct line *line, struct canvas *canvas)
{
	struct point *outline = calloc(2 * (size_t)line->count, sizeof *outline);
	int count = 0;
	if (!outline) {
		canvas->out_of_memory = true;
		return;
	}
	for (int i = 0; i < line->count; i++)
		if (isfinite(line->points[i].low))
			outline[count++] = at(panel, line->points[i].x, line->points[i].low);
	for (int i = line->count - 1; i >= 0; i--)
		if (isfinite(line->points[i].high))
			outline[count++] = at(panel, line->points[i].x, line->points[i].high);
	/* One point alone has a whisker. */
	if (count == 2)
		canvas_line(canvas, outline[0].x, outline[0].y, outline[1].x, outline[1].y, 1.2, line->style.colour);
	else
		canvas_area(canvas, outline, count, line->style.colour, BAND_OPACITY);
	free(outline);
}

/* Without a line between them the CI is a whisker. */
static void draw_whiskers(const struct line_panel *panel, const struct line *line, struct canvas *canvas)
{
	for (int i = 0; i < line->count; i++) {
		const struct line_point *point = &line->points[i];
		if (point->minor)
			continue;
		struct point low = at(panel, point->x, point->low), high = at(panel, point->x, point->high);
		struct point left = at(panel, point->x_low, point->y), right = at(panel, point->x_high, point->y);
		if (isfinite(point->low))
			canvas_line(canvas, low.x, low.y, high.x, high.y, 1.2, line->style.colour);
		if (point->x_high > point->x_low)
			canvas_line(canvas, left.x, left.y, right.x, right.y, 1.2, line->style.colour);
	}
}

/* Nobody sees a third of a pixel, and a latency histogram has thousands of points. */
static bool near(struct point a, struct point b)
{
	return fabs(a.x - b.x) < 0.3 && fabs(a.y - b.y) < 0.3;
}

static void draw_line(const struct page *page, const struct line_panel *panel, const struct line *line,
		      struct canvas *canvas)
{
	struct point *points = calloc(2 * (size_t)line->count, sizeof *points);
	int count = 0;
	if (!points) {
		canvas->out_of_memory = true;
		return;
	}
	for (int i = 0; i < line->count; i++) {
		struct point next = at(panel, line->points[i].x, line->points[i].y);
		bool last = i + 1 == line->count;
		if (count > 0 && !last && near(points[count - 1], next))
			continue;
		if (panel->steps && count > 0) {
			points[count] = (struct point){next.x, points[count - 1].y};
			count++;
		}
		points[count++] = next;
	}
	if (!panel->unjoined)
		canvas_polyline(canvas, points, count, page->theme->line_width, line->style.dash, line->style.colour);
	free(points);
}

/* The markers that are MINOR, or those that are not: so that no small one lies on a large one. */
static void draw_marks(const struct page *page, const struct line_panel *panel, const struct line *line, bool minor,
		       struct canvas *canvas)
{
	const struct line_point *marked = panel->markers ? line->points : line->marks;
	int count = panel->markers ? line->count : line->mark_count;
	for (int i = 0; i < count; i++) {
		struct point mark = at(panel, marked[i].x, marked[i].y);
		double size = !panel->named_points ? MARKER_SIZE : minor ? 4.5 : 8;
		if (marked[i].minor == minor)
			canvas_mark(canvas, mark.x, mark.y, line->style.marker, size, line->style.colour,
				    minor ? line->style.colour : page->theme->paper);
	}
}

/* From the point to the nearest place of the label, not quite up to it. */
static void draw_leader(const struct page *page, const struct line *line, struct point from, struct canvas *canvas)
{
	double right = line->label_x + canvas_measure(page->ruler, SIZE_SMALL, false, line->name);
	double x = fmin(fmax(from.x, line->label_x), right);
	double y = fmin(fmax(from.y, line->label_y - SIZE_SMALL / 2), line->label_y + SIZE_SMALL / 2);
	double length = hypot(x - from.x, y - from.y), part = length > 2 ? 1 - 2 / length : 0;
	canvas_line(canvas, from.x, from.y, from.x + (x - from.x) * part, from.y + (y - from.y) * part, 0.6,
		    line->style.colour);
}

static void draw_label(const struct page *page, const struct line_panel *panel, const struct line *line,
		       struct canvas *canvas)
{
	char name[128];
	struct point end = named_point(panel, line);
	double x = line->label_x;
	if (line->led && panel->named_points)
		draw_leader(page, line, end, canvas);
	else if (line->led) /* short when nothing was in the way */
		canvas_line(canvas, end.x + 3, end.y, x + MARKER_SIZE / 2 - 4, line->label_y, 0.6, line->style.colour);
	if (!panel->named_points) {
		x += MARKER_SIZE / 2;
		canvas_mark(canvas, x, line->label_y, line->style.marker, MARKER_SIZE, line->style.colour,
			    page->theme->paper);
		x += MARKER_SIZE / 2 + 3;
	}
	canvas_fit(page->ruler, panel->panel.x + panel->panel.width - x + 1, SIZE_SMALL, false, line->name, name,
		   sizeof name);
	canvas_text(canvas, x, line->label_y - 3, CANVAS_LEFT, SIZE_SMALL, false, page->theme->ink, name);
}

void lines_draw(const struct page *page, struct canvas *canvas, const struct line_panel *panel)
{
	double plot_right = panel->plot.x + panel->plot.width;
	page_panel_head(page, canvas, panel->panel, panel->heading, panel->note);
	axis_draw_y(page, canvas, panel->plot, &panel->y);
	axis_draw_x(page, canvas, panel->plot, &panel->x, false, panel->x_names, panel->x_rows);
	canvas_text(canvas, (panel->plot.x + plot_right) / 2, panel->panel.y + 5, CANVAS_CENTRE, SIZE_SMALL, false,
		    page->theme->muted, panel->x_title);
	for (int i = 0; i < panel->line_count; i++)
		if (panel->unjoined)
			draw_whiskers(panel, &panel->lines[i], canvas);
		else
			draw_band(panel, &panel->lines[i], canvas);
	/* The first mode lies on top: it is what the others are held against. */
	for (int i = panel->line_count - 1; i >= 0; i--)
		draw_line(page, panel, &panel->lines[i], canvas);
	for (int i = panel->line_count - 1; i >= 0; i--)
		draw_marks(page, panel, &panel->lines[i], true, canvas);
	for (int i = panel->line_count - 1; i >= 0; i--)
		draw_marks(page, panel, &panel->lines[i], false, canvas);
	for (int i = 0; i < panel->line_count; i++)
		draw_label(page, panel, &panel->lines[i], canvas);
}
