/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/results.h"

/* A table that is taken has rows with words that exist; one that is refused names the file. */
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
	} else {
		for (int i = 0; i < table.row_count; i++)
			if (*lad_mode_name(table.rows[i].mode) == '?' ||
			    *lad_workload_name(table.rows[i].workload) == '?')
				abort();
		lad_table_free(&table);
	}
	fclose(in);
}
