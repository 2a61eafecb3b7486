/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "agent/core/agent.h"
#include "agent/workload/workload.h"

static const struct workload_ops *const workloads[LAD_WORKLOAD_COUNT] = {
    &agent_tcp_stream, &agent_udp_stream, &agent_tcp_rr, &agent_tcp_crr, &agent_udp_rr, &agent_dns_rr,
};

const struct workload_ops *agent_workload(enum lad_workload_kind kind)
{
	for (size_t i = 0; i < LAD_WORKLOAD_COUNT; i++)
		if (workloads[i]->kind == kind)
			return workloads[i];
	return NULL;
}
