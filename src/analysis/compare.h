/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "netladder/compare.h"

/* The rows behind one line: BASE and FRESH are the tables that its sides' `rows` point into. */
struct compare_tables {
	const struct lad_table *base, *fresh;
};

/* Judges every line whose sides are filled: pairing, ratio, interval, change (compare_judge.c). */
int compare_judge(struct lad_compare *compare, const struct compare_tables *tables, struct lad_error *err);
/* Fills medians_ci of the paired lines, which are judged. */
int compare_bootstrap(struct lad_compare *compare, const struct compare_tables *tables, struct lad_error *err);

/* Adds as differences what the rows themselves say of kernel, CPU, lab and clock (compare_environment.c). */
int compare_rows(struct lad_compare *compare, const struct compare_tables *tables);

/* Cells of the outputs (compare_text.c): "101.2 k/s", "-0.31 % [-0.92, +0.36]"; "" where there is nothing. */
void compare_value(const struct lad_compare_line *line, const struct lad_compare_side *side, char *out, size_t size);
void compare_delta(const struct lad_compare_line *line, char *out, size_t size);
/* "paired blocks, 12 pairs": how the line was judged, and why it came out so. */
void compare_remark(const struct lad_compare_line *line, char *out, size_t size);

#endif
