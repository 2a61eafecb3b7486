/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/judge.h"

#include <gsl/gsl_statistics_double.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ratio.h"
#include "netladder/cleanup.h"

/* The p values of one relation's tests, before correction. */
struct tests {
	double stated;	 /* of the relation as stated */
	double opposite; /* of its contrary: right is better, or the ratio is outside the margin */
	double equal;	 /* `>` only: within the margin by two one-sided tests */
};

static const struct lad_cell *find_cell(const struct lad_group *group, enum lad_mode mode)
{
	for (int i = 0; i < group->cell_count; i++)
		if (group->cells[i].mode == mode)
			return &group->cells[i];
	return NULL;
}

static bool measured(const struct lad_group *group, enum lad_mode mode)
{
	const struct lad_cell *cell = find_cell(group, mode);
	return cell && cell->ok > 0;
}

int judge_pair(const struct lad_group *group, const struct lad_cell *left, const struct lad_cell *right, double *logs)
{
	return judge_pair_until(group, left, right, INT_MAX, logs);
}

int judge_pair_until(const struct lad_group *group, const struct lad_cell *left, const struct lad_cell *right,
		     int limit, double *logs)
{
	int pairs = 0;
	for (int i = 0, j = 0; i < left->ok && left->blocks[i] <= limit; i++) { /* both are in block order */
		while (j < right->ok && right->blocks[j] < left->blocks[i])
			j++;
		if (j < right->ok && right->blocks[j] == left->blocks[i] &&
		    analysis_log_ratio(group->metric, left->values[i], right->values[j], &logs[pairs]))
			pairs++;
	}
	return pairs;
}

static struct tests run_tests(enum lad_relation_sign sign, const double *logs, size_t n, double margin)
{
	double edge = log1p(margin), equal = lad_tost_p(logs, n, -edge, edge);
	if (sign == LAD_GREATER)
		return (struct tests){lad_signed_rank_p(logs, n, 0), lad_signed_rank_less_p(logs, n, 0), equal};
	double outside = 2 * fmin(lad_signed_rank_p(logs, n, edge), lad_signed_rank_less_p(logs, n, -edge));
	return (struct tests){equal, fmin(outside, 1), 1};
}

static void estimate(struct lad_judgement *judgement, const double *logs, double level)
{
	size_t n = (size_t)judgement->pairs;
	struct lad_interval interval = lad_hodges_lehmann_interval(logs, n, level);
	judgement->ratio = exp(lad_hodges_lehmann(logs, n));
	judgement->ratio_ci = (struct lad_interval){exp(interval.low), exp(interval.high)};
}

/* How many more blocks would decide, at the level that is left to one of RELATIONS in Holm's first step. */
static int further_blocks(const struct lad_judgement *judgement, const double *logs, double margin, double alpha,
			  int relations)
{
	size_t n = (size_t)judgement->pairs;
	double level = alpha / relations;
	double shift = log(judgement->ratio);
	double sd = n > 1 ? gsl_stats_sd(logs, 1, n) : 0;
	double edge = log1p(margin);
	/* What is nearer to a decision: that there is a difference, or that there is none beyond the margin. */
	double room = edge - fabs(shift);
	double distance = judgement->relation.sign == LAD_GREATER ? fmax(fabs(shift), room) : fabs(room);
	int needed = lad_blocks_needed(distance, sd, level);
	if (needed < 0)
		return -1;
	/* Noise can hide what the estimate calls decided: ask for at least a few more. */
	return needed > judgement->pairs ? needed - judgement->pairs : 3;
}

/* Takes what the tests say at level ALPHA; a relation that an earlier look decided stays so. */
static void decide(struct lad_judgement *judgement, const struct tests *adjusted, double shift, double alpha,
		   double margin)
{
	bool greater = judgement->relation.sign == LAD_GREATER;
	if (judgement->verdict != LAD_INCONCLUSIVE)
		return;
	judgement->p_adjusted = adjusted->stated;
	if (adjusted->stated <= alpha) {
		judgement->verdict = LAD_CONFIRMED;
	} else if (adjusted->opposite <= alpha) {
		judgement->verdict = LAD_REFUTED;
		judgement->p_adjusted = adjusted->opposite;
		snprintf(judgement->why, sizeof judgement->why, "%s is better",
			 lad_mode_name(shift < 0 ? judgement->relation.right : judgement->relation.left));
	} else if (greater && adjusted->equal <= alpha) {
		judgement->verdict = LAD_REFUTED;
		judgement->p_adjusted = adjusted->equal;
		snprintf(judgement->why, sizeof judgement->why, "equal within %g %%", margin * 100);
	}
}

static void bridge_over(struct lad_judgement *judgement, enum lad_mode mode)
{
	size_t used = strlen(judgement->bridged_over);
	judgement->bridged = true;
	snprintf(judgement->bridged_over + used, sizeof judgement->bridged_over - used, "%s%s", used ? ", " : "",
		 lad_mode_name(mode));
}

/*
 * The stated chain with the unmeasured modes taken out: a ~ b > c without b is a > c, any `>` on the way winning. A
 * relation without a measured end is kept as not measured. Returns the number of judgements.
 */
static int chain(const struct lad_group *group, const struct lad_verdict_options *options,
		 struct lad_judgement *judgements)
{
	int count = 0;
	bool open = false; /* the last judgement still looks for its right end */
	for (int i = 0; i < options->relation_count; i++) {
		const struct lad_relation *relation = &options->relations[i];
		bool joined = open && judgements[count - 1].relation.right == relation->left;
		if (!joined) {
			judgements[count] = (struct lad_judgement){.relation = *relation, .ratio = NAN};
			count++;
		} else {
			struct lad_judgement *last = &judgements[count - 1];
			bridge_over(last, relation->left);
			last->relation.right = relation->right;
			if (relation->sign == LAD_GREATER)
				last->relation.sign = LAD_GREATER;
		}
		open = measured(group, judgements[count - 1].relation.left) && !measured(group, relation->right);
	}
	return count;
}

static void not_measured(const struct lad_group *group, struct lad_judgement *judgement)
{
	enum lad_mode missing =
	    measured(group, judgement->relation.left) ? judgement->relation.right : judgement->relation.left;
	judgement->verdict = LAD_NOT_MEASURED;
	judgement->ratio = judgement->p_adjusted = NAN;
	judgement->ratio_ci = (struct lad_interval){NAN, NAN};
	snprintf(judgement->why, sizeof judgement->why, "%s was not measured", lad_mode_name(missing));
}

/* Takes Holm's correction over one kind of test. */
static void correct(struct tests *tests, int count, size_t offset)
{
	double p[LAD_RELATIONS_MAX] = {0};
	for (int i = 0; i < count; i++)
		memcpy(&p[i], (char *)&tests[i] + offset, sizeof p[i]);
	lad_holm(p, (size_t)count, p);
	for (int i = 0; i < count; i++)
		memcpy((char *)&tests[i] + offset, &p[i], sizeof p[i]);
}

/* The relations of a group that have both ends, and room for the logarithms of one. */
struct tested {
	struct lad_judgement *judgements[LAD_RELATIONS_MAX];
	int count;
	double *logs;
};

static int pairs_until(const struct lad_group *group, const struct lad_judgement *judgement, int limit, double *logs)
{
	const struct lad_cell *left = find_cell(group, judgement->relation.left);
	const struct lad_cell *right = find_cell(group, judgement->relation.right);
	return left && right ? judge_pair_until(group, left, right, limit, logs) : 0;
}

/* One look at the blocks up to LIMIT, with ALPHA over all relations. */
static void look(const struct lad_group *group, const struct tested *tested, int limit, double alpha, double margin)
{
	struct tests tests[LAD_RELATIONS_MAX];
	double shifts[LAD_RELATIONS_MAX];
	for (int i = 0; i < tested->count; i++) {
		size_t n = (size_t)pairs_until(group, tested->judgements[i], limit, tested->logs);
		tests[i] = run_tests(tested->judgements[i]->relation.sign, tested->logs, n, margin);
		shifts[i] = lad_hodges_lehmann(tested->logs, n);
	}
	correct(tests, tested->count, offsetof(struct tests, stated));
	correct(tests, tested->count, offsetof(struct tests, opposite));
	correct(tests, tested->count, offsetof(struct tests, equal));
	for (int i = 0; i < tested->count; i++)
		decide(tested->judgements[i], &tests[i], shifts[i], alpha, margin);
}

static int highest_block(const struct lad_group *group)
{
	int highest = 0;
	for (int i = 0; i < group->cell_count; i++)
		for (int j = 0; j < group->cells[i].ok; j++)
			highest = group->cells[i].blocks[j] > highest ? group->cells[i].blocks[j] : highest;
	return highest;
}

double judge_last_share(const struct lad_group *group)
{
	struct lad_looks looks;
	int held = highest_block(group), last = 0;
	if (group->max_blocks < 1)
		return 1;
	lad_looks_make((int)group->max_blocks, &looks);
	while (last + 1 < looks.count && looks.blocks[last + 1] <= held)
		last++;
	return looks.share[last];
}

/* Every look that was made: all blocks at once, or those of the schedule. Returns the last one's share of alpha. */
static double look_at_all(const struct lad_group *group, const struct tested *tested, double alpha, double margin)
{
	struct lad_looks looks;
	if (group->max_blocks < 1) {
		look(group, tested, INT_MAX, alpha, margin);
		return 1;
	}
	int held = highest_block(group), made = 0;
	lad_looks_make((int)group->max_blocks, &looks);
	do
		look(group, tested, looks.blocks[made], alpha * looks.share[made], margin);
	while (++made < looks.count && looks.blocks[made] <= held);
	return looks.share[made - 1];
}

/*
 * The instruction clock gives the same figure each time, so a ratio is what it is: no sample, no test, and one block
 * says it all. Several blocks differ in hash tables and ports; then their middle is judged.
 */
static void judge_exactly(struct lad_judgement *judgement, const double *logs, double margin)
{
	double shift = lad_hodges_lehmann(logs, (size_t)judgement->pairs);
	bool greater = judgement->relation.sign == LAD_GREATER;
	bool holds = greater ? shift > 0 : fabs(shift) <= log1p(margin);
	judgement->verdict = holds ? LAD_CONFIRMED : LAD_REFUTED;
	judgement->ratio = exp(shift);
	judgement->ratio_ci = (struct lad_interval){NAN, NAN};
	judgement->p_adjusted = NAN;
	if (!holds && shift == 0)
		snprintf(judgement->why, sizeof judgement->why, "equal, to the instruction");
	else if (!holds)
		snprintf(judgement->why, sizeof judgement->why, "%s is better",
			 lad_mode_name(shift < 0 ? judgement->relation.right : judgement->relation.left));
}

static void judge_all(struct lad_group *group, const struct lad_verdict_options *options, double *logs)
{
	struct tested tested = {.logs = logs};
	for (int i = 0; i < group->judgement_count; i++) {
		struct lad_judgement *judgement = &group->judgements[i];
		judgement->verdict = LAD_INCONCLUSIVE;
		judgement->pairs = pairs_until(group, judgement, INT_MAX, logs);
		if (judgement->pairs && group->exact)
			judge_exactly(judgement, logs, options->margin);
		else if (judgement->pairs)
			tested.judgements[tested.count++] = judgement;
		else
			not_measured(group, judgement);
	}
	if (group->exact)
		return;
	double share = look_at_all(group, &tested, options->alpha, options->margin);
	for (int i = 0; i < tested.count; i++) {
		struct lad_judgement *judgement = tested.judgements[i];
		pairs_until(group, judgement, INT_MAX, logs);
		estimate(judgement, logs, 1 - 0.05 * share);
		if (judgement->verdict == LAD_INCONCLUSIVE)
			judgement->blocks_needed =
			    further_blocks(judgement, logs, options->margin, options->alpha * share, tested.count);
	}
}

int judge_group(struct lad_group *group, const struct lad_verdict_options *options, struct lad_error *err)
{
	int capacity = options->relation_count ? options->relation_count : 1;
	int blocks = 1;
	for (int i = 0; i < group->cell_count; i++)
		blocks = group->cells[i].ok > blocks ? group->cells[i].ok : blocks;
	lad_cleanup_free double *logs = calloc((size_t)blocks, sizeof *logs);
	group->judgements = calloc((size_t)capacity, sizeof *group->judgements);
	if (!logs || !group->judgements || capacity > LAD_RELATIONS_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory, or more than %d relations",
				     LAD_RELATIONS_MAX);
	group->judgement_count = chain(group, options, group->judgements);
	judge_all(group, options, logs);
	return 0;
}
