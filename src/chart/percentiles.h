/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_PERCENTILES_H
#define CHART_PERCENTILES_H

#include "chart/lines.h"
#include "netladder/histogram.h"

/* The number of nines of a quantile, -log10(1 - q): 0.9 is 1, 0.999 is 3. */
double percentile_nines(double quantile);

/*
 * The curve of HISTOGRAM as percentile plots draw it (HdrHistogram's): x the number of nines of the share of values
 * below a bucket, y that bucket's upper edge in microseconds, clipped to the exact maximum; the last point is the
 * maximum at 1 - 1/total. Nothing for an empty histogram.
 */
int percentile_curve(const struct lad_histogram *histogram, struct line *line);

/* The cumulative distribution: x a bucket's upper edge in microseconds, y the percentage of values up to it. */
int percentile_cdf(const struct lad_histogram *histogram, struct line *line);

#endif
