/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/plan.h"
#include "netladder/scenario.h"

/* A scenario that is taken is within its limits and makes a plan; one that is refused says why and where. */
void fuzz_scenario(const uint8_t *data, size_t size)
{
	struct lad_scenario scenario;
	struct lad_error err = {0};
	struct lad_plan plan = {0};
	struct lad_plan_options options = {.blocks = 1};
	if (lad_scenario_parse("fuzz.yaml", (const char *)data, size, &scenario, &err) < 0) {
		if (err.exit_code != LAD_EXIT_USAGE || strncmp(err.message, "fuzz.yaml:", 10) != 0)
			abort();
		return;
	}
	if (scenario.mode_count < 1 || scenario.workload_count < 1 || scenario.workload_count > LAD_WORKLOADS_MAX)
		abort();
	if (lad_plan_make(&scenario, &options, &plan, &err) < 0 || plan.trial_count < 1)
		abort();
	lad_plan_free(&plan);
}
