/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(member, kind, needed, ...)                                                                              \
	{#member, COLUMN_##kind, offsetof(struct lad_row, member), sizeof(((struct lad_row *)0)->member), needed},
#define LONG_COLUMN(member, bytes, ...) {#member, COLUMN_LONG_TEXT, offsetof(struct lad_row, member), bytes, false},

const struct column results_columns[] = {
#include "results/columns.def"
};

const size_t results_column_count = sizeof results_columns / sizeof *results_columns;

static const char *const status_names[] = {"ok", "failed", "skipped"};

const char *lad_status_name(enum lad_status status)
{
	return (unsigned)status < 3 ? status_names[status] : "?";
}

void lad_row_clear(struct lad_row *row)
{
	memset(row, 0, sizeof *row);
	for (size_t i = 0; i < results_column_count; i++) {
		void *field = (char *)row + results_columns[i].offset;
		if (results_columns[i].type == COLUMN_NUMBER)
			*(double *)field = NAN;
		else if (results_columns[i].type == COLUMN_INT64)
			*(int64_t *)field = -1;
		else if (results_columns[i].type == COLUMN_LONG_TEXT)
			*(const char **)field = "";
	}
}

double lad_row_metric(const struct lad_row *row, const char *name)
{
	double value = NAN;
	for (size_t i = 0; i < results_column_count; i++)
		if (results_columns[i].type == COLUMN_NUMBER && strcmp(results_columns[i].name, name) == 0)
			memcpy(&value, (const char *)row + results_columns[i].offset, sizeof value);
	return value;
}

/* The shortest text that reads back as the same double. */
static void format_number(double value, char *out, size_t size)
{
	if (!isfinite(value)) {
		out[0] = '\0';
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(out, size, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			return;
	}
}

void results_format(const struct column *column, const struct lad_row *row, char *out, size_t size)
{
	const void *field = (const char *)row + column->offset;
	const char *word = "";
	switch (column->type) {
	case COLUMN_INT:
		snprintf(out, size, "%d", *(const int *)field);
		return;
	case COLUMN_INT64:
		out[0] = '\0';
		if (*(const int64_t *)field >= 0)
			snprintf(out, size, "%" PRId64, *(const int64_t *)field);
		return;
	case COLUMN_UINT64:
		snprintf(out, size, "%" PRIu64, *(const uint64_t *)field);
		return;
	case COLUMN_NUMBER: /* a figure that cannot be is none: what is written can be read back */
		format_number(results_in_range(column, *(const double *)field) ? *(const double *)field : NAN, out,
			      size);
		return;
	case COLUMN_TEXT:
		word = field;
		break;
	case COLUMN_LONG_TEXT:
		word = *(const char *const *)field;
		break;
	case COLUMN_MODE:
		word = lad_mode_name(*(const enum lad_mode *)field);
		break;
	case COLUMN_PLACEMENT:
		word = lad_placement_name(*(const enum lad_placement *)field);
		break;
	case COLUMN_WORKLOAD:
		word = lad_workload_name(*(const enum lad_workload_kind *)field);
		break;
	case COLUMN_CPUS:
		word = lad_cpus_name(*(const enum lad_cpus *)field);
		break;
	case COLUMN_STATUS:
		word = lad_status_name(*(const enum lad_status *)field);
		break;
	}
	snprintf(out, size, "%s", word);
}
