/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/stamps.h"
#include "agent/core/tick.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_BYTES 512

int stamps_begin(struct agent *agent, int fd, struct lad_error *err)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		    SOF_TIMESTAMPING_OPT_TSONLY;
	if (!agent->job.timestamps)
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) < 0)
		return lad_error_errno(err, errno, "cannot turn the kernel's time stamps on");
	return 0;
}

/* The software stamp among MESSAGE's control data, in nanoseconds of CLOCK_REALTIME; 0: there is none. */
static int64_t stamp_of(struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		struct scm_timestamping stamps;
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&stamps, CMSG_DATA(control), sizeof stamps);
		return (int64_t)stamps.ts[0].tv_sec * 1000000000 + stamps.ts[0].tv_nsec;
	}
	return 0;
}

ssize_t stamps_recv(struct agent *agent, int fd, void *buffer, size_t size)
{
	if (!agent->job.timestamps)
		return recv(fd, buffer, size, agent_wait_flags(agent));
	char control[CONTROL_BYTES];
	struct iovec piece = {buffer, size};
	struct msghdr message = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	ssize_t got = recvmsg(fd, &message, agent_wait_flags(agent));
	agent->stamp_received_ns = got > 0 ? stamp_of(&message) : 0;
	return got;
}

void stamps_take(struct agent *agent, int fd, int64_t latency_ns, bool counts)
{
	int64_t sent_ns = 0;
	for (;;) {
		char control[CONTROL_BYTES];
		struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		int64_t stamp_ns = stamp_of(&message);
		sent_ns = stamp_ns ? stamp_ns : sent_ns;
	}
	int64_t between_ns = agent->stamp_received_ns - sent_ns;
	if (counts && sent_ns && agent->stamp_received_ns && between_ns >= 0 && between_ns <= latency_ns)
		lad_histogram_record(&agent->result.kernel_latency, between_ns);
}
