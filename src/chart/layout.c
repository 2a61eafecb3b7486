/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/layout.h"

#include <math.h>
#include <string.h>

#define MARGIN 24.0
#define HEADING 52.0
#define FOOTER 30.0
#define GAP 22.0
#define PANEL_HEIGHT 216.0
#define AXIS_WIDTH 40.0
#define SLOT_WIDTH 58.0
#define PANEL_TITLE 38.0
#define PANEL_LABELS 32.0
#define PAGE_WIDTH_MIN 520.0
/* Room above the tallest bar: its value's label, then the row of signs. */
#define HEADROOM 34.0
#define TICKS 4

static double top_of(const struct lad_group *group)
{
	double top = 0;
	for (int i = 0; i < group->cell_count; i++) {
		const struct lad_cell *cell = &group->cells[i];
		if (!cell->ok)
			continue;
		top = fmax(top, cell->median);
		if (isfinite(cell->median_ci.high))
			top = fmax(top, cell->median_ci.high);
	}
	return top;
}

static void place_bar(const struct layout_panel *panel, const struct lad_cell *cell, int index, struct layout_bar *bar)
{
	double slot = panel->plot.width / panel->group->cell_count;
	double unit = (panel->plot.height - HEADROOM) / panel->scale.top;
	*bar = (struct layout_bar){.cell = cell, .whisker_low = NAN, .whisker_high = NAN};
	bar->slot = (struct box){panel->plot.x + slot * index, panel->plot.y, slot, panel->plot.height};
	bar->bar = (struct box){bar->slot.x + slot * 0.2, panel->plot.y, slot * 0.6, 0};
	bar->value_y = panel->plot.y + 6;
	if (!cell->ok)
		return;
	bar->bar.height = cell->median * unit;
	double top = cell->median;
	if (isfinite(cell->median_ci.low)) {
		bar->whisker_low = panel->plot.y + cell->median_ci.low * unit;
		bar->whisker_high = panel->plot.y + cell->median_ci.high * unit;
		top = cell->median_ci.high;
	}
	bar->value_y = panel->plot.y + top * unit + 4;
}

static void place_panel(struct layout_panel *panel)
{
	panel->plot = (struct box){panel->panel.x + AXIS_WIDTH, panel->panel.y + PANEL_LABELS,
				   panel->panel.width - AXIS_WIDTH, panel->panel.height - PANEL_LABELS - PANEL_TITLE};
	panel->scale = scale_from_zero(top_of(panel->group), TICKS);
	panel->sign_y = panel->plot.y + panel->plot.height - 10;
	panel->bar_count = panel->group->cell_count;
	for (int i = 0; i < panel->bar_count; i++)
		place_bar(panel, &panel->group->cells[i], i, &panel->bars[i]);
}

void layout_make(const struct lad_verdict *verdict, struct layout *layout)
{
	int modes = 1;
	memset(layout, 0, sizeof *layout);
	for (int i = 0; i < verdict->group_count && layout->panel_count < LAYOUT_PANELS_MAX; i++) {
		if (!verdict->groups[i].primary)
			continue;
		layout->panels[layout->panel_count++].group = &verdict->groups[i];
		modes = verdict->groups[i].cell_count > modes ? verdict->groups[i].cell_count : modes;
	}
	int count = layout->panel_count ? layout->panel_count : 1;
	int columns = count == 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : 4;
	int rows = (count + columns - 1) / columns;
	double panel_width = AXIS_WIDTH + SLOT_WIDTH * (modes < 3 ? 3 : modes);
	double grid_width = columns * panel_width + (columns - 1) * GAP;
	layout->width = fmax(2 * MARGIN + grid_width, PAGE_WIDTH_MIN);
	layout->height = HEADING + FOOTER + rows * PANEL_HEIGHT + (rows - 1) * GAP + MARGIN;
	double left = (layout->width - grid_width) / 2;
	for (int i = 0; i < layout->panel_count; i++) {
		int row = i / columns, column = i % columns;
		layout->panels[i].panel = (struct box){
		    left + column * (panel_width + GAP),
		    layout->height - HEADING - PANEL_HEIGHT - row * (PANEL_HEIGHT + GAP), panel_width, PANEL_HEIGHT};
		place_panel(&layout->panels[i]);
	}
}
