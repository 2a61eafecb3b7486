/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/axis.h"
#include "netladder/cleanup.h"

#define PLOT_HEIGHT 170.0
#define PANEL_LABELS 32.0
#define SLOT_WIDTH 56.0
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

static void place_bar(const struct ladder_panel *panel, const struct lad_cell *cell, int index, struct ladder_bar *bar)
{
	double slot = panel->plot.width / panel->bar_count;
	double width = fmin(slot * 0.6, 48);
	*bar = (struct ladder_bar){.cell = cell, .whisker_low = NAN, .whisker_high = NAN};
	bar->slot = (struct box){panel->plot.x + slot * index, panel->plot.y, slot, panel->plot.height};
	bar->bar = (struct box){bar->slot.x + (slot - width) / 2, panel->plot.y, width, 0};
	bar->value_y = panel->plot.y + 6;
	if (!cell->ok)
		return;
	double top = axis_y(panel->bars_box, &panel->scale, cell->median);
	bar->bar.height = top - panel->plot.y;
	if (isfinite(cell->median_ci.low)) {
		bar->whisker_low = axis_y(panel->bars_box, &panel->scale, cell->median_ci.low);
		bar->whisker_high = axis_y(panel->bars_box, &panel->scale, cell->median_ci.high);
		top = bar->whisker_high;
	}
	bar->value_y = top + 4;
}

static void place_panel(struct ladder_panel *panel, const struct page *page)
{
	double axis = axis_width(page, &panel->scale);
	panel->plot =
	    (struct box){panel->panel.x + axis, panel->panel.y + PANEL_LABELS, panel->panel.width - axis, PLOT_HEIGHT};
	panel->bars_box = panel->plot;
	panel->bars_box.height -= HEADROOM;
	panel->sign_y = panel->plot.y + panel->plot.height - 10;
	for (int i = 0; i < panel->bar_count; i++)
		place_bar(panel, &panel->group->cells[i], i, &panel->bars[i]);
}

static double slot_width(const struct ladder *ladder, const struct page *page)
{
	double width = 0;
	for (int i = 0; i < ladder->panel_count; i++)
		for (int j = 0; j < ladder->panels[i].bar_count; j++) {
			const char *name = lad_mode_name(ladder->panels[i].group->cells[j].mode);
			width = fmax(width, canvas_measure(page->ruler, SIZE_LABEL, false, name) + 6);
		}
	return fmax(width, 42);
}

/* Of a sweep the ladder shows the base tuning: its rungs, not its variants. */
static bool is_base_tuning(const struct lad_verdict *verdict, const char *tuning)
{
	for (int i = 0; i < verdict->group_count; i++)
		if (strcmp(verdict->groups[i].key.tuning, "default") == 0 ||
		    strcmp(verdict->groups[i].key.tuning, "base") == 0)
			return strcmp(tuning, "default") == 0 || strcmp(tuning, "base") == 0;
	return true;
}

static void collect(struct ladder *ladder, const struct page *page)
{
	for (int v = 0; v < ladder->verdict_count; v++)
		for (int i = 0; i < ladder->verdicts[v].group_count; i++) {
			const struct lad_verdict *verdict = &ladder->verdicts[v];
			const struct lad_group *group = &verdict->groups[i];
			if (!chart_shows(page->request, group) || !is_base_tuning(verdict, group->key.tuning))
				continue;
			if (ladder->panel_count == PAGE_PANELS_MAX) {
				ladder->left_out++;
				continue;
			}
			ladder->panels[ladder->panel_count++] = (struct ladder_panel){
			    .group = group,
			    .verdict = verdict,
			    .source = ladder->verdict_count > 1 ? page->request->sources[v].name : NULL,
			    .scale = scale_from_zero(top_of(group), TICKS),
			    .bar_count = group->cell_count < LADDER_BARS_MAX ? group->cell_count : LADDER_BARS_MAX};
		}
}

void ladder_place(struct ladder *ladder, struct page *page)
{
	int bars = 1;
	double axis = 0;
	collect(ladder, page);
	for (int i = 0; i < ladder->panel_count; i++) {
		bars = ladder->panels[i].bar_count > bars ? ladder->panels[i].bar_count : bars;
		axis = fmax(axis, axis_width(page, &ladder->panels[i].scale));
	}
	double slot = slot_width(ladder, page);
	struct page_panel_size size = {.width_min = fmax(axis + slot * bars, 150),
				       .width_natural =
					   fmax(axis + fmax(slot, SLOT_WIDTH) * (bars < 3 ? 3 : bars), 150),
				       .height = PAGE_PANEL_HEAD + PLOT_HEIGHT + PANEL_LABELS};
	page_grid(page, ladder->panel_count, size);
	for (int i = 0; i < ladder->panel_count; i++) {
		ladder->panels[i].panel = page->panels[i];
		place_panel(&ladder->panels[i], page);
	}
}

static void close_ladder(void *model)
{
	struct ladder *ladder = model;
	for (int i = 0; i < ladder->verdict_count; i++)
		lad_verdict_free(&ladder->verdicts[i]);
	free(ladder->verdicts);
	free(ladder);
}

static int open_ladder(struct page *page, void **model, struct lad_error *err)
{
	const struct lad_chart_request *request = page->request;
	struct ladder *ladder = calloc(1, sizeof *ladder);
	struct lad_verdict *verdicts = calloc((size_t)request->source_count, sizeof *verdicts);
	if (!ladder || !verdicts) {
		free(ladder);
		free(verdicts);
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	ladder->verdicts = verdicts;
	for (; ladder->verdict_count < request->source_count; ladder->verdict_count++)
		if (chart_verdict(request, ladder->verdict_count, &verdicts[ladder->verdict_count], err) < 0) {
			close_ladder(ladder);
			return -1;
		}
	snprintf(page->title, sizeof page->title, "%s: what each container network mode costs", verdicts[0].scenario);
	snprintf(page->subtitle, sizeof page->subtitle,
		 "%s; \u00d7 is the ratio to host; >\u00a0<\u00a0\u2248\u00a0? "
		 "between bars: the "
		 "verdict%s",
		 chart_exact(request) ? "Exact figures, without an interval" : "Median over blocks with its 95 % CI",
		 page->theme->by_pattern ? " (! against the stated order)" : " (red: against the stated order)");
	ladder_place(ladder, page);
	if (ladder->panel_count == 0) {
		close_ladder(ladder);
		return lad_error_set(err, LAD_EXIT_USAGE, "no workload in these results is judged by %s",
				     request->metric ? request->metric : "any metric");
	}
	*model = ladder;
	return 0;
}

static void draw_bar(const struct page *page, struct canvas *canvas, const struct ladder_bar *bar)
{
	char text[32];
	const struct theme *theme = page->theme;
	double centre = bar->slot.x + bar->slot.width / 2;
	const char *name = lad_mode_name(bar->cell->mode);
	canvas_text(canvas, centre, bar->slot.y - 13, CANVAS_CENTRE, SIZE_LABEL, false, theme->ink, name);
	if (!bar->cell->ok) {
		canvas_outline(canvas, bar->bar.x, bar->bar.y, bar->bar.width, 26, 0.8, CANVAS_DASHED, theme->muted);
		canvas_text(canvas, centre, bar->bar.y + 32, CANVAS_CENTRE, SIZE_SMALL, false, theme->muted,
			    bar->cell->skipped ? "skipped" : "failed");
		return;
	}
	int colour = series_style_of(theme, (int)bar->cell->mode).colour;
	canvas_rectangle(canvas, bar->bar.x, bar->bar.y, bar->bar.width, bar->bar.height, colour);
	if (theme->by_pattern)
		canvas_outline(canvas, bar->bar.x, bar->bar.y, bar->bar.width, bar->bar.height, 0.8, CANVAS_SOLID,
			       theme->ink);
	if (isfinite(bar->whisker_low)) {
		canvas_line(canvas, centre, bar->whisker_low, centre, bar->whisker_high, 1, theme->ink);
		canvas_line(canvas, centre - 4, bar->whisker_low, centre + 4, bar->whisker_low, 1, theme->ink);
		canvas_line(canvas, centre - 4, bar->whisker_high, centre + 4, bar->whisker_high, 1, theme->ink);
	}
	chart_format(bar->cell->median, text, sizeof text);
	canvas_text(canvas, centre, bar->value_y, CANVAS_CENTRE, SIZE_LABEL, true, theme->ink, text);
	if (isfinite(bar->cell->ratio_to_host) && bar->cell->mode != LAD_MODE_HOST) {
		snprintf(text, sizeof text, "%.2f\u00d7%s", bar->cell->ratio_to_host,
			 isfinite(bar->cell->medians_ratio) ? "*" : "");
		canvas_text(canvas, centre, bar->slot.y - 25, CANVAS_CENTRE, SIZE_SMALL, false, theme->muted, text);
	}
}

static const struct ladder_bar *bar_of(const struct ladder_panel *panel, enum lad_mode mode)
{
	for (int i = 0; i < panel->bar_count; i++)
		if (panel->bars[i].cell->mode == mode)
			return &panel->bars[i];
	return NULL;
}

static void draw_sign(const struct page *page, struct canvas *canvas, const struct ladder_panel *panel,
		      const struct lad_judgement *judgement)
{
	const struct ladder_bar *left = bar_of(panel, judgement->relation.left);
	const struct ladder_bar *right = bar_of(panel, judgement->relation.right);
	if (!left || !right || judgement->verdict == LAD_NOT_MEASURED)
		return;
	const struct theme *theme = page->theme;
	bool against = judgement->verdict == LAD_REFUTED;
	int colour = against ? theme->bad : theme->ink;
	double x = (left->slot.x + right->slot.x + right->slot.width) / 2;
	bool equal = judgement->verdict == LAD_CONFIRMED ? judgement->relation.sign == LAD_EQUIVALENT
							 : strncmp(judgement->why, "equal", 5) == 0;
	if (judgement->verdict == LAD_INCONCLUSIVE)
		canvas_text(canvas, x, panel->sign_y - 5, CANVAS_CENTRE, 13, true, theme->muted, "?");
	else if (equal)
		canvas_equivalent(canvas, x, panel->sign_y, 12, colour);
	else
		canvas_text(canvas, x, panel->sign_y - 5, CANVAS_CENTRE, 13, true, colour,
			    judgement->ratio > 1 ? ">" : "<");
	if (against && theme->by_pattern)
		canvas_text(canvas, x + 9, panel->sign_y - 5, CANVAS_CENTRE, 13, true, colour, "!");
}

static void panel_title(const struct ladder_panel *panel, char *out, size_t size)
{
	char group[200];
	chart_group_title(panel->group, panel->verdict, group, sizeof group);
	snprintf(out, size, "%s%s%s", panel->source ? panel->source : "", panel->source ? ": " : "", group);
}

static void draw_panel(const struct page *page, struct canvas *canvas, const struct ladder_panel *panel)
{
	char title[400], line[128];
	panel_title(panel, title, sizeof title);
	snprintf(line, sizeof line, "%s, %s%s", panel->group->metric->title, chart_unit(panel->group->metric),
		 panel->group->metric->lower_is_better ? " (lower is better)" : "");
	for (int i = 0; i < panel->bar_count; i++)
		if (isfinite(panel->bars[i].cell->medians_ratio) && panel->bars[i].cell->mode != LAD_MODE_HOST) {
			chart_append(line, sizeof line, "; * of pairs");
			break;
		}
	page_panel_head(page, canvas, panel->panel, title, line);
	axis_draw_y(page, canvas, panel->bars_box, &panel->scale);
	for (int i = 0; i < panel->bar_count; i++)
		draw_bar(page, canvas, &panel->bars[i]);
	for (int i = 0; i < panel->group->judgement_count; i++)
		draw_sign(page, canvas, panel, &panel->group->judgements[i]);
}

static void draw_ladder(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct ladder *ladder = model;
	for (int i = 0; i < ladder->panel_count; i++)
		draw_panel(page, canvas, &ladder->panels[i]);
}

static void describe_cell(const struct lad_group *group, const struct lad_cell *cell, FILE *out)
{
	char value[32];
	fprintf(out, " %s", lad_mode_name(cell->mode));
	if (!cell->ok) {
		fprintf(out, " %s", cell->skipped ? "skipped" : "failed");
		return;
	}
	chart_format(cell->median, value, sizeof value);
	fprintf(out, " %s %s", value, chart_unit(group->metric));
	if (cell->mode != LAD_MODE_HOST && isfinite(cell->ratio_to_host))
		fprintf(out, " (%.2f of host%s)", cell->ratio_to_host,
			!isfinite(cell->medians_ratio) ? ""
			: cell->two_speeds	       ? " in pairs; its values or host's have two speeds"
						       : " in pairs; the speed changed between blocks");
}

static void describe_ladder(const void *model, FILE *out)
{
	const struct ladder *ladder = model;
	fputs("Bar chart, a bar for each container network mode.", out);
	for (int i = 0; i < ladder->panel_count; i++) {
		char title[400];
		const struct ladder_panel *panel = &ladder->panels[i];
		panel_title(panel, title, sizeof title);
		fprintf(out, " %s, median %s:", title, panel->group->metric->title);
		for (int j = 0; j < panel->bar_count; j++) {
			describe_cell(panel->group, panel->bars[j].cell, out);
			fputc(j + 1 < panel->bar_count ? ',' : '.', out);
		}
		for (int j = 0; j < panel->group->judgement_count; j++) {
			const struct lad_judgement *judgement = &panel->group->judgements[j];
			fprintf(out, " %s %s %s: %s%s", lad_mode_name(judgement->relation.left),
				judgement->relation.sign == LAD_GREATER ? "better than" : "equal to",
				lad_mode_name(judgement->relation.right), lad_verdict_name(judgement->verdict),
				j + 1 < panel->group->judgement_count ? ";" : ".");
		}
	}
	if (ladder->left_out)
		fprintf(out, " %d further groups are not drawn.", ladder->left_out);
}

const struct chart_ops chart_ladder = {
    "ladder",	     "a bar a mode, its CI, ratio to host and the verdict between",
    open_ladder,     draw_ladder,
    describe_ladder, close_ladder,
};
