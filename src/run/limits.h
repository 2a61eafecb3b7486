/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

/* What many sessions on this machine take, held against what it gives, so that a run fails before its first trial. */

#include <stdint.h>

#include "netladder/error.h"

/* What the agents of one trial take at once, in the native lab. */
struct run_needs {
	int processes, namespaces;
	int64_t memory_bytes;
};

/* For so many SESSIONS on so many HOSTS; an upper bound for every mode. */
struct run_needs run_needs_of(int sessions, int hosts);

/*
 * Whether this process may have them: RLIMIT_NPROC (for a user who is not root), pids.max of its cgroups,
 * kernel.threads-max, user.max_net_namespaces and MemAvailable. LAD_EXIT_UNABLE with the limit's name and its remedy
 * else; a limit that cannot be read is none.
 */
int run_needs_check(const struct run_needs *needs, struct lad_error *err);

#endif
