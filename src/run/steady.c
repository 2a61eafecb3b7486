/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/steady.h"

#include <math.h>

/* Sum of squared deviations from the mean, over the square of the count: the squared standard error, up to n/(n-1). */
static double marginal_error(const double *values, size_t count)
{
	double mean = 0, squares = 0;
	for (size_t i = 0; i < count; i++)
		mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return squares / ((double)count * (double)count);
}

size_t steady_cut(const double *values, size_t count)
{
	size_t best = 0;
	if (count < STEADY_LEAST)
		return 0;
	double least = marginal_error(values, count);
	for (size_t cut = 1; cut <= count / 2; cut++) {
		double error = marginal_error(values + cut, count - cut);
		if (error < least) {
			least = error;
			best = cut;
		}
	}
	return best;
}
