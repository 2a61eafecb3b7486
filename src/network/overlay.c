/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "netladder/network.h"
#include "network/addresses.h"
#include "network/engine.h"

/*
 * Docker's overlay driver: on each host a namespace of the network's own holds a bridge with the VXLAN device and the
 * containers' veth ports; the VXLAN socket stays in the host's namespace. Forwarding entries and neighbours are
 * static, as the driver programs them from its control plane (moby/libnetwork, drivers/overlay).
 */

#define VXLAN "vxlan0"
#define BRIDGE "br0"

/* The first container's number in the subnet. */
#define FIRST 2

static int64_t inner_mtu(const struct lad_host *host)
{
	return host->mtu_bytes - LAD_VXLAN_OVERHEAD;
}

/*
 * Docker derives a container's MAC address from its IPv4 address, which each has, whatever it has besides: 02:42 and
 * the four bytes.
 */
static void docker_mac(int number, uint8_t mac[6])
{
	char address[LAD_ADDRESS_MAX];
	network_address(address, LAD_IP_V4, SUBNET_OVERLAY, number);
	mac[0] = 0x02;
	mac[1] = 0x42;
	inet_pton(AF_INET, address, mac + 2);
}

static int add_segment(const struct lad_host *host, int netns, struct lad_error *err)
{
	/* A Swarm's host has a bridge for what leaves the overlay. The tunnel is IPv4, and tracked, whatever is in it.
	 */
	if (network_engine(host, LAD_IP_V4, "docker_gwbridge", "172.18.0.0/16", err) < 0 ||
	    lad_link_bridge(netns, BRIDGE, inner_mtu(host), err) < 0 ||
	    lad_link_vxlan(host->netns_fd, netns, VXLAN, LAD_OVERLAY_VNI, host->address, LAD_VXLAN_PORT,
			   inner_mtu(host), err) < 0)
		return -1;
	return lad_link_enslave(netns, BRIDGE, VXLAN, err);
}

/*
 * Where a bridge has several containers, it must know behind which port each is: the tunnel answers for the neighbours,
 * so that a container which only receives would never be heard, and what it gets would be flooded to all. Docker's
 * containers announce themselves when they join (moby 28, unsolicited ARP).
 */
static bool has_many_members(const struct lad_building *building)
{
	return building->layout.member_count > 2;
}

static int overlay_prepare(struct lad_building *building, const struct lad_host *host, struct lad_error *err)
{
	enum lad_ip ip = building->request->ip;
	struct lad_path *path = building->path;
	int netns = lad_mtu_check(ip, inner_mtu(host), "the overlay", err);
	if (netns == 0)
		netns = lad_netns_new_for(ip, err);
	if (netns < 0)
		return -1;
	path->held_fds[path->held_count++] = building->segments[host->index] = netns;
	return add_segment(host, netns, err);
}

static int overlay_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		       struct lad_error *err)
{
	char port[16];
	uint8_t mac[6];
	enum lad_ip ip = building->request->ip;
	int segment = building->segments[host->index];
	if (network_container(host, ip, inner_mtu(host), end, err) < 0)
		return -1;
	snprintf(port, sizeof port, "veth%d", number);
	network_address(end->address, ip, SUBNET_OVERLAY, FIRST + number);
	docker_mac(FIRST + number, mac);
	if (lad_link_veth(segment, port, end->netns_fd, "eth0", inner_mtu(host), err) < 0 ||
	    lad_link_enslave(segment, BRIDGE, port, err) < 0 || lad_link_set_mac(end->netns_fd, "eth0", mac, err) < 0)
		return -1;
	if (has_many_members(building) && lad_bridge_entry_add(segment, port, mac, err) < 0)
		return -1;
	return lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err);
}

/* Tells FROM's segment which containers are behind the tunnel endpoint TO. */
static int overlay_join(struct lad_building *building, const struct lad_host *from, const struct lad_host *to,
			struct lad_error *err)
{
	int segment = building->segments[from->index];
	for (int i = 0; i < building->layout.member_count; i++) {
		uint8_t mac[6];
		if (building->layout.members[i].host != to->index)
			continue;
		docker_mac(FIRST + i, mac);
		if (lad_neighbour_add(segment, VXLAN, building->path->ends[i].address, mac, err) < 0 ||
		    lad_fdb_add(segment, VXLAN, mac, to->address, err) < 0)
			return -1;
		if (has_many_members(building) && lad_bridge_entry_add(segment, VXLAN, mac, err) < 0)
			return -1;
	}
	return 0;
}

static int overlay_probe(struct lad_error *err)
{
	struct lad_host host = {.netns_fd = lad_netns_new(err), .mtu_bytes = 1500, .address = "198.18.0.1"};
	if (host.netns_fd < 0)
		return -1;
	lad_cleanup_fd int segment = lad_netns_new(err);
	int status = segment < 0 ? -1 : add_segment(&host, segment, err);
	close(host.netns_fd);
	return status;
}

const struct network_ops lad_network_overlay = {
    .mode = LAD_MODE_OVERLAY,
    .summary = "each container hangs on a bridge that a VXLAN tunnel (UDP 4789) joins to the other host, as in a "
	       "Docker Swarm.",
    .modules = "sudo modprobe -a vxlan bridge",
    .docker_driver = "overlay",
    .probe = overlay_probe,
    .prepare_host = overlay_prepare,
    .add_member = overlay_add,
    .join_hosts = overlay_join,
};
