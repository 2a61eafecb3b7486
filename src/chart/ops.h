/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_OPS_H
#define CHART_OPS_H

/* A kind of chart: one file and one line of LAD_CHARTS. */

#include "chart/page.h"

struct chart_ops {
	const char *name, *summary;
	/*
	 * Works out from page->request what is to be drawn and where: the model, the page's title, subtitle and grid.
	 * -1 with what the data would need (LAD_EXIT_USAGE) when they do not fit this kind; nothing is kept then.
	 */
	int (*open)(struct page *page, void **model, struct lad_error *err);
	void (*draw)(const void *model, const struct page *page, struct canvas *canvas);
	void (*describe)(const void *model, FILE *out);
	void (*close)(void *model);
};

#define CHART_OPS(NAME, name) extern const struct chart_ops chart_##name;
LAD_CHARTS(CHART_OPS)

/*
 * The rows of all SOURCES that the request's filter lets through, as one table (the caller's to free) in the sources'
 * order. -1 when there are none.
 */
int chart_rows(const struct lad_chart_request *request, struct lad_table *rows, struct lad_error *err);

/* An error where there are several sources, or none: CHART, as "a scale chart", is of one run. */
int chart_one_source(const struct lad_chart_request *request, const char *chart, struct lad_error *err);

/* What source INDEX is held against. */
const struct lad_verdict_options *chart_expected(const struct lad_chart_request *request, int index);

/* The verdict on those rows of source INDEX. */
int chart_verdict(const struct lad_chart_request *request, int index, struct lad_verdict *verdict,
		  struct lad_error *err);

/* Is everything in the sources from the instruction clock? Its figures have no interval. */
bool chart_exact(const struct lad_chart_request *request);

/* Does this group's metric stand in the chart: the one asked for, else the primary one? */
bool chart_shows(const struct lad_chart_request *request, const struct lad_group *group);

/* "tcp_stream, one shared core", with message size, flows, placement and tuning where the OTHER groups differ in them.
 */
void chart_group_title(const struct lad_group *group, const struct lad_verdict *verdict, char *out, size_t size);

/* As snprintf, behind what OUT holds. */
void chart_append(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A value as a label: three significant digits, no exponent. */
void chart_format(double value, char *out, size_t size);
/* The metric of COLUMN, one of those that --metric takes, in the unit that fits LARGEST, a value as in results.csv. */
const struct lad_metric *chart_metric_fit(const char *column, double largest);
/* "µs" for "us". */
const char *chart_unit(const struct lad_metric *metric);

/* Draws REQUEST on a canvas that is left finished (the caller frees it), for tests that look at what was drawn. TITLE
 * and DESCRIPTION may be NULL, else are the caller's to free. */
int chart_render(const struct lad_chart_request *request, enum canvas_device device, struct canvas *canvas,
		 char **title, char **description, struct lad_error *err);

#endif
