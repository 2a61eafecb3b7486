/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netlink/netlink.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/tc.h>

#include "netladder/netlink.h"
#include "network/socket.h"

/* A burst of one timer tick at HZ=250, and never less than two GSO super-packets: tbf drops what exceeds its burst. */
#define BURST_FRACTION 250
#define BURST_MIN_BYTES (2 * 65536)
#define LATENCY_US 50000

int lad_qdisc_tbf(int netns_fd, const char *device, double rate_bps, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	if (!sock)
		return -1;
	int index = network_index(sock, device, err);
	if (index < 0)
		return -1;
	double bytes_per_s = rate_bps / 8;
	if (bytes_per_s > 2147483647.0) /* libnl 3.7 takes the rate as an int */
		return lad_error_set(err, LAD_EXIT_UNABLE, "a wire above 17 Gbit/s cannot be shaped: leave `rate` out");
	double burst = bytes_per_s / BURST_FRACTION;
	int burst_bytes = burst > BURST_MIN_BYTES ? (int)burst : BURST_MIN_BYTES;
	struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();
	rtnl_tc_set_ifindex(TC_CAST(qdisc), index);
	rtnl_tc_set_parent(TC_CAST(qdisc), TC_H_ROOT);
	rtnl_tc_set_kind(TC_CAST(qdisc), "tbf");
	rtnl_qdisc_tbf_set_rate(qdisc, (int)bytes_per_s, burst_bytes, 0);
	int status = rtnl_qdisc_tbf_set_limit_by_latency(qdisc, LATENCY_US);
	if (status == 0)
		status = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_qdisc_put(qdisc);
	return status < 0 ? network_error(err, status, "cannot shape %s", device) : 0;
}
