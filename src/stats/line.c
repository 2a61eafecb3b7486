/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>
#include <sys/types.h>

#include "netladder/cleanup.h"
#include "netladder/fit.h"

/* The weighted mean of the ratios Y / BASE (1 where there is none): a line of one part. */
static double one_part(const double *base, const double *y, const double *weights, size_t count)
{
	double above = 0, below = 0;
	for (size_t i = 0; i < count; i++) {
		double by = base ? base[i] : 1;
		above += weights[i] * by * y[i];
		below += weights[i] * by * by;
	}
	return above / below;
}

static bool usable(const double *x, const double *y, size_t count)
{
	bool differ = false;
	for (size_t i = 0; i < count; i++) {
		if (!(y[i] > 0) || !isfinite(y[i]) || !isfinite(x[i]))
			return false;
		differ |= x[i] != x[0];
	}
	return differ;
}

int lad_line_fit(const double *x, const double *y, size_t count, struct lad_line *line)
{
	double fixed, slope, covariance[3], squares;
	lad_cleanup_free double *weights = count ? calloc(count, sizeof *weights) : NULL;
	if (!weights || count < 2 || !usable(x, y, count))
		return -1;
	for (size_t i = 0; i < count; i++)
		weights[i] = 1 / (y[i] * y[i]);
	gsl_fit_wlinear(x, 1, weights, 1, y, 1, count, &fixed, &slope, &covariance[0], &covariance[1], &covariance[2],
			&squares);
	if (slope < 0)
		*line = (struct lad_line){one_part(NULL, y, weights, count), 0};
	else if (fixed < 0)
		*line = (struct lad_line){0, one_part(x, y, weights, count)};
	else
		*line = (struct lad_line){fixed, slope};
	return 0;
}

double lad_line_at(const struct lad_line *line, double x)
{
	return line->fixed + line->slope * x;
}

static double between(enum lad_straight straight, double x0, double y0, double x1, double y1, double at)
{
	if (straight == LAD_STRAIGHT_PLAIN)
		return y0 + (y1 - y0) * (at - x0) / (x1 - x0);
	if (straight == LAD_STRAIGHT_INVERSE)
		return 1 / (1 / y0 + (1 / y1 - 1 / y0) * (at - x0) / (x1 - x0));
	return y0 * pow(y1 / y0, log(at / x0) / log(x1 / x0));
}

double lad_interpolate(enum lad_straight straight, const double *x, const double *y, size_t count, double at)
{
	ssize_t below = -1;
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(y[i]))
			continue;
		if (x[i] == at)
			return y[i];
		if (x[i] > at)
			return below < 0 ? NAN : between(straight, x[below], y[below], x[i], y[i], at);
		below = (ssize_t)i;
	}
	return NAN;
}
