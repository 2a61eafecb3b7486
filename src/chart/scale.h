/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_SCALE_H
#define CHART_SCALE_H

/* An axis from zero to TOP with ticks at multiples of STEP, all "nice" numbers: 1, 2 or 5 times a power of ten. */
struct scale {
	double top, step;
	int decimals; /* that a tick's label needs */
};

/* The smallest nice axis that holds MAXIMUM with about TICKS steps (Heckbert, Graphics Gems, 1990). */
struct scale scale_from_zero(double maximum, int ticks);

#endif
