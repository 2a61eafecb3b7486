/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_CONTAINER_H
#define NETLADDER_CONTAINER_H

/*
 * A container of the native lab: a process with its own mount, pid, uts and ipc namespaces in a given network
 * namespace, private /proc and /sys, user nobody (where the user namespace has one), no_new_privs, and of all
 * capabilities only CAP_NET_ADMIN over its network (socket buffers beyond the limit, restricted congestion controls),
 * which the agent gives up once its sockets stand. The kernel kills it when the runner dies (PR_SET_PDEATHSIG), and its
 * stdin closes then as well.
 */

#include <sys/types.h>

#include "netladder/error.h"
#include "netladder/lab.h"

#define LAD_ANY_CPU (-1)

struct lad_container {
	pid_t pid; /* 0: not started */
	int pidfd;
	struct lad_channel channel; /* the agent's standard streams */
};

/* PROGRAM_FD is an O_PATH descriptor of the agent, so the container needs no path to it. CPU: pinned there, or
 * LAD_ANY_CPU. */
int lad_container_start(struct lad_container *container, int program_fd, int netns_fd, const char *hostname, int cpu,
			struct lad_error *err);

/* Kills and reaps it; safe on a zeroed container and twice. */
void lad_container_stop(struct lad_container *container);

#endif
