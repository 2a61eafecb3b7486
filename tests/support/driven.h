/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_TOLD_H
#define SUPPORT_TOLD_H

/* An agent that a test tells what to do over its pipes, in the runner's place. What goes wrong fails the test. */

#include "support.h"

#include <sys/resource.h>

#include "netladder/protocol.h"

/* Programs and tests are built with the same sanitizers. With one of these an agent has no seccomp filter. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TOLD_SANITIZED true
#else
#define TOLD_SANITIZED false
#endif

struct driven {
	pid_t pid;
	int input, output;
	struct lad_line_buffer lines;
};

/* Hard limits, and the faults (faults.h) it runs with; 0: none. */
struct driven_options {
	rlim_t files_max, memory_max_bytes;
	int faults_fd;
};

void driven_pause_ms(long ms);
int64_t driven_now_ns(void);
/* A namespace with loopback, in which everything of a test happens. */
int driven_new_netns(void);

/* OPTIONS may be NULL. */
struct driven driven_start(int netns, const struct driven_options *options);
/* Longer than an agent takes for anything that a test asks of it, on however busy a machine. */
#define TOLD_PATIENCE_MS 60000

/* Its next message, within TIMEOUT_MS; the type is -1 when it ended without one. */
struct lad_message driven_hear(struct driven *told, struct lad_agent_result *result, int timeout_ms);
/* Hears a message of this TYPE, or fails. */
void driven_expect(struct driven *told, enum lad_message_type type);
/* Sends LINE and frees it. */
void driven_say(struct driven *told, char *line);
/* A sink and a generator that both have JOB, and are ready. */
void driven_start_pair(int netns, struct lad_job job, struct driven told[LAD_ROLE_COUNT]);
/* "start" for a window without warm-up that begins in a moment; the same window for all COUNT of them. */
void told_begin(struct driven *told, int64_t duration_ns);
void told_begin_all(struct driven *told, int count, int64_t duration_ns);
/* Closes its pipes. Returns how it ends: its exit code, or 128 and the signal. */
int told_leave(struct driven *told);
/* A fresh TOLD refuses JOB with an error that holds TEXT, and ends with 1. */
void told_refuses(struct driven *told, const struct lad_job *job, const char *text);
/* A job of FLOWS flows on loopback, everything else as usual. */
struct lad_job told_job(enum lad_role role, enum lad_workload_kind kind, int flows);

#endif
