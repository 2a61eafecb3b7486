/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/canvas.h"
#include "chart/layout.h"
#include "netladder/chart.h"
#include "netladder/cleanup.h"

#define INK 0x222222
#define MUTED 0x666666
#define GRID 0xe2e2e2

/* Okabe & Ito (2008): tellable apart with any colour vision. A mode has the same colour in every chart. */
static const int colours[LAD_MODE_COUNT] = {
    [LAD_MODE_HOST] = 0x0072b2,	     [LAD_MODE_MACVLAN] = 0x009e73, [LAD_MODE_IPVLAN_L2] = 0x56b4e9,
    [LAD_MODE_IPVLAN_L3] = 0xcc79a7, [LAD_MODE_BRIDGE] = 0xe69f00,  [LAD_MODE_OVERLAY] = 0xd55e00,
};

static void format_value(double value, char *out, size_t size)
{
	int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
	snprintf(out, size, "%.*f", decimals, value);
}

static void draw_axis(struct canvas *canvas, const struct layout_panel *panel, double headroom_free_height)
{
	const struct scale *scale = &panel->scale;
	int steps = (int)lround(scale->top / scale->step);
	char label[32];
	for (int i = 0; i <= steps; i++) {
		double y = panel->plot.y + headroom_free_height * i / steps;
		canvas_line(canvas, panel->plot.x, y, panel->plot.x + panel->plot.width, y, 0.5, i ? GRID : MUTED);
		snprintf(label, sizeof label, "%.*f", scale->decimals, scale->step * i);
		canvas_text(canvas, panel->plot.x - 5, y - 3, CANVAS_RIGHT, 9, false, MUTED, label);
	}
}

static void draw_bar(struct canvas *canvas, const struct layout_bar *bar)
{
	char text[32];
	double centre = bar->slot.x + bar->slot.width / 2;
	const char *name = lad_mode_name(bar->cell->mode);
	canvas_text(canvas, centre, bar->slot.y - 13, CANVAS_CENTRE, 10, false, INK, name);
	if (!bar->cell->ok) {
		canvas_dashed_rectangle(canvas, bar->bar.x, bar->bar.y, bar->bar.width, 26, MUTED);
		canvas_text(canvas, centre, bar->bar.y + 32, CANVAS_CENTRE, 9, false, MUTED,
			    bar->cell->skipped ? "skipped" : "failed");
		return;
	}
	canvas_rectangle(canvas, bar->bar.x, bar->bar.y, bar->bar.width, bar->bar.height, colours[bar->cell->mode]);
	if (isfinite(bar->whisker_low)) {
		canvas_line(canvas, centre, bar->whisker_low, centre, bar->whisker_high, 1, INK);
		canvas_line(canvas, centre - 4, bar->whisker_low, centre + 4, bar->whisker_low, 1, INK);
		canvas_line(canvas, centre - 4, bar->whisker_high, centre + 4, bar->whisker_high, 1, INK);
	}
	format_value(bar->cell->median, text, sizeof text);
	canvas_text(canvas, centre, bar->value_y, CANVAS_CENTRE, 10, true, INK, text);
	if (isfinite(bar->cell->ratio_to_host) && bar->cell->mode != LAD_MODE_HOST) {
		snprintf(text, sizeof text, "%.2f\u00d7", bar->cell->ratio_to_host);
		canvas_text(canvas, centre, bar->slot.y - 25, CANVAS_CENTRE, 9, false, MUTED, text);
	}
}

static const struct layout_bar *bar_of(const struct layout_panel *panel, enum lad_mode mode)
{
	for (int i = 0; i < panel->bar_count; i++)
		if (panel->bars[i].cell->mode == mode)
			return &panel->bars[i];
	return NULL;
}

static void draw_sign(struct canvas *canvas, const struct layout_panel *panel, const struct lad_judgement *judgement)
{
	const struct layout_bar *left = bar_of(panel, judgement->relation.left);
	const struct layout_bar *right = bar_of(panel, judgement->relation.right);
	if (!left || !right || judgement->verdict == LAD_NOT_MEASURED)
		return;
	double x = (left->slot.x + left->slot.width / 2 + right->slot.x + right->slot.width / 2) / 2;
	bool equal = judgement->verdict == LAD_CONFIRMED ? judgement->relation.sign == LAD_EQUIVALENT
							 : strncmp(judgement->why, "equal", 5) == 0;
	if (judgement->verdict == LAD_INCONCLUSIVE)
		canvas_text(canvas, x, panel->sign_y - 5, CANVAS_CENTRE, 13, true, MUTED, "?");
	else if (equal)
		canvas_equivalent(canvas, x, panel->sign_y, 12, INK);
	else
		canvas_text(canvas, x, panel->sign_y - 5, CANVAS_CENTRE, 13, true,
			    judgement->verdict == LAD_REFUTED ? 0xb00020 : INK, judgement->ratio > 1 ? ">" : "<");
}

static void draw_panel(struct canvas *canvas, const struct layout_panel *panel)
{
	char title[128];
	const struct lad_group *group = panel->group;
	double top = panel->panel.y + panel->panel.height;
	snprintf(title, sizeof title, "%s, %s%s", lad_workload_name(group->workload),
		 group->cpus == LAD_CPUS_SHARED	  ? "one shared core"
		 : group->cpus == LAD_CPUS_PINNED ? "two pinned cores"
						  : "free cores",
		 group->placement == LAD_SAME_HOST ? ", same host" : "");
	canvas_text(canvas, panel->panel.x, top - 12, CANVAS_LEFT, 12, true, INK, title);
	snprintf(title, sizeof title, "%s, %s", group->metric->title, group->metric->unit);
	canvas_text(canvas, panel->panel.x, top - 26, CANVAS_LEFT, 10, false, MUTED, title);
	double unit = 0;
	for (int i = 0; i < panel->bar_count; i++)
		if (panel->bars[i].cell->ok)
			unit = panel->bars[i].bar.height / panel->bars[i].cell->median;
	if (unit > 0)
		draw_axis(canvas, panel, unit * panel->scale.top);
	for (int i = 0; i < panel->bar_count; i++)
		draw_bar(canvas, &panel->bars[i]);
	for (int i = 0; i < group->judgement_count; i++)
		draw_sign(canvas, panel, &group->judgements[i]);
}

static void draw_frame(struct canvas *canvas, const struct lad_verdict *verdict)
{
	char text[512];
	snprintf(text, sizeof text, "%.60s: what each container network mode costs", verdict->scenario);
	canvas_text(canvas, 24, canvas->height - 24, CANVAS_LEFT, 15, true, INK, text);
	canvas_text(canvas, 24, canvas->height - 40, CANVAS_LEFT, 10, false, MUTED,
		    "Median over blocks with its 95 % CI; \u00d7 is the ratio to host; > < ? between bars: the verdict "
		    "(red: against the documented order)");
	snprintf(text, sizeof text, "netladder %s \u00b7 %s lab \u00b7 %s clock \u00b7 kernel %.60s \u00b7 %s",
		 LAD_VERSION, verdict->lab,
		 strcmp(verdict->clock, "instructions") == 0 ? "instruction clock: path length, not wall time,"
							     : verdict->clock,
		 verdict->kernel, verdict->time);
	canvas_text(canvas, 24, 14, CANVAS_LEFT, 9, false, MUTED, text);
}

int lad_chart_ladder_svg(const struct lad_verdict *verdict, const char *path, struct lad_error *err)
{
	struct canvas canvas;
	lad_cleanup_free struct layout *layout = calloc(1, sizeof *layout);
	if (!layout)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	layout_make(verdict, layout);
	if (canvas_open(&canvas, path, layout->width, layout->height, err) < 0)
		return -1;
	draw_frame(&canvas, verdict);
	for (int i = 0; i < layout->panel_count; i++)
		draw_panel(&canvas, &layout->panels[i]);
	return canvas_close(&canvas, err);
}
