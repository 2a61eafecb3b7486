/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_CANVAS_H
#define CHART_CANVAS_H

/*
 * A thin layer over libplot: a page in points, y upwards, colours as 0xRRGGBB, text in UTF-8. The SVG driver's output
 * is finished by svg.c, for which the canvas remembers what libplot cannot say: UTF-8 text, anchors, transparency. What
 * is remembered of the text also lets a test look for overlaps.
 */

#include <stdbool.h>
#include <stdio.h>

#include <plot.h>

#include "netladder/error.h"

enum canvas_device { CANVAS_SVG, CANVAS_PS };
enum canvas_anchor { CANVAS_LEFT = 'l', CANVAS_CENTRE = 'c', CANVAS_RIGHT = 'r' };
enum canvas_dash {
	CANVAS_SOLID,
	CANVAS_DASHED,
	CANVAS_DOTTED,
	CANVAS_DOTDASHED,
	CANVAS_LONGDASHED,
	CANVAS_DOTDOTDASHED,
	CANVAS_DASH_COUNT
};
enum canvas_marker {
	CANVAS_CIRCLE,
	CANVAS_SQUARE,
	CANVAS_TRIANGLE,
	CANVAS_DIAMOND,
	CANVAS_TRIANGLE_DOWN,
	CANVAS_PENTAGON,
	CANVAS_MARKER_COUNT
};

struct point {
	double x, y;
};

struct box {
	double x, y, width, height; /* lower left corner, in points */
};

struct canvas_text {
	char *text; /* owned, UTF-8 */
	enum canvas_anchor anchor;
	double x, y, size; /* the anchor on the base line */
	double width;	   /* as measured */
};

struct canvas_tint { /* a colour that stands for another one seen through */
	int drawn, colour;
	double opacity;
};

#define CANVAS_TINTS_MAX 32

struct canvas {
	plPlotter *plotter;
	plPlotterParams *params;
	enum canvas_device device;
	FILE *memory; /* what libplot writes */
	char *bytes;
	size_t byte_count;
	double width, height;
	int background;		   /* -1: none */
	struct canvas_text *texts; /* owned */
	int text_count, text_capacity;
	struct canvas_tint tints[CANVAS_TINTS_MAX];
	int tint_count;
	bool out_of_memory;
};

/* BACKGROUND fills the page; -1: nothing does. */
int canvas_open(struct canvas *canvas, enum canvas_device device, double width, double height, int background,
		struct lad_error *err);
/* Ends the drawing: afterwards `bytes` is what libplot made, and `texts` what was said. */
int canvas_finish(struct canvas *canvas, struct lad_error *err);
void canvas_free(struct canvas *canvas);

void canvas_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour);
void canvas_outline(struct canvas *canvas, double x, double y, double width, double height, double thickness,
		    enum canvas_dash dash, int colour);
void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, double thickness, int colour);
void canvas_polyline(struct canvas *canvas, const struct point *points, int count, double thickness,
		     enum canvas_dash dash, int colour);
/* A filled polygon that lets 1 - OPACITY of what is beneath through. */
void canvas_area(struct canvas *canvas, const struct point *points, int count, int colour, double opacity);
/* Centred on X, Y; SIZE is its diameter. A thin edge in EDGE sets it off from what it stands on. */
void canvas_mark(struct canvas *canvas, double x, double y, enum canvas_marker marker, double size, int colour,
		 int edge);
/* A circle of diameter SIZE that is not filled. */
void canvas_ring(struct canvas *canvas, double x, double y, double size, double thickness, int colour);
/* Y is the base line. BOLD chooses Helvetica-Bold. */
void canvas_text(struct canvas *canvas, double x, double y, enum canvas_anchor anchor, double size, bool bold,
		 int colour, const char *text);
/* Two waves: the sign for "equivalent", which ISO-8859-1 lacks. Centred on X, Y. */
void canvas_equivalent(struct canvas *canvas, double x, double y, double size, int colour);

/* The width of TEXT in points as Helvetica sets it, with an eighth more, because the viewer's font may be wider. */
double canvas_measure(struct canvas *canvas, double size, bool bold, const char *text);
/* TEXT cut with an ellipsis to what fits into WIDTH points. */
void canvas_fit(struct canvas *canvas, double width, double size, bool bold, const char *text, char *out,
		size_t out_size);

/* The colour that COLOUR has on GROUND when it is seen through: OPACITY 0 to 1. */
int canvas_blend(int colour, int ground, double opacity);

/* libplot takes ISO-8859-1: what it has is translated, a few signs have stand-ins, the rest becomes a
 * question mark. */
void canvas_latin1(const char *text, char *out, size_t size);

#endif
