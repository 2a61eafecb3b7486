/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "analysis/compare.h"

const char *lad_change_name(enum lad_change change)
{
	static const char *const names[] = {"better", "same", "worse", "unknown", "missing", "new", "not compared"};
	return (unsigned)change < LAD_CHANGE_COUNT ? names[change] : "?";
}

const char *lad_pairing_name(enum lad_pairing pairing)
{
	static const char *const names[] = {"paired blocks", "independent runs", "exact"};
	return (unsigned)pairing < LAD_PAIRING_COUNT ? names[pairing] : "?";
}

void compare_value(const struct lad_compare_line *line, const struct lad_compare_side *side, char *out, size_t size)
{
	double magnitude = fabs(side->median);
	int digits = magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3;
	if (side->ok == 0)
		snprintf(out, size, "%s", side->skipped ? "skipped" : side->failed ? "failed" : "-");
	else
		snprintf(out, size, "%.*f %s", lad_decimals(magnitude, digits), side->median, line->metric->unit);
}

static double percent(double ratio, int decimals)
{
	return lad_no_minus_zero((ratio - 1) * 100, decimals);
}

void compare_delta(const struct lad_compare_line *line, char *out, size_t size)
{
	struct lad_interval ci = line->ratio_ci;
	out[0] = '\0';
	if (isinf(line->ratio))
		snprintf(out, size, "from 0");
	else if (!isfinite(line->ratio))
		return;
	else if (line->pairing == LAD_EXACT)
		snprintf(out, size, "%+.4f %%", percent(line->ratio, 4));
	else if (isfinite(ci.low) && isfinite(ci.high))
		snprintf(out, size, "%+.2f %% [%+.2f, %+.2f]", percent(line->ratio, 2), percent(ci.low, 2),
			 percent(ci.high, 2));
	else
		snprintf(out, size, "%+.2f %%", percent(line->ratio, 2));
}

bool compare_is_normal(const struct lad_compare_line *line)
{
	return (line->pairing == LAD_PAIRED && line->pairs > LAD_SIGNED_RANK_EXACT_MAX) ||
	       (line->pairing == LAD_INDEPENDENT && line->base.ok && line->fresh.ok &&
		line->base.ok + line->fresh.ok > LAD_RANK_SUM_EXACT_MAX);
}

void compare_remark(const struct lad_compare_line *line, char *out, size_t size)
{
	char blocks[80] = "", spread[80] = "", more[80] = "";
	if (line->base.ok && line->fresh.ok && line->pairing == LAD_PAIRED)
		snprintf(blocks, sizeof blocks, "%d paired blocks", line->pairs);
	else if (line->base.ok && line->fresh.ok && line->pairing == LAD_INDEPENDENT)
		snprintf(blocks, sizeof blocks, "%d against %d blocks", line->base.ok, line->fresh.ok);
	if (line->run_spread > 0.001)
		snprintf(spread, sizeof spread, "; runs of one side differ by %.1f %%, added to the margin",
			 line->run_spread * 100);
	if (line->change == LAD_UNKNOWN && line->blocks_needed > 0)
		snprintf(more, sizeof more, "; about %d more block%s would decide", line->blocks_needed,
			 line->blocks_needed == 1 ? "" : "s");
	else if (line->change == LAD_UNKNOWN)
		snprintf(more, sizeof more, "; no number of blocks in reach would decide");
	snprintf(out, size, "%s%s%s%s%s", blocks, blocks[0] && line->why[0] ? ": " : "", line->why, more, spread);
}

void lad_compare_summary(const struct lad_compare *compare, char *out, size_t size)
{
	const int *counts = compare->counts;
	size_t used = (size_t)snprintf(out, size, "%d of %d worse by more than %g %%, %d better, %d same, %d unknown",
				       counts[LAD_WORSE], compare->line_count, compare->margin * 100,
				       counts[LAD_BETTER], counts[LAD_SAME], counts[LAD_UNKNOWN]);
	for (int change = LAD_MISSING; change < LAD_CHANGE_COUNT; change++)
		if (counts[change] && used < size)
			used += (size_t)snprintf(out + used, size - used, ", %d %s", counts[change],
						 lad_change_name((enum lad_change)change));
	if (used < size)
		snprintf(out + used, size - used, ".");
}

int lad_compare_grave(const struct lad_compare *compare)
{
	int grave = 0;
	for (int i = 0; i < compare->difference_count; i++)
		grave += compare->differences[i].grave;
	return grave;
}

enum lad_exit lad_compare_exit(const struct lad_compare *compare, bool require_all)
{
	bool failed = compare->counts[LAD_WORSE] > 0 || (require_all && compare->counts[LAD_MISSING] > 0);
	return failed ? LAD_EXIT_REFUTED : LAD_EXIT_OK;
}
