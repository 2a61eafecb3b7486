/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "netladder/network.h"

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

static int make_hosts(struct lad_host *hosts, int count, int64_t mtu_bytes, double rate_bps, int *wire_fd,
		      struct lad_error *err)
{
	for (int i = 0; i < count; i++) {
		hosts[i].netns_fd = lad_netns_new(err);
		if (hosts[i].netns_fd < 0)
			return -1;
		hosts[i].index = i;
		hosts[i].mtu_bytes = mtu_bytes;
		snprintf(hosts[i].address, sizeof hosts[i].address, "198.18.0.%d", (1 + i) & 0xff);
	}
	if ((count == 2 ? join_two(hosts, mtu_bytes, err) : join_by_switch(hosts, count, mtu_bytes, wire_fd, err)) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (lad_address_add(hosts[i].netns_fd, "eth0", hosts[i].address, 24, err) < 0)
			return -1;
		if (rate_bps > 0 && lad_qdisc_tbf(hosts[i].netns_fd, "eth0", rate_bps, err) < 0)
			return -1;
	}
	return 0;
}

int lad_hosts_make(struct lad_host *hosts, int count, int64_t mtu_bytes, double rate_bps, int *wire_fd,
		   struct lad_error *err)
{
	*wire_fd = -1;
	if (count < 2 || count > LAD_HOSTS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d hosts; valid: 2 to %d", count, LAD_HOSTS_MAX);
	for (int i = 0; i < count; i++)
		hosts[i].netns_fd = -1;
	if (make_hosts(hosts, count, mtu_bytes, rate_bps, wire_fd, err) < 0) {
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
