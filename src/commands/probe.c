/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/text.h"
#include "netladder/usage.h"

struct finding {
	enum lad_lab_kind lab;
	enum lad_mode mode;
	bool usable;
	struct lad_error error; /* why it is not; empty when it is */
};

#define FINDINGS_MAX (LAD_LAB_COUNT * LAD_MODE_COUNT)

struct arguments {
	bool json;
	const char *hosts;
};

/* Every mode of every lab that this build has (with SCENARIO: of the docker lab alone); returns how many. */
static int find_all(const struct lad_scenario *scenario, struct finding *findings)
{
	int count = 0;
	for (int lab = 0; lab < LAD_LAB_COUNT; lab++) {
		const struct lab_ops *ops = lad_lab_of((enum lad_lab_kind)lab);
		if (scenario && lab != LAD_LAB_DOCKER)
			continue;
		for (int mode = 0; ops && mode < LAD_MODE_COUNT; mode++) {
			struct finding *finding = &findings[count++];
			const struct finding *host = finding - mode;
			*finding = (struct finding){.lab = (enum lad_lab_kind)lab, .mode = (enum lad_mode)mode};
			/* A lab that cannot even be without networks is not asked again: an engine that does not answer
			 * would be waited for once a mode. */
			if (mode > LAD_MODE_HOST && !host->usable) {
				*finding = *host;
				finding->mode = (enum lad_mode)mode;
				continue;
			}
			finding->usable = ops->probe(scenario, finding->mode, &finding->error) == 0;
		}
	}
	return count;
}

enum { OPTION_HOSTS = 1000 };

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	if (key == 'j' || key == OPTION_HOSTS) {
		if (key == 'j')
			arguments->json = true;
		else
			arguments->hosts = text;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected argument '%s'", lad_excerpt(text).text);
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {"hosts", OPTION_HOSTS, "ENGINE,...", 0, "Look at these Docker Engines, and at nothing else", 0},
    {0}};

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Says which network modes each lab can measure here; those of the native lab are tried for real in throw-away\n"
    "namespaces.\v"
    "Exit: 0 at least one is usable, 3 none is.",
    NULL,
    NULL,
    NULL};

static void print_json(const struct finding *findings, int count)
{
	cJSON *array = cJSON_CreateArray();
	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "lab", lad_lab_name(findings[i].lab));
		cJSON_AddStringToObject(object, "mode", lad_mode_name(findings[i].mode));
		cJSON_AddBoolToObject(object, "usable", findings[i].usable);
		cJSON_AddStringToObject(object, "why", findings[i].error.message);
		cJSON_AddStringToObject(object, "remedy", findings[i].error.remedy);
		cJSON_AddItemToArray(array, object);
	}
	lad_cleanup_free char *text = cJSON_Print(array);
	cJSON_Delete(array);
	puts(text ? text : "[]");
}

static void print_table(const struct finding *findings, int count)
{
	printf("%-8s %-10s %-7s %s\n", "lab", "mode", "usable", "why not, and what makes it usable");
	for (int i = 0; i < count; i++) {
		printf("%-8s %-10s %-7s %s\n", lad_lab_name(findings[i].lab), lad_mode_name(findings[i].mode),
		       findings[i].usable ? "yes" : "no", findings[i].error.message);
		if (findings[i].error.remedy[0])
			printf("%-27s try: %s\n", "", findings[i].error.remedy);
	}
}

int command_probe(int argc, char **argv, struct lad_error *err)
{
	bool any = false;
	struct arguments arguments = {0};
	struct finding findings[FINDINGS_MAX];
	lad_usage_parse(&argp, argc, argv, &arguments);
	lad_cleanup_free struct lad_scenario *scenario = NULL;
	if (arguments.hosts) {
		scenario = calloc(1, sizeof *scenario);
		if (!scenario)
			return LAD_EXIT_UNABLE;
		if (command_parse_engines(arguments.hosts, &scenario->docker, err) < 0)
			return command_end(arguments.json, (int)err->exit_code, err);
	}
	int count = find_all(scenario, findings);
	if (arguments.json)
		print_json(findings, count);
	else
		print_table(findings, count);
	for (int i = 0; i < count; i++)
		any |= findings[i].usable;
	return any ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
}
