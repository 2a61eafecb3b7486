/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_SCALE_H
#define CHART_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#define SCALE_TICKS_MAX 64

/*
 * An axis from LOW to HIGH whose ticks are "nice" numbers: 1, 2 or 5 times a power of ten, or on a logarithmic axis
 * the powers of ten (or of two) and, when there are few, what lies between.
 */
struct scale {
	double low, high;
	bool logarithmic;
	int decimals; /* that a tick's label needs */
	double ticks[SCALE_TICKS_MAX];
	int tick_count;
};

/* The smallest nice axis from zero that holds MAXIMUM with about TICKS steps (Heckbert, Graphics Gems, 1990). */
struct scale scale_from_zero(double maximum, int ticks);

/* The same around both LOW and HIGH, which need not hold zero. */
struct scale scale_around(double low, double high, int ticks);

/* A logarithmic axis around LOW and HIGH (both > 0) whose ends are ticks 1, 2 or 5 times a power of ten. */
struct scale scale_log(double low, double high);

/*
 * An axis that ends at the first and the last of the COUNT ascending VALUES and has its ticks at them: for a factor
 * that was set to these values. Logarithmic when all are > 0 and the last is at least 8 times the first.
 */
struct scale scale_of_values(const double *values, int count);

/* Where VALUE stands between 0 (low) and 1 (high); outside for a value outside. */
double scale_position(const struct scale *scale, double value);

/* The tick's label: "20", "0.5", "2 k", "1.5 M" as the axis' magnitude asks. */
void scale_label(const struct scale *scale, double tick, char *out, size_t size);

#endif
