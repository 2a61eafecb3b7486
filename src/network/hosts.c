/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <time.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "netladder/network.h"
#include "netladder/units.h"
#include "network/addresses.h"

#define LOOK_NS LAD_NS_PER_MS

static int join_two(const struct lad_host *hosts, int64_t mtu_bytes, struct lad_error *err)
{
	return lad_link_veth(hosts[0].netns_fd, "eth0", hosts[1].netns_fd, "eth0", mtu_bytes, err);
}

/* More than two hosts: a switch, a bridge in a namespace of its own. */
static int join_by_switch(const struct lad_host *hosts, int count, int64_t mtu_bytes, int *wire_fd,
			  struct lad_error *err)
{
	*wire_fd = lad_netns_new(err);
	if (*wire_fd < 0 || lad_link_bridge(*wire_fd, "switch0", mtu_bytes, err) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		char port[16];
		snprintf(port, sizeof port, "port%d", i);
		if (lad_link_veth(*wire_fd, port, hosts[i].netns_fd, "eth0", mtu_bytes, err) < 0 ||
		    lad_link_enslave(*wire_fd, "switch0", port, err) < 0)
			return -1;
	}
	return 0;
}

static int add_addresses(const struct lad_host *host, struct lad_error *err)
{
	if (lad_address_add(host->netns_fd, "eth0", host->address, network_prefix(LAD_IP_V4), err) < 0)
		return -1;
	return host->address6[0]
		   ? lad_address_add(host->netns_fd, "eth0", host->address6, network_prefix(LAD_IP_V6), err)
		   : 0;
}

static int make_hosts(struct lad_host *hosts, int count, enum lad_ip ip, int64_t mtu_bytes, double rate_bps,
		      int *wire_fd, struct lad_error *err)
{
	for (int i = 0; i < count; i++) {
		char address[LAD_ADDRESS_MAX];
		hosts[i].netns_fd = lad_netns_new_for(ip, err);
		if (hosts[i].netns_fd < 0)
			return -1;
		hosts[i].index = i;
		hosts[i].mtu_bytes = mtu_bytes;
		network_address(address, LAD_IP_V4, SUBNET_WIRE, 1 + i);
		snprintf(hosts[i].address, sizeof hosts[i].address, "%.15s", address);
		hosts[i].address6[0] = '\0';
		if (ip == LAD_IP_V6)
			network_address(hosts[i].address6, ip, SUBNET_WIRE, 1 + i);
	}
	if ((count == 2 ? join_two(hosts, mtu_bytes, err) : join_by_switch(hosts, count, mtu_bytes, wire_fd, err)) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (add_addresses(&hosts[i], err) < 0)
			return -1;
		if (rate_bps > 0 && lad_qdisc_tbf(hosts[i].netns_fd, "eth0", rate_bps, err) < 0)
			return -1;
	}
	return 0;
}

int lad_hosts_make(struct lad_host *hosts, int count, enum lad_ip ip, int64_t mtu_bytes, double rate_bps, int *wire_fd,
		   struct lad_error *err)
{
	*wire_fd = -1;
	if (count < 2 || count > LAD_HOSTS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d hosts; valid: 2 to %d", count, LAD_HOSTS_MAX);
	for (int i = 0; i < count; i++)
		hosts[i].netns_fd = -1;
	if (lad_mtu_check(ip, mtu_bytes, "the wire", err) < 0)
		return -1;
	if (make_hosts(hosts, count, ip, mtu_bytes, rate_bps, wire_fd, err) < 0) {
		lad_hosts_close(hosts, count, wire_fd);
		return lad_error_context(err, "hosts");
	}
	return 0;
}

void lad_hosts_close(struct lad_host *hosts, int count, int *wire_fd)
{
	for (int i = 0; i < count; i++) {
		lad_close_fd(&hosts[i].netns_fd);
		hosts[i].netns_fd = -1;
	}
	lad_close_fd(wire_fd);
	*wire_fd = -1;
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

/*
 * The kernel takes namespaces down in the order in which they were left. The first host is kept until the end of its
 * wire, whose other end is in the namespace that was left last, is gone.
 */
void lad_hosts_close_wait(struct lad_host *hosts, int count, int *wire_fd, int64_t limit_ns)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};
	struct lad_link_counters counters;
	int64_t end_ns = now_ns() + limit_ns;
	for (int i = count - 1; i > 0; i--) {
		lad_close_fd(&hosts[i].netns_fd);
		hosts[i].netns_fd = -1;
	}
	lad_close_fd(wire_fd);
	*wire_fd = -1;
	while (count > 0 && hosts[0].netns_fd >= 0 && now_ns() < end_ns &&
	       lad_link_counters(hosts[0].netns_fd, "eth0", &counters, NULL) == 0)
		nanosleep(&look, NULL);
	lad_hosts_close(hosts, count, wire_fd);
}
