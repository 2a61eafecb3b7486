/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CAPACITY_ESTIMATE_H
#define CAPACITY_ESTIMATE_H

/* From the medians of one mode to what was asked: the same way for the answer, a bootstrap sample and what is held out.
 */

#include "capacity/data.h"

/* Logarithms of measured / fitted, made wider for the parameters that were fitted. */
struct capacity_residuals {
	double of[LAD_CAPACITY_SIZES_MAX * LAD_CAPACITY_LEVELS_MAX];
	int count;
};

struct capacity_rate {
	double rate; /* messages/s; NAN: not known */
	enum lad_basis basis;
	struct lad_scaling scaling;		  /* 0 points: none */
	struct capacity_residuals residuals;	  /* of the law over N */
	struct capacity_residuals size_residuals; /* between sizes, where the size was not measured */
	bool by_efficiency;			  /* from the rate without an SLO */
};

struct capacity_cost {
	double cost_s;
	enum lad_basis basis;
	struct lad_line line; /* at the level next to the one that was asked for */
	int line_sizes;
	double line_from, line_to; /* bytes: through those sizes it goes */
	double line_worst;
	struct capacity_residuals residuals;	   /* between sizes, where the size was not measured */
	struct capacity_residuals level_residuals; /* between N, where that was not measured */
};

/* What is asked for. LAW: the law to fit again, in a bootstrap sample; NULL: to be chosen. */
struct capacity_ask {
	double size, level;
	const enum lad_law *law;
	bool with_law; /* also where the rate is measured */
	int sizes_min; /* for a line over requests of one packet and of several */
};

void capacity_estimate_rate(const struct capacity_data *data, const struct capacity_grid *grid,
			    enum capacity_quantity quantity, const struct capacity_ask *ask, struct capacity_rate *out);
/* Under an SLO; without the rows of a search at enough levels by the efficiency of the rate without one. */
void capacity_estimate_slo(const struct capacity_data *data, const struct capacity_grid *grid,
			   const struct capacity_ask *ask, struct capacity_rate *out);
void capacity_estimate_cost(const struct capacity_data *data, const struct capacity_grid *grid,
			    const struct capacity_ask *ask, struct capacity_cost *out);

/* The rate at each level for messages of SIZE bytes; NAN where it is not known. */
void capacity_rates_at(const struct capacity_data *data, const struct capacity_grid *grid,
		       enum capacity_quantity quantity, double size, double rates[LAD_CAPACITY_LEVELS_MAX]);

#endif
