/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_PLACE_H
#define CHART_PLACE_H

#include <stdbool.h>

/*
 * Moves the COUNT label positions Y (any order) as little as possible, in the sense of least squares, so that
 * neighbours are at least GAP apart and all lie between LOW and HIGH: isotonic regression by pooling adjacent
 * violators (Barlow et al. 1972) of y_i - i * GAP. Their order stays. When there is no room for all they are spread
 * evenly over LOW to HIGH.
 */
void place_labels(double *y, int count, double gap, double low, double high);

#define PLACE_MAX 64

/* A label that belongs to the point X, Y and is WIDTH x HEIGHT; LEFT, BOTTOM is the corner that it got. */
struct place_label {
	double x, y, width, height;
	double left, bottom;
	bool led; /* it stands apart: a line should lead to it */
};

/*
 * Puts each label beside its point, near before far and right before left, above and below, where it meets neither an
 * earlier label nor one of the OBSTACLES (points: squares of SIZE), inside of the rectangle LOW_X, LOW_Y to HIGH_X,
 * HIGH_Y. When there is no free place the one that meets the fewest is taken.
 */
void place_beside(struct place_label *labels, int count, const double (*obstacles)[2], int obstacle_count, double size,
		  const double bounds[4]);

#endif
