/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/timer.h"
#include "agent/socket/socket.h"

static void on_expiry(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct agent_timer *timer = (struct agent_timer *)io;
	uint64_t expirations;
	if (read(io->fd, &expirations, sizeof expirations) < 0 && !agent_would_block(errno)) {
		agent_fail(io->data, "%s: %s", timer->name, strerror(errno));
		return;
	}
	timer->tick(io->data);
}

int agent_timer_start(struct agent *agent, struct agent_timer *timer, const char *name, void (*tick)(struct agent *))
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0) {
		agent_fail(agent, "cannot make the %s: %s", name, strerror(errno));
		return -1;
	}
	timer->name = name;
	timer->tick = tick;
	timer->running = true;
	ev_io_init(&timer->io, on_expiry, fd, EV_READ);
	timer->io.data = agent;
	ev_io_start(agent->loop, &timer->io);
	return 0;
}

void agent_timer_arm(struct agent_timer *timer, int64_t at_ns)
{
	struct itimerspec when = {.it_value = {at_ns / 1000000000, at_ns % 1000000000}};
	if (timerfd_settime(timer->io.fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		agent_fail(timer->io.data, "cannot set the %s: %s", timer->name, strerror(errno));
}

void agent_timer_stop(struct agent *agent, struct agent_timer *timer)
{
	if (!timer->running)
		return;
	timer->running = false;
	ev_io_stop(agent->loop, &timer->io);
	close(timer->io.fd);
}
