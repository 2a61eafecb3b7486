/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "netladder/compare.h"
#include "netladder/verdict.h"

/* Whether an interval of ratios or of positive values reaches no further than PRECISION to either side. */
static bool is_precise(struct lad_interval interval, double precision)
{
	return interval.low > 0 && log(interval.high / interval.low) / 2 <= log1p(precision);
}

static bool group_decided(const struct lad_group *group, double precision)
{
	for (int i = 0; i < group->judgement_count; i++) {
		const struct lad_judgement *judgement = &group->judgements[i];
		if (judgement->verdict == LAD_INCONCLUSIVE && !is_precise(judgement->ratio_ci, precision))
			return false;
	}
	for (int i = 0; i < group->cell_count && group->judgement_count == 0; i++)
		if (group->cells[i].ok && !is_precise(group->cells[i].median_ci, precision))
			return false;
	return true;
}

bool lad_verdict_decided(const struct lad_verdict *verdict, double precision)
{
	for (int i = 0; i < verdict->group_count; i++)
		if (verdict->groups[i].primary && !group_decided(&verdict->groups[i], precision))
			return false;
	return true;
}

bool lad_compare_decided(const struct lad_compare *compare, double precision)
{
	for (int i = 0; i < compare->line_count; i++) {
		const struct lad_compare_line *line = &compare->lines[i];
		if (line->change == LAD_UNKNOWN && !is_precise(line->ratio_ci, precision))
			return false;
	}
	return true;
}
