/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "netladder/stats.h"

#define FIRST_LOOK 10

static double spent(double information)
{
	return log1p((M_E - 1) * information);
}

void lad_looks_make(int max_blocks, struct lad_looks *looks)
{
	memset(looks, 0, sizeof *looks);
	double before = 0;
	for (int at = FIRST_LOOK; looks->count < LAD_LOOKS_MAX; at = (3 * at + 1) / 2) {
		/* A look shortly before the last one would cost more than it saves. */
		bool last = at * 6 >= max_blocks * 5 || looks->count == LAD_LOOKS_MAX - 1;
		int blocks = last ? max_blocks : at;
		double now = spent((double)blocks / max_blocks);
		looks->blocks[looks->count] = blocks;
		looks->share[looks->count++] = now - before;
		before = now;
		if (last)
			break;
	}
}
