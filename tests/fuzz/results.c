/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/results.h"
#include "netladder/text.h"

static void check_safe(const char *text)
{
	size_t length;
	for (; *text; text += length) {
		int32_t character = lad_text_character(text, &length);
		if (character < 0 || lad_text_is_control(character))
			abort();
	}
}

/* Words that exist, texts that are safe for a terminal, and numbers that can be written and read again. */
static void check_row(const struct lad_row *row)
{
	char text[LAD_TUNING_TEXT_MAX];
	if (*lad_mode_name(row->mode) == '?' || *lad_workload_name(row->workload) == '?')
		abort();
	for (int column = 0; lad_column_name(column); column++) {
		lad_row_text(row, column, text, sizeof text);
		check_safe(text);
		if (lad_column_is_number(column) && !text[0] && isfinite(lad_row_metric(row, lad_column_name(column))))
			abort();
	}
}

/* A table that is taken has rows that are right; one that is refused names the file. */
void fuzz_results(const uint8_t *data, size_t size)
{
	struct lad_table table = {0};
	struct lad_error err = {0};
	if (size == 0)
		return; /* fmemopen(3) does not take it */
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!in)
		abort();
	if (lad_table_read_stream("fuzz.csv", in, &table, &err) < 0) {
		if (err.exit_code != LAD_EXIT_USAGE || strncmp(err.message, "fuzz.csv", 8) != 0)
			abort();
		check_safe(err.message);
	} else {
		for (int i = 0; i < table.row_count; i++)
			check_row(&table.rows[i]);
		lad_table_free(&table);
	}
	fclose(in);
}
