/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/place.h"

#include <math.h>

/* The order of Y, lowest first; equal ones stay in the order in which they came. */
static void sort_order(const double *y, int count, int *order)
{
	for (int i = 0; i < count; i++) {
		int at = i;
		for (; at > 0 && y[order[at - 1]] > y[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void place_labels(double *y, int count, double gap, double low, double high)
{
	int order[PLACE_MAX], size[PLACE_MAX], pools = 0;
	double mean[PLACE_MAX];
	count = count > PLACE_MAX ? PLACE_MAX : count;
	if (count < 1)
		return;
	sort_order(y, count, order);
	if ((count - 1) * gap > high - low)
		gap = count > 1 ? (high - low) / (count - 1) : 0;
	for (int i = 0; i < count; i++) {
		mean[pools] = y[order[i]] - i * gap;
		size[pools++] = 1;
		while (pools > 1 && mean[pools - 2] >= mean[pools - 1]) {
			int joined = size[pools - 2] + size[pools - 1];
			mean[pools - 2] =
			    (mean[pools - 2] * size[pools - 2] + mean[pools - 1] * size[pools - 1]) / joined;
			size[pools - 2] = joined;
			pools--;
		}
	}
	/* The shifted positions ascend, so clipping them keeps every gap. */
	double top = high - (count - 1) * gap;
	for (int pool = 0, i = 0; pool < pools; pool++)
		for (int j = 0; j < size[pool]; j++, i++)
			y[order[i]] = fmin(fmax(mean[pool], low), top) + i * gap;
}
