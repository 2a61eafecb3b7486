/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/socket/socket.h"
#include "netladder/units.h"

#define REACH_TRIES 50
#define REACH_WAIT_MS 100

bool agent_would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool agent_network_answered(int error)
{
	return error == EMSGSIZE || error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
	       error == EHOSTDOWN || error == ENETDOWN || error == EPROTO || error == ENOPROTOOPT || error == EACCES;
}

void agent_socket_nodelay(const struct agent *agent, int fd)
{
	int on = !agent->job.nagle;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void agent_socket_address(struct agent *agent)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&agent->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&agent->address;
	if (inet_pton(AF_INET, agent->job.address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(agent->job.port);
		agent->address_bytes = sizeof *v4;
		return;
	}
	inet_pton(AF_INET6, agent->job.address, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(agent->job.port);
	v6->sin6_scope_id = agent->job.zone;
	agent->address_bytes = sizeof *v6;
}

/*
 * The FORCE variants pass net.core.[rw]mem_max, which a namespace cannot raise for itself; without CAP_NET_ADMIN the
 * plain ones are tried, and a size that the kernel clamped is an error, never a silent difference.
 */
static int set_buffer(int fd, int forced, int plain, const char *name, int64_t bytes, struct lad_error *err)
{
	int value = (int)bytes;
	if (setsockopt(fd, SOL_SOCKET, forced, &value, sizeof value) == 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, plain, &value, sizeof value);
	int actual = 0;
	socklen_t length = sizeof actual;
	getsockopt(fd, SOL_SOCKET, plain, &actual, &length);
	if (actual >= 2 * value) /* the kernel doubles what was asked for, socket(7) */
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "%s of %d bytes is above the machine's limit (it gave %d)", name,
			     value, actual / 2);
}

static int set_int(int fd, int level, int option, int value, const char *name, struct lad_error *err)
{
	if (setsockopt(fd, level, option, &value, sizeof value) < 0)
		return lad_error_errno(err, errno, "cannot set %s to %d", name, value);
	return 0;
}

/* ip(7) and ipv6(7). */
static int set_header(const struct agent *agent, int fd, bool v6, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int traffic_class = job->dscp << 2 | job->ecn;
	if (traffic_class && set_int(fd, level, v6 ? IPV6_TCLASS : IP_TOS, traffic_class, "the DSCP", err) < 0)
		return -1;
	if (job->ttl && set_int(fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, job->ttl, "the TTL", err) < 0)
		return -1;
	if (!job->dont_fragment)
		return 0;
	/* The two families' values are the same: DONT is 0 and DO is 2. */
	return set_int(fd, level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
		       job->dont_fragment == 2 ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT, "don't fragment", err);
}

static int set_tcp(const struct agent *agent, int fd, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	if (job->congestion_control[0] && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, job->congestion_control,
						     (socklen_t)strlen(job->congestion_control)) < 0)
		return lad_error_errno(err, errno, "cannot use congestion control \"%s\"", job->congestion_control);
	if (job->mss && set_int(fd, IPPROTO_TCP, TCP_MAXSEG, job->mss, "TCP_MAXSEG", err) < 0)
		return -1;
	if (job->cork && set_int(fd, IPPROTO_TCP, TCP_CORK, 1, "TCP_CORK", err) < 0)
		return -1;
	if (job->zerocopy && set_int(fd, SOL_SOCKET, SO_ZEROCOPY, 1, "SO_ZEROCOPY", err) < 0)
		return -1;
	if (job->pacing_bps > 0) {
		uint64_t bytes_per_s = (uint64_t)(job->pacing_bps / 8 / job->flows);
		if (setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_s, sizeof bytes_per_s) < 0)
			return lad_error_errno(err, errno, "cannot pace");
	}
	return 0;
}

static int set_options(const struct agent *agent, int fd, int type, bool v6, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	int64_t bytes = job->socket_buffer_bytes;
	if (bytes && !job->leave_send_buffer && set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, "SO_SNDBUF", bytes, err) < 0)
		return -1;
	if (bytes && !job->leave_receive_buffer &&
	    set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, "SO_RCVBUF", bytes, err) < 0)
		return -1;
	if (job->busy_poll_us && set_int(fd, SOL_SOCKET, SO_BUSY_POLL, job->busy_poll_us, "SO_BUSY_POLL", err) < 0)
		return -1;
	if (set_header(agent, fd, v6, err) < 0)
		return -1;
	return type == SOCK_STREAM ? set_tcp(agent, fd, err) : 0;
}

int agent_socket_options(const struct agent *agent, int fd, int type, struct lad_error *err)
{
	int family = AF_UNSPEC;
	socklen_t length = sizeof family;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
	return set_options(agent, fd, type, family == AF_INET6, err);
}

static int new_socket(const struct agent *agent, int type, int flags, struct lad_error *err)
{
	bool v6 = agent->address.ss_family == AF_INET6;
	int fd = socket(agent->address.ss_family, type | flags | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot open a socket");
	if (set_options(agent, fd, type, v6, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int set_nonblocking(int fd)
{
	int on = 1;
	return ioctl(fd, FIONBIO, &on);
}

static int bound_socket(struct agent *agent, int type, struct lad_error *err)
{
	/* Standing connections: what there is to wait for, once they stand, is not the next one. */
	bool waits = agent->blocking && (type == SOCK_DGRAM || agent->job.workload == LAD_TCP_CRR);
	int fd = new_socket(agent, type, waits ? 0 : SOCK_NONBLOCK, err);
	if (fd < 0)
		return -1;
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (agent->job.threads > 1 && set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) < 0) {
		close(fd);
		return -1;
	}
	if (type == SOCK_DGRAM && agent->guard && agent->guard(agent, fd, err) < 0) {
		close(fd);
		return -1;
	}
	if (bind(fd, (struct sockaddr *)&agent->address, agent->address_bytes) < 0) {
		lad_error_errno(err, errno, "cannot bind %s port %u", agent->job.address, agent->job.port);
		close(fd);
		return -1;
	}
	return fd;
}

int agent_socket_listen(struct agent *agent, struct lad_error *err)
{
	/* Standing connections: every thread takes from one queue until it has its share. */
	if (agent->lead && agent->job.workload != LAD_TCP_CRR) {
		int copy = fcntl(agent->lead->listener, F_DUPFD_CLOEXEC, 0);
		return copy >= 0 ? copy : lad_error_errno(err, errno, "cannot share the listening socket");
	}
	int fd = bound_socket(agent, SOCK_STREAM, err);
	/* As long a queue as net.core.somaxconn allows. */
	if (fd >= 0 && listen(fd, INT_MAX) < 0) {
		lad_error_errno(err, errno, "cannot listen");
		close(fd);
		return -1;
	}
	return fd;
}

int agent_socket_bind(struct agent *agent, struct lad_error *err)
{
	return bound_socket(agent, SOCK_DGRAM, err);
}

int agent_socket_connect(struct agent *agent, struct lad_error *err)
{
	bool datagram = lad_is_udp(agent->job.workload);
	int fd = new_socket(agent, datagram ? SOCK_DGRAM : SOCK_STREAM, 0, err);
	if (fd < 0)
		return -1;
	struct timeval limit = {.tv_sec = (agent_patience_ns(agent) + LAD_NS_PER_S - 1) / LAD_NS_PER_S};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&agent->address, agent->address_bytes) < 0 ||
	    (!agent->blocking && set_nonblocking(fd) < 0)) {
		int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
		lad_error_errno(err, error, "cannot connect to %s port %u", agent->job.address, agent->job.port);
		close(fd);
		return -1;
	}
	return fd;
}

int agent_socket_call(const struct agent *agent, bool *in_flight, struct lad_error *err)
{
	int fd = new_socket(agent, SOCK_STREAM, SOCK_NONBLOCK, err);
	if (fd < 0)
		return -1;
	*in_flight = connect(fd, (const struct sockaddr *)&agent->address, agent->address_bytes) < 0;
	if (!*in_flight || errno == EINPROGRESS || errno == EINTR)
		return fd;
	lad_error_errno(err, errno, "cannot connect to %s port %u", agent->job.address, agent->job.port);
	close(fd);
	return -1;
}

int agent_socket_dial(struct agent *agent, bool *in_flight)
{
	int fd = new_socket(agent, SOCK_STREAM, agent->blocking ? 0 : SOCK_NONBLOCK, NULL);
	if (fd < 0)
		return -1;
	*in_flight = connect(fd, (struct sockaddr *)&agent->address, agent->address_bytes) < 0;
	/* EINTR: the kernel goes on with it, see connect(2). */
	if (*in_flight && errno != EINPROGRESS && errno != EINTR) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* One try: 0, or the errno of what came of it. */
static int knock(const struct agent *agent)
{
	int error = 0;
	socklen_t length = sizeof error;
	int fd = socket(agent->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&agent->address, agent->address_bytes) < 0)
		error = errno;
	struct pollfd polled = {fd, POLLOUT, 0};
	if (error == EINPROGRESS && poll(&polled, 1, REACH_WAIT_MS) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	close(fd);
	return error;
}

int agent_socket_reach(const struct agent *agent, struct lad_error *err)
{
	int error = 0;
	for (int i = 0; i < REACH_TRIES; i++) {
		error = knock(agent);
		if (error == 0 || error == ECONNREFUSED)
			return 0;
		if (error != EINPROGRESS) /* refused at once, as "no route": poll has not waited */
			poll(NULL, 0, REACH_WAIT_MS);
	}
	return lad_error_errno(err, error == EINPROGRESS ? ETIMEDOUT : error, "%s cannot be reached",
			       agent->job.address);
}

int agent_socket_mtu(const struct agent *agent)
{
	bool v6 = agent->address.ss_family == AF_INET6;
	int mtu = 0;
	if (strcmp(agent->job.address, "0.0.0.0") == 0 || strcmp(agent->job.address, "::") == 0)
		return 0; /* dns_rr: any address will do */
	socklen_t length = sizeof mtu;
	int fd = socket(agent->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)&agent->address, agent->address_bytes) < 0 ||
	    getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &length) < 0)
		mtu = 0;
	close(fd);
	return mtu;
}
