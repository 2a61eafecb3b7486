/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/loopback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/units.h"

static double measure(const struct lad_trial_context *context, enum lad_workload_kind kind,
		      struct run_loopback *loopback)
{
	lad_cleanup_free struct lad_histogram *latency = calloc(1, sizeof *latency);
	const struct lad_workload workload = {.kind = kind, .cpus = LAD_CPUS_SHARED, .message_bytes = 1, .flows = 1};
	const struct lad_trial trial = {.number = 1,
					.block = 1,
					.mode = LAD_MODE_HOST,
					.placement = LAD_SAME_HOST,
					.workload = &workload,
					.tuning = &lad_no_tuning};
	struct lad_trial_context brief = *context;
	brief.warmup_ns = 30 * LAD_NS_PER_MS;
	brief.duration_ns = 100 * LAD_NS_PER_MS;
	brief.observer = NULL;
	brief.samples = NULL;
	struct lad_row row;
	lad_row_clear(&row);
	if (!latency || lad_trial_run(&brief, &trial, &row, latency, NULL) != LAD_TRIAL_DONE)
		return NAN;
	snprintf(loopback->backend, sizeof loopback->backend, "%s", row.agent_backend);
	return row.latency_p50_us;
}

void run_loopback_measure(const struct lad_trial_context *context, struct run_loopback *loopback)
{
	*loopback = (struct run_loopback){.tcp_p50_us = NAN, .udp_p50_us = NAN};
	if (context->lab->ops->lab != LAD_LAB_NATIVE)
		return;
	loopback->tcp_p50_us = measure(context, LAD_TCP_RR, loopback);
	loopback->udp_p50_us = measure(context, LAD_UDP_RR, loopback);
}
