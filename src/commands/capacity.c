/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/capacity.h"

#include <argp.h>
#include <cjson/cJSON.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/text.h"
#include "netladder/units.h"
#include "netladder/usage.h"

#define EXPECTATIONS_MAX 16
#define ENVIRONMENT_BYTES_MAX (1 << 20)
#define HOST_CPUS_MAX 4096

struct arguments {
	char results[8192]; /* a comma list */
	struct lad_capacity_question question;
	struct lad_expectation expectations[EXPECTATIONS_MAX];
	struct lad_capacity_view view;
};

static void add_results(struct argp_state *state, struct arguments *arguments, const char *text)
{
	size_t used = strlen(arguments->results);
	if (used + strlen(text) + 2 > sizeof arguments->results)
		argp_error(state, "too many RESULTS");
	snprintf(arguments->results + used, sizeof arguments->results - used, "%s%s", used ? "," : "", text);
}

static void add_need(struct argp_state *state, struct lad_capacity_question *question, const char *text)
{
	struct lad_error err = {0};
	if (question->need_count == LAD_NEEDS_MAX)
		argp_error(state, "--need: valid: at most %d", LAD_NEEDS_MAX);
	if (lad_need_parse(text, &question->needs[question->need_count++], &err) < 0)
		argp_error(state, "--need %s", err.message);
}

static void add_expectation(struct argp_state *state, struct arguments *arguments, const char *text)
{
	struct lad_error err = {0};
	if (arguments->view.expectation_count == EXPECTATIONS_MAX)
		argp_error(state, "--expect: valid: at most %d", EXPECTATIONS_MAX);
	if (lad_expectation_parse(text, &arguments->expectations[arguments->view.expectation_count++], &err) < 0)
		argp_error(state, "--expect %s", err.message);
}

static int whole(struct argp_state *state, const char *option, const char *text, int most)
{
	uint64_t count = 0;
	if (lad_parse_count(text, &count, NULL) < 0 || count < 1 || count > (uint64_t)most)
		argp_error(state, "--%s '%s': valid: a whole number from 1 to %d", option, lad_excerpt(text).text,
			   most);
	return (int)count;
}

static void take_size(struct argp_state *state, struct lad_capacity_question *question, const char *text)
{
	if (lad_parse_bytes(text, &question->message_bytes, NULL) < 0 || question->message_bytes < 1)
		argp_error(state, "--size '%s': valid: bytes such as 1400 or 16KiB", lad_excerpt(text).text);
}

static int take_mode(struct argp_state *state, const char *text)
{
	static const char *const words[] = {
#define WORD(NAME, name, word) word,
	    LAD_MODES(WORD)
#undef WORD
		"all"};
	int mode = command_word(state, "mode", text, words, LAD_MODE_COUNT + 1);
	return mode == LAD_MODE_COUNT ? -1 : mode;
}

static void take_slo(struct argp_state *state, struct lad_capacity_question *question, const char *text)
{
	struct lad_error err = {0};
	if (lad_slo_parse(text, &question->slo, &err) < 0)
		argp_error(state, "--slo %s", err.message);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	static const char *const formats[LAD_CAPACITY_FORMAT_COUNT] = {"text", "json", "markdown"};
	struct arguments *arguments = state->input;
	struct lad_capacity_question *question = &arguments->question;
	switch (key) {
	case 'n':
		add_need(state, question, text);
		return 0;
	case 's':
		take_size(state, question, text);
		return 0;
	case 'l':
		take_slo(state, question, text);
		return 0;
	case 'c':
		question->containers = whole(state, "containers", text, INT_MAX);
		return 0;
	case 'r':
		question->headroom = command_percent(state, "headroom", text, 0, 90);
		return 0;
	case 'p':
		question->host_cpus = whole(state, "host-cpus", text, HOST_CPUS_MAX);
		return 0;
	case 'm':
		arguments->view.mode = take_mode(state, text);
		return 0;
	case 'e':
		add_expectation(state, arguments, text);
		return 0;
	case 'f':
		arguments->view.format =
		    (enum lad_capacity_format)command_word(state, "format", text, formats, LAD_CAPACITY_FORMAT_COUNT);
		return 0;
	case 'v':
		arguments->view.validate = true;
		return 0;
	case ARGP_KEY_ARG:
		add_results(state, arguments, text);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->results[0])
			argp_error(state, "name a results.csv, or the folder that holds one");
		if (question->need_count == 0)
			argp_error(state, "say what is needed: --need 40Gbit, --need 200k/s, or both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
    {"need", 'n', "RATE[@SIZE]", 0, "What is to be carried: 40Gbit of a stream, 200k/s requests; may be repeated", 0},
    {"size", 's', "BYTES", 0, "Of a message, for needs without @SIZE", 0},
    {"slo", 'l', "QUANTILE=TIME", 0, "What requests have to keep to: p99=1ms", 0},
    {"containers", 'c', "N", 0, "That serve at once, each with a client of its own (default 1)", 0},
    {"headroom", 'r', "PERCENT", 0, "The share of the capacity that stays free (default 0%)", 0},
    {"host-cpus", 'p', "N", 0, "CPUs that there will be (default: those of the measured machine)", 0},
    {"mode", 'm', "MODE", 0, "All about one mode; all (default): a line for each", 0},
    {"expect", 'e', "FIGURE<=BOUND", 0, "Exit 1 unless cpus<=8, share<=80%, rate>=200k/s, ...; may be repeated", 0},
    {"format", 'f', "FORMAT", 0, "text (default), json, markdown", 0},
    {"validate", 'v', NULL, 0, "Hold out what was measured, and say how well it is predicted", 0},
    {0},
};

static const struct argp argp = {
    options,
    parse,
    "RESULTS...",
    "Does it fit, and how many CPUs does it take? Answers from results that were measured before, each a results.csv "
    "or the folder of a run of one machine; scenarios/capacity.yaml measures what it needs. Needs no root and no "
    "network.\v"
    "Exit: 0 answered, 1 an expectation is missed, or with --validate the limits, 2 bad usage or file, or what was "
    "asked is too far from what was measured.\n\nExample:\n"
    "  netladder capacity results/*-capacity --need 2Gbit@128KiB --need 20k/s@1400 --containers 8 --headroom 30%",
    NULL,
    NULL,
    NULL};

/* The machine of the first of RESULTS: how many CPUs by its environment.json, and its wire by its scenario.yaml. */
static void read_machine(const char *results, struct lad_capacity_question *question)
{
	char name[PATH_MAX], path[PATH_MAX], folder[PATH_MAX], file[PATH_MAX + 32];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(results, ","), results);
	command_results_path(name, path, sizeof path);
	snprintf(folder, sizeof folder, "%s", path);
	snprintf(file, sizeof file, "%s/environment.json", dirname(folder));
	lad_cleanup_bytes struct lad_bytes text = {0};
	if (lad_file_read(file, ENVIRONMENT_BYTES_MAX, &text, NULL) == 0) {
		cJSON *root = cJSON_Parse((const char *)text.data);
		const cJSON *cpus = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "machine"), "cpus_online");
		if (cJSON_IsNumber(cpus) && cpus->valuedouble >= 1 && cpus->valuedouble <= HOST_CPUS_MAX)
			question->machine_cpus = cpus->valueint;
		cJSON_Delete(root);
	}
	lad_cleanup_free struct lad_scenario *scenario = calloc(1, sizeof *scenario);
	snprintf(folder, sizeof folder, "%s", path);
	snprintf(file, sizeof file, "%s/scenario.yaml", dirname(folder));
	if (scenario && access(file, R_OK) == 0 && lad_scenario_load(file, scenario, NULL) == 0)
		question->wire_bps = scenario->wire_rate_bps;
}

static bool has_mode(const struct lad_capacity *capacity, int mode)
{
	for (int m = 0; m < capacity->mode_count; m++)
		if (mode < 0 || (int)capacity->modes[m].mode == mode)
			return true;
	return false;
}

/* LAD_EXIT_REFUTED when an expectation is missed, or the validation that was asked for. */
static int exit_of(const struct lad_capacity *capacity, const struct arguments *arguments, struct lad_error *err)
{
	int code = LAD_EXIT_OK;
	if (!has_mode(capacity, arguments->view.mode)) {
		lad_error_set(err, LAD_EXIT_USAGE, "--mode %s: it was not measured",
			      lad_mode_name((enum lad_mode)arguments->view.mode));
		return LAD_EXIT_USAGE;
	}
	for (int i = 0; i < arguments->view.expectation_count; i++) {
		char why[128];
		bool holds;
		if (lad_expectation_holds(&arguments->expectations[i], capacity, arguments->view.mode, &holds, why,
					  sizeof why, err) < 0)
			return (int)err->exit_code;
		code = holds ? code : LAD_EXIT_REFUTED;
	}
	if (arguments->view.validate && !lad_capacity_is_validated(capacity, &arguments->view))
		code = LAD_EXIT_REFUTED;
	return code;
}

static int answer(struct arguments *arguments, struct lad_error *err)
{
	struct lad_table table;
	struct lad_capacity *capacity;
	arguments->view.expectations = arguments->expectations;
	if (command_read_results(arguments->results, &table, err) < 0)
		return (int)err->exit_code;
	read_machine(arguments->results, &arguments->question);
	int status = lad_capacity_make(&table, &arguments->question, &capacity, err);
	lad_table_free(&table);
	if (status < 0)
		return (int)err->exit_code;
	int code = exit_of(capacity, arguments, err);
	if (code == LAD_EXIT_OK || code == LAD_EXIT_REFUTED)
		lad_capacity_print(capacity, &arguments->view, stdout);
	lad_capacity_free(capacity);
	return code;
}

int command_capacity(int argc, char **argv, struct lad_error *err)
{
	struct arguments arguments = {.question.containers = 1, .view.mode = -1};
	lad_usage_parse(&argp, argc, argv, &arguments);
	int code = answer(&arguments, err);
	return command_end(arguments.view.format == LAD_CAPACITY_JSON, code, err);
}
