/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "netladder/chart.h"
#include "report/report.h"

/* A chart is drawn this wide: it fits a phone, and three stand beside each other on a desk. */
#define FIGURE_WIDTH 344

/*
 * Draws REQUEST in both themes as a figure, with what it shows in words as its alternative text. CAPTION may be NULL.
 * Where the chart cannot be drawn, a note says why.
 */
void figure_put(FILE *out, const struct lad_chart_request *request, const char *caption);
/* The same for a chart that is wider than a phone: it gets a region of its own to scroll in, named LABEL. */
void figure_put_wide(FILE *out, const struct lad_chart_request *request, const char *label);

/* Do the data allow this chart? */
bool figure_fits(const struct lad_chart_request *request);

/* SOURCE for a request; the strings point into SOURCE. */
struct lad_chart_source figure_source(const struct report_source *source);

/* A bare chart of GROUP's workload, CPUs and placement under its tuning; the kind is left to the caller. */
struct lad_chart_request figure_request(const struct lad_chart_source *chart_source, const struct lad_group *group);

/* A primary group under the base tuning. */
bool in_overview(const struct report_source *source, const struct lad_group *group);
/* The first such group that a chart's filter cannot tell from the others (it knows no message sizes and no flows). */
bool first_of_filter(const struct report_source *source, int index);

#endif
