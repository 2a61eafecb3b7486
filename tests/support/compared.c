/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"

const struct lad_compare_options compared_usual = {.margin = 0.03, .alpha = 0.05};

struct lad_row *compared_row(struct lad_table *table)
{
	table->rows = realloc(table->rows, ((size_t)table->row_count + 1) * sizeof *table->rows);
	struct lad_row *row = &table->rows[table->row_count++];
	lad_row_clear(row);
	strcpy(row->lab, "native");
	strcpy(row->clock, "wall");
	strcpy(row->kernel, "6.18.5");
	strcpy(row->tuning, "default");
	row->workload = LAD_TCP_RR;
	row->flows = 1;
	row->message_bytes = 1;
	return row;
}

void compared_append(struct lad_table *table, struct compared_series series, int blocks, unsigned *seed)
{
	for (int block = 1; block <= blocks; block++) {
		struct lad_row *row = compared_row(table);
		strcpy(row->run_id, series.run);
		strcpy(row->variant, series.variant);
		row->mode = series.mode;
		row->block = block;
		if (series.rate > 0) {
			row->mtu = 1500;
			row->transactions_per_s = series.rate * exp(series.spread * noise(seed));
			row->latency_p50_us = 1e6 / row->transactions_per_s;
			row->latency_p99_us = 2e6 / row->transactions_per_s;
		} else {
			row->status = LAD_STATUS_SKIPPED;
			strcpy(row->reason, "not in <this> kernel & \"that\"");
		}
	}
}

struct lad_compare compared(const struct lad_table *base, const struct lad_table *fresh,
			    const struct lad_compare_options *options)
{
	struct lad_compare made;
	struct lad_error err = {0};
	if (lad_compare_make(base, "base.csv", fresh, "new.csv", options, &made, &err) < 0)
		fail_msg("%s", err.message);
	return made;
}

const struct lad_compare_line *compared_line(const struct lad_compare *made, enum lad_mode mode)
{
	for (int i = 0; i < made->line_count; i++)
		if (made->lines[i].key.mode == mode)
			return &made->lines[i];
	fail_msg("no line for %s", lad_mode_name(mode));
	return NULL;
}

struct lad_compare compared_mixed(struct lad_table *base, struct lad_table *fresh)
{
	unsigned seed = 8;
	compared_append(base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	compared_append(base, (struct compared_series){"r1", "", LAD_MODE_MACVLAN, 90000, 0.004}, 8, &seed);
	compared_append(base, (struct compared_series){"r1", "", LAD_MODE_BRIDGE, 60000, 0.004}, 8, &seed);
	compared_append(base, (struct compared_series){"r1", "", LAD_MODE_IPVLAN_L2, 0, 0}, 8, &seed);
	compared_append(base, (struct compared_series){"r1", "", LAD_MODE_OVERLAY, 0, 0}, 8, &seed);
	compared_append(fresh, (struct compared_series){"r2", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	compared_append(fresh, (struct compared_series){"r2", "", LAD_MODE_MACVLAN, 80000, 0.004}, 8, &seed);
	compared_append(fresh, (struct compared_series){"r2", "", LAD_MODE_IPVLAN_L2, 0, 0}, 8, &seed);
	compared_append(fresh, (struct compared_series){"r2", "", LAD_MODE_OVERLAY, 50000, 0.004}, 8, &seed);
	return compared(base, fresh, &compared_usual);
}
