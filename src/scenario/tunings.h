/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SCENARIO_TUNINGS_H
#define NETLADDER_SCENARIO_TUNINGS_H

/* What the conversion of `tunings` and the expansion of `sweep` share. PATH is where a complaint points. */

#include "scenario/convert.h"

struct tuning_path {
	char text[96];
};

/* "LIST[INDEX + 1].KEY" */
struct tuning_path tuning_path(const char *list, unsigned index, const char *key);

/* The path below /proc/sys of a sysctl as people write it; false when TEXT is none. */
bool tuning_sysctl_key(const char *text, char key[LAD_SYSCTL_KEY_MAX]);

int tuning_set(struct scenario_source *source, const char *path, enum lad_setting setting, const char *text,
	       struct lad_tuning *tuning);
/* Sets KEY to TEXT, its blanks as the kernel prints them, in place of an earlier value. */
int tuning_set_sysctl(struct scenario_source *source, const char *path, const char *key, const char *text,
		      struct lad_tuning *tuning);
/* Adds the sysctls of TEXTS ("name=value"), the list at the path LIST, each once. */
int tuning_convert_sysctls(struct scenario_source *source, const char *list, char *const *texts, unsigned count,
			   struct lad_tuning *tuning);
int tuning_add(struct scenario_source *source, const char *path, const struct lad_tuning *tuning,
	       struct lad_scenario *scenario);

/* Adds the tunings that `sweep` stands for, each made from scenario->tunings[0]. Nothing when there is no sweep. */
int sweep_expand(struct scenario_source *source, const struct raw_sweep *raw, struct lad_scenario *scenario);

#endif
