/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/ratio.h"

#include <math.h>

/* The logarithms of doubles lie within 750, and exp() of half of this is 0, or infinite, too. */
#define COLLAPSE 1e4

bool analysis_log_ratio(const struct lad_metric *metric, double left, double right, double *log_ratio)
{
	if (!(left >= 0) || !(right >= 0) || isinf(left) || isinf(right))
		return false;
	double value = left > 0 && right > 0 ? log(left / right) : left > 0 ? COLLAPSE : right > 0 ? -COLLAPSE : 0;
	if (isinf(value)) /* a quotient beyond the range of doubles */
		value = log(left) - log(right);
	*log_ratio = metric->lower_is_better ? -value : value;
	return true;
}
