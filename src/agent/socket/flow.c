/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"
#include "agent/core/sandbox.h"
#include "agent/core/tick.h"
#include "agent/socket/flow.h"
#include "agent/socket/socket.h"
#include "agent/socket/word.h"
#include "agent/workload/workload.h"

/* See agent->blocking. */
static bool can_block(const struct agent *agent)
{
	const struct lad_job *job = &agent->job;
	bool sink = job->role == LAD_SINK;
	/* A datagram sink has one socket, whatever the number of flows. */
	bool one_socket = job->flows == 1 || (sink && lad_is_udp(job->workload));
	bool own_beat = !sink && (job->rate_per_s > 0 || job->think_ns > 0);
	/* The kernel deals a crr's connections over the threads as it likes: two may come to this one at once. By hand
	 * a connection first has to say the run's word. */
	if (job->workload == LAD_TCP_CRR && (agent_has_word(job) || (sink && job->threads > 1)))
		return false;
	/* Who sends datagrams must never wait: what the socket does not take is a send drop. Who sends a stream must
	 * not either: send() would hold the window's end up. */
	if (lad_is_stream(job->workload))
		return one_socket && !agent_sends(agent);
	return one_socket && !own_beat;
}

int agent_make_flows(struct agent *agent, int count, struct lad_error *err)
{
	int least = count < agent->job.flows ? count : agent->job.flows, threads = agent->job.threads;
	if (agent_want_files(least, count, threads > 1 ? threads : 1, err) < 0)
		return -1;
	agent->flows = calloc((size_t)count, sizeof *agent->flows);
	if (!agent->flows)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for %d flows", count);
	agent->flow_count = count;
	for (int i = count - 1; i >= 0; i--) {
		agent->flows[i].agent = agent;
		agent->flows[i].fd = -1;
		agent->flows[i].place = agent_mix_place(&agent->job, agent_flow_number(&agent->flows[i]));
		agent->flows[i].next_free = agent->first_free;
		agent->first_free = &agent->flows[i];
	}
	agent->blocking = can_block(agent);
	if (agent->blocking && agent_tick_make(agent, err) < 0)
		return -1;
	return agent_make_payload(agent, err);
}

int agent_flow_number(const struct agent_flow *flow)
{
	const struct agent *agent = flow->agent;
	int index = (int)(flow - agent->flows);
	return agent->job.threads > 1 ? index * agent->job.threads + agent->thread : index;
}

struct agent_flow *agent_take_flow(struct agent *agent)
{
	struct agent_flow *flow = agent->first_free;
	if (flow)
		agent->first_free = flow->next_free;
	return flow;
}

void agent_give_flow(struct agent_flow *flow)
{
	flow->next_free = flow->agent->first_free;
	flow->agent->first_free = flow;
}

uint64_t agent_flows_unanswered(const struct agent *agent)
{
	uint64_t count = 0;
	for (int i = 0; i < agent->flow_count; i++)
		count += agent->flows[i].sequence - agent->flows[i].answered;
	return count;
}

void agent_close_flow(struct agent_flow *flow)
{
	if (flow->fd < 0)
		return;
	agent_direct_end(flow->agent);
	ev_io_stop(flow->agent->loop, &flow->io);
	close(flow->fd);
	flow->fd = -1;
}

void agent_flow_wait(struct agent_flow *flow, int events)
{
	if ((flow->io.events & (EV_READ | EV_WRITE)) == events && ev_is_active(&flow->io))
		return;
	agent_direct_end(flow->agent);
	ev_io_stop(flow->agent->loop, &flow->io);
	ev_io_set(&flow->io, flow->fd, events);
	ev_io_start(flow->agent->loop, &flow->io);
}

#define REST_S 0.1

bool agent_is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_rested(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct agent *agent = timer->data;
	ev_io_start(loop, &agent->listener_io);
}

void agent_listener_rest(struct agent *agent)
{
	ev_io_stop(agent->loop, &agent->listener_io);
	ev_timer_stop(agent->loop, &agent->listener_rest);
	ev_timer_init(&agent->listener_rest, on_rested, REST_S, 0.);
	agent->listener_rest.data = agent;
	ev_timer_start(agent->loop, &agent->listener_rest);
}

void agent_flow_open(struct agent_flow *flow, int fd)
{
	struct agent *agent = flow->agent;
	flow->fd = fd;
	flow->pending = (int64_t)agent_message_size(flow, 0);
	flow->placed = false;
	flow->unsent = 0;
	flow->received = 0;
	flow->sent_bytes = flow->received_bytes = 0;
	agent_socket_nodelay(agent, fd);
	ev_io_set(&flow->io, fd, EV_READ);
	ev_io_start(agent->loop, &flow->io);
	if (agent->phase != AGENT_IDLE && agent->ops->sink_start)
		agent->ops->sink_start(agent);
}

static void accept_waiting(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent *agent = io->data;
	struct agent_flow *flow;
	while ((flow = agent_take_flow(agent))) {
		int fd =
		    accept4(agent->listener, NULL, NULL, agent->blocking ? SOCK_CLOEXEC : SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			agent_give_flow(flow);
			if (agent_is_short(errno))
				agent_listener_rest(agent);
			else if (!agent_would_block(errno) && errno != ECONNABORTED)
				agent_fail(agent, "cannot accept: %s", strerror(errno));
			return;
		}
		agent_flow_open(flow, fd);
	}
	ev_io_stop(loop, io); /* every flow is there: whoever else knocks is not listened to */
}

void agent_flow_admit(struct agent *agent, int fd)
{
	struct agent_flow *flow = agent_take_flow(agent);
	int wait = 0;
	if (!flow || (agent->blocking && ioctl(fd, FIONBIO, &wait) < 0)) {
		close(fd);
		return;
	}
	agent_flow_open(flow, fd);
}

int agent_listen(struct agent *agent, int count, void (*on_readable)(struct ev_loop *, ev_io *, int),
		 struct lad_error *err)
{
	if (agent_make_flows(agent, count, err) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		ev_init(&agent->flows[i].io, on_readable);
	if (agent_has_word(&agent->job)) /* by hand connections come from elsewhere, once they have said it: admit() */
		return 0;
	agent->listener = agent_socket_listen(agent, err);
	if (agent->listener < 0)
		return -1;
	ev_io_init(&agent->listener_io, accept_waiting, agent->listener, EV_READ);
	agent->listener_io.data = agent;
	ev_io_start(agent->loop, &agent->listener_io);
	return 0;
}
