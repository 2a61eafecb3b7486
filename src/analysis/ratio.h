/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_RATIO_H
#define ANALYSIS_RATIO_H

#include <stdbool.h>

#include "netladder/verdict.h"

/*
 * The logarithm of LEFT / RIGHT in *LOG, > 0 where left is better; false where there is none, as of NAN. A figure of 0
 * against a positive one has no logarithm, and is nevertheless the clearest of differences: it counts as one that is
 * larger than any that doubles can have, and whose ratio is 0 or infinite again. Both 0 is no difference.
 */
bool analysis_log_ratio(const struct lad_metric *metric, double left, double right, double *log);

#endif
