/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_PAGE_H
#define CHART_PAGE_H

/* What all charts have around them: a heading, panels in a grid (small multiples), and the footer that says where the
 * figures come from. Sizes are in points; a point is a pixel of the SVG. */

#include "chart/theme.h"
#include "netladder/chart.h"

#define PAGE_MARGIN 24.0
#define PAGE_GAP 26.0
#define PAGE_PANELS_MAX 64
#define PAGE_LINES_MAX 6
#define PAGE_LINE_BYTES 512

#define SIZE_TITLE 15.0
#define SIZE_HEADING 12.0
#define SIZE_LABEL 10.0
#define SIZE_SMALL 9.0

struct page_lines {
	char text[PAGE_LINES_MAX][PAGE_LINE_BYTES];
	int count;
};

struct page {
	const struct lad_chart_request *request;
	const struct theme *theme;
	struct canvas *ruler; /* measures text; nothing is drawn on it */
	char title[256], subtitle[1024];
	/* from page_grid: */
	double width, height;
	struct page_lines title_lines, subtitle_lines, footer_lines;
	struct box panels[PAGE_PANELS_MAX];
	int panel_count;
};

/* How large a panel is: as WIDE as there is room for, between the two widths. */
struct page_panel_size {
	double width_min, width_natural, height;
	int together; /* so many belong beside each other, where the page is wide enough; 0 is 1 */
};

/*
 * Sets the page's size and places COUNT panels (at most PAGE_PANELS_MAX) in rows: as many beside each other as the
 * asked width takes, or, when none is asked, as looks balanced. `title` and `subtitle` are set before.
 */
void page_grid(struct page *page, int count, struct page_panel_size size);

/* Draws heading and footer; not on a bare page. */
void page_draw(const struct page *page, struct canvas *canvas);

/* Breaks TEXT at blanks into lines of at most WIDTH points; what is left after PAGE_LINES_MAX is cut with an ellipsis.
 */
void page_wrap(struct canvas *ruler, double width, double size, bool bold, const char *text, struct page_lines *lines);

/* A panel's bold heading and the muted line beneath, cut to the panel's width. */
#define PAGE_PANEL_HEAD 34.0
void page_panel_head(const struct page *page, struct canvas *canvas, struct box panel, const char *heading,
		     const char *line);

#endif
