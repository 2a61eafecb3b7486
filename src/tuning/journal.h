/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNING_JOURNAL_H
#define TUNING_JOURNAL_H

/*
 * The journal of machine-wide sysctls: /run/netladder/tuning-PID.json (without root in $XDG_RUNTIME_DIR), on disk
 * before the first change, gone after the last value is back. A journal whose process has ended says what to put back.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "netladder/tuning.h"

#define JOURNAL_SYSCTLS_MAX 64
#define JOURNALS_MAX 16

struct journal {
	pid_t pid;
	unsigned long long started; /* of the process, in clock ticks since boot: a reused pid is another process */
	struct lad_sysctl sysctls[JOURNAL_SYSCTLS_MAX]; /* with the old values */
	int count;
};

/* Writes JOURNAL for this process and fills in whose it is. Refuses while there is another one. */
int journal_write(struct journal *journal, struct lad_error *err);
int journal_remove(pid_t pid, struct lad_error *err);
/* All journals there are. Returns how many, 0 when there is not even the folder, or -1. */
int journal_read_all(struct journal *journals, int capacity, struct lad_error *err);
bool journal_is_alive(const struct journal *journal);

#endif
