/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/axis.h"

#include <math.h>

double axis_x(struct box plot, const struct scale *scale, double value)
{
	return plot.x + plot.width * scale_position(scale, value);
}

double axis_y(struct box plot, const struct scale *scale, double value)
{
	return plot.y + plot.height * scale_position(scale, value);
}

double axis_width(const struct page *page, const struct scale *scale)
{
	char label[32];
	double width = 0;
	for (int i = 0; i < scale->tick_count; i++) {
		scale_label(scale, scale->ticks[i], label, sizeof label);
		width = fmax(width, canvas_measure(page->ruler, SIZE_SMALL, false, label));
	}
	return width + 6;
}

void axis_draw_y(const struct page *page, struct canvas *canvas, struct box plot, const struct scale *scale)
{
	char label[32];
	for (int i = 0; i < scale->tick_count; i++) {
		double y = axis_y(plot, scale, scale->ticks[i]);
		bool base = scale->logarithmic ? i == 0 : scale->low >= 0 ? i == 0 : fabs(scale->ticks[i]) < 1e-12;
		canvas_line(canvas, plot.x, y, plot.x + plot.width, y, base ? 0.8 : 0.5,
			    base ? page->theme->muted : page->theme->grid);
		scale_label(scale, scale->ticks[i], label, sizeof label);
		canvas_text(canvas, plot.x - 5, y - 3, CANVAS_RIGHT, SIZE_SMALL, false, page->theme->muted, label);
	}
}

void axis_draw_x(const struct page *page, struct canvas *canvas, struct box plot, const struct scale *scale, bool grid,
		 const char *const *names, int rows)
{
	char label[64];
	double free_from[2] = {-INFINITY, rows > 1 ? -INFINITY : INFINITY};
	for (int i = 0; i < scale->tick_count; i++) {
		double x = axis_x(plot, scale, scale->ticks[i]);
		if (names)
			snprintf(label, sizeof label, "%.63s", names[i]);
		else
			scale_label(scale, scale->ticks[i], label, sizeof label);
		double width = canvas_measure(page->ruler, SIZE_SMALL, false, label);
		int row = x - width / 2 >= free_from[0] ? 0 : x - width / 2 >= free_from[1] ? 1 : -1;
		if (grid)
			canvas_line(canvas, x, plot.y, x, plot.y + plot.height, 0.5, page->theme->grid);
		canvas_line(canvas, x, plot.y, x, plot.y - (row == 1 ? 3 + AXIS_ROW : 3), 0.8, page->theme->muted);
		if (row < 0)
			continue;
		canvas_text(canvas, x, plot.y - 13 - row * AXIS_ROW, CANVAS_CENTRE, SIZE_SMALL, false,
			    page->theme->muted, label);
		free_from[row] = x + width / 2 + 4;
	}
}
