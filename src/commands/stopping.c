/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands/stopping.h"

#include <stdio.h>

#include "commands/commands.h"

static int read_results(const struct stopping *until, struct lad_table *table, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/results.csv", until->directory);
	return lad_table_read(path, table, err);
}

static int compare(const struct stopping *until, bool bootstrap, struct lad_compare *made, struct lad_error *err)
{
	struct lad_table table;
	struct lad_compare_options options = {.margin = until->scenario->margin,
					      .alpha = until->scenario->alpha,
					      .metrics = until->metrics,
					      .bootstrap = bootstrap};
	if (read_results(until, &table, err) < 0)
		return -1;
	int status = lad_compare_variants(&table, &options, made, err);
	lad_table_free(&table);
	return status;
}

static int versus_decided(const struct stopping *until, struct lad_error *err)
{
	struct lad_compare made;
	if (compare(until, false, &made, err) < 0)
		return -1;
	int decided = lad_compare_decided(&made, until->scenario->precision);
	lad_compare_free(&made);
	return decided;
}

static int order_decided(const struct stopping *until, struct lad_error *err)
{
	const struct lad_scenario *scenario = until->scenario;
	struct lad_verdict_options options = lad_scenario_expected(scenario);
	struct lad_table table;
	struct lad_verdict verdict;
	if (read_results(until, &table, err) < 0)
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
	const struct stopping *until = data;
	struct lad_looks looks;
	lad_looks_make(until->plan->blocks, &looks);
	for (int i = 0; i < looks.count; i++)
		if (looks.blocks[i] == block)
			return until->plan->variants ? versus_decided(until, err) : order_decided(until, err);
	return 0; /* between two looks nothing may be decided */
}

int stopping_print_versus(const struct stopping *until, bool json, struct lad_error *err)
{
	struct lad_compare made;
	if (compare(until, json, &made, err) < 0)
		return (int)err->exit_code;
	command_print_compare(&made, json ? COMMAND_JSON : COMMAND_TABLE, false);
	int code = (int)lad_compare_exit(&made, false);
	lad_compare_free(&made);
	return code;
}
