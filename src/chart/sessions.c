/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/sessions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

#define FIGURE_MOST 1e15

enum { RUN_ID, BLOCK, TRIAL, SESSION, FROM, TO, GOODPUT, PACKETS, TRANSACTIONS, BACKGROUND, COLUMNS };
static const char *const columns[COLUMNS] = {"run_id",	    "block",	      "trial",
					     "session",	    "generator_host", "sink_host",
					     "goodput_bps", "packets_per_s",  "transactions_per_s",
					     "background"};

struct reading {
	struct session_figures *figures;
	struct rows_index rows;
};

static int keep(struct session_figures *figures, const struct session_figure *figure, struct lad_error *err)
{
	if (figures->count == figures->capacity) {
		size_t capacity = figures->capacity ? 2 * figures->capacity : 256;
		struct session_figure *list = reallocarray(figures->list, capacity, sizeof *list);
		if (!list)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		figures->list = list;
		figures->capacity = capacity;
	}
	figures->list[figures->count++] = *figure;
	return 0;
}

static int number_in(const char *text, const char *column, uint64_t most, int *value, struct lad_error *err)
{
	uint64_t number;
	if (lad_record_whole(text, 1, most, &number, err) < 0)
		return lad_error_context(err, "%s", column);
	*value = (int)number;
	return 0;
}

static int on_record(const char *const *values, void *data, struct lad_error *err)
{
	struct reading *reading = data;
	struct session_figure figure = {0};
	long long block, trial;
	if (record_whole(values[BLOCK], columns[BLOCK], 0, &block, err) < 0 ||
	    record_whole(values[TRIAL], columns[TRIAL], 0, &trial, err) < 0 ||
	    number_in(values[SESSION], columns[SESSION], SESSION_NUMBERS_MAX, &figure.session, err) < 0 ||
	    number_in(values[FROM], columns[FROM], SESSION_HOSTS_MAX, &figure.from, err) < 0 ||
	    number_in(values[TO], columns[TO], SESSION_HOSTS_MAX, &figure.to, err) < 0)
		return -1;
	const struct lad_row *row = rows_find(&reading->rows, values[RUN_ID], block, trial);
	if (!row || row->status != LAD_STATUS_OK || row->sessions < 2 || strcmp(values[BACKGROUND], "yes") == 0)
		return 0; /* filtered out, or with nothing to stand beside */
	int column = row->workload == LAD_TCP_STREAM   ? GOODPUT
		     : row->workload == LAD_UDP_STREAM ? PACKETS
						       : TRANSACTIONS;
	if (lad_record_number(values[column], 0, FIGURE_MOST, &figure.value, err) < 0)
		return lad_error_context(err, "%s", columns[column]);
	if (!isfinite(figure.value))
		return 0;
	figure.mode = (int)row->mode;
	figure.fairness = row->fairness_ratio;
	figure.group = row_groups_find(&reading->figures->groups, row);
	return figure.group < 0 ? 0 : keep(reading->figures, &figure, err);
}

/* Each group's own unit, that of its largest value. */
static void fit_units(struct session_figures *figures)
{
	for (int i = 0; i < figures->groups.count; i++) {
		double largest = 0;
		for (size_t f = 0; f < figures->count; f++)
			if (figures->list[f].group == i)
				largest = fmax(largest, figures->list[f].value);
		figures->metrics[i] = lad_metric_fit(lad_metrics_of(figures->groups.keys[i].workload), largest);
		for (size_t f = 0; f < figures->count; f++)
			if (figures->list[f].group == i)
				figures->list[f].value *= figures->metrics[i]->scale;
	}
}

static int read_rows(const struct lad_chart_source *source, const struct lad_table *rows,
		     struct session_figures *figures, struct lad_error *err)
{
	struct reading reading = {.figures = figures};
	int status = rows_index_make(rows, &reading.rows, err);
	if (status == 0)
		status =
		    lad_records_read(source->sessions_path, columns, COLUMNS, BACKGROUND, on_record, &reading, err);
	rows_index_free(&reading.rows);
	return status;
}

int session_figures_read(const struct lad_chart_request *request, const char *kind, int capacity,
			 struct session_figures *figures, struct lad_error *err)
{
	struct lad_table rows;
	const struct lad_chart_source *source = &request->sources[0];
	*figures = (struct session_figures){.groups.capacity = capacity};
	char chart[32];
	snprintf(chart, sizeof chart, "a %s chart", kind);
	if (chart_one_source(request, chart, err) < 0)
		return -1;
	if (!source->sessions_path)
		return lad_error_set(err, LAD_EXIT_USAGE, "a %s chart needs sessions.csv beside the results of %s",
				     kind, source->name);
	if (chart_rows(request, &rows, err) < 0)
		return -1;
	rows_keep_base(&rows);
	snprintf(figures->scenario, sizeof figures->scenario, "%s", rows.rows[0].scenario);
	int status = read_rows(source, &rows, figures, err);
	lad_table_free(&rows);
	if (status == 0 && figures->groups.count == 0)
		return lad_error_set(
		    err, LAD_EXIT_USAGE,
		    "%s: a %s chart needs trials with several sessions (`topologies`), and there are none "
		    "of what was asked for",
		    source->sessions_path, kind);
	if (status < 0)
		return -1;
	fit_units(figures);
	row_groups_order(&figures->groups, figures->order);
	return 0;
}

void session_figures_free(struct session_figures *figures)
{
	free(figures->list);
	figures->list = NULL;
	figures->count = figures->capacity = 0;
}

double session_figures_median(const struct session_figures *figures, const struct session_figure *like,
			      bool (*fits)(const struct session_figure *like, const struct session_figure *figure),
			      double (*value)(const struct session_figure *figure))
{
	lad_cleanup_free double *values = calloc(figures->count + 1, sizeof *values);
	size_t count = 0;
	for (size_t i = 0; values && i < figures->count; i++)
		if (fits(like, &figures->list[i]) && isfinite(value(&figures->list[i])))
			values[count++] = value(&figures->list[i]);
	return count ? lad_median(values, count) : NAN;
}
