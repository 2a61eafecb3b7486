/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>

#include "netladder/netlink.h"
#include "network/socket.h"

/* Devices that stand already: listing them and changing what a tuning changes. */

static int change(int netns_fd, const char *device, void (*set)(struct rtnl_link *, unsigned), int64_t value,
		  const char *what, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *link = NULL;
	cleanup_link struct rtnl_link *wish = rtnl_link_alloc();
	if (!sock)
		return -1;
	int status = rtnl_link_get_kernel(sock, 0, device, &link);
	if (status >= 0) {
		set(wish, (unsigned)value);
		status = rtnl_link_change(sock, link, wish, 0);
	}
	return status < 0 ? network_error(err, status, "cannot give %s %s %lld", device, what, (long long)value) : 0;
}

int lad_link_set_mtu(int netns_fd, const char *device, int64_t mtu_bytes, struct lad_error *err)
{
	return change(netns_fd, device, rtnl_link_set_mtu, mtu_bytes, "an MTU of", err);
}

int lad_link_set_txqueuelen(int netns_fd, const char *device, int64_t packets, struct lad_error *err)
{
	return change(netns_fd, device, rtnl_link_set_txqlen, packets, "a transmit queue of", err);
}

static void describe(struct rtnl_link *link, struct lad_link *out)
{
	const char *kind = rtnl_link_get_type(link);
	snprintf(out->name, sizeof out->name, "%s", rtnl_link_get_name(link));
	snprintf(out->kind, sizeof out->kind, "%s", kind ? kind : "");
	out->index = rtnl_link_get_ifindex(link);
	out->master = rtnl_link_get_master(link);
	out->mtu_bytes = rtnl_link_get_mtu(link);
	out->txqueuelen = rtnl_link_get_txqlen(link);
	out->up = rtnl_link_get_flags(link) & IFF_UP;
	out->loopback = rtnl_link_get_flags(link) & IFF_LOOPBACK;
}

int lad_link_list(int netns_fd, struct lad_link *links, int capacity, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	struct nl_cache *cache;
	if (!sock)
		return -1;
	int status = rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache);
	if (status < 0)
		return network_error(err, status, "cannot list the devices");
	int count = 0;
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		if (count < capacity)
			describe((struct rtnl_link *)at, &links[count]);
		count++;
	}
	nl_cache_free(cache);
	return count;
}
