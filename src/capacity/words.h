/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CAPACITY_WORDS_H
#define CAPACITY_WORDS_H

/* The figures of an answer in words. */

#include "netladder/capacity.h"

struct capacity_words {
	char text[400];
};

/* Three significant digits, "?" for NAN. */
struct capacity_words capacity_number(double value);
/* "4.3 [4.0, 4.7]", times FACTOR. */
struct capacity_words capacity_figure(const struct lad_figure *figure, double factor);
struct capacity_words capacity_range(struct lad_interval interval, double factor);
/* Messages a second as the need speaks of them: "830 k/s [760, 890]", "12.3 Gbit/s [12.1, 12.6]". */
struct capacity_words capacity_rate_words(const struct lad_capacity *capacity, int need, const struct lad_figure *rate);
/* "40 Gbit/s in messages of 1400 B (tcp_stream free)". */
struct capacity_words capacity_need_words(const struct lad_capacity *capacity, int need);
/* "200 us" of seconds. */
struct capacity_words capacity_seconds(const struct lad_figure *figure);
/* "1, 2, 4" */
struct capacity_words capacity_levels_words(const struct lad_capacity_source *source);
struct capacity_words capacity_sizes_words(const struct lad_capacity_source *source);
/* "within 3.4 %", "not validated: …" */
struct capacity_words capacity_validation_words(const struct lad_validation *validation);

#endif
