/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/room.h"

#include <stdlib.h>

int analysis_make_room(int held, double **values, int **numbers)
{
	size_t count = (size_t)held;
	if (count & (count - 1))
		return 0;
	double *more_values = reallocarray(*values, count ? 2 * count : 1, sizeof *more_values);
	if (more_values)
		*values = more_values;
	int *more_numbers = reallocarray(*numbers, count ? 2 * count : 1, sizeof *more_numbers);
	if (more_numbers)
		*numbers = more_numbers;
	return more_values && more_numbers ? 0 : -1;
}
