/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_SVG_H
#define CHART_SVG_H

#include <stdio.h>

#include "chart/canvas.h"

/*
 * Writes what libplot drew as an SVG document that can stand in a page: UTF-8, sized in pixels (WIDTH_PX wide), with
 * TITLE and DESCRIPTION for screen readers, real anchors and transparency, without document type, ids or namespaces
 * that are not used. CANVAS is finished. 0, or -1 when OUT has an error.
 */
int svg_write(const struct canvas *canvas, const char *title, const char *description, double width_px, FILE *out,
	      struct lad_error *err);

/* TEXT (UTF-8) as XML character data: the five special characters escaped, what XML 1.0 forbids and bytes that are no
 * UTF-8 replaced by U+FFFD. */
void svg_escape(const char *text, FILE *out);

#endif
