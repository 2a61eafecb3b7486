/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/workload/udp_pacing.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "agent/socket/outgoing.h"
#include "agent/socket/socket.h"
#include "netladder/sizes.h"

/* fq counts whole packets, from the Ethernet header on (qdisc_pkt_len; TCP, which paces itself, counts payload). */
#define ETHERNET_HEADER 14
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define UDP_HEADER 8

/*
 * fq drops what exceeds its flow_limit of 100 packets (tc-fq(8)) without a word to the sender; a buffer that holds
 * fewer holds the sender back in time. The kernel doubles it, and the smallest packet takes 768 bytes of that.
 */
#define HELD_BACK_BYTES (24 * 1024)

static int headers_of(const struct agent *agent)
{
	return UDP_HEADER + (agent->address.ss_family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER);
}

static double mean_payload(const struct lad_job *job)
{
	struct lad_sizes sizes;
	bool mixed = job->sizes[0] && lad_sizes_parse(job->sizes, &sizes, NULL) == 0;
	return mixed ? lad_sizes_mean(&sizes) : (double)job->message_bytes;
}

/* A fragment has headers of its own, which the rate would have to know. */
static int check_mtu(const struct agent *agent, struct lad_error *err)
{
	int mtu = agent_socket_mtu(agent);
	if (!mtu || agent->job.message_bytes + headers_of(agent) <= mtu)
		return 0;
	lad_error_set(err, LAD_EXIT_UNABLE,
		      "datagrams of %lld bytes do not fit in the MTU of %d, and max_pacing_rate counts packets",
		      (long long)agent->job.message_bytes, mtu);
	lad_error_change_errno(err, EOPNOTSUPP);
	return -1;
}

static int set_rate(const struct agent *agent, int fd, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	double payload = mean_payload(job), packet = payload + headers_of(agent) + ETHERNET_HEADER;
	uint64_t bytes_per_s = (uint64_t)(job->pacing_bps / 8 / job->flows * packet / payload + 0.5);
	int buffer = HELD_BACK_BYTES;
	if (!job->socket_buffer_bytes && !job->leave_send_buffer &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) < 0)
		return lad_error_errno(err, errno, "cannot set SO_SNDBUF");
	if (setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_s, sizeof bytes_per_s) < 0)
		return lad_error_errno(err, errno, "cannot pace (SO_MAX_PACING_RATE)");
	return 0;
}

static int set_txtime(int fd, struct lad_error *err)
{
	struct sock_txtime wish = {.clockid = CLOCK_MONOTONIC}; /* fq's clock; etf's would be CLOCK_TAI */
	if (setsockopt(fd, SOL_SOCKET, SO_TXTIME, &wish, sizeof wish) < 0)
		return lad_error_errno(err, errno, "cannot give datagrams their time (SO_TXTIME)");
	return 0;
}

int udp_pacing_begin(const struct agent *agent, struct lad_error *err)
{
	const struct lad_job *job = &agent->job;
	if (agent_outgoing_check(agent, err) < 0 || (job->pacing_bps > 0 && check_mtu(agent, err) < 0))
		return -1;
	for (int i = 0; i < agent->flow_count; i++)
		if ((job->pacing_bps > 0 && set_rate(agent, agent->flows[i].fd, err) < 0) ||
		    (job->txtime && set_txtime(agent->flows[i].fd, err) < 0))
			return -1;
	return 0;
}

bool udp_pacing_is_over(const struct agent *agent)
{
	for (int i = 0; i < agent->flow_count; i++) {
		int held = 0;
		if (ioctl(agent->flows[i].fd, SIOCOUTQ, &held) == 0 && held > 0)
			return false;
	}
	return true;
}

void udp_txtime_write(struct msghdr *message, void *control, int64_t time_ns)
{
	uint64_t time = (uint64_t)time_ns;
	message->msg_control = control;
	message->msg_controllen = UDP_TXTIME_BYTES;
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_TXTIME;
	header->cmsg_len = CMSG_LEN(sizeof time);
	memcpy(CMSG_DATA(header), &time, sizeof time);
}

ssize_t udp_txtime_send(const struct agent_flow *flow, size_t size, int64_t time_ns)
{
	union {
		struct cmsghdr header;
		char bytes[UDP_TXTIME_BYTES];
	} control;
	struct iovec piece = {flow->agent->payload, size};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	udp_txtime_write(&message, &control, time_ns);
	return sendmsg(flow->fd, &message, MSG_NOSIGNAL);
}
