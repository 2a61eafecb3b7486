/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_THEME_H
#define CHART_THEME_H

#include "chart/canvas.h"
#include "netladder/chart.h"

struct theme {
	int background; /* -1: none */
	int paper;	/* what the eye sees behind: for blends and markers' edges */
	int ink, muted, grid;
	int good, bad;	   /* better, worse; never the only sign */
	bool by_pattern;   /* lines differ by their dashes too */
	double line_width; /* of a series */
};

const struct theme *theme_of(enum lad_chart_theme theme);

/* A series' looks: the same in every chart and theme. */
struct series_style {
	int colour;
	enum canvas_marker marker;
	enum canvas_dash dash; /* solid unless the theme tells by pattern */
};

/* INDEX is a mode; further series (results sets beside each other) go on behind the modes, and repeat after twelve. */
struct series_style series_style_of(const struct theme *theme, int index);

#endif
