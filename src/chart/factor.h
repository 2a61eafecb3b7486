/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHART_FACTOR_H
#define CHART_FACTOR_H

/*
 * What a sweep varied, read back from the tunings' names: a sweep calls its tunings "mtu=9000" or "mtu=9000,tso=off"
 * with the values as the scenario has them. The number of flows and the message size are columns of their own and
 * count as factors where they vary.
 */

#include <stdbool.h>

#include "netladder/results.h"

#define FACTOR_TEXT 64

/* The value that TUNING's name gives FACTOR, as text. False when the name does not speak of it. */
bool factor_find(const char *tuning, const char *factor, char value[FACTOR_TEXT]);

/* TUNING's name without FACTOR: "tso=off" of "mtu=9000,tso=off"; "" when nothing is left. */
void factor_remove(const char *tuning, const char *factor, char rest[FACTOR_TEXT]);

/* The INDEXth factor in TUNING's name. False: there are fewer. */
bool factor_at(const char *tuning, int index, char factor[FACTOR_TEXT]);

/* A value as a number: counts, bytes, bit/s, seconds, ratios with their units; the last of "4096/87380/6291456". NAN
 * for a word. */
double factor_number(const char *value);

/* Is this the tuning that the others are compared with: one that no sweep made? */
bool factor_is_base(const char *tuning);

/*
 * Where ROW stands on FACTOR's axis, as a number and as text. A base tuning has the value that its columns show (mtu
 * of the wire from WIRE_MTU, flows) or that "not set" means (rules, delay, loss: 0). False: not on this axis.
 */
bool factor_value(const struct lad_row *row, const char *factor, int64_t wire_mtu, double *number,
		  char text[FACTOR_TEXT]);

/* What stands beneath the axis: "MTU of the wire, bytes". */
const char *factor_title(const char *factor);

#endif
