/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_CHART_MADE_H
#define TESTS_UNIT_CHART_MADE_H

/* Results made up for the tests of charts, and what must hold of every drawing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chart/ops.h"
#include "netladder/chart.h"
#include "netladder/cleanup.h"

/* Test data: made up, in the shape that a run would write. */
struct made {
	struct lad_table table;
	struct lad_chart_source source;
};

static inline struct lad_row *add_row(struct made *made, int block, enum lad_mode mode, enum lad_workload_kind workload)
{
	struct lad_table *table = &made->table;
	table->rows = reallocarray(table->rows, (size_t)table->row_count + 1, sizeof *table->rows);
	assert_non_null(table->rows);
	struct lad_row *row = &table->rows[table->row_count++];
	lad_row_clear(row);
	strcpy(row->run_id, "test");
	strcpy(row->time, "2026-01-02T03:04:05Z");
	strcpy(row->scenario, "<b>&\"name\"");
	strcpy(row->lab, "native");
	strcpy(row->clock, "wall");
	strcpy(row->kernel, "6.18.44");
	strcpy(row->tuning, "default");
	row->block = block;
	row->trial = table->row_count;
	row->mode = mode;
	row->workload = workload;
	row->flows = 1;
	row->message_bytes = 1;
	row->mtu = 1500;
	return row;
}

/* The figures of a mode: 60, 50, 40, … thousand a second, a little different from block to block. */
static inline void fill(struct lad_row *row)
{
	double value = (60 - 10 * (int)row->mode) * (1 + 0.002 * (row->block % 5));
	row->goodput_bps = value * 1e9;
	row->packets_per_s = row->transactions_per_s = value * 1e3;
	row->latency_p50_us = 1e3 / value;
	row->latency_p99_us = 2e3 / value;
	row->cpu_s_per_gbyte = 10 / value;
}

static inline void finish(struct made *made)
{
	made->source = (struct lad_chart_source){.name = "made", .table = &made->table};
}

/* MODE_COUNT modes (ipvlan-l2 skipped) times the first WORKLOAD_COUNT workloads times 7 blocks. */
static inline struct made make_ladder(int mode_count, int workload_count)
{
	struct made made = {0};
	for (int block = 1; block <= 7; block++)
		for (int w = 0; w < workload_count; w++)
			for (int m = 0; m < mode_count; m++) {
				struct lad_row *row =
				    add_row(&made, block, (enum lad_mode)m, (enum lad_workload_kind)w);
				if (m == LAD_MODE_IPVLAN_L2) {
					row->status = LAD_STATUS_SKIPPED;
					strcpy(row->reason, "not in this kernel");
				} else {
					fill(row);
				}
			}
	finish(&made);
	return made;
}

/* Tunings mtu=… as a sweep calls them, and "default", times two workloads, times 7 blocks. Bigger is faster. */
static inline struct made make_sweep(int mode_count, const int *mtus, int mtu_count, const char *more)
{
	struct made made = {0};
	for (int block = 1; block <= 7; block++)
		for (int t = 0; t <= mtu_count; t++)
			for (int w = 0; w < 2; w++)
				for (int m = 0; m < mode_count; m++) {
					struct lad_row *row =
					    add_row(&made, block, (enum lad_mode)m, (enum lad_workload_kind)w);
					int mtu = t == 0 ? 1500 : mtus[t - 1];
					fill(row);
					row->goodput_bps *= mtu / 1500.0;
					row->mtu = mtu - (m == LAD_MODE_OVERLAY ? 50 : 0);
					if (t > 0)
						snprintf(row->tuning, sizeof row->tuning, "mtu=%d%s", mtu, more);
				}
	finish(&made);
	return made;
}

static inline struct lad_chart_request request_of(struct made *made, enum lad_chart_kind kind)
{
	made->source.table = &made->table;
	return (struct lad_chart_request){.kind = kind, .sources = &made->source, .source_count = 1};
}

static inline struct box text_box(const struct canvas_text *text)
{
	double left = text->anchor == CANVAS_LEFT ? 0 : text->anchor == CANVAS_CENTRE ? text->width / 2 : text->width;
	/* Helvetica: capitals and figures reach 0.72 of the size above the base line, descenders 0.21 below. */
	return (struct box){text->x - left, text->y - 0.21 * text->size, text->width, 0.93 * text->size};
}

static inline int overlap(struct box a, struct box b)
{
	return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static inline int inside(struct box inner, double width, double height)
{
	return inner.x >= 0 && inner.y >= 0 && inner.x + inner.width <= width && inner.y + inner.height <= height;
}

static inline void assert_texts_are_free(const struct canvas *canvas, const char *what)
{
	assert_true(canvas->text_count > 0);
	for (int i = 0; i < canvas->text_count; i++) {
		struct box box = text_box(&canvas->texts[i]);
		if (!inside(box, canvas->width, canvas->height))
			fail_msg("%s: \"%s\" leaves the page of %g x %g: %g, %g, %g wide", what, canvas->texts[i].text,
				 canvas->width, canvas->height, box.x, box.y, box.width);
		for (int j = 0; j < i; j++)
			if (overlap(box, text_box(&canvas->texts[j])))
				fail_msg("%s: \"%s\" and \"%s\" overlap", what, canvas->texts[i].text,
					 canvas->texts[j].text);
	}
}

/* Draws REQUEST in every theme, at the natural width, on a phone and on a wall; with and without heading. */
static inline void assert_draws_well(struct lad_chart_request request, const char *what)
{
	static const double widths[] = {0, 360, 900, 2400};
	for (int i = 0; i < 4 * 2; i++) {
		struct canvas canvas;
		struct lad_error err = {0};
		lad_cleanup_free char *title = NULL, *text = NULL;
		request.width_px = widths[i / 2];
		request.bare = i % 2;
		request.theme = (enum lad_chart_theme)(i % LAD_CHART_THEME_COUNT);
		if (chart_render(&request, CANVAS_SVG, &canvas, &title, &text, &err) < 0)
			fail_msg("%s: %s", what, err.message);
		assert_texts_are_free(&canvas, what);
		assert_true(strlen(text) > 40);
		assert_true(strlen(title) > 5);
		canvas_free(&canvas);
	}
}

static inline int said(const struct canvas *canvas, const char *text)
{
	int times = 0;
	for (int i = 0; i < canvas->text_count; i++)
		times += strcmp(canvas->texts[i].text, text) == 0;
	return times;
}

#endif
