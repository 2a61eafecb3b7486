/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_WORKLOAD_OPTION_H
#define NETLADDER_WORKLOAD_OPTION_H

/*
 * The options of a workload, one row each: src/common/workload_options.c. From a row come the key in a scenario and its
 * place in the reference, the agent's option on the command line and its help, the field of the job on the wire, and
 * the word in the column `options`. To add an option is to add a member to struct lad_traffic and to struct lad_job, a
 * row, and the code that obeys it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/protocol.h"
#include "netladder/workload.h"

#define LAD_WORKLOAD_OPTIONS_MAX 48

enum lad_option_type {
	LAD_OPTION_FLAG,     /* false or true; by hand without a value; its word in `options` stands alone */
	LAD_OPTION_WORD,     /* one of `words`, a string on the wire */
	LAD_OPTION_CHOICE,   /* one of `words`, on the wire its number, or true and false */
	LAD_OPTION_NUMBER,   /* a whole number */
	LAD_OPTION_BYTES,    /* with a unit, as lad_parse_bytes() takes it */
	LAD_OPTION_DURATION, /* with a unit, as lad_parse_duration() takes it */
	LAD_OPTION_LOAD,     /* as lad_parse_load() takes it; what becomes of it is not in the row */
	LAD_OPTION_SIZES,    /* text, as lad_sizes_parse() takes it */
	LAD_OPTION_HOSTNAME, /* text */
	LAD_OPTION_ALGORITHM /* text, a congestion control algorithm */
};

/* A member of a struct; size 0: the option has none there. */
struct lad_option_place {
	size_t offset, size;
};

struct lad_workload_option {
	const char *key;     /* in an entry of a scenario's `workloads` */
	const char *meaning; /* its sentence in the reference */
	enum lad_option_type type;
	const char *const *words; /* WORD and CHOICE; a word's place in the list is its value, and 0 is the default */
	int word_count;
	/* The default, and the range of numbers, written as in a scenario. "": the default depends on the kind. */
	const char *fallback, *least, *most;
	const char *none; /* a word that is taken in place of a number and means 0; NULL: there is none */
	int64_t unit_ns;  /* DURATION: what the members count; 0: nanoseconds */
	unsigned kinds;	  /* which workloads have it, one bit each; 0: all */
	struct lad_option_place workload, job; /* in struct lad_workload and struct lad_job */
	const char *field; /* in a prepare message, where it may be missing; NULL: it does not travel by itself */
	const char *word;  /* in the column `options`, before "=VALUE"; NULL: none, or `describe` */
	/* In its place, where the value is not told as a number, a word or a text. OUT: "" where there is nothing. */
	void (*describe)(const struct lad_traffic *traffic, char out[LAD_OPTIONS_MAX]);
	/* Whether it goes together with the rest of JOB, which has it; NULL: always, or that is looked at elsewhere. */
	int (*check)(const struct lad_job *job, struct lad_error *err);
	const char *hand;	/* by hand: --HAND; NULL: not there */
	int letter;		/* and -LETTER; 0: none */
	const char *hand_value; /* what its value is called */
	const char *hand_most;	/* its largest value there; NULL: `most` */
	const char *help;
};

extern const struct lad_workload_option lad_workload_options[];
extern const int lad_workload_option_count;

/* The row of KEY, or NULL. */
const struct lad_workload_option *lad_workload_option_find(const char *key);

/* Whether workloads of KIND have OPTION. */
bool lad_option_applies(const struct lad_workload_option *option, enum lad_workload_kind kind);

/* The option's words, FLAG's "false" and "true" included, and in COUNT their number; NULL: it has none. */
const char *const *lad_option_words(const struct lad_workload_option *option, int *count);

/* Whether it is told by a text and not by a value. */
bool lad_option_is_text(const struct lad_workload_option *option);

/* TEXT as a value in the members' unit, whatever the range: a number, or a word's place. -1 with what is valid. */
int lad_option_parse(const struct lad_workload_option *option, const char *text, int64_t *value, struct lad_error *err);

/* The default, in the members' unit; 0 for texts and where it depends on the kind. */
int64_t lad_option_default(const struct lad_workload_option *option);

/* The least and the largest number that a member may have, by hand included, in its unit. */
void lad_option_limits(const struct lad_workload_option *option, int64_t *least, int64_t *most);

/* What the member at PLACE of the struct at BASE has; 0 there stands for the default. Not for texts. */
int64_t lad_option_get(const struct lad_workload_option *option, const void *base, struct lad_option_place place);
void lad_option_set(void *base, struct lad_option_place place, int64_t value);

/* Whether the member has the default, or is an empty text. */
bool lad_option_is_default(const struct lad_workload_option *option, const void *base, struct lad_option_place place);

/* Whether what the options' `check` looks at goes together. -1 with why not, and in OPTION (may be NULL) with which. */
int lad_options_check(const struct lad_job *job, const struct lad_workload_option **option, struct lad_error *err);

/* Copies into JOB whatever option both have. */
void lad_options_into_job(const struct lad_workload *workload, struct lad_job *job);

#endif
