/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/nat.h"
#include "netladder/netlink.h"
#include "netladder/network.h"

/*
 * Docker's bridge driver: each host has a bridge docker0 with a subnet of its own, containers hang on it by veth
 * pairs, what leaves is masqueraded, and the sink's port is published by DNAT on its host's address. Cross-host the
 * generator talks to the published port; on the same host containers talk directly.
 */

#define BRIDGE "docker0"

static int add_bridge(const struct lad_host *host, struct lad_error *err)
{
	char gateway[16], subnet[24];
	snprintf(gateway, sizeof gateway, "198.19.%d.1", host->index & 0xf);
	snprintf(subnet, sizeof subnet, "198.19.%d.0/24", host->index & 0xf);
	if (lad_link_bridge(host->netns_fd, BRIDGE, host->mtu_bytes, err) < 0 ||
	    lad_address_add(host->netns_fd, BRIDGE, gateway, 24, err) < 0 ||
	    lad_sysctl_write(host->netns_fd, "net/ipv4/ip_forward", "1", err) < 0)
		return -1;
	/* As Docker Engine sets it; absent where br_netfilter is not loaded, and Docker goes on then, too. */
	lad_sysctl_write(host->netns_fd, "net/bridge/bridge-nf-call-iptables", "1", NULL);
	return lad_nat_bridge(host->netns_fd, BRIDGE, subnet, err);
}

/* For tests: a known cost, to see that exactly this mode shows it. */
static int add_burden(const struct lad_host *host, struct lad_error *err)
{
	const char *burden = getenv("NETLADDER_BRIDGE_BURDEN");
	return burden && atoi(burden) > 0 ? lad_nat_burden(host->netns_fd, atoi(burden), err) : 0;
}

static int add_container(const struct lad_host *host, int number, struct lad_endpoint *end, struct lad_error *err)
{
	char port[16], gateway[16];
	end->netns_fd = lad_netns_new(err);
	if (end->netns_fd < 0)
		return -1;
	end->host_index = host->index;
	end->mtu_bytes = host->mtu_bytes;
	snprintf(port, sizeof port, "veth%d", number & 0xf);
	snprintf(gateway, sizeof gateway, "198.19.%d.1", host->index & 0xf);
	snprintf(end->address, sizeof end->address, "198.19.%d.%d", host->index & 0xf, 2 + (number & 0xf));
	if (lad_link_veth(host->netns_fd, port, end->netns_fd, "eth0", host->mtu_bytes, err) < 0 ||
	    lad_link_enslave(host->netns_fd, BRIDGE, port, err) < 0 ||
	    lad_address_add(end->netns_fd, "eth0", end->address, 24, err) < 0)
		return -1;
	return lad_route_add(end->netns_fd, "0.0.0.0", 0, gateway, "eth0", err);
}

static int connect_hosts(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	const struct lad_host *first = &request->hosts[0];
	const struct lad_host *second = &request->hosts[request->placement == LAD_SAME_HOST ? 0 : 1];
	if (add_bridge(first, err) < 0 || (second != first && add_bridge(second, err) < 0) ||
	    add_container(first, 0, &path->generator, err) < 0 || add_container(second, 1, &path->sink, err) < 0 ||
	    add_burden(first, err) < 0 || (second != first && add_burden(second, err) < 0))
		return -1;
	if (second == first) {
		snprintf(path->target_address, sizeof path->target_address, "%s", path->sink.address);
		return 0;
	}
	snprintf(path->target_address, sizeof path->target_address, "%s", second->address);
	path->target_port = LAD_PUBLISHED_PORT;
	return lad_nat_publish(second->netns_fd, BRIDGE, path->sink.address, LAD_DATA_PORT, LAD_PUBLISHED_PORT, err);
}

static int bridge_up(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	lad_path_begin(path);
	if (connect_hosts(request, path, err) == 0)
		return 0;
	lad_path_close(path);
	return -1;
}

static int bridge_probe(struct lad_error *err)
{
	struct lad_host host = {.netns_fd = lad_netns_new(err), .mtu_bytes = 1500};
	if (host.netns_fd < 0)
		return -1;
	int status = add_bridge(&host, err);
	close(host.netns_fd);
	return status;
}

const struct network_ops lad_network_bridge = {LAD_MODE_BRIDGE, bridge_probe, bridge_up};
