/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_STATS_H
#define NETLADDER_STATS_H

/*
 * The statistics behind the verdict; GSL does the numerics. Samples are small as a rule (6 to 60 blocks), so everything
 * here is exact or conservative for small n, and nothing assumes normality; large ones take n log n time and memory in
 * proportion. Inputs are never modified. An impossible request (n too small) gives NAN, never a guess.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lad_interval {
	double low, high;
};

/*
 * Up to so many values (of both samples together, for the rank sum) the null distribution is counted, in doubles
 * without rounding; above, it is normal to three digits. Outputs say where it was not counted.
 */
#define LAD_SIGNED_RANK_EXACT_MAX 60
#define LAD_RANK_SUM_EXACT_MAX 50

double lad_median(const double *values, size_t n);
/* Coefficient of variation: sample standard deviation / mean. NAN for n < 2. */
double lad_variation(const double *values, size_t n);

/*
 * Distribution-free confidence interval of the median by order statistics (sign test inversion; David & Nagaraja,
 * Order Statistics, 2003, 7.1). The coverage is at least LEVEL; both ends are NAN when n is too small for it (n < 6
 * for 95 %).
 */
struct lad_interval lad_median_interval(const double *values, size_t n, double level);

/*
 * The same for any QUANTILE (0..1; David & Nagaraja 2003, 7.1): at most (1 - LEVEL) / 2 of error at each end. An end
 * for which there are too few values is NAN: there is no upper bound of the 99 % quantile in 30 values.
 */
struct lad_interval lad_quantile_interval(const double *values, size_t n, double quantile, double level);

/*
 * BCa bootstrap interval (Efron 1987; Efron & Tibshirani 1993, 14.3) of median(X) / median(Y) over N paired blocks:
 * blocks are drawn with replacement, mt19937 from SEED, RESAMPLES times (10 000 is plenty; of more than 500 blocks
 * fewer, at least 1000, for the same work). NAN for n < 2.
 */
struct lad_interval lad_bootstrap_ratio(const double *x, const double *y, size_t n, double level, size_t resamples,
					uint64_t seed);

/*
 * One-sided p value of the exact Wilcoxon signed-rank test (Wilcoxon 1945) that the centre of symmetry of VALUES is
 * greater than CENTRE. Ties get mid-ranks, zeros are dropped (exact by enumeration of the conditional distribution);
 * above n = 60 the normal approximation with continuity correction. p = 1 when nothing is left.
 */
double lad_signed_rank_p(const double *values, size_t n, double centre);

/* Hodges-Lehmann estimate: the median of the n(n+1)/2 Walsh averages (Hodges & Lehmann 1963). */
double lad_hodges_lehmann(const double *values, size_t n);

/* The interval that inverts the two-sided signed-rank test (Hollander, Wolfe & Chicken 2014, 3.3). NAN when n < 6 at 95
 * %. */
struct lad_interval lad_hodges_lehmann_interval(const double *values, size_t n, double level);

/* The mirror image: that the centre is less than CENTRE. */
double lad_signed_rank_less_p(const double *values, size_t n, double centre);

/*
 * Two one-sided tests (Schuirmann 1987) on the signed-rank test: the p value that the centre lies within LOW .. HIGH,
 * the larger of the two.
 */
double lad_tost_p(const double *values, size_t n, double low, double high);

/*
 * Two independent samples. One-sided p value of the Wilcoxon rank-sum (Mann-Whitney) test that X is greater than Y by
 * more than SHIFT (Mann & Whitney 1947). Ties get mid-ranks; exact by counting subsets, ties included, up to 50 values
 * together, above that the normal approximation with tie and continuity correction. p = 1 when a sample is empty.
 */
double lad_rank_sum_p(const double *x, size_t m, const double *y, size_t n, double shift);
/* The mirror image: that X - Y is less than SHIFT. */
double lad_rank_sum_less_p(const double *x, size_t m, const double *y, size_t n, double shift);
/* Two one-sided rank-sum tests: that X - Y lies within LOW .. HIGH. */
double lad_rank_sum_tost_p(const double *x, size_t m, const double *y, size_t n, double low, double high);

/* Hodges-Lehmann estimate of the shift of X against Y: the median of the m n differences x - y. */
double lad_shift(const double *x, size_t m, const double *y, size_t n);
/* The interval that inverts the two-sided rank-sum test (Hollander, Wolfe & Chicken 2014, 4.3). NAN when the samples
 * are too small for LEVEL (two of 4 for 95 %). */
struct lad_interval lad_shift_interval(const double *x, size_t m, const double *y, size_t n, double level);

/* Holm's step-down adjusted p values (Holm 1979), in the input's order; ADJUSTED may be P. */
void lad_holm(const double *p, size_t n, double *adjusted);

/*
 * The number of blocks at which a one-sided signed-rank test at level ALPHA would find a shift of SHIFT with power
 * 0.8, given the spread SD of the values: normal power formula divided by the asymptotic relative efficiency 3/pi of
 * the test (Noether 1987) and Guenther's (1981) term for small samples, and never below the smallest n whose exact p
 * can fall under ALPHA. -1 when SHIFT is 0 or more than 10 000 would be needed.
 */
int lad_blocks_needed(double shift, double sd, double alpha);

/*
 * The power that N blocks give the one-sided signed-rank test at level ALPHA to find SHIFT: lad_blocks_needed solved
 * for the power, with the level that the exact test can attain at N. 0 when it can attain none.
 */
double lad_power(double shift, double sd, size_t n, double alpha);

/*
 * Whether sorted VALUES fall into two heaps: the split with the least variance within (Fisher 1958), each heap at least
 * a fifth of the values and the means further apart than six times the spread within. SPLIT receives how many belong to
 * the lower one. False below 8 values.
 */
bool lad_two_heaps(const double *values, size_t n, size_t *split);

/*
 * Two-sided p value of the Mann-Kendall test for a trend in the order of VALUES (Mann 1945; normal approximation with
 * tie and continuity correction), and SLOPE: the median of the slopes between all pairs (Sen 1968), by step. Of more
 * than LAD_TREND_VALUES_MAX values the medians of as many equal stretches stand for them: all pairs of long series are
 * too many, and what drifts shows in the medians.
 */
#define LAD_TREND_VALUES_MAX 512
double lad_trend_p(const double *values, size_t n, double *slope);

#define LAD_LOOKS_MAX 16

/*
 * When a run that stops by itself is looked at, and what of the error rate each look may spend. The shares are the
 * increments of the Pocock-type spending function ln(1 + (e - 1) t) of Lan & DeMets (1983) at t = blocks / max_blocks;
 * a test at look k is made at the level alpha * share[k]. By the union bound the chance of a false decision at any look
 * is at most alpha, whatever the dependence between looks, and whenever the run stops.
 */
struct lad_looks {
	int count;
	int blocks[LAD_LOOKS_MAX];   /* ascending; the last is max_blocks */
	double share[LAD_LOOKS_MAX]; /* they add up to 1 */
};

/* Looks at 10 blocks, then at half as many again each time, and at MAX_BLOCKS. */
void lad_looks_make(int max_blocks, struct lad_looks *looks);

/*
 * Where the level of a series changes: Pettitt's (1979) rank test for one change, its p value by 9999 random
 * permutations (seeded: the same series gives the same answer), and binary segmentation (Vostrikova 1981) for more. It
 * assumes nothing of the distribution, and a single outlier is no change. A series needs 10 values before ALPHA = 1 %
 * can be reached, and two changes need as many each. Writes the indices of the first values of new levels, ascending,
 * into CHANGES (room for N), and returns their number; 0 also when there is no memory.
 */
size_t lad_change_points(const double *values, size_t n, double alpha, size_t *changes);

#endif
