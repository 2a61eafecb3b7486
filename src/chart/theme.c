/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/theme.h"

#include <string.h>

static const struct theme themes[LAD_CHART_THEME_COUNT] = {
    [LAD_CHART_LIGHT] = {0xffffff, 0xffffff, 0x1f2328, 0x59636e, 0xe3e6ea, 0x00664d, 0xb00020, false, 2},
    [LAD_CHART_DARK] = {0x15181d, 0x15181d, 0xe8eaed, 0xa5adb8, 0x31373f, 0x4cc9a0, 0xff8a80, false, 2},
    [LAD_CHART_PRINT] = {-1, 0xffffff, 0x000000, 0x404040, 0xcccccc, 0x000000, 0x000000, true, 1.6},
};

static const char *const theme_names[LAD_CHART_THEME_COUNT] = {"light", "dark", "print"};

const struct theme *theme_of(enum lad_chart_theme theme)
{
	return &themes[(unsigned)theme < LAD_CHART_THEME_COUNT ? theme : LAD_CHART_LIGHT];
}

const char *lad_chart_theme_name(enum lad_chart_theme theme)
{
	return (unsigned)theme < LAD_CHART_THEME_COUNT ? theme_names[theme] : "?";
}

int lad_chart_theme_from_name(const char *name)
{
	for (int i = 0; i < LAD_CHART_THEME_COUNT; i++)
		if (strcmp(theme_names[i], name) == 0)
			return i;
	return -1;
}

/* Okabe & Ito (2008) for the modes, tellable apart with any colour vision; then Tol's muted scheme (2021). */
static const int colours[] = {0x0072b2, 0x009e73, 0x56b4e9, 0xcc79a7, 0xe69f00, 0xd55e00,
			      0x882255, 0x44aa99, 0x999933, 0x6a5acd, 0xb0a030, 0x808080};

struct series_style series_style_of(const struct theme *theme, int index)
{
	int colour_count = (int)(sizeof colours / sizeof *colours);
	index = index < 0 ? 0 : index;
	return (struct series_style){
	    .colour = colours[index % colour_count],
	    .marker = (enum canvas_marker)(index % CANVAS_MARKER_COUNT),
	    .dash = theme->by_pattern ? (enum canvas_dash)(index % CANVAS_DASH_COUNT) : CANVAS_SOLID,
	};
}
