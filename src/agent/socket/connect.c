/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "agent/core/agent.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "netladder/cleanup.h"

/*
 * A generator's standing connections are opened together, so that a long round trip passes once and not once for each;
 * no more at a time than a sink's queue of new connections has room for.
 */

#define AT_ONCE 512
#define LOOK_MS 100

static int cannot(const struct agent *agent, int error, struct lad_error *err)
{
	return lad_error_errno(err, error, "cannot connect to %s port %u", agent->job.address, agent->job.port);
}

/* Begins the connections of COUNT flows from FIRST on. POLLED waits for those that are under way. */
static int begin(struct agent *agent, struct pollfd *polled, int first, int count, struct lad_error *err)
{
	for (int i = 0; i < count; i++) {
		bool in_flight = false;
		int fd = agent_socket_call(agent, &in_flight, err);
		agent->flows[first + i].fd = fd;
		if (fd < 0)
			return -1;
		if (!in_flight && agent_word_say(&agent->job, fd, 0) < 0)
			return cannot(agent, errno, err);
		polled[i] = (struct pollfd){in_flight ? fd : -1, POLLOUT, 0};
	}
	return 0;
}

/* Takes those that are connected off POLLED. Returns how many were, or -1. */
static int take_connected(const struct agent *agent, struct pollfd *polled, int count, struct lad_error *err)
{
	int taken = 0;
	for (int i = 0; i < count; i++) {
		int error = 0;
		socklen_t length = sizeof error;
		if (polled[i].fd < 0 || !polled[i].revents)
			continue;
		if (getsockopt(polled[i].fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error ||
		    agent_word_say(&agent->job, polled[i].fd, 0) < 0)
			return cannot(agent, error ? error : errno, err);
		polled[i].fd = -1;
		taken++;
	}
	return taken;
}

static int left_of(const struct pollfd *polled, int count)
{
	int left = 0;
	for (int i = 0; i < count; i++)
		left += polled[i].fd >= 0;
	return left;
}

/* The limit is for the next one to come about: however many there are, they need not all be there by then. */
static int finish(const struct agent *agent, struct pollfd *polled, int count, struct lad_error *err)
{
	int64_t until_ns = agent_now_ns() + agent_patience_ns(agent);
	while (left_of(polled, count)) {
		int ready = poll(polled, (nfds_t)count, LOOK_MS);
		int taken = ready > 0 ? take_connected(agent, polled, count, err) : 0;
		if (taken < 0)
			return -1;
		if (taken > 0)
			until_ns = agent_now_ns() + agent_patience_ns(agent);
		else if (agent_now_ns() > until_ns)
			return cannot(agent, ETIMEDOUT, err);
	}
	return 0;
}

int agent_connect_flows(struct agent *agent, struct lad_error *err)
{
	lad_cleanup_free struct pollfd *polled = calloc(AT_ONCE, sizeof *polled);
	if (!polled)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int first = 0; first < agent->flow_count; first += AT_ONCE) {
		int rest = agent->flow_count - first, count = rest < AT_ONCE ? rest : AT_ONCE;
		if (begin(agent, polled, first, count, err) < 0 || finish(agent, polled, count, err) < 0)
			return -1;
	}
	/* One that waits in recv(). */
	for (int i = 0; agent->blocking && i < agent->flow_count; i++)
		if (ioctl(agent->flows[i].fd, FIONBIO, &(int){0}) < 0)
			return lad_error_errno(err, errno, "cannot make a connection wait");
	return 0;
}
