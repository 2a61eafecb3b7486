/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/nat.h"

#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"

struct ruleset {
	const char *commands;
	bool want_output;
	char *output; /* what the commands print, when wanted; owned by the caller */
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
	if (status == 0 && ruleset->want_output)
		ruleset->output = strdup(nft_ctx_get_output_buffer(nft));
	nft_ctx_free(nft);
	return status ? -1 : 0;
}

static int run_ruleset(int netns_fd, struct ruleset *ruleset, struct lad_error *err)
{
	if (lad_netns_run(netns_fd, load, ruleset, err) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot load nftables rules: %s",
				     ruleset->message[0] ? ruleset->message : "out of memory");
	return 0;
}

static int run(int netns_fd, const char *commands, struct lad_error *err)
{
	struct ruleset ruleset = {.commands = commands};
	return run_ruleset(netns_fd, &ruleset, err);
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

int lad_nat_burden(int netns_fd, int count, struct lad_error *err)
{
	char commands[64 * LAD_NAT_BURDEN_MAX + 1];
	size_t used = 0;
	commands[0] = '\0';
	for (int i = 0; i < count && i < LAD_NAT_BURDEN_MAX; i++)
		used += (size_t)snprintf(commands + used, sizeof commands - used,
					 "insert rule ip filter DOCKER-USER ip saddr 203.0.113.%d drop\n", 1 + i % 254);
	return run(netns_fd, commands, err);
}

#define CROWD_RULE_BYTES 64

int lad_nat_crowd(int netns_fd, int count, struct lad_error *err)
{
	static const char frame[] = "}\n chain input { type filter hook input priority -10; jump crowd; }\n"
				    " chain forward { type filter hook forward priority -10; jump crowd; }\n"
				    " chain output { type filter hook output priority -10; jump crowd; }\n}\n";
	size_t size = (size_t)count * CROWD_RULE_BYTES + sizeof frame + 64;
	lad_cleanup_free char *commands = malloc(size);
	if (!commands)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for %d rules", count);
	size_t used = (size_t)snprintf(commands, size, "table ip crowd {\n chain crowd {\n");
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(commands + used, size - used, "ip saddr 203.0.113.%d tcp dport %d drop\n",
					 1 + i % 254, 20000 + i);
	snprintf(commands + used, size - used, "%s", frame);
	return run(netns_fd, commands, err);
}

int lad_nat_crowd_count(int netns_fd, struct lad_error *err)
{
	struct ruleset ruleset = {.commands = "list chain ip crowd crowd", .want_output = true};
	int count = 0;
	if (run_ruleset(netns_fd, &ruleset, err) < 0)
		return -1;
	for (const char *at = ruleset.output; at && (at = strstr(at, "203.0.113.")); at++)
		count++;
	free(ruleset.output);
	return count;
}
