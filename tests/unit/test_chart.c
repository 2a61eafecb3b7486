/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart_made.h"

#include "chart/factor.h"
#include "chart/percentiles.h"
#include "chart/place.h"
#include "chart/scale.h"
#include "chart/svg.h"
#include <cairo.h>

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
	request.factor = "nonsense"; /* a factor is for a sweep, which says what it could be */
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_SWEEP);
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
	int left, low, right, top; /* on A4, in points */
	while (fgets(text, sizeof text, file) && strncmp(text, "%%BoundingBox:", 14) != 0)
		;
	assert_int_equal(sscanf(text, "%%%%BoundingBox: %d %d %d %d", &left, &low, &right, &top), 4);
	assert_true(left >= 0 && low >= 0 && right <= 595 && top <= 792 && right - left > 400);
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
	    cmocka_unit_test(test_labels_keep_their_order_and_distance_and_move_little),
	    cmocka_unit_test(test_the_kind_is_chosen_by_what_the_results_are),
	    cmocka_unit_test(test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width),
	    cmocka_unit_test(test_an_unknown_ending_and_an_empty_filter_are_refused),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
