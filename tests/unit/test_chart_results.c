/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart_made.h"

#include "chart/place.h"

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
	/* Over a slow wire, where 0.06 would say little. */
	for (int i = 0; i < made.table.row_count; i++)
		made.table.rows[i].goodput_bps /= 1e3;
	lad_cleanup_free char *slow = NULL;
	assert_int_equal(lad_chart_describe(&request, &slow, &err), 0);
	assert_non_null(strstr(slow, "goodput, Mbit/s: host 0.166 at 60.2, macvlan 0.199 at 50.2."));
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

static void test_history_of_exact_figures_marks_every_step(void **state)
{
	(void)state;
	struct made made[3];
	struct lad_chart_source sources[3];
	for (int run = 0; run < 3; run++) {
		made[run] = make_ladder(2, 1);
		for (int i = 0; i < made[run].table.row_count; i++) {
			struct lad_row *row = &made[run].table.rows[i];
			snprintf(row->time, sizeof row->time, "2026-11-0%dT03:00:00Z", run + 1);
			strcpy(row->clock, "instructions");
			row->goodput_bps = row->mode == LAD_MODE_MACVLAN && run == 2 ? 0.999e9 : 1e9;
		}
		sources[run] = made[run].source;
		sources[run].table = &made[run].table;
	}
	struct lad_chart_request request = {.kind = LAD_CHART_HISTORY, .sources = sources, .source_count = 3};
	struct lad_error err = {0};
	lad_cleanup_free char *text = NULL;
	assert_int_equal(lad_chart_describe(&request, &text, &err), 0);
	const char *change = strstr(text, "Level change: worse, macvlan: -0.1 % since 11-03.");
	assert_non_null(change);
	assert_null(strstr(change + 1, "Level change"));
	for (int run = 0; run < 3; run++)
		lad_table_free(&made[run].table);
}

/* Two runs in one picture of one run: it was the first of them, without a word. */
static void test_what_is_of_one_run_takes_one(void **state)
{
	(void)state;
	static const enum lad_chart_kind kinds[] = {LAD_CHART_SCALE,	  LAD_CHART_LATENCY, LAD_CHART_TIMELINE,
						    LAD_CHART_UNDER_LOAD, LAD_CHART_LOAD,    LAD_CHART_MATRIX,
						    LAD_CHART_FAIRNESS};
	struct made made[2] = {make_ladder(2, 1), make_ladder(2, 1)};
	struct lad_chart_source sources[2];
	for (int i = 0; i < 2; i++) {
		sources[i] = made[i].source;
		sources[i].table = &made[i].table;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct lad_chart_request request = {.kind = kinds[i], .sources = sources, .source_count = 2};
		struct lad_error err = {0};
		lad_cleanup_free char *text = NULL;
		assert_int_equal(lad_chart_describe(&request, &text, &err), -1);
		assert_non_null(strstr(err.message, "needs one results folder; these are 2"));
	}
	for (int i = 0; i < 2; i++)
		lad_table_free(&made[i].table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compare_draws_the_change_and_its_verdict),
	    cmocka_unit_test(test_cost_stands_at_the_medians_of_both_figures),
	    cmocka_unit_test(test_names_stand_beside_their_points_and_not_on_each_other),
	    cmocka_unit_test(test_history_marks_the_run_where_the_level_changed),
	    cmocka_unit_test(test_what_is_of_one_run_takes_one),
	    cmocka_unit_test(test_history_of_exact_figures_marks_every_step),
	};
	return cmocka_run_group_tests_name("chart results", tests, NULL, NULL);
}
