/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "netladder/lab.h"

#define OPS(NAME, name, word) &lad_lab_##name,
static const struct lab_ops *const known[LAD_LAB_COUNT] = {LAD_LABS(OPS)};

const struct lab_ops *lad_lab_of(enum lad_lab_kind lab)
{
	for (int i = 0; i < LAD_LAB_COUNT; i++)
		if (known[i]->lab == lab)
			return known[i];
	return NULL;
}

int64_t lad_lab_estimate_ns(const struct lab_ops *lab, const struct lad_scenario *scenario, const struct lad_plan *plan)
{
	return lab->estimate_ns ? lab->estimate_ns(scenario, plan) : lad_plan_estimate_ns(plan);
}
