/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_FIT_H
#define NETLADDER_FIT_H

/*
 * Curves through measured points, for those who have to say what was not measured; GSL does the numerics. Inputs are
 * never modified. Too few points, or a point that is not above 0, is -1 (a fit) or NAN (a value), never a guess.
 */

#include <stdbool.h>
#include <stddef.h>

/* How throughput grows with the number N of those who work at once, from one parameter to three. */
enum lad_law {
	LAD_LAW_LINEAR, /* X(N) = g N */
	LAD_LAW_BOUND,	/* X(N) = min(g N, m): the asymptotic bounds, Denning & Buzen 1978. Closed loops on few CPUs */
	LAD_LAW_AMDAHL, /* X(N) = g N / (1 + a (N - 1)): Amdahl 1967, as Gunther 2007 writes it */
	LAD_LAW_USL,	/* X(N) = g N / (1 + a (N - 1) + b N (N - 1)): Universal Scalability Law, Gunther 2007 */
	LAD_LAW_COUNT
};
const char *lad_law_name(enum lad_law law); /* "linear", "bound", "Amdahl", "USL" */
int lad_law_parameters(enum lad_law law);

/* What is made small: differences of logarithms (each point counts by its ratio), or of the values as they are. */
enum lad_residuals { LAD_RESIDUALS_LOG, LAD_RESIDUALS_PLAIN };

struct lad_scaling {
	enum lad_law law;
	double one;	   /* g, in the unit of X: what one alone does */
	double contention; /* a >= 0: the share of the work that only one can do at a time */
	double coherency;  /* b >= 0: the cost of each pair's agreement; above 0 there is a most */
	double most;	   /* m, in the unit of X; INFINITY: the law has no such bound */
	double squares;	   /* the sum of the squared residuals */
	size_t points;
};

/* So many different N bear USL, and so many points a choice between laws. */
#define LAD_USL_POINTS_MIN 6
#define LAD_SCALING_POINTS_MIN 3

/*
 * Fits LAW to the throughput X[i] of N[i], COUNT points in any order (gsl_multifit_nlinear, Levenberg-Marquardt; a
 * bound, which has no slope at its bend, over all ways to part the points). A parameter that would be negative is 0,
 * and the others are fitted anew. -1 with fewer points than parameters. Of LAD_LAW_BOUND logarithmic residuals only.
 */
int lad_scaling_fit(enum lad_law law, const double *n, const double *x, size_t count, enum lad_residuals residuals,
		    struct lad_scaling *scaling);

/*
 * The law that says as much as the points bear, by AICc (Akaike's criterion, corrected for few points; Burnham &
 * Anderson, Model Selection and Multimodel Inference, 2002, 2.4): of those within 2 of the least, the one with the
 * fewest parameters, and of equally many that with the least. The same N may stand in it several times, as its blocks
 * do: then the noise is known, and the criterion sharp. USL from LAD_USL_POINTS_MIN different N on. Below as many
 * points, for which the criterion's correction is too coarse, the closer one of Amdahl and bound. Logarithmic
 * residuals. -1 below LAD_SCALING_POINTS_MIN different N.
 */
int lad_scaling_choose(const double *n, const double *x, size_t count, struct lad_scaling *scaling);

/* Akaike's corrected criterion of a fit; INFINITY where there are too few points for it. */
double lad_scaling_aicc(const struct lad_scaling *scaling);

double lad_scaling_at(const struct lad_scaling *scaling, double n);
/* N of the most throughput: sqrt((1 - a) / b) (Gunther 2007), m / g; INFINITY where it only grows. */
double lad_scaling_peak(const struct lad_scaling *scaling);

/* A line y = fixed + slope x. */
struct lad_line {
	double fixed, slope;
};

/*
 * Weighted least squares (gsl_fit_wlinear) of Y on X, COUNT points, each weighted by 1 / y^2, so that all count by
 * their ratio to the line. Neither part is negative: the one that would be is 0, and the other is fitted alone. -1 with
 * fewer than 2 points, with equal X only, or with a Y that is not above 0.
 */
int lad_line_fit(const double *x, const double *y, size_t count, struct lad_line *line);
double lad_line_at(const struct lad_line *line, double x);

/* What runs straight between two points: Y over X, as the cost of a message of X bytes does; 1 / Y over X, where Y is
 * their rate; or the logarithm over the logarithm. */
enum lad_straight { LAD_STRAIGHT_PLAIN, LAD_STRAIGHT_INVERSE, LAD_STRAIGHT_LOG };

/*
 * Between the points (X[i], Y[i]), sorted by X; at a point its own Y. NAN outside of the points. Points whose Y is NAN
 * are as not there.
 */
double lad_interpolate(enum lad_straight straight, const double *x, const double *y, size_t count, double at);

#endif
