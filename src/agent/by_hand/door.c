/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/by_hand/door.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/sandbox.h"
#include "agent/socket/address.h"
#include "agent/socket/socket.h"
#include "agent/workload/workload.h"

/* Descriptors of a sink that waits, beside those of visitors, as for a run with one flow (sandbox.c). */
#define FILES_LEAST 33
#define LOW_PORTS 1024
/* Where the run's connections come in, one that is not yet heard may be a flow of a slow path. */
#define FLOW_PATIENCE_NS INT64_C(1000000000)
#define REPORT_EACH_NS INT64_C(1000000000)

/* A line about who tries tokens, and not more than one a second. */
static void tell_wrong(struct door *door, const struct sockaddr_storage *from)
{
	char address[64] = "?";
	int64_t now_ns = agent_now_ns();
	door->wrong++;
	if (door->wrong_reported && now_ns - door->wrong_ns < REPORT_EACH_NS)
		return;
	getnameinfo((const struct sockaddr *)from, sizeof *from, address, sizeof address, NULL, 0, NI_NUMERICHOST);
	fprintf(stderr, "netladder-agent: %s tried a wrong token (%llu so far)\n", address,
		(unsigned long long)door->wrong);
	door->wrong_reported = door->wrong;
	door->wrong_ns = now_ns;
}

static const char *busy(const struct door *door, char text[96])
{
	snprintf(text, 96, "the sink is busy with another generator since %.1f s",
		 (double)(agent_now_ns() - door->busy_ns) / 1e9);
	return text;
}

static void let_in(struct door *door, struct visitor *visitor)
{
	struct by_hand *by_hand = door->by_hand;
	socklen_t length = sizeof door->here;
	getsockname(visitor->fd, (struct sockaddr *)&door->here, &length);
	agent_address_plain(&door->here, &length);
	length = sizeof door->peer;
	door->peer = visitor->from;
	agent_address_plain(&door->peer, &length);
	getnameinfo((struct sockaddr *)&door->peer, length, door->peer_address, sizeof door->peer_address, NULL, 0,
		    NI_NUMERICHOST);
	by_hand->channel_fd = doorstep_take(visitor);
	door->busy_ns = agent_now_ns();
	doorstep_clear(&door->doorstep, "the sink serves another generator");
	door->doorstep.strangers = 0;
	door->let_in(by_hand);
}

static const char *on_greeted(void *owner, struct visitor *visitor, bool *wrong)
{
	static char text[96];
	struct door *door = owner;
	char token[BY_HAND_TOKEN_MAX + 1] = {0};
	int protocol;
	if (strncmp(visitor->line, "netladder-agent ", strlen("netladder-agent ")) != 0 ||
	    sscanf(visitor->line, "netladder-agent %d %64s", &protocol, token) != 2)
		return "this is no netladder-agent greeting";
	if (protocol != LAD_PROTOCOL_VERSION)
		return "the sink speaks another version of the protocol; use the same netladder on both sides";
	if (door->busy_ns) /* and no word about the token */
		return busy(door, text);
	/* What sscanf() leaves behind the token is zero, as in ours. */
	*wrong = !agent_same_bytes(token, door->token, sizeof token);
	if (*wrong) {
		tell_wrong(door, &visitor->from);
		return "wrong token";
	}
	let_in(door, visitor);
	return NULL;
}

static void on_flow(void *owner, int fd)
{
	struct door *door = owner;
	agent_admit(door->by_hand->agent, fd);
}

/* A thread's own doorstep: its owner is the agent, and nobody gets in here. */
static const char *on_greeted_apart(void *owner, struct visitor *visitor, bool *wrong)
{
	static _Thread_local char text[96];
	struct agent *agent = owner;
	struct by_hand *by_hand = agent->owner;
	(void)visitor;
	(void)wrong;
	return busy(by_hand->door, text);
}

static void on_flow_apart(void *owner, int fd)
{
	struct agent *agent = owner;
	agent->ops->admit(agent, fd);
}

int door_hear(struct agent *agent, int fd, struct lad_error *err)
{
	struct doorstep *doorstep = agent->doorstep = calloc(1, sizeof *doorstep);
	if (!doorstep)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	doorstep->owner = agent;
	doorstep->places = DOORSTEP_PLACES;
	doorstep->patience_ns = FLOW_PATIENCE_NS;
	doorstep->greeted = on_greeted_apart;
	doorstep->flow = on_flow_apart;
	doorstep->brief = true;
	doorstep->word = agent_word_of(&agent->job);
	doorstep_open(doorstep, agent->loop, fd);
	return 0;
}

int door_expect(struct door *door, const struct lad_job *job, struct lad_error *err)
{
	int on = 1;
	struct agent *agent = door->by_hand->agent;
	door->doorstep.word = agent_word_of(job);
	door->doorstep.flow = on_flow;
	door->doorstep.brief = job->workload == LAD_TCP_CRR;
	door->doorstep.patience_ns = FLOW_PATIENCE_NS;
	if (lad_is_udp(job->workload))
		return 0;
	if (job->threads > 1 && setsockopt(door->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
		return lad_error_errno(err, errno, "cannot deal the connections over the threads");
	/* What is accepted has what its listener has. */
	agent->job = *job;
	return agent_socket_options(agent, door->fd, SOCK_STREAM, err);
}

uint64_t door_strangers(const struct door *door)
{
	const struct doorstep *apart = door->by_hand->agent ? door->by_hand->agent->doorstep : NULL;
	return door->doorstep.strangers + (apart ? apart->strangers : 0);
}

static int make_token(char token[BY_HAND_TOKEN_MAX + 1], struct lad_error *err)
{
	/* Without 0 and o, 1 and l: it is read aloud and typed. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char bytes[12];
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return lad_error_errno(err, errno, "cannot draw a token");
	for (size_t i = 0; i < sizeof bytes; i++)
		token[i] = letters[bytes[i] % 32];
	return 0;
}

static int say_unheard(const struct by_hand_options *options, const struct sockaddr *address, struct lad_error *err)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	bool link_local = address->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
	if (errno == EINVAL && link_local && !v6->sin6_scope_id)
		return lad_error_set(
		    err, LAD_EXIT_UNABLE,
		    "--bind: a link-local address needs the device that it is on, as in fe80::1%%eth0");
	return lad_error_errno(err, errno, "cannot listen on %s port %u", options->host, options->port);
}

static int take_port(struct door *door, struct lad_error *err)
{
	const struct by_hand_options *options = door->by_hand->options;
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;
	char port[8];
	int on = 1;
	snprintf(port, sizeof port, "%u", options->port);
	const char *zone = strchr(options->host, '%');
	if (getaddrinfo(options->host, port, &hints, &found) != 0)
		return zone && !if_nametoindex(zone + 1)
			   ? lad_error_set(err, LAD_EXIT_USAGE, "--bind: this machine has no device \"%s\"", zone + 1)
			   : lad_error_set(err, LAD_EXIT_USAGE, "--bind: '%s' is no IPv4 or IPv6 address",
					   options->host);
	door->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (found->ai_family == AF_INET6) /* "::" is IPv4, too, whatever net.ipv6.bindv6only says */
		setsockopt(door->fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
	int status = door->fd < 0 || setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
			     bind(door->fd, found->ai_addr, found->ai_addrlen) < 0
			 ? say_unheard(options, found->ai_addr, err)
			 : 0;
	freeaddrinfo(found);
	return status;
}

/* Descriptors for a run and its visitors, and for as many flows as the order may have. */
static int reserve_files(struct door *door, struct lad_error *err)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lad_error_errno(err, errno, "cannot read the limit of open files");
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			return lad_error_errno(err, errno, "cannot raise the limit of open files");
	}
	if (limit.rlim_cur < FILES_LEAST + 1) {
		lad_error_set(err, LAD_EXIT_UNABLE, "a sink needs %d open files and the limit is %llu", FILES_LEAST + 1,
			      (unsigned long long)limit.rlim_cur);
		return lad_error_remedy(err, "ulimit -Hn %d", FILES_LEAST + 1);
	}
	rlim_t left = limit.rlim_cur - FILES_LEAST;
	door->doorstep.places = left < DOORSTEP_PLACES ? (int)left : DOORSTEP_PLACES;
	return 0;
}

void door_hear_from(struct door *door, struct ev_loop *loop, int fd)
{
	door->doorstep.owner = door;
	door->doorstep.greeted = on_greeted;
	doorstep_open(&door->doorstep, loop, fd);
}

int door_open(struct door *door, struct by_hand *by_hand, struct lad_error *err)
{
	const struct by_hand_options *options = by_hand->options;
	door->by_hand = by_hand;
	if (options->token[0])
		snprintf(door->token, sizeof door->token, "%s", options->token);
	else if (make_token(door->token, err) < 0)
		return -1;
	if (reserve_files(door, err) < 0 || take_port(door, err) < 0 ||
	    agent_drop_before_listening(options->port < LOW_PORTS, err) < 0)
		return -1;
	if (listen(door->fd, SOMAXCONN) < 0)
		return lad_error_errno(err, errno, "cannot listen on %s port %u", options->host, options->port);
	door_hear_from(door, by_hand->loop, door->fd);
	return 0;
}

void door_close(struct door *door)
{
	doorstep_clear(&door->doorstep, "the sink has ended");
	doorstep_close(&door->doorstep);
	if (door->fd >= 0)
		close(door->fd);
	door->fd = -1;
}
