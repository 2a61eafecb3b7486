/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_STAMPS_H
#define AGENT_SOCKET_STAMPS_H

/*
 * The kernel's software time stamps of a request and its response (SO_TIMESTAMPING, see the kernel's
 * Documentation/networking/timestamping.rst): when the device took the request, and when the response came up from it.
 * The difference between that and our own latency is the time in the agent and its system calls. It costs a message on
 * the socket's error queue each, so only where `timestamps` asks for it, and with one transaction outstanding on FD.
 */

#include "agent/core/agent.h"

/* Turns the time stamps on, when the job asks for them. */
int stamps_begin(struct agent *agent, int fd, struct lad_error *err);
/* recv(), which notes the time stamp of what came when they are on. */
ssize_t stamps_recv(struct agent *agent, int fd, void *buffer, size_t size);
/*
 * The transaction has ended after LATENCY_NS: takes its stamps, and records them in result.kernel_latency when it
 * COUNTS. Stamps that lie further apart than that, or backwards, are no measurement: they are of the clock of the day,
 * and it was set in between.
 */
void stamps_take(struct agent *agent, int fd, int64_t latency_ns, bool counts);

#endif
