/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/window.h"
#include "agent/socket/socket.h"

/* Writes a whole line to the runner and frees it. The runner always reads, so this blocks for microseconds at most. */
static void send_line(struct agent *agent, char *line)
{
	size_t length = line ? strlen(line) : 0;
	size_t sent = 0;
	while (sent < length) {
		ssize_t n = write(STDOUT_FILENO, line + sent, length - sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	free(line);
	if (!length || sent < length) {
		agent->exit_code = LAD_EXIT_UNABLE;
		ev_break(agent->loop, EVBREAK_ALL);
	}
}

static void send_complaint(struct agent *agent, const char *message)
{
	send_line(agent, lad_protocol_error(message, agent->impossible));
}

static void send_result(struct agent *agent)
{
	send_line(agent, lad_protocol_result(&agent->result));
}

static void send_enough(struct agent *agent)
{
	send_line(agent, lad_protocol_enough());
}

static int obey(struct agent *agent, const struct lad_message *message, struct lad_error *err)
{
	switch (message->type) {
	case LAD_MESSAGE_PREPARE:
		if (agent_prepare(agent, &message->job, err) < 0)
			return -1;
		send_line(agent, lad_protocol_ready(agent_socket_mtu(agent), lad_job_needs_fq(&agent->job)));
		return 0;
	case LAD_MESSAGE_START:
		if (!agent->ops || agent->phase != AGENT_IDLE)
			return lad_error_set(err, LAD_EXIT_USAGE, "start before prepare, or twice");
		agent->window = message->window;
		agent_window_start(agent);
		return 0;
	case LAD_MESSAGE_CLOCK:
		send_line(agent, lad_protocol_clock(agent_now_ns()));
		return 0;
	case LAD_MESSAGE_SENT:
		agent_window_expect(agent, message->sent);
		return 0;
	case LAD_MESSAGE_ENOUGH:
		agent_window_enough(agent);
		return 0;
	case LAD_MESSAGE_BYE:
		ev_break(agent->loop, EVBREAK_ALL);
		return 0;
	default:
		return lad_error_set(err, LAD_EXIT_USAGE, "a message that only agents send");
	}
}

static void on_control(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct agent *agent = io->data;
	int got = lad_line_fill(&agent->lines, STDIN_FILENO);
	if (got == 0) { /* the runner is gone */
		agent->exit_code = 1;
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (got < 0) {
		if (!agent_would_block(errno))
			agent_fail(agent, "control channel: %s", strerror(errno));
		return;
	}
	char *line;
	size_t length;
	while ((line = lad_line_next(&agent->lines, &length))) {
		struct lad_message message;
		struct lad_error err;
		if (lad_protocol_parse(line, length, &message, NULL, &err) < 0 || obey(agent, &message, &err) < 0) {
			agent->impossible = err.saved_errno == EOPNOTSUPP;
			agent_fail(agent, "%s", err.message);
			return;
		}
	}
}

void agent_control_start(struct agent *agent)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);
	fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK);
	ev_io_init(&agent->control, on_control, STDIN_FILENO, EV_READ);
	agent->control.data = agent;
	ev_io_start(agent->loop, &agent->control);
	agent->report = send_result;
	agent->complain = send_complaint;
	agent->on_enough = send_enough;
	send_line(agent, lad_protocol_hello(agent_backend(agent)));
}
