/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/factor.h"
#include "chart/lines.h"
#include "chart/ops.h"
#include "netladder/text.h"

#define LEVELS_MAX 64
#define FACTORS_MAX 32

struct level {
	double number; /* NAN: a word */
	char text[FACTOR_TEXT];
};

struct sweep {
	char factor[FACTOR_TEXT];
	struct level levels[LEVELS_MAX];
	int level_count;
	bool words;   /* some level is no number: they stand beside each other without order */
	bool ordinal; /* equally spaced */
	const char *names[LEVELS_MAX];
	struct line_panel *panels; /* owned */
	int panel_count;
	char skipped[256]; /* modes without any figure */
};

static int add_level(struct sweep *sweep, double number, const char *text)
{
	for (int i = 0; i < sweep->level_count; i++)
		if (strcmp(sweep->levels[i].text, text) == 0 ||
		    (isfinite(number) && fabs(sweep->levels[i].number - number) < 1e-12 * fabs(number)))
			return i;
	if (sweep->level_count == LEVELS_MAX)
		return -1;
	struct level *level = &sweep->levels[sweep->level_count];
	level->number = number;
	snprintf(level->text, sizeof level->text, "%s", text);
	sweep->words |= !isfinite(number);
	return sweep->level_count++;
}

/* The wire's MTU with this tuning: what a mode without a header of its own has. */
static int64_t wire_mtu(const struct lad_table *rows, const char *tuning)
{
	int64_t mtu = -1;
	for (int i = 0; i < rows->row_count; i++)
		if (strcmp(rows->rows[i].tuning, tuning) == 0 && rows->rows[i].mode != LAD_MODE_OVERLAY &&
		    rows->rows[i].mtu > mtu)
			mtu = rows->rows[i].mtu;
	return mtu;
}

/* There are few tunings, and the wire's MTU of each takes a look at all rows. */
struct known_mtu {
	const char *tuning;
	int64_t mtu;
};

static int64_t known_mtu(const struct lad_table *rows, const char *tuning, struct known_mtu known[LEVELS_MAX])
{
	int at = 0;
	while (at < LEVELS_MAX - 1 && known[at].tuning && strcmp(known[at].tuning, tuning) != 0)
		at++;
	if (!known[at].tuning || strcmp(known[at].tuning, tuning) != 0)
		known[at] = (struct known_mtu){tuning, wire_mtu(rows, tuning)};
	return known[at].mtu;
}

static void collect_levels(const struct lad_table *rows, const char *factor, struct sweep *sweep)
{
	struct known_mtu known[LEVELS_MAX] = {{NULL, 0}};
	memset(sweep, 0, sizeof *sweep);
	snprintf(sweep->factor, sizeof sweep->factor, "%.63s", factor);
	for (int i = 0; i < rows->row_count; i++) {
		double number;
		char text[FACTOR_TEXT];
		if (factor_value(&rows->rows[i], factor, known_mtu(rows, rows->rows[i].tuning, known), &number, text))
			add_level(sweep, number, text);
	}
}

static int compare_levels(const void *left, const void *right)
{
	const struct level *a = left, *b = right;
	if (isfinite(a->number) && isfinite(b->number))
		return (a->number > b->number) - (a->number < b->number);
	return isfinite(a->number) ? -1 : isfinite(b->number) ? 1 : strcmp(a->text, b->text);
}

/* Every factor that the tunings' names speak of, and the columns that can vary. */
static int candidates(const struct lad_table *rows, char names[FACTORS_MAX][FACTOR_TEXT])
{
	int count = 0;
	for (int i = 0; i < rows->row_count; i++) {
		char factor[FACTOR_TEXT];
		for (int f = 0; factor_at(rows->rows[i].tuning, f, factor) && count < FACTORS_MAX - 2; f++) {
			bool known = false;
			for (int c = 0; c < count; c++)
				known |= strcmp(names[c], factor) == 0;
			if (!known)
				strcpy(names[count++], factor);
		}
	}
	strcpy(names[count++], "flows");
	strcpy(names[count++], "message_bytes");
	return count;
}

/* A column varies only when it does so within one workload. */
static bool varies_within_workloads(const struct lad_table *rows, const char *factor)
{
	const struct lad_row *first[LAD_WORKLOAD_COUNT] = {NULL};
	for (int i = 0; i < rows->row_count; i++) {
		const struct lad_row *a = &rows->rows[i], *b = first[a->workload];
		if (!b)
			first[a->workload] = a;
		else if (strcmp(factor, "flows") == 0 ? a->flows != b->flows : a->message_bytes != b->message_bytes)
			return true;
	}
	return false;
}

/* The factor with the most levels, numbers before words. */
static int choose_factor(const struct lad_table *rows, const char *asked, struct sweep *sweep, struct lad_error *err)
{
	char names[FACTORS_MAX][FACTOR_TEXT], all[512] = "";
	const char *list[FACTORS_MAX];
	int count = candidates(rows, names), found = 0, best = -1, best_score = 1;
	for (int i = 0; i < count; i++) {
		bool column = i >= count - 2;
		if (column && !varies_within_workloads(rows, names[i]))
			continue;
		collect_levels(rows, names[i], sweep);
		int score = 2 * sweep->level_count - (sweep->words ? 1 : 0);
		if (sweep->level_count < 2)
			continue;
		list[found++] = names[i];
		if (asked ? strcmp(asked, names[i]) == 0 : score > best_score) {
			best = i;
			best_score = score;
		}
	}
	lad_join(all, sizeof all, list, (size_t)found);
	if (found == 0)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "a sweep chart needs results of one workload with several tunings called FACTOR=VALUE "
		    "(a scenario with `sweep:`), numbers of flows or message sizes; these have one each");
	if (best < 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "--factor %s does not vary in these results; valid: %s",
				     lad_excerpt(asked).text, all);
	collect_levels(rows, names[best], sweep);
	qsort(sweep->levels, (size_t)sweep->level_count, sizeof *sweep->levels, compare_levels);
	return 0;
}

static struct scale x_scale(struct sweep *sweep)
{
	double values[LEVELS_MAX];
	int count = sweep->level_count;
	for (int i = 0; i < count; i++) {
		values[i] = sweep->levels[i].number;
		sweep->names[i] = sweep->levels[i].text;
	}
	/* A logarithmic axis has no room for zero, and a linear one none for 0, 1, 10, 100. */
	sweep->ordinal = sweep->words || (count > 2 && !(values[0] > 0) && values[count - 1] >= 8 * values[1]);
	for (int i = 0; sweep->ordinal && i < count; i++)
		values[i] = i;
	return scale_of_values(values, count);
}

static double position(const struct sweep *sweep, double number, const char *text)
{
	for (int i = 0; i < sweep->level_count; i++)
		if (strcmp(sweep->levels[i].text, text) == 0 ||
		    (isfinite(number) && fabs(sweep->levels[i].number - number) <= 1e-12 * fabs(number)))
			return sweep->ordinal ? i : sweep->levels[i].number;
	return NAN;
}

/* The row that tells of GROUP's tuning and flows. */
static struct lad_row row_of(const struct lad_group *group)
{
	struct lad_row row;
	lad_row_clear(&row);
	strcpy(row.tuning, group->key.tuning);
	row.flows = group->key.flows;
	row.message_bytes = group->key.message_bytes;
	return row;
}

/* What is the same for all points of one panel: the workload, and the rest of the tuning. */
static void panel_words(const struct sweep *sweep, const struct lad_group *group, const struct lad_verdict *verdict,
			struct line_panel *panel)
{
	struct lad_group alone = *group;
	struct lad_verdict single = *verdict;
	char tuning[FACTOR_TEXT] = "";
	/* With others beside it the title would tell what varies: only what does not is wanted. */
	single.groups = &alone;
	single.group_count = 1;
	if (strcmp(sweep->factor, "flows") == 0)
		alone.key.flows = 1;
	chart_group_title(&alone, &single, panel->heading, sizeof panel->heading);
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		if (other->key.workload == group->key.workload &&
		    other->key.message_bytes != group->key.message_bytes &&
		    strcmp(sweep->factor, "message_bytes") != 0) {
			chart_append(panel->heading, sizeof panel->heading, ", %lld B",
				     (long long)group->key.message_bytes);
			break;
		}
	}
	if (!factor_is_base(group->key.tuning))
		factor_remove(group->key.tuning, sweep->factor, tuning);
	snprintf(panel->note, sizeof panel->note, "%s, %s%s%s%s", group->metric->title, chart_unit(group->metric),
		 group->metric->lower_is_better ? ", lower is better" : "", *tuning ? "; " : "", tuning);
}

static struct line_panel *panel_of(struct sweep *sweep, const struct lad_group *group,
				   const struct lad_verdict *verdict)
{
	struct line_panel wanted = {.markers = true,
				    .unjoined = sweep->words,
				    .x_names = sweep->names,
				    .x_rows = sweep->level_count > 2 ? 2 : 1};
	panel_words(sweep, group, verdict, &wanted);
	for (int i = 0; i < sweep->panel_count; i++)
		if (strcmp(sweep->panels[i].heading, wanted.heading) == 0 &&
		    strcmp(sweep->panels[i].note, wanted.note) == 0)
			return &sweep->panels[i];
	if (sweep->panel_count == PAGE_PANELS_MAX)
		return NULL;
	wanted.x = x_scale(sweep);
	snprintf(wanted.x_title, sizeof wanted.x_title, "%s%s", factor_title(sweep->factor),
		 wanted.x.logarithmic ? " (log)" : "");
	sweep->panels[sweep->panel_count] = wanted;
	return &sweep->panels[sweep->panel_count++];
}

static int add_group(struct sweep *sweep, const struct page *page, const struct lad_table *rows,
		     const struct lad_verdict *verdict, const struct lad_group *group)
{
	double number;
	char text[FACTOR_TEXT];
	struct lad_row row = row_of(group);
	if (!factor_value(&row, sweep->factor, wire_mtu(rows, group->key.tuning), &number, text))
		return 0;
	double x = position(sweep, number, text);
	struct line_panel *panel = panel_of(sweep, group, verdict);
	for (int i = 0; panel && i < group->cell_count; i++) {
		const struct lad_cell *cell = &group->cells[i];
		if (!cell->ok || !isfinite(x))
			continue;
		struct line *line =
		    lines_find(panel, lad_mode_name(cell->mode), series_style_of(page->theme, (int)cell->mode));
		struct line_point point = {
		    .x = x, .y = cell->median, .low = cell->median_ci.low, .high = cell->median_ci.high};
		if (line && line_add(line, point) < 0)
			return -1;
	}
	return 0;
}

static void list_skipped(struct sweep *sweep, const struct lad_table *rows)
{
	bool present[LAD_MODE_COUNT] = {false}, measured[LAD_MODE_COUNT] = {false};
	for (int i = 0; i < rows->row_count; i++) {
		present[rows->rows[i].mode] = true;
		measured[rows->rows[i].mode] |= rows->rows[i].status == LAD_STATUS_OK;
	}
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode] && !measured[mode])
			chart_append(sweep->skipped, sizeof sweep->skipped, "%s%s", *sweep->skipped ? ", " : "",
				     lad_mode_name((enum lad_mode)mode));
}

static void close_sweep(void *model)
{
	struct sweep *sweep = model;
	for (int i = 0; i < sweep->panel_count; i++)
		lines_free(&sweep->panels[i]);
	free(sweep->panels);
	free(sweep);
}

static int points_of(const struct line_panel *panel)
{
	int points = 0;
	for (int i = 0; i < panel->line_count; i++)
		points = panel->lines[i].count > points ? panel->lines[i].count : points;
	return points;
}

/* Panels without a line are dropped; the others are scaled and placed. */
static int finish(struct sweep *sweep, struct page *page, struct lad_error *err)
{
	int kept = 0, longest = 0;
	for (int i = 0; i < sweep->panel_count; i++)
		longest = longest > points_of(&sweep->panels[i]) ? longest : points_of(&sweep->panels[i]);
	for (int i = 0; i < sweep->panel_count; i++) {
		int points = points_of(&sweep->panels[i]);
		/* The base of a full design is one lonely point beside the others' lines. */
		if (points == 0 || (points == 1 && longest > 1)) {
			lines_free(&sweep->panels[i]);
			continue;
		}
		sweep->panels[kept] = sweep->panels[i];
		lines_scale_y(&sweep->panels[kept++]);
	}
	sweep->panel_count = kept;
	if (kept == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "no trial of this sweep has a figure for %s",
				     page->request->metric ? page->request->metric : "its workload's main metric");
	page_grid(page, kept, lines_size(page, sweep->panels, kept));
	lines_place(page, sweep->panels, kept);
	return 0;
}

static int fill(struct sweep *sweep, struct page *page, const struct lad_table *rows, struct lad_error *err)
{
	struct lad_verdict verdict;
	if (chart_verdict(page->request, 0, &verdict, err) < 0)
		return -1;
	int status = 0;
	for (int i = 0; status == 0 && i < verdict.group_count; i++)
		if (chart_shows(page->request, &verdict.groups[i]) &&
		    add_group(sweep, page, rows, &verdict, &verdict.groups[i]) < 0)
			status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	list_skipped(sweep, rows);
	snprintf(page->title, sizeof page->title, "%s: sweep of %s", verdict.scenario, factor_title(sweep->factor));
	snprintf(page->subtitle, sizeof page->subtitle, "%s%s%s",
		 chart_exact(page->request) ? "Exact figures, without an interval"
		 : sweep->words		    ? "Median over blocks with its 95 % CI"
					    : "Median over blocks; the band is its 95 % CI",
		 *sweep->skipped ? "; skipped: " : "", sweep->skipped);
	lad_verdict_free(&verdict);
	return status < 0 ? -1 : finish(sweep, page, err);
}

static int open_sweep(struct page *page, void **model, struct lad_error *err)
{
	struct lad_table rows;
	struct sweep *sweep = calloc(1, sizeof *sweep);
	if (!sweep)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (page->request->source_count != 1) {
		free(sweep);
		return lad_error_set(err, LAD_EXIT_USAGE, "a sweep chart needs one RESULTS.csv; these are %d",
				     page->request->source_count);
	}
	if (chart_rows(page->request, &rows, err) < 0) {
		free(sweep);
		return -1;
	}
	int status = choose_factor(&rows, page->request->factor, sweep, err);
	sweep->panels = calloc(PAGE_PANELS_MAX, sizeof *sweep->panels);
	if (status == 0 && !sweep->panels)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (status == 0)
		status = fill(sweep, page, &rows, err);
	lad_table_free(&rows);
	if (status < 0)
		close_sweep(sweep);
	else
		*model = sweep;
	return status;
}

static void draw_sweep(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct sweep *sweep = model;
	for (int i = 0; i < sweep->panel_count; i++)
		lines_draw(page, canvas, &sweep->panels[i]);
}

static void describe_sweep(const void *model, FILE *out)
{
	const struct sweep *sweep = model;
	fprintf(out, "Line chart over %s, a line for each container network mode.", factor_title(sweep->factor));
	for (int i = 0; i < sweep->panel_count; i++) {
		const struct line_panel *panel = &sweep->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			const struct line *line = &panel->lines[l];
			fprintf(out, " %s", line->name);
			for (int p = 0; p < line->count; p++) {
				char value[32];
				int at = 0;
				while (at + 1 < panel->x.tick_count && panel->x.ticks[at] < line->points[p].x)
					at++;
				chart_format(line->points[p].y, value, sizeof value);
				fprintf(out, "%s %s at %s", p ? "," : "", value, sweep->names[at]);
			}
			fputc(l + 1 < panel->line_count ? ';' : '.', out);
		}
	}
	if (*sweep->skipped)
		fprintf(out, " Skipped: %s.", sweep->skipped);
}

const struct chart_ops chart_sweep = {
    "sweep",	 "lines with CI bands over MTU, buffers, rules or flows", open_sweep, draw_sweep, describe_sweep,
    close_sweep,
};
