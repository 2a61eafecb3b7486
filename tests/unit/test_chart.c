/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chart/factor.h"
#include "chart/ladder.h"
#include "chart/ops.h"
#include "chart/percentiles.h"
#include "chart/place.h"
#include "chart/svg.h"
#include "netladder/chart.h"
#include "netladder/cleanup.h"

/* Test data: made up, in the shape that a run would write. */
struct made {
	struct lad_table table;
	struct lad_chart_source source;
};

static struct lad_row *add_row(struct made *made, int block, enum lad_mode mode, enum lad_workload_kind workload)
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
static void fill(struct lad_row *row)
{
	double value = (60 - 10 * (int)row->mode) * (1 + 0.002 * (row->block % 5));
	row->goodput_bps = value * 1e9;
	row->packets_per_s = row->transactions_per_s = value * 1e3;
	row->latency_p50_us = 1e3 / value;
	row->latency_p99_us = 2e3 / value;
	row->cpu_s_per_gbyte = 10 / value;
}

static void finish(struct made *made)
{
	made->source = (struct lad_chart_source){.name = "made", .table = &made->table};
}

/* MODE_COUNT modes (ipvlan-l2 skipped) times the first WORKLOAD_COUNT workloads times 7 blocks. */
static struct made make_ladder(int mode_count, int workload_count)
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
static struct made make_sweep(int mode_count, const int *mtus, int mtu_count, const char *more)
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

static struct lad_chart_request request_of(struct made *made, enum lad_chart_kind kind)
{
	made->source.table = &made->table;
	return (struct lad_chart_request){.kind = kind, .sources = &made->source, .source_count = 1};
}

/* ---- what must hold of every drawing ---- */

static struct box text_box(const struct canvas_text *text)
{
	double left = text->anchor == CANVAS_LEFT ? 0 : text->anchor == CANVAS_CENTRE ? text->width / 2 : text->width;
	/* Helvetica: capitals and figures reach 0.72 of the size above the base line, descenders 0.21 below. */
	return (struct box){text->x - left, text->y - 0.21 * text->size, text->width, 0.93 * text->size};
}

static int overlap(struct box a, struct box b)
{
	return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static int inside(struct box inner, double width, double height)
{
	return inner.x >= 0 && inner.y >= 0 && inner.x + inner.width <= width && inner.y + inner.height <= height;
}

static void assert_texts_are_free(const struct canvas *canvas, const char *what)
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
static void assert_draws_well(struct lad_chart_request request, const char *what)
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

static int said(const struct canvas *canvas, const char *text)
{
	int times = 0;
	for (int i = 0; i < canvas->text_count; i++)
		times += strcmp(canvas->texts[i].text, text) == 0;
	return times;
}

/* ---- the parts ---- */

static void test_axes_start_at_zero_and_step_in_nice_numbers(void **state)
{
	(void)state;
	static const struct {
		double maximum, top, step;
		int decimals;
	} cases[] = {{77.7, 80, 20, 0},	       {316, 400, 100, 0}, {1, 1, 0.2, 1},    {0.23, 0.25, 0.05, 2},
		     {100, 100, 20, 0},	       {9.79, 10, 2, 0},   {17.2, 20, 5, 0},  {1e9, 1e9, 2e8, 0},
		     {0.004, 0.004, 0.001, 3}, {0, 1, 0.2, 1},	   {103, 120, 20, 0}, {250, 250, 50, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scale scale = scale_from_zero(cases[i].maximum, 4);
		double step = scale.ticks[1] - scale.ticks[0];
		if (fabs(scale.high - cases[i].top) > 1e-9 * cases[i].top || fabs(scale.low) > 0 ||
		    fabs(step - cases[i].step) > 1e-9 * cases[i].step || scale.decimals != cases[i].decimals)
			fail_msg("%g: top %g step %g decimals %d", cases[i].maximum, scale.high, step, scale.decimals);
	}
}

static void test_logarithmic_ticks_are_1_2_5_and_on_long_axes_powers_of_ten(void **state)
{
	(void)state;
	static const struct {
		double low, high;
		int count;
		double ticks[8];
	} cases[] = {{3, 90, 6, {2, 5, 10, 20, 50, 100}},
		     {1, 10, 4, {1, 2, 5, 10}},
		     {0.02, 0.05, 2, {0.02, 0.05}},
		     {30, 2e5, 6, {20, 100, 1000, 1e4, 1e5, 2e5}}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scale scale = scale_log(cases[i].low, cases[i].high);
		assert_int_equal(scale.tick_count, cases[i].count);
		for (int t = 0; t < scale.tick_count; t++)
			assert_true(fabs(scale.ticks[t] / cases[i].ticks[t] - 1) < 1e-9);
		assert_true(scale.low <= cases[i].low * (1 + 1e-9) && scale.high >= cases[i].high * (1 - 1e-9));
	}
	struct scale scale = scale_log(1, 100);
	assert_true(fabs(scale_position(&scale, 10) - 0.5) < 1e-9);
}

static void test_an_axis_of_set_values_has_its_ticks_at_them(void **state)
{
	(void)state;
	static const double mtu[] = {576, 1500, 4000, 9000}, flows[] = {1, 2, 4}, one[] = {1500};
	struct scale scale = scale_of_values(mtu, 4);
	assert_true(scale.logarithmic); /* 9000 / 576 = 15.6 */
	assert_int_equal(scale.tick_count, 4);
	assert_true(fabs(scale_position(&scale, 576)) < 1e-9 && fabs(scale_position(&scale, 9000) - 1) < 1e-9);
	scale = scale_of_values(flows, 3);
	assert_false(scale.logarithmic);
	scale = scale_of_values(one, 1);
	assert_true(fabs(scale_position(&scale, 1500) - 0.5) < 1e-9);
}

static void test_what_is_no_xml_text_is_escaped_or_replaced(void **state)
{
	(void)state;
	static const struct {
		const char *text, *xml;
	} cases[] = {{"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
		     {"\u00b5s \u2248 \U0001f600", "\u00b5s \u2248 \U0001f600"},
		     {"\x01\x1b[0m", "\ufffd\ufffd[0m"},
		     {"\xff\xc0\x80", "\ufffd\ufffd\ufffd"},
		     {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"}, /* a surrogate */
		     {"]]>", "]]&gt;"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lad_cleanup_free char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		svg_escape(cases[i].text, out);
		fclose(out);
		assert_string_equal(text, cases[i].xml);
	}
}

static void test_labels_keep_their_order_and_distance_and_move_little(void **state)
{
	(void)state;
	static const struct {
		int count;
		double in[4], out[4];
	} cases[] = {{2, {10, 50}, {10, 50}},	       /* far enough: they stay */
		     {2, {30, 30}, {25, 35}},	       /* pushed apart evenly */
		     {3, {50, 48, 52}, {50, 40, 60}},  /* order of values, not of the list */
		     {2, {1, 2}, {0, 10}},	       /* the lower border */
		     {3, {99, 99, 20}, {90, 100, 20}}, /* the upper border; the third is far */
		     {4, {10, 12, 14, 80}, {2, 12, 22, 80}}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double y[4];
		memcpy(y, cases[i].in, sizeof y);
		place_labels(y, cases[i].count, 10, 0, 100);
		for (int j = 0; j < cases[i].count; j++)
			if (fabs(y[j] - cases[i].out[j]) > 1e-9)
				fail_msg("case %zu: label %d at %g", i, j, y[j]);
	}
	double crowd[12] = {50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50};
	place_labels(crowd, 12, 10, 0, 55); /* no room for 12 * 10: spread evenly */
	for (int i = 0; i < 12; i++)
		assert_true(fabs(crowd[i] - 5 * i) < 1e-9);
}

/* ---- ladder ---- */

static void test_ladder_bars_are_as_high_as_their_values(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct canvas ruler;
	struct made made = make_ladder(5, 1);
	struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
	static struct ladder ladder;
	static struct page page;
	struct lad_verdict verdict;
	assert_int_equal(canvas_open(&ruler, CANVAS_SVG, 100, 100, -1, &err), 0);
	assert_int_equal(chart_verdict(&request, 0, &verdict, &err), 0);
	page = (struct page){.request = &request, .theme = theme_of(LAD_CHART_LIGHT), .ruler = &ruler};
	ladder = (struct ladder){.verdicts = &verdict, .verdict_count = 1};
	ladder_place(&ladder, &page);
	assert_int_equal(ladder.panel_count, 1);
	const struct ladder_bar *bars = ladder.panels[0].bars;
	assert_true(fabs(bars[1].bar.height / bars[0].bar.height - 50.0 / 60) < 1e-9);
	assert_true(fabs(bars[4].bar.height / bars[0].bar.height - 20.0 / 60) < 1e-9);
	assert_true(bars[2].bar.height <= 0); /* skipped */
	double unit = bars[0].bar.height / bars[0].cell->median;
	struct lad_interval ci = bars[0].cell->median_ci;
	assert_true(fabs(bars[0].whisker_high - bars[0].whisker_low - (ci.high - ci.low) * unit) < 1e-9);
	for (int i = 0; i < 5; i++) {
		/* A value's label (10 points) stays under the row of signs. */
		assert_true(bars[i].value_y + 10 <= ladder.panels[0].sign_y - 5);
		assert_true(bars[i].bar.width <= bars[i].slot.width);
	}
	lad_verdict_free(&verdict);
	canvas_free(&ruler);
	lad_table_free(&made.table);
}

static void test_ladder_text_never_overlaps_or_leaves_the_page(void **state)
{
	(void)state;
	for (int modes = 1; modes <= LAD_MODE_COUNT; modes++)
		for (int workloads = 1; workloads <= LAD_WORKLOAD_COUNT; workloads += 2) {
			char what[64];
			struct made made = make_ladder(modes, workloads);
			snprintf(what, sizeof what, "ladder of %d modes, %d workloads", modes, workloads);
			assert_draws_well(request_of(&made, LAD_CHART_LADDER), what);
			lad_table_free(&made.table);
		}
}

static void test_ladder_shows_a_skipped_mode_and_the_verdict(void **state)
{
	(void)state;
	struct canvas canvas;
	struct lad_error err = {0};
	struct made made = make_ladder(LAD_MODE_COUNT, 1);
	struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
	lad_cleanup_free char *text = NULL;
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, &text, &err), 0);
	assert_int_equal(said(&canvas, "ipvlan-l2"), 1);
	assert_int_equal(said(&canvas, "skipped"), 1);
	assert_int_equal(said(&canvas, ">"), 3); /* host, macvlan, bridge, overlay: all clear */
	assert_non_null(strstr(text, "ipvlan-l2 skipped"));
	assert_non_null(strstr(text, "macvlan better than bridge: confirmed"));
	canvas_free(&canvas);
	lad_table_free(&made.table);
}

/* ---- sweep ---- */

static void test_factors_are_read_from_the_tunings_names(void **state)
{
	(void)state;
	char text[FACTOR_TEXT];
	assert_true(factor_find("mtu=9000,tso=off", "mtu", text));
	assert_string_equal(text, "9000");
	assert_true(factor_find("mtu=9000,tso=off", "tso", text));
	assert_string_equal(text, "off");
	assert_false(factor_find("mtu=9000,tso=off", "ts", text));
	assert_false(factor_find("default", "default", text));
	factor_remove("mtu=9000,tso=off,rules=10", "tso", text);
	assert_string_equal(text, "mtu=9000,rules=10");
	assert_true(factor_at("mtu=9000,tso=off", 1, text));
	assert_string_equal(text, "tso");
	assert_false(factor_at("mtu=9000,tso=off", 2, text));
	static const struct {
		const char *text;
		double number;
	} numbers[] = {{"9000", 9000}, {"4MiB", 4194304}, {"10Gbit", 1e10},
		       {"5ms", 0.005}, {"1.5%", 0.015},	  {"4096/87380/6291456", 6291456}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_true(fabs(factor_number(numbers[i].text) / numbers[i].number - 1) < 1e-12);
	assert_true(isnan(factor_number("cubic")));
	struct lad_row row;
	double number;
	lad_row_clear(&row);
	strcpy(row.tuning, "default");
	assert_true(factor_value(&row, "mtu", 1500, &number, text)); /* the base has the wire's own */
	assert_true(fabs(number - 1500) < 1e-9);
	assert_true(factor_value(&row, "rules", 1500, &number, text));
	assert_true(fabs(number) < 1e-9);
	assert_false(factor_value(&row, "tcp_rmem", 1500, &number, text));
}

static void test_sweep_text_never_overlaps_or_leaves_the_page(void **state)
{
	(void)state;
	static const int mtus[] = {576, 1280, 1400, 4000, 9000};
	for (int modes = 1; modes <= LAD_MODE_COUNT; modes++) {
		char what[64];
		struct made made = make_sweep(modes, mtus, 5, modes % 2 ? "" : ",tcp_rmem=4096/87380/16777216");
		snprintf(what, sizeof what, "sweep of %d modes", modes);
		assert_draws_well(request_of(&made, LAD_CHART_SWEEP), what);
		snprintf(what, sizeof what, "heatmap of %d modes", modes);
		assert_draws_well(request_of(&made, LAD_CHART_HEATMAP), what);
		lad_table_free(&made.table);
	}
}

static void test_sweep_has_the_set_values_on_a_logarithmic_axis_and_the_base_among_them(void **state)
{
	(void)state;
	static const int mtus[] = {9000, 576};
	struct canvas canvas;
	struct lad_error err = {0};
	struct made made = make_sweep(2, mtus, 2, "");
	struct lad_chart_request request = request_of(&made, LAD_CHART_SWEEP);
	lad_cleanup_free char *text = NULL;
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, &text, &err), 0);
	assert_int_equal(said(&canvas, "576"), 2); /* a panel a workload */
	assert_int_equal(said(&canvas, "1500"), 2);
	assert_int_equal(said(&canvas, "9000"), 2);
	assert_int_equal(said(&canvas, "MTU of the wire, bytes (log)"), 2);
	/* 60 Gbit/s and less than 1 % more at 1500, six times that at 9000. */
	assert_non_null(strstr(text, "host 23.1 at 576, 60.2 at 1500, 361 at 9000"));
	double x[3] = {0};
	for (int i = 0; i < canvas.text_count && x[2] < 1; i++)
		for (int m = 0; m < 3; m++)
			if (strcmp(canvas.texts[i].text, ((const char *[]){"576", "1500", "9000"})[m]) == 0)
				x[m] = canvas.texts[i].x;
	assert_true(fabs((x[1] - x[0]) / (x[2] - x[0]) - log(1500.0 / 576) / log(9000.0 / 576)) < 1e-3);
	canvas_free(&canvas);
	lad_table_free(&made.table);
}

static void test_a_kind_that_does_not_fit_says_what_it_would_need(void **state)
{
	(void)state;
	static const struct {
		enum lad_chart_kind kind;
		const char *needs;
	} cases[] = {{LAD_CHART_SWEEP, "several tunings called FACTOR=VALUE"},
		     {LAD_CHART_HEATMAP, "one tuning only"},
		     {LAD_CHART_LATENCY, "needs histograms.csv"},
		     {LAD_CHART_COMPARE, "needs two RESULTS.csv"},
		     {LAD_CHART_TIMELINE, "needs samples.csv"},
		     {LAD_CHART_HISTORY, "needs 2 to 256 RESULTS.csv; there is one"}};
	struct made made = make_ladder(3, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_error err = {0};
		struct lad_chart_request request = request_of(&made, cases[i].kind);
		assert_int_equal(lad_chart_fits(&request, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		if (!strstr(err.message, cases[i].needs))
			fail_msg("%s", err.message);
	}
	lad_table_free(&made.table);
}

/* ---- heatmap ---- */

static void test_heatmap_cells_are_gains_over_the_default(void **state)
{
	(void)state;
	static const int mtus[] = {3000, 750};
	struct canvas canvas;
	struct lad_error err = {0};
	struct made made = make_sweep(2, mtus, 2, "");
	struct lad_chart_request request = request_of(&made, LAD_CHART_HEATMAP);
	request.workload = "tcp_stream";
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, NULL, &err), 0);
	assert_int_equal(said(&canvas, "+100 %"), 2);
	assert_int_equal(said(&canvas, "-50 %"), 2);
	assert_int_equal(said(&canvas, "60.2"), 1); /* the default's own figure */
	canvas_free(&canvas);
	lad_table_free(&made.table);
}

/* ---- latency ---- */

static void test_percentile_points_are_where_they_were_worked_out(void **state)
{
	(void)state;
	static struct lad_histogram histogram;
	struct line curve = {0}, cdf = {0};
	/* 90 times 0.2 us, 9 times 0.25 us (both exact), once 100 us. */
	for (int i = 0; i < 90; i++)
		lad_histogram_record(&histogram, 200);
	for (int i = 0; i < 9; i++)
		lad_histogram_record(&histogram, 250);
	lad_histogram_record(&histogram, 100000);
	assert_int_equal(percentile_curve(&histogram, &curve), 0);
	/* 0 %: 0.2 us; from 90 % (one nine): 0.25 us; from 99 % (two nines): 100 us; its end at 1 - 1/100. */
	static const double x[] = {0, 1, 2, 2}, y[] = {0.2, 0.25, 100, 100};
	assert_int_equal(curve.count, 4);
	for (int i = 0; i < 4; i++)
		assert_true(fabs(curve.points[i].x - x[i]) < 1e-9 && fabs(curve.points[i].y - y[i]) < 1e-9);
	assert_int_equal(percentile_cdf(&histogram, &cdf), 0);
	assert_int_equal(cdf.count, 4);
	static const double share[] = {0, 90, 99, 100};
	for (int i = 0; i < 4; i++)
		assert_true(fabs(cdf.points[i].y - share[i]) < 1e-9);
	assert_true(fabs(percentile_nines(0.999) - 3) < 1e-9);
	free(curve.points);
	free(cdf.points);
}

static void test_latency_curves_come_from_histograms_csv(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-histograms-XXXXXX";
	struct made made = make_ladder(2, 3); /* tcp_rr is the third */
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,low_ns,high_ns,count\n", file);
	for (int i = 0; i < made.table.row_count; i++) {
		const struct lad_row *row = &made.table.rows[i];
		for (int b = 0; row->workload == LAD_TCP_RR && b < 40; b++) {
			int bucket = lad_histogram_bucket(20000 + 5000 * (int)row->mode + b * b * 400);
			fprintf(file, "test,%d,%d,%lld,%lld,%d\n", row->block, row->trial,
				(long long)lad_histogram_low(bucket), (long long)lad_histogram_high(bucket),
				1 + 100000 / (1 + b * b));
		}
	}
	fclose(file);
	made.source.histograms_path = path;
	struct lad_chart_request request = request_of(&made, LAD_CHART_LATENCY);
	assert_draws_well(request, "latency");
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	/* Half of the 207 000 are not yet in 20.0 us; the next bucket, 16384 + 31 * 128 to 127 more, holds 20.4 us. */
	assert_non_null(strstr(text, "tcp_rr, one shared core, in microseconds: host 50 % 20.5"));
	request.workload = "tcp_stream";
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "needs a tcp_rr, tcp_crr or udp_rr workload"));
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("test,1,1,5,x,1\n", file);
	fclose(file);
	request.workload = NULL;
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, ":562: high_ns: \"x\" is no whole number"));
	unlink(path);
	lad_table_free(&made.table);
}

/* ---- compare ---- */

static void test_compare_draws_the_change_and_its_verdict(void **state)
{
	(void)state;
	struct canvas canvas;
	struct lad_error err = {0};
	struct made base = make_ladder(6, 3), fresh = make_ladder(6, 3);
	for (int i = 0; i < fresh.table.row_count; i++) {
		struct lad_row *row = &fresh.table.rows[i];
		strcpy(row->run_id, "new");
		if (row->mode == LAD_MODE_BRIDGE)
			row->transactions_per_s *= 0.9;
	}
	struct lad_chart_source sources[] = {base.source, fresh.source};
	sources[0].table = &base.table;
	sources[1].table = &fresh.table;
	struct lad_chart_request request = {.kind = LAD_CHART_COMPARE, .sources = sources, .source_count = 2};
	assert_draws_well(request, "compare");
	lad_cleanup_free char *text = NULL;
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, &text, &err), 0);
	assert_int_equal(said(&canvas, "-10.0 % worse"), 1);
	assert_int_equal(said(&canvas, "+0.0 % same"), 14);
	assert_non_null(strstr(text, "bridge: 20.1 to 18.1, -10.0 % worse"));
	canvas_free(&canvas);
	lad_table_free(&base.table);
	lad_table_free(&fresh.table);
}

/* ---- timeline ---- */

static void test_timeline_draws_what_a_counter_gained_in_each_interval(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-samples-XXXXXX";
	struct made made = make_ladder(2, 1); /* tcp_stream */
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	fputs("run_id,block,trial,side,time_s,bytes,messages,transactions,retransmits,rtt_us,cwnd_segments,"
	      "pacing_rate_bps\n",
	      file);
	for (int i = 0; i < made.table.row_count; i++) {
		const struct lad_row *row = &made.table.rows[i];
		/* 1 Gbit/s in the first tenth, 3 in the second, twice that in the other mode. The generator's differ.
		 */
		for (int s = 1; s <= 2; s++) {
			long long bytes = (s == 1 ? 12500000 : 50000000) * (1LL + (int)row->mode);
			fprintf(file, "test,%d,%d,generator,%.1f,%lld,0,0,%d,%d,10,\n", row->block, row->trial,
				s / 10.0, bytes * 7, 0, 50 * s);
			fprintf(file, "test,%d,%d,sink,%.1f,%lld,0,0,,,,\n", row->block, row->trial, s / 10.0, bytes);
		}
	}
	fclose(file);
	made.source.samples_path = path;
	struct lad_chart_request request = request_of(&made, LAD_CHART_TIMELINE);
	assert_draws_well(request, "timeline");
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL, *rtt = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	assert_non_null(strstr(text, "goodput, Gbit/s: host 1.00 to 3.00, macvlan 2.00 to 6.00."));
	request.metric = "rtt_us";
	assert_int_equal(lad_chart_describe(&request, &rtt, &err), 0);
	assert_non_null(strstr(rtt, "host 50.0 to 100, macvlan 50.0 to 100."));
	request.metric = "goodput_bps";
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "valid: bytes, messages, transactions, retransmits, rtt_us"));
	unlink(path);
	lad_table_free(&made.table);
}

/* ---- cost ---- */

static void test_cost_stands_at_the_medians_of_both_figures(void **state)
{
	(void)state;
	static const int mtus[] = {4000, 9000};
	for (int modes = 1; modes <= LAD_MODE_COUNT; modes++) {
		struct made made = make_sweep(modes, mtus, 2, "");
		assert_draws_well(request_of(&made, LAD_CHART_COST), "cost");
		lad_table_free(&made.table);
	}
	struct lad_error err = {0};
	struct made made = make_ladder(2, 1);
	struct lad_chart_request request = request_of(&made, LAD_CHART_COST);
	lad_cleanup_free char *text = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	/* The values of the 7 blocks are 1.002, 1.004, 1.006, 1.008, 1, 1.002, 1.004 times 60: their median is 60.24.
	 */
	assert_non_null(strstr(text, "goodput, Gbit/s: host 0.166 at 60.2, macvlan 0.199 at 50.2."));
	lad_table_free(&made.table);
}

static void test_names_stand_beside_their_points_and_not_on_each_other(void **state)
{
	(void)state;
	/* Twelve points in a heap: each name finds a place of its own. */
	struct place_label labels[12] = {0};
	double points[12][2];
	static const double bounds[] = {0, 0, 400, 200};
	for (int i = 0; i < 12; i++) {
		points[i][0] = labels[i].x = 190 + 5 * (i % 4);
		points[i][1] = labels[i].y = 95 + 5 * (i / 4.0);
		labels[i].width = 45;
		labels[i].height = 9;
	}
	place_beside(labels, 12, (const double(*)[2])points, 12, 8, bounds);
	for (int i = 0; i < 12; i++) {
		struct box box = {labels[i].left, labels[i].bottom, labels[i].width, labels[i].height};
		assert_true(inside(box, 400, 200));
		for (int j = 0; j < i; j++)
			assert_false(overlap(box, (struct box){labels[j].left, labels[j].bottom, 45, 9}));
	}
	/* A single one stands right of its point, at its height. */
	struct place_label one = {.x = 50, .y = 50, .width = 40, .height = 9};
	place_beside(&one, 1, (const double[1][2]){{50, 50}}, 1, 8, bounds);
	assert_true(fabs(one.left - 57) < 1e-9 && fabs(one.bottom - 45.5) < 1e-9 && !one.led);
}

/* ---- history ---- */

static void test_history_marks_the_run_where_the_level_changed(void **state)
{
	(void)state;
	static struct made made[14];
	struct lad_chart_source sources[14];
	for (int run = 0; run < 14; run++) {
		made[run] = make_ladder(5, 1);
		for (int i = 0; i < made[run].table.row_count; i++) {
			struct lad_row *row = &made[run].table.rows[i];
			/* The files come in no order; the days are theirs. Bridge loses a tenth on the 9th. */
			int day = 1 + (5 * run) % 14;
			snprintf(row->time, sizeof row->time, "2026-11-%02dT03:00:00Z", day);
			row->goodput_bps *= 1 + 0.004 * ((day * 7) % 5);
			if (row->mode == LAD_MODE_BRIDGE && day >= 9)
				row->goodput_bps *= 0.9;
		}
		sources[run] = made[run].source;
		sources[run].table = &made[run].table;
	}
	struct lad_chart_request request = {.kind = LAD_CHART_HISTORY, .sources = sources, .source_count = 14};
	assert_draws_well(request, "history");
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	const char *change = strstr(text, "Level change: worse, bridge: -");
	assert_non_null(change);
	assert_non_null(strstr(change, "% since 11-09."));
	assert_null(strstr(change + 1, "Level change"));
	for (int run = 0; run < 14; run++)
		lad_table_free(&made[run].table);
}

/* ---- which kind ---- */

static void test_the_kind_is_chosen_by_what_the_results_are(void **state)
{
	(void)state;
	static const int mtus[] = {9000};
	struct made ladder = make_ladder(3, 1), sweep = make_sweep(3, mtus, 1, ""), words = make_sweep(3, mtus, 1, "");
	for (int i = 0; i < words.table.row_count; i++)
		if (strcmp(words.table.rows[i].tuning, "default") != 0)
			strcpy(words.table.rows[i].tuning, "jumbo");
	struct lad_chart_source three[] = {ladder.source, ladder.source, ladder.source};
	for (int i = 0; i < 3; i++)
		three[i].table = &ladder.table;
	struct lad_chart_request request = {.sources = three, .source_count = 1};
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_LADDER);
	request.source_count = 2;
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_COMPARE);
	request.source_count = 3;
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_HISTORY);
	request = request_of(&sweep, LAD_CHART_AUTO);
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_SWEEP);
	request = request_of(&words, LAD_CHART_AUTO);
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_HEATMAP);
	strcpy(ladder.table.rows[0].variant, "b");
	request = request_of(&ladder, LAD_CHART_AUTO);
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_COMPARE);
	lad_table_free(&ladder.table);
	lad_table_free(&sweep.table);
	lad_table_free(&words.table);
}

/* ---- files ---- */

static void test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width(void **state)
{
	(void)state;
	static char text[1 << 20];
	char folder[] = "/tmp/netladder-chart-XXXXXX", svg[64], png[64], ps[64];
	struct lad_error err = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(svg, sizeof svg, "%s/a.svg", folder);
	snprintf(png, sizeof png, "%s/a.png", folder);
	snprintf(ps, sizeof ps, "%s/a.ps", folder);
	struct made made = make_ladder(LAD_MODE_COUNT, LAD_WORKLOAD_COUNT);
	struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
	request.title = "\u2248 <script>alert(1)</script> \\backslash";
	request.width_px = 800;
	assert_int_equal(lad_chart_write(&request, svg, &err), 0);
	FILE *file = fopen(svg, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 1000);
	fclose(file);
	assert_non_null(strstr(text, ">ipvlan-l2</text>"));
	assert_non_null(strstr(text, ">skipped</text>"));
	assert_non_null(strstr(text, ">\u2248 &lt;script&gt;alert(1)&lt;/script&gt; \\backslash</text>"));
	assert_non_null(strstr(text, "&lt;b&gt;&amp;"));
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, " id="));
	assert_non_null(strstr(text, " width=\"800\" "));
	assert_non_null(strstr(text, "<desc>Bar chart"));
	/* libplot leaves out what is its default: a black line says nothing of its colour. */
	assert_non_null(strstr(text, " stroke=\"black\""));
	if (lad_chart_write(&request, png, &err) < 0 || lad_chart_write(&request, ps, &err) < 0)
		fail_msg("%s", err.message);
	cairo_surface_t *image = cairo_image_surface_create_from_png(png);
	assert_int_equal(cairo_surface_status(image), CAIRO_STATUS_SUCCESS);
	assert_int_equal(cairo_image_surface_get_width(image), 1600);
	cairo_surface_destroy(image);
	file = fopen(ps, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	assert_memory_equal(text, "%!PS-Adobe", 10);
	fclose(file);
	unlink(svg);
	unlink(png);
	unlink(ps);
	rmdir(folder);
	lad_table_free(&made.table);
}

static void test_an_unknown_ending_and_an_empty_filter_are_refused(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct made made = make_ladder(2, 1);
	struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
	assert_int_equal(lad_chart_write(&request, "/tmp/a.gif", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, ".svg, .png, .ps"));
	request.workload = "udp_rr";
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "no row is left"));
	lad_table_free(&made.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_axes_start_at_zero_and_step_in_nice_numbers),
	    cmocka_unit_test(test_logarithmic_ticks_are_1_2_5_and_on_long_axes_powers_of_ten),
	    cmocka_unit_test(test_an_axis_of_set_values_has_its_ticks_at_them),
	    cmocka_unit_test(test_what_is_no_xml_text_is_escaped_or_replaced),
	    cmocka_unit_test(test_ladder_bars_are_as_high_as_their_values),
	    cmocka_unit_test(test_ladder_text_never_overlaps_or_leaves_the_page),
	    cmocka_unit_test(test_ladder_shows_a_skipped_mode_and_the_verdict),
	    cmocka_unit_test(test_labels_keep_their_order_and_distance_and_move_little),
	    cmocka_unit_test(test_factors_are_read_from_the_tunings_names),
	    cmocka_unit_test(test_sweep_text_never_overlaps_or_leaves_the_page),
	    cmocka_unit_test(test_sweep_has_the_set_values_on_a_logarithmic_axis_and_the_base_among_them),
	    cmocka_unit_test(test_a_kind_that_does_not_fit_says_what_it_would_need),
	    cmocka_unit_test(test_heatmap_cells_are_gains_over_the_default),
	    cmocka_unit_test(test_percentile_points_are_where_they_were_worked_out),
	    cmocka_unit_test(test_latency_curves_come_from_histograms_csv),
	    cmocka_unit_test(test_compare_draws_the_change_and_its_verdict),
	    cmocka_unit_test(test_timeline_draws_what_a_counter_gained_in_each_interval),
	    cmocka_unit_test(test_cost_stands_at_the_medians_of_both_figures),
	    cmocka_unit_test(test_names_stand_beside_their_points_and_not_on_each_other),
	    cmocka_unit_test(test_history_marks_the_run_where_the_level_changed),
	    cmocka_unit_test(test_the_kind_is_chosen_by_what_the_results_are),
	    cmocka_unit_test(test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width),
	    cmocka_unit_test(test_an_unknown_ending_and_an_empty_filter_are_refused),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
