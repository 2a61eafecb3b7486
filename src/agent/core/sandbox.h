/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_CORE_SANDBOX_H
#define AGENT_CORE_SANDBOX_H

/* What the agent gives up, and what it says when memory runs out. */

#include "netladder/error.h"
#include <stdbool.h>

/* Raises the limit of open files for MOST flows in each of THREADS, as far as anybody may; fails when LEAST of them do
 * not fit. */
int agent_want_files(int least, int most, int threads, struct lad_error *err);
/* Gives up every capability, and every system call that moves no data (seccomp); called once the sockets stand. */
int agent_drop_privileges(bool keep_net_admin, struct lad_error *err);
/*
 * Gives up what a sink by hand needs neither for hearing who comes nor for the sockets and threads of a job: called
 * before it listens. What sets a socket up is kept (CAP_NET_ADMIN), and with LOW_PORT what binds ports below 1024.
 */
int agent_drop_before_listening(bool low_port, struct lad_error *err);

/* memory.c: what the agent's last words are when libev or cJSON get no memory. */
void agent_memory_for_runner(void);
void agent_memory_by_hand(void);

/* rseq.c: spares the calling thread what the kernel would do at each switch to it. */
void agent_leave_rseq(void);

#endif
