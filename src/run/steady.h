/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_STEADY_H
#define RUN_STEADY_H

#include <stddef.h>

/*
 * Where the steady state begins in a series of COUNT values that were measured one after the other: the number of
 * values to leave out at the front, at most half of them. The rule is the marginal standard error's (MSER, K. P. White,
 * An effective truncation heuristic for bias reduction in simulation output, Simulation 69(6), 1997): the cut that
 * makes the standard error of the rest's mean smallest, because a start-up that still disturbs costs more than the
 * values that are given up. 0 with fewer than STEADY_LEAST values: too few to tell.
 */
#define STEADY_LEAST 5
size_t steady_cut(const double *values, size_t count);

#endif
