/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nothing is expected of the order: what was measured, pair by pair. */
#include <math.h>
#include <stdlib.h>

#include "analysis/judge.h"
#include "netladder/cleanup.h"

#define PAIRS_MAX (LAD_MODE_COUNT * (LAD_MODE_COUNT - 1) / 2)

const char *lad_pair_name(enum lad_pair_kind kind)
{
	static const char *const names[] = {"left is better", "right is better", "same", "undecided"};
	return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static void estimate(struct lad_pair *pair, const double *logs, bool exact, double level)
{
	struct lad_interval ci = {NAN, NAN};
	if (!exact)
		ci = lad_hodges_lehmann_interval(logs, (size_t)pair->pairs, level);
	pair->ratio = exp(lad_hodges_lehmann(logs, (size_t)pair->pairs));
	pair->ratio_ci = (struct lad_interval){exp(ci.low), exp(ci.high)};
	pair->p_adjusted = NAN;
}

/* The instruction clock has no noise: the margin alone decides. */
static enum lad_pair_kind exact_kind(const struct lad_pair *pair, double margin)
{
	double shift = log(pair->ratio);
	return fabs(shift) <= log1p(margin) ? LAD_PAIR_SAME : shift > 0 ? LAD_PAIR_LEFT : LAD_PAIR_RIGHT;
}

static enum lad_pair_kind tested_kind(struct lad_pair *pair, double different, double same, double alpha)
{
	pair->p_adjusted = different;
	if (same <= alpha) { /* a difference that is sure, but smaller than the margin, is none for who has to choose */
		pair->p_adjusted = same;
		return LAD_PAIR_SAME;
	}
	if (different <= alpha)
		return pair->ratio > 1 ? LAD_PAIR_LEFT : LAD_PAIR_RIGHT;
	return LAD_PAIR_UNDECIDED;
}

/* ROOM for a cell's values. */
static void judge_all(struct lad_group *group, const struct lad_verdict_options *options, double *room)
{
	double different[PAIRS_MAX], same[PAIRS_MAX], edge = log1p(options->margin);
	double share = judge_last_share(group);
	for (int a = 0; a < group->cell_count; a++)
		for (int b = a + 1; b < group->cell_count; b++) {
			const struct lad_cell *left = &group->cells[a], *right = &group->cells[b];
			struct lad_pair *pair = &group->pairs[group->pair_count];
			size_t n = (size_t)judge_pair(group, left, right, room);
			if (n == 0)
				continue;
			*pair = (struct lad_pair){.left = left->mode, .right = right->mode, .pairs = (int)n};
			estimate(pair, room, group->exact, 1 - 0.05 * share);
			different[group->pair_count] =
			    fmin(1, 2 * fmin(lad_signed_rank_p(room, n, 0), lad_signed_rank_less_p(room, n, 0)));
			same[group->pair_count++] = lad_tost_p(room, n, -edge, edge);
		}
	lad_holm(different, (size_t)group->pair_count, different);
	lad_holm(same, (size_t)group->pair_count, same);
	for (int i = 0; i < group->pair_count; i++) {
		struct lad_pair *pair = &group->pairs[i];
		pair->kind = group->exact ? exact_kind(pair, options->margin)
					  : tested_kind(pair, different[i], same[i], options->alpha * share);
	}
}

int judge_pairs(struct lad_group *group, const struct lad_verdict_options *options, struct lad_error *err)
{
	int blocks = 1;
	for (int i = 0; i < group->cell_count; i++)
		blocks = group->cells[i].ok > blocks ? group->cells[i].ok : blocks;
	lad_cleanup_free double *room = calloc((size_t)blocks, sizeof *room);
	group->pairs = calloc(PAIRS_MAX, sizeof *group->pairs);
	if (!room || !group->pairs)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	judge_all(group, options, room);
	return 0;
}
