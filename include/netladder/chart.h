/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_CHART_H
#define NETLADDER_CHART_H

/*
 * Charts drawn by libplot (GNU plotutils) from results: an SVG whose text is text, a PNG rendered from it by librsvg,
 * or PostScript. A mode has the same colour and marker in every chart. Needs no root and no network.
 */

#include <stdbool.h>
#include <stdio.h>

#include "netladder/error.h"
#include "netladder/results.h"
#include "netladder/verdict.h"

/* NAME of the constant, and of the ops that draw one: src/chart/KIND.c. */
#define LAD_CHARTS(X)                                                                                                  \
	X(LADDER, ladder)                                                                                              \
	X(SWEEP, sweep)                                                                                                \
	X(LATENCY, latency)                                                                                            \
	X(HEATMAP, heatmap)                                                                                            \
	X(COMPARE, compare)                                                                                            \
	X(TIMELINE, timeline)                                                                                          \
	X(COST, cost)                                                                                                  \
	X(HISTORY, history)                                                                                            \
	X(SCALE, scale)                                                                                                \
	X(UNDER_LOAD, under_load)                                                                                      \
	X(MATRIX, matrix)                                                                                              \
	X(FAIRNESS, fairness)                                                                                          \
	X(CAPACITY, capacity)                                                                                          \
	X(LOAD, load)

#define LAD_CHART_CONSTANT(NAME, name) LAD_CHART_##NAME,
/* AUTO: the kind that says most about the sources. */
enum lad_chart_kind { LAD_CHART_AUTO, LAD_CHARTS(LAD_CHART_CONSTANT) LAD_CHART_KIND_COUNT };
const char *lad_chart_kind_name(enum lad_chart_kind kind); /* "auto", "ladder", … */
const char *lad_chart_kind_summary(enum lad_chart_kind kind);
int lad_chart_kind_from_name(const char *name); /* -1: none */

/* LIGHT and DARK for screens; PRINT: black ink on no background, a dash pattern a mode, so that grey is enough. */
enum lad_chart_theme { LAD_CHART_LIGHT, LAD_CHART_DARK, LAD_CHART_PRINT, LAD_CHART_THEME_COUNT };
const char *lad_chart_theme_name(enum lad_chart_theme theme);
int lad_chart_theme_from_name(const char *name); /* -1: none */

/* One results folder. The strings are borrowed for as long as the request lives. */
struct lad_chart_source {
	const char *name; /* what a person calls it: in legends of several sources */
	const struct lad_table *table;
	const char *histograms_path, *samples_path, *sessions_path, *search_path; /* NULL: there is none */
	const struct lad_verdict_options *expected;				  /* NULL: lad_documented */
};

/* Zero-initialised it asks for the fitting kind, the light theme and everything in the sources. */
struct lad_chart_request {
	enum lad_chart_kind kind;
	const struct lad_chart_source *sources;
	int source_count;
	enum lad_chart_theme theme;
	const char *title; /* NULL: made from the data */
	double width_px;   /* of the page, 320 to 4000; 0: what the chart needs. The height follows */
	bool bare;	   /* no heading and no footer: for a page that says these things itself */
	/* Which rows; NULL: all. The words of results.csv. */
	const char *metric; /* a column such as "latency_p99_us"; NULL: each workload's main figure */
	const char *workload, *cpus, *placement, *tuning;
	const char *factor; /* sweep: what stands on the x axis, "mtu"; NULL: what varies most */
};

/* Can the kind of REQUEST be drawn from its sources? 0, or -1 with what it would need (LAD_EXIT_USAGE). */
int lad_chart_fits(const struct lad_chart_request *request, struct lad_error *err);

/* What LAD_CHART_AUTO stands for with these sources. */
enum lad_chart_kind lad_chart_choose(const struct lad_chart_request *request);

/*
 * Writes the chart as a whole SVG document: UTF-8, width, height and viewBox in pixels, title and desc for screen
 * readers, no id, script, link or style sheet, so that it can stand inline in HTML. All text from the sources is
 * escaped.
 */
int lad_chart_draw(const struct lad_chart_request *request, FILE *svg, struct lad_error *err);

/*
 * Writes the chart to PATH (by lad_output_write), as SVG, PNG or PostScript by its ending (.svg, .png, .ps); others are
 * refused. A PNG has twice the page's pixels, for dense screens.
 */
int lad_chart_write(const struct lad_chart_request *request, const char *path, struct lad_error *err);

/* What the chart shows, in words and with its numbers: the alternative text. *TEXT is the caller's to free. */
int lad_chart_describe(const struct lad_chart_request *request, char **text, struct lad_error *err);

/* Renders SVG text of LENGTH bytes to the file PNG_PATH with librsvg and cairo, WIDTH pixels wide. */
int lad_chart_svg_to_png(const char *svg, size_t length, const char *png_path, int width, struct lad_error *err);

#endif
