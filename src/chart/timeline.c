/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/groups.h"
#include "chart/lines.h"
#include "netladder/cleanup.h"

/* The columns of samples.csv. Counters count from the beginning of the window; `side` is who counted. */
enum { RUN_ID, BLOCK, TRIAL, SIDE, TIME_S, BYTES, MESSAGES, TRANSACTIONS, RETRANSMITS, RTT_US, CWND, PACING, COLUMNS };
static const char *const columns[COLUMNS] = {"run_id",	    "block",  "trial",	       "side",
					     "time_s",	    "bytes",  "messages",      "transactions",
					     "retransmits", "rtt_us", "cwnd_segments", "pacing_rate_bps"};

#define NUMBER_MOST 1e21 /* beyond what any sample counts: the kernel's "unlimited" pacing rate is below it */
#define MARKED_POINTS 24 /* a line of more has no room for markers */

/* What can be drawn over time, by the column that it is read from. */
struct quantity {
	int column;
	const char *title, *unit;
	const char
	    *metric; /* the column of results.csv whose units it has, which the largest value chooses; else NULL */
	double scale;
	bool counter; /* its increase over time; else its value */
	const char *side;
};

static const struct quantity quantities[] = {
    {BYTES, "goodput", NULL, "goodput_bps", 8, true, "sink"},
    {MESSAGES, "datagrams received", NULL, "packets_per_s", 1, true, "sink"},
    {TRANSACTIONS, "transactions", NULL, "transactions_per_s", 1, true, "generator"},
    {RETRANSMITS, "retransmitted segments", "1/s", NULL, 1, true, "generator"},
    {RTT_US, "round-trip time of the sender's TCP", "\u00b5s", NULL, 1, false, "generator"},
    {CWND, "congestion window", "segments", NULL, 1, false, "generator"},
    {PACING, "pacing rate", NULL, "goodput_bps", 1, false, "generator"},
};
#define QUANTITY_COUNT (sizeof quantities / sizeof *quantities)

struct sample {
	int group, mode, index; /* INDEX: the how-many-th interval of its trial */
	double time_s, value;
};

struct timeline {
	struct row_groups groups;
	int order[PAGE_PANELS_MAX];
	const struct quantity *asked; /* NULL: each workload's own */
	struct rows_index rows;
	struct sample *samples; /* owned */
	size_t count, capacity;
	/* the sample before in the same trial and side */
	const struct lad_row *previous_row;
	char previous_side[16];
	int index;
	double previous_time_s, previous_counter;
	struct line_panel *panels; /* owned */
	int panel_count;
};

static const struct quantity *quantity_of(const struct timeline *timeline, enum lad_workload_kind workload)
{
	if (timeline->asked)
		return timeline->asked;
	return &quantities[workload == LAD_TCP_STREAM ? 0 : workload == LAD_UDP_STREAM ? 1 : 2];
}

static int number_of(const char *text, const char *column, double *value, struct lad_error *err)
{
	return lad_record_number(text, 0, NUMBER_MOST, value, err) < 0 ? lad_error_context(err, "%s", column) : 0;
}

static int keep(struct timeline *timeline, const struct sample *sample, struct lad_error *err)
{
	if (timeline->count == timeline->capacity) {
		size_t capacity = timeline->capacity ? 2 * timeline->capacity : 1024;
		struct sample *samples = reallocarray(timeline->samples, capacity, sizeof *samples);
		if (!samples)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		timeline->samples = samples;
		timeline->capacity = capacity;
	}
	timeline->samples[timeline->count++] = *sample;
	return 0;
}

/* The value of this interval: what a counter gained in it, or what stood at its end. */
static double interval_value(struct timeline *timeline, const struct quantity *quantity, double time_s, double read)
{
	double seconds = time_s - timeline->previous_time_s;
	double value = quantity->counter ? (read - timeline->previous_counter) / seconds : read;
	timeline->previous_time_s = time_s;
	timeline->previous_counter = read;
	return seconds > 0 || !quantity->counter ? value * quantity->scale : NAN;
}

static int on_record(const char *const *values, void *data, struct lad_error *err)
{
	struct timeline *timeline = data;
	long long block, trial;
	double time_s, read;
	if (record_whole(values[BLOCK], "block", 0, &block, err) < 0 ||
	    record_whole(values[TRIAL], "trial", 0, &trial, err) < 0)
		return -1;
	const struct lad_row *row = rows_find(&timeline->rows, values[RUN_ID], block, trial);
	if (!row || row->status != LAD_STATUS_OK)
		return 0; /* filtered out */
	const struct quantity *quantity = quantity_of(timeline, row->workload);
	if (number_of(values[TIME_S], "time_s", &time_s, err) < 0 ||
	    number_of(values[quantity->column], columns[quantity->column], &read, err) < 0)
		return -1;
	if (strcmp(values[SIDE], quantity->side) != 0 || !isfinite(time_s) || !isfinite(read))
		return 0;
	if (row != timeline->previous_row || strcmp(timeline->previous_side, values[SIDE]) != 0) {
		timeline->previous_row = row;
		snprintf(timeline->previous_side, sizeof timeline->previous_side, "%.15s", values[SIDE]);
		timeline->index = 0;
		timeline->previous_time_s = timeline->previous_counter = 0;
	}
	struct sample sample = {.mode = (int)row->mode,
				.index = timeline->index++,
				.time_s = time_s,
				.value = interval_value(timeline, quantity, time_s, read)};
	if (!isfinite(sample.value))
		return 0;
	sample.group = row_groups_find(&timeline->groups, row);
	return sample.group < 0 ? 0 : keep(timeline, &sample, err);
}

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;
	if (a->group != b->group)
		return a->group - b->group;
	if (a->mode != b->mode)
		return a->mode - b->mode;
	if (a->index != b->index)
		return a->index - b->index;
	return (a->value > b->value) - (a->value < b->value);
}

/* The COUNT samples of one interval in all blocks, ascending, as a point: their median, least and largest. */
static struct line_point summary(const struct sample *samples, size_t count)
{
	double time_s = 0;
	double upper = samples[count / 2].value, lower = samples[(count - 1) / 2].value;
	for (size_t i = 0; i < count; i++)
		time_s += samples[i].time_s / (double)count;
	return (struct line_point){.x = time_s,
				   .y = (lower + upper) / 2,
				   .low = count > 1 ? samples[0].value : NAN,
				   .high = count > 1 ? samples[count - 1].value : NAN};
}

static int fill_lines(struct timeline *timeline, const struct page *page, const int *panel_of_group)
{
	if (timeline->count)
		qsort(timeline->samples, timeline->count, sizeof *timeline->samples, compare_samples);
	for (size_t i = 0, end; i < timeline->count; i = end) {
		const struct sample *first = &timeline->samples[i];
		for (end = i + 1; end < timeline->count; end++) {
			const struct sample *next = &timeline->samples[end];
			if (next->group != first->group || next->mode != first->mode || next->index != first->index)
				break;
		}
		struct line *line =
		    lines_find(&timeline->panels[panel_of_group[first->group]],
			       lad_mode_name((enum lad_mode)first->mode), series_style_of(page->theme, first->mode));
		if (line && line_add(line, summary(first, end - i)) < 0)
			return -1;
	}
	return 0;
}

static void scale_time(struct line_panel *panel)
{
	double end = 0;
	for (int i = 0; i < panel->line_count; i++)
		end = fmax(end, panel->lines[i].points[panel->lines[i].count - 1].x);
	panel->x = scale_from_zero(end, 4);
	panel->x.high = end; /* no empty room behind the last sample */
	while (panel->x.tick_count && panel->x.ticks[panel->x.tick_count - 1] > end * (1 + 1e-9))
		panel->x.tick_count--;
}

static void fit_unit(struct line_panel *panel, const struct quantity *quantity)
{
	const struct lad_metric *metric =
	    quantity->metric ? chart_metric_fit(quantity->metric, lines_largest_y(panel)) : NULL;
	if (metric)
		lines_scale_values(panel, 1, metric->scale);
	snprintf(panel->note, sizeof panel->note, "%s, %s", quantity->title, metric ? metric->unit : quantity->unit);
}

static int make_panels(struct timeline *timeline, struct page *page, struct lad_error *err)
{
	int panel_of_group[PAGE_PANELS_MAX];
	timeline->panels = calloc((size_t)timeline->groups.count + 1, sizeof *timeline->panels);
	if (!timeline->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	row_groups_order(&timeline->groups, timeline->order);
	for (int i = 0; i < timeline->groups.count; i++) {
		int group = timeline->order[i];
		struct line_panel *panel = &timeline->panels[timeline->panel_count++];
		panel_of_group[group] = i;
		row_groups_title(&timeline->groups, group, panel->heading, sizeof panel->heading);
		snprintf(panel->x_title, sizeof panel->x_title, "time in the window, s");
	}
	if (fill_lines(timeline, page, panel_of_group) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int longest = 0;
	for (int i = 0; i < timeline->panel_count; i++)
		for (int l = 0; l < timeline->panels[i].line_count; l++)
			longest =
			    timeline->panels[i].lines[l].count > longest ? timeline->panels[i].lines[l].count : longest;
	if (longest < 2)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "a timeline needs two interval samples or more in a trial; these trials are so short "
		    "that they have one");
	for (int i = 0; i < timeline->panel_count; i++) {
		timeline->panels[i].markers = longest <= MARKED_POINTS;
		fit_unit(&timeline->panels[i],
			 quantity_of(timeline, timeline->groups.keys[timeline->order[i]].workload));
		scale_time(&timeline->panels[i]);
		lines_scale_y(&timeline->panels[i]);
	}
	page_grid(page, timeline->panel_count, lines_size(page, timeline->panels, timeline->panel_count));
	lines_place(page, timeline->panels, timeline->panel_count);
	return 0;
}

static int ask(struct timeline *timeline, const char *metric, struct lad_error *err)
{
	if (!metric)
		return 0;
	for (size_t i = 0; i < QUANTITY_COUNT; i++)
		if (strcmp(columns[quantities[i].column], metric) == 0)
			timeline->asked = &quantities[i];
	return timeline->asked
		   ? 0
		   : lad_error_set(err, LAD_EXIT_USAGE,
				   "--metric %.60s is not sampled over time; valid: bytes, messages, transactions, "
				   "retransmits, rtt_us, cwnd_segments, pacing_rate_bps",
				   metric);
}

static int read_samples(struct timeline *timeline, struct page *page, struct lad_error *err)
{
	struct lad_table rows;
	const struct lad_chart_source *source = &page->request->sources[0];
	if (chart_one_source(page->request, "a timeline", err) < 0)
		return -1;
	if (!source->samples_path)
		return lad_error_set(err, LAD_EXIT_USAGE, "a timeline needs samples.csv beside the results of %s",
				     source->name);
	if (ask(timeline, page->request->metric, err) < 0 || chart_rows(page->request, &rows, err) < 0)
		return -1;
	rows_keep_base(&rows);
	timeline->groups.capacity = PAGE_PANELS_MAX;
	int status = rows_index_make(&rows, &timeline->rows, err);
	if (status == 0)
		status = lad_records_read(source->samples_path, columns, COLUMNS, TRANSACTIONS + 1, on_record, timeline,
					  err);
	rows_index_free(&timeline->rows);
	timeline->previous_row = NULL;
	snprintf(page->title, sizeof page->title, "%s: over the time of a trial", rows.rows[0].scenario);
	lad_table_free(&rows);
	if (status == 0 && timeline->count == 0)
		status = lad_error_set(
		    err, LAD_EXIT_USAGE, "%s: a timeline needs interval samples; there are none of %s",
		    source->samples_path, page->request->metric ? page->request->metric : "what was asked for");
	return status;
}

static void close_timeline(void *model)
{
	struct timeline *timeline = model;
	for (int i = 0; i < timeline->panel_count; i++)
		lines_free(&timeline->panels[i]);
	free(timeline->panels);
	free(timeline->samples);
	free(timeline);
}

static int open_timeline(struct page *page, void **model, struct lad_error *err)
{
	struct timeline *timeline = calloc(1, sizeof *timeline);
	if (!timeline)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	snprintf(page->subtitle, sizeof page->subtitle,
		 "Each interval's median over the blocks; the band goes from the least to the largest block");
	int status = read_samples(timeline, page, err);
	if (status == 0)
		status = make_panels(timeline, page, err);
	if (status < 0)
		close_timeline(timeline);
	else
		*model = timeline;
	return status;
}

static void draw_timeline(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct timeline *timeline = model;
	for (int i = 0; i < timeline->panel_count; i++)
		lines_draw(page, canvas, &timeline->panels[i]);
}

static void describe_timeline(const void *model, FILE *out)
{
	const struct timeline *timeline = model;
	fputs("Line chart over the time of a trial, a line for each container network mode.", out);
	for (int i = 0; i < timeline->panel_count; i++) {
		const struct line_panel *panel = &timeline->panels[i];
		fprintf(out, " %s, %s:", panel->heading, panel->note);
		for (int l = 0; l < panel->line_count; l++) {
			const struct line *line = &panel->lines[l];
			char least[32], largest[32];
			double low = INFINITY, high = -INFINITY;
			for (int p = 0; p < line->count; p++) {
				low = fmin(low, line->points[p].y);
				high = fmax(high, line->points[p].y);
			}
			chart_format(low, least, sizeof least);
			chart_format(high, largest, sizeof largest);
			fprintf(out, "%s %s %s to %s", l ? "," : "", line->name, least, largest);
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_timeline = {
    "timeline",	    "interval samples over the time of a trial", open_timeline, draw_timeline, describe_timeline,
    close_timeline,
};
