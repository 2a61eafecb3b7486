/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "netladder/chart.h"
#include "report/report.h"

/*
 * Draws REQUEST in both themes as a figure, with what it shows in words as its alternative text. CAPTION may be NULL.
 * Where the chart cannot be drawn, a note says why.
 */
void figure_put(FILE *out, const struct lad_chart_request *request, const char *caption);

/* Does the data allow this chart? */
bool figure_fits(const struct lad_chart_request *request);

/* SOURCE for a request; the strings point into SOURCE. */
struct lad_chart_source figure_source(const struct report_source *source);

/* How wide a chart is drawn that stands beside others, and one that has the page to itself. */
#define FIGURE_NARROW 344
#define FIGURE_WIDE 760

#endif
