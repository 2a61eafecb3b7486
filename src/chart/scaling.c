/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/lines.h"
#include "chart/ops.h"

/*
 * How a mode scales with the number of sessions at once: what all carry together, how much of N times one pair's that
 * is, and the 99th percentile of latency.
 */

#define COUNTS_MAX 32

enum quantity { TOGETHER, EFFICIENCY, P99 };

struct scaling {
	struct line_panel *panels; /* owned */
	int panel_count;
	char scenario[64];
};

/* A group's row, which tells of its topology; NULL: none was measured. */
static const struct lad_row *row_of(const struct lad_table *rows, const struct lad_group *group)
{
	for (int i = 0; i < rows->row_count; i++)
		if (lad_row_key_fits(&group->key, &rows->rows[i], LAD_KEY_MODE | LAD_KEY_VARIANT))
			return &rows->rows[i];
	return NULL;
}

static int sessions_of(const struct lad_row *row)
{
	return row->sessions > 0 ? row->sessions : 1;
}

/* OPTIONS without the words of the topology, which stand last. */
static void without_topology(const char *options, char out[LAD_OPTIONS_MAX])
{
	snprintf(out, LAD_OPTIONS_MAX, "%s", options);
	char *words = strstr(out, "topology=");
	if (words)
		words[words > out ? -1 : 0] = '\0';
}

/* "incast over 4 hosts" of "topology=incast=8 hosts=4 wire=switch"; "pairs" of a pair. */
static void pattern_of(const struct lad_row *row, char *out, size_t size)
{
	size_t length = strcspn(row->topology, "=");
	if (!row->topology[0])
		snprintf(out, size, "pairs");
	else if (row->hosts > 2)
		snprintf(out, size, "%.*s over %d hosts", (int)length, row->topology, row->hosts);
	else
		snprintf(out, size, "%.*s", (int)length, row->topology);
}

/* Whether GROUP and OTHER differ at most in the topology. */
static bool same_but_topology(const struct lad_group *group, const struct lad_group *other)
{
	char one[LAD_OPTIONS_MAX], two[LAD_OPTIONS_MAX];
	without_topology(group->key.options, one);
	without_topology(other->key.options, two);
	return strcmp(one, two) == 0 && group->position == other->position &&
	       lad_row_key_same(&group->key, &other->key, LAD_KEY_OPTIONS);
}

static struct line_panel *panel_of(struct scaling *scaling, const struct lad_group *group, const char *pattern,
				   enum quantity quantity)
{
	struct line_panel wanted = {.markers = true, .from_zero = true};
	struct lad_group alone = *group;
	struct lad_verdict single = {.groups = &alone, .group_count = 1};
	without_topology(group->key.options, alone.key.options);
	chart_group_title(&alone, &single, wanted.heading, sizeof wanted.heading);
	chart_append(wanted.heading, sizeof wanted.heading, ", %s", pattern);
	if (quantity == EFFICIENCY)
		snprintf(wanted.note, sizeof wanted.note, "efficiency: %s, %% of N times one pair's",
			 group->metric->title);
	else
		snprintf(wanted.note, sizeof wanted.note, "%s, %s%s", group->metric->title, chart_unit(group->metric),
			 group->metric->lower_is_better ? ", lower is better" : " of all sessions");
	for (int i = 0; i < scaling->panel_count; i++)
		if (strcmp(scaling->panels[i].heading, wanted.heading) == 0 &&
		    strcmp(scaling->panels[i].note, wanted.note) == 0)
			return &scaling->panels[i];
	if (scaling->panel_count == PAGE_PANELS_MAX)
		return NULL;
	scaling->panels[scaling->panel_count] = wanted;
	return &scaling->panels[scaling->panel_count++];
}

static double pair_median(const struct lad_table *rows, const struct lad_verdict *verdict,
			  const struct lad_group *group, int hosts, enum lad_mode mode)
{
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		const struct lad_row *row = same_but_topology(group, other) ? row_of(rows, other) : NULL;
		if (!row || sessions_of(row) != 1 || row->hosts != hosts)
			continue;
		for (int c = 0; c < other->cell_count; c++)
			if (other->cells[c].mode == mode && other->cells[c].ok)
				return other->cells[c].median / other->metric->scale;
	}
	return NAN;
}

static int add_points(struct scaling *scaling, const struct page *page, const struct lad_table *rows,
		      const struct lad_verdict *verdict, const struct lad_group *group, const struct lad_row *own,
		      const char *pattern, enum quantity quantity)
{
	double x = sessions_of(own);
	struct line_panel *panel = panel_of(scaling, group, pattern, quantity);
	for (int i = 0; panel && i < group->cell_count; i++) {
		const struct lad_cell *cell = &group->cells[i];
		if (!cell->ok)
			continue;
		struct line_point point = {
		    .x = x, .y = cell->median, .low = cell->median_ci.low, .high = cell->median_ci.high};
		if (quantity == EFFICIENCY) {
			double one = pair_median(rows, verdict, group, own->hosts, cell->mode);
			point = line_point_at(x, 100 * cell->median / group->metric->scale / (x * one));
			if (!isfinite(point.y))
				continue;
		}
		struct line *line =
		    lines_find(panel, lad_mode_name(cell->mode), series_style_of(page->theme, (int)cell->mode));
		if (line && line_add(line, point) < 0)
			return -1;
	}
	return 0;
}

/* A pair belongs to every pattern: incast and fanout of one are a pair. */
static int add_group(struct scaling *scaling, const struct page *page, const struct lad_table *rows,
		     const struct lad_verdict *verdict, const struct lad_group *group)
{
	bool latency = strcmp(group->metric->column, "latency_p99_us") == 0;
	const struct lad_row *own = row_of(rows, group);
	if (!own || (!group->primary && !latency))
		return 0;
	char seen[8][48];
	int seen_count = 0;
	bool pair = sessions_of(own) == 1 && own->hosts <= 2;
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		const struct lad_row *row = same_but_topology(group, other) ? row_of(rows, other) : NULL;
		char pattern[48];
		bool before = !row || (sessions_of(row) == 1 && row->hosts <= 2) || (!pair && other != group) ||
			      (pair && row->hosts > 2); /* behind a switch, which is one hop more */
		if (before)
			continue;
		pattern_of(row, pattern, sizeof pattern);
		for (int s = 0; s < seen_count; s++)
			before |= strcmp(seen[s], pattern) == 0;
		if (before || seen_count == 8)
			continue;
		strcpy(seen[seen_count++], pattern);
		if (add_points(scaling, page, rows, verdict, group, own, pattern, latency ? P99 : TOGETHER) < 0 ||
		    (!latency && add_points(scaling, page, rows, verdict, group, own, pattern, EFFICIENCY) < 0))
			return -1;
	}
	return 0;
}

static int compare_points(const void *left, const void *right)
{
	const struct line_point *a = left, *b = right;
	return (a->x > b->x) - (a->x < b->x);
}

/* The numbers of sessions in a panel, ascending, each once. */
static int counts_of(const struct line_panel *panel, double counts[COUNTS_MAX])
{
	int count = 0;
	for (int l = 0; l < panel->line_count; l++)
		for (int p = 0; p < panel->lines[l].count; p++) {
			double x = panel->lines[l].points[p].x;
			int at = 0;
			while (at < count && counts[at] < x)
				at++;
			if (count == COUNTS_MAX || (at < count && counts[at] == x))
				continue;
			memmove(counts + at + 1, counts + at, (size_t)(count - at) * sizeof *counts);
			counts[at] = x;
			count++;
		}
	return count;
}

static int finish(struct scaling *scaling, struct page *page, struct lad_error *err)
{
	int kept = 0;
	for (int i = 0; scaling->panels && i < scaling->panel_count; i++) {
		double counts[COUNTS_MAX];
		struct line_panel *panel = &scaling->panels[i];
		int count = counts_of(panel, counts);
		if (count < 2) {
			lines_free(panel);
			continue;
		}
		for (int l = 0; l < panel->line_count; l++)
			qsort(panel->lines[l].points, (size_t)panel->lines[l].count, sizeof *panel->lines[l].points,
			      compare_points);
		panel->x = scale_of_values(counts, count);
		snprintf(panel->x_title, sizeof panel->x_title, "sessions at once%s",
			 panel->x.logarithmic ? " (log)" : "");
		lines_scale_y(panel);
		scaling->panels[kept++] = *panel;
	}
	scaling->panel_count = kept;
	if (!kept)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a scale chart needs trials of several topologies, such as "
				     "`topologies: [{pairs: 1}, {pairs: 4}, {pairs: 16}]`");
	snprintf(page->title, sizeof page->title, "%s: scaling with the number of sessions", scaling->scenario);
	snprintf(page->subtitle, sizeof page->subtitle, "%s",
		 chart_exact(page->request) ? "Exact figures, without an interval"
					    : "Median over blocks; the band is its 95 % CI");
	page_grid(page, kept, lines_size(page, scaling->panels, kept));
	lines_place(page, scaling->panels, kept);
	return 0;
}

static int fill(struct scaling *scaling, struct page *page, const struct lad_table *rows, struct lad_error *err)
{
	struct lad_verdict verdict;
	if (chart_verdict(page->request, 0, &verdict, err) < 0)
		return -1;
	int status = 0;
	snprintf(scaling->scenario, sizeof scaling->scenario, "%s", verdict.scenario);
	scaling->panels = calloc(PAGE_PANELS_MAX, sizeof *scaling->panels);
	for (int i = 0; scaling->panels && status == 0 && i < verdict.group_count; i++)
		status = add_group(scaling, page, rows, &verdict, &verdict.groups[i]);
	if (!scaling->panels || status < 0)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	lad_verdict_free(&verdict);
	return status < 0 ? -1 : finish(scaling, page, err);
}

static void close_scaling(void *model)
{
	struct scaling *scaling = model;
	for (int i = 0; i < scaling->panel_count; i++)
		lines_free(&scaling->panels[i]);
	free(scaling->panels);
	free(scaling);
}

static int open_scaling(struct page *page, void **model, struct lad_error *err)
{
	struct lad_table rows;
	struct scaling *scaling = calloc(1, sizeof *scaling);
	if (!scaling)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = chart_one_source(page->request, "a scale chart", err);
	if (status == 0)
		status = chart_rows(page->request, &rows, err);
	if (status == 0) {
		status = fill(scaling, page, &rows, err);
		lad_table_free(&rows);
	}
	if (status < 0)
		close_scaling(scaling);
	else
		*model = scaling;
	return status;
}

static void draw_scaling(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct scaling *scaling = model;
	for (int i = 0; i < scaling->panel_count; i++)
		lines_draw(page, canvas, &scaling->panels[i]);
}

static void describe_scaling(const void *model, FILE *out)
{
	const struct scaling *scaling = model;
	fputs("Line chart of scaling with the number of sessions, a line for each container network mode.", out);
	for (int i = 0; i < scaling->panel_count; i++) {
		const struct line_panel *panel = &scaling->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			const struct line *line = &panel->lines[l];
			fprintf(out, "%s %s", l ? ";" : "", line->name);
			for (int p = 0; p < line->count; p++) {
				char y[32];
				chart_format(line->points[p].y, y, sizeof y);
				fprintf(out, "%s %s with %.0f", p ? "," : "", y, line->points[p].x);
			}
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_scale = {
    "scale",	      "what the modes carry, and their p99, against the number of sessions at once",
    open_scaling,     draw_scaling,
    describe_scaling, close_scaling,
};
