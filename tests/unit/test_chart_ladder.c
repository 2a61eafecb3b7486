/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart_made.h"

#include "chart/ladder.h"
#include "chart/lines.h"

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

static void test_twelve_bars_have_their_place(void **state)
{
	(void)state;
	static struct lad_cell cells[12];
	static struct ladder ladder;
	static struct page page;
	for (int i = 0; i < 12; i++)
		cells[i] = (struct lad_cell){.mode = (enum lad_mode)(i % LAD_MODE_COUNT),
					     .ok = 7,
					     .median = 12345 - 900 * i,
					     .median_ci = {12000 - 900 * i, 12600 - 900 * i},
					     .ratio_to_host = 1 - 0.07 * i};
	struct lad_group group = {
	    .metric = lad_metrics_of(LAD_TCP_RR), .primary = true, .cells = cells, .cell_count = 12};
	struct lad_verdict verdict = {.groups = &group, .group_count = 1};
	struct made made = make_ladder(1, 1);
	static const double widths[] = {0, 360, 1200};
	for (int i = 0; i < 3; i++) {
		struct canvas ruler, canvas;
		struct lad_error err = {0};
		struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
		request.width_px = widths[i];
		assert_int_equal(canvas_open(&ruler, CANVAS_SVG, 100, 100, -1, &err), 0);
		page = (struct page){.request = &request, .theme = theme_of(LAD_CHART_LIGHT), .ruler = &ruler};
		ladder = (struct ladder){.verdicts = &verdict, .verdict_count = 1};
		ladder_place(&ladder, &page);
		assert_int_equal(canvas_open(&canvas, CANVAS_SVG, page.width, page.height, -1, &err), 0);
		page_draw(&page, &canvas);
		chart_ladder.draw(&ladder, &page, &canvas);
		assert_texts_are_free(&canvas, "twelve bars");
		assert_int_equal(said(&canvas, "12345"), 1);
		canvas_free(&canvas);
		canvas_free(&ruler);
	}
	lad_table_free(&made.table);
}

static void test_twelve_lines_that_end_together_have_their_names(void **state)
{
	(void)state;
	static struct line_panel panel;
	static struct page page;
	struct made made = make_ladder(1, 1);
	static const double widths[] = {0, 360, 1200};
	for (int i = 0; i < 3; i++) {
		struct canvas ruler, canvas;
		struct lad_error err = {0};
		struct lad_chart_request request = request_of(&made, LAD_CHART_SWEEP);
		request.width_px = widths[i];
		assert_int_equal(canvas_open(&ruler, CANVAS_SVG, 100, 100, -1, &err), 0);
		page = (struct page){.request = &request, .theme = theme_of(LAD_CHART_LIGHT), .ruler = &ruler};
		panel = (struct line_panel){.markers = true, .x_rows = 2};
		strcpy(panel.heading, "a heading that is a good deal longer than the panel beneath it is wide");
		strcpy(panel.x_title, "x");
		for (int l = 0; l < 12; l++) {
			char name[64];
			snprintf(name, sizeof name, "a line with a long name %d", l);
			struct line *line = lines_find(&panel, name, series_style_of(page.theme, l));
			assert_non_null(line);
			for (int p = 1; p <= 4; p++)
				assert_int_equal(line_add(line, line_point_at(p, 100 + l % 3)), 0);
		}
		static const double values[] = {1, 2, 3, 4};
		panel.x = scale_of_values(values, 4);
		lines_scale_y(&panel);
		page_grid(&page, 1, lines_size(&page, &panel, 1));
		lines_place(&page, &panel, 1);
		assert_int_equal(canvas_open(&canvas, CANVAS_SVG, page.width, page.height, -1, &err), 0);
		lines_draw(&page, &canvas, &panel);
		assert_texts_are_free(&canvas, "twelve lines");
		canvas_free(&canvas);
		canvas_free(&ruler);
		lines_free(&panel);
	}
	lad_table_free(&made.table);
}

/* Every text of the rows as long as its column takes. */
static void test_long_names_are_cut_and_never_leave_the_page(void **state)
{
	(void)state;
	static const int mtus[] = {576, 9000};
	struct made made = make_sweep(LAD_MODE_COUNT, mtus, 2, ",a.very.long.sysctl.name=4096/87380/16777216/99999");
	for (int i = 0; i < made.table.row_count; i++) {
		struct lad_row *row = &made.table.rows[i];
		memset(row->scenario, 'W', sizeof row->scenario - 1);
		memset(row->kernel, 'W', sizeof row->kernel - 1);
		memset(row->lab, 'W', sizeof row->lab - 1);
		row->message_bytes = 1048576;
		row->flows = 1024;
		row->transactions_per_s *= 1e4;
	}
	assert_draws_well(request_of(&made, LAD_CHART_LADDER), "long names, ladder");
	assert_draws_well(request_of(&made, LAD_CHART_SWEEP), "long names, sweep");
	assert_draws_well(request_of(&made, LAD_CHART_HEATMAP), "long names, heatmap");
	assert_draws_well(request_of(&made, LAD_CHART_COST), "long names, cost");
	lad_table_free(&made.table);
}

static void test_the_footer_says_what_the_instruction_clock_counts(void **state)
{
	(void)state;
	struct canvas canvas;
	struct lad_error err = {0};
	struct made made = make_ladder(2, 1);
	int found = 0;
	for (int i = 0; i < made.table.row_count; i++)
		strcpy(made.table.rows[i].clock, "instructions");
	struct lad_chart_request request = request_of(&made, LAD_CHART_LADDER);
	request.width_px = 1200;
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, NULL, &err), 0);
	for (int i = 0; i < canvas.text_count; i++)
		found += strstr(canvas.texts[i].text, "instruction clock: path length, not wall time") != NULL;
	assert_int_equal(found, 1);
	canvas_free(&canvas);
	lad_table_free(&made.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ladder_bars_are_as_high_as_their_values),
	    cmocka_unit_test(test_ladder_text_never_overlaps_or_leaves_the_page),
	    cmocka_unit_test(test_ladder_shows_a_skipped_mode_and_the_verdict),
	    cmocka_unit_test(test_twelve_bars_have_their_place),
	    cmocka_unit_test(test_twelve_lines_that_end_together_have_their_names),
	    cmocka_unit_test(test_long_names_are_cut_and_never_leave_the_page),
	    cmocka_unit_test(test_the_footer_says_what_the_instruction_clock_counts),
	};
	return cmocka_run_group_tests_name("chart ladder", tests, NULL, NULL);
}
