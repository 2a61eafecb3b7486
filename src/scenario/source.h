/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SCENARIO_SOURCE_H
#define NETLADDER_SCENARIO_SOURCE_H

/* A scenario's text as a tree of YAML nodes that know where they stand, and complaints that say so. */

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "netladder/error.h"
#include "scenario/schema.h"

struct scenario_source {
	const char *name; /* the file's, for messages */
	const char *text;
	size_t length;
	yaml_document_t document;
	bool has_document;
	struct lad_error *err;
};

/* Where a value stands: as people read it ("workloads[2].flows", from 1), and as the rows know it
 * ("workloads[].flows"). */
struct scenario_path {
	char shown[128];
	char key[64];
};

/* Reads the text into source->document: one document, no aliases, no tags, not deep. Closed by source_close. */
int source_open(struct scenario_source *source);
void source_close(struct scenario_source *source);

/* Sets the error to "NAME:LINE:COLUMN: PATH: message" with LAD_EXIT_USAGE. Returns -1. PATH may be "". */
int source_complain(const struct scenario_source *source, yaml_mark_t mark, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same of KEY in entry INDEX, from 0, of LIST: at "LIST[INDEX + 1].KEY", or at the entry itself where KEY is "". */
int source_complain_entry(struct scenario_source *source, const char *list, unsigned index, const char *key,
			  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The place of the value at PATH ("workloads[2].flows"), or of the nearest value around it. */
yaml_mark_t source_find(struct scenario_source *source, const char *path);

/* Holds the document against the schema and the rows: keys, types, words, numbers and their ranges. */
int source_check(struct scenario_source *source);

/*
 * The checked document as plain YAML in *TEXT (the caller frees it), where each word that stands for a list is one.
 */
int source_normalise(struct scenario_source *source, unsigned char **text, size_t *length);

#endif
