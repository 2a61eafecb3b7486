/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
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
#include "netladder/units.h"

/*
 * `netladder-agent --call=ADDRESS,PORT` connects, says nothing, and prints how that went, as one JSON object:
 * "refused"; "hung up", when the other side took the connection and closed it; "silent", when it took it and kept it;
 * or what else happened. So the docker lab finds out who stands behind a published port.
 */

#define CONNECT_LIMIT_MS 8000 /* four SYNs: at 0, 1, 3 and 7 s */
#define SILENCE_LIMIT_MS 3000

static int parse(const char *text, struct sockaddr_storage *where, socklen_t *bytes)
{
	char address[INET6_ADDRSTRLEN];
	const char *comma = strchr(text, ',');
	uint64_t port = 0;
	if (comma)
		lad_parse_count(comma + 1, &port, NULL);
	if (!comma || (size_t)(comma - text) >= sizeof address || port < 1 || port > 65535)
		return -1;
	memcpy(address, text, (size_t)(comma - text));
	address[comma - text] = '\0';
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	memset(where, 0, sizeof *where);
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		memcpy(where, &v4, *bytes = sizeof v4);
		return 0;
	}
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		return -1;
	memcpy(where, &v6, *bytes = sizeof v6);
	return 0;
}

/* 0: connected. Else an errno value. */
static int connect_within(int fd, const struct sockaddr_storage *where, socklen_t bytes)
{
	struct pollfd polled = {fd, POLLOUT, 0};
	int error = 0;
	socklen_t length = sizeof error;
	if (connect(fd, (const struct sockaddr *)where, bytes) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&polled, 1, CONNECT_LIMIT_MS) <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

static const char *call(const struct sockaddr_storage *where, socklen_t bytes)
{
	char ignored[16];
	lad_cleanup_fd int fd = socket(where->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return strerrordesc_np(errno);
	int error = connect_within(fd, where, bytes);
	if (error)
		return error == ECONNREFUSED ? "refused" : strerrordesc_np(error);
	struct pollfd polled = {fd, POLLIN, 0};
	if (poll(&polled, 1, SILENCE_LIMIT_MS) <= 0)
		return "silent";
	ssize_t got = recv(fd, ignored, sizeof ignored, 0);
	return got > 0 ? "talks" : "hung up"; /* by an end or by a reset */
}

int agent_call(const char *text)
{
	struct sockaddr_storage where;
	socklen_t bytes;
	if (parse(text, &where, &bytes) < 0) {
		fprintf(stderr, "netladder-agent: --call: '%s' is no ADDRESS,PORT\n", lad_excerpt(text).text);
		return LAD_EXIT_USAGE;
	}
	return printf("{\"answer\":\"%s\"}\n", call(&where, bytes)) > 0 ? LAD_EXIT_OK : LAD_EXIT_UNABLE;
}
