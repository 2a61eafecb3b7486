/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/think.h"
#include "agent/core/tick.h"
#include "agent/core/window.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "agent/workload/workload.h"
#include "netladder/sizes.h"

/*
 * Connect, request, response, close: a transaction is a whole connection (or, with `requests`, a part of one), and
 * latency is from connect() to the last byte of the response. The sink closes first, as a web server of old: TIME_WAIT
 * then stays on its side, and the generator does not run out of ports. So that it is first in each case, whoever is
 * woken when, the last byte of the last response is held back (MSG_MORE) until close() sends it together with the FIN.
 *
 * A response is as long as its request, or as `response_bytes` says. With a mix of sizes the request begins with its
 * size, big endian, because connections do not arrive in the order in which they were opened.
 */

/* A flow that never runs dry lets the loop look at the rest this often. */
#define ROUNDS_A_TURN 256

#define FRAME_BYTES ((size_t)LAD_CRR_MIX_LEAST)
/* Less than this is never a full segment, which the kernel would not hold back. */
#define HELD_BACK_MOST 500

static bool is_framed(const struct agent *agent)
{
	return agent->sizes && agent->job.role == LAD_SINK;
}

/* Looks for the size in front of a request, of which GOT bytes more are in the buffer. False: it cannot be right. */
static bool take_frame(struct agent_flow *flow, size_t got)
{
	struct agent *agent = flow->agent;
	for (size_t i = 0; i < got && (size_t)flow->begun + i < FRAME_BYTES; i++)
		flow->frame[(size_t)flow->begun + i] = (unsigned char)agent->buffer[i];
	bool known = flow->begun >= LAD_CRR_MIX_LEAST;
	flow->begun += (int64_t)got;
	if (known || flow->begun < LAD_CRR_MIX_LEAST)
		return true;
	uint32_t size;
	memcpy(&size, flow->frame, sizeof size);
	flow->message = be32toh(size);
	flow->pending = flow->message - flow->begun;
	errno = EBADMSG;
	return flow->message >= LAD_CRR_MIX_LEAST && flow->message <= agent->job.message_bytes && flow->pending >= 0;
}

/* With `verify`: whether the GOT bytes in the buffer, which come next in the current message, are as they should be. */
static bool is_intact(struct agent_flow *flow, size_t got)
{
	struct agent *agent = flow->agent;
	size_t frame = is_framed(agent) && flow->begun < LAD_CRR_MIX_LEAST ? FRAME_BYTES - (size_t)flow->begun : 0;
	size_t skipped = frame < got ? frame : got;
	return !agent->job.verify ||
	       agent_payload_check(agent, flow->received_bytes + skipped, agent->buffer + skipped, got - skipped);
}

/* Reads into the current message. 1: complete; 0: not yet; -1: the other end closed, or errno says what happened. */
static int receive_message(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	while (flow->pending > 0) {
		ssize_t got = recv(flow->fd, agent->buffer, (size_t)flow->pending, agent_wait_flags(agent));
		if (got < 0 && agent_would_block(errno))
			return 0;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return -1;
		if (!is_intact(flow, (size_t)got))
			return 0;
		flow->received_bytes += (uint64_t)got;
		flow->pending -= got;
		if (is_framed(agent) && !take_frame(flow, (size_t)got))
			return -1;
	}
	flow->pending = agent->job.message_bytes;
	flow->begun = 0;
	return 1;
}

/* Sends what is left of a request that begins with its size. */
static ssize_t send_framed(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	uint32_t size = htobe32((uint32_t)flow->message);
	size_t done = (size_t)(flow->message - flow->unsent);
	size_t left = done < FRAME_BYTES ? FRAME_BYTES - done : 0;
	struct iovec pieces[] = {
	    {(char *)&size + (FRAME_BYTES - left), left},
	    {(char *)agent_payload_at(agent, flow->sent_bytes + left), (size_t)flow->unsent - left}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
	return sendmsg(flow->fd, &message, MSG_NOSIGNAL);
}

/* Sends of what is left of a response; the last one before close() waits for that. */
static ssize_t send_response(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	size_t size = (size_t)flow->unsent;
	int flags = MSG_NOSIGNAL;
	if (flow->answered + 1 >= (uint64_t)agent->job.requests) {
		flags |= size <= HELD_BACK_MOST ? MSG_MORE : 0;
		size -= size > HELD_BACK_MOST;
	}
	return send(flow->fd, agent_payload_at(agent, flow->sent_bytes), size, flags);
}

/* Sends what is left of the current message. 1: all has gone; 0: not yet; -1: errno says why not. */
static int send_message(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	while (flow->unsent > 0) {
		const char *bytes = agent_payload_at(agent, flow->sent_bytes);
		ssize_t sent = agent->job.role == LAD_SINK ? send_response(flow)
			       : agent->sizes		   ? send_framed(flow)
							   : send(flow->fd, bytes, (size_t)flow->unsent, MSG_NOSIGNAL);
		if (sent < 0)
			return agent_would_block(errno) ? 0 : -1;
		flow->sent_bytes += (uint64_t)sent;
		flow->unsent -= sent;
	}
	return 1;
}

/* Of the response to FLOW's current request. */
static int64_t response_bytes(const struct agent_flow *flow)
{
	int64_t own = flow->agent->job.response_bytes;
	return own ? own : flow->message;
}

static void count_transaction(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	agent->counters.bytes += (uint64_t)flow->message;
	agent->counters.messages++;
	agent->counters.transactions++;
	agent_counted(agent, agent->counters.transactions);
}

static void end_connection(struct agent_flow *flow)
{
	agent_close_flow(flow);
	agent_give_flow(flow);
	if (!ev_is_active(&flow->agent->listener_io) && !agent_has_word(&flow->agent->job))
		ev_io_start(flow->agent->loop, &flow->agent->listener_io);
}

/* Reads a request and answers it, as far as both go now. False: no more to do on this connection now. */
static bool answer(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	int status = 1;
	agent_slow_down();
	if (flow->unsent == 0) {
		status = receive_message(flow);
		if (status > 0)
			flow->unsent = response_bytes(flow);
	}
	if (status > 0)
		status = send_message(flow);
	/* The generator going away is no error: at the end of a trial it may. */
	if (status < 0)
		end_connection(flow);
	if (status <= 0)
		return false;
	count_transaction(flow);
	if (++flow->answered < (uint64_t)agent->job.requests)
		return true;
	end_connection(flow);
	return false;
}

static void on_request(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	while (answer(flow))
		;
	if (flow->fd >= 0)
		agent_flow_wait(flow, flow->unsent ? EV_WRITE : EV_READ);
}

/* FLOW's connection was accepted. The request is often there already; with one flow, waiting for it here costs no turn
 * of the loop. */
static inline void serve(struct agent_flow *flow)
{
	flow->pending = flow->message = flow->agent->job.message_bytes;
	flow->begun = 0;
	flow->answered = flow->sent_bytes = flow->received_bytes = 0;
	flow->unsent = 0;
	while (answer(flow))
		;
	if (flow->fd >= 0)
		agent_flow_wait(flow, flow->unsent ? EV_WRITE : EV_READ);
}

static void admit(struct agent *agent, int fd)
{
	struct agent_flow *flow = agent_take_flow(agent);
	if (!flow) {
		close(fd);
		return;
	}
	flow->fd = fd;
	serve(flow);
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent *agent = io->data;
	int flags = agent->blocking ? SOCK_CLOEXEC : SOCK_CLOEXEC | SOCK_NONBLOCK;
	for (int round = 0; round < ROUNDS_A_TURN; round++) {
		struct agent_flow *flow = agent_take_flow(agent);
		if (!flow) { /* until one is free again */
			ev_io_stop(loop, io);
			return;
		}
		flow->fd = accept4(agent->listener, NULL, NULL, flags);
		if (flow->fd < 0) {
			agent_give_flow(flow);
			if (agent_is_short(errno)) /* until a connection is closed, or for a moment */
				agent_listener_rest(agent);
			else if (!agent_would_block(errno) && errno != ECONNABORTED)
				agent_fail(agent, "tcp_crr: cannot accept: %s", strerror(errno));
			return;
		}
		serve(flow);
		if (agent->blocking && agent_edge_passed(agent))
			return;
	}
}

/* By hand: the kernel deals the connections over the threads, each of which hears for itself whose they are. */
static int listen_apart(struct agent *agent, struct lad_error *err)
{
	agent->listener = agent_socket_listen(agent, err);
	return agent->listener < 0 || agent->heard(agent, agent->listener, err) < 0 ? -1 : 0;
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	/* Twice the generator's flows: a new connection may come while the old one is still being closed. Of several
	 * threads any may get them all. */
	int threads = agent->job.threads > 1 ? agent->job.threads : 1;
	if (agent_listen(agent, 2 * agent->job.flows * threads, on_request, err) < 0)
		return -1;
	if (agent_has_word(&agent->job))
		return threads > 1 ? listen_apart(agent, err) : 0;
	ev_set_cb(&agent->listener_io, on_connection);
	return 0;
}

/* WHAT went wrong with FLOW, by errno; 0: the other end closed it. When it may have gone, the transaction is
 * unanswered. */
static void fail(struct agent_flow *flow, const char *what)
{
	struct agent *agent = flow->agent;
	if (agent_gone_after(agent, errno ? errno : EPIPE)) {
		agent_close_flow(flow);
		flow->unsent = 0;
		return;
	}
	/* EADDRNOTAVAIL: every local port is in use or in TIME_WAIT, which is an answer and not a hang. */
	agent_fail(agent, "tcp_crr: %s: %s%s", what, errno ? strerror(errno) : "end of file",
		   errno == EADDRNOTAVAIL ? " (no free local port)" : "");
}

/* Opens a connection, which may be IN_FLIGHT. */
static bool dial(struct agent_flow *flow, bool *in_flight)
{
	struct agent *agent = flow->agent;
	flow->answered = flow->sent_bytes = flow->received_bytes = 0;
	flow->fd = agent_socket_dial(agent, in_flight);
	if (flow->fd >= 0)
		return true;
	fail(flow, "cannot connect");
	return false;
}

/* Begins a transaction at FROM_NS, on the connection that stands or on a new one. False: the loop goes on with it. */
static bool begin(struct agent_flow *flow, int64_t from_ns)
{
	bool in_flight = false;
	flow->sent_ns = from_ns;
	flow->busy = true;
	flow->message = (int64_t)agent_message_size(flow, flow->sequence++);
	flow->unsent = flow->message;
	flow->pending = response_bytes(flow);
	if (flow->fd < 0 && !dial(flow, &in_flight))
		return false;
	int status = in_flight ? 0 : send_message(flow);
	if (status < 0)
		fail(flow, "cannot send");
	else if (status == 0)
		agent_flow_wait(flow, EV_WRITE);
	return status > 0;
}

/* 1: the response is complete; 0: not yet; -1: failed. */
static int take_response(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	int status = receive_message(flow);
	if (status < 0)
		fail(flow, "the connection ended before the response");
	if (status <= 0)
		return status;
	int64_t now_ns = agent_now_ns();
	bool counts = agent->job.rate_per_s > 0 ? agent_in_window(agent, flow->sent_ns) : agent->phase == AGENT_WINDOW;
	if (counts)
		lad_histogram_record(&agent->result.latency, now_ns - flow->sent_ns);
	count_transaction(flow);
	flow->busy = false;
	if (++flow->answered >= (uint64_t)agent->job.requests)
		agent_close_flow(flow);
	return 1;
}

/* Goes on with a flow's transaction, and with the next ones for as long as nothing has to be waited for. */
static void go_on(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	for (int round = 0; round < ROUNDS_A_TURN; round++) {
		int status = take_response(flow);
		if (status < 0)
			return;
		if (status == 0)
			break;
		if (agent->job.rate_per_s > 0) { /* until the next is due */
			if (flow->fd >= 0)
				ev_io_stop(agent->loop, &flow->io);
			agent_give_flow(flow);
			return;
		}
		agent_slow_down();
		int64_t now_ns = agent_now_ns();
		if (agent->job.think_ns) {
			if (flow->fd >= 0)
				ev_io_stop(agent->loop, &flow->io);
			agent_think(flow, now_ns);
			return;
		}
		if (!begin(flow, now_ns))
			return;
		if (!agent->blocking || now_ns >= agent->edge_ns)
			break;
	}
	agent_flow_wait(flow, EV_READ);
}

static void on_event(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_flow *flow = (struct agent_flow *)io;
	if (flow->unsent) {
		int status = send_message(flow);
		if (status < 0)
			fail(flow, "cannot connect or send");
		if (status <= 0)
			return;
	}
	go_on(flow);
}

/* By hand: a connection that was dialled stands, or a later event of it. */
static void on_connected(struct ev_loop *loop, ev_io *io, int events)
{
	struct agent_flow *flow = (struct agent_flow *)io;
	if (flow->sent_bytes == 0 && agent_word_say(&flow->agent->job, flow->fd, MSG_MORE) < 0) {
		if (!agent_would_block(errno))
			fail(flow, "cannot connect or send");
		return;
	}
	on_event(loop, io, events);
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (agent_make_flows(agent, agent->job.flows, err) < 0)
		return -1;
	for (int i = 0; i < agent->flow_count; i++)
		ev_init(&agent->flows[i].io, agent_has_word(&agent->job) ? on_connected : on_event);
	/* One connection by hand, so that a path that does not work is said before the trial starts. */
	int fd = agent_socket_connect(agent, err);
	if (fd < 0)
		return -1;
	int status = agent_word_say(&agent->job, fd, 0);
	close(fd);
	return status < 0 ? lad_error_errno(err, errno, "tcp_crr: cannot send") : 0;
}

static void begin_and_wait(struct agent_flow *flow, int64_t from_ns)
{
	if (begin(flow, from_ns))
		agent_flow_wait(flow, EV_READ);
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	(void)number;
	struct agent_flow *flow = agent_take_flow(agent);
	if (!flow) /* all are waiting: the lateness counts, because latency is from when it was due */
		return false;
	begin_and_wait(flow, intended_ns);
	return true;
}

static void generator_start(struct agent *agent)
{
	if (agent->job.rate_per_s > 0) {
		agent_pace_start(agent, send_due);
		return;
	}
	agent_think_start(agent, begin_and_wait);
	for (int i = 0; i < agent->flow_count; i++)
		begin_and_wait(&agent->flows[i], agent_now_ns());
}

static void generator_stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		agent_close_flow(&agent->flows[i]);
}

static uint64_t outstanding(const struct agent *agent)
{
	uint64_t count = 0;
	for (int i = 0; i < agent->flow_count; i++)
		count += agent->flows[i].busy;
	return count;
}

const struct workload_ops agent_tcp_crr = {
    .kind = LAD_TCP_CRR,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = generator_start,
    .stop = generator_stop,
    .outstanding = outstanding,
    .admit = admit,
};
