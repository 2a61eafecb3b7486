/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "netladder/netlink.h"
#include "network/addresses.h"
#include "network/child.h"
#include "network/engine.h"

/*
 * IPvlan: containers share the host's MAC address. L2: they stand in the host's subnet. L3: each host routes a subnet
 * of its own, 198.18.(16+host).0/24 or 2001:2:0:1(host)::/64, and the other host has a route to it
 * (Documentation/networking/ipvlan.rst).
 */

static int make_l2(const struct lad_host *host, int child_ns, struct lad_error *err)
{
	return lad_link_ipvlan(host->netns_fd, "eth0", child_ns, "eth0", "l2", err);
}

static int make_l3(const struct lad_host *host, int child_ns, struct lad_error *err)
{
	return lad_link_ipvlan(host->netns_fd, "eth0", child_ns, "eth0", "l3", err);
}

static int probe(child_maker *make, struct lad_error *err)
{
	struct lad_error why = {0};
	if (network_child_probe(make, &why) == 0)
		return 0;
	if (why.saved_errno == EOPNOTSUPP)
		return lad_error_set(
		    err, LAD_EXIT_UNABLE,
		    "ipvlan is not in this kernel (%s); way out: a kernel with CONFIG_IPVLAN (modprobe ipvlan)",
		    "Operation not supported");
	if (err)
		*err = why;
	return -1;
}

static int l2_up(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	return network_children_up(request, make_l2, path, err);
}

static int l2_probe(struct lad_error *err)
{
	return probe(make_l2, err);
}

/* Of HOST's containers. */
static int routed_subnet(const struct lad_host *host)
{
	return SUBNET_ROUTED + (host->index & SUBNET_HOSTS_MASK);
}

static int add_l3_container(const struct lad_host *host, enum lad_ip ip, int number, struct lad_endpoint *end,
			    struct lad_error *err)
{
	if (network_container(host, ip, host->mtu_bytes, end, err) < 0)
		return -1;
	network_address(end->address, ip, routed_subnet(host), 2 + number);
	if (make_l3(host, end->netns_fd, err) < 0 ||
	    lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err) < 0)
		return -1;
	return lad_route_add(end->netns_fd, network_anywhere(ip), 0, NULL, "eth0", err);
}

static int route_to_containers(const struct lad_host *from, const struct lad_host *to, enum lad_ip ip,
			       struct lad_error *err)
{
	char subnet[LAD_ADDRESS_MAX];
	network_address(subnet, ip, routed_subnet(to), 0);
	return lad_route_add(from->netns_fd, subnet, network_prefix(ip), network_host_address(to, ip), "eth0", err);
}

static int l3_up(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	const struct lad_host *first = &request->hosts[0];
	const struct lad_host *second = &request->hosts[request->placement == LAD_SAME_HOST ? 0 : 1];
	lad_path_begin(path, request->ip);
	if (add_l3_container(first, request->ip, 0, &path->generator, err) < 0 ||
	    add_l3_container(second, request->ip, 1, &path->sink, err) < 0 ||
	    (second != first && (route_to_containers(first, second, request->ip, err) < 0 ||
				 route_to_containers(second, first, request->ip, err) < 0))) {
		lad_path_close(path);
		return -1;
	}
	snprintf(path->target_address, sizeof path->target_address, "%s", path->sink.address);
	return 0;
}

static int l3_probe(struct lad_error *err)
{
	return probe(make_l3, err);
}

const struct network_ops lad_network_ipvlan_l2 = {
    .mode = LAD_MODE_IPVLAN_L2,
    .summary = "each container has an ipvlan device that shares its host’s MAC address and switches frames.",
    .modules = "sudo modprobe ipvlan",
    .docker_driver = "ipvlan",
    .probe = l2_probe,
    .up = l2_up,
};
const struct network_ops lad_network_ipvlan_l3 = {
    .mode = LAD_MODE_IPVLAN_L3,
    .summary = "each container has an ipvlan device that shares its host’s MAC address and routes packets.",
    .modules = "sudo modprobe ipvlan",
    .docker_driver = "ipvlan",
    .probe = l3_probe,
    .up = l3_up,
};
