/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/pace.h"
#include "agent/core/payload.h"
#include "agent/core/tick.h"
#include "agent/core/window.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/zerocopy.h"
#include "agent/workload/workload.h"

/*
 * Bulk TCP. Who sends writes message_bytes at a time for as long as the socket takes them. Who receives throws the
 * bytes away inside the kernel (MSG_TRUNC, tcp(7)), so that the copy into the application, the same in every mode, does
 * not thin out what the network costs; or copies them, as `receive: copy` says and `verify` needs. `direction` says who
 * does which: the generator always connects, because a published port is only open that way.
 *
 * Open loop (`rate` in messages): each write has its time, on the flows in turn. What a socket does not take holds back
 * all that is due after it, and is late by what the schedule error tells.
 */

/* A turn of the loop does at most this many calls on one socket, so that timers and other flows get theirs. */
#define CALLS_A_TURN 16
#define DISCARD_BYTES (1 << 20)

/* The other end has gone, as it may (agent_gone_after). */
static void lose_flow(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	bool waits = agent_receives(agent) && !flow->finished;
	agent_close_flow(flow);
	flow->unsent = 0;
	if (waits)
		agent_flow_finished(flow);
}

static void send_some(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	int flags = MSG_NOSIGNAL | (agent->job.zerocopy ? MSG_ZEROCOPY : 0);
	agent_slow_down();
	if (agent->job.zerocopy)
		zerocopy_reap(flow);
	for (int call = 0; call < CALLS_A_TURN; call++) {
		/* A message that went in part is finished first: sizes and pattern stay what the job says. */
		if (flow->unsent == 0)
			flow->unsent = (int64_t)agent_message_size(flow, flow->sequence++);
		size_t size = (size_t)flow->unsent;
		ssize_t sent = send(flow->fd, agent_payload_at(agent, flow->sent_bytes), size, flags);
		if (sent < 0 && agent_gone_after(agent, errno)) {
			lose_flow(flow);
			return;
		}
		if (sent < 0) {
			/* ENOBUFS: too many zero-copy sends under way (net.core.optmem_max); they come back. */
			if (!agent_would_block(errno) && !(errno == ENOBUFS && agent->job.zerocopy))
				agent_fail(agent, "tcp_stream send: %s", strerror(errno));
			return;
		}
		flow->sent_bytes += (uint64_t)sent;
		flow->unsent -= sent;
		agent_count(agent, true, (uint64_t)sent, 1);
		if ((size_t)sent < size)
			return;
	}
}

/* Open loop: sends what is left of the message that is due on FLOW. False: the socket takes no more for now. */
static bool send_rest(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (agent->job.zerocopy ? MSG_ZEROCOPY : 0);
	if (agent->job.zerocopy)
		zerocopy_reap(flow);
	while (flow->unsent > 0) {
		ssize_t sent = send(flow->fd, agent_payload_at(agent, flow->sent_bytes), (size_t)flow->unsent, flags);
		if (sent < 0 && agent_gone_after(agent, errno)) {
			lose_flow(flow);
			return false;
		}
		if (sent < 0) {
			if (!agent_would_block(errno) && !(errno == ENOBUFS && agent->job.zerocopy))
				agent_fail(agent, "tcp_stream send: %s", strerror(errno));
			return false;
		}
		flow->sent_bytes += (uint64_t)sent;
		flow->unsent -= sent;
		agent_count(agent, true, (uint64_t)sent, 1);
	}
	return true;
}

static bool send_due(struct agent *agent, uint64_t number, int64_t intended_ns)
{
	(void)intended_ns;
	struct agent_flow *flow = &agent->flows[number % (uint64_t)agent->flow_count];
	agent_slow_down();
	if (flow->fd < 0)
		return false;
	if (flow->unsent == 0)
		flow->unsent = (int64_t)agent_message_size(flow, flow->sequence++);
	if (send_rest(flow))
		return true;
	if (flow->fd < 0)
		return false;
	agent_flow_wait(flow, EV_WRITE | (agent_receives(agent) && !flow->finished ? EV_READ : 0));
	return false;
}

static void on_writable(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	if (agent->job.rate_per_s == 0.) {
		send_some(flow);
		return;
	}
	if (agent_receives(agent) && !flow->finished)
		agent_flow_wait(flow, EV_READ);
	else
		ev_io_stop(agent->loop, &flow->io);
	agent_pace_again(agent);
}

static void end_of_file(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	if (agent->job.direction == LAD_FORWARD)
		agent_close_flow(flow);
	else /* the other direction may still be open */
		agent_flow_wait(flow, flow->io.events & EV_WRITE);
	agent_flow_finished(flow);
}

/* Throws away what has come, inside the kernel. */
static ssize_t discard(int fd, int flags)
{
#ifdef __SANITIZE_THREAD__
	/* ThreadSanitizer takes recv() for a write to where NULL points to, and knows nothing of a bare system call. */
	return syscall(SYS_recvfrom, fd, NULL, DISCARD_BYTES, MSG_TRUNC | flags, NULL, NULL);
#else
	return recv(fd, NULL, DISCARD_BYTES, MSG_TRUNC | flags);
#endif
}

static void receive_some(struct agent_flow *flow)
{
	struct agent *agent = flow->agent;
	agent_slow_down();
	bool copy = agent->job.receive == LAD_RECEIVE_COPY || agent->job.verify;
	ssize_t most = copy ? (ssize_t)agent->buffer_bytes : DISCARD_BYTES;
	for (int call = 0; call < CALLS_A_TURN; call++) {
		int flags = agent_wait_flags(agent);
		ssize_t got =
		    copy ? recv(flow->fd, agent->buffer, agent->buffer_bytes, flags) : discard(flow->fd, flags);
		if (got < 0 && agent_gone_after(agent, errno)) {
			lose_flow(flow);
			return;
		}
		if (got < 0) {
			if (!agent_would_block(errno))
				agent_fail(agent, "tcp_stream receive: %s", strerror(errno));
			return;
		}
		if (got == 0) {
			end_of_file(flow);
			return;
		}
		if (agent->job.verify && !agent_payload_check(agent, flow->received_bytes, agent->buffer, (size_t)got))
			return;
		flow->received_bytes += (uint64_t)got;
		agent_count(agent, false, (uint64_t)got, 1);
		/* That was all: to ask again would only be told so. */
		if (got < most && !agent->blocking)
			return;
	}
	agent->busy = true;
}

static void on_event(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	struct agent_flow *flow = (struct agent_flow *)io;
	if (agent_direct_begin(flow->agent, io))
		return;
	/* An error on the socket comes as both; whoever does not receive learns of it from send(). */
	if (events & EV_READ && agent_receives(flow->agent) && !flow->finished)
		receive_some(flow);
	if (events & EV_WRITE && flow->fd >= 0 && ev_is_active(io))
		on_writable(flow);
}

/*
 * Two ends on one CPU have two states. A receiver that preempts the sender when it is woken takes packet by packet,
 * with a switch and an acknowledgement for each; one that does not lets the sender go on until its window is full, and
 * then takes all of it. The scheduler decides at each wake-up by what the two have consumed so far, which keeps either
 * state alive: over bridge and overlay they are a factor of two apart, and which one a trial fell into was luck. A
 * thread of SCHED_BATCH preempts nobody when it wakes (sched(7)), so it is always the second.
 */
static int take_long_turns(const struct agent *agent, struct lad_error *err)
{
	const struct sched_param none = {0};
	if (agent->job.yield && sched_setscheduler(0, SCHED_BATCH, &none) < 0)
		return lad_error_errno(err, errno, "cannot set the scheduling policy SCHED_BATCH");
	return 0;
}

static int sink_listen(struct agent *agent, struct lad_error *err)
{
	if (take_long_turns(agent, err) < 0)
		return -1;
	return agent_listen(agent, agent->job.flows, on_event, err);
}

static int generator_connect(struct agent *agent, struct lad_error *err)
{
	if (take_long_turns(agent, err) < 0 || agent_make_flows(agent, agent->job.flows, err) < 0 ||
	    agent_connect_flows(agent, err) < 0)
		return -1;
	for (int i = 0; i < agent->flow_count; i++)
		ev_io_init(&agent->flows[i].io, on_event, agent->flows[i].fd, EV_READ);
	return 0;
}

/* What each open flow waits for from now on. */
static void start(struct agent *agent)
{
	bool open_loop = agent->job.rate_per_s > 0;
	int events = (agent_sends(agent) && !open_loop ? EV_WRITE : 0) | (agent_receives(agent) ? EV_READ : 0);
	for (int i = 0; i < agent->flow_count && events; i++)
		if (agent->flows[i].fd >= 0 && !agent->flows[i].finished)
			agent_flow_wait(&agent->flows[i], events);
	if (agent_sends(agent) && open_loop && !agent->pace.send) /* a sink starts again with each connection */
		agent_pace_start(agent, send_due);
}

/* No more from this side; what is still under way arrives and is counted by the other. */
static void stop(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		struct agent_flow *flow = &agent->flows[i];
		if (flow->fd < 0)
			continue;
		if (agent_sends(agent))
			shutdown(flow->fd, SHUT_WR);
		if (agent_receives(agent) && !flow->finished)
			agent_flow_wait(flow, EV_READ);
		else
			ev_io_stop(agent->loop, &flow->io);
	}
}

static void sink_start(struct agent *agent)
{
	if (agent_sends(agent))
		start(agent);
}

static void sink_stop(struct agent *agent)
{
	if (agent_sends(agent))
		stop(agent);
}

const struct workload_ops agent_tcp_stream = {
    .kind = LAD_TCP_STREAM,
    .listen = sink_listen,
    .connect = generator_connect,
    .start = start,
    .stop = stop,
    .sink_start = sink_start,
    .sink_stop = sink_stop,
    .drains = agent_receives,
    .admit = agent_flow_admit,
};
