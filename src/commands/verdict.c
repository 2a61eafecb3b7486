/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "commands/commands.h"

struct arguments {
	const char *path, *expect;
	double margin, alpha;
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
	case 'j':
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->path)
			argp_error(state, "one results.csv or folder at a time; '%s' is too many", text);
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
    {"expect", 'e', "ORDER", 0, "The order to judge (default \"" DOCUMENTED_ORDER "\"; ~ means equivalent)", 0},
    {"margin", 'm', "PERCENT", 0, "Equivalent means within this ratio (default 3%)", 0},
    {"alpha", 'a', "PERCENT", 0, "Error rate of one family of relations (default 5%)", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "RESULTS",
    "Judges results that were measured before, each a results.csv or the folder of a run; needs no root and no "
    "network.\v"
    "Exit: 0 nothing is refuted, 1 a relation is refuted on a workload's main figure, 2 bad usage or file.\n\n"
    "Example:\n  netladder verdict results/2026-11-24T14-30-00Z-ladder --margin 5%",
    NULL,
    NULL,
    NULL};

int command_verdict(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {.expect = DOCUMENTED_ORDER, .margin = 0.03, .alpha = 0.05};
	struct lad_relation relations[LAD_RELATIONS_MAX];
	char path[PATH_MAX];
	struct lad_table table;
	struct lad_verdict verdict;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	int count = lad_order_parse(arguments.expect, relations, LAD_RELATIONS_MAX, err);
	if (count < 0) {
		lad_error_context(err, "--expect");
		return (int)err->exit_code;
	}
	command_results_path(arguments.path, path, sizeof path);
	if (lad_table_read(path, &table, err) < 0)
		return (int)err->exit_code;
	struct lad_verdict_options judged = {relations, count, arguments.margin, arguments.alpha};
	int status = lad_verdict_make(&table, &judged, &verdict, err);
	lad_table_free(&table);
	if (status < 0)
		return (int)err->exit_code;
	struct lad_print_options print = command_print_options(stdout);
	if (arguments.json)
		lad_verdict_print_json(&verdict, stdout);
	else
		lad_verdict_print(&verdict, &print, stdout);
	int code = (int)lad_verdict_exit(&verdict);
	lad_verdict_free(&verdict);
	return code;
}
