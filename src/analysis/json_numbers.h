/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_JSON_NUMBERS_H
#define ANALYSIS_JSON_NUMBERS_H

#include <cjson/cJSON.h>
#include <math.h>

#include "netladder/stats.h"

/* JSON knows no NAN: what does not apply is null. */
static inline void analysis_add_number(cJSON *object, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, name, value);
	else
		cJSON_AddNullToObject(object, name);
}

static inline void analysis_add_interval(cJSON *object, const char *name, struct lad_interval interval)
{
	cJSON *pair = cJSON_AddObjectToObject(object, name);
	analysis_add_number(pair, "low", interval.low);
	analysis_add_number(pair, "high", interval.high);
}

#endif
