/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands/stopping.h"

#include <stdio.h>

#include "commands/commands.h"

static int read_results(const struct stopping *stopping, struct lad_table *table, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/results.csv", stopping->directory);
	return lad_table_read(path, table, err);
}

static int compare(const struct stopping *stopping, bool bootstrap, struct lad_compare *made, struct lad_error *err)
{
	struct lad_table table;
	struct lad_compare_options options = {.margin = stopping->scenario->margin,
					      .alpha = stopping->scenario->alpha,
					      .metrics = stopping->metrics,
					      .bootstrap = bootstrap};
	if (read_results(stopping, &table, err) < 0)
		return -1;
	int status = lad_compare_variants(&table, &options, made, err);
	lad_table_free(&table);
	return status;
}

static int versus_decided(const struct stopping *stopping, struct lad_error *err)
{
	struct lad_compare made;
	if (compare(stopping, false, &made, err) < 0)
		return -1;
	int decided = lad_compare_decided(&made, stopping->scenario->precision);
	lad_compare_free(&made);
	return decided;
}

static int order_decided(const struct stopping *stopping, struct lad_error *err)
{
	const struct lad_scenario *scenario = stopping->scenario;
	struct lad_verdict_options options = lad_scenario_expected(scenario);
	struct lad_table table;
	struct lad_verdict verdict;
	if (read_results(stopping, &table, err) < 0)
		return -1;
	int status = lad_verdict_make(&table, &options, &verdict, err);
	lad_table_free(&table);
	if (status < 0)
		return -1;
	int decided = lad_verdict_decided(&verdict, scenario->precision);
	lad_verdict_free(&verdict);
	return decided;
}

int stop_when_decided(int block, void *data, struct lad_error *err)
{
	const struct stopping *stopping = data;
	struct lad_looks looks;
	lad_looks_make(stopping->plan->blocks, &looks);
	for (int i = 0; i < looks.count; i++)
		if (looks.blocks[i] == block)
			return stopping->plan->variants ? versus_decided(stopping, err) : order_decided(stopping, err);
	return 0; /* between two looks nothing may be decided */
}

int stopping_print_versus(const struct stopping *stopping, bool json, struct lad_error *err)
{
	struct lad_compare made;
	if (compare(stopping, json, &made, err) < 0)
		return (int)err->exit_code;
	command_print_compare(&made, json ? COMMAND_JSON : COMMAND_TABLE, false);
	int code = (int)lad_compare_exit(&made, false);
	lad_compare_free(&made);
	return code;
}
