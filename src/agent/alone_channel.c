/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/alone.h"

void alone_give_up(struct alone *alone, enum lad_exit code, const char *format, ...)
{
	char message[512];
	va_list args;
	if (!alone->err.message[0]) { /* the first cause is the cause */
		va_start(args, format);
		vsnprintf(message, sizeof message, format, args);
		va_end(args);
		lad_error_set(&alone->err, code, "%s", message);
	}
	ev_break(alone->loop, EVBREAK_ALL);
}

bool alone_tell(struct alone *alone, char *line)
{
	size_t length = line ? strlen(line) : 0, sent = 0;
	int failed = alone->channel_fd < 0;
	while (sent < length && !failed) {
		/* Short lines on an idle connection: they fit its buffer, so the socket never blocks for long. */
		ssize_t n = send(alone->channel_fd, line + sent, length - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else
			failed = !agent_would_block(errno);
	}
	free(line);
	return length && !failed;
}

static void on_channel(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct alone *alone = io->data;
	int got = lad_line_fill(&alone->lines, alone->channel_fd);
	if (got < 0 && agent_would_block(errno))
		return;
	char *line;
	size_t length;
	while (got > 0 && (line = lad_line_next(&alone->lines, &length))) {
		struct lad_message message;
		struct lad_error err;
		if (lad_protocol_parse(line, length, &message, alone->other, &err) < 0) {
			alone_give_up(alone, LAD_EXIT_TRIALS, "the other end sent no netladder message: %s",
				      err.message);
			return;
		}
		alone->obey(alone, &message);
	}
	if (got > 0)
		return;
	ev_io_stop(loop, io);
	alone->gone(alone);
}

void alone_listen(struct alone *alone)
{
	int flags = fcntl(alone->channel_fd, F_GETFL);
	fcntl(alone->channel_fd, F_SETFL, flags | O_NONBLOCK);
	ev_io_init(&alone->channel, on_channel, alone->channel_fd, EV_READ);
	alone->channel.data = alone;
	ev_set_priority(&alone->channel, EV_MAXPRI);
	ev_io_start(alone->loop, &alone->channel);
	/* What came together with an earlier line is in the buffer already. */
	ev_feed_event(alone->loop, &alone->channel, EV_READ);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
	(void)events;
	struct alone *alone = signal->data;
	bool again = alone->interrupted;
	alone->interrupted = true;
	/* The other end stops as well, and says what it has. */
	alone_tell(alone, lad_protocol_bye());
	if (again || alone->reported || !agent_window_cut(alone->agent))
		ev_break(loop, EVBREAK_ALL);
}

static void on_sample(struct agent *agent, const struct lad_sample *sample)
{
	alone_print_sample(agent->owner, sample);
}

static void on_report(struct agent *agent)
{
	struct alone *alone = agent->owner;
	alone->reported = true;
	alone->finished(alone);
}

static void on_enough(struct agent *agent)
{
	alone_tell(agent->owner, lad_protocol_enough());
}

static void on_complaint(struct agent *agent, const char *message)
{
	struct alone *alone = agent->owner;
	alone_tell(alone, lad_protocol_error(message, false));
	alone_give_up(alone, LAD_EXIT_TRIALS, "%s", message);
}

int alone_begin(struct alone *alone, const struct alone_options *options, struct lad_error *err)
{
	memset(alone, 0, sizeof *alone);
	alone->options = options;
	alone->channel_fd = -1;
	alone->loop = ev_default_loop(EVFLAG_AUTO);
	alone->agent = alone->loop ? agent_new(alone->loop) : NULL;
	alone->other = calloc(1, sizeof *alone->other);
	if (!alone->agent || !alone->other)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	alone->agent->owner = alone;
	alone->agent->report = on_report;
	alone->agent->sampled = on_sample;
	alone->agent->complain = on_complaint;
	alone->agent->told_enough = on_enough;
	ev_signal *signals[] = {&alone->interrupt, &alone->terminate};
	for (int i = 0; i < 2; i++) {
		ev_signal_init(signals[i], on_signal, i ? SIGTERM : SIGINT);
		signals[i]->data = alone;
		ev_set_priority(signals[i], EV_MAXPRI);
		ev_signal_start(alone->loop, signals[i]);
	}
	return 0;
}

void alone_end(struct alone *alone)
{
	if (alone->channel_fd >= 0) {
		ev_io_stop(alone->loop, &alone->channel);
		close(alone->channel_fd);
	}
	lad_line_free(&alone->lines);
	agent_free(alone->agent);
	free(alone->other);
}
