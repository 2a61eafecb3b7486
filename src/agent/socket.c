/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"

#define CONNECT_TIMEOUT_S 5
#define PAGE 4096

bool agent_would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

void agent_socket_nodelay(int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static struct sockaddr_in job_address(const struct agent *agent)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(agent->job.port)};
	inet_pton(AF_INET, agent->job.address, &address.sin_addr);
	return address;
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

static int set_options(const struct agent *agent, int fd, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	if (job->socket_buffer_bytes &&
	    (set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, "SO_SNDBUF", job->socket_buffer_bytes, err) < 0 ||
	     set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, "SO_RCVBUF", job->socket_buffer_bytes, err) < 0))
		return -1;
	if (job->congestion_control[0] && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, job->congestion_control,
						     (socklen_t)strlen(job->congestion_control)) < 0)
		return lad_error_errno(err, errno, "cannot use congestion control \"%s\"", job->congestion_control);
	return 0;
}

static int new_socket(const struct agent *agent, int type, struct lad_error *err)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot open a socket");
	if (set_options(agent, fd, err) < 0) {
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
	int fd = new_socket(agent, type | SOCK_NONBLOCK, err);
	if (fd < 0)
		return -1;
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	struct sockaddr_in address = job_address(agent);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		lad_error_errno(err, errno, "cannot bind %s port %u", agent->job.address, agent->job.port);
		close(fd);
		return -1;
	}
	return fd;
}

int agent_socket_listen(struct agent *agent, struct lad_error *err)
{
	int fd = bound_socket(agent, SOCK_STREAM, err);
	if (fd >= 0 && listen(fd, SOMAXCONN) < 0) {
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
	bool datagram = agent->job.workload == LAD_UDP_STREAM || agent->job.workload == LAD_UDP_RR;
	int fd = new_socket(agent, datagram ? SOCK_DGRAM : SOCK_STREAM, err);
	if (fd < 0)
		return -1;
	struct timeval limit = {.tv_sec = CONNECT_TIMEOUT_S};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	struct sockaddr_in address = job_address(agent);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 || set_nonblocking(fd) < 0) {
		int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
		lad_error_errno(err, error, "cannot connect to %s port %u", agent->job.address, agent->job.port);
		close(fd);
		return -1;
	}
	return fd;
}

int agent_socket_dial(struct agent *agent)
{
	int fd = new_socket(agent, SOCK_STREAM | SOCK_NONBLOCK, NULL);
	if (fd < 0)
		return -1;
	struct sockaddr_in address = job_address(agent);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int agent_make_flows(struct agent *agent, int count, struct lad_error *err)
{
	agent->flows = calloc((size_t)count, sizeof *agent->flows);
	void *payload = NULL;
	int failed = posix_memalign(&payload, PAGE, (size_t)agent->job.message_bytes);
	agent->payload = failed ? NULL : payload;
	if (!agent->flows || !agent->payload)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for %d flows", count);
	memset(agent->payload, 0, (size_t)agent->job.message_bytes);
	agent->flow_count = count;
	for (int i = 0; i < count; i++) {
		agent->flows[i].agent = agent;
		agent->flows[i].fd = -1;
	}
	return 0;
}

static struct agent_flow *free_flow(struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++)
		if (agent->flows[i].fd < 0 && !agent->flows[i].finished)
			return &agent->flows[i];
	return NULL;
}

void agent_accept(struct agent *agent, void (*on_readable)(struct ev_loop *, ev_io *, int))
{
	struct agent_flow *flow;
	while ((flow = free_flow(agent))) {
		int fd = accept4(agent->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (!agent_would_block(errno) && errno != ECONNABORTED)
				agent_fail(agent, "cannot accept: %s", strerror(errno));
			return;
		}
		flow->fd = fd;
		flow->pending = agent->job.message_bytes;
		flow->writing = false;
		agent_socket_nodelay(fd);
		ev_io_init(&flow->io, on_readable, fd, EV_READ);
		ev_io_start(agent->loop, &flow->io);
	}
}

void agent_close_flow(struct agent_flow *flow)
{
	if (flow->fd < 0)
		return;
	ev_io_stop(flow->agent->loop, &flow->io);
	close(flow->fd);
	flow->fd = -1;
}

void agent_tcp_info(const struct agent *agent, double *retransmits, double *rtt_us, double *cwnd_segments)
{
	double total = 0, rtt = 0, cwnd = 0;
	int counted = 0;
	bool streams = agent->job.workload == LAD_TCP_STREAM || agent->job.workload == LAD_TCP_RR;
	for (int i = 0; streams && agent->job.role == LAD_GENERATOR && i < agent->flow_count; i++) {
		struct tcp_info info;
		socklen_t length = sizeof info;
		if (agent->flows[i].fd < 0 || getsockopt(agent->flows[i].fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
			continue;
		total += info.tcpi_total_retrans;
		rtt += info.tcpi_rtt;
		cwnd += info.tcpi_snd_cwnd;
		counted++;
	}
	*retransmits = counted ? total : NAN;
	*rtt_us = counted ? rtt / counted : NAN;
	*cwnd_segments = counted ? cwnd / counted : NAN;
}
