/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "commands/commands.h"
#include "netladder/columns.h"
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

const char *command_column_word(struct argp_state *state, const char *column, const char *text)
{
	const char *words[LAD_COLUMN_WORDS_MAX];
	const struct lad_file_about *results = &lad_files_about[0];
	for (size_t i = 0; i < results->column_count; i++)
		if (strcmp(results->columns[i].name, column) == 0)
			command_word(state, column, text, words, lad_column_words(&results->columns[i], words));
	return text;
}
