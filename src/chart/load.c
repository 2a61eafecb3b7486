/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/groups.h"
#include "chart/lines.h"

/*
 * What the trials of a search saw: loss and the 99th percentile of latency against the load of all sessions, near the
 * loads that were found, which are marked.
 */

enum { RUN_ID, BLOCK, TRIAL, PHASE, LOAD, LOSS, P99, COLUMNS };
static const char *const columns[COLUMNS] = {"run_id",	   "block",	 "trial",	  "phase",
					     "load_per_s", "loss_ratio", "latency_p99_us"};

#define NUMBER_MOST 1e15
/* Loads that are no further apart than this are one point: each block searches on a grid of its own. */
#define BIN_RATIO 1.04
/* How far around the found loads the axis goes. */
#define BELOW 0.6
#define ABOVE 1.5

/* One trial; or, with `found`, what a goal's row has found. */
struct trial {
	int group, mode;
	char goal[24];
	double load, loss_percent, p99_us;
};

struct load_chart {
	struct row_groups groups; /* the goals are no part of their keys */
	int order[PAGE_PANELS_MAX];
	struct rows_index rows;
	struct trial *trials, *found; /* owned */
	size_t trial_count, trial_capacity, found_count, found_capacity;
	double low[PAGE_PANELS_MAX], high[PAGE_PANELS_MAX]; /* of the found loads, by group */
	struct line_panel *panels;			    /* owned */
	int panel_count;
};

/* OPTIONS without the words of the goal, "goal=" and "goal_...=". */
static void without_goal(char options[LAD_OPTIONS_MAX])
{
	char kept[LAD_OPTIONS_MAX] = "";
	size_t used = 0;
	for (const char *word = options, *next; *word; word = next) {
		size_t length = strcspn(word, " ");
		next = word + length + strspn(word + length, " ");
		if (strncmp(word, "goal=", 5) == 0 || strncmp(word, "goal_", 5) == 0)
			continue;
		used += (size_t)snprintf(kept + used, sizeof kept - used, "%s%.*s", used ? " " : "", (int)length, word);
	}
	memcpy(options, kept, sizeof kept);
}

static int group_of(struct load_chart *chart, const struct lad_row *row)
{
	struct lad_row_key key = lad_row_key_of(row);
	without_goal(key.options);
	return row_groups_find_key(&chart->groups, &key);
}

static int keep(struct trial **trials, size_t *count, size_t *capacity, struct trial trial, struct lad_error *err)
{
	if (*count == *capacity) {
		size_t larger = *capacity ? 2 * *capacity : 256;
		struct trial *moved = reallocarray(*trials, larger, sizeof *moved);
		if (!moved)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		*trials = moved;
		*capacity = larger;
	}
	(*trials)[(*count)++] = trial;
	return 0;
}

static int number_of(const char *text, int column, double *value, struct lad_error *err)
{
	return lad_record_number(text, 0, NUMBER_MOST, value, err) < 0 ? lad_error_context(err, "%s", columns[column])
								       : 0;
}

static int on_record(const char *const *values, void *data, struct lad_error *err)
{
	struct load_chart *chart = data;
	struct trial trial = {0};
	long long block, number;
	double load, loss;
	if (record_whole(values[BLOCK], "block", 0, &block, err) < 0 ||
	    record_whole(values[TRIAL], "trial", 0, &number, err) < 0 ||
	    number_of(values[LOAD], LOAD, &load, err) < 0 || number_of(values[LOSS], LOSS, &loss, err) < 0 ||
	    number_of(values[P99], P99, &trial.p99_us, err) < 0)
		return -1;
	const struct lad_row *row = rows_find(&chart->rows, values[RUN_ID], block, number);
	if (!row || strcmp(values[PHASE], "search") != 0 || !(load > 0) || !isfinite(loss))
		return 0;
	trial.group = group_of(chart, row);
	trial.mode = (int)row->mode;
	trial.load = load * (row->sessions > 0 ? row->sessions : 1);
	trial.loss_percent = 100 * loss;
	return trial.group < 0 ? 0 : keep(&chart->trials, &chart->trial_count, &chart->trial_capacity, trial, err);
}

static int take_found(struct load_chart *chart, const struct lad_table *rows, struct lad_error *err)
{
	for (int i = 0; i < rows->row_count; i++) {
		const struct lad_row *row = &rows->rows[i];
		if (!row->goal[0] || row->status != LAD_STATUS_OK || !(row->load_per_s > 0))
			continue;
		int group = group_of(chart, row);
		double load = row->load_per_s * (row->sessions > 0 ? row->sessions : 1);
		if (group < 0)
			continue;
		chart->low[group] = chart->low[group] > 0 ? fmin(chart->low[group], load) : load;
		chart->high[group] = fmax(chart->high[group], load);
		struct trial found = {.group = group, .mode = (int)row->mode, .load = load};
		snprintf(found.goal, sizeof found.goal, "%s", row->goal);
		if (keep(&chart->found, &chart->found_count, &chart->found_capacity, found, err) < 0)
			return -1;
	}
	return 0;
}

/* What is found is by goal, too; a trial is of all of them. */
static int by_load(const void *left, const void *right)
{
	const struct trial *a = left, *b = right;
	int goals = strcmp(a->goal, b->goal);
	if (a->group != b->group)
		return a->group - b->group;
	if (a->mode != b->mode)
		return a->mode - b->mode;
	if (goals)
		return goals;
	return (a->load > b->load) - (a->load < b->load);
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The COUNT trials near one load as a point: the median, and where the middle half is. */
static struct line_point summary(const struct trial *trials, size_t count, bool latency)
{
	double values[256], load = 0;
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		double value = latency ? trials[i].p99_us : trials[i].loss_percent;
		load += trials[i].load / (double)count;
		if (isfinite(value) && used < sizeof values / sizeof *values)
			values[used++] = value;
	}
	if (!used)
		return line_point_at(load, NAN);
	qsort(values, used, sizeof *values, by_value);
	return (struct line_point){.x = load,
				   .y = (values[used / 2] + values[(used - 1) / 2]) / 2,
				   .low = used > 2 ? values[used / 4] : NAN,
				   .high = used > 2 ? values[used - 1 - used / 4] : NAN};
}

static int add_trials(struct load_chart *chart, const struct page *page, struct line_panel *panel, int group,
		      bool latency)
{
	for (size_t i = 0, end; i < chart->trial_count; i = end) {
		const struct trial *first = &chart->trials[i];
		for (end = i + 1; end < chart->trial_count; end++) {
			const struct trial *next = &chart->trials[end];
			if (next->group != first->group || next->mode != first->mode ||
			    next->load > first->load * BIN_RATIO)
				break;
		}
		if (first->group != group || first->load < BELOW * chart->low[group] ||
		    first->load > ABOVE * chart->high[group])
			continue;
		struct line_point point = summary(first, end - i, latency);
		struct line *line = lines_find(panel, lad_mode_name((enum lad_mode)first->mode),
					       series_style_of(page->theme, first->mode));
		if (line && isfinite(point.y) && line_add(line, point) < 0)
			return -1;
	}
	return 0;
}

/* LINE's height at X. */
static double height_at(const struct line *line, double x)
{
	int at = 0;
	while (at + 1 < line->count && line->points[at + 1].x <= x)
		at++;
	const struct line_point *left = &line->points[at], *right = at + 1 < line->count ? left + 1 : left;
	double share = right->x > left->x ? (x - left->x) / (right->x - left->x) : 0;
	return left->y + fmin(fmax(share, 0), 1) * (right->y - left->y);
}

/* A mark where the median of each goal's found loads is, as far as there is room for marks. */
static void mark_found(const struct load_chart *chart, struct line_panel *panel, int group)
{
	for (size_t i = 0, end; i < chart->found_count; i = end) {
		const struct trial *first = &chart->found[i];
		for (end = i + 1; end < chart->found_count; end++) {
			const struct trial *next = &chart->found[end];
			if (next->group != first->group || next->mode != first->mode ||
			    strcmp(next->goal, first->goal) != 0)
				break;
		}
		double median = (chart->found[(i + end) / 2].load + chart->found[(i + end - 1) / 2].load) / 2;
		for (int l = 0; first->group == group && l < panel->line_count; l++) {
			struct line *line = &panel->lines[l];
			if (strcmp(line->name, lad_mode_name((enum lad_mode)first->mode)) == 0 &&
			    line->mark_count < LINE_MARKS_MAX)
				line->marks[line->mark_count++] = line_point_at(median, height_at(line, median));
		}
	}
}

static int add_panel(struct load_chart *chart, const struct page *page, int group, bool latency)
{
	struct line_panel *panel = &chart->panels[chart->panel_count];
	row_groups_title(&chart->groups, group, panel->heading, sizeof panel->heading);
	snprintf(panel->note, sizeof panel->note, "%s", latency ? "latency p99, \u00b5s, lower is better" : "loss, %");
	if (latency && chart->groups.keys[group].workload == LAD_UDP_STREAM)
		snprintf(panel->note, sizeof panel->note, "one-way delay p99, \u00b5s, lower is better");
	snprintf(panel->x_title, sizeof panel->x_title, "load of all sessions, messages/s (log)");
	panel->from_zero = true;
	if (add_trials(chart, page, panel, group, latency) < 0)
		return -1;
	if (!panel->line_count) /* of TCP there may be no latency */
		return 0;
	mark_found(chart, panel, group);
	panel->x = scale_log(BELOW * chart->low[group], ABOVE * chart->high[group]);
	lines_scale_y(panel);
	chart->panel_count++;
	return 0;
}

static int make_panels(struct load_chart *chart, struct page *page, struct lad_error *err)
{
	chart->panels = calloc(2 * (size_t)chart->groups.count + 1, sizeof *chart->panels);
	if (!chart->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (chart->trial_count)
		qsort(chart->trials, chart->trial_count, sizeof *chart->trials, by_load);
	if (chart->found_count)
		qsort(chart->found, chart->found_count, sizeof *chart->found, by_load);
	row_groups_order(&chart->groups, chart->order);
	for (int i = 0; i < chart->groups.count; i++) {
		int group = chart->order[i];
		if (!(chart->low[group] > 0))
			continue;
		if (add_panel(chart, page, group, false) < 0 || add_panel(chart, page, group, true) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	if (!chart->panel_count)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a load chart needs a search that has found something; these found no load");
	struct page_panel_size size = lines_size(page, chart->panels, chart->panel_count);
	size.together = 2;
	page_grid(page, chart->panel_count, size);
	lines_place(page, chart->panels, chart->panel_count);
	return 0;
}

static int read_source(struct load_chart *chart, struct page *page, struct lad_error *err)
{
	struct lad_table rows;
	const struct lad_chart_source *source = &page->request->sources[0];
	if (chart_one_source(page->request, "a load chart", err) < 0)
		return -1;
	if (!source->search_path)
		return lad_error_set(err, LAD_EXIT_USAGE, "a load chart needs search.csv beside the results of %s",
				     source->name);
	if (chart_rows(page->request, &rows, err) < 0)
		return -1;
	rows_keep_base(&rows);
	chart->groups.capacity = PAGE_PANELS_MAX / 2;
	int status = rows_index_make(&rows, &chart->rows, err);
	if (status == 0)
		status = lad_records_read(source->search_path, columns, COLUMNS, COLUMNS, on_record, chart, err);
	rows_index_free(&chart->rows);
	if (status == 0)
		status = take_found(chart, &rows, err);
	snprintf(page->title, sizeof page->title, "%s: what each load does", rows.rows[0].scenario);
	lad_table_free(&rows);
	if (status == 0 && !chart->trial_count)
		status = lad_error_set(err, LAD_EXIT_USAGE,
				       "%s: a load chart needs the trials of a search, a scenario with `search`",
				       source->search_path);
	return status;
}

static void close_load(void *model)
{
	struct load_chart *chart = model;
	for (int i = 0; i < chart->panel_count; i++)
		lines_free(&chart->panels[i]);
	free(chart->panels);
	free(chart->trials);
	free(chart->found);
	free(chart);
}

static int open_load(struct page *page, void **model, struct lad_error *err)
{
	struct load_chart *chart = calloc(1, sizeof *chart);
	if (!chart)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	snprintf(
	    page->subtitle, sizeof page->subtitle,
	    "The median of the trials near a load; the band holds the middle half. Markers: the median found for each "
	    "goal");
	int status = read_source(chart, page, err);
	if (status == 0)
		status = make_panels(chart, page, err);
	if (status < 0)
		close_load(chart);
	else
		*model = chart;
	return status;
}

static void draw_load(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct load_chart *chart = model;
	for (int i = 0; i < chart->panel_count; i++)
		lines_draw(page, canvas, &chart->panels[i]);
}

static void describe_load(const void *model, FILE *out)
{
	const struct load_chart *chart = model;
	fputs("Line chart of loss and latency against the load, a line for each container network mode.", out);
	for (int i = 0; i < chart->panel_count; i++) {
		const struct line_panel *panel = &chart->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			const struct line *line = &panel->lines[l];
			fprintf(out, "%s %s", l ? ";" : "", line->name);
			for (int m = 0; m < line->mark_count; m++) {
				char x[32], y[32];
				chart_format(line->marks[m].x, x, sizeof x);
				chart_format(line->marks[m].y, y, sizeof y);
				fprintf(out, "%s %s at %s/s", m ? "," : "", y, x);
			}
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_load = {
    "load",	"loss and p99 against the load of a search, with what was found", open_load, draw_load, describe_load,
    close_load,
};
