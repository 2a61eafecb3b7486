/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

/*
 * Bulk TCP. The generator writes message_bytes at a time for as long as the socket takes them; the sink throws the
 * bytes away inside the kernel (MSG_TRUNC, tcp(7)), so that the copy into the application, the same in every mode,
 * does not thin out what the network costs.
 */

/* A turn of the loop does at most this many calls on one socket, so that timers and other flows get theirs. */
#define CALLS_A_TURN 16
#define DISCARD_BYTES (1 << 20)

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	size_t size = (size_t)agent->job.message_bytes;
	for (int call = 0; call < CALLS_A_TURN; call++) {
		ssize_t sent = send(flow->fd, agent->payload, size, MSG_NOSIGNAL);
		if (sent < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "tcp_stream send: %s", strerror(errno));
			return;
		}
		agent->counters.bytes += (uint64_t)sent;
		agent->counters.messages++;
		if ((size_t)sent < size)
			return;
	}
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	for (int call = 0; call < CALLS_A_TURN; call++) {
		ssize_t got = recv(flow->fd, NULL, DISCARD_BYTES, MSG_TRUNC);
		if (got < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "tcp_stream receive: %s", strerror(errno));
			return;
		}
		if (got == 0) {
			agent_close_flow(flow);
			agent_flow_finished(flow);
			return;
		}
		agent->counters.bytes += (uint64_t)got;
		agent->counters.messages++;
	}
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	agent_accept(io->data, on_readable);
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	agent->listener = agent_socket_listen(agent, err);
	if (agent->listener < 0)
		return -1;
	ev_io_init(&agent->listener_io, on_connection, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		flow->fd = agent_socket_connect(agent, err);
		if (flow->fd < 0)
			return -1;
		ev_io_init(&flow->io, on_writable, flow->fd, EV_WRITE);
	}
	return 0;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_start(agent->loop, &agent->flows[i].io);
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		ev_io_stop(agent->loop, &agent->flows[i].io);
		shutdown(agent->flows[i].fd, SHUT_WR);
	}
}

const struct workload_ops agent_tcp_stream = {
    .kind = LAD_TCP_STREAM,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
    .sink_drains = true,
};
