/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_SOCKET_OUTGOING_H
#define AGENT_SOCKET_OUTGOING_H

#include "agent/core/agent.h"

/*
 * Refuses, as impossible, a job whose datagrams the kernel is to pace where it would not: only the fq qdisc of the
 * device that they leave by looks at what a datagram's socket asks for. Everything else would send them at once.
 */
int agent_outgoing_check(const struct agent *agent, struct lad_error *err);

#endif
