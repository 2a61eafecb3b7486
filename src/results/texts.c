/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts that many rows share, each kept once: a hash table that only grows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "results/columns.h"

struct lad_texts {
	char **places; /* NULL: free */
	size_t size, held;
};

static size_t place_of(const struct lad_texts *texts, const char *text)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
	size_t place = hash % texts->size;
	while (texts->places[place] && strcmp(texts->places[place], text) != 0)
		place = (place + 1) % texts->size;
	return place;
}

static int grow(struct lad_texts *texts)
{
	struct lad_texts larger = {.size = texts->size ? 2 * texts->size : 64, .held = texts->held};
	larger.places = calloc(larger.size, sizeof *larger.places);
	if (!larger.places)
		return -1;
	for (size_t i = 0; i < texts->size; i++)
		if (texts->places[i])
			larger.places[place_of(&larger, texts->places[i])] = texts->places[i];
	free(texts->places);
	*texts = larger;
	return 0;
}

const char *results_keep_text(struct lad_texts **all, const char *text)
{
	if (!*text)
		return "";
	struct lad_texts *texts = *all ? *all : calloc(1, sizeof *texts);
	if (!texts)
		return NULL;
	*all = texts;
	if (2 * texts->held >= texts->size && grow(texts) < 0)
		return NULL;
	size_t place = place_of(texts, text);
	if (!texts->places[place]) {
		texts->places[place] = strdup(text);
		texts->held += texts->places[place] != NULL;
	}
	return texts->places[place];
}

void results_free_texts(struct lad_texts *texts)
{
	if (!texts)
		return;
	for (size_t i = 0; i < texts->size; i++)
		free(texts->places[i]);
	free(texts->places);
	free(texts);
}
