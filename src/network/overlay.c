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

/* The containers' numbers in the subnet. */
enum { GENERATOR = 2, SINK = 3 };

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

static int add_segment(const struct lad_host *host, struct lad_path *path, struct lad_error *err)
{
	int netns = lad_mtu_check(path->ip, inner_mtu(host), "the overlay", err);
	if (netns == 0)
		netns = lad_netns_new_for(path->ip, err);
	if (netns < 0)
		return -1;
	path->held_fds[path->held_count++] = netns;
	/* A Swarm's host has a bridge for what leaves the overlay. The tunnel is IPv4, and tracked, whatever is in it.
	 */
	if (network_engine(host, LAD_IP_V4, "docker_gwbridge", "172.18.0.0/16", err) < 0 ||
	    lad_link_bridge(netns, BRIDGE, inner_mtu(host), err) < 0 ||
	    lad_link_vxlan(host->netns_fd, netns, VXLAN, LAD_OVERLAY_VNI, host->address, LAD_VXLAN_PORT,
			   inner_mtu(host), err) < 0)
		return -1;
	return lad_link_enslave(netns, BRIDGE, VXLAN, err);
}

static int add_container(const struct lad_host *host, enum lad_ip ip, int segment, int number, struct lad_endpoint *end,
			 struct lad_error *err)
{
	char port[16];
	uint8_t mac[6];
	if (network_container(host, ip, inner_mtu(host), end, err) < 0)
		return -1;
	snprintf(port, sizeof port, "veth%d", (number - GENERATOR) & 0xf);
	network_address(end->address, ip, SUBNET_OVERLAY, number);
	docker_mac(number, mac);
	if (lad_link_veth(segment, port, end->netns_fd, "eth0", inner_mtu(host), err) < 0 ||
	    lad_link_enslave(segment, BRIDGE, port, err) < 0 || lad_link_set_mac(end->netns_fd, "eth0", mac, err) < 0)
		return -1;
	return lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err);
}

/* Tells SEGMENT that CONTAINER, NUMBER in the subnet, is behind the tunnel endpoint HOST. */
static int announce(int segment, const struct lad_endpoint *container, int number, const struct lad_host *host,
		    struct lad_error *err)
{
	uint8_t mac[6];
	docker_mac(number, mac);
	if (lad_neighbour_add(segment, VXLAN, container->address, mac, err) < 0)
		return -1;
	return lad_fdb_add(segment, VXLAN, mac, host->address, err);
}

static int connect_hosts(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	const struct lad_host *first = &request->hosts[0];
	const struct lad_host *second = &request->hosts[request->placement == LAD_SAME_HOST ? 0 : 1];
	if (add_segment(first, path, err) < 0 || (second != first && add_segment(second, path, err) < 0))
		return -1;
	int near = path->held_fds[0], far = path->held_fds[path->held_count - 1];
	if (add_container(first, path->ip, near, GENERATOR, &path->generator, err) < 0 ||
	    add_container(second, path->ip, far, SINK, &path->sink, err) < 0)
		return -1;
	if (second != first && (announce(near, &path->sink, SINK, second, err) < 0 ||
				announce(far, &path->generator, GENERATOR, first, err) < 0))
		return -1;
	snprintf(path->target_address, sizeof path->target_address, "%s", path->sink.address);
	return 0;
}

static int overlay_up(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	lad_path_begin(path, request->ip);
	if (connect_hosts(request, path, err) == 0)
		return 0;
	lad_path_close(path);
	return -1;
}

static int overlay_probe(struct lad_error *err)
{
	struct lad_host host = {.netns_fd = lad_netns_new(err), .mtu_bytes = 1500, .address = "198.18.0.1"};
	struct lad_path path;
	lad_path_begin(&path, LAD_IP_V4);
	if (host.netns_fd < 0)
		return -1;
	int status = add_segment(&host, &path, err);
	lad_path_close(&path);
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
    .up = overlay_up,
};
