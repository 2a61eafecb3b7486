/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAD_ROW_KEY_H
#define LAD_ROW_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "netladder/mode.h"
#include "netladder/results.h"
#include "netladder/scenario.h"
#include "netladder/tuning.h"

#define LAD_ANY_FLOWS (-1)

/*
 * What makes two rows of results.csv repetitions of one measurement: every factor of the plan. Whoever groups rows, for
 * a verdict, a chart, a comparison or a report, does so by this key, and names the fields that the question leaves
 * open: a ladder compares modes, a sweep compares tunings.
 */
struct lad_row_key {
	enum lad_mode mode;
	enum lad_placement placement;
	enum lad_workload_kind workload;
	enum lad_cpus cpus;
	int64_t message_bytes;
	int flows; /* in a group of a sweep that changes the number: LAD_ANY_FLOWS */
	char options[LAD_OPTIONS_MAX];
	char tuning[LAD_TUNING_NAME_MAX];
	char variant[8];
};

/* The fields of a key as bits, to be left out of a comparison. */
enum lad_row_field {
	LAD_KEY_MODE = 1 << 0,
	LAD_KEY_PLACEMENT = 1 << 1,
	LAD_KEY_WORKLOAD = 1 << 2,
	LAD_KEY_CPUS = 1 << 3,
	LAD_KEY_MESSAGE_BYTES = 1 << 4,
	LAD_KEY_FLOWS = 1 << 5,
	LAD_KEY_OPTIONS = 1 << 6,
	LAD_KEY_TUNING = 1 << 7,
	LAD_KEY_VARIANT = 1 << 8,
};

/* The key of ROW. */
struct lad_row_key lad_row_key_of(const struct lad_row *row);

/*
 * Orders keys by placement, workload, cpus, message_bytes, flows, options, tuning, variant and mode, without the fields
 * in IGNORED (bits of enum lad_row_field). Below, equal to or above 0, as qsort(3) wants it.
 */
int lad_row_key_order(const struct lad_row_key *a, const struct lad_row_key *b, unsigned ignored);

/* Whether A and B are the same measurement apart from the fields in IGNORED. */
bool lad_row_key_same(const struct lad_row_key *a, const struct lad_row_key *b, unsigned ignored);

/* The same for a key and a row. A key's LAD_ANY_FLOWS fits any number of flows. */
bool lad_row_key_fits(const struct lad_row_key *key, const struct lad_row *row, unsigned ignored);

/* The same for two rows. */
int lad_rows_order(const struct lad_row *a, const struct lad_row *b, unsigned ignored);

/*
 * Whether verdicts, ladders and sweeps look at ROW: of the two variants of a comparison of agents or of builds they see
 * variant a alone; variants are compared with each other by lad_compare_variants.
 */
bool lad_row_is_first_variant(const struct lad_row *row);

#endif
