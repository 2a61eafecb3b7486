/* SPDX-License-Identifier: GPL-3.0-or-later */
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
#include "agent/socket/word.h"
#include "agent/workload/udp_greeting.h"
#include "agent/workload/udp_known.h"
#include "agent/workload/udp_late.h"
#include "agent/workload/udp_sequence.h"
#include "agent/workload/workload.h"

/*
 * Request and response by datagram. Each begins with as many low bytes of its number as both hold (at most eight), and
 * the sink sends back what it gets, or of its header and the payload's pattern `response_bytes`: a response that
 * was given up on (udp_late.c) is told from the one that is waited for. Closed loop: one outstanding a flow. Open loop:
 * requests leave when they are due, on the flows in turn (pace.c), and a response is told by its number; with messages
 * of one byte the last 256 of a flow are. With a mix of sizes request N of each flow has the N-th of the seeded order,
 * and all carry as much of the number as the smallest holds.
 *
 * Where both ends share a clock and each request has room for it, eight bytes more say when the request left, or was
 * meant to: the sink then knows how long it took to come, the one-way delay.
 */

/* A socket that never runs dry lets the loop look at the rest this often. */
#define ROUNDS_A_TURN 1024

#define NUMBER_BYTES 8
#define STAMPED_BYTES (NUMBER_BYTES + sizeof(int64_t))

static size_t number_bytes(const struct agent *agent)
{
	int64_t response = agent->job.response_bytes, least = agent->least_bytes;
	if (response && response < least)
		least = response;
	return least < NUMBER_BYTES ? (size_t)least : NUMBER_BYTES;
}

/* Whether requests say when they left. */
static bool is_stamped(const struct agent *agent)
{
	return agent->job.shared_clock && agent->least_bytes >= (int64_t)STAMPED_BYTES;
}

/* A request is in the sink's buffer since NOW_NS. What it says it left at counts where that is in the window. */
static void record_delay(struct agent *agent, int64_t now_ns)
{
	int64_t left_ns;
	memcpy(&left_ns, agent->buffer + NUMBER_BYTES, sizeof left_ns);
	if (agent_in_window(agent, left_ns) && left_ns <= now_ns)
		lad_histogram_record(&agent->result.latency, now_ns - left_ns);
}

/* What stands before the payload's pattern in a request. */
static size_t header_bytes(const struct agent *agent)
{
	return is_stamped(agent) ? STAMPED_BYTES : number_bytes(agent);
}

/* And in its response, which begins as the request does. */
static size_t response_header_bytes(const struct agent *agent)
{
	size_t header = header_bytes(agent), own = (size_t)agent->job.response_bytes;
	return own && own < header ? own : header;
}

/* What is sent back for the GOT bytes in the buffer, a request or by hand a greeting: SIZE bytes. NULL: the request is
 * corrupt. */
static const char *make_response(struct agent *agent, size_t got, size_t *size)
{
	uint32_t flow;
	*size = got;
	if (!agent->job.response_bytes ||
	    (agent_has_word(&agent->job) && udp_is_greeting(agent, agent->buffer, got, &flow)))
		return agent->buffer;
	size_t header = header_bytes(agent);
	/* Nobody else sees the request's payload. */
	if (agent->job.verify && got > header &&
	    !agent_payload_check(agent, header, agent->buffer + header, got - header))
		return NULL;
	memcpy(agent->payload, agent->buffer, response_header_bytes(agent));
	*size = (size_t)agent->job.response_bytes;
	return agent->payload;
}

/* Answers one datagram, which came before *NOW_NS. False: none there, or it could not be sent back. */
static bool echo(struct agent *agent, int fd, bool connected, int64_t *now_ns)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	agent_slow_down();
	struct sockaddr *address = connected ? NULL : (struct sockaddr *)&from;
	ssize_t got = recvfrom(fd, agent->buffer, agent->buffer_bytes, agent_wait_flags(agent), address,
			       connected ? NULL : &length);
	if (got < 0) {
		/* ECONNREFUSED for one: the generator is gone, which at the end of a trial it may. */
		if (!agent_would_block(errno) && !agent_network_answered(errno))
			agent_fail(agent, "udp_rr receive: %s", strerror(errno));
		return false;
	}
	*now_ns = agent_now_ns();
	if (is_stamped(agent) && (size_t)got >= STAMPED_BYTES)
		record_delay(agent, *now_ns);
	/* With one flow there is one peer: connected to it, the kernel need not look up the route each time. */
	if (!connected && agent->job.flows == 1 && agent->job.threads <= 1 && !agent->listener_connected)
		agent->listener_connected = connect(fd, address, length) == 0;
	socklen_t address_bytes = connected ? 0 : length;
	size_t size;
	const char *response = make_response(agent, (size_t)got, &size);
	if (!response)
		return false;
	ssize_t sent = sendto(fd, response, size, MSG_NOSIGNAL, address, address_bytes);
	if (sent < 0) {
		agent->result.send_drops++;
		/* Of an earlier response: this one goes all the same. */
		if (!agent_network_answered(errno) ||
		    sendto(fd, response, size, MSG_NOSIGNAL, address, address_bytes) < 0)
			return false;
	}
	agent->counters.bytes += (uint64_t)got;
	agent->counters.messages++;
	agent->counters.transactions++;
	return true;
}

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent *agent = io->data;
	if (agent_direct_begin(agent, io))
		return;
	int64_t now_ns;
	for (int round = 0; round < ROUNDS_A_TURN; round++)
		if (!echo(agent, io->fd, agent->listener_connected, &now_ns) || now_ns >= agent->edge_ns)
			return;
	agent->busy = true;
}

/* By hand: what came from FROM, GOT bytes in the buffer. Whether it is to be answered. */
static bool is_known(struct agent *agent, const struct sockaddr_storage *from, socklen_t length, size_t got)
{
	uint32_t flow;
	if (agent->all_flows > 1 && udp_known_has(agent->known, from))
		return true;
	if (!udp_is_greeting(agent, agent->buffer, got, &flow))
		return false;
	if (agent->all_flows == 1) {
		udp_greeting_connect(agent, from, length);
		agent_flow_known(agent);
		return agent->listener_connected;
	}
	if (!udp_known_add(agent->known, from))
		return false;
	agent_flow_known(agent);
	return true;
}

/* By hand, one datagram: a greeting is sent back as a request is. False: none there. */
static bool echo_known(struct agent *agent, int fd, int64_t *now_ns)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	ssize_t got = recvfrom(fd, agent->buffer, agent->buffer_bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
	if (got < 0) {
		if (!agent_would_block(errno) && errno != ECONNREFUSED)
			agent_fail(agent, "udp_rr receive: %s", strerror(errno));
		return false;
	}
	*now_ns = agent_now_ns();
	if (!is_known(agent, &from, length, (size_t)got))
		return true;
	bool connected = agent->listener_connected;
	size_t size;
	const char *response = make_response(agent, (size_t)got, &size);
	if (!response)
		return false;
	if (sendto(fd, response, size, MSG_NOSIGNAL, connected ? NULL : (struct sockaddr *)&from,
		   connected ? 0 : length) < 0) {
		agent->result.send_drops++;
		return false;
	}
	agent->counters.bytes += (uint64_t)got;
	agent->counters.messages++;
	agent->counters.transactions++;
	return true;
}

/* By hand, until the socket is connected to its one peer; with several it stays so. */
static void on_stranger(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent *agent = io->data;
	int64_t now_ns = 0;
	for (int round = 0; round < ROUNDS_A_TURN && !agent->listener_connected; round++)
		if (!echo_known(agent, io->fd, &now_ns) || (agent->edge_ns > 0 && now_ns >= agent->edge_ns))
			return;
	if (!agent->listener_connected)
		return;
	ev_io_stop(loop, io);
	ev_set_cb(io, on_request);
	ev_io_start(loop, io);
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, 1, err) < 0)
		return -1;
	agent->listener = agent_socket_bind(agent, err);
	if (agent->listener < 0)
		return -1;
	bool word = agent_has_word(&agent->job);
	agent->known = word ? calloc(1, sizeof *agent->known) : NULL;
	if (word && !agent->known)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the flows' addresses");
	ev_io_init(&agent->listener_io, word ? on_stranger : on_request, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}

/* Sends request NUMBER of FLOW, which leaves at, or was due at, FROM_NS. False: the socket did not take it. */
static bool send_request(struct agent_flow *flow, uint64_t number, int64_t from_ns)
{
	struct agent *agent = flow->agent;
	memcpy(agent->payload, &number, number_bytes(agent)); /* for our own eyes only, so no byte order */
	if (is_stamped(agent))
		memcpy(agent->payload + NUMBER_BYTES, &from_ns, sizeof from_ns);
	size_t size = agent_message_size(flow, number);
	if (send(flow->fd, agent->payload, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return true;
	agent->result.send_drops++;
	if (agent_network_answered(errno))
		return send(flow->fd, agent->payload, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
	if (!agent_would_block(errno) && errno != ENOBUFS)
		agent_fail(agent, "udp_rr send: %s", strerror(errno));
	return false;
}

/* The number in the response that has come, which is at most the last one sent; -1: none of ours. */
static int64_t number_of_response(struct agent_flow *flow, ssize_t got)
{
	struct agent *agent = flow->agent;
	uint64_t low = 0, mask = ~UINT64_C(0);
	size_t bytes = number_bytes(agent);
	int64_t own = agent->job.response_bytes;
	if (got < (own ? own : agent->least_bytes) || flow->sequence == 0)
		return -1;
	size_t header = response_header_bytes(agent);
	uint32_t greeted;
	if (agent->job.verify && udp_is_greeting(agent, agent->buffer, (size_t)got, &greeted))
		return -1; /* an answer that was asked for twice */
	if (agent->job.verify && !agent_payload_check(agent, header, agent->buffer + header, (size_t)got - header))
		return -1;
	memcpy(&low, agent->buffer, bytes);
	if (bytes < 8)
		mask = (UINT64_C(1) << (8 * bytes)) - 1;
	uint64_t last = flow->sequence - 1, back = (last - low) & mask;
	return back <= last && (size_t)got == agent_response_size(flow, last - back) ? (int64_t)(last - back) : -1;
}

/* Request NUMBER, which began at FROM_NS, is answered. */
static void count_response(struct agent_flow *flow, uint64_t number, int64_t from_ns, int64_t now_ns)
{
	struct agent *agent = flow->agent;
	agent->counters.bytes += agent_message_size(flow, number);
	agent->counters.messages++;
	agent->counters.transactions++;
	flow->answered++;
	bool counts = agent->job.rate_per_s > 0 ? agent_in_window(agent, from_ns) : agent->phase == AGENT_WINDOW;
	if (counts)
		lad_histogram_record(&agent->result.latency, now_ns - from_ns);
	if (agent->job.timestamps)
		stamps_take(agent, flow->fd, now_ns - from_ns, counts);
	agent_counted(agent, agent->counters.transactions);
}

static void ask(struct agent_flow *flow, int64_t now_ns)
{
	agent_slow_down();
	flow->sent_ns = now_ns;
	send_request(flow, flow->sequence++, now_ns);
}

/* What the socket says in place of a response. */
static void take_error(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	if (errno == EMSGSIZE && agent->job.rate_per_s == 0. && !flow->resting) {
		/* The request was too long for a link on its way, and is lost: the next one will be cut to fit. */
		if (agent->phase == AGENT_WINDOW)
			agent->result.timeouts++;
		ask(flow, agent_now_ns());
	} else if (!agent_would_block(errno) && !agent_network_answered(errno)) {
		agent_fail(agent, "udp_rr receive: %s", strerror(errno));
	}
}

/* The response to request NUMBER, which was given up on; or one once more. */
static void take_late(struct agent_flow *flow, uint64_t number, int64_t now_ns)
{
	struct agent *agent = flow->agent;
	int64_t sent_ns;
	if (!udp_late_take(flow, number, now_ns, &sent_ns))
		return;
	agent->counters.bytes += agent_message_size(flow, number);
	agent->counters.messages++;
	agent->counters.transactions++;
	if (agent->phase == AGENT_WINDOW)
		lad_histogram_record(&agent->result.latency, now_ns - sent_ns);
	agent_counted(agent, agent->counters.transactions);
}

/* Takes one response. False: none there. */
static bool take_response(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	ssize_t got = stamps_recv(agent, flow->fd, agent->buffer, agent->buffer_bytes);
	if (got < 0) {
		take_error(flow);
		return false;
	}
	int64_t now_ns = agent_now_ns();
	int64_t number = number_of_response(flow, got);
	if (number < 0)
		return true;
	if (agent->job.rate_per_s > 0) {
		size_t index = (size_t)(flow - agent->flows);
		uint64_t due = index + (uint64_t)number * (uint64_t)agent->flow_count;
		if (udp_sequence_note(&agent->sequences[index], (uint64_t)number))
			count_response(flow, (uint64_t)number, agent_pace_due_ns(agent, due), now_ns);
		return true;
	}
	if ((uint64_t)number != flow->sequence - 1 || flow->resting) {
		take_late(flow, (uint64_t)number, now_ns);
		return true;
	}
	count_response(flow, (uint64_t)number, flow->sent_ns, now_ns);
	if (agent->job.think_ns) {
		agent_think(flow, now_ns);
		return true;
	}
	/* Cheaper than stopping and starting a timer a transaction: the timer looks at `sent_ns` when it fires. */
	ask(flow, now_ns);
	return true;
}

static void on_response(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	struct agent *agent = flow->agent;
	if (agent_direct_begin(agent, io))
		return;
	/* On one CPU a response may be there each time, because the sink ran at once: the loop wants to be back. */
	for (int round = 0; round < ROUNDS_A_TURN; round++)
		if (!take_response(flow) || flow->sent_ns >= agent->edge_ns)
			return;
	agent->busy = true;
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct agent_flow *flow = timer->data;
	double waited_s = flow->resting ? 0 : (double)(agent_now_ns() - flow->sent_ns) / 1e9;
	double limit_s = flow->agent->response_limit_s;
	if (waited_s < limit_s) {
		timer->repeat = limit_s - waited_s;
		ev_timer_again(loop, timer);
		return;
	}
	udp_late_give_up(flow);
	ask(flow, agent_now_ns());
	timer->repeat = limit_s;
	ev_timer_again(loop, timer);
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	if (number_bytes(agent) == 1 && agent->job.burst > 256 * agent->all_flows)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "one byte tells 256 requests of a flow apart, which is less than the burst");
	if (udp_late_begin(agent, err) < 0)
		return -1;
	if (agent->job.rate_per_s > 0) {
		agent->sequences = calloc((size_t)agent->flow_count, sizeof *agent->sequences);
		if (!agent->sequences)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	}
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		flow->fd = agent_socket_connect(agent, err);
		if (flow->fd < 0 || stamps_begin(agent, flow->fd, err) < 0)
			return -1;
		ev_io_init(&flow->io, on_response, flow->fd, EV_READ);
		ev_timer_init(&flow->timeout, on_timeout, agent->response_limit_s, agent->response_limit_s);
		flow->timeout.data = flow;
	}
	return agent_has_word(&agent->job) ? udp_greet(agent, err) : 0;
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	struct agent_flow *flow = &agent->flows[number % (uint64_t)agent->flow_count];
	send_request(flow, flow->sequence++, intended_ns); /* what the socket refuses is a loss like any other */
	return true;
}

static void generator_start(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_start(agent->loop, &agent->flows[i].io);
	if (agent->job.rate_per_s > 0) {
		agent_pace_start(agent, send_due);
		return;
	}
	agent_think_start(agent, ask);
	for (int i = 0; i < agent->flow_count; i++) {
		ev_timer_start(agent->loop, &agent->flows[i].timeout);
		ask(&agent->flows[i], agent_now_ns());
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
    .outstanding = agent_flows_unanswered,
};
