/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error rates of the regression gate, scenarios/gate.yaml with --versus: stopping by itself costs none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/compare.h"
#include "netladder/scenario.h"
#include "netladder/stats.h"
#include "noise.h"

#define RUNS 1000
#define LINES 4 /* two modes, two workloads */

struct gate {
	struct lad_table table; /* what a whole run would measure, in the order of blocks */
	struct lad_looks looks;
	struct lad_compare_options options;
	double precision;
	int max_blocks;
};

/* All of a row but its figure. */
static void label(struct gate *gate)
{
	for (int i = 0; i < gate->table.row_count; i++) {
		struct lad_row *row = &gate->table.rows[i];
		int line = i % (LINES * 2) / 2;
		lad_row_clear(row);
		strcpy(row->run_id, "r1");
		strcpy(row->lab, "native");
		strcpy(row->clock, "wall");
		strcpy(row->tuning, "default");
		strcpy(row->variant, i % 2 ? "b" : "a");
		row->block = 1 + i / (LINES * 2);
		row->max_blocks = gate->max_blocks;
		row->mode = line % 2 ? LAD_MODE_BRIDGE : LAD_MODE_HOST;
		row->workload = line / 2 ? LAD_UDP_STREAM : LAD_TCP_RR;
	}
}

static int make_gate(void **state)
{
	static struct gate gate;
	struct lad_scenario scenario;
	struct lad_error err = {0};
	if (lad_scenario_load("scenarios/gate.yaml", &scenario, &err) < 0)
		return -1;
	gate.options = (struct lad_compare_options){.margin = scenario.margin, .alpha = scenario.alpha};
	gate.precision = scenario.precision;
	gate.max_blocks = scenario.max_blocks;
	gate.table.row_count = scenario.max_blocks * LINES * 2;
	gate.table.rows = calloc((size_t)gate.table.row_count, sizeof *gate.table.rows);
	lad_looks_make(scenario.max_blocks, &gate.looks);
	*state = &gate;
	if (!gate.table.rows || !scenario.blocks_auto || scenario.mode_count * scenario.workload_count != LINES)
		return -1;
	label(&gate);
	/* Thousands of comparisons one after the other: what one gives back the next takes again, unless a sanitizer's
	 * allocator says no, and then it only takes longer. */
	mallopt(M_MMAP_THRESHOLD, 1 << 28);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	return 0;
}

static int free_gate(void **state)
{
	struct gate *gate = *state;
	free(gate->table.rows);
	return 0;
}

/* Each value has noise of SPREAD; one block in ten is disturbed, with noise five times as large. */
static void measure(struct gate *gate, const double ratios[LINES], double spread, unsigned seed)
{
	struct lad_row *row = gate->table.rows;
	for (int block = 1; block <= gate->max_blocks; block++) {
		double size = rand_r(&seed) % 10 ? spread : 5 * spread;
		for (int i = 0; i < LINES * 2; i++, row++)
			row->transactions_per_s = row->packets_per_s =
			    1e5 * (i % 2 ? ratios[i / 2] : 1) * exp(size * noise(&seed));
	}
}

/* As `run` does: at each look everything so far is judged, until nothing is open. Adds the blocks taken to BLOCKS. */
static bool finds_worse(struct gate *gate, const double ratios[LINES], double spread, unsigned seed, long *blocks)
{
	measure(gate, ratios, spread, seed);
	struct lad_table seen = gate->table;
	for (int i = 0;; i++) {
		struct lad_compare made;
		struct lad_error err = {0};
		seen.row_count = gate->looks.blocks[i] * LINES * 2;
		if (lad_compare_variants(&seen, &gate->options, &made, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(made.line_count, LINES);
		bool worse = lad_compare_exit(&made, false) != LAD_EXIT_OK;
		bool last = i + 1 == gate->looks.count || lad_compare_decided(&made, gate->precision);
		lad_compare_free(&made);
		if (!last)
			continue;
		*blocks += gate->looks.blocks[i];
		return worse;
	}
}

static int alarms_of(struct gate *gate, const double ratios[LINES], double spread)
{
	int alarms = 0;
	long blocks = 0;
	for (unsigned run = 1; run <= RUNS; run++)
		alarms += finds_worse(gate, ratios, spread, run, &blocks);
	print_message("noise %g %%: %d of %d alarms, %.1f blocks a run\n", 100 * spread, alarms, RUNS,
		      (double)blocks / RUNS);
	return alarms;
}

static void test_a_build_held_against_itself_raises_no_alarm(void **state)
{
	static const double same[LINES] = {1, 1, 1, 1};
	assert_in_range(alarms_of(*state, same, 0.03), 0, RUNS / 1000);
}

static void test_what_is_worse_by_just_the_margin_keeps_the_error_rate_over_all_lines_and_looks(void **state)
{
	struct gate *gate = *state;
	double edge = 1 / (1 + gate->options.margin);
	const double all[LINES] = {edge, edge, edge, edge};
	/* 5 % and two standard errors; without the price of looking, or of four lines, it would be over 110. */
	assert_in_range(alarms_of(gate, all, 0.05), 0, RUNS / 20 + 14);
}

static void test_a_tenth_slower_is_found_in_more_than_19_of_20_on_a_noisy_machine(void **state)
{
	static const double slower[LINES] = {0.9, 0.9, 0.93, 0.93};
	assert_in_range(alarms_of(*state, slower, 0.05), RUNS * 98 / 100, RUNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_build_held_against_itself_raises_no_alarm),
	    cmocka_unit_test(test_what_is_worse_by_just_the_margin_keeps_the_error_rate_over_all_lines_and_looks),
	    cmocka_unit_test(test_a_tenth_slower_is_found_in_more_than_19_of_20_on_a_noisy_machine),
	};
	return cmocka_run_group_tests_name("gate", tests, make_gate, free_gate);
}
