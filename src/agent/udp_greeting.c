/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/udp_greeting.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "agent/udp_stamp.h"

#define GREETING_MAGIC UINT32_C(0x6e6c6468) /* "nldh" */
/* A greeting or its answer may be lost: how long one waits, and how often it is tried. */
#define ANSWER_MS 100
#define ATTEMPTS 50

static struct udp_stamp greeting_of(int flow)
{
	struct udp_stamp stamp = {.magic = htobe32(GREETING_MAGIC), .flow = htobe32((uint32_t)flow)};
	return stamp;
}

/* Whether FLOW was greeted back within the time of one attempt. */
static bool is_answered(const struct agent_flow *flow, int index)
{
	struct pollfd polled = {flow->fd, POLLIN, 0};
	struct udp_stamp stamp;
	while (poll(&polled, 1, ANSWER_MS) > 0) {
		ssize_t got = recv(flow->fd, &stamp, sizeof stamp, MSG_DONTWAIT);
		if (got == sizeof stamp && be32toh(stamp.magic) == GREETING_MAGIC &&
		    be32toh(stamp.flow) == (uint32_t)index)
			return true;
		/* ECONNREFUSED: nobody is there yet, or no more; the poll after it waits again. */
		if (got < 0 && !agent_would_block(errno) && errno != ECONNREFUSED)
			return false;
	}
	return false;
}

int udp_greet(struct agent *agent, struct lad_error *err)
{
	for (int i = 0; i < agent->flow_count; i++) {
		int number = agent_flow_number(&agent->flows[i]);
		struct udp_stamp stamp = greeting_of(number);
		int left = ATTEMPTS;
		do {
			/* What the socket does not take now is sent by the next attempt. */
			if (send(agent->flows[i].fd, &stamp, sizeof stamp, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
			    !agent_would_block(errno) && errno != ECONNREFUSED && errno != ENOBUFS)
				return lad_error_errno(err, errno, "cannot greet the sink");
		} while (!is_answered(&agent->flows[i], number) && --left > 0);
		if (!left)
			return lad_error_set(err, LAD_EXIT_TRIALS,
					     "the sink, which is to send, does not answer from %s port %u within %d s",
					     agent->job.address, agent->job.port, ATTEMPTS * ANSWER_MS / 1000);
	}
	return 0;
}

int udp_greeting_expect(struct agent *agent, struct lad_error *err)
{
	agent->peers = calloc((size_t)agent->job.flows, sizeof *agent->peers);
	return agent->peers ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the flows' addresses");
}

/* The first address that a flow greets from is its own: nobody can turn the stream elsewhere later. */
static void learn(struct agent *agent, int flow, const struct sockaddr_storage *address, socklen_t bytes)
{
	struct udp_peer *peer = &agent->peers[flow];
	if (peer->bytes)
		return;
	*peer = (struct udp_peer){*address, bytes};
	agent->peers_known++;
	/* With one flow there is one peer: connected to it, the kernel need not look up the route each time. */
	if (agent->all_flows == 1)
		agent->listener_connected = connect(agent->listener, (const struct sockaddr *)address, bytes) == 0;
}

int udp_greeting_take(struct agent *agent)
{
	struct udp_stamp stamp = {0};
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	ssize_t got =
	    recvfrom(agent->listener, &stamp, sizeof stamp, MSG_PEEK | MSG_DONTWAIT, (struct sockaddr *)&from, &length);
	if (got < 0)
		return -1;
	uint32_t magic = got == sizeof stamp ? be32toh(stamp.magic) : 0, flow = be32toh(stamp.flow);
	if (magic == UDP_STAMP_MAGIC && agent_receives(agent))
		return 0;
	recv(agent->listener, &stamp, sizeof stamp, MSG_DONTWAIT);
	int own = magic == GREETING_MAGIC ? udp_stream_own(agent, flow) : -1;
	if (own < 0)
		return 1;
	learn(agent, own, &from, length);
	stamp = greeting_of((int)flow);
	bool connected = agent->listener_connected;
	/* An answer that does not go is asked for again. */
	sendto(agent->listener, &stamp, sizeof stamp, MSG_NOSIGNAL | MSG_DONTWAIT,
	       connected ? NULL : (struct sockaddr *)&from, connected ? 0 : length);
	return 1;
}

struct sockaddr *udp_greeting_peer(const struct agent_flow *flow, socklen_t *length)
{
	const struct agent *agent = flow->agent;
	bool none = !agent->peers || agent->listener_connected;
	struct udp_peer *peer = none ? NULL : &agent->peers[flow - agent->flows];
	*length = peer ? peer->bytes : 0;
	return peer ? (struct sockaddr *)&peer->address : NULL;
}
