/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

char *scenarios_file(const char *path)
{
	lad_cleanup_file FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s; run the tests from the repository's root", path);
	char *text = calloc(1, 1 << 17);
	assert_non_null(text);
	text[fread(text, 1, (1 << 17) - 1, file)] = '\0';
	return text;
}

static int parse(const char *text, struct lad_scenario *scenario, struct lad_error *err)
{
	return lad_scenario_parse("test.yaml", text, strlen(text), scenario, err);
}

void scenarios_parse(const char *text, struct lad_scenario *scenario)
{
	struct lad_error err;
	if (parse(text, scenario, &err) < 0)
		fail_msg("%s", err.message);
}

void scenarios_refuse(const char *text, const char *message)
{
	struct lad_scenario scenario;
	struct lad_error err;
	assert_int_equal(parse(text, &scenario, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
}
