/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "netladder/compare.h"

/* The rows behind one line: BASE and FRESH are the tables that its sides' `rows` point into. */
struct compare_tables {
	const struct lad_table *base, *fresh;
};

/* Logarithms, greater is better: of paired ratios (x alone), or of the fresh (x) and the base side (y). */
struct compare_sample {
	double *x, *y; /* owned */
	int *x_rows, *y_rows;
	size_t m, n;
	bool paired;
};

/* Fills LINE's partners (compare_sample.c). Returns how many there are, -1 without memory. */
int compare_find_partners(struct lad_compare_line *line, const struct compare_tables *tables);
/* The sample of the blocks up to LIMIT; -1 without memory. */
int compare_take_sample(const struct lad_compare_line *line, const struct compare_tables *tables, int limit,
			struct compare_sample *sample);
void compare_free_sample(struct compare_sample *sample);
/* The largest difference between the medians of two runs of one side. */
double compare_run_spread(const double *values, const int *rows, size_t count, const struct lad_table *table);

/* Judges every line whose sides are filled: pairing, ratio, interval, change (compare_judge.c). */
int compare_judge(struct lad_compare *compare, const struct compare_tables *tables, struct lad_error *err);
/* Fills medians_ci of the paired lines, which are judged. */
int compare_bootstrap(struct lad_compare *compare, struct lad_error *err);

/* Adds as differences what the rows themselves say of kernel, CPU, lab and clock (compare_environment.c). */
int compare_rows(struct lad_compare *compare, const struct compare_tables *tables);

/* Cells of the outputs (compare_text.c): "101.2 k/s", "-0.31 % [-0.92, +0.36]"; "" where there is nothing. */
void compare_value(const struct lad_compare_line *line, const struct lad_compare_side *side, char *out, size_t size);
void compare_delta(const struct lad_compare_line *line, char *out, size_t size);
/* "paired blocks, 12 pairs": how the line was judged, and why it came out so. */
void compare_remark(const struct lad_compare_line *line, char *out, size_t size);

/* Whether there were too many blocks to count the distribution of the test, which was then taken to be normal. */
bool compare_is_normal(const struct lad_compare_line *line);

#endif
