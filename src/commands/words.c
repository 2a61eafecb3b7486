/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "commands/commands.h"
#include "netladder/text.h"

int command_word(struct argp_state *state, const char *option, const char *text, const char *const *words, int count)
{
	char valid[256];
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	lad_join(valid, sizeof valid, words, (size_t)count);
	argp_error(state, "--%s '%s': valid: %s", option, lad_excerpt(text).text, valid);
	return 0;
}
