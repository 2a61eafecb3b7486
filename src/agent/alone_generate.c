/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/alone.h"
#include "agent/team.h"

/* From the start message to the first byte: the sink has read it by then, even from far away. */
#define START_DELAY_NS INT64_C(100000000)

/* The channel to the sink; ADDRESS gets the numeric address that the traffic goes to. */
static int dial(const struct alone_options *options, char address[46], struct lad_error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char port[8];
	snprintf(port, sizeof port, "%u", options->port);
	int status = getaddrinfo(options->host, port, &hints, &found);
	if (status != 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "--to: %.200s: %s", options->host, gai_strerror(status));
	struct timeval limit = {.tv_sec = ALONE_ANSWER_S};
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	    connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
		lad_error_errno(
		    err, errno == EINPROGRESS ? ETIMEDOUT : errno,
		    "no sink answers at %.200s port %u (start one there with: netladder-agent sink --port %u)",
		    options->host, options->port, options->port);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	getnameinfo(found->ai_addr, found->ai_addrlen, address, 46, NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return fd;
}

/* Waits for the next message of the sink while nothing else goes on. */
static int wait_message(struct alone *alone, struct lad_message *message, struct lad_error *err)
{
	char *line;
	size_t length;
	while (!(line = lad_line_next(&alone->lines, &length))) {
		int got = lad_line_fill(&alone->lines, alone->channel_fd);
		if (got == 0)
			return lad_error_set(err, LAD_EXIT_TRIALS, "the sink closed the connection");
		if (got < 0 && errno != EINTR)
			return agent_would_block(errno)
				   ? lad_error_set(err, LAD_EXIT_TRIALS, "the sink gave no answer within %d s",
						   ALONE_ANSWER_S)
				   : lad_error_errno(err, errno, "the sink");
	}
	return lad_protocol_parse(line, length, message, NULL, err);
}

/* Says the token, has the sink open its sockets, and opens ours. */
static int agree(struct alone *alone, const struct lad_job *job, struct lad_error *err)
{
	struct lad_message message = {.type = LAD_MESSAGE_BYE};
	struct lad_job theirs = *job;
	char greeting[ALONE_TOKEN_MAX + 64];
	snprintf(greeting, sizeof greeting, "netladder-agent %d %s\n", LAD_PROTOCOL_VERSION, alone->options->token);
	theirs.role = LAD_SINK;
	if (!alone_tell(alone, strdup(greeting)) || !alone_tell(alone, lad_protocol_prepare(&theirs)))
		return lad_error_errno(err, errno, "cannot talk to the sink");
	if (wait_message(alone, &message, err) < 0)
		return -1;
	if (message.type == LAD_MESSAGE_ERROR)
		return lad_error_set(err, strcmp(message.text, "wrong token") == 0 ? LAD_EXIT_USAGE : LAD_EXIT_TRIALS,
				     "the sink refuses: %.400s", message.text);
	if (message.type != LAD_MESSAGE_READY)
		return lad_error_set(err, LAD_EXIT_TRIALS, "the sink sent something else than \"ready\"");
	return agent_prepare(alone->agent, job, err);
}

static void obey(struct alone *alone, const struct lad_message *message)
{
	if (message->type == LAD_MESSAGE_ERROR) {
		alone_give_up(alone, LAD_EXIT_TRIALS, "the sink failed: %s", message->text);
		return;
	}
	if (message->type == LAD_MESSAGE_ENOUGH) {
		agent_window_enough(alone->agent);
		return;
	}
	if (message->type == LAD_MESSAGE_BYE) { /* somebody stops the sink: its result follows */
		agent_window_cut(alone->agent);
		return;
	}
	if (message->type != LAD_MESSAGE_RESULT)
		return;
	alone->heard = true;
	if (alone->reported)
		ev_break(alone->loop, EVBREAK_ALL);
	else
		agent_window_cut(alone->agent);
}

static void gone(struct alone *alone)
{
	if (!alone->heard)
		alone_give_up(alone, LAD_EXIT_TRIALS, "the sink went away");
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	alone_give_up(timer->data, LAD_EXIT_TRIALS, "the sink gave no result");
}

static void finished(struct alone *alone)
{
	if (alone->heard) {
		ev_break(alone->loop, EVBREAK_ALL);
		return;
	}
	ev_timer_init(&alone->patience, on_patience, ALONE_ANSWER_S, 0.);
	alone->patience.data = alone;
	ev_timer_start(alone->loop, &alone->patience);
}

/* dns_rr: there is nobody to agree with, nor to wait for at the end. */
static int look_up(struct alone *alone, struct lad_error *err)
{
	const struct alone_options *options = alone->options;
	struct lad_job job = options->job;
	job.role = LAD_GENERATOR;
	job.sample_ns = 1000000000;
	if (!job.address[0])
		strcpy(job.address, "0.0.0.0");
	if (agent_prepare(alone->agent, &job, err) < 0)
		return -1;
	alone_print_begin(alone, &job, job.server[0] ? job.server : "the servers of /etc/resolv.conf");
	alone->heard = true;
	alone->agent->window = (struct lad_window){agent_now_ns(), options->warmup_ns, options->duration_ns};
	agent_window_start(alone->agent);
	ev_run(alone->loop, 0);
	return 0;
}

static int generate(struct alone *alone, struct lad_error *err)
{
	const struct alone_options *options = alone->options;
	struct lad_job job = options->job;
	alone->channel_fd = dial(options, job.address, err);
	if (alone->channel_fd < 0)
		return -1;
	job.role = LAD_GENERATOR;
	job.port = options->port;
	job.sample_ns = 1000000000;
	if (agree(alone, &job, err) < 0)
		return -1;
	alone_print_begin(alone, &job, job.address);
	struct lad_window window = {START_DELAY_NS, options->warmup_ns, options->duration_ns};
	if (!alone_tell(alone, lad_protocol_start(&window)))
		return lad_error_set(err, LAD_EXIT_TRIALS, "the sink went away");
	window.start_ns += agent_now_ns();
	alone->agent->window = window;
	agent_window_start(alone->agent);
	alone_listen(alone);
	ev_run(alone->loop, 0);
	return 0;
}

static void check_amount(struct alone *alone)
{
	const struct lad_job *job = &alone->options->job;
	bool ours = lad_counting_role(job->workload, job->direction) == LAD_GENERATOR;
	if (!alone->interrupted && !alone->err.message[0])
		lad_amount_check(job->workload, job->amount, ours ? &alone->agent->result : alone->other,
				 alone->options->duration_ns, &alone->err);
}

int alone_generate(int argc, char **argv, struct lad_error *err)
{
	struct alone_options options = {.port = ALONE_PORT, .warmup_ns = 200000000};
	struct alone alone;
	alone_parse_generate(argc, argv, &options);
	int status = alone_begin(&alone, &options, err);
	if (status == 0) {
		alone.obey = obey;
		alone.gone = gone;
		alone.finished = finished;
		status = options.job.workload == LAD_DNS_RR ? look_up(&alone, err) : generate(&alone, err);
	}
	if (status == 0) {
		check_amount(&alone);
		agent_team_halt(alone.agent);
		alone_print_result(&alone);
		*err = alone.err;
	}
	int code = status < 0 || err->message[0] ? (int)err->exit_code
		   : alone.interrupted		 ? LAD_EXIT_INTERRUPTED
						 : LAD_EXIT_OK;
	alone_end(&alone);
	return code;
}
