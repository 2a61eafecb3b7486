/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/factor.h"
#include "chart/ops.h"
#include "chart/percentiles.h"
#include "netladder/cleanup.h"

/* The blocks of one mode in one group, merged. */
struct latency_curve {
	enum lad_mode mode;
	struct lad_histogram histogram;
};

struct latency_group {
	struct lad_row key; /* any of its rows */
	struct latency_curve *curves[LAD_MODE_COUNT];
};

struct latency {
	struct latency_group groups[PAGE_PANELS_MAX];
	int group_count;
	const struct lad_table *rows;
	const struct lad_row *last; /* histograms.csv comes in the rows' order: the row of the last record */
	struct line_panel *panels;  /* owned: percentiles and distribution, a pair a group */
	int panel_count;
	const char *nines[8];
};

static bool same_group(const struct lad_row *a, const struct lad_row *b)
{
	return a->workload == b->workload && a->cpus == b->cpus && a->placement == b->placement &&
	       a->flows == b->flows && a->message_bytes == b->message_bytes && strcmp(a->tuning, b->tuning) == 0;
}

static struct latency_group *group_of(struct latency *latency, const struct lad_row *row)
{
	for (int i = 0; i < latency->group_count; i++)
		if (same_group(&latency->groups[i].key, row))
			return &latency->groups[i];
	if (latency->group_count == PAGE_PANELS_MAX / 2)
		return NULL;
	latency->groups[latency->group_count].key = *row;
	return &latency->groups[latency->group_count++];
}

static const struct lad_row *row_of(struct latency *latency, const char *run_id, long block, long trial)
{
	const struct lad_row *row = latency->last;
	if (row && row->trial == trial && row->block == block && strcmp(row->run_id, run_id) == 0)
		return row;
	for (int i = 0; i < latency->rows->row_count; i++) {
		row = &latency->rows->rows[i];
		if (row->trial == trial && row->block == block && strcmp(row->run_id, run_id) == 0)
			return latency->last = row;
	}
	return NULL;
}

static int whole(const char *text, const char *column, long long low, long long *value, struct lad_error *err)
{
	char *end;
	*value = strtoll(text, &end, 10);
	if (end == text || *end || *value < low)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s: \"%.40s\" is no whole number from %lld", column, text,
				     low);
	return 0;
}

/* The bounds and the sum are known to a bucket's width only: the file has no exact ones. */
static void add_bucket(struct lad_histogram *histogram, int64_t low_ns, int64_t high_ns, uint64_t count)
{
	if (!histogram->total || low_ns < histogram->min_ns)
		histogram->min_ns = low_ns;
	if (high_ns > histogram->max_ns)
		histogram->max_ns = high_ns;
	histogram->counts[lad_histogram_bucket(low_ns)] += count;
	histogram->total += count;
	histogram->sum_ns += (double)count * ((double)low_ns + (double)high_ns) / 2;
}

static const char *const columns[] = {"run_id", "block", "trial", "low_ns", "high_ns", "count"};

static int on_record(const char *const *values, void *data, struct lad_error *err)
{
	struct latency *latency = data;
	long long number[6] = {0};
	for (int i = 1; i < 6; i++)
		if (whole(values[i], columns[i], i == 5 ? 1 : 0, &number[i], err) < 0)
			return -1;
	if (number[4] < number[3])
		return lad_error_set(err, LAD_EXIT_USAGE, "high_ns is less than low_ns");
	const struct lad_row *row = row_of(latency, values[0], (long)number[1], (long)number[2]);
	if (!row || row->status != LAD_STATUS_OK)
		return 0; /* filtered out */
	struct latency_group *group = group_of(latency, row);
	if (!group)
		return 0;
	struct latency_curve **curve = &group->curves[row->mode];
	if (!*curve) {
		*curve = calloc(1, sizeof **curve);
		if (!*curve)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		(*curve)->mode = row->mode;
	}
	add_bucket(&(*curve)->histogram, number[3], number[4], (uint64_t)number[5]);
	return 0;
}

/* Of a sweep the base tuning is shown; of all, when none is called so. */
static void keep_base(struct lad_table *rows)
{
	int kept = 0;
	bool base = false;
	for (int i = 0; i < rows->row_count; i++)
		base |= factor_is_base(rows->rows[i].tuning);
	for (int i = 0; base && i < rows->row_count; i++)
		if (factor_is_base(rows->rows[i].tuning))
			rows->rows[kept++] = rows->rows[i];
	rows->row_count = base ? kept : rows->row_count;
}

static void title_of(const struct latency *latency, int index, char *out, size_t size)
{
	/* The group's title wants groups to be told from: the same in the shape of a verdict's. */
	struct lad_group groups[PAGE_PANELS_MAX] = {0};
	struct lad_verdict verdict = {.groups = groups, .group_count = latency->group_count};
	for (int i = 0; i < latency->group_count; i++) {
		const struct lad_row *key = &latency->groups[i].key;
		groups[i] = (struct lad_group){.placement = key->placement,
					       .workload = key->workload,
					       .message_bytes = key->message_bytes,
					       .flows = key->flows,
					       .cpus = key->cpus};
		strcpy(groups[i].tuning, key->tuning);
	}
	chart_group_title(&groups[index], &verdict, out, size);
}

static int add_curves(const struct latency_group *group, const struct page *page, struct line_panel *percentiles,
		      struct line_panel *distribution)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!group->curves[mode])
			continue;
		struct series_style style = series_style_of(page->theme, mode);
		const char *name = lad_mode_name((enum lad_mode)mode);
		struct line *curve = lines_find(percentiles, name, style);
		struct line *cdf = lines_find(distribution, name, style);
		if (!curve || !cdf || percentile_curve(&group->curves[mode]->histogram, curve) < 0 ||
		    percentile_cdf(&group->curves[mode]->histogram, cdf) < 0)
			return -1;
	}
	return 0;
}

/* Ticks at 0, 90 %, 99 %, …: whole numbers of nines. */
static void scale_nines(struct latency *latency, struct line_panel *panel)
{
	static const char *const names[] = {"0 %",     "90 %",	   "99 %",	"99.9 %",
					    "99.99 %", "99.999 %", "99.9999 %", "7 nines"};
	double longest = 1;
	for (int i = 0; i < panel->line_count; i++)
		longest = fmax(longest, panel->lines[i].points[panel->lines[i].count - 1].x);
	panel->x = (struct scale){.low = 0, .high = longest};
	for (int i = 0; i <= (int)floor(longest) && i < 8; i++) {
		panel->x.ticks[panel->x.tick_count++] = i;
		latency->nines[i] = names[i];
	}
	panel->x_names = latency->nines;
}

/* Cuts the distribution's axis where 99.9 % of the slowest mode are: the tail is the other panel's. */
static void scale_distribution(const struct latency_group *group, struct line_panel *panel)
{
	double low = INFINITY, high = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!group->curves[mode])
			continue;
		const struct lad_histogram *histogram = &group->curves[mode]->histogram;
		low = fmin(low, (double)lad_histogram_quantile(histogram, 0.001) / 1000);
		high = fmax(high, (double)lad_histogram_quantile(histogram, 0.999) / 1000);
	}
	panel->x = scale_log(low, high);
	panel->y = scale_around(0, 100, 4);
	for (int i = 0; i < panel->line_count; i++) {
		struct line *line = &panel->lines[i];
		int first = 0;
		while (first + 1 < line->count && line->points[first].x < panel->x.low)
			first++;
		memmove(line->points, line->points + first, (size_t)(line->count - first) * sizeof *line->points);
		line->count -= first;
		while (line->count > 1 && line->points[line->count - 1].x > panel->x.high)
			line->count--;
	}
}

static void close_latency(void *model)
{
	struct latency *latency = model;
	for (int i = 0; i < latency->group_count; i++)
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			free(latency->groups[i].curves[mode]);
	for (int i = 0; i < latency->panel_count; i++)
		lines_free(&latency->panels[i]);
	free(latency->panels);
	free(latency);
}

static int make_panels(struct latency *latency, struct page *page, struct lad_error *err)
{
	latency->panels = calloc(2 * (size_t)latency->group_count, sizeof *latency->panels);
	if (!latency->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < latency->group_count; i++) {
		char title[200];
		struct line_panel *percentiles = &latency->panels[latency->panel_count++];
		struct line_panel *distribution = &latency->panels[latency->panel_count++];
		title_of(latency, i, title, sizeof title);
		snprintf(percentiles->heading, sizeof percentiles->heading, "%s: percentiles", title);
		snprintf(percentiles->note, sizeof percentiles->note, "latency, \u00b5s");
		snprintf(percentiles->x_title, sizeof percentiles->x_title, "percentile (by number of nines)");
		snprintf(distribution->heading, sizeof distribution->heading, "%s: distribution", title);
		snprintf(distribution->note, sizeof distribution->note,
			 "%% of transactions that took at most this long");
		snprintf(distribution->x_title, sizeof distribution->x_title, "latency, \u00b5s (log)");
		if (add_curves(&latency->groups[i], page, percentiles, distribution) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		percentiles->steps = true;
		distribution->legend = true;
		scale_nines(latency, percentiles);
		lines_scale_y(percentiles);
		scale_distribution(&latency->groups[i], distribution);
	}
	struct page_panel_size size = lines_size(page, latency->panels, latency->panel_count);
	size.together = 2;
	page_grid(page, latency->panel_count, size);
	lines_place(page, latency->panels, latency->panel_count);
	return 0;
}

static int read_source(struct latency *latency, struct page *page, struct lad_error *err)
{
	struct lad_table rows;
	const struct lad_chart_source *source = &page->request->sources[0];
	if (page->request->source_count != 1)
		return lad_error_set(err, LAD_EXIT_USAGE, "a latency chart needs one results folder; these are %d",
				     page->request->source_count);
	if (!source->histograms_path)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a latency chart needs histograms.csv beside the results of %s", source->name);
	if (chart_rows(page->request, &rows, err) < 0)
		return -1;
	keep_base(&rows);
	latency->rows = &rows;
	int status = lad_records_read(source->histograms_path, columns, 6, 6, on_record, latency, err);
	latency->rows = NULL;
	latency->last = NULL;
	snprintf(page->title, sizeof page->title, "%s: latency by container network mode", rows.rows[0].scenario);
	lad_table_free(&rows);
	if (status == 0 && latency->group_count == 0)
		status = lad_error_set(err, LAD_EXIT_USAGE,
				       "%s: a latency chart needs a tcp_rr, tcp_crr or udp_rr workload; there is no "
				       "transaction of what was asked for",
				       source->histograms_path);
	return status;
}

static int compare_groups(const void *left, const void *right)
{
	const struct lad_row *a = &((const struct latency_group *)left)->key;
	const struct lad_row *b = &((const struct latency_group *)right)->key;
	return a->workload != b->workload ? (int)a->workload - (int)b->workload
	       : a->cpus != b->cpus	  ? (int)a->cpus - (int)b->cpus
					  : (int)a->placement - (int)b->placement;
}

static int open_latency(struct page *page, void **model, struct lad_error *err)
{
	struct latency *latency = calloc(1, sizeof *latency);
	if (!latency)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	snprintf(page->subtitle, sizeof page->subtitle,
		 "All blocks of a mode merged; lower is better. A percentile curve ends at its slowest transaction");
	int status = read_source(latency, page, err);
	if (status == 0) {
		qsort(latency->groups, (size_t)latency->group_count, sizeof *latency->groups, compare_groups);
		status = make_panels(latency, page, err);
	}
	if (status < 0)
		close_latency(latency);
	else
		*model = latency;
	return status;
}

static void draw_latency(const void *model, const struct page *page, struct canvas *canvas)
{
	const struct latency *latency = model;
	for (int i = 0; i < latency->panel_count; i++)
		lines_draw(page, canvas, &latency->panels[i]);
}

static void describe_latency(const void *model, FILE *out)
{
	static const double quantiles[] = {0.5, 0.99, 0.999};
	const struct latency *latency = model;
	fputs("Percentile plots and distributions of latency, a curve for each container network mode.", out);
	for (int i = 0; i < latency->group_count; i++) {
		char title[200];
		title_of(latency, i, title, sizeof title);
		fprintf(out, " %s, in microseconds:", title);
		for (int mode = 0, said = 0; mode < LAD_MODE_COUNT; mode++) {
			if (!latency->groups[i].curves[mode])
				continue;
			const struct lad_histogram *histogram = &latency->groups[i].curves[mode]->histogram;
			fprintf(out, "%s %s", said++ ? ";" : "", lad_mode_name((enum lad_mode)mode));
			for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
				char value[32];
				chart_format((double)lad_histogram_quantile(histogram, quantiles[q]) / 1000, value,
					     sizeof value);
				fprintf(out, "%s %g %% %s", q ? "," : "", 100 * quantiles[q], value);
			}
		}
		fputc('.', out);
	}
}

const struct chart_ops chart_latency = {
    LAD_CHART_LATENCY, "latency",    "percentiles by number of nines, and the distribution, a curve a mode",
    open_latency,      draw_latency, describe_latency,
    close_latency,
};
