/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/compare.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

/* The p values of one line's three claims, before correction. */
struct claims {
	double worse, better, same;
};

static struct claims make_claims(const struct compare_sample *sample, double margin, double spread)
{
	double edge = log1p(margin), far = edge + spread;
	if (sample->paired)
		return (struct claims){lad_signed_rank_less_p(sample->x, sample->m, -far),
				       lad_signed_rank_p(sample->x, sample->m, far),
				       lad_tost_p(sample->x, sample->m, -edge, edge)};
	return (struct claims){lad_rank_sum_less_p(sample->x, sample->m, sample->y, sample->n, -far),
			       lad_rank_sum_p(sample->x, sample->m, sample->y, sample->n, far),
			       lad_rank_sum_tost_p(sample->x, sample->m, sample->y, sample->n, -edge, edge)};
}

static double shift_of(const struct compare_sample *sample)
{
	return sample->paired ? lad_hodges_lehmann(sample->x, sample->m)
			      : lad_shift(sample->x, sample->m, sample->y, sample->n);
}

static void estimate(struct lad_compare_line *line, const struct compare_sample *sample, double level)
{
	struct lad_interval interval = sample->paired
					   ? lad_hodges_lehmann_interval(sample->x, sample->m, level)
					   : lad_shift_interval(sample->x, sample->m, sample->y, sample->n, level);
	double shift = shift_of(sample);
	line->ratio = exp(line->metric->lower_is_better ? -shift : shift);
	line->ratio_ci = line->metric->lower_is_better ? (struct lad_interval){exp(-interval.high), exp(-interval.low)}
						       : (struct lad_interval){exp(interval.low), exp(interval.high)};
}

static double sd_of(const double *values, size_t n)
{
	return n > 1 ? gsl_stats_sd(values, 1, n) : 0;
}

static void say_unknown(struct lad_compare_line *line, const struct compare_sample *sample, double margin, double level)
{
	double shift = shift_of(sample), edge = log1p(margin) + log1p(line->run_spread);
	double sd = sample->paired ? sd_of(sample->x, sample->m)
				   : hypot(sd_of(sample->x, sample->m), sd_of(sample->y, sample->n));
	/* The p value of the most extreme outcome: a half a pair, or one of all ways to split the values. */
	double least = sample->paired ? pow(0.5, (double)sample->m)
				      : exp(-gsl_sf_lnchoose((unsigned)(sample->m + sample->n), (unsigned)sample->m));
	size_t smaller = sample->paired || sample->m < sample->n ? sample->m : sample->n;
	int held = (int)smaller;
	int needed = lad_blocks_needed(fabs(fabs(shift) - edge), sd, level);
	line->blocks_needed = needed < 0 ? -1 : needed > held ? needed - held : 3;
	if (least > level)
		snprintf(line->why, sizeof line->why, "too few blocks to decide anything");
	else if (fabs(shift) > edge)
		snprintf(line->why, sizeof line->why, "looks %s, but the blocks do not prove it beyond the margin",
			 shift < 0 ? "worse" : "better");
	else
		snprintf(line->why, sizeof line->why, "too much noise to call it the same");
}

/* Whether every measured number of two rows is the same, as text, which has all digits. */
static bool same_figures(const struct lad_row *a, const struct lad_row *b)
{
	for (int column = 0; lad_column_name(column); column++) {
		double left = lad_row_number(a, column), right = lad_row_number(b, column);
		bool none = !isfinite(left) && !isfinite(right);
		if (lad_column_is_number(column) && !none && left != right)
			return false;
	}
	return true;
}

static double worth(const struct lad_metric *metric, double value)
{
	return metric->lower_is_better ? -log(value) : log(value);
}

static double plain_ratio(double fresh, double base)
{
	return base > 0 ? fresh / base : fresh > 0 ? INFINITY : 1;
}

static void compare_exactly(struct lad_compare_line *line, const struct compare_tables *tables, double margin)
{
	lad_cleanup_free double *ratios = calloc((size_t)line->fresh.ok + 1, sizeof *ratios);
	size_t count = 0;
	line->identical = line->fresh.ok == line->base.ok;
	for (int i = 0; ratios && i < line->fresh.ok; i++) {
		int partner = line->partners[i];
		if (partner < 0)
			continue;
		ratios[count++] = plain_ratio(line->fresh.values[i], line->base.values[partner]);
		line->identical &= same_figures(&tables->base->rows[line->base.rows[partner]],
						&tables->fresh->rows[line->fresh.rows[i]]);
	}
	line->pairs = (int)count;
	line->ratio = count ? lad_median(ratios, count) : plain_ratio(line->fresh.median, line->base.median);
	line->identical &= count == (size_t)line->fresh.ok;
	line->ratio_ci = (struct lad_interval){line->ratio, line->ratio};
	double shift = worth(line->metric, line->ratio), edge = log1p(margin);
	line->change = shift < -edge ? LAD_WORSE : shift > edge ? LAD_BETTER : LAD_SAME;
	snprintf(line->why, sizeof line->why, "%s", line->identical ? "identical, byte for byte" : "exact difference");
}

static bool all_zero(const struct lad_compare_side *side)
{
	for (int i = 0; i < side->ok; i++)
		if (side->values[i] > 0)
			return false;
	return true;
}

/*
 * Nothing at all against something: no test has to find this, and no number of blocks is too small for it. A side that
 * is 0 only in some blocks goes into the test.
 */
static bool collapsed(struct lad_compare_line *line)
{
	bool to_zero = all_zero(&line->fresh) && line->base.median > 0;
	bool from_zero = all_zero(&line->base) && line->fresh.median > 0;
	bool nothing = all_zero(&line->fresh) && all_zero(&line->base);
	if (!to_zero && !from_zero && !nothing)
		return false;
	line->change = nothing ? LAD_SAME : to_zero == line->metric->lower_is_better ? LAD_BETTER : LAD_WORSE;
	line->ratio = nothing ? 1 : to_zero ? 0 : INFINITY;
	snprintf(line->why, sizeof line->why,
		 nothing   ? "0 on both sides"
		 : to_zero ? "fell to 0 in every block"
			   : "was 0 in every block");
	return true;
}

/*
 * What needs no test: one side has no figures or only zeros, or the clock has no noise. 1 when the line is done, 0 when
 * not, -1 without memory.
 */
static int settle(struct lad_compare_line *line, const struct compare_tables *tables, double margin)
{
	bool exact = strcmp(line->key.clock, "instructions") == 0;
	line->ratio = line->p_adjusted = NAN;
	line->ratio_ci = line->medians_ci = (struct lad_interval){NAN, NAN};
	line->pairs = compare_find_partners(line, tables);
	if (line->pairs < 0)
		return -1;
	line->pairing = exact ? LAD_EXACT : line->pairs > 0 ? LAD_PAIRED : LAD_INDEPENDENT;
	if (line->base.ok && line->fresh.ok && line->pairing == LAD_EXACT) {
		compare_exactly(line, tables, margin);
		return 1;
	}
	if (line->base.ok && line->fresh.ok) {
		line->change = LAD_UNKNOWN;
		return collapsed(line);
	}
	const struct lad_compare_side *without = line->fresh.ok ? &line->base : &line->fresh;
	line->change = line->fresh.ok ? LAD_NEW : line->base.ok ? LAD_MISSING : LAD_NOT_COMPARED;
	snprintf(line->why, sizeof line->why, "%.180s", without->reason[0] ? without->reason : "no such row");
	return 1;
}

static void correct(struct claims *claims, size_t count, size_t offset, double *p)
{
	for (size_t i = 0; i < count; i++)
		memcpy(&p[i], (char *)&claims[i] + offset, sizeof p[i]);
	lad_holm(p, count, p);
	for (size_t i = 0; i < count; i++)
		memcpy((char *)&claims[i] + offset, &p[i], sizeof p[i]);
}

static void decide(struct lad_compare_line *line, const struct claims *claims, double alpha)
{
	if (line->change != LAD_UNKNOWN)
		return; /* an earlier look has decided */
	line->p_adjusted = claims->worse;
	if (claims->worse <= alpha) {
		line->change = LAD_WORSE;
	} else if (claims->better <= alpha) {
		line->change = LAD_BETTER;
		line->p_adjusted = claims->better;
	} else if (claims->same <= alpha) {
		line->change = LAD_SAME;
		line->p_adjusted = claims->same;
	}
}

/* One look at the blocks up to LIMIT, with ALPHA over all lines that need a test. */
static int look(struct lad_compare_line **tested, size_t count, const struct compare_tables *tables, int limit,
		double margin, double alpha)
{
	lad_cleanup_free struct claims *claims = calloc(count + 1, sizeof *claims);
	lad_cleanup_free double *p = calloc(count + 1, sizeof *p);
	if (!claims || !p)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct compare_sample sample;
		if (compare_take_sample(tested[i], tables, limit, &sample) < 0)
			return -1;
		double spread = 0;
		if (!sample.paired)
			spread = fmax(compare_run_spread(sample.x, sample.x_rows, sample.m, tables->fresh),
				      compare_run_spread(sample.y, sample.y_rows, sample.n, tables->base));
		tested[i]->run_spread = expm1(spread);
		claims[i] = make_claims(&sample, margin, spread);
		compare_free_sample(&sample);
	}
	correct(claims, count, offsetof(struct claims, worse), p);
	correct(claims, count, offsetof(struct claims, better), p);
	correct(claims, count, offsetof(struct claims, same), p);
	for (size_t i = 0; i < count; i++)
		decide(tested[i], &claims[i], alpha);
	return 0;
}

static int highest_block(const struct lad_table *table)
{
	int highest = 0;
	for (int i = 0; i < table->row_count; i++)
		highest = table->rows[i].block > highest ? table->rows[i].block : highest;
	return highest;
}

/*
 * All looks that were made: one at everything when the blocks were fixed; those of the schedule when one paired run
 * stopped by itself. SHARE receives the last look's part of alpha.
 */
static int look_at_all(struct lad_compare_line **tested, size_t count, const struct compare_tables *tables,
		       double margin, double alpha, double *share)
{
	int64_t max_blocks = count && tested[0]->pairing == LAD_PAIRED ? tested[0]->key.max_blocks : -1;
	*share = 1;
	if (max_blocks < 1)
		return look(tested, count, tables, INT32_MAX, margin, alpha);
	struct lad_looks looks;
	int held = highest_block(tables->fresh);
	lad_looks_make((int)max_blocks, &looks);
	for (int i = 0; i < looks.count && (i == 0 || looks.blocks[i] <= held); i++) {
		*share = looks.share[i];
		if (look(tested, count, tables, looks.blocks[i], margin, alpha * looks.share[i]) < 0)
			return -1;
	}
	return 0;
}

int compare_judge(struct lad_compare *compare, const struct compare_tables *tables, struct lad_error *err)
{
	size_t count = 0;
	double share;
	lad_cleanup_free struct lad_compare_line **tested = calloc((size_t)compare->line_count + 1, sizeof(void *));
	if (!tested)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < compare->line_count; i++) {
		int done = settle(&compare->lines[i], tables, compare->margin);
		if (done < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		if (done == 0)
			tested[count++] = &compare->lines[i];
	}
	if (look_at_all(tested, count, tables, compare->margin, compare->alpha, &share) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct compare_sample sample;
		if (compare_take_sample(tested[i], tables, INT32_MAX, &sample) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		estimate(tested[i], &sample, 1 - 0.05 * share);
		if (tested[i]->change == LAD_UNKNOWN)
			say_unknown(tested[i], &sample, compare->margin, compare->alpha * share / (double)count);
		compare_free_sample(&sample);
	}
	return 0;
}

static int bootstrap_line(struct lad_compare_line *line)
{
	size_t pairs = 0, capacity = (size_t)line->fresh.ok + 1;
	lad_cleanup_free double *x = calloc(capacity, sizeof *x);
	lad_cleanup_free double *y = calloc(capacity, sizeof *y);
	if (!x || !y)
		return -1;
	for (int i = 0; i < line->fresh.ok; i++) {
		if (line->partners[i] < 0)
			continue;
		x[pairs] = line->fresh.values[i];
		y[pairs++] = line->base.values[line->partners[i]];
	}
	line->medians_ci = lad_bootstrap_ratio(x, y, pairs, 0.95, 10000, 1);
	return 0;
}

int compare_bootstrap(struct lad_compare *compare, struct lad_error *err)
{
	for (int i = 0; i < compare->line_count; i++)
		if (compare->lines[i].pairing == LAD_PAIRED && bootstrap_line(&compare->lines[i]) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return 0;
}
