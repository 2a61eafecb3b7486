/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/socket/zerocopy.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_BYTES 256

static void take_notice(struct agent *agent, struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		struct sock_extended_err notice;
		bool ours = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
			    (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
		if (!ours)
			continue;
		memcpy(&notice, CMSG_DATA(control), sizeof notice);
		/* One notice covers the sends number ee_info to ee_data. */
		if (notice.ee_origin == SO_EE_ORIGIN_ZEROCOPY && notice.ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
			agent->result.zerocopy_copied += notice.ee_data - notice.ee_info + 1;
	}
}

void zerocopy_reap(struct agent_flow *flow)
{
	for (;;) {
		char control[CONTROL_BYTES];
		struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
		if (recvmsg(flow->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		take_notice(flow->agent, &message);
	}
}
