/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/child.h"

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "network/addresses.h"
#include "network/engine.h"

int network_child_add(const struct lad_host *host, enum lad_ip ip, int number, child_maker *make,
		      struct lad_endpoint *end, struct lad_error *err)
{
	if (network_container(host, ip, host->mtu_bytes, end, err) < 0)
		return -1;
	network_address(end->address, ip, SUBNET_WIRE, 101 + number);
	if (make(host, end->netns_fd, err) < 0)
		return -1;
	return lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err);
}

int network_child_probe(child_maker *make, struct lad_error *err)
{
	struct lad_host host = {.netns_fd = lad_netns_new(err)};
	if (host.netns_fd < 0)
		return -1;
	lad_cleanup_fd int child = lad_netns_new(err);
	int status = child < 0 || lad_link_veth(host.netns_fd, "eth0", host.netns_fd, "peer", 1500, err) < 0
			 ? -1
			 : make(&host, child, err);
	close(host.netns_fd);
	return status;
}
