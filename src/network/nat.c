/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/nat.h"

#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "netladder/netlink.h"

struct ruleset {
	const char *commands;
	char message[512];
};

static int load(void *arg)
{
	struct ruleset *ruleset = arg;
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft)
		return -1;
	nft_ctx_buffer_error(nft);
	nft_ctx_buffer_output(nft);
	int status = nft_run_cmd_from_buffer(nft, ruleset->commands);
	if (status) {
		snprintf(ruleset->message, sizeof ruleset->message, "%s", nft_ctx_get_error_buffer(nft));
		ruleset->message[strcspn(ruleset->message, "\n")] = '\0';
	}
	nft_ctx_free(nft);
	return status ? -1 : 0;
}

static int run(int netns_fd, const char *commands, struct lad_error *err)
{
	struct ruleset ruleset = {.commands = commands};
	if (lad_netns_run(netns_fd, load, &ruleset, err) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot load nftables rules: %s",
				     ruleset.message[0] ? ruleset.message : "out of memory");
	return 0;
}

int lad_nat_bridge(int netns_fd, const char *bridge, const char *subnet, struct lad_error *err)
{
	/* The order of Docker Engine 20.10 (iptables-save after `docker network create`), rule by rule. */
	static const char template[] =
	    "table ip nat {\n"
	    " chain DOCKER { iifname \"%1$s\" counter return; }\n"
	    " chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local counter jump DOCKER; }\n"
	    " chain OUTPUT { type nat hook output priority -100; ip daddr != 127.0.0.0/8 fib daddr type local counter "
	    "jump "
	    "DOCKER; }\n"
	    " chain POSTROUTING { type nat hook postrouting priority 100; ip saddr %2$s oifname != \"%1$s\" counter "
	    "masquerade; }\n"
	    "}\n"
	    "table ip filter {\n"
	    " chain DOCKER { }\n"
	    " chain DOCKER-USER { counter return; }\n"
	    " chain DOCKER-ISOLATION-STAGE-2 { oifname \"%1$s\" counter drop; counter return; }\n"
	    " chain DOCKER-ISOLATION-STAGE-1 { iifname \"%1$s\" oifname != \"%1$s\" counter jump "
	    "DOCKER-ISOLATION-STAGE-2; counter return; }\n"
	    " chain FORWARD { type filter hook forward priority 0; policy drop;\n"
	    "  counter jump DOCKER-USER\n"
	    "  counter jump DOCKER-ISOLATION-STAGE-1\n"
	    "  oifname \"%1$s\" ct state established,related counter accept\n"
	    "  oifname \"%1$s\" counter jump DOCKER\n"
	    "  iifname \"%1$s\" oifname != \"%1$s\" counter accept\n"
	    "  iifname \"%1$s\" oifname \"%1$s\" counter accept\n"
	    " }\n"
	    "}\n";
	char commands[2048];
	snprintf(commands, sizeof commands, template, bridge, subnet);
	return run(netns_fd, commands, err);
}

int lad_nat_publish(int netns_fd, const char *bridge, const char *container, uint16_t container_port, uint16_t port,
		    struct lad_error *err)
{
	char commands[2048];
	int used = 0;
	static const char *const protocols[] = {"tcp", "udp"};
	for (int i = 0; i < 2; i++) {
		const char *protocol = protocols[i];
		used += snprintf(commands + used, sizeof commands - (size_t)used,
				 "add rule ip nat DOCKER iifname != \"%s\" %s dport %u counter dnat to %s:%u\n"
				 "add rule ip filter DOCKER iifname != \"%s\" oifname \"%s\" ip daddr %s %s dport %u "
				 "counter accept\n"
				 "add rule ip nat POSTROUTING ip saddr %s ip daddr %s %s dport %u counter masquerade\n",
				 bridge, protocol, port, container, container_port, bridge, bridge, container, protocol,
				 container_port, container, container, protocol, container_port);
	}
	return run(netns_fd, commands, err);
}
