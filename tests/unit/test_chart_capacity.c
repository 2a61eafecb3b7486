/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chart of what pairs carry, and the report's section with it. */
#include "chart_made.h"

#include <stdio.h>

#include "carried.h"
#include "folders.h"
#include "netladder/capacity.h"
#include "netladder/report.h"

static const struct carried_plan six = {.levels = {1, 2, 3, 4, 8, 16},
					.request_bytes = {100, 1000, 10000},
					.write_bytes = {1000, 10000, 100000},
					.spread = 0.02};

static void test_a_capacity_chart_has_a_panel_a_size_and_a_curve_a_mode(void **state)
{
	(void)state;
	struct made made = {0};
	char *text;
	struct lad_error err = {0};
	carried_make(&made.table, &six);
	finish(&made);
	struct lad_chart_request request = request_of(&made, LAD_CHART_CAPACITY);
	assert_draws_well(request, "capacity");
	if (lad_chart_describe(&request, &text, &err) < 0)
		fail_msg("%s", err.message);
	assert_non_null(strstr(text, "tcp_rr, cpus free, 1000 bytes, transactions of all pairs, k/s: host, Amdahl"));
	assert_non_null(
	    strstr(text, "tcp_stream, cpus free, 100000 bytes, goodput of all pairs, Gbit/s: host, Amdahl"));
	assert_non_null(strstr(text, "; bridge, Amdahl"));
	free(text);
	lad_table_free(&made.table);
}

/* 50,000 N / (1 + 0.1 (N - 1)): the curve goes through the law, its band holds it, and its marks are the medians. */
static void test_the_curve_is_the_law_and_its_band_holds_it(void **state)
{
	(void)state;
	struct lad_table table;
	struct lad_row_key key;
	struct lad_capacity_curve curves[LAD_MODE_COUNT];
	struct lad_error err = {0};
	const struct lad_need need = {.per_s = 1, .message_bytes = 1000};
	carried_make(&table, &six);
	assert_int_equal(lad_capacity_curves(&table, &need, &key, curves, &err), 2);
	assert_int_equal(key.workload, LAD_TCP_RR);
	assert_int_equal(curves[1].mode, LAD_MODE_BRIDGE);
	assert_int_equal(curves[0].measured_count, 6);
	assert_int_equal(curves[0].line_sizes, 3);
	assert_true(fabs(lad_line_at(&curves[0].line, 1000) / 12e-6 - 1) < 0.03);
	assert_true(curves[0].points[0].n == 1 && fabs(curves[0].points[LAD_CURVE_POINTS - 1].n - 16) < 1e-9);
	for (int i = 0; i < LAD_CURVE_POINTS; i++) {
		double n = curves[0].points[i].n, truth = 50000 * n / (1 + 0.1 * (n - 1));
		if (fabs(curves[0].points[i].per_s / truth - 1) > 0.03 || curves[0].points[i].interval.low > truth ||
		    curves[0].points[i].interval.high < truth)
			fail_msg("N = %g: %g [%g, %g], not %g", n, curves[0].points[i].per_s,
				 curves[0].points[i].interval.low, curves[0].points[i].interval.high, truth);
	}
	lad_table_free(&table);
}

static void test_few_numbers_of_pairs_are_no_capacity_chart(void **state)
{
	(void)state;
	struct made made = {0};
	struct carried_plan two = six;
	struct lad_error err = {0};
	two.levels[2] = 0;
	carried_make(&made.table, &two);
	finish(&made);
	struct lad_chart_request request = request_of(&made, LAD_CHART_CAPACITY);
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_non_null(strstr(err.message, "needs trials of at least 3 numbers of pairs"));
	lad_table_free(&made.table);
}

static char *report_of(const char *folder)
{
	char *page;
	size_t size;
	struct lad_error err = {0};
	const struct lad_report_request request = {.folders = &folder, .folder_count = 1};
	FILE *out = open_memstream(&page, &size);
	assert_non_null(out);
	if (lad_report_write(&request, out, &err) < 0)
		fail_msg("%s", err.message);
	fclose(out);
	return page;
}

static void test_a_report_of_many_pairs_has_a_section_on_capacity_and_no_other_has(void **state)
{
	(void)state;
	char path[64];
	carried_folder(&six, path);
	lad_cleanup_free char *page = report_of(path);
	assert_non_null(strstr(page, "<section id=\"capacity\""));
	assert_non_null(strstr(page, "Amdahl: contention 10"));
	assert_int_equal(folder_remove(path), 0);
	const struct folder_plan ladder = {.blocks = 6, .modes = 3, .tunings = 1, .workloads = 2, .speed = 1};
	folder_make(&ladder, path);
	lad_cleanup_free char *other = report_of(path);
	assert_null(strstr(other, "<section id=\"capacity\""));
	assert_int_equal(folder_remove(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_capacity_chart_has_a_panel_a_size_and_a_curve_a_mode),
	    cmocka_unit_test(test_the_curve_is_the_law_and_its_band_holds_it),
	    cmocka_unit_test(test_few_numbers_of_pairs_are_no_capacity_chart),
	    cmocka_unit_test(test_a_report_of_many_pairs_has_a_section_on_capacity_and_no_other_has),
	};
	return cmocka_run_group_tests_name("chart capacity", tests, NULL, NULL);
}
