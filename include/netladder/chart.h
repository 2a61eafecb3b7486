/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_CHART_H
#define NETLADDER_CHART_H

/* Charts drawn by libplot (GNU plotutils) from a verdict. */

#include "netladder/error.h"
#include "netladder/verdict.h"

/*
 * Draws the ladder as SVG: small multiples, a panel a primary group (workload × cpus), a bar a mode with its 95 % CI as
 * whiskers, the value and the ratio to host; modes that were skipped stand there, said as such. The bar's axis starts
 * at zero. The footer names lab, clock, kernel and date. Text is text.
 */
int lad_chart_ladder_svg(const struct lad_verdict *verdict, const char *path, struct lad_error *err);

/* Renders an SVG file to PNG with librsvg and cairo, WIDTH pixels wide on white. */
int lad_chart_svg_to_png(const char *svg_path, const char *png_path, int width, struct lad_error *err);

#endif
