/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_WORKLOAD_FACTS_H
#define NETLADDER_WORKLOAD_FACTS_H

#include "netladder/mode.h"

/* What everybody but the agent has to know of a workload; how it is done is in src/agent/workload. */
struct lad_workload_facts {
	const char *phrase;  /* in a sentence or a heading: "TCP bulk transfer" */
	const char *summary; /* what is done and counted, one sentence: UTF-8 */
	/* As in a scenario, with units: what a workload has that says nothing, and the range of a message. */
	const char *message_bytes, *message_least, *message_most;
	const char *socket_buffer;
	const char *congestion_control; /* "" where there is none to choose */
};

/* The facts of KIND; never NULL for a valid kind. */
const struct lad_workload_facts *lad_workload_of(enum lad_workload_kind kind);

#endif
