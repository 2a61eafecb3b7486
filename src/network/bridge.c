/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "netladder/cleanup.h"
#include "netladder/nat.h"
#include "netladder/netlink.h"
#include "netladder/network.h"
#include "network/addresses.h"
#include "network/engine.h"

/*
 * Docker's bridge driver, a network of the user's: each host has a bridge with a subnet of its own, containers hang on
 * it by veth pairs, what leaves is masqueraded, and the sink's port is published by DNAT on its host's address.
 * Cross-host the generator talks to the published port; on the same host containers talk directly. With IPv6 the same
 * rules stand in tables of their own, as Docker makes them by default since Engine 27 (`ip6tables`), and containers
 * have a subnet that is masqueraded all the same (`com.docker.network.bridge.gateway_mode_ipv6=nat`).
 */

#define BRIDGE LAD_BRIDGE
#define GATEWAY 1 /* the bridge's own number in its subnet; containers follow */

/* Of HOST's containers. */
static int subnet_of(const struct lad_host *host)
{
	return SUBNET_BRIDGE + (host->index & SUBNET_HOSTS_MASK);
}

static int add_bridge(const struct lad_host *host, enum lad_ip ip, struct lad_error *err)
{
	char gateway[LAD_ADDRESS_MAX], base[LAD_ADDRESS_MAX], subnet[LAD_ADDRESS_MAX + 4];
	network_address(gateway, ip, subnet_of(host), GATEWAY);
	network_address(base, ip, subnet_of(host), 0);
	snprintf(subnet, sizeof subnet, "%s/%d", base, network_prefix(ip));
	if (lad_link_bridge(host->netns_fd, BRIDGE, host->mtu_bytes, err) < 0 ||
	    lad_address_add(host->netns_fd, BRIDGE, gateway, network_prefix(ip), err) < 0)
		return -1;
	return network_engine(host, ip, BRIDGE, subnet, err);
}

/* For tests: a known cost, to see that exactly this mode shows it. */
static int add_burden(const struct lad_host *host, enum lad_ip ip, struct lad_error *err)
{
	const char *burden = getenv("NETLADDER_BRIDGE_BURDEN");
	return burden && atoi(burden) > 0 ? lad_nat_burden(host->netns_fd, ip, atoi(burden), err) : 0;
}

static int bridge_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		      struct lad_error *err)
{
	enum lad_ip ip = building->request->ip;
	char port[16], gateway[LAD_ADDRESS_MAX];
	if (network_container(host, ip, host->mtu_bytes, end, err) < 0)
		return -1;
	snprintf(port, sizeof port, "veth%d", number);
	network_address(gateway, ip, subnet_of(host), GATEWAY);
	network_address(end->address, ip, subnet_of(host), GATEWAY + 1 + number);
	if (lad_link_veth(host->netns_fd, port, end->netns_fd, "eth0", host->mtu_bytes, err) < 0 ||
	    lad_link_enslave(host->netns_fd, BRIDGE, port, err) < 0 ||
	    lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err) < 0)
		return -1;
	return lad_route_add(end->netns_fd, network_anywhere(ip), 0, gateway, "eth0", err);
}

static int bridge_prepare(struct lad_building *building, const struct lad_host *host, struct lad_error *err)
{
	return add_bridge(host, building->request->ip, err);
}

static int bridge_finish(struct lad_building *building, const struct lad_host *host, struct lad_error *err)
{
	return add_burden(host, building->request->ip, err);
}

static int bridge_reach(struct lad_building *building, const struct lad_host *host, int number, struct lad_reach *reach,
			struct lad_error *err)
{
	const struct lad_endpoint *ends = building->path->ends;
	enum lad_ip ip = building->request->ip;
	if (ends[reach->generator].host_index == host->index)
		return 0;
	snprintf(reach->target_address, sizeof reach->target_address, "%s", network_host_address(host, ip));
	reach->target_port = (uint16_t)(LAD_PUBLISHED_PORT + number);
	return lad_nat_publish(host->netns_fd, ip, BRIDGE, ends[reach->sink].address, reach->listen_port,
			       reach->target_port, err);
}

static int bridge_probe(struct lad_error *err)
{
	struct lad_host host = {.netns_fd = lad_netns_new(err), .mtu_bytes = 1500};
	if (host.netns_fd < 0)
		return -1;
	int status = add_bridge(&host, LAD_IP_V4, err);
	close(host.netns_fd);
	return status;
}

const struct network_ops lad_network_bridge = {
    .mode = LAD_MODE_BRIDGE,
    .summary = "each container hangs on a bridge behind address translation; the client talks to a published port, as "
	       "with Docker’s default network.",
    .modules = "sudo modprobe -a bridge br_netfilter nf_nat nf_conntrack nft_masq nft_fib_ipv4 nft_fib_ipv6",
    .docker_driver = "bridge",
    .probe = bridge_probe,
    .prepare_host = bridge_prepare,
    .add_member = bridge_add,
    .finish_host = bridge_finish,
    .reach = bridge_reach,
};
