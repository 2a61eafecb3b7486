/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <stdio.h>

#include "commands/commands.h"
#include "netladder/tuning.h"

static error_t parse(int key, char *text, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_error(state, "unexpected argument '%s'", text);
	return 0;
}

static const struct argp argp = {NULL,
				 parse,
				 NULL,
				 "Puts back what a killed run has left changed: sysctls of this machine "
				 "(allow_host_tuning), from the journal that the "
				 "run wrote before it changed them.\v"
				 "Exit: 0 clean, 3 something could not be put back.\n\n"
				 "Example:\n  sudo netladder clean",
				 NULL,
				 NULL,
				 NULL};

/* Each says on stdout what it mends. Returns how much that was, or -1. */
static int (*const cleaners[])(FILE *out, struct lad_error *err) = {lad_machine_clean};

int command_clean(int argc, char **argv, struct lad_error *err)
{
	int mended = 0;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	for (size_t i = 0; i < sizeof cleaners / sizeof *cleaners; i++) {
		int count = cleaners[i](stdout, err);
		if (count < 0)
			return (int)err->exit_code;
		mended += count;
	}
	if (mended == 0)
		puts("Nothing to clean up.");
	return LAD_EXIT_OK;
}
