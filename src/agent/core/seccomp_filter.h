/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_SECCOMP_FILTER_H
#define AGENT_CORE_SECCOMP_FILTER_H

/* A file of its own because seccomp.h and ev.h both define EV_NONE. */

#include <stdbool.h>

#include "netladder/error.h"

/* From now on every system call but those that move data, wait, read clocks and manage memory fails with EPERM;
 * PREPARING: those as well that make sockets and threads, and that give up more, which is then done once again. */
int agent_forbid_calls(bool preparing, struct lad_error *err);

#endif
