/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/failure.h"

/* What argp says of bad usage, on the way to stderr; argp_error() itself ends the program. */
struct complaint {
	FILE *stream; /* NULL: the parsing is over */
	char *text;
	size_t bytes;
};

static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bool format = strcmp(argv[i], "--format") == 0 || strcmp(argv[i], "-f") == 0;
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-j") == 0 ||
		    strcmp(argv[i], "--format=json") == 0 || strcmp(argv[i], "-fjson") == 0 ||
		    (format && i + 1 < argc && strcmp(argv[i + 1], "json") == 0))
			return true;
	}
	return false;
}

/* The first line without the program's name; of what getopt(3) says itself nothing is here. */
static const char *message_of(char *text)
{
	char *colon;
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, "Try ", 4) == 0 || !(colon = strstr(text, ": ")))
		return "an option is unknown, or its value is missing or not wanted";
	return colon + 2;
}

static void say(int status, void *data)
{
	struct complaint *complaint = data;
	struct lad_error err = {0};
	if (!complaint->stream)
		return;
	fclose(complaint->stream);
	fputs(complaint->text, stderr);
	if (status != EXIT_SUCCESS) { /* as after --help */
		lad_error_set(&err, (enum lad_exit)status, "%s", message_of(complaint->text));
		lad_failure_print(stdout, &err);
	}
	free(complaint->text);
}

static error_t redirect(int key, char *text, struct argp_state *state)
{
	(void)text;
	struct argp_state *outer = state->input;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->err_stream = outer->err_stream;
	state->child_inputs[0] = outer->input;
	return 0;
}

void lad_usage_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static struct complaint complaint; /* it outlives this call: exit() comes from the middle of it */
	struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
	struct argp around = {.parser = redirect, .children = children};
	if (asks_for_json(argc, argv) && on_exit(say, &complaint) == 0)
		complaint.stream = open_memstream(&complaint.text, &complaint.bytes);
	if (!complaint.stream) {
		argp_parse(argp, argc, argv, 0, NULL, input);
		return;
	}
	struct argp_state outer = {.input = input, .err_stream = complaint.stream};
	argp_parse(&around, argc, argv, 0, NULL, &outer);
	fclose(complaint.stream);
	complaint.stream = NULL;
	free(complaint.text);
}
