/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_greeting.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "agent/workload/udp_stamp.h"
#include "netladder/cleanup.h"

#define GREETING_MAGIC UINT32_C(0x6e6c6468) /* "nldh" */
/* A greeting or its answer may be lost: how long one waits before it is tried again. All flows greet together, so that
 * a long round trip passes once and not once for each; no more at a time than fit into a sink's socket buffer. */
#define ANSWER_MS 100
#define AT_ONCE 128

static struct udp_stamp greeting_of(const struct agent *agent, uint32_t flow)
{
	struct udp_stamp stamp = {.magic = htobe32(GREETING_MAGIC),
				  .flow = htobe32(flow),
				  .phase_number = htobe64(agent->job.word[0]),
				  .time_ns = htobe64(agent->job.word[1])};
	return stamp;
}

bool udp_is_greeting(const struct agent *agent, const void *bytes, size_t got, uint32_t *flow)
{
	struct udp_stamp stamp;
	if (got != sizeof stamp)
		return false;
	memcpy(&stamp, bytes, sizeof stamp);
	*flow = be32toh(stamp.flow);
	struct udp_stamp right = greeting_of(agent, *flow);
	return agent_same_bytes(&stamp, &right, sizeof stamp);
}

/* Whether FLOW was greeted back. */
static bool is_answered(const struct agent_flow *flow)
{
	struct udp_stamp stamp;
	uint32_t number;
	ssize_t got;
	/* ECONNREFUSED: nobody is there yet, or no more. */
	while ((got = recv(flow->fd, &stamp, sizeof stamp, MSG_DONTWAIT)) >= 0 || errno == ECONNREFUSED)
		if (got > 0 && udp_is_greeting(flow->agent, &stamp, (size_t)got, &number) &&
		    number == (uint32_t)agent_flow_number(flow))
			return true;
	return false;
}

/* Greets from the first flows that have no answer. Returns how many those are, or -1. */
static int greet_some(struct agent *agent, const struct pollfd *unanswered, struct lad_error *err)
{
	int greeted = 0;
	for (int i = 0; i < agent->flow_count && greeted < AT_ONCE; i++) {
		struct udp_stamp stamp = greeting_of(agent, (uint32_t)agent_flow_number(&agent->flows[i]));
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
			    "the sink does not answer datagrams from %s port %u within %.0f s (%d of %d flows)",
			    agent->job.address, agent->job.port, (double)patience_ns / 1e9, left, agent->flow_count);
	}
	return 0;
}

int udp_greeting_expect(struct agent *agent, struct lad_error *err)
{
	agent->peers = calloc((size_t)agent->job.flows, sizeof *agent->peers);
	return agent->peers ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the flows' addresses");
}

void udp_greeting_connect(struct agent *agent, const struct sockaddr_storage *address, socklen_t bytes)
{
	char ignored;
	agent->listener_connected = connect(agent->listener, (const struct sockaddr *)address, bytes) == 0;
	while (agent_has_word(&agent->job) && agent->listener_connected &&
	       (recv(agent->listener, &ignored, sizeof ignored, MSG_DONTWAIT) >= 0 || errno == ECONNREFUSED))
		; /* the greeting's sender waits for its answer, and sent nothing else yet */
}

/* The first address that a flow greets from is its own: nobody can turn the stream elsewhere later. */
static void learn(struct agent *agent, int flow, const struct sockaddr_storage *address, socklen_t bytes)
{
	struct udp_peer *peer = &agent->peers[flow];
	if (peer->bytes)
		return;
	*peer = (struct udp_peer){*address, bytes};
	agent->peers_known++;
	agent_flow_known(agent);
	/* With one flow there is one peer: connected to it, the kernel need not look up the route each time. */
	if (agent->all_flows == 1)
		udp_greeting_connect(agent, address, bytes);
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
	uint32_t flow;
	bool stream = got == sizeof stamp && be32toh(stamp.magic) == UDP_STAMP_MAGIC;
	if (stream && agent_receives(agent) && udp_greeting_complete(agent))
		return 0;
	bool greeting = udp_is_greeting(agent, &stamp, (size_t)got, &flow);
	recv(agent->listener, &stamp, sizeof stamp, MSG_DONTWAIT);
	int own = greeting ? udp_stream_own(agent, flow) : -1;
	if (own < 0)
		return 1;
	learn(agent, own, &from, length);
	stamp = greeting_of(agent, flow);
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
