/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/think.h"
#include "agent/core/tick.h"
#include "agent/core/window.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/stamps.h"
#include "agent/workload/workload.h"

/*
 * Request and response over standing connections: latency is from the first byte of the request to the last of the
 * response. Closed loop: `pipeline` requests are outstanding on each flow, and a response sets off the next request;
 * the end of one transaction is the start of the next, so one reading of the clock serves both. Open loop: requests
 * leave when they are due, on the flows in turn, and latency counts from then (pace.c). A response is as long as its
 * request, or as `response_bytes` says; with a mix of sizes both ends know the seeded order in which each flow goes
 * through them, and a connection begins with its flow's place in it.
 */

/* A flow that never runs dry lets the loop look at the rest this often. */
#define ROUNDS_A_TURN 1024

/* The other end has gone, as it may: what FLOW still had to send, and what has no response, counts as unanswered. */
static void lose_flow(struct agent_flow *flow)
{
	agent_close_flow(flow);
	flow->unsent = 0;
}

/* Sends what is due on FLOW, as far as the socket takes it. */
static void send_unsent(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	while (flow->unsent > 0 && flow->fd >= 0) {
		const char *bytes = agent_payload_at(agent, flow->sent_bytes);
		size_t size = (size_t)flow->unsent, most = (size_t)(agent->payload + agent->payload_bytes - bytes);
		ssize_t sent = send(flow->fd, bytes, size < most ? size : most, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && agent_gone_after(agent, errno)) {
			lose_flow(flow);
			return;
		}
		if (sent < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "tcp_rr send: %s", strerror(errno));
			agent_flow_wait(flow, EV_READ | EV_WRITE);
			return;
		}
		flow->unsent -= sent;
		flow->sent_bytes += (uint64_t)sent;
	}
	if (flow->fd >= 0 && flow->io.events & EV_WRITE)
		agent_flow_wait(flow, EV_READ);
}

struct arrival { /* whole messages, and the bytes of all their requests together */
	uint64_t count;
	int64_t bytes;
};

/* Of what comes here, when all messages are alike. */
static int64_t incoming_bytes(const struct agent *agent)
{
	bool response = agent->job.role == LAD_GENERATOR && agent->job.response_bytes;
	return response ? agent->job.response_bytes : agent->job.message_bytes;
}

/* What is complete with GOT bytes more on FLOW. */
static struct arrival complete(struct agent_flow *flow, int64_t got)
{
	const struct agent *agent = flow->agent;
	struct arrival arrival = {0, 0};
	if (got < flow->pending) {
		flow->pending -= got;
		return arrival;
	}
	if (!agent->sizes) {
		int64_t size = incoming_bytes(agent), rest = got - flow->pending;
		flow->pending = size - rest % size;
		arrival.count = 1 + (uint64_t)(rest / size);
		arrival.bytes = (int64_t)arrival.count * agent->job.message_bytes;
		return arrival;
	}
	for (; got >= flow->pending; arrival.count++) {
		got -= flow->pending;
		arrival.bytes += (int64_t)agent_message_size(flow, flow->received++);
		flow->pending = (int64_t)agent_message_size(flow, flow->received);
	}
	flow->pending -= got;
	return arrival;
}

/* The sink's side: takes the flow's place off the connection. False: not yet, or the connection is over. */
static bool take_place(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	uint32_t place;
	ssize_t got = recv(flow->fd, &place, sizeof place, MSG_PEEK | agent_wait_flags(agent));
	if (got == 0)
		agent_close_flow(flow);
	if (got < 0 && !agent_would_block(errno))
		agent_fail(agent, "tcp_rr receive: %s", strerror(errno));
	if (got < (ssize_t)sizeof place || recv(flow->fd, &place, sizeof place, 0) < (ssize_t)sizeof place)
		return false;
	flow->place = be32toh(place);
	flow->pending = (int64_t)agent_message_size(flow, 0);
	flow->placed = true;
	return true;
}

/* The generator's: the first thing that it sends, long before there is traffic. */
static int tell_place(const struct agent_flow *flow, struct lad_error *err)
{
	uint32_t place = htobe32(flow->place);
	if (flow->agent->sizes && send(flow->fd, &place, sizeof place, MSG_NOSIGNAL) < (ssize_t)sizeof place)
		return lad_error_errno(err, errno, "tcp_rr: cannot send");
	return 0;
}

/* Reads what has come. Returns the messages that it completes, which may be none. */
static struct arrival receive_messages(struct agent_flow *flow)
{
	const struct arrival none = {0, 0};
	struct agent *agent = flow->agent;
	if (agent->sizes && agent->job.role == LAD_SINK && !flow->placed && !take_place(flow))
		return none;
	/* Where nothing can follow on the message, to ask for no more than it spares the kernel a look. */
	size_t most = agent->job.pipeline == 1 && (size_t)flow->pending < agent->buffer_bytes ? (size_t)flow->pending
											      : agent->buffer_bytes;
	ssize_t got = stamps_recv(agent, flow->fd, agent->buffer, most);
	if (got < 0 && agent_gone_after(agent, errno)) {
		lose_flow(flow);
		return none;
	}
	if (got < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "tcp_rr receive: %s", strerror(errno));
		return none;
	}
	if (got == 0) {
		if (agent->job.role == LAD_GENERATOR && !agent_gone_after(agent, EPIPE))
			agent_fail(agent, "tcp_rr: the sink closed the connection");
		lose_flow(flow);
		return none;
	}
	if (agent->job.verify && !agent_payload_check(agent, flow->received_bytes, agent->buffer, (size_t)got))
		return none;
	flow->received_bytes += (uint64_t)got;
	return complete(flow, got);
}

static void count_messages(struct agent *agent, struct arrival arrival)
{
	agent->counters.bytes += (uint64_t)arrival.bytes;
	agent->counters.messages += arrival.count;
	agent->counters.transactions += arrival.count;
	agent_counted(agent, agent->counters.transactions);
}

/*
 * What both ends do when FLOW is ready: TAKE gets what has come, and says whether the loop wants to be back, which a
 * flow that waits in recv() has to know.
 */
static void serve(struct agent_flow *flow, int events, bool (*take)(struct agent_flow *, struct arrival))
{
	struct agent *agent = flow->agent;
	if (agent_direct_begin(agent, &flow->io))
		return;
	if (events & EV_WRITE)
		send_unsent(flow);
	for (int round = 0; events & EV_READ && round < ROUNDS_A_TURN; round++) {
		struct arrival arrival = receive_messages(flow);
		if (!arrival.count)
			return;
		/* The rest of what is to be sent goes once the socket has room, which who waits in recv() does not see.
		 */
		if (take(flow, arrival) || !agent->blocking || flow->unsent > 0)
			return;
	}
	agent->busy = events & EV_READ;
}

static bool take_requests(struct agent_flow *flow, struct arrival arrival)
{
	struct agent *agent = flow->agent;
	agent_slow_down();
	count_messages(agent, arrival);
	int64_t response = agent->job.response_bytes;
	flow->unsent += response ? response * (int64_t)arrival.count : arrival.bytes;
	send_unsent(flow);
	return agent_edge_passed(agent);
}

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	serve((struct agent_flow *)io, events, take_requests);
}

/* When the oldest request of FLOW that has no response was sent, or was meant to be. */
static int64_t sent_at(const struct agent_flow *flow)
{
	const struct agent *agent = flow->agent;
	if (agent->job.rate_per_s > 0) {
		uint64_t index = (uint64_t)(flow - agent->flows);
		return agent_pace_due_ns(agent, index + flow->answered * (uint64_t)agent->flow_count);
	}
	return flow->sent_at[flow->answered % (uint64_t)agent->job.pipeline];
}

static void record(struct agent_flow *flow, int64_t now_ns)
{
	struct agent *agent = flow->agent;
	int64_t from_ns = sent_at(flow);
	/* Open loop: what was due in the window counts, however late it came. */
	bool counts = agent->job.rate_per_s > 0 ? agent_in_window(agent, from_ns) : agent->phase == AGENT_WINDOW;
	if (counts)
		lad_histogram_record(&agent->result.latency, now_ns - from_ns);
	if (agent->job.timestamps)
		stamps_take(agent, flow->fd, now_ns - from_ns, counts);
	flow->answered++;
}

/* Notes when request number SEQUENCE leaves and puts it to what is to be sent. */
static void ask(struct agent_flow *flow, int64_t now_ns)
{
	struct agent *agent = flow->agent;
	if (flow->sent_at)
		flow->sent_at[flow->sequence % (uint64_t)agent->job.pipeline] = now_ns;
	flow->unsent += (int64_t)agent_message_size(flow, flow->sequence++);
}

static bool take_responses(struct agent_flow *flow, struct arrival arrival)
{
	struct agent *agent = flow->agent;
	agent_slow_down();
	int64_t now_ns = agent_now_ns();
	bool closed_loop = agent->job.rate_per_s == 0.;
	for (uint64_t i = 0; i < arrival.count; i++) {
		if (flow->answered == flow->sequence) {
			agent_fail(agent, "tcp_rr: a response that nobody asked for");
			return true;
		}
		record(flow, now_ns);
		if (agent->job.think_ns)
			agent_think(flow, now_ns);
		else if (closed_loop)
			ask(flow, now_ns);
	}
	count_messages(agent, arrival);
	send_unsent(flow);
	return now_ns >= agent->edge_ns;
}

static void on_response(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	serve((struct agent_flow *)io, events, take_responses);
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	return agent_listen(agent, agent->job.flows, on_request, err);
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0 || agent_connect_flows(agent, err) < 0)
		return -1;
	size_t depth = (size_t)agent->job.pipeline;
	agent->times = calloc((size_t)agent->flow_count * depth, sizeof *agent->times);
	if (!agent->times)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		if (tell_place(flow, err) < 0 || stamps_begin(agent, flow->fd, err) < 0)
			return -1;
		flow->sent_at = agent->job.rate_per_s > 0 ? NULL : agent->times + (size_t)i * depth;
		flow->pending = (int64_t)agent_response_size(flow, 0);
		agent_socket_nodelay(agent, flow->fd);
		ev_io_init(&flow->io, on_response, flow->fd, EV_READ);
	}
	return 0;
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	struct agent_flow *flow = &agent->flows[number % (uint64_t)agent->flow_count];
	ask(flow, intended_ns);
	send_unsent(flow);
	return true;
}

static void ask_again(struct agent_flow *flow, int64_t now_ns)
{
	ask(flow, now_ns);
	send_unsent(flow);
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_start(agent->loop, &agent->flows[i].io);
	if (agent->job.rate_per_s > 0) {
		agent_pace_start(agent, send_due);
		return;
	}
	agent_think_start(agent, ask_again);
	for (int i = 0; i < agent->flow_count; i++) {
		for (int depth = 0; depth < agent->job.pipeline; depth++)
			ask(&agent->flows[i], agent_now_ns());
		send_unsent(&agent->flows[i]);
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
    .outstanding = agent_flows_unanswered,
    .admit = agent_flow_admit,
};
