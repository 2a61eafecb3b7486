/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/verdict.h"
#include "noise.h"

#define BLOCKS 7

static const struct lad_relation documented[] = {
    {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_GREATER},
    {LAD_MODE_MACVLAN, LAD_MODE_IPVLAN_L2, LAD_EQUIVALENT},
    {LAD_MODE_IPVLAN_L2, LAD_MODE_BRIDGE, LAD_GREATER},
    {LAD_MODE_BRIDGE, LAD_MODE_OVERLAY, LAD_GREATER},
};
static const enum lad_mode ladder[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_IPVLAN_L2, LAD_MODE_BRIDGE,
				       LAD_MODE_OVERLAY};

/* tcp_rr rows of five modes with these true rates (0: skipped), each with its own noise of SPREAD. */
static struct lad_table make_table(const double rates[5], double spread, int blocks, unsigned seed)
{
	struct lad_table table = {calloc((size_t)blocks * 5, sizeof(struct lad_row)), 0, NULL};
	for (int block = 1; block <= blocks; block++)
		for (int i = 0; i < 5; i++) {
			struct lad_row *row = &table.rows[table.row_count++];
			lad_row_clear(row);
			row->mode = ladder[i];
			row->workload = LAD_TCP_RR;
			row->block = block;
			row->flows = 1;
			row->message_bytes = 1;
			strcpy(row->tuning, "default");
			strcpy(row->scenario, "test");
			if (rates[i] > 0) {
				row->transactions_per_s = rates[i] * exp(spread * noise(&seed));
			} else {
				row->status = LAD_STATUS_SKIPPED;
				strcpy(row->reason, "not in this kernel");
			}
		}
	return table;
}

static struct lad_verdict judge(const double rates[5], double spread, int blocks, unsigned seed)
{
	struct lad_verdict_options options = {documented, 4, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, spread, blocks, seed);
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	lad_table_free(&table);
	assert_true(verdict.groups[0].primary);
	return verdict;
}

static char *printed(const struct lad_verdict *verdict, int columns)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct lad_print_options options = {.columns = columns};
	assert_non_null(out);
	lad_verdict_print(verdict, &options, out);
	fclose(out);
	return text;
}

static struct lad_verdict judge_nothing(const double rates[5], int blocks)
{
	struct lad_verdict_options options = {documented, 0, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0.005, blocks, 1);
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	lad_table_free(&table);
	return verdict;
}

/* The first row of the group, skipped, has no figure: the metrics are those that the measured rows fill. */
static void test_the_columns_that_were_named_are_judged_in_place_of_the_workloads_own(void **state)
{
	(void)state;
	const double rates[5] = {0, 90000, 88000, 60000, 50000};
	struct lad_verdict_options options = {documented, 0, 0.03, 0.05, "loss_ratio,reachable_s,setup_s"};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0, 13, 1);
	for (int i = 0; i < table.row_count; i++) {
		struct lad_row *row = &table.rows[i];
		if (row->status != LAD_STATUS_OK)
			continue;
		row->setup_s = row->mode == LAD_MODE_OVERLAY ? 0.020 : 0.010;
		row->reachable_s = row->setup_s + 0.001;
	}
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	assert_int_equal(verdict.group_count, 2); /* no row has a loss */
	assert_string_equal(verdict.groups[0].metric->column, "reachable_s");
	assert_string_equal(verdict.groups[1].metric->column, "setup_s");
	const struct lad_pair *last = &verdict.groups[1].pairs[verdict.groups[1].pair_count - 1];
	assert_int_equal(last->kind, LAD_PAIR_LEFT); /* bridge, which takes half of overlay's time */
	assert_true(fabs(last->ratio - 2) < 1e-9);
	lad_table_free(&table);
	lad_verdict_free(&verdict);
}

/* Fault 22: modes that nobody expected anything of were listed as "not measured". */
static void test_without_an_order_all_measured_pairs_are_listed(void **state)
{
	(void)state;
	const double rates[5] = {100000, 100000, 0, 60000, 80000};
	static const enum lad_pair_kind kinds[] = {LAD_PAIR_SAME, LAD_PAIR_LEFT, LAD_PAIR_LEFT,
						   LAD_PAIR_LEFT, LAD_PAIR_LEFT, LAD_PAIR_RIGHT};
	struct lad_verdict verdict = judge_nothing(rates, 13);
	const struct lad_group *group = &verdict.groups[0];
	assert_int_equal(group->judgement_count, 0);
	assert_int_equal(group->pair_count, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(group->pairs[i].kind, kinds[i]);
	assert_true(fabs(group->pairs[5].ratio - 0.75) < 0.01);
	assert_int_equal(lad_verdict_exit(&verdict), LAD_EXIT_OK);
	char *text = printed(&verdict, 100);
	assert_non_null(strstr(text, "bridge, overlay          overlay is better"));
	assert_null(strstr(text, "not measured"));
	assert_null(strstr(text, "documented order"));
	assert_non_null(strstr(text, "Nothing was expected of the order"));
	free(text);
	lad_verdict_free(&verdict);
}

static void test_pairs_of_few_blocks_are_undecided(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 0, 60000, 80000};
	struct lad_verdict verdict = judge_nothing(rates, 4);
	for (int i = 0; i < verdict.groups[0].pair_count; i++)
		assert_int_equal(verdict.groups[0].pairs[i].kind, LAD_PAIR_UNDECIDED);
	lad_verdict_free(&verdict);
}

static void test_approximation_is_said_of_many_blocks_only(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 60000, 50000};
	for (int blocks = 60; blocks <= 61; blocks++) {
		struct lad_verdict verdict = judge(rates, 0.005, blocks, 1);
		char *text = printed(&verdict, 100);
		assert_int_equal(strstr(text, "normal approximation") != NULL, blocks > 60);
		free(text);
		lad_verdict_free(&verdict);
	}
}

/* Fault 20: 1 Mbit/s was 0.00 in a table of Gbit/s. */
static void test_unit_fits_the_largest_value(void **state)
{
	(void)state;
	const double rates[5] = {40, 30, 30, 20, 0.0004};
	struct lad_verdict verdict = judge(rates, 0.001, BLOCKS, 1);
	assert_string_equal(verdict.groups[0].metric->unit, "/s");
	assert_true(fabs(verdict.groups[0].cells[0].median - 40) < 1);
	char *text = printed(&verdict, 100);
	assert_non_null(strstr(text, "0.00040"));
	free(text);
	lad_verdict_free(&verdict);
	static const struct {
		double bps;
		const char *unit;
		double scale;
	} cases[] = {{2e9, "Gbit/s", 1e-9},  {1e9, "Gbit/s", 1e-9}, {999e6, "Mbit/s", 1e-6}, {1e6, "Mbit/s", 1e-6},
		     {64e3, "kbit/s", 1e-3}, {8, "bit/s", 1},	    {0, "Gbit/s", 1e-9},     {0.5, "bit/s", 1}};
	const struct lad_metric *goodput = lad_metrics_of(LAD_TCP_STREAM);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct lad_metric *fitting = lad_metric_fit(goodput, cases[i].bps);
		assert_string_equal(fitting->unit, cases[i].unit);
		assert_true(fitting->scale == cases[i].scale && fitting->offset == goodput->offset);
		assert_string_equal(lad_metric_usual(fitting)->unit, "Gbit/s");
	}
}

/* A mode that fell to 0 was "not measured". */
static void test_mode_that_carries_nothing_is_worse_and_measured(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 60000, 50000};
	struct lad_verdict_options options = {documented, 4, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0.005, BLOCKS, 1);
	for (int i = 0; i < table.row_count; i++)
		if (table.rows[i].mode == LAD_MODE_OVERLAY)
			table.rows[i].transactions_per_s = 0;
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	const struct lad_judgement *last = &verdict.groups[0].judgements[3];
	assert_int_equal(last->verdict, LAD_CONFIRMED);
	assert_int_equal(last->pairs, BLOCKS);
	assert_true(verdict.groups[0].cells[4].ratio_to_host == 0);
	lad_table_free(&table);
	lad_verdict_free(&verdict);
}

/* 72 % of host stood beside medians whose ratio was 48 %, without a word. */
static void test_share_that_two_speeds_put_apart_says_so(void **state)
{
	(void)state;
	const double rates[5] = {45000, 40000, 40000, 30000, 21000};
	struct lad_verdict_options options = {documented, 4, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0.01, 13, 1);
	for (int i = 0; i < table.row_count; i++)
		if (table.rows[i].mode == LAD_MODE_HOST && table.rows[i].block <= 5)
			table.rows[i].transactions_per_s /= 3;
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	const struct lad_cell *overlay = &verdict.groups[0].cells[4];
	assert_true(overlay->two_speeds && fabs(overlay->medians_ratio - 21.0 / 45) < 0.02);
	assert_true(overlay->ratio_to_host > 0.6);
	char *text = printed(&verdict, 100);
	assert_non_null(strstr(text, "that of the medians: two speeds"));
	free(text);
	lad_table_free(&table);
	lad_verdict_free(&verdict);
}

static void test_a_clear_ladder_is_confirmed(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 60000, 50000};
	struct lad_verdict verdict = judge(rates, 0.005, BLOCKS, 1);
	const struct lad_group *group = &verdict.groups[0];
	assert_int_equal(group->judgement_count, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(group->judgements[i].verdict, LAD_CONFIRMED);
		assert_true(group->judgements[i].p_adjusted <= 0.05);
	}
	assert_true(fabs(group->judgements[0].ratio - 100.0 / 90) < 0.02);
	assert_true(group->judgements[0].ratio_ci.low < 100.0 / 90 && group->judgements[0].ratio_ci.high > 100.0 / 90);
	assert_int_equal(lad_verdict_exit(&verdict), LAD_EXIT_OK);
	lad_verdict_free(&verdict);
}

static void test_an_inverted_pair_is_refuted_with_exit_1(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 50000, 60000};
	struct lad_verdict verdict = judge(rates, 0.005, BLOCKS, 2);
	const struct lad_judgement *last = &verdict.groups[0].judgements[3];
	assert_int_equal(last->verdict, LAD_REFUTED);
	assert_string_equal(last->why, "overlay is better");
	assert_int_equal(lad_verdict_exit(&verdict), LAD_EXIT_REFUTED);
	lad_verdict_free(&verdict);
}

static void test_greater_is_refuted_by_equality_within_the_margin(void **state)
{
	(void)state;
	const double rates[5] = {100000, 100000, 100000, 60000, 50000};
	struct lad_verdict verdict = judge(rates, 0.002, BLOCKS, 3);
	assert_int_equal(verdict.groups[0].judgements[0].verdict, LAD_REFUTED);
	assert_string_equal(verdict.groups[0].judgements[0].why, "equal within 3 %");
	lad_verdict_free(&verdict);
}

static void test_a_missing_mode_is_bridged_over_and_said(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 0, 60000, 50000};
	struct lad_verdict verdict = judge(rates, 0.005, BLOCKS, 4);
	const struct lad_group *group = &verdict.groups[0];
	assert_int_equal(group->judgement_count, 3);
	const struct lad_judgement *bridge = &group->judgements[1];
	assert_int_equal(bridge->relation.left, LAD_MODE_MACVLAN);
	assert_int_equal(bridge->relation.right, LAD_MODE_BRIDGE);
	assert_int_equal(bridge->relation.sign, LAD_GREATER);
	assert_true(bridge->bridged);
	assert_string_equal(bridge->bridged_over, "ipvlan-l2");
	assert_int_equal(bridge->verdict, LAD_CONFIRMED);
	lad_verdict_free(&verdict);
}

static void test_a_missing_end_is_not_measured(void **state)
{
	(void)state;
	const double rates[5] = {0, 90000, 90000, 60000, 0};
	struct lad_verdict verdict = judge(rates, 0.005, BLOCKS, 5);
	const struct lad_group *group = &verdict.groups[0];
	assert_int_equal(group->judgements[0].verdict, LAD_NOT_MEASURED);
	assert_int_equal(group->judgements[group->judgement_count - 1].verdict, LAD_NOT_MEASURED);
	assert_string_equal(group->judgements[group->judgement_count - 1].why, "overlay was not measured");
	lad_verdict_free(&verdict);
}

static void test_too_few_blocks_decide_nothing_and_say_how_many_would(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 60000, 50000};
	struct lad_verdict verdict = judge(rates, 0.005, 3, 6);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(verdict.groups[0].judgements[i].verdict, LAD_INCONCLUSIVE);
		assert_in_range(verdict.groups[0].judgements[i].blocks_needed, 1, 10);
	}
	lad_verdict_free(&verdict);
}

static void test_equal_modes_are_rarely_called_different_and_real_steps_are_found(void **state)
{
	(void)state;
	const double equal[5] = {100000, 100000, 0, 100000, 100000};
	const double steps[5] = {100000, 95000, 0, 90000, 85500};
	int false_families = 0, found = 0;
	for (unsigned run = 0; run < 2000; run++) {
		struct lad_verdict verdict = judge(equal, 0.05, BLOCKS, 1000 + run);
		int wrong = 0;
		for (int i = 0; i < 3; i++)
			wrong |= verdict.groups[0].judgements[i].verdict == LAD_CONFIRMED;
		false_families += wrong;
		lad_verdict_free(&verdict);
		verdict = judge(steps, 0.015, BLOCKS, 5000 + run);
		for (int i = 0; i < 3; i++)
			found += verdict.groups[0].judgements[i].verdict == LAD_CONFIRMED;
		lad_verdict_free(&verdict);
	}
	assert_true(false_families <= 120); /* 5 % of 2000 and two standard errors */
	assert_true(found >= 4800);	    /* power 80 % */
}

/* Two modes at these rates, measured as `blocks: auto` does: at each look all blocks so far are judged anew. */
static struct lad_verdict judge_until_decided(double left, double right, double spread, int max_blocks, unsigned seed)
{
	const double rates[5] = {left, right, 0, 0, 0};
	struct lad_verdict_options options = {documented, 1, 0.03, 0.05, NULL};
	struct lad_error err = {0};
	struct lad_verdict verdict;
	struct lad_looks looks;
	struct lad_table table = make_table(rates, spread, max_blocks, seed);
	for (int i = 0; i < table.row_count; i++)
		table.rows[i].max_blocks = max_blocks;
	lad_looks_make(max_blocks, &looks);
	for (int i = 0;; i++) {
		table.row_count = looks.blocks[i] * 5;
		assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
		if (i + 1 == looks.count || lad_verdict_decided(&verdict, 0.001))
			break;
		lad_verdict_free(&verdict);
	}
	lad_table_free(&table);
	return verdict;
}

static void test_looking_often_keeps_the_error_rates(void **state)
{
	(void)state;
	int false_greater = 0, false_equal = 0, covered = 0;
	for (unsigned run = 0; run < 2000; run++) {
		struct lad_verdict verdict = judge_until_decided(100000, 100000, 0.2, 24, 3 * run + 1);
		const struct lad_judgement *judgement = &verdict.groups[0].judgements[0];
		false_greater += judgement->verdict == LAD_CONFIRMED;
		covered += judgement->ratio_ci.low <= 1 && judgement->ratio_ci.high >= 1;
		lad_verdict_free(&verdict);
		/* Apart by the margin: the hardest case that must not be called equal. */
		verdict = judge_until_decided(100000, 103000, 0.05, 24, 3 * run + 2);
		judgement = &verdict.groups[0].judgements[0];
		false_equal += judgement->verdict == LAD_REFUTED && judgement->why[0] == 'e';
		lad_verdict_free(&verdict);
	}
	/* 5 % of 2000 and two standard errors; a look without its price would give over 150. */
	if (false_greater > 120 || false_equal > 120)
		fail_msg("%d falsely greater, %d falsely equal of 2000", false_greater, false_equal);
	assert_true(covered >= 1880); /* 95 % less two standard errors, over all looks */
}

static void test_automatic_blocks_find_real_steps_early(void **state)
{
	(void)state;
	int found = 0, blocks = 0, equal = 0;
	for (unsigned run = 0; run < 2000; run++) {
		/* 2.1 % of noise in each: 3 % in a ratio. A fixed plan is promised to find 2.5 % in 12 blocks. */
		struct lad_verdict verdict = judge_until_decided(102500, 100000, 0.021, 24, 2 * run + 1);
		found += verdict.groups[0].judgements[0].verdict == LAD_CONFIRMED;
		lad_verdict_free(&verdict);
		verdict = judge_until_decided(110000, 100000, 0.021, 24, 2 * run + 1);
		blocks += verdict.blocks;
		lad_verdict_free(&verdict);
		verdict = judge_until_decided(100000, 100000, 0.01, 24, 2 * run + 2);
		equal += verdict.groups[0].judgements[0].verdict == LAD_REFUTED;
		lad_verdict_free(&verdict);
	}
	if (found < 1600 || equal < 1600)
		fail_msg("power %.3f for a step, %.3f for equality", found / 2000.0, equal / 2000.0);
	assert_true(blocks <= 2000 * 11); /* the first look suffices nearly always */
}

static void test_variant_b_is_left_out_of_the_order(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 0, 0, 0};
	struct lad_verdict_options options = {documented, 1, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0.005, 10, 9);
	for (int i = 0; i < table.row_count; i++)
		strcpy(table.rows[i].variant, table.rows[i].block % 2 ? "a" : "b");
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	assert_int_equal(verdict.groups[0].cells[0].ok, 5);
	lad_verdict_free(&verdict);
	lad_table_free(&table);
}

static void test_one_block_of_the_instruction_clock_decides_everything_exactly(void **state)
{
	(void)state;
	const double rates[5] = {100000, 99999, 96000, 96000, 97000};
	struct lad_verdict_options options = {documented, 4, 0.03, 0.05, NULL};
	struct lad_verdict verdict;
	struct lad_error err = {0};
	struct lad_table table = make_table(rates, 0, 1, 1);
	for (int i = 0; i < table.row_count; i++)
		strcpy(table.rows[i].clock, "instructions");
	assert_int_equal(lad_verdict_make(&table, &options, &verdict, &err), 0);
	lad_table_free(&table);
	const struct lad_judgement *judgements = verdict.groups[0].judgements;
	/* host > macvlan by a hair; macvlan ~ ipvlan-l2 fails by the margin; ipvlan-l2 > bridge are equal; then
	 * inverted. */
	assert_int_equal(judgements[0].verdict, LAD_CONFIRMED);
	assert_int_equal(judgements[1].verdict, LAD_REFUTED);
	assert_string_equal(judgements[1].why, "macvlan is better");
	assert_int_equal(judgements[2].verdict, LAD_REFUTED);
	assert_string_equal(judgements[2].why, "equal, to the instruction");
	assert_int_equal(judgements[3].verdict, LAD_REFUTED);
	assert_string_equal(judgements[3].why, "overlay is better");
	for (int i = 0; i < 4; i++)
		assert_true(isnan(judgements[i].p_adjusted) && isnan(judgements[i].ratio_ci.low));
	assert_int_equal(lad_verdict_exit(&verdict), LAD_EXIT_REFUTED);
	lad_verdict_free(&verdict);
}

/* Twelve series of one workload that differ only in words that no 27 columns hold. */
static struct lad_table make_bulk(char (*options)[LAD_OPTIONS_MAX])
{
	const double rates[5] = {100000, 90000, 0, 60000, 50000};
	struct lad_table table = {0};
	for (int i = 0; i < 12; i++) {
		struct lad_table part = make_table(rates, 0.01, 8, (unsigned)i + 1);
		sprintf(options[i], "receive=discard direction=reverse verify buffer=%dKiB", 512 << i);
		for (int row = 0; row < part.row_count; row++)
			strcpy(part.rows[row].options, options[i]);
		table.rows = realloc(table.rows, (size_t)(table.row_count + part.row_count) * sizeof *table.rows);
		memcpy(table.rows + table.row_count, part.rows, (size_t)part.row_count * sizeof *part.rows);
		table.row_count += part.row_count;
		lad_table_free(&part);
	}
	return table;
}

static void test_every_column_and_relation_says_all_that_tells_it_from_the_others(void **state)
{
	(void)state;
	struct lad_verdict_options judged = {documented, 4, 0.03, 0.05, NULL};
	char options[12][LAD_OPTIONS_MAX], line[2 * LAD_OPTIONS_MAX];
	struct lad_table table = make_bulk(options);
	struct lad_verdict verdict;
	struct lad_error err = {0};
	assert_int_equal(lad_verdict_make(&table, &judged, &verdict, &err), 0);
	lad_table_free(&table);
	char *text = printed(&verdict, 100);
	for (int i = 0; i < 12; i++) {
		snprintf(line, sizeof line, "\ntcp_rr shared %.160s, transactions", options[i]);
		assert_non_null(strstr(text, line));
		snprintf(line, sizeof line, " %.40s ", strstr(options[i], "buffer="));
		assert_non_null(strstr(text, line)); /* the table's own, in a line of its own */
	}
	size_t width = 0;
	const char *end = strstr(text, "skipped: ");
	for (const char *at = strstr(text, "mode "); at < end; at += strcspn(at, "\n") + 1)
		width = strcspn(at, "\n") > width ? strcspn(at, "\n") : width;
	assert_in_range(width, 80, 100);
	free(text);
	lad_verdict_free(&verdict);
}

static void test_no_chance_is_printed_as_0(void **state)
{
	(void)state;
	const double rates[5] = {100000, 90000, 90100, 60000, 50000};
	struct lad_verdict verdict = judge(rates, 0.005, 16, 1);
	char *text = printed(&verdict, 0);
	assert_true(verdict.groups[0].judgements[0].p_adjusted < 0.0005);
	assert_non_null(strstr(text, "p < 0.001"));
	assert_null(strstr(text, "0.000"));
	assert_string_equal(lad_p_text(0.0209).text, "0.021");
	assert_string_equal(lad_p_text(0.001).text, "0.001");
	free(text);
	lad_verdict_free(&verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_clear_ladder_is_confirmed),
	    cmocka_unit_test(test_share_that_two_speeds_put_apart_says_so),
	    cmocka_unit_test(test_the_columns_that_were_named_are_judged_in_place_of_the_workloads_own),
	    cmocka_unit_test(test_without_an_order_all_measured_pairs_are_listed),
	    cmocka_unit_test(test_pairs_of_few_blocks_are_undecided),
	    cmocka_unit_test(test_approximation_is_said_of_many_blocks_only),
	    cmocka_unit_test(test_unit_fits_the_largest_value),
	    cmocka_unit_test(test_mode_that_carries_nothing_is_worse_and_measured),
	    cmocka_unit_test(test_an_inverted_pair_is_refuted_with_exit_1),
	    cmocka_unit_test(test_greater_is_refuted_by_equality_within_the_margin),
	    cmocka_unit_test(test_a_missing_mode_is_bridged_over_and_said),
	    cmocka_unit_test(test_a_missing_end_is_not_measured),
	    cmocka_unit_test(test_too_few_blocks_decide_nothing_and_say_how_many_would),
	    cmocka_unit_test(test_equal_modes_are_rarely_called_different_and_real_steps_are_found),
	    cmocka_unit_test(test_looking_often_keeps_the_error_rates),
	    cmocka_unit_test(test_automatic_blocks_find_real_steps_early),
	    cmocka_unit_test(test_variant_b_is_left_out_of_the_order),
	    cmocka_unit_test(test_one_block_of_the_instruction_clock_decides_everything_exactly),
	    cmocka_unit_test(test_every_column_and_relation_says_all_that_tells_it_from_the_others),
	    cmocka_unit_test(test_no_chance_is_printed_as_0),
	};
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
