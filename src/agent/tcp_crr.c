/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

/*
 * Connect, request, response, close: a transaction is a whole connection, and latency is from connect() to the last
 * byte of the response. The sink closes first, as a web server of old: TIME_WAIT then stays on its side, and the
 * generator does not run out of ports.
 */

static void dial(struct agent_flow *flow);

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	ssize_t got = recv(flow->fd, agent->payload, (size_t)flow->pending, 0);
	if (got < 0 && agent_would_block(errno))
		return;
	if (got <= 0) { /* the generator went away: at the end of a trial it may */
		agent_close_flow(flow);
		return;
	}
	flow->pending -= got;
	if (flow->pending > 0)
		return;
	size_t size = (size_t)agent->job.message_bytes;
	if (send(flow->fd, agent->payload, size, MSG_NOSIGNAL) == (ssize_t)size) {
		agent->counters.bytes += size;
		agent->counters.transactions++;
	}
	agent_close_flow(flow);
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	agent_accept(io->data, on_request);
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	/* Twice the generator's flows: a new connection may come while the old one is still being closed. */
	if (agent_make_flows(agent, 2 * agent->job.flows, err) < 0)
		return -1;
	agent->listener = agent_socket_listen(agent, err);
	if (agent->listener < 0)
		return -1;
	ev_io_init(&agent->listener_io, on_connection, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

static void on_response(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	ssize_t got = recv(flow->fd, agent->payload, (size_t)flow->pending, 0);
	if (got < 0 && agent_would_block(errno))
		return;
	if (got <= 0) {
		agent_fail(agent, "tcp_crr: the connection ended before the response: %s",
			   got < 0 ? strerror(errno) : "end of file");
		return;
	}
	flow->pending -= got;
	if (flow->pending > 0)
		return;
	agent->counters.bytes += (uint64_t)agent->job.message_bytes;
	agent->counters.transactions++;
	if (agent->phase == AGENT_WINDOW)
		lad_histogram_record(&agent->result.latency, agent_now_ns() - flow->sent_ns);
	agent_close_flow(flow);
	dial(flow);
}

static void on_connected(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	size_t size = (size_t)agent->job.message_bytes;
	ssize_t sent = send(flow->fd, agent->payload, size, MSG_NOSIGNAL);
	if (sent != (ssize_t)size) {
		agent_fail(agent, "tcp_crr: cannot connect or send: %s", sent < 0 ? strerror(errno) : "short write");
		return;
	}
	flow->pending = agent->job.message_bytes;
	ev_io_stop(loop, io);
	ev_io_init(io, on_response, flow->fd, EV_READ);
	ev_io_start(loop, io);
}

static void dial(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	flow->sent_ns = agent_now_ns();
	flow->fd = agent_socket_dial(agent);
	if (flow->fd < 0) {
		/* EADDRNOTAVAIL: every local port is in use or in TIME_WAIT, which is an answer and not a hang. */
		agent_fail(agent, "tcp_crr: cannot connect: %s%s", strerror(errno),
			   errno == EADDRNOTAVAIL ? " (no free local port)" : "");
		return;
	}
	ev_io_init(&flow->io, on_connected, flow->fd, EV_WRITE);
	ev_io_start(agent->loop, &flow->io);
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	/* One connection by hand, so that a path that does not work is said before the trial starts. */
	int fd = agent_socket_connect(agent, err);
	if (fd < 0)
		return -1;
	agent->flows[0].fd = fd;
	ev_io_init(&agent->flows[0].io, on_response, fd, EV_READ);
	agent_close_flow(&agent->flows[0]);
	return 0;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		dial(&agent->flows[i]);
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		agent_close_flow(&agent->flows[i]);
}

const struct workload_ops agent_tcp_crr = {
    .kind = LAD_TCP_CRR,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
};
