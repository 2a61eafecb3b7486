/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/udp_greeting.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "agent/udp_stamp.h"
#include "netladder/cleanup.h"

#define GREETING_MAGIC UINT32_C(0x6e6c6468) /* "nldh" */
/* A greeting or its answer may be lost: how long one waits before it is tried again. All flows greet together, so that
 * a long round trip passes once and not once for each; no more at a time than fit into a sink's socket buffer. */
#define ANSWER_MS 100
#define AT_ONCE 128

static struct udp_stamp greeting_of(int flow)
{
	struct udp_stamp stamp = {.magic = htobe32(GREETING_MAGIC), .flow = htobe32((uint32_t)flow)};
	return stamp;
}

/* Whether what has come on FLOW greets it back; what else is there is thrown away. */
static bool is_answered(const struct agent_flow *flow)
{
	struct udp_stamp stamp;
	ssize_t got;
	/* ECONNREFUSED: nobody is there yet, or no more. */
	while ((got = recv(flow->fd, &stamp, sizeof stamp, MSG_DONTWAIT)) >= 0)
		if (got == sizeof stamp && be32toh(stamp.magic) == GREETING_MAGIC &&
		    be32toh(stamp.flow) == (uint32_t)agent_flow_number(flow))
			return true;
	return false;
}

/* Greets from the first flows that have no answer. Returns how many those are, or -1. */
static int greet_some(struct agent *agent, const struct pollfd *unanswered, struct lad_error *err)
{
	int greeted = 0;
	for (int i = 0; i < agent->flow_count && greeted < AT_ONCE; i++) {
		struct udp_stamp stamp = greeting_of(agent_flow_number(&agent->flows[i]));
		if (unanswered[i].fd < 0)
			continue;
		/* What the socket does not take now is sent by the next attempt. */
		if (send(agent->flows[i].fd, &stamp, sizeof stamp, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    !agent_would_block(errno) && errno != ECONNREFUSED && errno != ENOBUFS)
			return lad_error_errno(err, errno, "cannot greet the sink");
		greeted++;
	}
	return greeted;
}

/* Hears answers for the time of one attempt, at most COUNT. Returns how many came. */
static int hear_answers(struct agent *agent, struct pollfd *unanswered, int count)
{
	int64_t until_ns = agent_now_ns() + ANSWER_MS * INT64_C(1000000);
	int heard = 0;
	for (int left_ms = ANSWER_MS; heard < count && left_ms > 0;
	     left_ms = (int)((until_ns - agent_now_ns()) / 1000000)) {
		if (poll(unanswered, (nfds_t)agent->flow_count, left_ms) <= 0)
			continue;
		for (int i = 0; i < agent->flow_count; i++) {
			if (unanswered[i].fd < 0 || !unanswered[i].revents || !is_answered(&agent->flows[i]))
				continue;
			unanswered[i].fd = -1;
			heard++;
		}
	}
	return heard;
}

int udp_greet(struct agent *agent, struct lad_error *err)
{
	lad_cleanup_free struct pollfd *unanswered = calloc((size_t)agent->flow_count, sizeof *unanswered);
	int64_t patience_ns = agent_patience_ns(agent), until_ns = agent_now_ns() + patience_ns;
	if (!unanswered)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < agent->flow_count; i++)
		unanswered[i] = (struct pollfd){agent->flows[i].fd, POLLIN, 0};
	for (int left = agent->flow_count; left > 0;) {
		int greeted = greet_some(agent, unanswered, err);
		if (greeted < 0)
			return -1;
		int heard = hear_answers(agent, unanswered, greeted);
		left -= heard;
		if (heard)
			until_ns = agent_now_ns() + patience_ns;
		else if (agent_now_ns() > until_ns)
			return lad_error_set(
			    err, LAD_EXIT_TRIALS,
			    "the sink, which is to send, does not answer from %s port %u within %.0f s",
			    agent->job.address, agent->job.port, (double)patience_ns / 1e9);
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
