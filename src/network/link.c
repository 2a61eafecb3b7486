/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link/ipvlan.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/link/vxlan.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "network/socket.h"

/* errno for the libnl errors that name one. */
static int errno_of(int status)
{
	switch (-status) {
	case NLE_OPNOTSUPP:
		return EOPNOTSUPP;
	case NLE_PERM:
		return EPERM;
	case NLE_EXIST:
		return EEXIST;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return ENODEV;
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_RANGE:
		return ERANGE;
	case NLE_BUSY:
		return EBUSY;
	case NLE_NOACCESS:
		return EACCES;
	default:
		return EINVAL;
	}
}

int network_error(struct lad_error *err, int status, const char *format, ...)
{
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	lad_error_set(err, LAD_EXIT_UNABLE, "%s: %s", what, nl_geterror(status));
	lad_error_change_errno(err, errno_of(status));
	return -1;
}

int network_socket_error(struct lad_error *err, int status, int errno_value, const char *what)
{
	/* libnl has no word for a shortage of descriptors. */
	if (lad_is_shortage(errno_value))
		return lad_error_errno(err, errno_value, "%s", what);
	return network_error(err, status, "%s", what);
}

static int open_socket(void *arg)
{
	struct nl_sock **sock = arg;
	*sock = nl_socket_alloc();
	return *sock ? nl_connect(*sock, NETLINK_ROUTE) : -NLE_NOMEM;
}

struct nl_sock *network_socket(int netns_fd, struct lad_error *err)
{
	struct nl_sock *sock = NULL;
	int status = lad_netns_run(netns_fd, open_socket, &sock, err);
	if (status < 0) {
		int error = errno;
		nl_socket_free(sock);
		network_socket_error(err, status, error, "cannot open a netlink socket");
		return NULL;
	}
	return sock;
}

int network_index(struct nl_sock *sock, const char *device, struct lad_error *err)
{
	cleanup_link struct rtnl_link *link = NULL;
	int status = rtnl_link_get_kernel(sock, 0, device, &link);
	if (status < 0)
		return network_error(err, status, "no device %s", device);
	return rtnl_link_get_ifindex(link);
}

/* Applies the fields set in CHANGE (name, master, flags, address) to DEVICE. */
static int change_link(struct nl_sock *sock, const char *device, struct rtnl_link *change, struct lad_error *err)
{
	cleanup_link struct rtnl_link *link = NULL;
	int status = rtnl_link_get_kernel(sock, 0, device, &link);
	if (status >= 0)
		status = rtnl_link_change(sock, link, change, 0);
	return status < 0 ? network_error(err, status, "cannot change device %s", device) : 0;
}

/* Sets DEVICE up, under NAME from now on. */
static int set_up_as(int netns_fd, const char *device, const char *name, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *change = rtnl_link_alloc();
	if (!sock)
		return -1;
	if (strcmp(device, name) != 0)
		rtnl_link_set_name(change, name);
	rtnl_link_set_flags(change, IFF_UP);
	return change_link(sock, device, change, err);
}

static int set_up(int netns_fd, const char *device, struct lad_error *err)
{
	return set_up_as(netns_fd, device, device, err);
}

static int add_link(struct nl_sock *sock, struct rtnl_link *link, const char *kind, const char *name,
		    struct lad_error *err)
{
	int status = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
	return status < 0 ? network_error(err, status, "cannot create %s device %s", kind, name) : 0;
}

int lad_link_veth(int netns_a, const char *name_a, int netns_b, const char *name_b, int64_t mtu_bytes,
		  struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_a, err);
	cleanup_link struct rtnl_link *link = rtnl_link_veth_alloc();
	if (!sock)
		return -1;
	rtnl_link_set_name(link, name_a);
	rtnl_link_set_mtu(link, (unsigned)mtu_bytes);
	rtnl_link_set_flags(link, IFF_UP);
	struct rtnl_link *peer = rtnl_link_veth_get_peer(link);
	rtnl_link_set_name(peer, name_b);
	rtnl_link_set_mtu(peer, (unsigned)mtu_bytes);
	rtnl_link_set_ns_fd(peer, netns_b);
	int status = add_link(sock, link, "veth", name_a, err);
	rtnl_link_put(peer);
	return status < 0 ? -1 : set_up(netns_b, name_b, err);
}

int lad_link_bridge(int netns_fd, const char *name, int64_t mtu_bytes, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *link = rtnl_link_alloc();
	if (!sock)
		return -1;
	rtnl_link_set_type(link, "bridge");
	rtnl_link_set_name(link, name);
	rtnl_link_set_mtu(link, (unsigned)mtu_bytes);
	rtnl_link_set_flags(link, IFF_UP);
	return add_link(sock, link, "bridge", name, err);
}

int lad_link_enslave(int netns_fd, const char *bridge, const char *port, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *change = rtnl_link_alloc();
	if (!sock)
		return -1;
	int index = network_index(sock, bridge, err);
	if (index < 0)
		return -1;
	rtnl_link_set_master(change, index);
	return change_link(sock, port, change, err);
}

#define CHILD_AT_BIRTH "newborn0"

/* Creates LINK on PARENT, straight into CHILD_NS under NAME, and sets it up there. */
static int add_child(int parent_ns, const char *parent, int child_ns, const char *name, struct rtnl_link *link,
		     const char *kind, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(parent_ns, err);
	if (!sock)
		return -1;
	int index = network_index(sock, parent, err);
	if (index < 0)
		return -1;
	rtnl_link_set_link(link, index);
	/* Older kernels, 6.1 for one, look for the name in the parent's namespace too, where it may be taken. */
	rtnl_link_set_name(link, CHILD_AT_BIRTH);
	rtnl_link_set_ns_fd(link, child_ns);
	return add_link(sock, link, kind, name, err) < 0 ? -1 : set_up_as(child_ns, CHILD_AT_BIRTH, name, err);
}

int lad_link_macvlan(int parent_ns, const char *parent, int child_ns, const char *name, struct lad_error *err)
{
	cleanup_link struct rtnl_link *link = rtnl_link_macvlan_alloc();
	rtnl_link_macvlan_set_mode(link, (uint32_t)rtnl_link_macvlan_str2mode("bridge"));
	return add_child(parent_ns, parent, child_ns, name, link, "macvlan", err);
}

int lad_link_ipvlan(int parent_ns, const char *parent, int child_ns, const char *name, const char *mode,
		    struct lad_error *err)
{
	cleanup_link struct rtnl_link *link = rtnl_link_ipvlan_alloc();
	rtnl_link_ipvlan_set_mode(link, (uint16_t)rtnl_link_ipvlan_str2mode(mode));
	return add_child(parent_ns, parent, child_ns, name, link, "ipvlan", err);
}

int lad_link_vxlan(int underlay_ns, int netns_fd, const char *name, uint32_t vni, const char *local, uint16_t port,
		   int64_t mtu_bytes, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(underlay_ns, err);
	cleanup_link struct rtnl_link *link = rtnl_link_vxlan_alloc();
	struct nl_addr *address = NULL;
	if (!sock)
		return -1;
	rtnl_link_set_name(link, name);
	rtnl_link_set_mtu(link, (unsigned)mtu_bytes);
	rtnl_link_vxlan_set_id(link, vni);
	rtnl_link_vxlan_set_port(link, port);
	rtnl_link_vxlan_set_learning(link, 0);
	rtnl_link_vxlan_set_proxy(link, 1);
	nl_addr_parse(local, AF_INET, &address);
	rtnl_link_vxlan_set_local(link, address);
	nl_addr_put(address);
	/* Born in the other namespace: a device that is moved there waits for RCU grace periods, tens of milliseconds.
	 */
	rtnl_link_set_ns_fd(link, netns_fd);
	if (add_link(sock, link, "vxlan", name, err) < 0)
		return -1;
	return set_up(netns_fd, name, err);
}

int lad_link_mac(int netns_fd, const char *device, uint8_t mac[6], struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *link = NULL;
	if (!sock)
		return -1;
	int status = rtnl_link_get_kernel(sock, 0, device, &link);
	if (status < 0)
		return network_error(err, status, "no device %s", device);
	memcpy(mac, nl_addr_get_binary_addr(rtnl_link_get_addr(link)), 6);
	return 0;
}

int lad_link_set_mac(int netns_fd, const char *device, const uint8_t mac[6], struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *change = rtnl_link_alloc();
	struct nl_addr *address = nl_addr_build(AF_LLC, mac, 6);
	if (sock)
		rtnl_link_set_addr(change, address);
	int status = sock ? change_link(sock, device, change, err) : -1;
	nl_addr_put(address);
	return status;
}

int lad_link_counters(int netns_fd, const char *device, struct lad_link_counters *counters, struct lad_error *err)
{
	cleanup_socket struct nl_sock *sock = network_socket(netns_fd, err);
	cleanup_link struct rtnl_link *link = NULL;
	if (!sock)
		return -1;
	int status = rtnl_link_get_kernel(sock, 0, device, &link);
	if (status < 0)
		return network_error(err, status, "no device %s", device);
	*counters = (struct lad_link_counters){
	    .rx_packets = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS),
	    .rx_bytes = rtnl_link_get_stat(link, RTNL_LINK_RX_BYTES),
	    .tx_packets = rtnl_link_get_stat(link, RTNL_LINK_TX_PACKETS),
	    .tx_bytes = rtnl_link_get_stat(link, RTNL_LINK_TX_BYTES),
	    .rx_dropped = rtnl_link_get_stat(link, RTNL_LINK_RX_DROPPED),
	    .tx_dropped = rtnl_link_get_stat(link, RTNL_LINK_TX_DROPPED),
	};
	return 0;
}
