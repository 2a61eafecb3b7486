/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/core/agent.h"
#include "agent/core/tick.h"

/*
 * A socket that waits in recv() gains nothing from epoll, and pays: while it is registered there, each packet also runs
 * epoll's wake-up callback (ep_poll_callback() in the kernel's fs/eventpoll.c), 2.4 % of a bare ping-pong on loopback.
 * So a busy one leaves epoll, and the loop calls its handler whenever it has nothing else to do; the handler waits for
 * at most a tick (tick.c). A handler that brought nothing sends the socket back.
 */

static bool is_running(const struct agent *agent)
{
	return agent->phase == AGENT_WARMUP || agent->phase == AGENT_WINDOW;
}

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)events;
	struct agent *agent = idle->data;
	ev_io *io = agent->direct_io;
	uint64_t before = agent->counters.messages;
	ev_invoke(loop, io, EV_READ);
	if (agent->direct_io == io && (agent->counters.messages == before || !is_running(agent)))
		agent_direct_end(agent);
}

bool agent_direct_begin(struct agent *agent, ev_io *io)
{
	if (!agent->blocking || !agent->busy || !is_running(agent) || !ev_is_active(io) || io->events & EV_WRITE)
		return false;
	/* libev takes a stopped descriptor out of epoll once it fires again: so what is there now is left unread. */
	ev_io_stop(agent->loop, io);
	agent->direct_io = io;
	ev_idle_init(&agent->direct, on_idle);
	agent->direct.data = agent;
	ev_idle_start(agent->loop, &agent->direct);
	return true;
}

void agent_direct_end(struct agent *agent)
{
	if (!agent->direct_io)
		return;
	ev_idle_stop(agent->loop, &agent->direct);
	ev_io_start(agent->loop, agent->direct_io);
	agent->direct_io = NULL;
	agent->busy = false;
}
