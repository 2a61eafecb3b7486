/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands/columns.h"

#include <argp.h>

#include "commands/commands.h"
#include "netladder/text.h"
#include "netladder/usage.h"

static const char *const format_names[] = {"text", "markdown", "json"};
static void (*const formats[])(FILE *out) = {columns_print_text, columns_print_markdown, columns_print_json};
#define FORMAT_COUNT (int)(sizeof formats / sizeof *formats)

static error_t parse(int key, char *text, struct argp_state *state)
{
	int *format = state->input;
	switch (key) {
	case 'f':
		*format = command_word(state, "format", text, format_names, FORMAT_COUNT);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text (default); markdown: docs/columns.md; json: a schema for programs", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Says what each column of results.csv, samples.csv and histograms.csv means, its unit and when it is empty; and "
    "which metrics --metric takes, their units and which way is better.\v"
    "Exit: 0 printed, 2 bad usage.\n\n"
    "Examples:\n"
    "  netladder columns | less\n"
    "  netladder columns --format json >schema.json",
    NULL,
    NULL,
    NULL};

int command_columns(int argc, char **argv, struct lad_error *err)
{
	int format = 0;
	(void)err;
	lad_usage_parse(&argp, argc, argv, &format);
	formats[format](stdout);
	return LAD_EXIT_OK;
}
