/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <stdio.h>

/*
 * Puts a chart into a page: LIGHT is its SVG document (UTF-8), DARK the same chart in the dark theme, or NULL. Where
 * the two differ in a colour both are given, light-dark(#1f2328,#e8eaed), and the page's theme picks. ALT says what the
 * chart shows. Only elements and attributes that draw are let through (no script, link, style, handler or foreign
 * content, no ids that would clash between drawings). The drawing is never shown larger than it is, and shrinks with
 * the page. Returns 0, or -1 when LIGHT is no SVG; nothing is written then.
 */
int svg_embed(FILE *out, const char *light, const char *dark, const char *alt);

#endif
