/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/text.h"
#include "scenario/convert.h"
#include "scenario/tunings.h"

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

/* `hosts` or `docker.addresses`: each entry once, and no comma, which --hosts has between engines. */
static int convert_hosts(struct scenario_source *source, const struct raw_scenario *raw,
			 struct lad_docker_settings *settings)
{
	for (unsigned i = 0; i < raw->hosts_count; i++) {
		char path[32];
		snprintf(path, sizeof path, "hosts[%u]", i + 1);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(raw->hosts[i], raw->hosts[j]) == 0)
				return source_complain(source, source_find(source, path), path,
						       "%s is listed twice; valid: each engine once",
						       lad_excerpt(raw->hosts[i]).text);
		if (strchr(raw->hosts[i], ',') || strchr(raw->hosts[i], ' '))
			return source_complain(source, source_find(source, path), path,
					       "\"%s\" is no engine; valid: unix:///path, tcp://node:port, "
					       "ssh://user@node, or a context's name",
					       lad_excerpt(raw->hosts[i]).text);
		copy_text(settings->hosts[settings->host_count++], sizeof settings->hosts[0], raw->hosts[i]);
	}
	return 0;
}

static int convert_addresses(struct scenario_source *source, const struct raw_docker *raw,
			     struct lad_docker_settings *settings)
{
	const struct scenario_key *form = scenario_key_find("docker.gateway");
	for (unsigned i = 0; i < raw->addresses_count; i++) {
		struct scenario_value unused;
		struct lad_error why;
		char path[32];
		snprintf(path, sizeof path, "docker.addresses[%u]", i + 1);
		if (scenario_value_parse(form, raw->addresses[i], &unused, &why) < 0)
			return source_complain(source, source_find(source, path), path, "%s", why.message);
		copy_text(settings->addresses[settings->address_count++], sizeof settings->addresses[0],
			  raw->addresses[i]);
	}
	if (raw->addresses_count && settings->address_count != settings->host_count)
		return source_complain(source, source_find(source, "docker.addresses"), "docker.addresses",
				       "has %d entries, hosts has %d; valid: one for each", settings->address_count,
				       settings->host_count);
	return 0;
}

static uint32_t address_of(const char *text)
{
	char address[16];
	struct in_addr ipv4 = {0};
	snprintf(address, sizeof address, "%.*s", (int)strcspn(text, "/"), text);
	inet_pton(AF_INET, address, &ipv4);
	return ntohl(ipv4.s_addr);
}

static bool contains(const char *subnet, const char *address)
{
	uint32_t mask = UINT32_MAX << (32 - atoi(strchr(subnet, '/') + 1));
	return (address_of(subnet) & mask) == (address_of(address) & mask);
}

static int convert_subnet(struct scenario_source *source, const struct raw_docker *raw,
			  struct lad_docker_settings *settings)
{
	static const char *const paths[] = {"docker.gateway", "docker.ip_range"};
	const char *const inner[] = {raw->gateway, raw->ip_range};
	for (int i = 0; i < 2; i++) {
		if (inner[i] && !raw->subnet)
			return source_complain(source, source_find(source, paths[i]), paths[i],
					       "needs docker.subnet beside it");
		if (inner[i] && !contains(raw->subnet, inner[i]))
			return source_complain(source, source_find(source, paths[i]), paths[i],
					       "%s is not in the subnet %s", inner[i], raw->subnet);
	}
	copy_text(settings->subnet, sizeof settings->subnet, raw->subnet);
	copy_text(settings->gateway, sizeof settings->gateway, raw->gateway);
	copy_text(settings->ip_range, sizeof settings->ip_range, raw->ip_range);
	return 0;
}

/* Only what a container can have of its own, and nothing that a tuning sets as well. */
static int convert_sysctls(struct scenario_source *source, const struct raw_limits *raw, struct lad_scenario *scenario)
{
	static const char list[] = "limits.sysctls";
	struct lad_tuning set = {.sysctl_count = 0};
	if (tuning_convert_sysctls(source, list, raw->sysctls, raw->sysctls_count, &set) < 0)
		return -1;
	for (int i = 0; i < set.sysctl_count; i++) {
		struct lad_error why;
		struct tuning_path path = tuning_path(list, (unsigned)i, "");
		if (lad_sysctl_check_container(set.sysctls[i].key, false, &why) < 0)
			return source_complain(source, source_find(source, path.text), path.text, "%s", why.message);
		for (int j = 0; j < scenario->tuning_count; j++)
			for (int k = 0; k < scenario->tunings[j].sysctl_count; k++)
				if (strcmp(scenario->tunings[j].sysctls[k].key, set.sysctls[i].key) == 0)
					return source_complain(source, source_find(source, path.text), path.text,
							       "the tuning %s sets it too; valid: one of the two",
							       scenario->tunings[j].name);
	}
	memcpy(scenario->docker.sysctls, set.sysctls, sizeof set.sysctls);
	scenario->docker.sysctl_count = set.sysctl_count;
	return 0;
}

/* `cpus: shared` and `pinned` name the containers' CPUs: a cpuset beside them would be one too many. */
static int convert_cpuset(struct scenario_source *source, const struct raw_limits *raw, struct lad_scenario *scenario)
{
	static const char path[] = "limits.cpuset";
	copy_text(scenario->docker.cpuset, sizeof scenario->docker.cpuset, raw->cpuset);
	for (int i = 0; raw->cpuset && i < scenario->workload_count; i++)
		if (scenario->workloads[i].cpus != LAD_CPUS_FREE)
			return source_complain(source, source_find(source, path), path,
					       "a workload with cpus %s runs on CPUs of its own; valid: cpus: free in "
					       "all workloads, or no cpuset",
					       lad_cpus_name(scenario->workloads[i].cpus));
	return 0;
}

int scenario_convert_docker(struct scenario_source *source, const struct raw_scenario *raw,
			    struct lad_scenario *scenario)
{
	struct lad_docker_settings *settings = &scenario->docker;
	scenario->wire_mtu_given = raw->wire.mtu != NULL;
	settings->swarm = raw->docker.swarm;
	settings->publish_same_host = raw->docker.bridge_same_host;
	copy_text(settings->tls, sizeof settings->tls, raw->docker.tls);
	copy_text(settings->parent, sizeof settings->parent, raw->docker.parent);
	if (raw->limits.cpus)
		settings->cpus = scenario_value_or_default(raw->limits.cpus, "limits.cpus").real;
	if (raw->limits.memory)
		settings->memory_bytes = scenario_value_or_default(raw->limits.memory, "limits.memory").integer;
	if (convert_hosts(source, raw, settings) < 0 || convert_addresses(source, &raw->docker, settings) < 0)
		return -1;
	if (convert_cpuset(source, &raw->limits, scenario) < 0 || convert_sysctls(source, &raw->limits, scenario) < 0)
		return -1;
	return convert_subnet(source, &raw->docker, settings);
}
