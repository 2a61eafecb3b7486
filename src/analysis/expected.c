/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/verdict.h"

static const struct lad_relation documented[] = {{LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_GREATER},
						 {LAD_MODE_MACVLAN, LAD_MODE_IPVLAN_L2, LAD_EQUIVALENT},
						 {LAD_MODE_IPVLAN_L2, LAD_MODE_BRIDGE, LAD_GREATER},
						 {LAD_MODE_BRIDGE, LAD_MODE_OVERLAY, LAD_GREATER}};

const struct lad_verdict_options lad_documented = {documented, sizeof documented / sizeof *documented, 0.03, 0.05,
						   NULL};

struct lad_verdict_options lad_scenario_expected(const struct lad_scenario *scenario)
{
	return (struct lad_verdict_options){scenario->relations, scenario->relation_count, scenario->margin,
					    scenario->alpha, NULL};
}
