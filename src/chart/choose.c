/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/chart.h"

enum lad_chart_kind lad_chart_choose(const struct lad_chart_request *request)
{
	(void)request;
	return LAD_CHART_LADDER;
}
