/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

#include "netladder/fit.h"

#define PARAMETERS_MAX 3
#define ITERATIONS_MAX 100
#define TOLERANCE 1e-10
#define DENOMINATOR_MIN 1e-9 /* where a step of the search leaves what the law can be */

/* The parameters, in the order of a vector: the logarithm of g, a, b. */
enum { ONE, CONTENTION, COHERENCY };

/* Which of them are fitted; the others are 0. g always is. */
struct fitted {
	int parameters[PARAMETERS_MAX];
	size_t count;
};

struct points {
	const double *n, *x;
	size_t count;
	enum lad_residuals residuals;
	const struct fitted *fitted;
};

const char *lad_law_name(enum lad_law law)
{
	static const char *const names[] = {"linear", "bound", "Amdahl", "USL"};
	return (unsigned)law < LAD_LAW_COUNT ? names[law] : "?";
}

int lad_law_parameters(enum lad_law law)
{
	static const int counts[LAD_LAW_COUNT] = {
	    [LAD_LAW_LINEAR] = 1, [LAD_LAW_BOUND] = 2, [LAD_LAW_AMDAHL] = 2, [LAD_LAW_USL] = 3};
	return counts[law];
}

/* What contention and coherency multiply. */
static double term(int parameter, double n)
{
	return parameter == ONE ? 1 : parameter == CONTENTION ? n - 1 : n * (n - 1);
}

static double denominator(const double parameters[PARAMETERS_MAX], double n)
{
	double value = 1 + parameters[CONTENTION] * term(CONTENTION, n) + parameters[COHERENCY] * term(COHERENCY, n);
	return fmax(value, DENOMINATOR_MIN);
}

static void spread_out(const struct fitted *fitted, const gsl_vector *vector, double parameters[PARAMETERS_MAX])
{
	for (int i = 0; i < PARAMETERS_MAX; i++)
		parameters[i] = 0;
	for (size_t i = 0; i < fitted->count; i++)
		parameters[fitted->parameters[i]] = gsl_vector_get(vector, i);
}

static int residuals_of(const gsl_vector *vector, void *data, gsl_vector *out)
{
	const struct points *points = data;
	double parameters[PARAMETERS_MAX];
	spread_out(points->fitted, vector, parameters);
	for (size_t i = 0; i < points->count; i++) {
		double n = points->n[i];
		double log_law = parameters[ONE] + log(n) - log(denominator(parameters, n));
		gsl_vector_set(out, i,
			       points->residuals == LAD_RESIDUALS_LOG ? log_law - log(points->x[i])
								      : exp(log_law) - points->x[i]);
	}
	return GSL_SUCCESS;
}

static int slopes_of(const gsl_vector *vector, void *data, gsl_matrix *out)
{
	const struct points *points = data;
	double parameters[PARAMETERS_MAX];
	spread_out(points->fitted, vector, parameters);
	for (size_t i = 0; i < points->count; i++) {
		double n = points->n[i], below = denominator(parameters, n);
		double scale = points->residuals == LAD_RESIDUALS_LOG ? 1 : exp(parameters[ONE]) * n / below;
		for (size_t j = 0; j < points->fitted->count; j++) {
			int parameter = points->fitted->parameters[j];
			gsl_matrix_set(out, i, j, scale * (parameter == ONE ? 1 : -term(parameter, n) / below));
		}
	}
	return GSL_SUCCESS;
}

/* N / X is linear in 1/g, a/g and b/g: least squares of the ratios to it is where the search begins. */
static int begin_at(const struct points *points, gsl_vector *start)
{
	double squares;
	size_t count = points->fitted->count;
	gsl_matrix *terms = gsl_matrix_alloc(points->count, count), *covariance = gsl_matrix_alloc(count, count);
	gsl_vector *ones = gsl_vector_alloc(points->count);
	gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(points->count, count);
	for (size_t i = 0; i < points->count; i++) {
		gsl_vector_set(ones, i, 1);
		for (size_t j = 0; j < count; j++)
			gsl_matrix_set(terms, i, j,
				       points->x[i] / points->n[i] * term(points->fitted->parameters[j], points->n[i]));
	}
	int status = gsl_multifit_linear(terms, ones, start, covariance, &squares, work);
	double inverse = gsl_vector_get(start, 0);
	for (size_t j = 1; j < count; j++)
		gsl_vector_set(start, j, inverse > 0 ? gsl_vector_get(start, j) / inverse : 0);
	gsl_vector_set(start, 0, inverse > 0 ? -log(inverse) : log(points->x[0] / points->n[0]));
	gsl_multifit_linear_free(work);
	gsl_vector_free(ones);
	gsl_matrix_free(covariance);
	gsl_matrix_free(terms);
	return status == GSL_SUCCESS ? 0 : -1;
}

/* Fits those parameters freely, whatever their signs. */
static int fit_free(const struct points *points, double parameters[PARAMETERS_MAX], double *squares)
{
	gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
	gsl_multifit_nlinear_fdf law = {.f = residuals_of,
					.df = slopes_of,
					.n = points->count,
					.p = points->fitted->count,
					.params = (void *)points};
	gsl_vector *start = gsl_vector_alloc(law.p);
	gsl_multifit_nlinear_workspace *work =
	    gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, law.n, law.p);
	int why, status = begin_at(points, start);
	if (status == 0 && gsl_multifit_nlinear_init(start, &law, work) == GSL_SUCCESS) {
		/* What stops without progress stands where double precision ends. */
		int end = gsl_multifit_nlinear_driver(ITERATIONS_MAX, TOLERANCE, TOLERANCE, 0, NULL, NULL, &why, work);
		status = end == GSL_SUCCESS || end == GSL_ENOPROG || end == GSL_EMAXITER ? 0 : -1;
		const gsl_vector *left = gsl_multifit_nlinear_residual(work);
		gsl_blas_ddot(left, left, squares);
		spread_out(points->fitted, gsl_multifit_nlinear_position(work), parameters);
	}
	gsl_multifit_nlinear_free(work);
	gsl_vector_free(start);
	return status;
}

/* The choices for each law, more parameters first. */
static const struct fitted choices[] = {
    {{ONE, CONTENTION, COHERENCY}, 3}, {{ONE, CONTENTION}, 2}, {{ONE, COHERENCY}, 2}, {{ONE}, 1}};
#define CHOICE_COUNT (sizeof choices / sizeof *choices)

static bool belongs(const struct fitted *fitted, enum lad_law law)
{
	int last = lad_law_parameters(law) - 1; /* of the order above */
	for (size_t i = 0; i < fitted->count; i++)
		if (fitted->parameters[i] > last)
			return false;
	return true;
}

static bool usable(const double *n, const double *x, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(n[i] >= 1) || !(x[i] > 0) || !isfinite(n[i]) || !isfinite(x[i]))
			return false;
	return true;
}

/* The best of LAW's choices in which no parameter is negative: the first, if it is one, is the least of all. */
static int fit_law(enum lad_law law, struct points *points, struct lad_scaling *scaling)
{
	scaling->squares = INFINITY;
	for (size_t i = 0; i < CHOICE_COUNT; i++) {
		double parameters[PARAMETERS_MAX] = {0}, squares = INFINITY;
		points->fitted = &choices[i];
		if (!belongs(&choices[i], law) || fit_free(points, parameters, &squares) < 0 ||
		    parameters[CONTENTION] < 0 || parameters[COHERENCY] < 0 || !(squares < scaling->squares))
			continue;
		*scaling = (struct lad_scaling){.law = law,
						.one = exp(parameters[ONE]),
						.contention = parameters[CONTENTION],
						.coherency = parameters[COHERENCY],
						.most = INFINITY,
						.squares = squares,
						.points = points->count};
		if (choices[i].count == (size_t)lad_law_parameters(law))
			break;
	}
	return isfinite(scaling->squares) ? 0 : -1;
}

/* ---- The bound ---- */

/* The law whose N up to SPLIT grow with it, and whose others stand at the bound. */
static struct lad_scaling part_at(const double *n, const double *x, size_t count, double split)
{
	double grows = 0, stands = 0, squares = 0;
	size_t below = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_below = n[i] <= split;
		grows += is_below ? log(x[i] / n[i]) : 0;
		stands += is_below ? 0 : log(x[i]);
		below += is_below;
	}
	struct lad_scaling parted = {.law = LAD_LAW_BOUND,
				     .one = exp(grows / (double)below),
				     .most = below < count ? exp(stands / (double)(count - below)) : INFINITY,
				     .points = count};
	for (size_t i = 0; i < count; i++)
		squares += pow(log(lad_scaling_at(&parted, n[i]) / x[i]), 2);
	parted.squares = squares;
	return parted;
}

static int fit_bound(const double *n, const double *x, size_t count, struct lad_scaling *scaling)
{
	scaling->squares = INFINITY;
	for (size_t i = 0; i < count; i++) {
		struct lad_scaling parted = part_at(n, x, count, n[i]);
		if (parted.squares < scaling->squares)
			*scaling = parted;
	}
	return isfinite(scaling->squares) ? 0 : -1;
}

int lad_scaling_fit(enum lad_law law, const double *n, const double *x, size_t count, enum lad_residuals residuals,
		    struct lad_scaling *scaling)
{
	struct points points = {.n = n, .x = x, .count = count, .residuals = residuals};
	if (count < (size_t)lad_law_parameters(law) || !usable(n, x, count))
		return -1;
	if (law == LAD_LAW_BOUND)
		return fit_bound(n, x, count, scaling);
	gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* GSL would abort */
	int status = fit_law(law, &points, scaling);
	gsl_set_error_handler(handler);
	return status;
}

double lad_scaling_aicc(const struct lad_scaling *scaling)
{
	double points = (double)scaling->points,
	       parameters = lad_law_parameters(scaling->law) + 1; /* and the variance */
	if (points - parameters - 1 <= 0)
		return INFINITY;
	double variance = fmax(scaling->squares / points, 1e-12); /* points without noise, made up or counted */
	return points * log(variance) + 2 * parameters + 2 * parameters * (parameters + 1) / (points - parameters - 1);
}

/* Whether FIT is to be preferred, both being about as good: fewer parameters, then the criterion. */
static bool is_simpler(const struct lad_scaling *fit, const struct lad_scaling *other)
{
	int more = lad_law_parameters(fit->law) - lad_law_parameters(other->law);
	return more < 0 || (more == 0 && lad_scaling_aicc(fit) < lad_scaling_aicc(other));
}

/* The criterion's correction makes a straight line of five points that bend: below six the closer bend is taken. */
static int choose_of_few(const double *n, const double *x, size_t count, struct lad_scaling *scaling)
{
	struct lad_scaling bound;
	if (lad_scaling_fit(LAD_LAW_AMDAHL, n, x, count, LAD_RESIDUALS_LOG, scaling) < 0 ||
	    lad_scaling_fit(LAD_LAW_BOUND, n, x, count, LAD_RESIDUALS_LOG, &bound) < 0)
		return -1;
	if (bound.squares < scaling->squares)
		*scaling = bound;
	return 0;
}

static size_t different(const double *values, size_t count)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		bool before = false;
		for (size_t j = 0; j < i; j++)
			before |= values[j] == values[i];
		found += !before;
	}
	return found;
}

int lad_scaling_choose(const double *n, const double *x, size_t count, struct lad_scaling *scaling)
{
	struct lad_scaling fits[LAD_LAW_COUNT];
	double least = INFINITY;
	size_t levels = different(n, count);
	int laws = levels >= LAD_USL_POINTS_MIN ? LAD_LAW_COUNT : LAD_LAW_USL, chosen = -1;
	if (levels < LAD_SCALING_POINTS_MIN)
		return -1;
	if (count < LAD_USL_POINTS_MIN)
		return choose_of_few(n, x, count, scaling);
	for (int law = 0; law < laws; law++) {
		if (lad_scaling_fit((enum lad_law)law, n, x, count, LAD_RESIDUALS_LOG, &fits[law]) < 0)
			return -1;
		least = fmin(least, lad_scaling_aicc(&fits[law]));
	}
	for (int law = 0; law < laws; law++)
		if (lad_scaling_aicc(&fits[law]) <= least + 2 && (chosen < 0 || is_simpler(&fits[law], &fits[chosen])))
			chosen = law;
	*scaling = fits[chosen];
	return 0;
}

double lad_scaling_at(const struct lad_scaling *scaling, double n)
{
	double parameters[PARAMETERS_MAX] = {0, scaling->contention, scaling->coherency};
	return fmin(scaling->one * n / denominator(parameters, n), scaling->most);
}

double lad_scaling_peak(const struct lad_scaling *scaling)
{
	if (isfinite(scaling->most))
		return scaling->most / scaling->one;
	if (!(scaling->coherency > 0))
		return INFINITY;
	return scaling->contention < 1 ? sqrt((1 - scaling->contention) / scaling->coherency) : 1;
}
