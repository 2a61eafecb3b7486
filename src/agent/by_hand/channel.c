/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/by_hand/by_hand.h"
#include "agent/socket/socket.h"

#define TELL_LIMIT_MS 30000 /* the traffic's queues may be deep */
#define ATTEND_MS 100	    /* a signal is noticed so soon */

void alone_give_up(struct alone *alone, enum lad_exit code, const char *format, ...)
{
	char message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	alone_note(alone, code, "%s", message);
	ev_break(alone->loop, EVBREAK_ALL);
}

bool alone_tell(struct alone *alone, char *line)
{
	size_t length = line ? strlen(line) : 0, sent = 0;
	struct pollfd polled = {alone->channel_fd, POLLOUT, 0};
	bool failed = alone->channel_fd < 0;
	while (sent < length && !failed) {
		/* Short lines on an idle connection fit its buffer; a long result may have to wait behind the traffic.
		 */
		ssize_t n = send(alone->channel_fd, line + sent, length - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else
			failed = !agent_would_block(errno) || poll(&polled, 1, TELL_LIMIT_MS) == 0;
	}
	free(line);
	return length && !failed;
}

bool alone_attend(struct alone *alone)
{
	ev_run(alone->loop, EVRUN_NOWAIT);
	return alone->interrupted;
}

int alone_await(struct alone *alone)
{
	struct pollfd polled = {alone->channel_fd, POLLIN, 0};
	int64_t until_ns = agent_now_ns() + ALONE_ANSWER_S * LAD_NS_PER_S;
	int came = 0;
	while (came <= 0 && agent_now_ns() < until_ns) {
		if (alone_attend(alone))
			return -1;
		came = poll(&polled, 1, ATTEND_MS);
	}
	return came > 0;
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
	alone_note(alone, LAD_EXIT_INTERRUPTED, "interrupted%s",
		   alone->agent->phase < AGENT_WINDOW ? " before the window began" : "");
	/* The other end stops as well, and says what it has. */
	alone_tell(alone, lad_protocol_bye());
	if (again)
		ev_break(loop, EVBREAK_ALL);
	else
		alone_cut(alone, "interrupted");
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
	/* A connection that broke off because somebody stopped the other end is no cause: what that said comes first.
	 */
	if (ev_is_active(&alone->channel))
		on_channel(alone->loop, &alone->channel, EV_READ);
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
	alone->agent->patient = true;
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
