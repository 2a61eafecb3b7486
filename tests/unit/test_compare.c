/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare: which rows meet, and what is a regression. */
#include "analysis/compare.h"
#include "compared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One mode, BLOCKS blocks a side, in two runs. */
static enum lad_change change_of(double base_rate, double fresh_rate, double spread, int blocks, unsigned seed)
{
	struct lad_table base = {0}, fresh = {0};
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_BRIDGE, base_rate, spread}, blocks, &seed);
	compared_append(&fresh, (struct compared_series){"r2", "", LAD_MODE_BRIDGE, fresh_rate, spread}, blocks, &seed);
	struct lad_compare made = compared(&base, &fresh, &compared_usual);
	assert_int_equal(made.line_count, 1);
	assert_int_equal(made.lines[0].pairing, LAD_INDEPENDENT);
	enum lad_change change = made.lines[0].change;
	assert_int_equal(lad_compare_exit(&made, false), change == LAD_WORSE ? LAD_EXIT_REFUTED : LAD_EXIT_OK);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
	return change;
}

static void test_only_worse_beyond_the_margin_is_a_regression(void **state)
{
	(void)state;
	assert_int_equal(change_of(100000, 90000, 0.01, 8, 1), LAD_WORSE);
	assert_int_equal(change_of(100000, 111000, 0.01, 8, 2), LAD_BETTER);
	assert_int_equal(change_of(100000, 100000, 0.01, 8, 3), LAD_SAME);
	assert_int_equal(change_of(100000, 98500, 0.003, 8, 4), LAD_SAME); /* slower, surely, by less than 3 % */
	assert_int_equal(change_of(100000, 97000, 0.02, 8, 5), LAD_UNKNOWN);
	assert_int_equal(change_of(100000, 50000, 0.01, 3, 6), LAD_WORSE);   /* 1/20 is just enough for one line */
	assert_int_equal(change_of(100000, 50000, 0.01, 2, 6), LAD_UNKNOWN); /* 1/6 proves nothing */
}

/* The change of latency_p50_us and transactions_per_s when BASE and FRESH are what every block has. */
static void changes_of(double base_figure, double fresh_figure, int blocks, bool paired, enum lad_change changes[2])
{
	struct lad_table base = {0}, fresh = {0};
	unsigned seed = 1;
	const char *run = paired ? "r1" : "r2";
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_BRIDGE, 1, 0.01}, blocks, &seed);
	compared_append(&fresh, (struct compared_series){run, "", LAD_MODE_BRIDGE, 1, 0.01}, blocks, &seed);
	for (int i = 0; i < blocks; i++) {
		base.rows[i].transactions_per_s = base.rows[i].latency_p50_us = base_figure;
		fresh.rows[i].transactions_per_s = fresh.rows[i].latency_p50_us = fresh_figure;
	}
	struct lad_compare_options options = compared_usual;
	options.metrics = "transactions_per_s,latency_p50_us";
	struct lad_compare made = compared(&base, &fresh, &options);
	assert_int_equal(made.line_count, 2);
	for (int i = 0; i < 2; i++)
		changes[i] = made.lines[i].change;
	assert_int_equal(lad_compare_exit(&made, false), fresh_figure != base_figure ? LAD_EXIT_REFUTED : LAD_EXIT_OK);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_total_collapse_is_worse_however_few_the_blocks(void **state)
{
	(void)state;
	for (int blocks = 1; blocks <= 13; blocks += 4)
		for (int paired = 0; paired < 2; paired++) {
			enum lad_change changes[2];
			changes_of(1000, 0, blocks, paired, changes);
			assert_int_equal(changes[0], LAD_WORSE);
			assert_int_equal(changes[1], LAD_BETTER); /* of a cost */
			changes_of(0, 1000, blocks, paired, changes);
			assert_int_equal(changes[0], LAD_BETTER);
			assert_int_equal(changes[1], LAD_WORSE);
		}
}

static void test_nothing_on_both_sides_is_the_same(void **state)
{
	(void)state;
	enum lad_change changes[2];
	changes_of(0, 0, 13, true, changes);
	assert_int_equal(changes[0], LAD_SAME);
	assert_int_equal(changes[1], LAD_SAME);
	changes_of(0, 0, 1, false, changes);
	assert_int_equal(changes[0], LAD_SAME);
}

static void test_collapse_of_most_blocks_is_found_by_the_test(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	unsigned seed = 5;
	char delta[64];
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 1000, 0.01}, 13, &seed);
	compared_append(&fresh, (struct compared_series){"r1", "", LAD_MODE_HOST, 1000, 0.01}, 13, &seed);
	for (int i = 0; i < 12; i++)
		fresh.rows[i].transactions_per_s = 0;
	struct lad_compare made = compared(&base, &fresh, &compared_usual);
	assert_int_equal(made.lines[0].change, LAD_WORSE);
	assert_int_equal(made.lines[0].pairs, 13);
	assert_true(made.lines[0].ratio == 0 && made.lines[0].p_adjusted < 0.01);
	compare_delta(&made.lines[0], delta, sizeof delta);
	assert_string_equal(delta, "-100.00 % [-100.00, -100.00]");
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_no_difference_is_printed_as_minus_zero(void **state)
{
	(void)state;
	char delta[64];
	struct lad_compare_line line = {.ratio = 1 - 1e-6, .ratio_ci = {1 - 1e-5, 1 + 1e-5}};
	compare_delta(&line, delta, sizeof delta);
	assert_string_equal(delta, "+0.00 % [+0.00, +0.00]");
	line.ratio = INFINITY;
	compare_delta(&line, delta, sizeof delta);
	assert_string_equal(delta, "from 0");
}

static void test_less_is_better_for_latency(void **state)
{
	(void)state;
	unsigned seed = 7;
	struct lad_table base = {0}, fresh = {0};
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.005}, 10, &seed);
	compared_append(&fresh, (struct compared_series){"r2", "", LAD_MODE_HOST, 80000, 0.005}, 10, &seed);
	struct lad_compare_options options = compared_usual;
	options.metrics = "latency_p50_us,latency_p99_us,loss_ratio";
	struct lad_compare made = compared(&base, &fresh, &options);
	assert_int_equal(made.line_count, 2); /* tcp_rr has no loss */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(made.lines[i].change, LAD_WORSE);
		assert_true(made.lines[i].ratio > 1.2 && made.lines[i].ratio < 1.3);
		assert_true(made.lines[i].ratio_ci.low < 1.25 && made.lines[i].ratio_ci.high > 1.25);
	}
	lad_compare_free(&made);
	options.metrics = "all";
	made = compared(&base, &fresh, &options);
	assert_int_equal(made.line_count, 3);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_missing_and_new_rows_are_listed_and_only_missing_ones_can_fail(void **state)
{
	(void)state;
	struct lad_table base = {0}, fresh = {0};
	struct lad_compare made = compared_mixed(&base, &fresh);
	char summary[256];
	assert_int_equal(made.line_count, 5);
	assert_int_equal(compared_line(&made, LAD_MODE_HOST)->change, LAD_SAME);
	assert_int_equal(compared_line(&made, LAD_MODE_MACVLAN)->change, LAD_WORSE);
	assert_int_equal(compared_line(&made, LAD_MODE_BRIDGE)->change, LAD_MISSING);
	assert_int_equal(compared_line(&made, LAD_MODE_OVERLAY)->change, LAD_NEW);
	assert_string_equal(compared_line(&made, LAD_MODE_OVERLAY)->why, "not in <this> kernel & \"that\"");
	assert_int_equal(compared_line(&made, LAD_MODE_IPVLAN_L2)->change, LAD_NOT_COMPARED);
	lad_compare_summary(&made, summary, sizeof summary);
	assert_string_equal(summary, "1 of 5 worse by more than 3 %, 0 better, 1 same, 0 unknown, 1 missing, 1 new, "
				     "1 not compared.");
	made.counts[LAD_WORSE] = 0;
	assert_int_equal(lad_compare_exit(&made, false), LAD_EXIT_OK);
	assert_int_equal(lad_compare_exit(&made, true), LAD_EXIT_REFUTED);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_rows_meet_only_when_every_key_column_is_the_same(void **state)
{
	(void)state;
	static const char *const differing[] = {"tuning", "mtu", "flows", "message_bytes", "cpus", "placement", "lab"};
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++) {
		unsigned seed = 9;
		struct lad_table base = {0}, fresh = {0};
		compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
		compared_append(&fresh, (struct compared_series){"r2", "", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
		for (int r = 0; r < fresh.row_count; r++) {
			struct lad_row *row = &fresh.rows[r];
			if (i == 0)
				strcpy(row->tuning, "big");
			row->mtu += i == 1;
			row->flows += i == 2;
			row->message_bytes += i == 3;
			if (i == 4)
				row->cpus = LAD_CPUS_FREE;
			if (i == 5)
				row->placement = LAD_SAME_HOST;
			if (i == 6)
				strcpy(row->lab, "vm");
		}
		struct lad_compare made = compared(&base, &fresh, &compared_usual);
		assert_int_equal(made.line_count, 2);
		assert_non_null(strstr(made.lines[0].name, "tcp_rr shared host"));
		assert_true(made.counts[LAD_MISSING] == 1 && made.counts[LAD_NEW] == 1);
		lad_compare_free(&made);
		struct lad_compare_options options = compared_usual;
		options.ignore = differing[i];
		made = compared(&base, &fresh, &options);
		assert_int_equal(made.line_count, 1);
		assert_int_equal(made.lines[0].change, LAD_SAME);
		lad_compare_free(&made);
		lad_table_free(&base);
		lad_table_free(&fresh);
	}
}

static void test_variants_of_one_run_are_paired_by_block(void **state)
{
	(void)state;
	unsigned seed = 10;
	struct lad_table table = {0};
	struct lad_compare made;
	struct lad_error err = {0};
	compared_append(&table, (struct compared_series){"r", "a", LAD_MODE_HOST, 100000, 0.004}, 8, &seed);
	assert_int_equal(lad_compare_variants(&table, &compared_usual, &made, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	compared_append(&table, (struct compared_series){"r", "b", LAD_MODE_HOST, 90000, 0.004}, 8, &seed);
	for (int block = 0; block < 8; block++) { /* a drift of 80 % over the blocks hits both alike */
		table.rows[block].transactions_per_s *= 1 + block * 0.1;
		table.rows[8 + block].transactions_per_s *= 1 + block * 0.1;
	}
	for (int i = 8; i < 16; i++) { /* --versus-tuning */
		strcpy(table.rows[i].tuning, "other");
		table.rows[i].flows = 4;
		table.rows[i].mtu = 9000;
	}
	struct lad_compare_options options = compared_usual;
	options.bootstrap = true;
	assert_int_equal(lad_compare_variants(&table, &options, &made, &err), 0);
	assert_int_equal(made.line_count, 1);
	assert_true(made.lines[0].medians_ci.low < 0.9 && made.lines[0].medians_ci.high > 0.89);
	assert_int_equal(made.lines[0].pairing, LAD_PAIRED);
	assert_int_equal(made.lines[0].pairs, 8);
	assert_int_equal(made.lines[0].change, LAD_WORSE);
	assert_true(fabs(made.lines[0].ratio - 0.9) < 0.01);
	lad_compare_free(&made);
	lad_table_free(&table);
}

/* The instruction clock: 100 000 and FRESH in every block. */
static struct lad_compare exact(double fresh_rate)
{
	unsigned seed = 11;
	struct lad_table base = {0}, fresh = {0};
	compared_append(&base, (struct compared_series){"r", "", LAD_MODE_HOST, 100000, 0}, 2, &seed);
	compared_append(&fresh, (struct compared_series){"r", "", LAD_MODE_HOST, fresh_rate, 0}, 2, &seed);
	for (int i = 0; i < 2; i++) {
		strcpy(base.rows[i].clock, "instructions");
		strcpy(fresh.rows[i].clock, "instructions");
	}
	struct lad_compare made = compared(&base, &fresh, &compared_usual);
	lad_table_free(&base);
	lad_table_free(&fresh);
	assert_int_equal(made.lines[0].pairing, LAD_EXACT);
	return made;
}

static void test_the_instruction_clock_is_compared_exactly(void **state)
{
	(void)state;
	struct lad_compare made = exact(100000);
	assert_true(made.lines[0].identical && made.lines[0].change == LAD_SAME);
	lad_compare_free(&made);
	made = exact(99999.9);
	assert_true(!made.lines[0].identical && made.lines[0].change == LAD_SAME);
	assert_true(fabs(made.lines[0].ratio - 0.999999) < 1e-9);
	lad_compare_free(&made);
	made = exact(100000 / 1.0301);
	assert_int_equal(made.lines[0].change, LAD_WORSE);
	lad_compare_free(&made);
	made = exact(100000 * 1.0301);
	assert_int_equal(made.lines[0].change, LAD_BETTER);
	lad_compare_free(&made);
}

static void test_what_the_machine_does_between_runs_widens_the_margin(void **state)
{
	(void)state;
	unsigned seed = 12;
	struct lad_table base = {0}, fresh = {0};
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	compared_append(&base, (struct compared_series){"r2", "", LAD_MODE_HOST, 93000, 0.003}, 8,
			&seed); /* nothing but the weather */
	compared_append(&fresh, (struct compared_series){"r3", "", LAD_MODE_HOST, 92000, 0.003}, 16, &seed);
	struct lad_compare made = compared(&base, &fresh, &compared_usual);
	assert_int_equal(made.lines[0].base.runs, 2);
	assert_true(fabs(made.lines[0].run_spread - 0.075) < 0.01);
	assert_int_equal(made.lines[0].change, LAD_UNKNOWN);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_unknown_metrics_and_keys_are_refused_with_what_is_valid(void **state)
{
	(void)state;
	unsigned seed = 13;
	struct lad_table base = {0};
	struct lad_compare made;
	struct lad_error err = {0};
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	struct lad_compare_options options = compared_usual;
	options.metrics = "goodput";
	assert_int_equal(lad_compare_make(&base, "a", &base, "b", &options, &made, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(strstr(err.message, "\"goodput\" is no metric; valid: all, transactions_per_s, goodput_bps"));
	options = compared_usual;
	options.ignore = "tuning,weather";
	assert_int_equal(lad_compare_make(&base, "a", &base, "b", &options, &made, &err), -1);
	assert_non_null(strstr(err.message, "\"weather\" is no column that rows are matched by; valid: lab, clock"));
	lad_table_free(&base);
}

static void test_other_kernels_and_versions_are_grave_and_loads_are_none(void **state)
{
	(void)state;
	unsigned seed = 14;
	struct lad_table base = {0}, fresh = {0};
	struct lad_error err = {0};
	compared_append(&base, (struct compared_series){"r1", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	compared_append(&fresh, (struct compared_series){"r2", "", LAD_MODE_HOST, 100000, 0.003}, 8, &seed);
	for (int i = 0; i < fresh.row_count; i++)
		strcpy(fresh.rows[i].kernel, "6.1.0");
	struct lad_compare made = compared(&base, &fresh, &compared_usual);
	assert_int_equal(made.difference_count, 1);
	assert_string_equal(made.differences[0].what, "kernel");
	static const char a[] = "{\"time\":\"1\",\"machine\":{\"loadavg\":\"0\",\"kernel\":\"x\"},"
				"\"versions\":{\"netladder\":\"0.1\",\"gsl\":\"2.7\"},\"sysctl\":{\"net/a\":\"1\"}}";
	static const char b[] = "{\"time\":\"2\",\"machine\":{\"loadavg\":\"9\",\"kernel\":\"y\"},"
				"\"versions\":{\"netladder\":\"0.2\",\"gsl\":\"2.8\"},\"sysctl\":{},"
				"\"hashes\":{\"agent\":\"ab\"}}";
	assert_int_equal(lad_compare_environment(&made, a, NULL, &err), 0);
	assert_int_equal(made.difference_count, 1);
	assert_int_equal(lad_compare_environment(&made, a, b, &err), 0);
	assert_int_equal(made.difference_count, 5);
	assert_int_equal(lad_compare_grave(&made), 3);
	assert_string_equal(made.differences[0].what, "hashes");
	assert_string_equal(made.differences[2].what, "versions.netladder");
	assert_string_equal(made.differences[2].fresh, "0.2");
	assert_string_equal(made.differences[3].what, "sysctl.net/a");
	assert_string_equal(made.differences[3].fresh, "(none)");
	assert_int_equal(lad_compare_environment(&made, a, "{", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	lad_compare_free(&made);
	lad_table_free(&base);
	lad_table_free(&fresh);
}

static void test_equal_builds_rarely_look_worse_and_a_tenth_is_found(void **state)
{
	(void)state;
	int alarms = 0, edge_alarms = 0, found = 0;
	for (unsigned run = 0; run < 2000; run++) {
		alarms += change_of(100000, 100000, 0.03, 8, 3 * run + 1) == LAD_WORSE;
		/* The hardest case that is no regression: worse by just the margin. */
		edge_alarms += change_of(100000, 100000 / 1.03, 0.03, 8, 3 * run + 2) == LAD_WORSE;
		found += change_of(100000, 90000, 0.03, 8, 3 * run + 3) == LAD_WORSE;
	}
	assert_true(alarms <= 10);
	assert_true(edge_alarms <= 120); /* 5 % of 2000 and two standard errors */
	assert_true(found >= 1900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_worse_beyond_the_margin_is_a_regression),
	    cmocka_unit_test(test_less_is_better_for_latency),
	    cmocka_unit_test(test_total_collapse_is_worse_however_few_the_blocks),
	    cmocka_unit_test(test_nothing_on_both_sides_is_the_same),
	    cmocka_unit_test(test_collapse_of_most_blocks_is_found_by_the_test),
	    cmocka_unit_test(test_no_difference_is_printed_as_minus_zero),
	    cmocka_unit_test(test_missing_and_new_rows_are_listed_and_only_missing_ones_can_fail),
	    cmocka_unit_test(test_rows_meet_only_when_every_key_column_is_the_same),
	    cmocka_unit_test(test_variants_of_one_run_are_paired_by_block),
	    cmocka_unit_test(test_the_instruction_clock_is_compared_exactly),
	    cmocka_unit_test(test_what_the_machine_does_between_runs_widens_the_margin),
	    cmocka_unit_test(test_unknown_metrics_and_keys_are_refused_with_what_is_valid),
	    cmocka_unit_test(test_other_kernels_and_versions_are_grave_and_loads_are_none),
	    cmocka_unit_test(test_equal_builds_rarely_look_worse_and_a_tenth_is_found),
	};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
