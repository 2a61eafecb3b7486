/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>

#include "netladder/netlink.h"

struct asked {
	const char *device;
	double drops, limit_bytes;
};

static int read_tbf(void *arg)
{
	struct asked *asked = arg;
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_cache *links = NULL, *qdiscs = NULL;
	assert_int_equal(nl_connect(socket, NETLINK_ROUTE), 0);
	assert_int_equal(rtnl_link_alloc_cache(socket, AF_UNSPEC, &links), 0);
	assert_int_equal(rtnl_qdisc_alloc_cache(socket, &qdiscs), 0);
	struct rtnl_qdisc *qdisc = rtnl_qdisc_get_by_parent(qdiscs, rtnl_link_name2i(links, asked->device), TC_H_ROOT);
	assert_non_null(qdisc);
	assert_string_equal(rtnl_tc_get_kind(TC_CAST(qdisc)), "tbf");
	asked->drops = (double)rtnl_tc_get_stat(TC_CAST(qdisc), RTNL_TC_DROPS);
	asked->limit_bytes = rtnl_qdisc_tbf_get_limit(qdisc);
	rtnl_qdisc_put(qdisc);
	nl_cache_free(qdiscs);
	nl_cache_free(links);
	nl_socket_free(socket);
	return 0;
}

double support_tbf_drops(int netns_fd, const char *device)
{
	struct asked asked = {device, -1, -1};
	lad_netns_run(netns_fd, read_tbf, &asked, NULL);
	return asked.drops;
}

double support_tbf_limit(int netns_fd, const char *device)
{
	struct asked asked = {device, -1, -1};
	lad_netns_run(netns_fd, read_tbf, &asked, NULL);
	return asked.limit_bytes;
}
