/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/netlink.h"
#include "network/child.h"

/* Macvlan in mode bridge: the container has a MAC address of its own on the host's wire, with no NAT and no bridge. */

static int make_macvlan(const struct lad_host *host, int child_ns, struct lad_error *err)
{
	return lad_link_macvlan(host->netns_fd, "eth0", child_ns, "eth0", err);
}

static int macvlan_up(const struct lad_path_request *request, struct lad_path *path, struct lad_error *err)
{
	return network_children_up(request, make_macvlan, path, err);
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
    .up = macvlan_up,
};
