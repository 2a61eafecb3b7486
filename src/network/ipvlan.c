/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

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
	if (why.saved_errno == EOPNOTSUPP) {
		lad_error_set(err, LAD_EXIT_UNABLE, "ipvlan is not in this kernel (CONFIG_IPVLAN)");
		return lad_error_remedy(err, "sudo modprobe ipvlan, or netladder run --lab vm");
	}
	if (err)
		*err = why;
	return -1;
}

static int l2_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		  struct lad_error *err)
{
	return network_child_add(host, building->request->ip, number, make_l2, end, err);
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

static int l3_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		  struct lad_error *err)
{
	enum lad_ip ip = building->request->ip;
	if (network_container(host, ip, host->mtu_bytes, end, err) < 0)
		return -1;
	network_address(end->address, ip, routed_subnet(host), 2 + number);
	if (make_l3(host, end->netns_fd, err) < 0 ||
	    lad_address_add(end->netns_fd, "eth0", end->address, network_prefix(ip), err) < 0)
		return -1;
	return lad_route_add(end->netns_fd, network_anywhere(ip), 0, NULL, "eth0", err);
}

static int l3_join(struct lad_building *building, const struct lad_host *from, const struct lad_host *to,
		   struct lad_error *err)
{
	enum lad_ip ip = building->request->ip;
	char subnet[LAD_ADDRESS_MAX];
	network_address(subnet, ip, routed_subnet(to), 0);
	return lad_route_add(from->netns_fd, subnet, network_prefix(ip), network_host_address(to, ip), "eth0", err);
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
    .add_member = l2_add,
};
const struct network_ops lad_network_ipvlan_l3 = {
    .mode = LAD_MODE_IPVLAN_L3,
    .summary = "each container has an ipvlan device that shares its host’s MAC address and routes packets.",
    .modules = "sudo modprobe ipvlan",
    .docker_driver = "ipvlan",
    .probe = l3_probe,
    .add_member = l3_add,
    .join_hosts = l3_join,
};
