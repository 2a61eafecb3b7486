/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/alone.h"
#include "agent/team.h"

/* Strangers may knock while we wait: so many at once, each with so long to say the token. */
#define DOORSTEP 16
#define GREETING_MAX 160

struct visitor {
	struct door *door;
	ev_io io;
	ev_timer timeout;
	int fd; /* -1: nobody */
	char greeting[GREETING_MAX];
	size_t used;
};

struct door {
	struct alone *alone;
	const char *token;
	int fd;
	ev_io io;
	struct visitor visitors[DOORSTEP];
	struct sockaddr_storage peer; /* who got in */
	char peer_address[64];
};

static void turn_away(struct visitor *visitor, const char *reason)
{
	char *line = reason ? lad_protocol_error(reason, false) : NULL;
	if (line && send(visitor->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		line[0] = '\0'; /* gone already: nobody to tell */
	free(line);
	ev_io_stop(visitor->door->alone->loop, &visitor->io);
	ev_timer_stop(visitor->door->alone->loop, &visitor->timeout);
	close(visitor->fd);
	visitor->fd = -1;
	ev_io_start(visitor->door->alone->loop, &visitor->door->io);
}

/* Takes as long for a wrong token as for a right one. */
static bool same_token(const char *given, const char *token)
{
	size_t length = strlen(given);
	unsigned char difference = length != strlen(token);
	for (size_t i = 0; token[i]; i++)
		difference |= (unsigned char)(token[i] ^ (i < length ? given[i] : 0));
	return difference == 0;
}

static void close_door(struct door *door)
{
	for (int i = 0; i < DOORSTEP; i++)
		if (door->visitors[i].fd >= 0)
			turn_away(&door->visitors[i], "the sink serves another generator");
	if (door->fd < 0)
		return;
	ev_io_stop(door->alone->loop, &door->io);
	close(door->fd);
	door->fd = -1;
}

/* The right token: VISITOR's connection becomes the channel. */
static void let_in(struct visitor *visitor)
{
	struct door *door = visitor->door;
	struct alone *alone = door->alone;
	socklen_t length = sizeof door->peer;
	getpeername(visitor->fd, (struct sockaddr *)&door->peer, &length);
	getnameinfo((struct sockaddr *)&door->peer, length, door->peer_address, sizeof door->peer_address, NULL, 0,
		    NI_NUMERICHOST);
	alone->channel_fd = visitor->fd;
	ev_io_stop(alone->loop, &visitor->io);
	ev_timer_stop(alone->loop, &visitor->timeout);
	visitor->fd = -1;
	close_door(door);
	alone_listen(alone);
}

static void on_greeting(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct visitor *visitor = io->data;
	char *end = visitor->greeting + visitor->used;
	/* A byte at a time, so that what follows the first line stays in the socket for the channel. */
	ssize_t got;
	while ((got = recv(visitor->fd, end, 1, MSG_DONTWAIT)) == 1 && *end != '\n') {
		if (++visitor->used == sizeof visitor->greeting - 1) {
			turn_away(visitor, "this is no netladder-agent greeting");
			return;
		}
		end++;
	}
	if (got < 0 && agent_would_block(errno))
		return;
	if (got <= 0) {
		turn_away(visitor, NULL);
		return;
	}
	*end = '\0';
	int protocol;
	char token[ALONE_TOKEN_MAX + 1];
	if (sscanf(visitor->greeting, "netladder-agent %9d %64s", &protocol, token) != 2)
		turn_away(visitor, "this is no netladder-agent greeting");
	else if (protocol != LAD_PROTOCOL_VERSION)
		turn_away(visitor,
			  "the sink speaks another version of the protocol; use the same netladder on both sides");
	else if (!same_token(token, visitor->door->token))
		turn_away(visitor, "wrong token");
	else
		let_in(visitor);
}

static void on_silence(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	turn_away(timer->data, "no greeting came");
}

static void on_knock(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct door *door = io->data;
	for (int i = 0; i < DOORSTEP; i++) {
		struct visitor *visitor = &door->visitors[i];
		if (visitor->fd >= 0)
			continue;
		visitor->fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (visitor->fd < 0)
			return;
		visitor->used = 0;
		ev_io_init(&visitor->io, on_greeting, visitor->fd, EV_READ);
		ev_timer_init(&visitor->timeout, on_silence, ALONE_ANSWER_S, 0.);
		visitor->io.data = visitor->timeout.data = visitor;
		ev_io_start(loop, &visitor->io);
		ev_timer_start(loop, &visitor->timeout);
		return;
	}
	ev_io_stop(loop, io); /* full: the rest waits in the kernel's queue until somebody is turned away */
}

static int open_door(struct door *door, const struct alone_options *options, struct lad_error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;
	char port[8];
	int on = 1;
	snprintf(port, sizeof port, "%u", options->port);
	if (getaddrinfo(options->host, port, &hints, &found) != 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "--bind: '%s' is no IPv4 or IPv6 address", options->host);
	door->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int status = door->fd < 0 || setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
			     bind(door->fd, found->ai_addr, found->ai_addrlen) < 0 || listen(door->fd, DOORSTEP) < 0
			 ? lad_error_errno(err, errno, "cannot listen on %s port %u", options->host, options->port)
			 : 0;
	freeaddrinfo(found);
	ev_io_init(&door->io, on_knock, door->fd, EV_READ);
	door->io.data = door;
	if (status == 0)
		ev_io_start(door->alone->loop, &door->io);
	return status;
}

static int make_token(char token[ALONE_TOKEN_MAX + 1], struct lad_error *err)
{
	/* Without 0 and o, 1 and l: it is read aloud and typed. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char bytes[12];
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return lad_error_errno(err, errno, "cannot draw a token");
	for (size_t i = 0; i < sizeof bytes; i++)
		token[i] = letters[bytes[i] % 32];
	token[sizeof bytes] = '\0';
	return 0;
}

static struct door *door_of(struct alone *alone)
{
	return alone->agent->control.data;
}

/* From now on the port is for the generator's machine alone. */
static int keep_others_out(struct agent *agent, struct lad_error *err)
{
	struct door *door = door_of(agent->owner);
	if (agent_only_from(agent->listener, &door->peer, err) == 0)
		return 0;
	if (err->saved_errno != EPERM)
		return -1;
	/* Some kernels let only root filter. The token has been checked; what is lost is the second lock. */
	err->message[0] = '\0';
	fputs("netladder-agent: this kernel lets nobody but root keep other machines off the port: whatever reaches it "
	      "counts\n",
	      stderr);
	return 0;
}

/* The generator's order, on our own address: what it cannot know, and must not choose. */
static int take_job(struct alone *alone, struct lad_job job, struct lad_error *err)
{
	struct door *door = door_of(alone);
	job.role = LAD_SINK;
	job.port = alone->options->port;
	job.sample_ns = 1000000000;
	job.shared_clock = false;
	snprintf(job.address, sizeof job.address, "%.45s", alone->options->host);
	if (agent_prepare(alone->agent, &job, err) < 0)
		return -1;
	alone_print_begin(alone, &job, door->peer_address);
	return alone_tell(alone, lad_protocol_ready(0, false))
		   ? 0
		   : lad_error_set(err, LAD_EXIT_TRIALS, "the generator went away");
}

static void obey(struct alone *alone, const struct lad_message *message)
{
	struct agent *agent = alone->agent;
	struct lad_error err = {0};
	switch (message->type) {
	case LAD_MESSAGE_PREPARE:
		if (take_job(alone, message->job, &err) < 0) {
			alone_tell(alone, lad_protocol_error(err.message, false));
			alone_give_up(alone, LAD_EXIT_TRIALS, "%s", err.message);
		}
		return;
	case LAD_MESSAGE_START:
		if (!agent->ops || agent->phase != AGENT_IDLE ||
		    message->window.duration_ns > ALONE_SECONDS_MAX * INT64_C(1000000000)) {
			alone_give_up(alone, LAD_EXIT_TRIALS,
				      "the generator's start came at a wrong time, or is too long");
			return;
		}
		agent->window = message->window;
		agent->window.start_ns += agent_now_ns();
		agent_window_start(agent);
		return;
	case LAD_MESSAGE_ENOUGH:
		agent_window_enough(agent);
		return;
	case LAD_MESSAGE_BYE: /* the generator stops early, or has heard enough */
		if (alone->reported || !agent_window_cut(agent))
			ev_break(alone->loop, EVBREAK_ALL);
		return;
	case LAD_MESSAGE_ERROR:
		alone_give_up(alone, LAD_EXIT_TRIALS, "the generator failed: %s", message->text);
		return;
	default:
		alone_give_up(alone, LAD_EXIT_TRIALS, "a message that only a sink sends");
	}
}

static void gone(struct alone *alone)
{
	if (alone->reported)
		ev_break(alone->loop, EVBREAK_ALL);
	else
		alone_give_up(alone, LAD_EXIT_TRIALS, "the generator went away");
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void finished(struct alone *alone)
{
	if (!alone_tell(alone, lad_protocol_result(&alone->agent->result))) {
		ev_break(alone->loop, EVBREAK_ALL);
		return;
	}
	/* The generator closes when it has read it; until then the data sockets stay, lest it sees a reset. */
	ev_timer_init(&alone->patience, on_patience, ALONE_ANSWER_S, 0.);
	ev_timer_start(alone->loop, &alone->patience);
}

static int serve(struct alone *alone, struct door *door, struct lad_error *err)
{
	const struct alone_options *options = alone->options;
	char token[ALONE_TOKEN_MAX + 1];
	if (!options->token[0] && make_token(token, err) < 0)
		return -1;
	door->token = options->token[0] ? options->token : token;
	if (open_door(door, options, err) < 0)
		return -1;
	if (options->json)
		printf("{\"type\":\"listening\",\"address\":\"%s\",\"port\":%u,\"token\":\"%s\"}\n", options->host,
		       options->port, door->token);
	else
		printf("waiting on %s port %u for:  netladder-agent generate WORKLOAD --to ADDRESS:%u --token %s\n",
		       options->host, options->port, options->port, door->token);
	fflush(stdout);
	ev_run(alone->loop, 0);
	return 0;
}

int alone_sink(int argc, char **argv, struct lad_error *err)
{
	struct alone_options options = {.host = "0.0.0.0", .port = ALONE_PORT};
	struct alone alone;
	struct door door = {.alone = &alone, .fd = -1};
	for (int i = 0; i < DOORSTEP; i++)
		door.visitors[i] = (struct visitor){.door = &door, .fd = -1};
	alone_parse_sink(argc, argv, &options);
	int status = alone_begin(&alone, &options, err);
	if (status == 0) {
		alone.agent->control.data = &door;
		alone.agent->opened = keep_others_out;
		alone.obey = obey;
		alone.gone = gone;
		alone.finished = finished;
		status = serve(&alone, &door, err);
	}
	if (status == 0) {
		agent_team_halt(alone.agent);
		alone_print_result(&alone);
		*err = alone.err;
	}
	int code = status < 0 || err->message[0] ? (int)err->exit_code
		   : alone.interrupted		 ? LAD_EXIT_INTERRUPTED
						 : LAD_EXIT_OK;
	close_door(&door);
	alone_end(&alone);
	return code;
}
