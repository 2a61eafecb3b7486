/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/engine.h"

#include "netladder/nat.h"
#include "netladder/netlink.h"

int network_engine(const struct lad_host *host, enum lad_ip ip, const char *bridge, const char *subnet,
		   struct lad_error *err)
{
	bool v6 = ip == LAD_IP_V6;
	if (lad_sysctl_write(host->netns_fd, v6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", "1", err) < 0)
		return -1;
	/* As Docker Engine sets it; absent where br_netfilter is not loaded, and Docker goes on then, too. */
	lad_sysctl_write(host->netns_fd,
			 v6 ? "net/bridge/bridge-nf-call-ip6tables" : "net/bridge/bridge-nf-call-iptables", "1", NULL);
	return lad_nat_engine(host->netns_fd, ip, bridge, subnet, err);
}

int network_container(const struct lad_host *host, enum lad_ip ip, int64_t mtu_bytes, struct lad_endpoint *end,
		      struct lad_error *err)
{
	end->netns_fd = lad_netns_new_for(ip, err);
	if (end->netns_fd < 0)
		return -1;
	end->host_index = host->index;
	end->mtu_bytes = mtu_bytes;
	return lad_nat_dns(end->netns_fd, err);
}
