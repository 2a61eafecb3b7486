/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "agent/core/agent.h"
#include "agent/workload/workload.h"

#define OPS(NAME, name, word) &agent_##name,
static const struct workload_ops *const workloads[LAD_WORKLOAD_COUNT] = {LAD_WORKLOADS(OPS)};

const struct workload_ops *agent_workload(enum lad_workload_kind kind)
{
	for (size_t i = 0; i < LAD_WORKLOAD_COUNT; i++)
		if (workloads[i]->kind == kind)
			return workloads[i];
	return NULL;
}
