/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latency under load: paired ratios from rows that were made up with a known rise, their table and their chart. */
#include "chart_made.h"

#include "netladder/under_load.h"
#include "netladder/verdict.h"

#define BLOCKS 7

/* A trial of udp_rr in BLOCK: its p50 and p99, alone or beside "bulk". */
static struct lad_row *add_trial(struct made *made, int block, enum lad_mode mode, const char *options, double p50_us,
				 double p99_us)
{
	struct lad_row *row = add_row(made, block, mode, LAD_UDP_RR);
	snprintf(row->options, sizeof row->options, "%s", options);
	row->transactions_per_s = 100;
	row->latency_p50_us = p50_us;
	row->latency_p99_us = p99_us;
	row->duration_s = 1;
	row->cpu_sender_s = row->cpu_receiver_s = 0.1;
	row->cpu_system_s = strstr(options, "background=bulk") ? 1.9 : 0.2;
	if (strstr(options, "background=bulk")) {
		strcpy(row->background, "bulk");
		row->background_goodput_bps = 9.5e6;
	}
	return row;
}

/*
 * Idle p99 of 100 us in host mode and 200 us in bridge mode, 80 ms more beside the background. The machine is up to
 * three times slower from block to block, which hits both halves of a pair: their ratio stays.
 */
static struct made make_load(const char *more)
{
	static const double idle_us[] = {[LAD_MODE_HOST] = 100, [LAD_MODE_BRIDGE] = 200};
	struct made made = {0};
	char alone[64], loaded[64];
	snprintf(alone, sizeof alone, "rate=100/s%s", more);
	snprintf(loaded, sizeof loaded, "rate=100/s background=bulk%s", more);
	for (int block = 1; block <= BLOCKS; block++)
		for (int mode = LAD_MODE_HOST; mode <= LAD_MODE_BRIDGE; mode += LAD_MODE_BRIDGE) {
			double speed = 1 + 2. * (block % 3) / 3, idle = idle_us[mode] * speed;
			add_trial(&made, block, (enum lad_mode)mode, loaded, 40000 * speed, idle + 80000 * speed);
			add_trial(&made, block, (enum lad_mode)mode, alone, idle / 2, idle);
		}
	finish(&made);
	return made;
}

static struct lad_verdict judge(const struct made *made)
{
	static const struct lad_verdict_options options = {.margin = 0.03, .alpha = 0.05};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	if (lad_verdict_make(&made->table, &options, &verdict, &err) < 0)
		fail_msg("%s", err.message);
	return verdict;
}

static void test_the_rise_is_a_ratio_of_pairs_within_the_blocks(void **state)
{
	(void)state;
	struct made made = make_load("");
	struct lad_verdict verdict = judge(&made);
	assert_non_null(verdict.under_load);
	assert_int_equal(verdict.under_load->group_count, 1);
	const struct lad_rise_group *group = &verdict.under_load->groups[0];
	assert_true(verdict.quality.other_cpus < 0.01); /* the background's agents are no other load */
	assert_string_equal(group->background, "bulk");
	assert_string_equal(group->options, "rate=100/s");
	assert_int_equal(group->mode_count, 2);
	static const double ratios[] = {801, 401};
	for (int i = 0; i < 2; i++) {
		const struct lad_rise *rise = &group->modes[i];
		assert_int_equal(rise->pairs, BLOCKS);
		/* However the machine's speed changed from block to block. */
		assert_true(fabs(rise->ratio / ratios[i] - 1) < 1e-9);
		assert_true(fabs(rise->ratio_ci.low / ratios[i] - 1) < 1e-9);
		assert_true(fabs(rise->ratio_ci.high / ratios[i] - 1) < 1e-9);
		assert_true(rise->rise_p99_us >= 80000 && rise->rise_p99_us <= 3 * 80000);
		assert_true(fabs(rise->background_bps / 9.5e6 - 1) < 1e-12);
		assert_true(isnan(rise->background_tps));
	}
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
}

static void test_a_block_without_its_other_half_is_no_pair(void **state)
{
	(void)state;
	struct made made = make_load("");
	/* Host idle in block 1, and all idle rows of bridge, did not work out. */
	for (int i = 0; i < made.table.row_count; i++) {
		struct lad_row *row = &made.table.rows[i];
		if (!row->background[0] && (row->block == 1 || row->mode == LAD_MODE_BRIDGE)) {
			row->status = LAD_STATUS_FAILED;
			strcpy(row->reason, "made up");
		}
	}
	struct lad_verdict verdict = judge(&made);
	const struct lad_rise_group *group = &verdict.under_load->groups[0];
	assert_int_equal(group->modes[0].pairs, BLOCKS - 1);
	assert_int_equal(group->modes[1].pairs, 0);
	assert_true(isnan(group->modes[1].ratio) && isnan(group->modes[1].idle_p99_us));
	assert_true(isfinite(group->modes[1].loaded_p99_us));
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
}

static void test_rows_of_another_topology_are_no_pair_and_without_a_background_there_is_no_table(void **state)
{
	(void)state;
	struct made made = make_load(" topology=pairs=4");
	struct lad_verdict verdict = judge(&made);
	assert_string_equal(verdict.under_load->groups[0].options, "rate=100/s topology=pairs=4");
	assert_int_equal(verdict.under_load->groups[0].modes[0].pairs, BLOCKS);
	lad_verdict_free(&verdict);
	for (int i = 0; i < made.table.row_count; i++)
		if (!made.table.rows[i].background[0])
			strcpy(made.table.rows[i].options, "rate=100/s");
	verdict = judge(&made);
	assert_int_equal(verdict.under_load->groups[0].modes[0].pairs, 0);
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
	made = make_ladder(3, LAD_WORKLOAD_COUNT);
	verdict = judge(&made);
	assert_null(verdict.under_load);
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
}

static void test_other_metrics_leave_the_table_as_it_is(void **state)
{
	(void)state;
	static const struct lad_verdict_options options = {
	    .margin = 0.03, .alpha = 0.05, .metrics = "background_goodput_bps,latency_p50_us"};
	struct made made = make_load("");
	struct lad_verdict verdict;
	struct lad_error err = {0};
	int background = 0;
	assert_int_equal(lad_verdict_make(&made.table, &options, &verdict, &err), 0);
	assert_int_equal(verdict.under_load->groups[0].modes[0].pairs, BLOCKS);
	for (int i = 0; i < verdict.group_count; i++)
		if (strcmp(verdict.groups[i].metric->column, "background_goodput_bps") == 0 &&
		    strstr(verdict.groups[i].key.options, "background=")) {
			assert_string_equal(verdict.groups[i].metric->unit, "Mbit/s");
			background++;
		}
	assert_int_equal(background, 1);
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
}

static void test_the_verdict_prints_idle_loaded_and_ratio_of_each_mode(void **state)
{
	(void)state;
	struct made made = make_load("");
	struct lad_verdict verdict = judge(&made);
	struct lad_print_options options = {.columns = 120};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	lad_verdict_print(&verdict, &options, out);
	fclose(out);
	assert_non_null(strstr(text, "\nLatency under load, udp_rr shared rate=100/s beside bulk; in ms\n"));
	if (!strstr(text,
		    "\nhost            0.083      66.7     0.167       133       133      9.50  801 [801, 801]\n") ||
	    !strstr(text,
		    "\nbridge          0.167      66.7     0.333       134       133      9.50  401 [401, 401]\n"))
		fail_msg("%s", text);
	free(text);
	out = open_memstream(&text, &size);
	lad_verdict_print_json(&verdict, out);
	fclose(out);
	assert_non_null(strstr(text, "\"latency_under_load\":\t[{"));
	free(text);
	lad_verdict_free(&verdict);
	lad_table_free(&made.table);
}

static void test_the_chart_draws_well_and_is_chosen_where_there_is_a_background(void **state)
{
	(void)state;
	struct made made = make_load("");
	struct lad_chart_request request = request_of(&made, LAD_CHART_UNDER_LOAD);
	struct canvas canvas;
	struct lad_error err = {0};
	assert_draws_well(request, "under load");
	assert_int_equal(chart_render(&request, CANVAS_SVG, &canvas, NULL, NULL, &err), 0);
	assert_int_equal(said(&canvas, "\u00d7801 [801, 801]"), 1);
	assert_int_equal(said(&canvas, "\u00d7401 [401, 401]"), 1);
	canvas_free(&canvas);
	request.kind = LAD_CHART_AUTO;
	assert_int_equal(lad_chart_choose(&request), LAD_CHART_UNDER_LOAD);
	lad_table_free(&made.table);
	made = make_ladder(3, 3);
	request = request_of(&made, LAD_CHART_UNDER_LOAD);
	assert_int_equal(lad_chart_fits(&request, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "beside a background"));
	lad_table_free(&made.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_rise_is_a_ratio_of_pairs_within_the_blocks),
	    cmocka_unit_test(test_a_block_without_its_other_half_is_no_pair),
	    cmocka_unit_test(test_rows_of_another_topology_are_no_pair_and_without_a_background_there_is_no_table),
	    cmocka_unit_test(test_other_metrics_leave_the_table_as_it_is),
	    cmocka_unit_test(test_the_verdict_prints_idle_loaded_and_ratio_of_each_mode),
	    cmocka_unit_test(test_the_chart_draws_well_and_is_chosen_where_there_is_a_background),
	};
	return cmocka_run_group_tests_name("under load", tests, NULL, NULL);
}
