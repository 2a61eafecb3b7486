/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "netladder/text.h"
#include "netladder/usage.h"

struct arguments {
	const char *path, *expect, *metrics;
	double margin, alpha; /* 0: not given */
	bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'e':
		arguments->expect = text;
		return 0;
	case 'm':
		arguments->margin = command_percent(state, "margin", text, 0.1, 50);
		return 0;
	case 'a':
		arguments->alpha = command_percent(state, "alpha", text, 0.1, 20);
		return 0;
	case 'M':
		arguments->metrics = text;
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path)
			argp_error(state, "one results.csv or folder at a time; '%s' is too many",
				   lad_excerpt(text).text);
		arguments->path = text;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->path)
			argp_error(state, "name a results.csv, or the folder that holds one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"expect", 'e', "ORDER", 0, "The order to judge such as \"host > bridge ~ overlay\"; ~ means equivalent", 0},
    {"margin", 'm', "PERCENT", 0, "Equivalent means within this ratio", 0},
    {"alpha", 'a', "PERCENT", 0, "Error rate of one family of relations", 0},
    COMMAND_METRIC("Columns to judge by"),
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "RESULTS",
    "Judges results that were measured before, each a results.csv or the folder of a run; needs no root and no "
    "network. Options left out are as the scenario.yaml beside the results says; where it expects no order, none is "
    "judged, and what was measured is listed pair by pair. Without a scenario.yaml: host > macvlan ~ ipvlan-l2 > "
    "bridge > overlay, 3% and 5%.\v"
    "Exit: 0 nothing is refuted, 1 a relation is refuted on a workload's main figure, 2 bad usage or file.\n\n"
    "Example:\n  netladder verdict results/2026-11-24T14-30-00Z-ladder --margin 5%",
    NULL,
    NULL,
    NULL};

/* What the command line says goes before what JUDGED holds. */
static int override(struct lad_verdict_options *judged, const struct arguments *arguments,
		    struct lad_relation *relations, struct lad_error *err)
{
	if (arguments->margin > 0)
		judged->margin = arguments->margin;
	if (arguments->alpha > 0)
		judged->alpha = arguments->alpha;
	judged->metrics = arguments->metrics;
	if (lad_metrics_check(arguments->metrics, err) < 0)
		return lad_error_context(err, "--metric");
	if (!arguments->expect)
		return 0;
	judged->relations = relations;
	judged->relation_count = lad_order_parse(arguments->expect, relations, LAD_RELATIONS_MAX, err);
	return judged->relation_count < 0 ? lad_error_context(err, "--expect") : 0;
}

static int judge(const struct arguments *arguments, struct lad_error *err)
{
	struct lad_relation relations[LAD_RELATIONS_MAX];
	char path[PATH_MAX];
	struct lad_table table;
	struct lad_verdict verdict;
	command_results_path(arguments->path, path, sizeof path);
	struct lad_verdict_options judged = command_expected(path, relations);
	if (override(&judged, arguments, relations, err) < 0 || command_table_read(path, &table, err) < 0)
		return (int)err->exit_code;
	command_warn_incomplete(path, &table);
	int status = lad_verdict_make(&table, &judged, &verdict, err);
	lad_table_free(&table);
	if (status < 0)
		return (int)err->exit_code;
	command_print_verdict(&verdict, arguments->json);
	int code = (int)lad_verdict_exit(&verdict);
	lad_verdict_free(&verdict);
	return code;
}

int command_verdict(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {0};
	lad_usage_parse(&argp, argc, argv, &arguments);
	int code = judge(&arguments, err);
	return command_end(arguments.json, code, err);
}
