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

#include "chart/ladder.h"
#include "chart/ops.h"
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
	} cases[] = {{77.7, 80, 20, 0},	       {316, 400, 100, 0}, {1, 1, 0.5, 1},   {0.23, 0.3, 0.1, 1},
		     {100, 100, 50, 0},	       {9.79, 10, 5, 0},   {17.2, 20, 5, 0}, {1e9, 1e9, 5e8, 0},
		     {0.004, 0.004, 0.001, 3}, {0, 1, 0.5, 1}};
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
		     {30, 2e5, 4, {100, 1000, 1e4, 1e5}}};
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
	    cmocka_unit_test(test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width),
	    cmocka_unit_test(test_an_unknown_ending_and_an_empty_filter_are_refused),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
