/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_CANVAS_H
#define CHART_CANVAS_H

/* A thin layer over libplot: a page in points, y upwards, colours as 0xRRGGBB, text in UTF-8. */

#include <stdio.h>

#include <plot.h>
#include <stdbool.h>

#include "netladder/error.h"

struct canvas {
	plPlotter *plotter;
	plPlotterParams *params;
	FILE *out;
	double width, height;
};

enum canvas_anchor { CANVAS_LEFT = 'l', CANVAS_CENTRE = 'c', CANVAS_RIGHT = 'r' };

int canvas_open(struct canvas *canvas, const char *path, double width, double height, struct lad_error *err);
/* Finishes the file. */
int canvas_close(struct canvas *canvas, struct lad_error *err);

void canvas_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour);
void canvas_dashed_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour);
void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, double thickness, int colour);
/* Y is the base line. BOLD chooses Helvetica-Bold. */
void canvas_text(struct canvas *canvas, double x, double y, enum canvas_anchor anchor, double size, bool bold,
		 int colour, const char *text);
/* Two waves: the sign for "equivalent", which ISO-8859-1 lacks. Centred on X, Y. */
void canvas_equivalent(struct canvas *canvas, double x, double y, double size, int colour);

#endif
