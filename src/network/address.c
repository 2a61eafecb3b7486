/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netladder/netlink.h"
#include "network/socket.h"

static int family_of(const char *text)
{
	return strchr(text, ':') ? AF_INET6 : AF_INET;
}

static struct nl_addr *parse(const char *text, int prefix_length)
{
	struct nl_addr *address = NULL;
	if (nl_addr_parse(text, family_of(text), &address) < 0)
		return NULL;
	nl_addr_set_prefixlen(address, prefix_length);
	return address;
}

/* One address, not a subnet: its prefix has all of its bits. */
static struct nl_addr *parse_single(const char *text)
{
	return parse(text, family_of(text) == AF_INET6 ? 128 : 32);
}

int lad_address_add(int netns_fd, const char *device, const char *address, int prefix_length, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	if (!sock)
		return -1;
	int index = network_index(sock, device, err);
	if (index < 0)
		return -1;
	struct rtnl_addr *entry = rtnl_addr_alloc();
	struct nl_addr *local = parse(address, prefix_length);
	rtnl_addr_set_ifindex(entry, index);
	if (family_of(address) == AF_INET6)
		rtnl_addr_set_flags(entry, IFA_F_NODAD);
	int status = local ? rtnl_addr_set_local(entry, local) : -NLE_INVAL;
	if (status == 0)
		status = rtnl_addr_add(sock, entry, 0);
	nl_addr_put(local);
	rtnl_addr_put(entry);
	return status < 0 ? network_error(err, status, "cannot give %s to %s", address, device) : 0;
}

int lad_route_add(int netns_fd, const char *destination, int prefix_length, const char *gateway, const char *device,
		  struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	if (!sock)
		return -1;
	int index = network_index(sock, device, err);
	if (index < 0)
		return -1;
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *to = parse(destination, prefix_length);
	struct nl_addr *via = gateway ? parse_single(gateway) : NULL;
	rtnl_route_set_dst(route, to);
	rtnl_route_set_scope(route, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	rtnl_route_nh_set_ifindex(hop, index);
	if (via)
		rtnl_route_nh_set_gateway(hop, via);
	rtnl_route_add_nexthop(route, hop); /* the route owns it now */
	int status = rtnl_route_add(sock, route, 0);
	nl_addr_put(via);
	nl_addr_put(to);
	rtnl_route_put(route);
	return status < 0 ? network_error(err, status, "cannot add the route to %s/%d", destination, prefix_length) : 0;
}

static int add_entry(int netns_fd, const char *device, int family, struct nl_addr *destination, const uint8_t mac[6],
		     struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	if (!sock)
		return -1;
	int index = network_index(sock, device, err);
	if (index < 0)
		return -1;
	struct rtnl_neigh *entry = rtnl_neigh_alloc();
	struct nl_addr *link_address = nl_addr_build(AF_LLC, mac, 6);
	rtnl_neigh_set_ifindex(entry, index);
	rtnl_neigh_set_lladdr(entry, link_address);
	/* A permanent entry of a bridge is an address of its own; one that is only not to age is static, "noarp". */
	rtnl_neigh_set_state(entry, destination ? NUD_PERMANENT : NUD_NOARP);
	int status = destination ? rtnl_neigh_set_dst(entry, destination) : 0;
	rtnl_neigh_set_family(entry, family); /* after the destination, which sets its own */
	if (family == AF_BRIDGE)
		rtnl_neigh_set_flags(entry, destination ? NTF_SELF : NTF_MASTER);
	if (status == 0)
		status = rtnl_neigh_add(sock, entry, NLM_F_CREATE | NLM_F_REPLACE);
	nl_addr_put(link_address);
	rtnl_neigh_put(entry);
	return status < 0 ? network_error(err, status, "cannot add a neighbour to %s", device) : 0;
}

int lad_neighbour_add(int netns_fd, const char *device, const char *address, const uint8_t mac[6],
		      struct lad_error *err)
{
	struct nl_addr *destination = parse_single(address);
	int status = add_entry(netns_fd, device, family_of(address), destination, mac, err);
	nl_addr_put(destination);
	return status;
}

int lad_fdb_add(int netns_fd, const char *vxlan, const uint8_t mac[6], const char *remote, struct lad_error *err)
{
	struct nl_addr *destination = parse_single(remote);
	int status = add_entry(netns_fd, vxlan, AF_BRIDGE, destination, mac, err);
	nl_addr_put(destination);
	return status;
}

int lad_bridge_entry_add(int netns_fd, const char *port, const uint8_t mac[6], struct lad_error *err)
{
	return add_entry(netns_fd, port, AF_BRIDGE, NULL, mac, err);
}
