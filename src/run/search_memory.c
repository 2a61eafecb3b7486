/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "netladder/row_key.h"
#include "run/search_run.h"

/* What searches have found before, to begin there. */
struct search_memory {
	struct lad_row_key key;
	double lower, upper;
	struct search_memory *next; /* owned */
};

static struct search_memory *recall(const struct run *run, const struct lad_row *row)
{
	struct search_memory *at = run->memory;
	while (at && !lad_row_key_fits(&at->key, row, 0))
		at = at->next;
	return at;
}

struct lad_search_hint search_recall(const struct run *run, const struct lad_row *row)
{
	const struct search_memory *known = recall(run, row);
	return known ? (struct lad_search_hint){known->lower, known->upper} : (struct lad_search_hint){0, 0};
}

int search_remember(struct run *run, const struct lad_row *row, struct lad_error *err)
{
	if (!row->goal[0] || !(row->load_lower_per_s > 0) || !(row->load_upper_per_s > 0))
		return 0;
	struct search_memory *known = recall(run, row);
	if (!known) {
		known = calloc(1, sizeof *known);
		if (!known)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the searches");
		known->key = lad_row_key_of(row);
		known->next = run->memory;
		run->memory = known;
	}
	known->lower = row->load_lower_per_s;
	known->upper = row->load_upper_per_s;
	return 0;
}

void search_forget(struct run *run)
{
	while (run->memory) {
		struct search_memory *next = run->memory->next;
		free(run->memory);
		run->memory = next;
	}
}
