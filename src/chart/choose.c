/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "netladder/chart.h"

static bool has_variants(const struct lad_table *table)
{
	for (int i = 0; i < table->row_count; i++)
		if (strcmp(table->rows[i].variant, "b") == 0)
			return true;
	return false;
}

/* Requests that ran beside a background. */
static bool has_load(const struct lad_table *table)
{
	struct lad_error unused;
	struct lad_chart_source source = {.name = "", .table = table};
	struct lad_chart_request tried = {.kind = LAD_CHART_UNDER_LOAD, .sources = &source, .source_count = 1};
	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].background[0])
			return lad_chart_fits(&tried, &unused) == 0;
	return false;
}

/* Several numbers of sessions of one pattern. */
static bool has_topologies(const struct lad_table *table)
{
	struct lad_error unused;
	struct lad_chart_source source = {.name = "", .table = table};
	struct lad_chart_request tried = {.kind = LAD_CHART_SCALE, .sources = &source, .source_count = 1};
	for (int i = 1; i < table->row_count; i++)
		if (table->rows[i].sessions != table->rows[0].sessions)
			return lad_chart_fits(&tried, &unused) == 0;
	return false;
}

static bool varies(const struct lad_table *table)
{
	for (int i = 1; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (strcmp(row->tuning, table->rows[0].tuning) != 0)
			return true;
		for (int j = 0; j < i; j++)
			if (row->workload == table->rows[j].workload && row->flows != table->rows[j].flows)
				return true;
	}
	return false;
}

enum lad_chart_kind lad_chart_choose(const struct lad_chart_request *request)
{
	static const enum lad_chart_kind of_variation[] = {LAD_CHART_SWEEP, LAD_CHART_HEATMAP};
	if (request->factor)
		return LAD_CHART_SWEEP;
	if (request->source_count > 2)
		return LAD_CHART_HISTORY;
	if (request->source_count == 2 || has_variants(request->sources[0].table))
		return LAD_CHART_COMPARE;
	if (has_load(request->sources[0].table))
		return LAD_CHART_UNDER_LOAD;
	if (has_topologies(request->sources[0].table))
		return LAD_CHART_SCALE;
	for (int i = 0; i < 2 && varies(request->sources[0].table); i++) {
		struct lad_error unused;
		struct lad_chart_request tried = *request;
		tried.kind = of_variation[i];
		if (lad_chart_fits(&tried, &unused) == 0)
			return tried.kind;
	}
	return LAD_CHART_LADDER;
}
