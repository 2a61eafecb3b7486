/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_LAYOUT_H
#define CHART_LAYOUT_H

/* Where everything of the ladder chart stands, apart from the drawing of it, so that a test can hold it to account. */

#include "chart/scale.h"
#include "netladder/verdict.h"

#define LAYOUT_PANELS_MAX 64

struct box {
	double x, y, width, height; /* lower left corner, in points */
};

struct layout_bar {
	const struct lad_cell *cell;
	struct box slot;		  /* the whole column of the mode */
	struct box bar;			  /* height 0 without a value */
	double whisker_low, whisker_high; /* y; NAN without a CI */
	double value_y;			  /* base line of the value's label */
};

struct layout_panel {
	const struct lad_group *group;
	struct box panel, plot;
	struct scale scale;
	struct layout_bar bars[LAD_MODE_COUNT];
	int bar_count;
	double sign_y; /* the verdict's signs stand here, between the bars */
};

struct layout {
	double width, height;
	struct layout_panel panels[LAYOUT_PANELS_MAX];
	int panel_count;
};

/* Lays out the primary groups of VERDICT (at most LAYOUT_PANELS_MAX). */
void layout_make(const struct lad_verdict *verdict, struct layout *layout);

#endif
