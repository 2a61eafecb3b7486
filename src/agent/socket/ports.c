/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/tools.h"
#include "netladder/cleanup.h"
#include "netladder/text.h"

/*
 * `netladder-agent --ports` takes the ports that a Swarm needs, those that are free, and answers there until its stdin
 * ends; `netladder-agent --ports=ADDRESS` tries each at ADDRESS. Both print one JSON object, {"4789/udp":"Success", …}.
 * So the docker lab finds out which of them a firewall between two engines closes.
 */

#define TCP_LIMIT_MS 1500
#define UDP_LIMIT_MS 400
#define UDP_TRIES 3

static const struct port {
	const char *name;
	int type;
	uint16_t number;
} ports[] = {
    {"2377/tcp", SOCK_STREAM, 2377}, /* Swarm management */
    {"7946/tcp", SOCK_STREAM, 7946}, /* gossip between the nodes */
    {"7946/udp", SOCK_DGRAM, 7946},
    {"4789/udp", SOCK_DGRAM, 4789}, /* VXLAN */
};
#define PORT_COUNT (sizeof ports / sizeof *ports)

/* A datagram that is not this is not answered: nobody can make us send to a third party. */
static const char hello[] = "netladder-ports";

static int print_answers(const char *const answers[PORT_COUNT])
{
	cJSON *root = cJSON_CreateObject();
	for (size_t i = 0; i < PORT_COUNT; i++)
		cJSON_AddStringToObject(root, ports[i].name, answers[i]);
	lad_cleanup_free char *text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text && puts(text) >= 0 && fflush(stdout) == 0 ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
}

static int take_port(const struct port *port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port->number)};
	int fd = socket(AF_INET, port->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd < 0)
		return -1;
	if (port->type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0 && (port->type == SOCK_DGRAM || listen(fd, 4) == 0))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void answer(const struct port *port, int fd)
{
	char text[sizeof hello];
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	if (port->type == SOCK_STREAM) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (connection >= 0)
			close(connection);
		return;
	}
	ssize_t got = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &length);
	if (got == sizeof hello && memcmp(text, hello, sizeof hello) == 0)
		sendto(fd, hello, sizeof hello, MSG_NOSIGNAL, (struct sockaddr *)&from, length);
}

static int serve(void)
{
	struct pollfd polled[PORT_COUNT + 1];
	const char *answers[PORT_COUNT];
	for (size_t i = 0; i < PORT_COUNT; i++) {
		polled[i] = (struct pollfd){take_port(&ports[i]), POLLIN, 0};
		answers[i] = polled[i].fd >= 0 ? "Success" : strerrordesc_np(errno);
	}
	polled[PORT_COUNT] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
	int code = print_answers(answers);
	while (code == LAD_EXIT_OK && (poll(polled, PORT_COUNT + 1, -1) > 0 || errno == EINTR)) {
		char ignored[256];
		if (polled[PORT_COUNT].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
		for (size_t i = 0; i < PORT_COUNT; i++)
			if (polled[i].fd >= 0 && polled[i].revents)
				answer(&ports[i], polled[i].fd);
	}
	return code;
}

static const char *finish_connect(int fd)
{
	struct pollfd polled = {fd, POLLOUT, 0};
	int error = 0;
	socklen_t length = sizeof error;
	if (poll(&polled, 1, TCP_LIMIT_MS) <= 0)
		return "no answer";
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return strerrordesc_np(error);
}

static const char *exchange(int fd)
{
	for (int i = 0; i < UDP_TRIES; i++) {
		char text[sizeof hello];
		struct pollfd polled = {fd, POLLIN, 0};
		if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) < 0)
			return strerrordesc_np(errno);
		if (poll(&polled, 1, UDP_LIMIT_MS) <= 0)
			continue;
		return recv(fd, text, sizeof text, 0) >= 0 ? "Success" : strerrordesc_np(errno);
	}
	return "no answer";
}

static const char *try_port(const struct port *port, struct in_addr address)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port->number), .sin_addr = address};
	lad_cleanup_fd int fd = socket(AF_INET, port->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect(fd, (struct sockaddr *)&there, sizeof there) < 0 && errno != EINPROGRESS))
		return strerrordesc_np(errno);
	return port->type == SOCK_STREAM ? finish_connect(fd) : exchange(fd);
}

int agent_ports(const char *text)
{
	struct in_addr address;
	const char *answers[PORT_COUNT];
	if (!text)
		return serve();
	if (inet_pton(AF_INET, text, &address) != 1) {
		fprintf(stderr, "netladder-agent: --ports: '%s' is no IPv4 address\n", lad_excerpt(text).text);
		return LAD_EXIT_USAGE;
	}
	for (size_t i = 0; i < PORT_COUNT; i++)
		answers[i] = try_port(&ports[i], address);
	return print_answers(answers);
}
