/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/by_hand/by_hand.h"
#include "agent/socket/address.h"

/*
 * From a name, or an address, to the channel: its addresses are tried as browsers do (RFC 8305), the next one when the
 * last has failed or has been silent for a while, and the first that answers is taken.
 */

#define ADDRESSES_MOST 16
#define NEXT_AFTER_NS INT64_C(250000000) /* RFC 8305, section 5 */
#define ATTEND_MS 100			 /* a signal is noticed so soon */
#define AGAIN_NS INT64_C(200000000)	 /* with --wait: until the next try */

struct attempt {
	struct sockaddr_storage to;
	socklen_t bytes;
	int fd;	   /* -1: not under way */
	int error; /* why not; 0: not tried yet */
	int64_t until_ns;
};

struct dialing {
	struct attempt attempts[ADDRESSES_MOST];
	int count, begun;
};

static void fail_attempt(struct attempt *attempt, int error)
{
	attempt->error = error;
	if (attempt->fd >= 0)
		close(attempt->fd);
	attempt->fd = -1;
}

/* Whether it is connected at once. */
static bool begin(struct attempt *attempt)
{
	attempt->until_ns = agent_now_ns() + BY_HAND_ANSWER_S * LAD_NS_PER_S;
	attempt->fd = socket(attempt->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (attempt->fd >= 0 && connect(attempt->fd, (struct sockaddr *)&attempt->to, attempt->bytes) == 0)
		return true;
	if (attempt->fd < 0 || errno != EINPROGRESS)
		fail_attempt(attempt, errno);
	return false;
}

/* Waits a moment for those under way. Returns which is connected, or -1. */
static int look(struct dialing *dialing)
{
	struct pollfd polled[ADDRESSES_MOST];
	for (int i = 0; i < dialing->begun; i++) /* -1 is passed over */
		polled[i] = (struct pollfd){dialing->attempts[i].fd, POLLOUT, 0};
	if (poll(polled, (nfds_t)dialing->begun, ATTEND_MS) < 0)
		return -1;
	for (int i = 0; i < dialing->begun; i++) {
		struct attempt *attempt = &dialing->attempts[i];
		int error = 0;
		socklen_t length = sizeof error;
		if (attempt->fd < 0)
			continue;
		if (polled[i].revents && getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && !error)
			return i;
		if (polled[i].revents || agent_now_ns() > attempt->until_ns)
			fail_attempt(attempt, error ? error : ETIMEDOUT);
	}
	return -1;
}

static bool is_under_way(const struct dialing *dialing)
{
	for (int i = 0; i < dialing->begun; i++)
		if (dialing->attempts[i].fd >= 0)
			return true;
	return false;
}

/* Which of the addresses answers first; -1: none, or a signal came. */
static int race(struct by_hand *by_hand, struct dialing *dialing)
{
	int first = -1;
	int64_t next_ns = 0;
	while (first < 0 && !by_hand_attend(by_hand)) {
		bool more = dialing->begun < dialing->count;
		if (!more && !is_under_way(dialing))
			return -1;
		if (more && (!is_under_way(dialing) || agent_now_ns() >= next_ns)) {
			next_ns = agent_now_ns() + NEXT_AFTER_NS;
			if (begin(&dialing->attempts[dialing->begun++]))
				return dialing->begun - 1;
		} else {
			first = look(dialing);
		}
	}
	return first;
}

static const char *reason_of(const struct attempt *attempt)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&attempt->to;
	bool link_local = attempt->to.ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
	if (attempt->error == EINVAL && link_local && !v6->sin6_scope_id)
		return "a link-local address needs the device that it is on, as in fe80::1%eth0";
	return attempt->error == ETIMEDOUT ? "no answer within 5 s (a filter, or too busy)" : strerror(attempt->error);
}
_Static_assert(BY_HAND_ANSWER_S == 5, "the text above says so");

/* Each address with its reason, and what to do about it. */
static int say_failure(const struct by_hand_options *options, const struct dialing *dialing, struct lad_error *err)
{
	char reasons[700] = "";
	size_t used = 0;
	bool refused = false;
	for (int i = 0; i < dialing->count && used < sizeof reasons; i++) {
		const struct attempt *attempt = &dialing->attempts[i];
		char address[ADDRESS_TEXT_MAX];
		agent_address_text(&attempt->to, address);
		bool named = dialing->count > 1 || strcmp(address, options->host) != 0;
		refused = refused || attempt->error == ECONNREFUSED;
		used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%s%s%s", i ? "; " : "",
					 named ? address : "", named ? ": " : "",
					 attempt->error ? reason_of(attempt) : "not tried");
	}
	lad_error_set(err, LAD_EXIT_UNABLE, "no sink answers at %.100s port %u: %s", options->host, options->port,
		      reasons);
	size_t length = strlen(err->message);
	if (refused)
		snprintf(err->message + length, sizeof err->message - length,
			 " (start one there with: netladder-agent sink --port %u)", options->port);
	return -1;
}

/* The host's addresses. */
static int resolve(const struct by_hand_options *options, struct dialing *dialing, struct lad_error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	const char *zone = strchr(options->host, '%');
	char port[8];
	snprintf(port, sizeof port, "%u", options->port);
	memset(dialing, 0, sizeof *dialing);
	int status = getaddrinfo(options->host, port, &hints, &found);
	if (status == EAI_NONAME && zone && !if_nametoindex(zone + 1))
		return lad_error_set(err, LAD_EXIT_USAGE, "--to: %.200s: this machine has no device \"%.20s\"",
				     options->host, zone + 1);
	if (status == EAI_SYSTEM)
		return lad_error_errno(err, errno, "--to: %.200s", options->host);
	if (status != 0)
		return lad_error_set(err, status == EAI_NONAME ? LAD_EXIT_USAGE : LAD_EXIT_UNABLE, "--to: %.200s: %s",
				     options->host, gai_strerror(status));
	for (struct addrinfo *at = found; at && dialing->count < ADDRESSES_MOST; at = at->ai_next) {
		struct attempt *attempt = &dialing->attempts[dialing->count++];
		attempt->fd = -1;
		attempt->bytes = at->ai_addrlen;
		memcpy(&attempt->to, at->ai_addr, at->ai_addrlen);
		agent_address_plain(&attempt->to, &attempt->bytes);
	}
	freeaddrinfo(found);
	return 0;
}

/* One try of all addresses. */
static int try_all(struct by_hand *by_hand, struct sockaddr_storage *to, struct lad_error *err)
{
	struct timeval limit = {.tv_sec = BY_HAND_ANSWER_S};
	struct dialing dialing;
	if (resolve(by_hand->options, &dialing, err) < 0)
		return -1;
	int first = race(by_hand, &dialing);
	int fd = first < 0 ? -1 : dialing.attempts[first].fd;
	for (int i = 0; i < dialing.begun; i++)
		if (i != first && dialing.attempts[i].fd >= 0)
			close(dialing.attempts[i].fd);
	if (fd < 0)
		return say_failure(by_hand->options, &dialing, err);
	*to = dialing.attempts[first].to;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return fd;
}

int by_hand_dial(struct by_hand *by_hand, struct sockaddr_storage *to, struct lad_error *err)
{
	int64_t until_ns = agent_now_ns() + by_hand->options->wait_ns;
	bool said = false;
	for (;;) {
		int fd = try_all(by_hand, to, err);
		if (by_hand->interrupted) {
			if (fd >= 0)
				close(fd);
			return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted before a sink answered");
		}
		if (fd >= 0 || agent_now_ns() >= until_ns)
			return fd;
		if (!said)
			by_hand_print_waiting(by_hand, err->message);
		said = true;
		for (int64_t again_ns = agent_now_ns() + AGAIN_NS;
		     agent_now_ns() < again_ns && !by_hand_attend(by_hand);)
			poll(NULL, 0, ATTEND_MS);
		err->message[0] = '\0';
	}
}
