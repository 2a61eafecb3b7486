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

#include "chart/layout.h"
#include "netladder/chart.h"

#define MODES 6
#define GROUPS 12

static struct lad_cell cells[GROUPS][MODES];
static struct lad_group groups[GROUPS];
static struct lad_judgement judgements[3];

/* GROUP_COUNT panels of MODE_COUNT bars 60, 50, … with CIs of ±2; ipvlan-l2 is skipped. */
static struct lad_verdict make_verdict(int group_count, int mode_count)
{
	memset(cells, 0, sizeof cells);
	for (int g = 0; g < group_count; g++) {
		for (int m = 0; m < mode_count; m++) {
			struct lad_cell *cell = &cells[g][m];
			cell->mode = (enum lad_mode)m;
			cell->ok = cell->mode == LAD_MODE_IPVLAN_L2 ? 0 : 7;
			cell->skipped = cell->ok ? 0 : 7;
			cell->median = cell->ok ? 60.0 - 10 * m : (double)NAN;
			cell->median_ci = (struct lad_interval){cell->median - 2, cell->median + 2};
			cell->ratio_to_host = cell->median / 60;
		}
		groups[g] = (struct lad_group){.workload = LAD_TCP_RR,
					       .metric = &lad_metrics_of(LAD_TCP_RR)[0],
					       .primary = true,
					       .cells = cells[g],
					       .cell_count = mode_count,
					       .judgements = judgements,
					       .judgement_count = mode_count > 4 ? 1 : 0};
	}
	judgements[0] = (struct lad_judgement){
	    .relation = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_GREATER}, .verdict = LAD_CONFIRMED, .ratio = 1.2};
	struct lad_verdict verdict = {.groups = groups, .group_count = group_count};
	strcpy(verdict.scenario, "<b>&\"name\"");
	strcpy(verdict.kernel, "6.18.44");
	strcpy(verdict.lab, "native");
	strcpy(verdict.clock, "wall");
	return verdict;
}

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
		if (fabs(scale.top - cases[i].top) > 1e-9 * cases[i].top ||
		    fabs(scale.step - cases[i].step) > 1e-9 * cases[i].step || scale.decimals != cases[i].decimals)
			fail_msg("%g: top %g step %g decimals %d", cases[i].maximum, scale.top, scale.step,
				 scale.decimals);
	}
}

static int overlap(struct box a, struct box b)
{
	return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

static int inside(struct box inner, double width, double height)
{
	return inner.x >= 0 && inner.y >= 0 && inner.x + inner.width <= width && inner.y + inner.height <= height;
}

static void test_nothing_overlaps_or_leaves_the_page(void **state)
{
	(void)state;
	static struct layout layout;
	for (int group_count = 1; group_count <= GROUPS; group_count++)
		for (int mode_count = 1; mode_count <= MODES; mode_count++) {
			struct lad_verdict verdict = make_verdict(group_count, mode_count);
			layout_make(&verdict, &layout);
			assert_int_equal(layout.panel_count, group_count);
			for (int i = 0; i < group_count; i++) {
				const struct layout_panel *panel = &layout.panels[i];
				assert_true(inside(panel->panel, layout.width, layout.height));
				for (int j = 0; j < i; j++)
					assert_false(overlap(panel->panel, layout.panels[j].panel));
				for (int b = 0; b < panel->bar_count; b++) {
					/* A value's label (10 points) stays under the row of signs. */
					assert_true(panel->bars[b].value_y + 10 <= panel->sign_y - 5);
					assert_true(panel->bars[b].slot.width >= 50);
				}
			}
		}
}

static void test_bars_are_as_high_as_their_values(void **state)
{
	(void)state;
	static struct layout layout;
	struct lad_verdict verdict = make_verdict(1, 5);
	layout_make(&verdict, &layout);
	const struct layout_bar *bars = layout.panels[0].bars;
	assert_true(fabs(bars[1].bar.height / bars[0].bar.height - 50.0 / 60) < 1e-9);
	assert_true(fabs(bars[4].bar.height / bars[0].bar.height - 20.0 / 60) < 1e-9);
	assert_true(bars[2].bar.height <= 0); /* skipped */
	double unit = bars[0].bar.height / 60;
	assert_true(fabs(bars[0].whisker_high - bars[0].whisker_low - 4 * unit) < 1e-9);
}

static void test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width(void **state)
{
	(void)state;
	static char text[1 << 20];
	char folder[] = "/tmp/netladder-chart-XXXXXX", svg[64], png[64];
	struct lad_error err = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(svg, sizeof svg, "%s/a.svg", folder);
	snprintf(png, sizeof png, "%s/a.png", folder);
	struct lad_verdict verdict = make_verdict(GROUPS, MODES);
	assert_int_equal(lad_chart_ladder_svg(&verdict, svg, &err), 0);
	FILE *file = fopen(svg, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 1000);
	fclose(file);
	assert_non_null(strstr(text, ">ipvlan-l2</text>"));
	assert_non_null(strstr(text, ">skipped</text>"));
	assert_non_null(strstr(text, "&lt;b&gt;&amp;"));
	assert_null(strstr(text, "<b>"));
	if (lad_chart_svg_to_png(svg, png, 800, &err) < 0)
		fail_msg("%s", err.message);
	cairo_surface_t *image = cairo_image_surface_create_from_png(png);
	assert_int_equal(cairo_surface_status(image), CAIRO_STATUS_SUCCESS);
	assert_int_equal(cairo_image_surface_get_width(image), 800);
	cairo_surface_destroy(image);
	unlink(svg);
	unlink(png);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_axes_start_at_zero_and_step_in_nice_numbers),
	    cmocka_unit_test(test_nothing_overlaps_or_leaves_the_page),
	    cmocka_unit_test(test_bars_are_as_high_as_their_values),
	    cmocka_unit_test(test_the_svg_has_text_escapes_it_and_becomes_a_png_of_the_asked_width),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
