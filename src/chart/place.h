/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_PLACE_H
#define CHART_PLACE_H

/*
 * Moves the COUNT label positions Y (any order) as little as possible, in the sense of least squares, so that
 * neighbours are at least GAP apart and all lie between LOW and HIGH: isotonic regression by pooling adjacent
 * violators (Barlow et al. 1972) of y_i - i * GAP. Their order stays. When there is no room for all they are spread
 * evenly over LOW to HIGH.
 */
void place_labels(double *y, int count, double gap, double low, double high);

#define PLACE_MAX 64

#endif
