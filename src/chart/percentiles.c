/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/percentiles.h"

#include <math.h>

double percentile_nines(double quantile)
{
	return -log10(1 - quantile);
}

static double edge_us(const struct lad_histogram *histogram, int bucket)
{
	return fmin((double)lad_histogram_high(bucket), (double)histogram->max_ns) / 1000;
}

int percentile_curve(const struct lad_histogram *histogram, struct line *line)
{
	double total = (double)histogram->total, below = 0;
	bool first = true;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++) {
		double count = (double)histogram->counts[bucket];
		if (!(count > 0))
			continue;
		double y = edge_us(histogram, bucket);
		/* The bucket holds the quantiles from `below` to `below + count`: its value is reached at the first. */
		struct line_point point = line_point_at(percentile_nines(first ? 0 : below / total), y);
		if (line_add(line, point) < 0)
			return -1;
		first = false;
		below += count;
	}
	if (first)
		return 0;
	for (int nines = 0; nines < LINE_MARKS_MAX && pow(10, -nines) * total >= 1; nines++)
		line->marks[line->mark_count++] =
		    line_point_at(nines, (double)lad_histogram_quantile(histogram, 1 - pow(10, -nines)) / 1000);
	struct line_point last =
	    line_point_at(percentile_nines(1 - 1 / fmax(total, 2)), (double)histogram->max_ns / 1000);
	return line_add(line, last);
}

int percentile_cdf(const struct lad_histogram *histogram, struct line *line)
{
	double total = (double)histogram->total, below = 0;
	for (int i = 1; i < 4 && total > 0; i++)
		line->marks[line->mark_count++] =
		    line_point_at((double)lad_histogram_quantile(histogram, i / 4.0) / 1000, 25.0 * i);
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++) {
		double count = (double)histogram->counts[bucket];
		if (!(count > 0))
			continue;
		if (!(below > 0)) {
			struct line_point start = line_point_at((double)histogram->min_ns / 1000, 0);
			if (line_add(line, start) < 0)
				return -1;
		}
		below += count;
		struct line_point point = line_point_at(edge_us(histogram, bucket), 100 * below / total);
		if (line_add(line, point) < 0)
			return -1;
	}
	return 0;
}
