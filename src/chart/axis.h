/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_AXIS_H
#define CHART_AXIS_H

#include "chart/page.h"
#include "chart/scale.h"

/* The room that the y axis' labels take left of the plot. */
double axis_width(const struct page *page, const struct scale *scale);

/* Grid lines and labels of the y axis, left of PLOT; the line at zero (or the lowest) is stronger. */
void axis_draw_y(const struct page *page, struct canvas *canvas, struct box plot, const struct scale *scale);

/*
 * Labels and small ticks of the x axis beneath PLOT. A label that would touch its neighbour goes into the second of
 * ROWS, and is left out when there is no room either. GRID draws vertical lines too. NAMES, when not NULL, are the
 * ticks' labels.
 */
void axis_draw_x(const struct page *page, struct canvas *canvas, struct box plot, const struct scale *scale, bool grid,
		 const char *const *names, int rows);
#define AXIS_ROW 11.0

/* Where a value stands in PLOT. */
double axis_x(struct box plot, const struct scale *scale, double value);
double axis_y(struct box plot, const struct scale *scale, double value);

#endif
