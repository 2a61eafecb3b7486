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

void by_hand_give_up(struct by_hand *by_hand, enum lad_exit code, const char *format, ...)
{
	char message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	by_hand_note(by_hand, code, "%s", message);
	ev_break(by_hand->loop, EVBREAK_ALL);
}

bool by_hand_tell(struct by_hand *by_hand, char *line)
{
	size_t length = line ? strlen(line) : 0, sent = 0;
	struct pollfd polled = {by_hand->channel_fd, POLLOUT, 0};
	bool failed = by_hand->channel_fd < 0;
	while (sent < length && !failed) {
		/* Short lines on an idle connection fit its buffer; a long result may have to wait behind the traffic.
		 */
		ssize_t n = send(by_hand->channel_fd, line + sent, length - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else
			failed = !agent_would_block(errno) || poll(&polled, 1, TELL_LIMIT_MS) == 0;
	}
	free(line);
	return length && !failed;
}

bool by_hand_attend(struct by_hand *by_hand)
{
	ev_run(by_hand->loop, EVRUN_NOWAIT);
	return by_hand->interrupted;
}

int by_hand_await(struct by_hand *by_hand)
{
	struct pollfd polled = {by_hand->channel_fd, POLLIN, 0};
	int64_t until_ns = agent_now_ns() + BY_HAND_ANSWER_S * LAD_NS_PER_S;
	int came = 0;
	while (came <= 0 && agent_now_ns() < until_ns) {
		if (by_hand_attend(by_hand))
			return -1;
		came = poll(&polled, 1, ATTEND_MS);
	}
	return came > 0;
}

static void on_channel(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct by_hand *by_hand = io->data;
	int got = lad_line_fill(&by_hand->lines, by_hand->channel_fd);
	if (got < 0 && agent_would_block(errno))
		return;
	char *line;
	size_t length;
	while (got > 0 && (line = lad_line_next(&by_hand->lines, &length))) {
		struct lad_message message;
		struct lad_error err;
		if (lad_protocol_parse(line, length, &message, by_hand->other, &err) < 0) {
			by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the other end sent no netladder message: %s",
					err.message);
			return;
		}
		by_hand->obey(by_hand, &message);
	}
	if (got > 0)
		return;
	ev_io_stop(loop, io);
	by_hand->gone(by_hand);
}

void by_hand_listen(struct by_hand *by_hand)
{
	int flags = fcntl(by_hand->channel_fd, F_GETFL);
	fcntl(by_hand->channel_fd, F_SETFL, flags | O_NONBLOCK);
	ev_io_init(&by_hand->channel, on_channel, by_hand->channel_fd, EV_READ);
	by_hand->channel.data = by_hand;
	ev_set_priority(&by_hand->channel, EV_MAXPRI);
	ev_io_start(by_hand->loop, &by_hand->channel);
	/* What came together with an earlier line is in the buffer already. */
	ev_feed_event(by_hand->loop, &by_hand->channel, EV_READ);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
	(void)events;
	struct by_hand *by_hand = signal->data;
	bool again = by_hand->interrupted;
	by_hand->interrupted = true;
	by_hand_note(by_hand, LAD_EXIT_INTERRUPTED, "interrupted%s",
		     by_hand->agent->phase < AGENT_WINDOW ? " before the window began" : "");
	/* The other end stops as well, and says what it has. */
	by_hand_tell(by_hand, lad_protocol_bye());
	if (again)
		ev_break(loop, EVBREAK_ALL);
	else
		by_hand_cut(by_hand, "interrupted");
}

static void on_sample(struct agent *agent, const struct lad_sample *sample)
{
	by_hand_print_sample(agent->owner, sample);
}

static void on_report(struct agent *agent)
{
	struct by_hand *by_hand = agent->owner;
	by_hand->reported = true;
	by_hand->finished(by_hand);
}

static void on_enough(struct agent *agent)
{
	by_hand_tell(agent->owner, lad_protocol_enough());
}

static void on_complaint(struct agent *agent, const char *message)
{
	struct by_hand *by_hand = agent->owner;
	/* A connection that broke off because somebody stopped the other end is no cause: what that said comes first.
	 */
	if (ev_is_active(&by_hand->channel))
		on_channel(by_hand->loop, &by_hand->channel, EV_READ);
	by_hand_tell(by_hand, lad_protocol_error(message, false));
	by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "%s", message);
}

int by_hand_begin(struct by_hand *by_hand, const struct by_hand_options *options, struct lad_error *err)
{
	memset(by_hand, 0, sizeof *by_hand);
	by_hand->options = options;
	by_hand->channel_fd = -1;
	by_hand->loop = ev_default_loop(EVFLAG_AUTO);
	by_hand->agent = by_hand->loop ? agent_new(by_hand->loop) : NULL;
	by_hand->other = calloc(1, sizeof *by_hand->other);
	if (!by_hand->agent || !by_hand->other)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	by_hand->agent->owner = by_hand;
	by_hand->agent->patient = true;
	by_hand->agent->report = on_report;
	by_hand->agent->sampled = on_sample;
	by_hand->agent->complain = on_complaint;
	by_hand->agent->on_enough = on_enough;
	ev_signal *signals[] = {&by_hand->interrupt, &by_hand->terminate};
	for (int i = 0; i < 2; i++) {
		ev_signal_init(signals[i], on_signal, i ? SIGTERM : SIGINT);
		signals[i]->data = by_hand;
		ev_set_priority(signals[i], EV_MAXPRI);
		ev_signal_start(by_hand->loop, signals[i]);
	}
	return 0;
}

void by_hand_end(struct by_hand *by_hand)
{
	if (by_hand->channel_fd >= 0) {
		ev_io_stop(by_hand->loop, &by_hand->channel);
		close(by_hand->channel_fd);
	}
	lad_line_free(&by_hand->lines);
	agent_free(by_hand->agent);
	free(by_hand->other);
}
