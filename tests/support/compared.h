/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_COMPARED_H
#define SUPPORT_COMPARED_H

/* Made-up results, and what `compare` says of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netladder/compare.h"

extern const struct lad_compare_options compared_usual;

/* What a test says of one combination: tcp_rr in MODE at RATE, in run RUN, as VARIANT. */
struct compared_series {
	const char *run, *variant;
	enum lad_mode mode;
	double rate, spread; /* rate 0: skipped */
};

/* A row more in TABLE, of the native lab's default tuning; borrowed until the next one. */
struct lad_row *compared_row(struct lad_table *table);
/* BLOCKS rows of SERIES more, in blocks from 1 on. */
void compared_append(struct lad_table *table, struct compared_series series, int blocks, unsigned *seed);
/* The comparison of the two; what fails, fails the test. */
struct lad_compare compared(const struct lad_table *base, const struct lad_table *fresh,
			    const struct lad_compare_options *options);
const struct lad_compare_line *compared_line(const struct lad_compare *made, enum lad_mode mode);
/* host equal, macvlan worse, bridge missing, overlay new, ipvlan skipped on both sides. */
struct lad_compare compared_mixed(struct lad_table *base, struct lad_table *fresh);

#endif
