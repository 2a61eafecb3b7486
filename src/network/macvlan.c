/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/netlink.h"
#include "network/child.h"

/* Macvlan in mode bridge: the container has a MAC address of its own on the host's wire, with no NAT and no bridge. */

static int make_macvlan(const struct lad_host *host, int child_ns, struct lad_error *err)
{
	return lad_link_macvlan(host->netns_fd, "eth0", child_ns, "eth0", err);
}

static int macvlan_add(struct lad_building *building, const struct lad_host *host, int number, struct lad_endpoint *end,
		       struct lad_error *err)
{
	return network_child_add(host, building->request->ip, number, make_macvlan, end, err);
}

static int macvlan_probe(struct lad_error *err)
{
	return network_child_probe(make_macvlan, err);
}

const struct network_ops lad_network_macvlan = {
    .mode = LAD_MODE_MACVLAN,
    .summary = "each container has a macvlan device, with a MAC address of its own, on its host’s interface.",
    .modules = "sudo modprobe macvlan",
    .docker_driver = "macvlan",
    .probe = macvlan_probe,
    .add_member = macvlan_add,
};
