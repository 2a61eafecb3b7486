/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/scale.h"

#include <math.h>

struct scale scale_from_zero(double maximum, int ticks)
{
	if (!(maximum > 0) || !isfinite(maximum))
		maximum = 1;
	double rough = maximum / ticks;
	double power = pow(10, floor(log10(rough)));
	double fraction = rough / power;
	double step = (fraction <= 1.0000001 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10) * power;
	struct scale scale = {.step = step, .top = step * ceil(maximum / step - 1e-9)};
	double digits = -floor(log10(step) + 1e-9);
	scale.decimals = digits > 0 ? (int)digits : 0;
	return scale;
}
