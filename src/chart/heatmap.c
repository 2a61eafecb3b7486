/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/factor.h"
#include "chart/ops.h"
#include "netladder/cleanup.h"

#define ROWS_MAX 64
#define ROW_HEIGHT 18.0
#define COLUMN_WIDTH 58.0
#define HEAD_HEIGHT 16.0
/* A gain of a half or more, or its inverse, has the full colour. */
#define FULL_GAIN 0.405465 /* ln 1.5 */

struct heat_cell {
	bool present, measured;
	double gain; /* ln of better / default; > 0 is better. NAN: no pair with the default */
	struct lad_interval gain_ci;
	double value; /* median, in the metric's unit */
};

struct heat_panel {
	const struct lad_metric *metric;
	char heading[256];
	char tunings[ROWS_MAX][64];
	int row_count, left_out;
	struct heat_cell cells[ROWS_MAX][LAD_MODE_COUNT];
	bool modes[LAD_MODE_COUNT];
	struct box panel;
	double names_width;
};

struct heatmap {
	char base[64];
	struct lad_verdict verdict; /* owned */
	struct heat_panel *panels;  /* owned */
	int panel_count;
};

/* Paired log ratios of better over worse between two cells of the same blocks, which both have in order. */
static int pair_logs(const struct lad_cell *cell, const struct lad_cell *base, bool lower_is_better, double *logs)
{
	int pairs = 0;
	for (int i = 0, j = 0; i < cell->ok; i++) {
		while (j < base->ok && base->blocks[j] < cell->blocks[i])
			j++;
		if (j == base->ok || base->blocks[j] != cell->blocks[i])
			continue;
		if (cell->values[i] > 0 && base->values[j] > 0) {
			double gain = log(cell->values[i] / base->values[j]);
			logs[pairs++] = lower_is_better ? -gain : gain;
		}
	}
	return pairs;
}

static const struct lad_cell *cell_of(const struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; group && i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

static bool same_but_tuning(const struct lad_group *a, const struct lad_group *b)
{
	return a->metric == b->metric && lad_row_key_same(&a->key, &b->key, LAD_KEY_TUNING | LAD_KEY_FLOWS);
}

/* The group with the base tuning beside GROUP; the number of flows may be what the tuning changed. */
static const struct lad_group *base_of(const struct heatmap *map, const struct lad_group *group)
{
	const struct lad_group *found = NULL;
	for (int i = 0; i < map->verdict.group_count; i++) {
		const struct lad_group *other = &map->verdict.groups[i];
		if (same_but_tuning(group, other) && strcmp(other->key.tuning, map->base) == 0 &&
		    (!found || other->key.flows == group->key.flows))
			found = other;
	}
	return found;
}

static int fill_cell(struct heat_cell *cell, const struct lad_cell *measured, const struct lad_cell *base,
		     bool lower_is_better)
{
	cell->present = true;
	cell->measured = measured->ok > 0;
	cell->value = measured->median;
	cell->gain = NAN;
	cell->gain_ci = (struct lad_interval){NAN, NAN};
	if (!base || !cell->measured)
		return 0;
	lad_cleanup_free double *logs = calloc((size_t)measured->ok, sizeof *logs);
	if (!logs)
		return -1;
	size_t pairs = (size_t)pair_logs(measured, base, lower_is_better, logs);
	if (pairs == 0)
		return 0;
	cell->gain = lad_hodges_lehmann(logs, pairs);
	cell->gain_ci = lad_hodges_lehmann_interval(logs, pairs, 0.95);
	return 0;
}

static struct heat_panel *panel_of(struct heatmap *map, const struct lad_group *group)
{
	char heading[256];
	struct lad_group alone = *group;
	struct lad_verdict single = map->verdict;
	alone.key.flows = 1;
	single.groups = &alone;
	single.group_count = 1;
	chart_group_title(&alone, &single, heading, sizeof heading);
	for (int i = 0; i < map->verdict.group_count; i++)
		if (map->verdict.groups[i].key.workload == group->key.workload &&
		    map->verdict.groups[i].key.message_bytes != group->key.message_bytes) {
			chart_append(heading, sizeof heading, ", %lld B", (long long)group->key.message_bytes);
			break;
		}
	for (int i = 0; i < map->panel_count; i++)
		if (strcmp(map->panels[i].heading, heading) == 0)
			return &map->panels[i];
	if (map->panel_count == PAGE_PANELS_MAX)
		return NULL;
	struct heat_panel *panel = &map->panels[map->panel_count++];
	strcpy(panel->heading, heading);
	panel->metric = group->metric;
	return panel;
}

static int add_group(struct heatmap *map, const struct lad_group *group)
{
	struct heat_panel *panel = panel_of(map, group);
	if (!panel)
		return 0;
	if (panel->row_count == ROWS_MAX) {
		panel->left_out++;
		return 0;
	}
	/* The base is the first row, the others follow with their numbers in order: mtu=576 before mtu=1280. */
	int row = 0;
	bool is_base = strcmp(group->key.tuning, map->base) == 0;
	while (!is_base && row < panel->row_count &&
	       (strcmp(panel->tunings[row], map->base) == 0 || strverscmp(panel->tunings[row], group->key.tuning) < 0))
		row++;
	size_t behind = (size_t)(panel->row_count++ - row);
	memmove(panel->tunings[row + 1], panel->tunings[row], sizeof panel->tunings[0] * behind);
	memmove(panel->cells[row + 1], panel->cells[row], sizeof panel->cells[0] * behind);
	memset(panel->cells[row], 0, sizeof panel->cells[0]);
	strcpy(panel->tunings[row], group->key.tuning);
	const struct lad_group *base = base_of(map, group);
	for (int i = 0; i < group->cell_count; i++) {
		enum lad_mode mode = group->cells[i].mode;
		panel->modes[mode] = true;
		if (fill_cell(&panel->cells[row][mode], &group->cells[i], cell_of(base, mode),
			      group->metric->lower_is_better) < 0)
			return -1;
	}
	return 0;
}

static int mode_count(const struct heat_panel *panel)
{
	int count = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		count += panel->modes[mode];
	return count;
}

static void place(struct heatmap *map, struct page *page)
{
	double names = 40;
	int rows = 1, columns = 1;
	for (int i = 0; i < map->panel_count; i++) {
		struct heat_panel *panel = &map->panels[i];
		rows = panel->row_count > rows ? panel->row_count : rows;
		columns = mode_count(panel) > columns ? mode_count(panel) : columns;
		for (int row = 0; row < panel->row_count; row++)
			names = fmax(names, canvas_measure(page->ruler, SIZE_SMALL, false, panel->tunings[row]) + 8);
	}
	/* On a narrow page long names are cut rather than the figures. */
	double cells = columns * 50.0, wanted = fmin(names, 240);
	if (page->request->width_px > 0)
		wanted = fmax(fmin(wanted, page->request->width_px - 2 * PAGE_MARGIN - cells), 70);
	struct page_panel_size size = {.width_min = wanted + cells,
				       .width_natural = wanted + columns * COLUMN_WIDTH,
				       .height = PAGE_PANEL_HEAD + HEAD_HEIGHT + rows * ROW_HEIGHT};
	page_grid(page, map->panel_count, size);
	for (int i = 0; i < map->panel_count; i++) {
		map->panels[i].panel = page->panels[i];
		map->panels[i].names_width = wanted;
	}
}

static void close_heatmap(void *model)
{
	struct heatmap *map = model;
	lad_verdict_free(&map->verdict);
	free(map->panels);
	free(map);
}

static const char *base_tuning(const struct lad_verdict *verdict)
{
	for (int i = 0; i < verdict->group_count; i++)
		if (strcmp(verdict->groups[i].key.tuning, "default") == 0)
			return "default";
	for (int i = 0; i < verdict->group_count; i++)
		if (factor_is_base(verdict->groups[i].key.tuning))
			return verdict->groups[i].key.tuning;
	return NULL;
}

static int fill(struct heatmap *map, struct page *page, struct lad_error *err)
{
	bool several = false;
	if (page->request->source_count != 1)
		return lad_error_set(err, LAD_EXIT_USAGE, "a heatmap needs one RESULTS.csv; these are %d",
				     page->request->source_count);
	if (chart_verdict(page->request, 0, &map->verdict, err) < 0)
		return -1;
	const char *base = base_tuning(&map->verdict);
	for (int i = 1; i < map->verdict.group_count; i++)
		several |= strcmp(map->verdict.groups[i].key.tuning, map->verdict.groups[0].key.tuning) != 0;
	if (!base || !several)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "a heatmap needs results with several tunings, one of them without FACTOR=VALUE in "
		    "its name (such as \"default\") to compare with; there is %s",
		    several ? "no such one" : "one tuning only");
	snprintf(map->base, sizeof map->base, "%s", base);
	map->panels = calloc(PAGE_PANELS_MAX, sizeof *map->panels);
	if (!map->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < map->verdict.group_count; i++)
		if (chart_shows(page->request, &map->verdict.groups[i]) && add_group(map, &map->verdict.groups[i]) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (map->panel_count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "no workload in these results is judged by %s",
				     page->request->metric);
	snprintf(page->title, sizeof page->title, "%s: what tuning gains over \"%s\"", map->verdict.scenario,
		 map->base);
	snprintf(page->subtitle, sizeof page->subtitle, "%s, + is better%s. %s. \u25cf the best of its mode",
		 chart_exact(page->request) ? "Exact ratios" : "Ratio of paired blocks",
		 page->theme->by_pattern ? "" : "; blue better, orange worse",
		 chart_exact(page->request) ? "Bold: an effect; muted: none"
					    : "Bold: the 95 % CI is clear of no effect; muted: it is not");
	place(map, page);
	return 0;
}

static int open_heatmap(struct page *page, void **model, struct lad_error *err)
{
	struct heatmap *map = calloc(1, sizeof *map);
	if (!map)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (fill(map, page, err) < 0) {
		close_heatmap(map);
		return -1;
	}
	*model = map;
	return 0;
}

static bool is_clear(const struct heat_cell *cell)
{
	return isfinite(cell->gain) && (cell->gain_ci.low > 0 || cell->gain_ci.high < 0);
}

/* The row with the clearly largest gain of a mode; -1: none gains. */
static int best_row(const struct heat_panel *panel, int mode)
{
	int best = -1;
	for (int row = 1; row < panel->row_count; row++) {
		const struct heat_cell *cell = &panel->cells[row][mode];
		if (is_clear(cell) && cell->gain > 0 && (best < 0 || cell->gain > panel->cells[best][mode].gain))
			best = row;
	}
	return best;
}

static void cell_text(const struct heat_panel *panel, int row, int mode, char *out, size_t size)
{
	const struct heat_cell *cell = &panel->cells[row][mode];
	/* The plain ratio of a metric where lower is better is the inverse. */
	double percent = 100 * expm1(cell->gain);
	percent = fabs(percent) < 0.05 ? 0 : percent; /* no "-0.0 %" */
	if (!cell->present)
		snprintf(out, size, "\u2013");
	else if (!cell->measured)
		snprintf(out, size, "skipped");
	else if (row == 0 || !isfinite(cell->gain))
		chart_format(cell->value, out, size);
	else if (percent >= 199.5)
		snprintf(out, size, "\u00d7%.1f", exp(cell->gain));
	else
		snprintf(out, size, fabs(percent) < 9.95 ? "%+.1f %%" : "%+.0f %%", percent);
}

static void draw_cell(const struct heat_panel *panel, int row, int mode, struct box box, const struct page *page,
		      struct canvas *canvas)
{
	char text[32];
	const struct theme *theme = page->theme;
	const struct heat_cell *cell = &panel->cells[row][mode];
	bool clear = row > 0 && is_clear(cell);
	if (clear && !theme->by_pattern) {
		double strength = fmin(fabs(cell->gain) / FULL_GAIN, 1);
		int colour = cell->gain > 0 ? 0x0072b2 : 0xd55e00;
		canvas_rectangle(canvas, box.x, box.y, box.width - 1, box.height - 1,
				 canvas_blend(colour, theme->paper, 0.12 + 0.38 * strength));
	} else {
		canvas_outline(canvas, box.x, box.y, box.width - 1, box.height - 1, 0.5, CANVAS_SOLID, theme->grid);
	}
	cell_text(panel, row, mode, text, sizeof text);
	canvas_text(canvas, box.x + box.width / 2, box.y + 5, CANVAS_CENTRE, SIZE_SMALL, clear,
		    clear || row == 0 ? theme->ink : theme->muted, text);
	if (row > 0 && row == best_row(panel, mode))
		canvas_mark(canvas, box.x + 6, box.y + box.height / 2, CANVAS_CIRCLE, 5, theme->ink, theme->ink);
}

static void draw_panel(const struct heat_panel *panel, const struct page *page, struct canvas *canvas)
{
	char note[256], name[80];
	snprintf(note, sizeof note, "%s: %s in %s, the others against it", panel->tunings[0], panel->metric->title,
		 chart_unit(panel->metric));
	page_panel_head(page, canvas, panel->panel, panel->heading, note);
	double top = panel->panel.y + panel->panel.height - PAGE_PANEL_HEAD - HEAD_HEIGHT;
	double width = (panel->panel.width - panel->names_width) / mode_count(panel);
	for (int row = 0; row < panel->row_count; row++) {
		double x = panel->panel.x + panel->names_width, y = top - (row + 1) * ROW_HEIGHT;
		canvas_fit(page->ruler, panel->names_width - 6, SIZE_SMALL, false, panel->tunings[row], name,
			   sizeof name);
		canvas_text(canvas, panel->panel.x, y + 5, CANVAS_LEFT, SIZE_SMALL, false, page->theme->ink, name);
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
			if (!panel->modes[mode])
				continue;
			if (row == 0)
				canvas_text(canvas, x + width / 2, top + 5, CANVAS_CENTRE, SIZE_SMALL, false,
					    page->theme->ink, lad_mode_name((enum lad_mode)mode));
			draw_cell(panel, row, mode, (struct box){x, y, width, ROW_HEIGHT}, page, canvas);
			x += width;
		}
	}
}

static void draw_heatmap(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct heatmap *map = model;
	for (int i = 0; i < map->panel_count; i++)
		draw_panel(&map->panels[i], page, canvas);
}

static void describe_heatmap(const void *model, FILE *out)
{
	const struct heatmap *map = model;
	fprintf(out, "Table of tunings by container network mode: the gain over %s.", map->base);
	for (int i = 0; i < map->panel_count; i++) {
		const struct heat_panel *panel = &map->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->metric->title);
		for (int mode = 0, said = 0; mode < LAD_MODE_COUNT; mode++) {
			int best = best_row(panel, mode);
			if (!panel->modes[mode] || (panel->row_count && !panel->cells[0][mode].measured))
				continue;
			fprintf(out, "%s %s ", said++ ? ";" : "", lad_mode_name((enum lad_mode)mode));
			if (best < 0)
				fputs("gains from none", out);
			else
				fprintf(out, "gains most from %s, %+.1f %%", panel->tunings[best],
					100 * expm1(panel->cells[best][mode].gain));
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_heatmap = {
    "heatmap", "mode by tuning: the gain over the default", open_heatmap, draw_heatmap, describe_heatmap, close_heatmap,
};
