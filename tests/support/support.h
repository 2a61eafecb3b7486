/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_SUPPORT_H
#define SUPPORT_SUPPORT_H

/* What integration tests share: running programs, here or in a namespace, and counting what is left over. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#include "netladder/run.h"

/*
 * Fails the test unless LEFT RELATION RIGHT, as in assert_that(ratio, >, 0.5), and then says what both are: a figure
 * that was seen once on some other machine has to tell by how much it was off.
 */
#define assert_that(left, relation, right)                                                                             \
	do {                                                                                                           \
		double left_value = (double)(left), right_value = (double)(right);                                     \
		if (!(left_value relation right_value))                                                                \
			support_not(#left, left_value, #relation, #right, right_value, __FILE__, __LINE__);            \
	} while (0)
void support_not(const char *left, double left_value, const char *relation, const char *right, double right_value,
		 const char *file, int line);

/* Skips the test, and says why: scripts/run-tests.sh shows it. Does not return. */
void support_skip(const char *reason);

/* A finished program: exit code (or 128 + signal) and its output, cut at the buffer's end. */
struct finished {
	int code;
	char out[200000], err[20000];
};

/*
 * program.c. Runs ARGV (NULL at the end) and waits. NETNS_FD >= 0: inside that namespace; CPU >= 0: pinned there.
 */
void support_run(struct finished *finished, int netns_fd, int cpu, const char *const argv[]);
/* Fails the test unless it ended with CODE and its output and errors contain these texts; NULL: whatever they are. */
void support_expect(const struct finished *finished, int code, const char *in_out, const char *in_err);
/* Starts it, output thrown away. */
pid_t support_start(int netns_fd, int cpu, const char *const argv[]);
/* Waits for the end of a child: its exit code, or 128 and the signal. */
int support_end_of(pid_t pid);

/* A program that runs beside the test, which listens to it. */
struct support_program {
	pid_t pid;
	int fds[2]; /* its stdout and stderr; -1: closed */
	size_t used[2];
	struct finished *finished; /* the caller's: what it has said so far */
};
void support_begin(struct support_program *program, struct finished *finished, int netns_fd, int cpu,
		   const char *const argv[]);
/* Waits until it has said TEXT on stdout; fails the test when it ends before, or is silent for a minute. */
void support_hear(struct support_program *program, const char *text);
/* Waits until it has ended. */
void support_finish(struct support_program *program);

/* ready.c: waits until something listens on PORT inside NETNS_FD; false after half a minute. */
bool support_wait_listening(int netns_fd, bool udp, unsigned port);
/* The contrary: until nothing listens there any more. */
bool support_wait_closed(int netns_fd, bool udp, unsigned port);

/* snmp.c: what the kernel of NETNS_FD has counted of UDP (/proc/net/snmp). */
struct udp_counters {
	double in, out, errors; /* InDatagrams, OutDatagrams, InErrors (buffer overflows among them) */
};
struct udp_counters support_udp_counters(int netns_fd);
/* And how many TCP segments it has sent, also those that it sent again: those of a super-packet one by one. */
double support_tcp_segments(int netns_fd);

/* qdisc.c: drops of DEVICE's root qdisc, a token bucket, as the kernel's own netlink attribute (TCA_STATS2) has them.
 */
double support_tbf_drops(int netns_fd, const char *device);
/* How many bytes may wait in it, as the kernel tells. */
double support_tbf_limit(int netns_fd, const char *device);

/* From now on whatever our children leave behind becomes our child, so that it can be told from what others run. */
void support_reap_orphans(void);

/* From now on this process and its children have network and mount namespaces that nobody else changes. */
void support_leave_namespaces(void);

/* What netladder could leave behind, counted from /proc: only what descends from this process. */
struct leftovers {
	int processes;
	int agents;	   /* processes called netladder-agent */
	int namespaces;	   /* distinct network namespaces that processes are in */
	int links, mounts; /* in our namespaces: after support_leave_namespaces() nobody else's are among them */
};
struct leftovers support_leftovers(void);

/* A context for lad_trial_run in the native lab, with the built agent on the machine's last CPU; and its release. */
struct lad_trial_context support_context(struct lad_scenario *scenario, double warmup_s, double duration_s);
void support_close_context(struct lad_trial_context *context);

#endif
