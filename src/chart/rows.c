/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "chart/ops.h"

static bool passes(const struct lad_chart_request *request, const struct lad_row *row)
{
	return (!request->workload || strcmp(request->workload, lad_workload_name(row->workload)) == 0) &&
	       (!request->cpus || strcmp(request->cpus, lad_cpus_name(row->cpus)) == 0) &&
	       (!request->placement || strcmp(request->placement, lad_placement_name(row->placement)) == 0) &&
	       (!request->tuning || strcmp(request->tuning, row->tuning) == 0);
}

static int copy_rows(const struct lad_chart_request *request, int first, int count, struct lad_table *rows,
		     struct lad_error *err)
{
	size_t capacity = 0;
	memset(rows, 0, sizeof *rows);
	for (int i = first; i < first + count; i++)
		capacity += (size_t)request->sources[i].table->row_count;
	rows->rows = calloc(capacity ? capacity : 1, sizeof *rows->rows);
	if (!rows->rows)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = first; i < first + count; i++)
		for (int j = 0; j < request->sources[i].table->row_count; j++)
			if (passes(request, &request->sources[i].table->rows[j]))
				rows->rows[rows->row_count++] = request->sources[i].table->rows[j];
	if (rows->row_count)
		return 0;
	lad_table_free(rows);
	return lad_error_set(err, LAD_EXIT_USAGE, "%s%sno row is left of what was asked for (%s, %s, %s, %s)",
			     count == 1 ? request->sources[first].name : "", count == 1 ? ": " : "",
			     request->workload ? request->workload : "any workload",
			     request->cpus ? request->cpus : "any cpus",
			     request->placement ? request->placement : "any placement",
			     request->tuning ? request->tuning : "any tuning");
}

int chart_rows(const struct lad_chart_request *request, struct lad_table *rows, struct lad_error *err)
{
	return copy_rows(request, 0, request->source_count, rows, err);
}

const struct lad_verdict_options *chart_expected(const struct lad_chart_request *request, int index)
{
	const struct lad_verdict_options *expected = request->sources[index].expected;
	return expected ? expected : &lad_documented;
}

int chart_verdict(const struct lad_chart_request *request, int index, struct lad_verdict *verdict,
		  struct lad_error *err)
{
	struct lad_table rows;
	if (!request->workload && !request->cpus && !request->placement && !request->tuning)
		return lad_verdict_make(request->sources[index].table, chart_expected(request, index), verdict, err);
	if (copy_rows(request, index, 1, &rows, err) < 0)
		return -1;
	int status = lad_verdict_make(&rows, chart_expected(request, index), verdict, err);
	lad_table_free(&rows);
	return status;
}

bool chart_exact(const struct lad_chart_request *request)
{
	for (int i = 0; i < request->source_count; i++)
		for (int j = 0; j < request->sources[i].table->row_count; j++)
			if (strcmp(request->sources[i].table->rows[j].clock, "instructions") != 0)
				return false;
	return true;
}

bool chart_shows(const struct lad_chart_request *request, const struct lad_group *group)
{
	return request->metric ? strcmp(request->metric, group->metric->column) == 0 : group->primary;
}

int chart_one_source(const struct lad_chart_request *request, const char *chart, struct lad_error *err)
{
	if (request->source_count == 1)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "%s needs one results folder; these are %d", chart,
			     request->source_count);
}

const struct lad_metric *chart_metric_fit(const char *column, double largest)
{
	const struct lad_metric *metric = lad_metric_named(column);
	return metric ? lad_metric_fit(metric, largest) : NULL;
}

void chart_append(char *out, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(out);
	va_start(arguments, format);
	vsnprintf(out + used, size - used, format, arguments);
	va_end(arguments);
}

void chart_group_title(const struct lad_group *group, const struct lad_verdict *verdict, char *out, size_t size)
{
	bool tuning = false, variant = false, message = false, flows = group->key.flows > 1,
	     placement = group->key.placement != LAD_CROSS_HOST;
	for (int i = 0; i < verdict->group_count; i++) {
		const struct lad_group *other = &verdict->groups[i];
		tuning |= strcmp(other->key.tuning, group->key.tuning) != 0;
		variant |= strcmp(other->key.variant, group->key.variant) != 0;
		if (other->key.workload != group->key.workload)
			continue;
		message |= other->key.message_bytes != group->key.message_bytes;
		flows |= other->key.flows != group->key.flows;
		placement |= other->key.placement != group->key.placement;
	}
	snprintf(out, size, "%s, %s", lad_workload_name(group->key.workload), lad_cpus_phrase(group->key.cpus));
	if (message)
		chart_append(out, size, ", %lld B", (long long)group->key.message_bytes);
	if (flows)
		chart_append(out, size, ", %d flow%s", group->key.flows, group->key.flows == 1 ? "" : "s");
	if (*group->key.options)
		chart_append(out, size, ", %s", group->key.options);
	if (placement)
		chart_append(out, size, ", %s", group->key.placement == LAD_SAME_HOST ? "same host" : "cross host");
	if (tuning)
		chart_append(out, size, ", %s", group->key.tuning);
	if (variant)
		chart_append(out, size, ", variant %s", group->key.variant);
}

void chart_format(double value, char *out, size_t size)
{
	double magnitude = fabs(value);
	int decimals = magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.9995 ? 2 : 3;
	snprintf(out, size, "%.*f", lad_decimals(value, decimals), value);
}

const char *chart_unit(const struct lad_metric *metric)
{
	return strcmp(metric->unit, "us") == 0 ? "\u00b5s" : metric->unit;
}
