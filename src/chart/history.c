/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/groups.h"
#include "chart/lines.h"
#include "netladder/cleanup.h"

#define SOURCES_MAX 256
#define CHANGE_ALPHA 0.01
#define CHANGES_SHOWN 4
#define CHANGE_LINE 12.0

/* A line's level changed: between which sources, and by how much. */
struct history_change {
	int panel, line, point; /* POINT: the first of the new level, as a point of its line */
	double percent;		/* of the metric as it stands */
	bool better;
};

struct history {
	const struct lad_chart_source *sources[SOURCES_MAX]; /* by time */
	int source_count;
	char labels[SOURCES_MAX][32];
	const char *names[SOURCES_MAX];
	struct line_panel *panels; /* owned */
	const struct lad_metric *metrics[PAGE_PANELS_MAX];
	int panel_count;
	struct history_change *changes; /* owned */
	int change_count;
	int list_lines; /* room for changes beneath each panel */
	bool exact;	/* instruction clock: every difference is a change */
};

static bool is_later(const struct lad_chart_source *a, const struct lad_chart_source *b)
{
	int time = strcmp(a->table->rows[0].time, b->table->rows[0].time);
	return time ? time > 0 : strcmp(a->name, b->name) > 0;
}

static void add_by_time(struct history *history, const struct lad_chart_source *source)
{
	int at = history->source_count++;
	for (; at > 0 && is_later(history->sources[at - 1], source); at--)
		history->sources[at] = history->sources[at - 1];
	history->sources[at] = source;
}

/* LENGTH characters of each source's time from FROM on; false when two of them are the same. */
static bool label_by_time(struct history *history, int from, int length)
{
	bool distinct = true;
	for (int i = 0; i < history->source_count; i++) {
		const char *time = history->sources[i]->table->rows[0].time;
		bool iso = strlen(time) >= 16 && time[10] == 'T';
		snprintf(history->labels[i], sizeof history->labels[i], "%.*s", length, iso ? time + from : time);
		if (length > 5)
			history->labels[i][5] = ' ';
		distinct &= iso && (i == 0 || strcmp(history->labels[i], history->labels[i - 1]) != 0);
	}
	return distinct;
}

/* "11-24", "11-24 16:18" when two are of one day, or the source's name when two were measured in the same minute. */
static void name_sources(struct history *history)
{
	bool distinct = label_by_time(history, 5, 5) || label_by_time(history, 5, 11);
	for (int i = 0; i < history->source_count; i++) {
		history->names[i] = history->labels[i];
		if (!distinct)
			snprintf(history->labels[i], sizeof history->labels[i], "%.31s", history->sources[i]->name);
	}
}

static struct line_panel *panel_of(struct history *history, const struct lad_group *group,
				   const struct lad_verdict *verdict)
{
	char heading[256];
	chart_group_title(group, verdict, heading, sizeof heading);
	for (int i = 0; i < history->panel_count; i++)
		if (strcmp(history->panels[i].heading, heading) == 0)
			return &history->panels[i];
	if (history->panel_count == PAGE_PANELS_MAX)
		return NULL;
	history->metrics[history->panel_count] = lad_metric_usual(group->metric);
	struct line_panel *panel = &history->panels[history->panel_count++];
	strcpy(panel->heading, heading);
	snprintf(panel->x_title, sizeof panel->x_title, "run");
	panel->markers = true;
	panel->x_names = history->names;
	panel->x_rows = 1;
	return panel;
}

static int add_source(struct history *history, const struct page *page, int index, struct lad_error *err)
{
	struct lad_verdict verdict;
	struct lad_chart_request request = *page->request;
	request.sources = history->sources[index];
	request.source_count = 1;
	if (chart_verdict(&request, 0, &verdict, err) < 0)
		return -1;
	int status = 0;
	for (int g = 0; status == 0 && g < verdict.group_count; g++) {
		const struct lad_group *group = &verdict.groups[g];
		struct line_panel *panel = chart_shows(&request, group) ? panel_of(history, group, &verdict) : NULL;
		for (int c = 0; panel && status == 0 && c < group->cell_count; c++) {
			const struct lad_cell *cell = &group->cells[c];
			if (!cell->ok)
				continue;
			struct line *line =
			    lines_find(panel, lad_mode_name(cell->mode), series_style_of(page->theme, (int)cell->mode));
			/* As in the tables: each run has a unit of its own until all are known (fit_unit). */
			double scale = group->metric->scale;
			struct line_point point = {.x = index,
						   .y = cell->median / scale,
						   .low = cell->median_ci.low / scale,
						   .high = cell->median_ci.high / scale};
			if (line && line_add(line, point) < 0)
				status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		}
	}
	lad_verdict_free(&verdict);
	return status;
}

/* On the instruction clock there is no noise to tell a change from: each step is one. */
static size_t exact_changes(const double *values, size_t n, size_t *changes)
{
	size_t count = 0;
	for (size_t i = 1; i < n; i++)
		if (fabs(values[i] - values[i - 1]) > 1e-9 * fabs(values[i]))
			changes[count++] = i;
	return count;
}

static double median_between(const double *values, size_t first, size_t end)
{
	return lad_median(values + first, end - first);
}

static int find_changes(struct history *history, int panel, int index, struct lad_error *err)
{
	const struct line *line = &history->panels[panel].lines[index];
	double values[SOURCES_MAX];
	size_t at[SOURCES_MAX], n = 0;
	for (; n < (size_t)line->count && n < SOURCES_MAX; n++)
		values[n] = line->points[n].y;
	size_t count = history->exact ? exact_changes(values, n, at) : lad_change_points(values, n, CHANGE_ALPHA, at);
	if (count == 0)
		return 0;
	size_t total = (size_t)history->change_count + count;
	struct history_change *changes = reallocarray(history->changes, total, sizeof *changes);
	if (!changes)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	history->changes = changes;
	for (size_t i = 0; i < count; i++) {
		double before = median_between(values, i ? at[i - 1] : 0, at[i]);
		double after = median_between(values, at[i], i + 1 < count ? at[i + 1] : n);
		changes[history->change_count++] =
		    (struct history_change){.panel = panel,
					    .line = index,
					    .point = (int)at[i],
					    .percent = 100 * (after / before - 1),
					    .better = (after > before) != history->metrics[panel]->lower_is_better};
	}
	return 0;
}

static int changes_of(const struct history *history, int panel)
{
	int count = 0;
	for (int i = 0; i < history->change_count; i++)
		count += history->changes[i].panel == panel;
	return count;
}

static int finish(struct history *history, struct page *page, struct lad_error *err)
{
	double positions[SOURCES_MAX];
	for (int i = 0; i < history->source_count; i++)
		positions[i] = i;
	for (int i = 0; i < history->panel_count; i++) {
		struct line_panel *panel = &history->panels[i];
		panel->x = scale_of_values(positions, history->source_count);
		panel->x.logarithmic = false;
		panel->x.low = 0;
		panel->x.high = history->source_count - 1;
		lines_scale_y(panel);
		for (int l = 0; l < panel->line_count; l++)
			if (find_changes(history, i, l, err) < 0)
				return -1;
		int lines = changes_of(history, i);
		lines = lines > CHANGES_SHOWN ? CHANGES_SHOWN : lines;
		history->list_lines = lines > history->list_lines ? lines : history->list_lines;
	}
	struct page_panel_size size = lines_size(page, history->panels, history->panel_count);
	double list = history->list_lines * CHANGE_LINE;
	size.height += list;
	page_grid(page, history->panel_count, size);
	for (int i = 0; i < history->panel_count; i++) {
		page->panels[i].y += list;
		page->panels[i].height -= list;
	}
	lines_place(page, history->panels, history->panel_count);
	return 0;
}

/* One unit for all runs of a panel: that of the largest value. */
static void fit_unit(struct line_panel *panel, const struct lad_metric **metric)
{
	double largest = 0;
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++)
			largest = fmax(largest, panel->lines[i].points[p].y);
	*metric = lad_metric_fit(*metric, largest);
	for (int i = 0; i < panel->line_count; i++)
		for (int p = 0; p < panel->lines[i].count; p++) {
			struct line_point *point = &panel->lines[i].points[p];
			point->y *= (*metric)->scale;
			point->low *= (*metric)->scale;
			point->high *= (*metric)->scale;
		}
	snprintf(panel->note, sizeof panel->note, "%s, %s%s", (*metric)->title, chart_unit(*metric),
		 (*metric)->lower_is_better ? ", lower is better" : "");
}

static int drop_empty(struct history *history, struct lad_error *err)
{
	int kept = 0;
	for (int i = 0; i < history->panel_count; i++)
		if (history->panels[i].line_count) {
			fit_unit(&history->panels[i], &history->metrics[i]);
			history->metrics[kept] = history->metrics[i];
			history->panels[kept++] = history->panels[i];
		}
	history->panel_count = kept;
	return kept ? 0
		    : lad_error_set(err, LAD_EXIT_USAGE,
				    "these results have no figure in common that a history could show");
}

static void close_history(void *model)
{
	struct history *history = model;
	for (int i = 0; i < history->panel_count; i++)
		lines_free(&history->panels[i]);
	free(history->panels);
	free(history->changes);
	free(history);
}

static int fill(struct history *history, struct page *page, struct lad_error *err)
{
	const struct lad_chart_request *request = page->request;
	if (request->source_count < 2 || request->source_count > SOURCES_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "a history needs 2 to %d RESULTS.csv; %s", SOURCES_MAX,
				     request->source_count < 2 ? "there is one" : "there are more");
	history->panels = calloc(PAGE_PANELS_MAX, sizeof *history->panels);
	if (!history->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	history->exact = chart_exact(request);
	for (int i = 0; i < request->source_count; i++)
		add_by_time(history, &request->sources[i]);
	name_sources(history);
	for (int i = 0; i < history->source_count; i++)
		if (add_source(history, page, i, err) < 0)
			return -1;
	snprintf(page->title, sizeof page->title, "%s: history of %d runs",
		 history->sources[0]->table->rows[0].scenario, history->source_count);
	snprintf(page->subtitle, sizeof page->subtitle,
		 history->exact ? "Each run's figure; a ring marks each step of the exact figures"
				: "Median of each run with its 95 %% CI; a ring marks where the level changed "
				  "(Pettitt's rank test, 1 %%)");
	return drop_empty(history, err) < 0 ? -1 : finish(history, page, err);
}

static int open_history(struct page *page, void **model, struct lad_error *err)
{
	struct history *history = calloc(1, sizeof *history);
	if (!history)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (fill(history, page, err) < 0) {
		close_history(history);
		return -1;
	}
	*model = history;
	return 0;
}

static void change_text(const struct history *history, const struct history_change *change, char *out, size_t size)
{
	const struct line *line = &history->panels[change->panel].lines[change->line];
	snprintf(out, size, "%s %s: %+.1f %% since %s", change->better ? "better," : "worse,", line->name,
		 change->percent, history->names[(int)lround(line->points[change->point].x)]);
}

static void draw_changes(const struct history *history, int panel, const struct page *page, struct canvas *canvas)
{
	const struct line_panel *lines = &history->panels[panel];
	int shown = 0, more = changes_of(history, panel) - CHANGES_SHOWN;
	for (int i = 0; i < history->change_count; i++) {
		char text[160], fitted[160];
		const struct history_change *change = &history->changes[i];
		if (change->panel != panel)
			continue;
		const struct line_point *point = &lines->lines[change->line].points[change->point];
		int colour = change->better ? page->theme->good : page->theme->bad;
		canvas_ring(canvas, axis_x(lines->plot, &lines->x, point->x), axis_y(lines->plot, &lines->y, point->y),
			    12, 1.6, colour);
		if (shown == CHANGES_SHOWN)
			continue;
		shown++;
		if (shown == CHANGES_SHOWN && more > 0)
			snprintf(text, sizeof text, "and %d more changes", more + 1);
		else
			change_text(history, change, text, sizeof text);
		canvas_fit(page->ruler, lines->panel.width, SIZE_SMALL, false, text, fitted, sizeof fitted);
		canvas_text(canvas, lines->panel.x, lines->panel.y - shown * CHANGE_LINE, CANVAS_LEFT, SIZE_SMALL,
			    false, colour, fitted);
	}
}

static void draw_history(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct history *history = model;
	for (int i = 0; i < history->panel_count; i++) {
		lines_draw(page, canvas, &history->panels[i]);
		draw_changes(history, i, page, canvas);
	}
}

static void describe_history(const void *model, FILE *out)
{
	const struct history *history = model;
	fprintf(out, "Line chart over %d runs from %s to %s, a line for each container network mode.",
		history->source_count, history->names[0], history->names[history->source_count - 1]);
	for (int i = 0; i < history->panel_count; i++) {
		const struct line_panel *panel = &history->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			char first[32], last[32];
			const struct line *line = &panel->lines[l];
			chart_format(line->points[0].y, first, sizeof first);
			chart_format(line->points[line->count - 1].y, last, sizeof last);
			fprintf(out, "%s %s from %s to %s", l ? "," : "", line->name, first, last);
		}
		fputc('.', out);
		for (int c = 0; c < history->change_count; c++) {
			char text[160];
			if (history->changes[c].panel != i)
				continue;
			change_text(history, &history->changes[c], text, sizeof text);
			fprintf(out, " Level change: %s.", text);
		}
	}
}

const struct chart_ops chart_history = {
    "history",	      "figures over many results, and where their level changed",
    open_history,     draw_history,
    describe_history, close_history,
};
