/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/nat.h"

#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
	/* libnftables ends the program when it gets no socket: so try one first. */
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (sock < 0)
		return -1;
	close(sock);
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
	if (lad_netns_run(netns_fd, load, ruleset, err) == 0)
		return 0;
	if (!ruleset->message[0])
		return lad_error_errno(err, errno ? errno : ENOMEM, "cannot load nftables rules");
	return lad_error_set(err, LAD_EXIT_UNABLE, "cannot load nftables rules: %s", ruleset->message);
}

static int run(int netns_fd, const char *commands, struct lad_error *err)
{
	struct ruleset ruleset = {.commands = commands};
	return run_ruleset(netns_fd, &ruleset, err);
}

/* How nftables writes a version's own things. */
static const struct {
	const char *family;
	const char *loopback;
	const char *strangers;	  /* nobody's addresses: RFC 5737, RFC 3849 */
	const char *open, *close; /* around an address with a port */
} words[LAD_IP_COUNT] = {
    [LAD_IP_V4] = {"ip", "127.0.0.0/8", "203.0.113.", "", ""},
    [LAD_IP_V6] = {"ip6", "::1", "2001:db8::", "[", "]"},
};

/* A bridge as the engine's rules know it. */
struct engine_bridge {
	const char *name, *subnet; /* subnet NULL: none of this version */
};

/* docker0 is there even when nothing hangs on it, and has no IPv6 of its own. */
static const struct engine_bridge default_bridge[LAD_IP_COUNT] = {
    [LAD_IP_V4] = {"docker0", "172.17.0.0/16"}, [LAD_IP_V6] = {"docker0", NULL}};

static void write_nat(FILE *out, enum lad_ip ip, const struct engine_bridge *bridges, int count)
{
	const char *family = words[ip].family;
	fprintf(out, "table %s nat {\n chain DOCKER {\n", family);
	for (int i = 0; i < count; i++)
		fprintf(out, "  iifname \"%s\" counter return\n", bridges[i].name);
	fprintf(
	    out,
	    " }\n"
	    " chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local counter jump DOCKER; }\n"
	    " chain INPUT { type nat hook input priority 100; }\n"
	    " chain OUTPUT { type nat hook output priority -100; %s daddr != %s fib daddr type local counter jump "
	    "DOCKER; }\n"
	    " chain POSTROUTING { type nat hook postrouting priority 100;\n",
	    family, words[ip].loopback);
	for (int i = 0; i < count; i++)
		if (bridges[i].subnet)
			fprintf(out, "  %s saddr %s oifname != \"%s\" counter masquerade\n", family, bridges[i].subnet,
				bridges[i].name);
	fputs(" }\n}\n", out);
}

static void write_filter(FILE *out, enum lad_ip ip, const struct engine_bridge *bridges, int count)
{
	fprintf(out,
		"table %s filter {\n"
		" chain DOCKER { }\n"
		" chain DOCKER-USER { counter return; }\n"
		" chain DOCKER-ISOLATION-TESTBED-2 {\n",
		words[ip].family);
	for (int i = 0; i < count; i++)
		fprintf(out, "  oifname \"%s\" counter drop\n", bridges[i].name);
	fputs("  counter return\n }\n chain DOCKER-ISOLATION-TESTBED-1 {\n", out);
	for (int i = 0; i < count; i++)
		fprintf(out, "  iifname \"%1$s\" oifname != \"%1$s\" counter jump DOCKER-ISOLATION-TESTBED-2\n",
			bridges[i].name);
	fputs("  counter return\n }\n"
	      " chain INPUT { type filter hook input priority 0; }\n"
	      " chain OUTPUT { type filter hook output priority 0; }\n"
	      " chain FORWARD { type filter hook forward priority 0; policy drop;\n"
	      "  counter jump DOCKER-USER\n"
	      "  counter jump DOCKER-ISOLATION-TESTBED-1\n",
	      out);
	for (int i = 0; i < count; i++)
		fprintf(out,
			"  oifname \"%1$s\" ct state established,related counter accept\n"
			"  oifname \"%1$s\" counter jump DOCKER\n"
			"  iifname \"%1$s\" oifname != \"%1$s\" counter accept\n"
			"  iifname \"%1$s\" oifname \"%1$s\" counter accept\n",
			bridges[i].name);
	fputs(" }\n}\n", out);
}

int lad_nat_engine(int netns_fd, enum lad_ip ip, const char *bridge, const char *subnet, struct lad_error *err)
{
	/* The newest network's rules stand before those of docker0. */
	const struct engine_bridge bridges[] = {{bridge, subnet}, default_bridge[ip]};
	const struct engine_bridge *known = bridge ? bridges : bridges + 1;
	int count = bridge ? 2 : 1;
	lad_cleanup_free char *commands = NULL;
	size_t size;
	FILE *out = open_memstream(&commands, &size);
	if (!out)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	write_nat(out, ip, known, count);
	write_filter(out, ip, known, count);
	if (fclose(out) != 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return run(netns_fd, commands, err);
}

int lad_nat_dns(int netns_fd, struct lad_error *err)
{
	return run(
	    netns_fd,
	    "table ip nat {\n"
	    " chain DOCKER_OUTPUT {\n"
	    "  ip daddr 127.0.0.11 tcp dport 53 counter dnat to 127.0.0.11:40053\n"
	    "  ip daddr 127.0.0.11 udp dport 53 counter dnat to 127.0.0.11:40053\n"
	    " }\n"
	    " chain DOCKER_POSTROUTING {\n"
	    "  ip saddr 127.0.0.11 tcp sport 40053 counter snat to :53\n"
	    "  ip saddr 127.0.0.11 udp sport 40053 counter snat to :53\n"
	    " }\n"
	    " chain PREROUTING { type nat hook prerouting priority -100; }\n"
	    " chain INPUT { type nat hook input priority 100; }\n"
	    " chain OUTPUT { type nat hook output priority -100; ip daddr 127.0.0.11 counter jump DOCKER_OUTPUT; }\n"
	    " chain POSTROUTING { type nat hook postrouting priority 100; ip daddr 127.0.0.11 counter jump "
	    "DOCKER_POSTROUTING; }\n"
	    "}\n",
	    err);
}

int lad_nat_publish(int netns_fd, enum lad_ip ip, const char *bridge, const char *container, uint16_t container_port,
		    uint16_t port, struct lad_error *err)
{
	static const char *const protocols[] = {"tcp", "udp"};
	const char *family = words[ip].family, *open = words[ip].open, *close = words[ip].close;
	char commands[2048];
	int used = 0;
	for (int i = 0; i < 2; i++)
		used += snprintf(commands + used, sizeof commands - (size_t)used,
				 "add rule %s nat DOCKER iifname != \"%s\" %s dport %u counter dnat to %s%s%s:%u\n"
				 "add rule %s filter DOCKER iifname != \"%s\" oifname \"%s\" %s daddr %s %s dport %u "
				 "counter accept\n"
				 "add rule %s nat POSTROUTING %s saddr %s %s daddr %s %s dport %u counter masquerade\n",
				 family, bridge, protocols[i], port, open, container, close, container_port, family,
				 bridge, bridge, family, container, protocols[i], container_port, family, family,
				 container, family, container, protocols[i], container_port);
	return run(netns_fd, commands, err);
}

int lad_nat_burden(int netns_fd, enum lad_ip ip, int count, struct lad_error *err)
{
	char commands[72 * LAD_NAT_BURDEN_MAX + 1];
	size_t used = 0;
	commands[0] = '\0';
	for (int i = 0; i < count && i < LAD_NAT_BURDEN_MAX; i++)
		used += (size_t)snprintf(commands + used, sizeof commands - used,
					 "insert rule %s filter DOCKER-USER %s saddr %s%d drop\n", words[ip].family,
					 words[ip].family, words[ip].strangers, 1 + i % 254);
	return run(netns_fd, commands, err);
}

#define RULE_BYTES 64

int lad_nat_rules_add(int netns_fd, enum lad_ip ip, int count, struct lad_error *err)
{
	static const char frame[] = "}\n chain input { type filter hook input priority -10; jump rules; }\n"
				    " chain forward { type filter hook forward priority -10; jump rules; }\n"
				    " chain output { type filter hook output priority -10; jump rules; }\n}\n";
	size_t size = (size_t)count * RULE_BYTES + sizeof frame + 64;
	lad_cleanup_free char *commands = malloc(size);
	if (!commands)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for %d rules", count);
	size_t used = (size_t)snprintf(commands, size, "table %s rules {\n chain rules {\n", words[ip].family);
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(commands + used, size - used, "%s saddr %s%d tcp dport %d drop\n",
					 words[ip].family, words[ip].strangers, 1 + i % 254, 20000 + i);
	snprintf(commands + used, size - used, "%s", frame);
	return run(netns_fd, commands, err);
}

int lad_nat_rules_count(int netns_fd, enum lad_ip ip, struct lad_error *err)
{
	char command[64];
	snprintf(command, sizeof command, "list chain %s rules rules", words[ip].family);
	struct ruleset ruleset = {.commands = command, .want_output = true};
	int count = 0;
	if (run_ruleset(netns_fd, &ruleset, err) < 0)
		return -1;
	for (const char *at = ruleset.output; at && (at = strstr(at, words[ip].strangers)); at++)
		count++;
	free(ruleset.output);
	return count;
}
