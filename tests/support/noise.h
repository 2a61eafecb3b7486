/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_NOISE_H
#define SUPPORT_NOISE_H

#include <stdlib.h>

/* Irwin-Hall: nearly normal, mean 0, variance 1. */
static inline double noise(unsigned *seed)
{
	double sum = 0;
	for (int i = 0; i < 12; i++)
		sum += (double)rand_r(seed) / RAND_MAX;
	return sum - 6;
}

#endif
