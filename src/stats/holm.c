/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/stats.h"

void lad_holm(const double *p, size_t n, double *adjusted)
{
	lad_cleanup_free size_t *order = calloc(n + 1, sizeof *order);
	lad_cleanup_free double *result = calloc(n + 1, sizeof *result);
	if (!order || !result) { /* no correction can be made: nothing may be called significant */
		for (size_t i = 0; i < n; i++)
			adjusted[i] = NAN;
		return;
	}
	gsl_sort_index(order, p, 1, n);
	double running = 0;
	for (size_t step = 0; step < n; step++) {
		running = fmax(running, (double)(n - step) * p[order[step]]);
		result[order[step]] = fmin(running, 1);
	}
	for (size_t i = 0; i < n; i++)
		adjusted[i] = result[i];
}
