/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_WORKLOAD_H
#define AGENT_WORKLOAD_WORKLOAD_H

/* What a workload is to the agent. */

#include "agent/core/agent.h"

struct workload_ops {
	enum lad_workload_kind kind;
	/* Opens the sink's sockets, listening. */
	int (*listen)(struct agent *agent, struct lad_error *err);
	/* Opens the generator's sockets, connected where the protocol connects. */
	int (*connect)(struct agent *agent, struct lad_error *err);
	/* The generator begins to send. */
	void (*start)(struct agent *agent);
	/* The window is over: stop sending. */
	void (*stop)(struct agent *agent);
	/* A sink that sends (streams, `direction`): begins, and stops, as the generator does; NULL for all others. */
	void (*sink_start)(struct agent *agent);
	void (*sink_stop)(struct agent *agent);
	/* The drain is over, at either end: fills in what need not be counted all along; may be NULL. */
	void (*end)(struct agent *agent);
	/* Requests that were sent and have no response yet; NULL for workloads without responses. */
	uint64_t (*outstanding)(const struct agent *agent);
	/* Whether this end waits for what is on the way before it reports; NULL: only for open-loop responses. */
	bool (*drains)(const struct agent *agent);
	/* Whether nothing is on the way any more, where this end can tell; may be NULL. */
	bool (*drained)(const struct agent *agent);
	/* TCP, a sink by hand: FD, non-blocking, is a flow's (word.h). It is the agent's from now on. */
	void (*admit)(struct agent *agent, int fd);
};

const struct workload_ops *agent_workload(enum lad_workload_kind kind);
#define AGENT_WORKLOAD_OPS(NAME, name, word) extern const struct workload_ops agent_##name;
LAD_WORKLOADS(AGENT_WORKLOAD_OPS)

/* dns_rr.c: closes what it opened; safe without lookups. */
void agent_dns_end(struct agent *agent);

#endif
