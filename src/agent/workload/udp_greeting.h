/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AGENT_WORKLOAD_UDP_GREETING_H
#define AGENT_WORKLOAD_UDP_GREETING_H

/*
 * A udp_stream's sink that sends has to know where to, and whatever translates addresses on the way lets its datagrams
 * through only as answers. So before the trial the generator greets it from each of its sockets until it is greeted
 * back: a datagram that is nothing but a stamp, with a magic number of its own, and counts nowhere.
 *
 * By hand every sink of datagrams is greeted, with the run's word (word.h) in the stamp: it answers nobody else.
 */

#include "agent/core/agent.h"

struct udp_peer {
	struct sockaddr_storage address;
	socklen_t bytes; /* 0: not known yet */
};

/* The generator's side: greets from every flow and waits for each answer. */
int udp_greet(struct agent *agent, struct lad_error *err);

/* The sink's side: room for what it has to know. */
int udp_greeting_expect(struct agent *agent, struct lad_error *err);
/* Whether the GOT bytes of a datagram are a greeting of AGENT's run, and then of which FLOW of all threads'. */
bool udp_is_greeting(const struct agent *agent, const void *bytes, size_t got, uint32_t *flow);
/* The socket's one peer is at ADDRESS: it hears nobody else from now on, and what had come before is thrown away. */
void udp_greeting_connect(struct agent *agent, const struct sockaddr_storage *address, socklen_t bytes);
/* Whether every flow has greeted. */
static inline bool udp_greeting_complete(const struct agent *agent)
{
	return agent->peers_known == agent->job.flows;
}
/*
 * Takes a datagram off the sink's socket, if it is a greeting or nothing that means anything. Returns 1 when it did, 0
 * when the next one is of a stream (and still there), -1 when there is none.
 */
int udp_greeting_take(struct agent *agent);
/* Where the sink sends FLOW's datagrams; NULL (with LENGTH 0) when its socket is connected. */
struct sockaddr *udp_greeting_peer(const struct agent_flow *flow, socklen_t *length);

#endif
