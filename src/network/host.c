/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "netladder/network.h"
#include "network/addresses.h"
#include "network/engine.h"

/*
 * The host mode: no network of its own. The agents run in the hosts' namespaces, on eth0 itself, or on loopback; the
 * rules of the engine, which is what they run on, are in their way all the same.
 */

static int host_prepare(struct lad_building *building, const struct lad_host *host, struct lad_error *err)
{
	return network_engine(host, building->request->ip, NULL, NULL, err);
}

static int host_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		    struct lad_error *err)
{
	(void)number;
	enum lad_ip ip = building->request->ip;
	bool loopback = building->request->placement == LAD_SAME_HOST;
	end->netns_fd = fcntl(host->netns_fd, F_DUPFD_CLOEXEC, 0);
	if (end->netns_fd < 0)
		return lad_error_errno(err, errno, "host: cannot duplicate a descriptor");
	end->host_index = host->index;
	end->mtu_bytes = loopback ? 65536 : host->mtu_bytes;
	const char *own = ip == LAD_IP_V6 ? "::1" : "127.0.0.1";
	snprintf(end->address, sizeof end->address, "%s", loopback ? own : network_host_address(host, ip));
	if (loopback)
		strcpy(end->device, "lo");
	return 0;
}

static int host_probe(struct lad_error *err)
{
	lad_cleanup_fd int netns = lad_netns_new(err);
	struct lad_host host = {.netns_fd = netns};
	if (netns < 0 || lad_link_veth(netns, "a", netns, "b", 1500, err) < 0)
		return -1;
	return network_engine(&host, LAD_IP_V4, NULL, NULL, err);
}

const struct network_ops lad_network_host = {
    .mode = LAD_MODE_HOST,
    .summary = "both programs use their host’s own interface.",
    .modules = "sudo modprobe veth",
    .probe = host_probe,
    .prepare_host = host_prepare,
    .add_member = host_add,
};
