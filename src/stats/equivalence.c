/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

double lad_signed_rank_less_p(const double *values, size_t n, double centre)
{
	lad_cleanup_free double *mirrored = calloc(n + 1, sizeof *mirrored);
	if (!mirrored)
		return NAN;
	for (size_t i = 0; i < n; i++)
		mirrored[i] = -values[i];
	return lad_signed_rank_p(mirrored, n, -centre);
}

double lad_tost_p(const double *values, size_t n, double low, double high)
{
	return fmax(lad_signed_rank_p(values, n, low), lad_signed_rank_less_p(values, n, high));
}

double lad_rank_sum_less_p(const double *x, size_t m, const double *y, size_t n, double shift)
{
	return lad_rank_sum_p(y, n, x, m, -shift);
}

double lad_rank_sum_tost_p(const double *x, size_t m, const double *y, size_t n, double low, double high)
{
	return fmax(lad_rank_sum_p(x, m, y, n, low), lad_rank_sum_less_p(x, m, y, n, high));
}
