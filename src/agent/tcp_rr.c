/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

/*
 * Request and response over a standing connection, one outstanding a flow (closed loop): latency is from the first
 * byte of the request to the last of the response. The end of one transaction is the start of the next, so one
 * reading of the clock serves both.
 */

/* Sends what is pending of the current message. Returns true when all of it has gone. */
static bool send_pending(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	ssize_t sent = send(flow->fd, agent->payload, (size_t)flow->pending, MSG_NOSIGNAL);
	if (sent < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "tcp_rr send: %s", strerror(errno));
		return false;
	}
	flow->pending -= sent;
	return flow->pending == 0;
}

/* Reads into the current message. Returns true when it is complete. */
static bool receive_pending(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	ssize_t got = recv(flow->fd, agent->payload, (size_t)flow->pending, 0);
	if (got < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "tcp_rr receive: %s", strerror(errno));
		return false;
	}
	if (got == 0) {
		if (agent->job.role == LAD_GENERATOR)
			agent_fail(agent, "tcp_rr: the sink closed the connection");
		agent_close_flow(flow);
		return false;
	}
	flow->pending -= got;
	return flow->pending == 0;
}

static void wait_for(struct agent_flow *flow, int events)
{
	if (flow->io.events == events)
		return;
	ev_io_stop(flow->agent->loop, &flow->io);
	ev_io_modify(&flow->io, events);
	ev_io_start(flow->agent->loop, &flow->io);
}

/* Starts the other half of a transaction with sending; waits for the socket only when it did not take everything. */
static void send_message(struct agent_flow *flow)
{
	flow->pending = flow->agent->job.message_bytes;
	flow->writing = !send_pending(flow);
	if (!flow->writing)
		flow->pending = flow->agent->job.message_bytes;
	wait_for(flow, flow->writing ? EV_WRITE : EV_READ);
}

static void continue_writing(struct agent_flow *flow)
{
	if (!send_pending(flow))
		return;
	flow->writing = false;
	flow->pending = flow->agent->job.message_bytes;
	wait_for(flow, EV_READ);
}

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	if (flow->writing) {
		continue_writing(flow);
		return;
	}
	if (!receive_pending(flow))
		return;
	agent->counters.bytes += (uint64_t)agent->job.message_bytes;
	agent->counters.transactions++;
	send_message(flow);
}

static void on_response(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	if (flow->writing) {
		continue_writing(flow);
		return;
	}
	if (!receive_pending(flow))
		return;
	int64_t now_ns = agent_now_ns();
	agent->counters.bytes += (uint64_t)agent->job.message_bytes;
	agent->counters.transactions++;
	if (agent->phase == AGENT_WINDOW)
		lad_histogram_record(&agent->result.latency, now_ns - flow->sent_ns);
	flow->sent_ns = now_ns;
	send_message(flow);
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	agent_accept(io->data, on_request);
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
		agent_socket_nodelay(flow->fd);
		ev_io_init(&flow->io, on_response, flow->fd, EV_READ);
	}
	return 0;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		ev_io_start(agent->loop, &flow->io);
		flow->sent_ns = agent_now_ns();
		send_message(flow);
	}
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		if (agent->flows[i].fd >= 0)
			ev_io_stop(agent->loop, &agent->flows[i].io);
}

const struct workload_ops agent_tcp_rr = {
    .kind = LAD_TCP_RR,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
};
