/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/compare.h"

#include <argp.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/text.h"
#include "netladder/usage.h"

struct arguments {
	char *base, *fresh; /* comma lists of files or folders */
	struct lad_compare_options options;
	enum command_format format;
	bool strict, require_all;
};

static void take_file(struct argp_state *state, struct arguments *arguments, char *text)
{
	if (!arguments->base)
		arguments->base = text;
	else if (!arguments->fresh)
		arguments->fresh = text;
	else
		argp_error(state, "BASE and NEW, several of one side joined by commas; '%s' is too many",
			   lad_excerpt(text).text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	switch (key) {
	case 'm':
		arguments->options.margin = command_percent(state, "margin", text, 0.001, 50);
		return 0;
	case 'a':
		arguments->options.alpha = command_percent(state, "alpha", text, 0.1, 20);
		return 0;
	case 'M':
		arguments->options.metrics = text;
		return 0;
	case 'i':
		arguments->options.ignore = text;
		return 0;
	case 'f':
		arguments->format = (enum command_format)command_word(state, "format", text, command_format_names,
								      COMMAND_FORMAT_COUNT);
		return 0;
	case 's':
		arguments->strict = true;
		return 0;
	case 'r':
		arguments->require_all = true;
		return 0;
	case ARGP_KEY_ARG:
		take_file(state, arguments, text);
		return 0;
	case ARGP_KEY_END:
		arguments->options.bootstrap = arguments->format == COMMAND_JSON;
		if (!arguments->base)
			argp_error(state, "name BASE and NEW, or one results.csv or folder of a `run --versus`");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"margin", 'm', "PERCENT", 0, "Worse and better mean by more than this (default 3%)", 0},
    {"alpha", 'a', "PERCENT", 0, "Chance of any false verdict among all lines (default 5%)", 0},
    COMMAND_METRIC("Columns to compare"),
    {"format", 'f', "FORMAT", 0, "table (default), markdown, json, junit, github", 0},
    {"ignore", 'i', "COLUMN,...", 0, "Columns that need not match, such as tuning,mtu", 0},
    {"strict", 's', NULL, 0, "Refuse (exit 2) when kernel, CPU, versions or hashes differ", 0},
    {"require-all", 'r', NULL, 0, "Lines of BASE that NEW lacks fail too (exit 1)", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "BASE[,MORE...] NEW[,MORE...]\nVERSUS",
    "Did it get worse? Matches the rows of two results, each a results.csv or the folder of a run, by what was "
    "measured "
    "and judges each line. One alone with the variants a and b of `run --versus` is compared within itself.\v"
    "Exit: 0 no regression, 1 a line is worse by more than the margin (or missing, with --require-all), 2 bad usage or "
    "file.\n\nExamples:\n"
    "  netladder compare baseline results/new --margin 3%\n"
    "  netladder compare a1.csv,a2.csv b1.csv,b2.csv --format markdown",
    NULL,
    NULL,
    NULL};

/* The environment.json beside the first file of a list; NULL when there is none. Owned by the caller. */
static char *read_environment(const char *list)
{
	char name[PATH_MAX], first[PATH_MAX], path[PATH_MAX + 32];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(list, ","), list);
	command_results_path(name, first, sizeof first);
	snprintf(path, sizeof path, "%s/environment.json", dirname(first));
	lad_cleanup_file FILE *file = fopen(path, "re");
	size_t length = 0, capacity = 1 << 20;
	char *text = file ? calloc(1, capacity + 1) : NULL;
	if (text)
		length = fread(text, 1, capacity, file);
	if (text && length == 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int compare_files(const struct arguments *arguments, struct lad_compare *compare, struct lad_error *err)
{
	struct lad_table base, fresh;
	if (command_read_results(arguments->base, &base, err) < 0)
		return -1;
	if (!arguments->fresh) {
		int status = lad_compare_variants(&base, &arguments->options, compare, err);
		lad_table_free(&base);
		return status < 0 ? lad_error_context(err, "%s", arguments->base) : 0;
	}
	if (command_read_results(arguments->fresh, &fresh, err) < 0) {
		lad_table_free(&base);
		return -1;
	}
	int status =
	    lad_compare_make(&base, arguments->base, &fresh, arguments->fresh, &arguments->options, compare, err);
	lad_table_free(&base);
	lad_table_free(&fresh);
	if (status < 0)
		return -1;
	lad_cleanup_free char *base_json = read_environment(arguments->base);
	lad_cleanup_free char *fresh_json = read_environment(arguments->fresh);
	if (lad_compare_environment(compare, base_json, fresh_json, err) < 0) {
		lad_compare_free(compare);
		return -1;
	}
	return 0;
}

/* Names the first grave difference: what --strict refuses. */
static int refuse(const struct lad_compare *compare, struct lad_error *err)
{
	for (int i = 0; i < compare->difference_count; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		if (difference->grave)
			return lad_error_set(err, LAD_EXIT_USAGE, "--strict: %s differs: %s | %s (%d such differences)",
					     difference->what, difference->base, difference->fresh,
					     lad_compare_grave(compare));
	}
	return 0;
}

static int compare_and_print(const struct arguments *arguments, struct lad_error *err)
{
	struct lad_compare compare;
	if (compare_files(arguments, &compare, err) < 0)
		return (int)err->exit_code;
	int code = (int)lad_compare_exit(&compare, arguments->require_all);
	if (arguments->strict && refuse(&compare, err) < 0)
		code = (int)err->exit_code;
	else
		command_print_compare(&compare, arguments->format, arguments->require_all);
	lad_compare_free(&compare);
	return code;
}

int command_compare(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {.options = {.margin = 0.03, .alpha = 0.05}};
	lad_usage_parse(&argp, argc, argv, &arguments);
	int code = compare_and_print(&arguments, err);
	return command_end(arguments.format == COMMAND_JSON, code, err);
}
