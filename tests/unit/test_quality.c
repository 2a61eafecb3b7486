/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each trouble of a measurement is noted when it is there, and a clean measurement has no note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/quality.h"
#include "netladder/stats.h"
#include "noise.h"

#define BLOCKS 12
#define MODES 3

/* Clean: 1 % of noise, both agents on one CPU of two, nothing else. */
static struct lad_table clean(unsigned seed)
{
	struct lad_table table = {calloc(BLOCKS * MODES, sizeof(struct lad_row)), 0, NULL};
	for (int block = 1; block <= BLOCKS; block++)
		for (int mode = 0; mode < MODES; mode++) {
			struct lad_row *row = &table.rows[table.row_count++];
			lad_row_clear(row);
			strcpy(row->clock, "wall");
			strcpy(row->tuning, "default");
			row->mode = (enum lad_mode)mode;
			row->workload = LAD_TCP_RR;
			row->block = block;
			row->flows = 1;
			row->message_bytes = 1;
			row->duration_s = 0.5;
			row->cpu_sender_s = 0.25;
			row->cpu_receiver_s = 0.24;
			row->cpu_system_s = 0.5;
			row->cpu_steal_s = 0;
			row->cpu_mhz = 3000;
			row->transactions_per_s = 1e5 / (mode + 1) * exp(0.01 * noise(&seed));
		}
	return table;
}

static int count_of(const struct lad_table *table, enum lad_quality_kind kind, const char *text)
{
	struct lad_quality quality;
	int count = 0;
	lad_quality_look(table, &quality);
	for (int i = 0; i < quality.count; i++)
		count += quality.notes[i].kind == kind && strstr(quality.notes[i].text, text) != NULL;
	return count;
}

static void test_a_clean_measurement_has_hardly_ever_a_note(void **state)
{
	(void)state;
	int noted = 0;
	for (unsigned seed = 1; seed <= 1000; seed++) {
		struct lad_quality quality;
		struct lad_table table = clean(seed);
		lad_quality_look(&table, &quality);
		noted += quality.count > 0;
		lad_table_free(&table);
	}
	assert_true(noted <= 20);
}

static void test_other_load_and_steal_are_noted_apart(void **state)
{
	(void)state;
	struct lad_table table = clean(1);
	for (int i = 0; i < table.row_count; i++)
		table.rows[i].cpu_system_s = 0.8;
	assert_int_equal(count_of(&table, LAD_QUALITY_LOAD, "other load kept 0.62 CPUs busy"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_STEAL, ""), 0);
	for (int i = 0; i < table.row_count; i++)
		table.rows[i].cpu_steal_s = 0.3;
	assert_int_equal(count_of(&table, LAD_QUALITY_LOAD, ""), 0);
	assert_int_equal(count_of(&table, LAD_QUALITY_STEAL, "the hypervisor took 0.60 CPUs away"), 1);
	lad_table_free(&table);
}

static void test_a_changing_frequency_is_noted(void **state)
{
	(void)state;
	struct lad_table table = clean(2);
	table.rows[20].cpu_mhz = 2400;
	assert_int_equal(count_of(&table, LAD_QUALITY_FREQUENCY, "from 2400 to 3000 MHz"), 1);
	lad_table_free(&table);
}

static void test_drift_of_all_modes_over_the_blocks_is_noted(void **state)
{
	(void)state;
	struct lad_table table = clean(3);
	for (int i = 0; i < table.row_count; i++)
		table.rows[i].transactions_per_s *= 1 - 0.01 * (table.rows[i].block - 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_DRIFT, "all values drifted by -1"), 1);
	lad_table_free(&table);
}

static void test_a_disturbed_block_is_named(void **state)
{
	(void)state;
	struct lad_table table = clean(4);
	for (int i = 0; i < table.row_count; i++)
		if (table.rows[i].block == 7)
			table.rows[i].transactions_per_s *= 0.8;
	assert_int_equal(count_of(&table, LAD_QUALITY_DISTURBED, "block 7 was disturbed: its values are -"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_DISTURBED, ""), 1);
	lad_table_free(&table);
}

static void test_two_speeds_of_one_mode_are_noted(void **state)
{
	(void)state;
	struct lad_table table = clean(5);
	for (int i = 0; i < table.row_count; i++)
		if (table.rows[i].mode == LAD_MODE_MACVLAN && table.rows[i].block % 3 == 0)
			table.rows[i].transactions_per_s *= 1.4;
	assert_int_equal(count_of(&table, LAD_QUALITY_BIMODAL, "tcp_rr shared macvlan has two speeds: 8 values"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_BIMODAL, ""), 1);
	for (int i = 0; i < table.row_count; i++)
		strcpy(table.rows[i].tuning, "mtu=9000");
	assert_int_equal(count_of(&table, LAD_QUALITY_BIMODAL, "tcp_rr shared macvlan, mtu=9000 has two speeds"), 1);
	lad_table_free(&table);
}

static void test_the_instruction_clock_is_not_looked_at(void **state)
{
	(void)state;
	struct lad_table table = clean(6);
	for (int i = 0; i < table.row_count; i++) {
		strcpy(table.rows[i].clock, "instructions");
		table.rows[i].transactions_per_s *= table.rows[i].block;
		table.rows[i].cpu_steal_s = 0.5;
	}
	struct lad_quality quality;
	lad_quality_look(&table, &quality);
	assert_int_equal(quality.count, 0);
	lad_table_free(&table);
}

static void test_the_trend_has_the_p_that_r_gives(void **state)
{
	(void)state;
	double slope;
	/* R: cor.test(1:8, x, method = "kendall", exact = FALSE, continuity = TRUE)$p.value */
	const double x[] = {1.2, 1.5, 1.1, 1.9, 2.2, 2.0, 2.6, 2.4};
	assert_true(fabs(lad_trend_p(x, 8, &slope) - 0.0187411367896) < 1e-10);
	assert_true(fabs(slope - 0.21) < 1e-12);
	/* The same with ties, of 1:10. */
	const double y[] = {3, 3, 2, 5, 5, 6, 5, 7, 8, 6};
	assert_true(fabs(lad_trend_p(y, 10, &slope) - 0.00793765778841) < 1e-10);
	assert_true(lad_trend_p(y, 1, &slope) == 1);
}

static void test_noise_is_seldom_called_two_heaps(void **state)
{
	(void)state;
	unsigned seed = 7;
	int called = 0;
	for (int run = 0; run < 2000; run++) {
		double values[60];
		size_t n = 8 + (size_t)run % 53, split;
		for (size_t i = 0; i < n; i++)
			values[i] = noise(&seed);
		gsl_sort(values, 1, n);
		called += lad_two_heaps(values, n, &split);
	}
	if (called > 20)
		fail_msg("%d of 2000", called);
	size_t split;
	const double two[] = {1, 1.01, 1.02, 0.99, 2, 2.01, 1.99, 2.02, 2.03};
	assert_true(lad_two_heaps(two, 9, &split) && split == 4);
	assert_false(lad_two_heaps(two, 7, &split)); /* too few to tell */
}

static void test_an_agent_that_was_not_run_is_noted_in_however_many_blocks(void **state)
{
	(void)state;
	struct lad_table table = clean(6);
	assert_int_equal(count_of(&table, LAD_QUALITY_STALL, ""), 0); /* an older file has no such column */
	for (int i = 0; i < table.row_count; i++) {
		table.rows[i].duration_s = 0.6;
		table.rows[i].stall_s = table.rows[i].block % 2 ? 0.3 : 0.004;
	}
	assert_int_equal(count_of(&table, LAD_QUALITY_STALL, "at most for 0.30 s"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_STALL, ""), 1);
	lad_table_free(&table);
}

static void test_a_rate_that_the_generator_limited_is_called_at_least(void **state)
{
	(void)state;
	struct lad_table table = clean(6);
	assert_int_equal(count_of(&table, LAD_QUALITY_SEARCH, ""), 0);
	for (int i = 0; i < table.row_count; i++) {
		strcpy(table.rows[i].goal, "ndr");
		strcpy(table.rows[i].load_limited_by, i == 0 ? "generator" : i < 3 ? "max" : "network");
	}
	assert_int_equal(count_of(&table, LAD_QUALITY_SEARCH, "in 1 of "), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_SEARCH, "not the network, which carries at least that"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_SEARCH, "search.max was carried"), 1);
	assert_int_equal(count_of(&table, LAD_QUALITY_SEARCH, ""), 2);
	lad_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_clean_measurement_has_hardly_ever_a_note),
	    cmocka_unit_test(test_other_load_and_steal_are_noted_apart),
	    cmocka_unit_test(test_a_changing_frequency_is_noted),
	    cmocka_unit_test(test_drift_of_all_modes_over_the_blocks_is_noted),
	    cmocka_unit_test(test_a_disturbed_block_is_named),
	    cmocka_unit_test(test_two_speeds_of_one_mode_are_noted),
	    cmocka_unit_test(test_the_instruction_clock_is_not_looked_at),
	    cmocka_unit_test(test_the_trend_has_the_p_that_r_gives),
	    cmocka_unit_test(test_noise_is_seldom_called_two_heaps),
	    cmocka_unit_test(test_a_rate_that_the_generator_limited_is_called_at_least),
	    cmocka_unit_test(test_an_agent_that_was_not_run_is_noted_in_however_many_blocks),
	};
	return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
