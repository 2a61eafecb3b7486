/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart/groups.h"
#include "chart/percentiles.h"
#include "netladder/cleanup.h"

/* The blocks of one mode in one group, merged. */
struct latency_curve {
	enum lad_mode mode;
	struct lad_histogram histogram;
};

struct latency {
	struct row_groups groups;
	struct latency_curve *curves[PAGE_PANELS_MAX][LAD_MODE_COUNT];
	int order[PAGE_PANELS_MAX];
	struct rows_index rows;
	struct line_panel *panels; /* owned: percentiles and distribution, a pair a group */
	int panel_count;
	const char *nines[8];
};

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
		if (record_whole(values[i], columns[i], i == 5 ? 1 : 0, &number[i], err) < 0)
			return -1;
	if (number[4] < number[3])
		return lad_error_set(err, LAD_EXIT_USAGE, "high_ns is less than low_ns");
	const struct lad_row *row = rows_find(&latency->rows, values[0], number[1], number[2]);
	if (!row || row->status != LAD_STATUS_OK)
		return 0; /* filtered out */
	int group = row_groups_find(&latency->groups, row);
	if (group < 0)
		return 0;
	struct latency_curve **curve = &latency->curves[group][row->mode];
	if (!*curve) {
		*curve = calloc(1, sizeof **curve);
		if (!*curve)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		(*curve)->mode = row->mode;
	}
	add_bucket(&(*curve)->histogram, number[3], number[4], (uint64_t)number[5]);
	return 0;
}

static int add_curves(struct latency_curve *const *curves, const struct page *page, struct line_panel *percentiles,
		      struct line_panel *distribution)
{
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!curves[mode])
			continue;
		struct series_style style = series_style_of(page->theme, mode);
		const char *name = lad_mode_name((enum lad_mode)mode);
		struct line *curve = lines_find(percentiles, name, style);
		struct line *cdf = lines_find(distribution, name, style);
		if (!curve || !cdf || percentile_curve(&curves[mode]->histogram, curve) < 0 ||
		    percentile_cdf(&curves[mode]->histogram, cdf) < 0)
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
static void scale_distribution(struct latency_curve *const *curves, struct line_panel *panel)
{
	double low = INFINITY, high = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!curves[mode])
			continue;
		const struct lad_histogram *histogram = &curves[mode]->histogram;
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
	for (int i = 0; i < latency->groups.count; i++)
		for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
			free(latency->curves[i][mode]);
	for (int i = 0; i < latency->panel_count; i++)
		lines_free(&latency->panels[i]);
	free(latency->panels);
	free(latency);
}

static int make_panels(struct latency *latency, struct page *page, struct lad_error *err)
{
	latency->panels = calloc(2 * (size_t)latency->groups.count + 1, sizeof *latency->panels);
	if (!latency->panels)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < latency->groups.count; i++) {
		char title[200];
		struct line_panel *percentiles = &latency->panels[latency->panel_count++];
		struct line_panel *distribution = &latency->panels[latency->panel_count++];
		bool one_way = latency->groups.keys[latency->order[i]].workload == LAD_UDP_STREAM;
		row_groups_title(&latency->groups, latency->order[i], title, sizeof title);
		snprintf(percentiles->heading, sizeof percentiles->heading, "%s: percentiles", title);
		snprintf(percentiles->note, sizeof percentiles->note, "%s, \u00b5s",
			 one_way ? "one-way delay" : "latency");
		snprintf(percentiles->x_title, sizeof percentiles->x_title, "percentile (by number of nines)");
		snprintf(distribution->heading, sizeof distribution->heading, "%s: distribution", title);
		snprintf(distribution->note, sizeof distribution->note, "%% of %s that took at most this long",
			 one_way ? "datagrams" : "transactions");
		snprintf(distribution->x_title, sizeof distribution->x_title, "latency, \u00b5s (log)");
		if (add_curves(latency->curves[latency->order[i]], page, percentiles, distribution) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		percentiles->steps = true;
		distribution->legend = true;
		scale_nines(latency, percentiles);
		lines_scale_y(percentiles);
		scale_distribution(latency->curves[latency->order[i]], distribution);
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
	if (chart_one_source(page->request, "a latency chart", err) < 0)
		return -1;
	if (!source->histograms_path)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "a latency chart needs histograms.csv beside the results of %s", source->name);
	if (chart_rows(page->request, &rows, err) < 0)
		return -1;
	rows_keep_base(&rows);
	latency->groups.capacity = PAGE_PANELS_MAX / 2;
	int status = rows_index_make(&rows, &latency->rows, err);
	if (status == 0)
		status = lad_records_read(source->histograms_path, columns, 6, 6, on_record, latency, err);
	rows_index_free(&latency->rows);
	snprintf(page->title, sizeof page->title, "%s: latency by container network mode", rows.rows[0].scenario);
	lad_table_free(&rows);
	if (status == 0 && latency->groups.count == 0)
		status =
		    lad_error_set(err, LAD_EXIT_USAGE,
				  "%s: a latency chart needs a tcp_rr, tcp_crr, udp_rr or dns_rr workload; there is no "
				  "transaction of what was asked for",
				  source->histograms_path);
	return status;
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
		row_groups_order(&latency->groups, latency->order);
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
	for (int i = 0; i < latency->groups.count; i++) {
		char title[200];
		row_groups_title(&latency->groups, latency->order[i], title, sizeof title);
		fprintf(out, " %s, in microseconds:", title);
		for (int mode = 0, said = 0; mode < LAD_MODE_COUNT; mode++) {
			if (!latency->curves[latency->order[i]][mode])
				continue;
			const struct lad_histogram *histogram = &latency->curves[latency->order[i]][mode]->histogram;
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
    "latency",	   "percentiles by number of nines, and the distribution", open_latency, draw_latency, describe_latency,
    close_latency,
};
