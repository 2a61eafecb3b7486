/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_LINES_H
#define CHART_LINES_H

/* A panel of lines over a common x axis, each named at its right end: what sweep, latency, timeline and history share.
 */

#include <math.h>

#include "chart/axis.h"
#include "chart/page.h"

#define LINES_MAX 24
#define LINE_MARKS_MAX 16

struct line_point {
	double x, y;
	double low, high;     /* the CI of y; NAN: none */
	double x_low, x_high; /* the CI of x, where x was measured; both 0: none */
	bool minor;	      /* drawn small and without a name */
};

/* A point without intervals. */
static inline struct line_point line_point_at(double x, double y)
{
	return (struct line_point){.x = x, .y = y, .low = NAN, .high = NAN};
}

struct line {
	char name[128];
	struct series_style style;
	struct line_point *points; /* owned; ascending x */
	int count, capacity;
	struct line_point marks[LINE_MARKS_MAX]; /* where a line of many points has its marker */
	int mark_count;
	/* placed: */
	double label_x, label_y; /* the label's left end; its middle */
	bool led;		 /* a thin line leads to it */
};

struct line_panel {
	char heading[256], note[256]; /* the bold line and the one beneath: what is on the y axis, and its unit */
	char x_title[96];	      /* with its unit */
	struct line lines[LINES_MAX];
	int line_count;
	struct scale x, y;
	const char *const *x_names; /* borrowed; NULL: the ticks' numbers. One a tick */
	int x_rows;		    /* rows for the ticks' labels: 2 when they may be close; 0 is 1 */
	bool markers;		    /* at the points */
	bool legend;		    /* the names stand in a column, not at the lines' ends */
	bool steps;		    /* each value holds up to the next x */
	bool from_zero;		    /* lines_scale_y does not cut the axis off */
	bool unjoined;		    /* points only: x has no order */
	bool named_points;	    /* the names stand beside the points, not at the right */
	/* placed by lines_place: */
	struct box panel, plot;
};

/* 0, or -1 when there is no memory. */
int line_add(struct line *line, struct line_point point);
/* The line called NAME, made when it is new; NULL when there are too many. */
struct line *lines_find(struct line_panel *panel, const char *name, struct series_style style);
void lines_free(struct line_panel *panel);

/* Every x, or every y, times FACTOR, intervals too. */
void lines_scale_values(struct line_panel *panel, double x_factor, double y_factor);
/* The largest x and y of the points that are no "not a number". */
double lines_largest_x(const struct line_panel *panel);
double lines_largest_y(const struct line_panel *panel);

/*
 * The y axis for what is in the panel: from zero, or logarithmic when the points span more than a factor of 50, or
 * around the values when they differ by less than a third (then " (axis not from zero)" is put behind the note).
 */
void lines_scale_y(struct line_panel *panel);

/* Where a panel may be and how large it is. */
struct page_panel_size lines_size(const struct page *page, const struct line_panel *panels, int count);
/* Places all on the page's panels (page_grid is done) with plots of the same width. */
void lines_place(const struct page *page, struct line_panel *panels, int count);
void lines_draw(const struct page *page, struct canvas *canvas, const struct line_panel *panel);

#endif
