/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/by_hand/by_hand.h"
#include "agent/core/window.h"
#include "agent/socket/address.h"
#include "agent/socket/socket.h"

/* From the start message to the first byte: the sink has read it by then, even from far away. */
#define START_DELAY_NS INT64_C(100000000)

/* Waits for the next message of the sink while nothing else goes on. */
static int wait_message(struct by_hand *by_hand, struct lad_message *message, struct lad_error *err)
{
	char *line;
	size_t length;
	while (!(line = lad_line_next(&by_hand->lines, &length))) {
		int waited = by_hand_await(by_hand);
		if (waited < 0)
			return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted before the sink was ready");
		if (waited == 0)
			return lad_error_set(err, LAD_EXIT_TRIALS, "the sink gave no answer within %d s",
					     BY_HAND_ANSWER_S);
		int got = lad_line_fill(&by_hand->lines, by_hand->channel_fd);
		if (got == 0)
			return lad_error_set(err, LAD_EXIT_TRIALS, "the sink closed the connection");
		if (got < 0 && !agent_would_block(errno))
			return lad_error_errno(err, errno, "the sink");
	}
	return lad_protocol_parse(line, length, message, NULL, err);
}

/* Says the token, has the sink open its sockets, and opens ours. */
static int agree(struct by_hand *by_hand, const struct lad_job *job, struct lad_error *err)
{
	struct lad_message message = {.type = LAD_MESSAGE_BYE};
	struct lad_job theirs = *job;
	char greeting[BY_HAND_TOKEN_MAX + 64];
	snprintf(greeting, sizeof greeting, "netladder-agent %d %s\n", LAD_PROTOCOL_VERSION, by_hand->options->token);
	theirs.role = LAD_SINK;
	bool told = by_hand_tell(by_hand, strdup(greeting)) && by_hand_tell(by_hand, lad_protocol_prepare(&theirs));
	int error = errno;
	/* A sink that turns us away has said why, even where it would not read all that we have to say. */
	if (wait_message(by_hand, &message, err) < 0)
		return told ? -1 : lad_error_errno(err, error, "cannot talk to the sink");
	if (message.type == LAD_MESSAGE_ERROR)
		return lad_error_set(err, strcmp(message.text, "wrong token") == 0 ? LAD_EXIT_USAGE : LAD_EXIT_TRIALS,
				     "the sink refuses: %.400s", message.text);
	if (message.type != LAD_MESSAGE_READY)
		return lad_error_set(err, LAD_EXIT_TRIALS, "the sink sent something else than \"ready\"");
	if (!(message.word[0] | message.word[1]))
		return lad_error_set(err, LAD_EXIT_TRIALS,
				     "the sink is of an older version; use the same netladder on both sides");
	theirs = *job;
	memcpy(theirs.word, message.word, sizeof theirs.word);
	if (agent_prepare(by_hand->agent, &theirs, err) == 0)
		return 0;
	by_hand_tell(by_hand, lad_protocol_error(err->message, false));
	return -1;
}

/*
 * The sink's window is over, and ours is not: the two have no clock in common, and one that was not run for a while
 * begins later. A sink answers requests until we close, so that ours goes on to its own end; a stream it ends.
 */
static void end_with_sink(struct by_hand *by_hand)
{
	const struct by_hand_options *options = by_hand->options;
	/* However late it began (window.c), a sink's window is at least so long. */
	if (!options->job.amount && by_hand->other->elapsed_ns < options->duration_ns - options->duration_ns / 10)
		by_hand_cut(by_hand, "the sink's window ended"); /* much shorter than agreed, and nobody said why */
	else if (lad_is_stream(options->job.workload))
		agent_window_cut(by_hand->agent);
}

static void obey(struct by_hand *by_hand, const struct lad_message *message)
{
	if (message->type == LAD_MESSAGE_ERROR) {
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the sink failed: %s", message->text);
		return;
	}
	if (message->type == LAD_MESSAGE_ENOUGH) {
		agent_window_enough(by_hand->agent);
		by_hand_watch_end(by_hand, agent_now_ns());
		return;
	}
	if (message->type == LAD_MESSAGE_BYE) { /* its result follows */
		by_hand_cut(by_hand, "the sink was stopped");
		return;
	}
	by_hand_moves(by_hand);
	if (message->type != LAD_MESSAGE_RESULT)
		return;
	by_hand->heard = true;
	if (by_hand->reported)
		ev_break(by_hand->loop, EVBREAK_ALL);
	else
		end_with_sink(by_hand);
}

static void gone(struct by_hand *by_hand)
{
	if (!by_hand->heard)
		by_hand_give_up(by_hand, LAD_EXIT_TRIALS, "the sink went away");
}

static void finished(struct by_hand *by_hand)
{
	if (by_hand->heard)
		ev_break(by_hand->loop, EVBREAK_ALL);
	else
		by_hand_watch_end(by_hand, agent_now_ns());
}

/* dns_rr: there is nobody to agree with, nor to wait for at the end. */
static int look_up(struct by_hand *by_hand, struct lad_error *err)
{
	const struct by_hand_options *options = by_hand->options;
	struct lad_job job = options->job;
	job.role = LAD_GENERATOR;
	job.sample_ns = 1000000000;
	if (!job.address[0])
		strcpy(job.address, "0.0.0.0");
	if (agent_prepare(by_hand->agent, &job, err) < 0)
		return -1;
	by_hand_print_begin(by_hand, &job, job.server[0] ? job.server : "the servers of /etc/resolv.conf");
	by_hand->heard = true;
	by_hand->agent->window = (struct lad_window){agent_now_ns(), options->warmup_ns, options->duration_ns};
	agent_window_start(by_hand->agent);
	ev_run(by_hand->loop, 0);
	return 0;
}

/* Of the path, as FD's connection has found; 0: not known. */
static int64_t round_trip_ns(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_rtt * INT64_C(1000) : 0;
}

static int generate(struct by_hand *by_hand, struct lad_error *err)
{
	const struct by_hand_options *options = by_hand->options;
	struct lad_job job = options->job;
	struct sockaddr_storage sink;
	by_hand->channel_fd = by_hand_dial(by_hand, &sink, err);
	if (by_hand->channel_fd < 0)
		return -1;
	agent_address_text(&sink, job.address);
	job.zone = agent_address_zone(&sink);
	job.role = LAD_GENERATOR;
	job.delay_ns = round_trip_ns(by_hand->channel_fd) / 2;
	job.port = options->port;
	job.sample_ns = 1000000000;
	if (agree(by_hand, &job, err) < 0)
		return -1;
	by_hand_print_begin(by_hand, &job, job.address);
	struct lad_window window = {START_DELAY_NS, options->warmup_ns, options->duration_ns};
	/* Before it is told: the sink's window is not to begin, and end, before ours. */
	int64_t told_ns = agent_now_ns();
	if (!by_hand_tell(by_hand, lad_protocol_start(&window)))
		return lad_error_set(err, LAD_EXIT_TRIALS, "the sink went away");
	window.start_ns += told_ns;
	by_hand->agent->window = window;
	agent_window_start(by_hand->agent);
	by_hand_watch_end(by_hand, window.start_ns + window.warmup_ns + window.duration_ns);
	by_hand_listen(by_hand);
	ev_run(by_hand->loop, 0);
	return 0;
}

static void check_amount(struct by_hand *by_hand)
{
	const struct lad_job *job = &by_hand->options->job;
	bool ours = lad_counting_role(job->workload, job->direction) == LAD_GENERATOR;
	if (!by_hand->interrupted && !by_hand->err.message[0])
		lad_amount_check(job->workload, job->amount, ours ? &by_hand->agent->result : by_hand->other,
				 by_hand->options->duration_ns, &by_hand->err);
}

int by_hand_generate(int argc, char **argv, struct lad_error *err)
{
	struct by_hand_options options = {.port = BY_HAND_PORT, .warmup_ns = 200000000};
	struct by_hand by_hand;
	by_hand_parse_generate(argc, argv, &options);
	int status = by_hand_begin(&by_hand, &options, err);
	if (status == 0) {
		by_hand.obey = obey;
		by_hand.gone = gone;
		by_hand.finished = finished;
		status = options.job.workload == LAD_DNS_RR ? look_up(&by_hand, err) : generate(&by_hand, err);
	}
	if (status == 0) {
		if (!by_hand_check_something(&by_hand)) /* the sink's own result may look well */
			by_hand_tell(&by_hand, lad_protocol_error(lad_error_line(&by_hand.err).text, false));
		check_amount(&by_hand);
	}
	int code = by_hand_conclude(&by_hand, status, err);
	by_hand_end(&by_hand);
	return code;
}
