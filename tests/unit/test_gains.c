/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/gains.h"
#include "noise.h"

static const struct lad_verdict_options usual = {.margin = 0.03, .alpha = 0.05};

#define BLOCKS 8

/* One tuning with its true rate in each mode (0: skipped). */
struct truth {
	const char *name, *settings;
	double host, bridge;
};

static void add_row(struct lad_table *table, const struct truth *truth, enum lad_mode mode, int block, double rate)
{
	struct lad_row *row = &table->rows[table->row_count++];
	lad_row_clear(row);
	row->mode = mode;
	row->workload = LAD_TCP_RR;
	row->block = block;
	row->flows = strstr(truth->settings, "flows=") ? 8 : 1;
	row->message_bytes = 1;
	strcpy(row->tuning, truth->name);
	strcpy(row->tuning_base, "default");
	row->tuning_settings = truth->settings;
	row->transactions_per_s = rate;
	if (rate > 0)
		return;
	row->transactions_per_s = NAN;
	row->status = LAD_STATUS_SKIPPED;
	strcpy(row->reason, "not in this kernel");
}

/* Rows whose blocks drift together by 30 % (which pairing takes out), each with a noise of SPREAD of its own. */
static struct lad_table make_table(const struct truth *truths, int count, double spread, int blocks)
{
	struct lad_table table = {calloc((size_t)(blocks * count * 2), sizeof(struct lad_row)), 0, NULL};
	unsigned seed = 3;
	for (int block = 1; block <= blocks; block++) {
		double drift = 1 + 0.3 * block / blocks;
		for (int i = count - 1; i >= 0; i--) { /* the base last: rows come shuffled */
			double own = exp(spread * noise(&seed)), other = exp(spread * noise(&seed));
			add_row(&table, &truths[i], LAD_MODE_HOST, block, truths[i].host * drift * own);
			add_row(&table, &truths[i], LAD_MODE_BRIDGE, block, truths[i].bridge * drift * other);
		}
	}
	return table;
}

static struct lad_gains *gains_of(const struct truth *truths, int count, double spread, int blocks)
{
	struct lad_gains *gains;
	struct lad_error err = {0};
	struct lad_table table = make_table(truths, count, spread, blocks);
	if (lad_gains_make(&table, &usual, &gains, &err) < 0)
		fail_msg("%s", err.message);
	lad_table_free(&table);
	return gains;
}

static void test_one_tuning_alone_has_no_gains(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 90}};
	assert_null(gains_of(truths, 1, 0.01, BLOCKS));
}

static void test_the_base_is_first_and_numbers_are_ordered_by_value(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"mtu=9000", "mtu=9000", 1, 1},
					      {"mtu=576", "mtu=576", 1, 1},
					      {"default", "", 1, 1},
					      {"mtu=1280", "mtu=1280", 1, 1}};
	struct lad_gains *gains = gains_of(truths, 4, 0.01, BLOCKS);
	assert_string_equal(gains->tunings[0], "default");
	assert_string_equal(gains->tunings[1], "mtu=576");
	assert_string_equal(gains->tunings[2], "mtu=1280");
	assert_string_equal(gains->tunings[3], "mtu=9000");
	lad_gains_free(gains);
}

static void test_the_best_tuning_is_found_with_its_gain_in_each_mode(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 50},
					      {"mtu=4000", "mtu=4000", 120, 49.9},
					      {"mtu=9000", "mtu=9000", 140, 50.1},
					      {"mtu=576", "mtu=576", 70, 25}};
	struct lad_gains *gains = gains_of(truths, 4, 0.005, BLOCKS);
	const struct lad_gain_cell *host = &gains->groups[0].cells[0], *bridge = &gains->groups[0].cells[1];
	assert_int_equal(host->mode, LAD_MODE_HOST);
	assert_string_equal(gains->tunings[host->best], "mtu=9000");
	assert_true(fabs(host->gains[host->best].ratio - 1.4) < 0.02);
	assert_true(host->gains[host->best].ratio_ci.low < 1.4 && host->gains[host->best].ratio_ci.high > 1.4);
	assert_string_equal(host->rivals, "");
	assert_int_equal(bridge->best, -1);
	for (int t = 1; t < gains->tuning_count; t++) {
		bool small = strcmp(gains->tunings[t], "mtu=576") == 0;
		assert_int_equal(bridge->gains[t].kind, small ? LAD_GAIN_WORSE : LAD_GAIN_NONE);
	}
	lad_gains_free(gains);
}

static void test_equal_best_tunings_are_not_told_apart(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100},
					      {"a", "rules=1", 150, 100},
					      {"b", "rules=2", 150, 100},
					      {"c", "rules=3", 120, 100}};
	struct lad_gains *gains = gains_of(truths, 4, 0.01, BLOCKS);
	const struct lad_gain_cell *host = &gains->groups[0].cells[0];
	assert_string_equal(host->rivals, strcmp(gains->tunings[host->best], "a") == 0 ? "b" : "a");
	lad_gains_free(gains);
}

static void test_noise_is_undecided_and_says_how_many_blocks_would_do(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100}, {"a", "rules=1", 110, 100}};
	struct lad_gains *gains = gains_of(truths, 2, 0.1, 6);
	const struct lad_gain *gain = &gains->groups[0].cells[0].gains[1];
	assert_int_equal(gain->kind, LAD_GAIN_UNDECIDED);
	assert_true(gain->blocks_needed > 0);
	lad_gains_free(gains);
}

static void test_what_was_skipped_has_its_reason_and_no_verdict(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100}, {"a", "queues=8", 0, 120}};
	struct lad_gains *gains = gains_of(truths, 2, 0.01, BLOCKS);
	const struct lad_gain_group *group = &gains->groups[0];
	assert_int_equal(group->cells[0].gains[1].kind, LAD_GAIN_NOT_MEASURED);
	assert_string_equal(group->cells[0].gains[1].reason, "not in this kernel");
	assert_int_equal(group->cells[1].gains[1].kind, LAD_GAIN_BETTER);
	lad_gains_free(gains);
}

static void test_flows_that_a_tuning_sets_do_not_split_the_workload(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100}, {"flows=8", "flows=8", 300, 300}};
	struct lad_gains *gains = gains_of(truths, 2, 0.01, BLOCKS);
	assert_int_equal(gains->group_count, 1);
	assert_int_equal(gains->groups[0].cells[0].best, 1);
	lad_gains_free(gains);
}

static void test_main_effects_come_largest_first_and_none_is_called_so(void **state)
{
	(void)state;
	/* mtu doubles, tso adds 20 %, gro does nothing; no interaction. */
	static const struct truth truths[] = {
	    {"default", "", 100, 100},
	    {"gro=on", "gro=on", 100, 100},
	    {"tso=off", "tso=off", 120, 100},
	    {"tso=off,gro=on", "tso=off; gro=on", 120, 100},
	    {"mtu=9000", "mtu=9000", 200, 100},
	    {"mtu=9000,gro=on", "mtu=9000; gro=on", 200, 100},
	    {"mtu=9000,tso=off", "mtu=9000; tso=off", 240, 100},
	    {"mtu=9000,tso=off,gro=on", "mtu=9000; tso=off; gro=on", 240, 100},
	};
	struct lad_gains *gains = gains_of(truths, 8, 0.005, BLOCKS);
	const struct lad_gain_cell *host = &gains->groups[0].cells[0];
	assert_int_equal(host->effect_count, 3);
	assert_string_equal(host->effects[0].factor, "mtu");
	assert_string_equal(host->effects[0].best, "9000");
	assert_true(fabs(host->effects[0].ratio - 2) < 0.02);
	assert_int_equal(host->effects[0].kind, LAD_GAIN_BETTER);
	assert_string_equal(host->effects[1].factor, "tso");
	assert_true(fabs(host->effects[1].ratio - 1.2) < 0.02);
	assert_string_equal(host->effects[2].factor, "gro");
	assert_int_equal(host->effects[2].kind, LAD_GAIN_NONE);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(host->effects[i].interaction, "");
		assert_int_equal(gains->groups[0].cells[1].effects[i].kind, LAD_GAIN_NONE);
	}
	lad_gains_free(gains);
}

static void test_an_interaction_that_turns_the_ranking_round_is_flagged(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100},
					      {"tso=off", "tso=off", 50, 100},
					      {"mtu=9000", "mtu=9000", 80, 110},
					      {"mtu=9000,tso=off", "mtu=9000; tso=off", 90, 115}};
	struct lad_gains *gains = gains_of(truths, 4, 0.005, BLOCKS);
	const struct lad_gain_cell *host = &gains->groups[0].cells[0], *bridge = &gains->groups[0].cells[1];
	bool found = false;
	for (int i = 0; i < host->effect_count; i++)
		if (strcmp(host->effects[i].factor, "mtu") == 0)
			found = strstr(host->effects[i].interaction, "with tso as it is") &&
				strstr(host->effects[i].interaction, "with tso off");
	assert_true(found);
	for (int i = 0; i < bridge->effect_count; i++)
		assert_string_equal(bridge->effects[i].interaction, "");
	lad_gains_free(gains);
}

/* Without any truth in it, a tuning is called better or worse in about alpha of the cells, not more. */
static void test_noise_alone_is_rarely_called_a_gain(void **state)
{
	(void)state;
	static const struct truth truths[] = {
	    {"default", "", 100, 100}, {"a", "rules=1", 100, 100}, {"b", "rules=2", 100, 100}};
	int wrong = 0, runs = 400;
	unsigned seed = 11;
	for (int i = 0; i < runs; i++) {
		struct lad_table table = make_table(truths, 3, 0, BLOCKS);
		struct lad_gains *gains;
		for (int j = 0; j < table.row_count; j++)
			table.rows[j].transactions_per_s *= exp(0.05 * noise(&seed));
		assert_int_equal(lad_gains_make(&table, &usual, &gains, NULL), 0);
		for (int t = 1; t < 3; t++) {
			enum lad_gain_kind kind = gains->groups[0].cells[0].gains[t].kind;
			if (kind == LAD_GAIN_BETTER || kind == LAD_GAIN_WORSE) {
				wrong++;
				break;
			}
		}
		lad_gains_free(gains);
		lad_table_free(&table);
	}
	/* Binomial(400, 0.05): 20 +- 4.4; the exact test stays below its level. */
	assert_in_range(wrong, 0, 33);
}

static void test_eight_tunings_by_six_modes_fit_in_a_hundred_and_twenty_columns(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 50},
					      {"mtu=9000,tso=off", "mtu=9000; tso=off", 130, 70}};
	struct lad_gains *gains = gains_of(truths, 2, 0.01, BLOCKS);
	struct lad_print_options options = {.columns = 120};
	lad_cleanup_free char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	lad_gains_print(gains, &options, out);
	fclose(out);
	assert_non_null(strstr(text, "best is mtu=9000,tso=off, "));
	assert_non_null(strstr(text, "% better than default [+"));
	for (char *line = strtok(text, "\n"); line && !strstr(line, "best is"); line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 120);
	lad_gains_free(gains);
}

static void test_of_the_instruction_clock_one_block_is_enough(void **state)
{
	(void)state;
	static const struct truth truths[] = {{"default", "", 100, 100}, {"a", "rules=1", 105, 102}};
	struct lad_gains *gains;
	struct lad_table table = make_table(truths, 2, 0, 1);
	for (int i = 0; i < table.row_count; i++)
		strcpy(table.rows[i].clock, "instructions");
	assert_int_equal(lad_gains_make(&table, &usual, &gains, NULL), 0);
	assert_int_equal(gains->groups[0].cells[0].gains[1].kind, LAD_GAIN_BETTER);
	assert_int_equal(gains->groups[0].cells[1].gains[1].kind, LAD_GAIN_NONE);
	lad_gains_free(gains);
	lad_table_free(&table);
}

static void test_tunings_are_told_by_the_metrics_that_are_asked_for(void **state)
{
	(void)state;
	/* 20 % more transactions, at half the cost of CPU and with twice the tail. */
	static const struct truth truths[] = {{"default", "", 100, 50}, {"gro=on", "gro=on", 120, 60}};
	struct lad_verdict_options options = usual;
	struct lad_gains *gains;
	struct lad_error err = {0};
	struct lad_table table = make_table(truths, 2, 0.005, BLOCKS);
	for (int i = 0; i < table.row_count; i++) {
		bool tuned = strcmp(table.rows[i].tuning, "default") != 0;
		table.rows[i].cpu_us_per_transaction = tuned ? 5 : 10;
		table.rows[i].latency_p50_us = 8;
		table.rows[i].latency_p99_us = tuned ? 40 : 20;
	}
	options.metrics = "cpu_us_per_transaction,latency_p99_us,cpu_s_per_gbyte,transactions_per_s";
	assert_int_equal(lad_gains_make(&table, &options, &gains, &err), 0);
	assert_int_equal(gains->group_count, 3); /* the workload's own first; what it does not fill is left out */
	assert_string_equal(gains->groups[0].metric->column, "transactions_per_s");
	assert_string_equal(gains->groups[1].metric->column, "latency_p99_us");
	assert_string_equal(gains->groups[2].metric->column, "cpu_us_per_transaction");
	assert_int_equal(gains->groups[1].cells[0].gains[1].kind, LAD_GAIN_WORSE);
	assert_true(fabs(gains->groups[1].cells[0].gains[1].ratio - 0.5) < 1e-9);
	assert_int_equal(gains->groups[2].cells[1].best, 1);
	assert_true(fabs(gains->groups[2].cells[1].gains[1].ratio - 2) < 1e-9);
	lad_gains_free(gains);
	options.metrics = "all";
	assert_int_equal(lad_gains_make(&table, &options, &gains, &err), 0);
	assert_int_equal(gains->group_count, 3); /* what a verdict judges of transactions: the rate, p50, p99 */
	lad_gains_free(gains);
	options.metrics = "goodput_bps"; /* of no workload here */
	assert_int_equal(lad_gains_make(&table, &options, &gains, &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	lad_table_free(&table);
}

static void test_the_words_name_the_worst_tuning_where_none_is_better(void **state)
{
	(void)state;
	static const struct truth truths[] = {
	    {"default", "", 100, 50}, {"rules=10", "rules=10", 99.9, 50}, {"rules=1000", "rules=1000", 40, 49.9}};
	struct lad_gains *gains = gains_of(truths, 3, 0.002, BLOCKS);
	const struct lad_print_options options = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	assert_non_null(out);
	lad_gains_print(gains, &options, out);
	fclose(out);
	assert_non_null(strstr(text, "  host: no tuning is better than default; worst is rules=1000 by 60."));
	assert_non_null(strstr(text, "  bridge: no effect: every tuning is within 3 % of default\n"));
	free(text);
	lad_gains_free(gains);
}

static void test_a_metric_that_there_is_none_of_is_refused_with_what_is_valid(void **state)
{
	(void)state;
	struct lad_error err = {0};
	assert_int_equal(lad_metrics_check(NULL, &err), 0);
	assert_int_equal(lad_metrics_check("all", &err), 0);
	assert_int_equal(lad_metrics_check("latency_p99_us,cpu_s_per_gbyte", &err), 0);
	assert_int_equal(lad_metrics_check("latency_p99_us,latencey", &err), -1);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	assert_non_null(
	    strstr(err.message, "\"latencey\" is no metric; valid: all, transactions_per_s, goodput_bps, "));
	assert_int_equal(lad_metrics_check("", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_tuning_alone_has_no_gains),
	    cmocka_unit_test(test_the_base_is_first_and_numbers_are_ordered_by_value),
	    cmocka_unit_test(test_the_best_tuning_is_found_with_its_gain_in_each_mode),
	    cmocka_unit_test(test_equal_best_tunings_are_not_told_apart),
	    cmocka_unit_test(test_noise_is_undecided_and_says_how_many_blocks_would_do),
	    cmocka_unit_test(test_what_was_skipped_has_its_reason_and_no_verdict),
	    cmocka_unit_test(test_flows_that_a_tuning_sets_do_not_split_the_workload),
	    cmocka_unit_test(test_main_effects_come_largest_first_and_none_is_called_so),
	    cmocka_unit_test(test_an_interaction_that_turns_the_ranking_round_is_flagged),
	    cmocka_unit_test(test_of_the_instruction_clock_one_block_is_enough),
	    cmocka_unit_test(test_noise_alone_is_rarely_called_a_gain),
	    cmocka_unit_test(test_eight_tunings_by_six_modes_fit_in_a_hundred_and_twenty_columns),
	    cmocka_unit_test(test_tunings_are_told_by_the_metrics_that_are_asked_for),
	    cmocka_unit_test(test_a_metric_that_there_is_none_of_is_refused_with_what_is_valid),
	    cmocka_unit_test(test_the_words_name_the_worst_tuning_where_none_is_better),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
