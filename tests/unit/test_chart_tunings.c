/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart_made.h"

#include "chart/factor.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_factors_are_read_from_the_tunings_names),
	    cmocka_unit_test(test_sweep_text_never_overlaps_or_leaves_the_page),
	    cmocka_unit_test(test_sweep_has_the_set_values_on_a_logarithmic_axis_and_the_base_among_them),
	    cmocka_unit_test(test_a_kind_that_does_not_fit_says_what_it_would_need),
	    cmocka_unit_test(test_heatmap_cells_are_gains_over_the_default),
	};
	return cmocka_run_group_tests_name("chart tunings", tests, NULL, NULL);
}
