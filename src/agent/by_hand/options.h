/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_BY_HAND_OPTIONS_H
#define AGENT_BY_HAND_OPTIONS_H

/* The command line of the agent by hand, between by_hand_options.c, which has the options, and what they mean. Whatever
 * is wrong ends the program through argp_error(). STATE's input is a struct alone_options. */

#include <argp.h>

#include "agent/by_hand/by_hand.h"
#include "netladder/workload_option.h"

/* by_hand_values.c: the TEXT of --OPTION as a value. */
void by_hand_check(struct argp_state *state, const char *option, int status, const struct lad_error *err);
int64_t by_hand_count(struct argp_state *state, const char *option, const char *text, int64_t least, int64_t most);
int64_t by_hand_duration(struct argp_state *state, const char *option, const char *text, int64_t least_ns);
void by_hand_copy(struct argp_state *state, const char *option, char *into, size_t size, const char *text);
/* The TEXT of the option, or argument, of this name, put where it belongs. That of --to is written to. */
void by_hand_target(struct argp_state *state, char *text);
void by_hand_workload(struct argp_state *state, const char *text);
/* TEXT as the value of OPTION, put into the job, or into the workload where the job has no member for it. */
void by_hand_option(struct argp_state *state, const struct lad_workload_option *option, const char *text);
/* Whether OPTION was given, with something else than its default. */
bool by_hand_has_option(const struct by_hand_options *options, const struct lad_workload_option *option);
void by_hand_answer(struct argp_state *state, const char *text);

/* by_hand_together.c: once all options are read: whether they go together, and what follows from them. */
void by_hand_check_together(struct argp_state *state);

#endif
