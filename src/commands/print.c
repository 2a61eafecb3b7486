/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "commands/commands.h"
#include "netladder/failure.h"

const char *const command_format_names[COMMAND_FORMAT_COUNT] = {
    [COMMAND_TABLE] = "table", [COMMAND_MARKDOWN] = "markdown", [COMMAND_JSON] = "json",
    [COMMAND_JUNIT] = "junit", [COMMAND_GITHUB] = "github",
};

void command_print_verdict(const struct lad_verdict *verdict, bool json)
{
	struct lad_print_options print = command_print_options(stdout);
	if (json)
		lad_verdict_print_json(verdict, stdout);
	else
		lad_verdict_print(verdict, &print, stdout);
}

void command_print_compare(const struct lad_compare *compare, enum command_format format, bool require_all)
{
	struct lad_print_options print = command_print_options(stdout);
	switch (format) {
	case COMMAND_MARKDOWN:
		lad_compare_print_markdown(compare, stdout);
		return;
	case COMMAND_JSON:
		lad_compare_print_json(compare, stdout);
		return;
	case COMMAND_JUNIT:
		lad_compare_print_junit(compare, require_all, stdout);
		return;
	case COMMAND_GITHUB:
		lad_compare_print_github(compare, require_all, stdout);
		return;
	default:
		lad_compare_print(compare, &print, stdout);
	}
}

int command_end(bool json, int code, const struct lad_error *err)
{
	if (json && err->message[0])
		lad_failure_print(stdout, err);
	return code;
}
