/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"

/*
 * POST /containers/ID/attach turns the connection into a byte stream both ways. libcurl makes the connection (unix
 * socket, TCP or TLS alike) and hands it over (CURLOPT_CONNECT_ONLY); a thread of our own then carries bytes between
 * it and two pipes, so that the trial sees two plain descriptors. It sleeps while nothing is said.
 */

#define SEND_LIMIT_MS 15000
#define HEAD_MAX 8192
#define CHUNK 65536

struct lad_docker_stream {
	CURL *curl;
	int wire;      /* the connection's descriptor, owned by curl */
	int input[2];  /* pipe to the container's stdin: the relay reads [0], the caller writes [1] */
	int output[2]; /* pipe from its stdout: the caller reads [0], the relay writes [1] */
	pthread_t thread;
	bool running;
	atomic_bool garbled; /* what came is no attach stream: the relay finds it out */
	struct lad_docker_frames frames;
	char message[CURL_ERROR_SIZE];
};

static int wait_for(int fd, short events, int limit_ms)
{
	struct pollfd polled = {fd, events, 0};
	int ready;
	do
		ready = poll(&polled, 1, limit_ms);
	while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : -1;
}

static int send_all(struct lad_docker_stream *stream, const char *data, size_t size)
{
	while (size > 0) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(stream->curl, data, size, &sent);
		if (code == CURLE_AGAIN && wait_for(stream->wire, POLLOUT, SEND_LIMIT_MS) == 0)
			continue;
		if (code != CURLE_OK)
			return -1;
		data += sent;
		size -= sent;
	}
	return 0;
}

static int write_all(int fd, const unsigned char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = write(fd, data, size);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		data += sent;
		size -= (size_t)sent;
	}
	return 0;
}

/* The container's stdout goes on; its stderr has nothing to say to the protocol. -1: no more will come. */
static int deliver(struct lad_docker_stream *stream, const unsigned char *data, size_t size)
{
	const unsigned char *payload;
	int kind;
	long length;
	while ((length = lad_docker_frames_next(&stream->frames, &data, &size, &payload, &kind)) > 0)
		if (kind == LAD_DOCKER_STDOUT && write_all(stream->output[1], payload, (size_t)length) < 0)
			return -1;
	stream->garbled |= length < 0;
	return length < 0 ? -1 : 0;
}

/* Reads until the connection has no more: with TLS, bytes may wait inside libcurl where poll does not see them. */
static int from_container(struct lad_docker_stream *stream)
{
	unsigned char data[CHUNK];
	for (;;) {
		size_t got = 0;
		CURLcode code = curl_easy_recv(stream->curl, data, sizeof data, &got);
		if (code == CURLE_AGAIN)
			return 0;
		if (code != CURLE_OK || got == 0 || deliver(stream, data, got) < 0)
			return -1;
	}
}

static int from_caller(struct lad_docker_stream *stream)
{
	char data[CHUNK];
	ssize_t got = read(stream->input[0], data, sizeof data);
	if (got < 0 && errno == EINTR)
		return 0;
	return got > 0 ? send_all(stream, data, (size_t)got) : -1;
}

static void *relay(void *arg)
{
	struct lad_docker_stream *stream = arg;
	sigset_t broken_pipe;
	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
	for (;;) {
		struct pollfd polled[] = {{stream->wire, POLLIN, 0}, {stream->input[0], POLLIN, 0}};
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			break;
		if (polled[0].revents && from_container(stream) < 0)
			break;
		if (polled[1].revents && from_caller(stream) < 0)
			break;
	}
	/* The caller reads an end of file, as from a process that ended. */
	close(stream->output[1]);
	stream->output[1] = -1;
	return NULL;
}

/* Of "HTTP/1.1 101 …"; 0 when it is no HTTP. */
static long attach_status(const char *head)
{
	int digits = 0, end = 0;
	sscanf(head, "HTTP/1.%*1[01] %n%*3[0-9]%n", &digits, &end);
	return end == digits + 3 ? strtol(head + digits, NULL, 10) : 0;
}

int docker_attached(struct lad_docker *engine, const char *head, const char *body, struct lad_error *err)
{
	long status = engine->status = attach_status(head);
	if (status == 0)
		return docker_not_understood(engine, err, "it is no HTTP");
	/* 101 to a client that asked for an upgrade; 200 from engines and proxies that do not know it. */
	if (status == 101 || status == 200)
		return 0;
	if (docker_answered(engine, body, strlen(body), NULL, err) < 0)
		return -1;
	return docker_not_understood(engine, err, "HTTP %ld", status);
}

struct head { /* of the answer, and what came with it */
	char text[HEAD_MAX + 1];
	size_t used;
	char *body; /* behind the empty line, NULL until that is there */
};

/* Reads some more of it. 1: something came; 0: no more will; -1: an error. */
static int read_more(struct lad_docker *engine, struct lad_docker_stream *stream, const struct docker_clock *clock,
		     struct head *head, struct lad_error *err)
{
	for (;;) {
		size_t got = 0;
		CURLcode code = curl_easy_recv(stream->curl, head->text + head->used, HEAD_MAX - head->used, &got);
		if (code == CURLE_AGAIN) {
			int waited = docker_wait(engine, stream->wire, POLLIN, docker_clock_left_ms(clock));
			if (waited <= 0)
				return docker_waited(engine, waited, clock->limit_ms, err);
			continue;
		}
		if (code != CURLE_OK)
			return docker_unreachable(engine, stream->curl, code, stream->message, err);
		head->used += got;
		head->text[head->used] = '\0';
		return got > 0;
	}
}

/* Whether as much of the body has come as the head announces; what announces nothing ends with the connection. */
static bool is_whole(const struct head *head)
{
	const char *length = strcasestr(head->text, "\r\nContent-Length:");
	return length && length < head->body && strlen(head->body) >= strtoul(length + 17, NULL, 10);
}

/* Reads the answer's head; what comes after it already belongs to the container, or is the reason of a refusal. */
static int read_head(struct lad_docker *engine, struct lad_docker_stream *stream, struct lad_error *err)
{
	struct head head = {.used = 0};
	struct docker_clock clock = docker_clock(engine, DOCKER_QUICK);
	int more = 1;
	while (!head.body && more == 1 && head.used < HEAD_MAX) {
		more = read_more(engine, stream, &clock, &head, err);
		char *empty_line = strstr(head.text, "\r\n\r\n");
		head.body = empty_line ? empty_line + 4 : NULL;
	}
	if (more < 0)
		return -1;
	if (!head.body)
		return more == 0 && head.used == 0
			   ? docker_unreachable(engine, stream->curl, CURLE_GOT_NOTHING, "it hung up", err)
			   : docker_not_understood(engine, err, "it is no HTTP");
	engine->unanswered = 0;
	bool refused = attach_status(head.text) >= 300;
	while (refused && more == 1 && head.used < HEAD_MAX && !is_whole(&head))
		more = read_more(engine, stream, &clock, &head, err);
	if (more < 0 || docker_attached(engine, head.text, head.body, err) < 0)
		return -1;
	size_t rest = head.used - (size_t)(head.body - head.text);
	if (rest > 0 && deliver(stream, (unsigned char *)head.body, rest) < 0)
		return docker_not_understood(engine, err, "it is no attach stream");
	return 0;
}

static int connect_stream(struct lad_docker *engine, const char *container, struct lad_docker_stream *stream,
			  struct lad_error *err)
{
	char request[512];
	curl_socket_t wire = CURL_SOCKET_BAD;
	struct docker_watch watch;
	docker_request(engine, "POST", "/containers/attach");
	docker_transport(engine, stream->curl);
	docker_watch(&watch, engine, DOCKER_QUICK, stream->curl);
	curl_easy_setopt(stream->curl, CURLOPT_URL, engine->endpoint.url);
	curl_easy_setopt(stream->curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(stream->curl, CURLOPT_ERRORBUFFER, stream->message);
	CURLcode code = curl_easy_perform(stream->curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(stream->curl, CURLINFO_ACTIVESOCKET, &wire);
	if (watch.interrupted)
		return docker_waited(engine, -1, watch.limit_ms, err);
	if (code != CURLE_OK || wire == CURL_SOCKET_BAD)
		return docker_unreachable(engine, stream->curl, code, stream->message, err);
	stream->wire = wire;
	int length = snprintf(request, sizeof request,
			      "POST /v%s/containers/%s/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
			      "Host: docker\r\nUser-Agent: netladder/" LAD_VERSION "\r\nConnection: Upgrade\r\n"
			      "Upgrade: tcp\r\nContent-Length: 0\r\n\r\n",
			      engine->api, container);
	if (send_all(stream, request, (size_t)length) < 0)
		return docker_unreachable(engine, stream->curl, CURLE_SEND_ERROR, stream->message, err);
	return read_head(engine, stream, err);
}

static int make_pipes(struct lad_docker_stream *stream, struct lad_error *err)
{
	if (pipe2(stream->input, O_CLOEXEC) < 0 || pipe2(stream->output, O_CLOEXEC) < 0 ||
	    fcntl(stream->output[0], F_SETFL, O_NONBLOCK) < 0)
		return lad_error_errno(err, errno, "cannot open a pipe");
	return 0;
}

static struct lad_docker_stream *new_stream(void)
{
	struct lad_docker_stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return NULL;
	stream->input[0] = stream->input[1] = stream->output[0] = stream->output[1] = -1;
	stream->curl = curl_easy_init();
	if (stream->curl)
		return stream;
	free(stream);
	return NULL;
}

int lad_docker_attach(struct lad_docker *engine, const char *container, struct lad_docker_stream **stream, int *input,
		      int *output, struct lad_error *err)
{
	struct lad_docker_stream *made = new_stream();
	*stream = NULL;
	if (!made)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = make_pipes(made, err);
	if (status == 0)
		status = connect_stream(engine, container, made, err);
	if (status == 0) {
		int error = pthread_create(&made->thread, NULL, relay, made);
		made->running = error == 0;
		if (error)
			status = lad_error_errno(err, error, "cannot start a thread");
	}
	if (status < 0) {
		lad_docker_detach(made);
		return -1;
	}
	*stream = made;
	*input = made->input[1];
	*output = made->output[0];
	return 0;
}

bool docker_stream_garbled(const struct lad_docker_stream *stream)
{
	return stream && stream->garbled;
}

void lad_docker_detach(struct lad_docker_stream *stream)
{
	if (!stream)
		return;
	/* The relay sees the end of one pipe, or that nobody reads the other, and ends. */
	lad_close_fd(&stream->input[1]);
	lad_close_fd(&stream->output[0]);
	if (stream->running)
		pthread_join(stream->thread, NULL);
	lad_close_fd(&stream->input[0]);
	lad_close_fd(&stream->output[1]);
	curl_easy_cleanup(stream->curl);
	free(stream);
}
