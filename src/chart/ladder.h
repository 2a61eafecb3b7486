/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_LADDER_H
#define CHART_LADDER_H

/* Where everything of the ladder chart stands, apart from the drawing of it, so that a test can hold it to account. */

#include "chart/ops.h"
#include "chart/scale.h"

#define LADDER_BARS_MAX 16

struct ladder_bar {
	const struct lad_cell *cell;
	struct box slot;		  /* the whole column of the mode */
	struct box bar;			  /* height 0 without a value */
	double whisker_low, whisker_high; /* y; NAN without a CI */
	double value_y;			  /* base line of the value's label */
};

struct ladder_panel {
	const struct lad_group *group;
	const struct lad_verdict *verdict;
	const char *source; /* NULL: the only one */
	struct box panel, plot;
	struct box bars_box; /* the plot without the room for labels and signs above: the scale's box */
	struct scale scale;
	struct ladder_bar bars[LADDER_BARS_MAX];
	int bar_count;
	double sign_y; /* the verdict's signs stand here, between the bars */
};

struct ladder {
	struct lad_verdict *verdicts; /* owned, one a source */
	int verdict_count;
	struct ladder_panel panels[PAGE_PANELS_MAX];
	int panel_count;
	int left_out; /* groups beyond PAGE_PANELS_MAX */
};

/* Places the panels of LADDER, whose verdicts are made, on PAGE. */
void ladder_place(struct ladder *ladder, struct page *page);

#endif
