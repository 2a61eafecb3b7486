/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/row_key.h"

#include <string.h>

/* A key whose texts are another's: rows are compared without copying them. */
struct view {
	enum lad_mode mode;
	enum lad_placement placement;
	enum lad_workload_kind workload;
	enum lad_cpus cpus;
	int64_t message_bytes;
	int flows;
	const char *options, *tuning, *variant;
};

#define VIEW(of)                                                                                                       \
	((struct view){(of)->mode, (of)->placement, (of)->workload, (of)->cpus, (of)->message_bytes, (of)->flows,      \
		       (of)->options, (of)->tuning, (of)->variant})

struct lad_row_key lad_row_key_of(const struct lad_row *row)
{
	struct lad_row_key key = {.mode = row->mode,
				  .placement = row->placement,
				  .workload = row->workload,
				  .cpus = row->cpus,
				  .message_bytes = row->message_bytes,
				  .flows = row->flows};
	_Static_assert(sizeof key.options >= sizeof row->options && sizeof key.tuning >= sizeof row->tuning &&
			   sizeof key.variant >= sizeof row->variant,
		       "a row's texts fit");
	strcpy(key.options, row->options);
	strcpy(key.tuning, row->tuning);
	strcpy(key.variant, row->variant);
	return key;
}

#define COMPARE(field, member)                                                                                         \
	if (!(ignored & (field)) && a->member != b->member)                                                            \
	return a->member < b->member ? -1 : 1
#define COMPARE_TEXT(field, compare, member)                                                                           \
	if (!(ignored & (field)) && (order = compare(a->member, b->member)) != 0)                                      \
	return order

static int order_of(const struct view *a, const struct view *b, unsigned ignored)
{
	int order;
	COMPARE(LAD_KEY_PLACEMENT, placement);
	COMPARE(LAD_KEY_WORKLOAD, workload);
	COMPARE(LAD_KEY_CPUS, cpus);
	COMPARE(LAD_KEY_MESSAGE_BYTES, message_bytes);
	COMPARE(LAD_KEY_FLOWS, flows);
	COMPARE_TEXT(LAD_KEY_OPTIONS, strverscmp, options); /* pairs=2 before pairs=16 */
	COMPARE_TEXT(LAD_KEY_TUNING, strcmp, tuning);
	COMPARE_TEXT(LAD_KEY_VARIANT, strcmp, variant);
	COMPARE(LAD_KEY_MODE, mode);
	return 0;
}

int lad_row_key_order(const struct lad_row_key *a, const struct lad_row_key *b, unsigned ignored)
{
	struct view one = VIEW(a), other = VIEW(b);
	return order_of(&one, &other, ignored);
}

bool lad_row_key_same(const struct lad_row_key *a, const struct lad_row_key *b, unsigned ignored)
{
	return lad_row_key_order(a, b, ignored) == 0;
}

bool lad_row_key_fits(const struct lad_row_key *key, const struct lad_row *row, unsigned ignored)
{
	struct view wanted = VIEW(key), found = VIEW(row);
	return order_of(&wanted, &found, key->flows == LAD_ANY_FLOWS ? ignored | LAD_KEY_FLOWS : ignored) == 0;
}

int lad_rows_order(const struct lad_row *a, const struct lad_row *b, unsigned ignored)
{
	struct view one = VIEW(a), other = VIEW(b);
	return order_of(&one, &other, ignored);
}

bool lad_row_is_first_variant(const struct lad_row *row)
{
	return strcmp(row->variant, "b") != 0;
}
