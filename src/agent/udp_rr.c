/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

/*
 * Request and response by datagram, one outstanding a flow. The first byte is the sequence number's last: a response
 * that was given up on is told from the one that is waited for.
 */

#define RESPONSE_TIMEOUT_S 0.2

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	size_t size = (size_t)agent->job.message_bytes;
	ssize_t got = recvfrom(io->fd, agent->payload, size, 0, (struct sockaddr *)&from, &length);
	if (got < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "udp_rr receive: %s", strerror(errno));
		return;
	}
	if (sendto(io->fd, agent->payload, (size_t)got, MSG_NOSIGNAL, (struct sockaddr *)&from, length) < 0) {
		agent->result.send_drops++;
		return;
	}
	agent->counters.bytes += (uint64_t)got;
	agent->counters.transactions++;
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, 1, err) < 0)
		return -1;
	agent->listener = agent_socket_bind(agent, err);
	if (agent->listener < 0)
		return -1;
	ev_io_init(&agent->listener_io, on_request, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

static void send_request(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	agent->payload[0] = (char)(unsigned char)flow->sequence;
	if (send(flow->fd, agent->payload, (size_t)agent->job.message_bytes, MSG_NOSIGNAL) < 0) {
		if (!agent_would_block(errno) && errno != ENOBUFS)
			agent_fail(agent, "udp_rr send: %s", strerror(errno));
		agent->result.send_drops++;
	}
}

static void on_response(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	ssize_t got = recv(flow->fd, agent->payload, (size_t)agent->job.message_bytes, 0);
	if (got < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "udp_rr receive: %s", strerror(errno));
		return;
	}
	if (got != agent->job.message_bytes || agent->payload[0] != (char)(unsigned char)flow->sequence)
		return; /* late: its request was given up on */
	int64_t now_ns = agent_now_ns();
	agent->counters.bytes += (uint64_t)got;
	agent->counters.transactions++;
	if (agent->phase == AGENT_WINDOW)
		lad_histogram_record(&agent->result.latency, now_ns - flow->sent_ns);
	flow->sent_ns = now_ns;
	flow->sequence++;
	/* Cheaper than stopping and starting a timer a transaction: the timer looks at `sent_ns` when it fires. */
	(void)loop;
	send_request(flow);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct agent_flow *flow = timer->data;
	double waited_s = (double)(agent_now_ns() - flow->sent_ns) / 1e9;
	if (waited_s < RESPONSE_TIMEOUT_S) {
		timer->repeat = RESPONSE_TIMEOUT_S - waited_s;
		ev_timer_again(loop, timer);
		return;
	}
	if (flow->agent->phase == AGENT_WINDOW)
		flow->agent->result.timeouts++;
	flow->sequence++;
	flow->sent_ns = agent_now_ns();
	send_request(flow);
	timer->repeat = RESPONSE_TIMEOUT_S;
	ev_timer_again(loop, timer);
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
		ev_io_init(&flow->io, on_response, flow->fd, EV_READ);
		ev_timer_init(&flow->timeout, on_timeout, RESPONSE_TIMEOUT_S, RESPONSE_TIMEOUT_S);
		flow->timeout.data = flow;
	}
	return 0;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		ev_io_start(agent->loop, &flow->io);
		ev_timer_start(agent->loop, &flow->timeout);
		flow->sent_ns = agent_now_ns();
		send_request(flow);
	}
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		ev_io_stop(agent->loop, &agent->flows[i].io);
		ev_timer_stop(agent->loop, &agent->flows[i].timeout);
	}
}

const struct workload_ops agent_udp_rr = {
    .kind = LAD_UDP_RR,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
};
