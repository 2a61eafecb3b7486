/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema.h"

#include <stdio.h>
#include <string.h>

/* What has more than one value, or none that says enough by itself. The document's own path is "". */
static const struct {
	const char *path, *line;
} lines[] = {
    {"", "{modes: [host, bridge], workloads: [{kind: tcp_rr}]}"},
    {"modes", "modes: [host, bridge]"},
    {"placements", "placements: [cross-host, same-host]"},
    {"wire", "wire: {mtu: 9000, rate: 10Gbit}"},
    {"workloads", "workloads: [{kind: tcp_stream, flows: 4}, {kind: udp_rr}]"},
    {"workloads[].kind", "kind: tcp_stream"},
    {"workloads[].cpus", "cpus: [shared, pinned]"},
    {"workloads[].ip", "ip: [4, 6]"},
    {"workloads[].background", "background: [bulk]"},
    {"trials", "trials: {blocks: 10, duration: 1s}"},
    {"quick", "quick: {blocks: 6, duration: 100ms}"},
    {"expect", "expect: {order: host > bridge, margin: 2%}"},
    {"topologies", "topologies: [{pairs: 1}, {pairs: 16}, {incast: 8, hosts: 4}, {mesh: true, hosts: 4}]"},
    {"search", "search: {goals: [ndr, pdr]}"},
    {"search.goals", "goals: [ndr, {name: slo, deadline: 1ms, loss: 1%}]"},
    {"tunings", "tunings: [{name: jumbo, mtu: 9000}, {name: no-tso, tso: off}]"},
    {"tunings[].sysctls", "sysctls: [net.ipv4.tcp_sack=0, net.ipv4.tcp_ecn=1]"},
    {"sweep", "sweep: {factors: [{setting: mtu, values: [1500, 9000]}]}"},
    {"sweep.factors", "factors: [{setting: mtu, values: [1500, 9000]}]"},
    {"sweep.factors[].setting", "setting: mtu"},
    {"sweep.factors[].values", "values: [base, 9000]"},
    {"vm", "vm: {clock: wall, cpus: 2}"},
    {"vm.modules", "modules: [sch_fq, dummy]"},
    {"hosts", "hosts: [ssh://root@node1, ssh://root@node2]"},
    {"docker", "docker: {swarm: existing}"},
    {"docker.addresses", "addresses: [192.168.1.1, 192.168.1.2]"},
    {"limits", "limits: {cpus: 2, memory: 256MiB}"},
    {"limits.sysctls", "sysctls: [net.ipv4.tcp_sack=0, net.ipv4.tcp_ecn=1]"},
};

/* One value of each kind whose rows have neither a default nor a range. */
static const char *value_of_kind(enum key_kind kind)
{
	switch (kind) {
	case KEY_NAME:
		return "small-requests";
	case KEY_ALGORITHM:
		return "cubic";
	case KEY_TUNING_NAME:
		return "jumbo";
	case KEY_SWITCH:
		return "off";
	case KEY_MASK:
		return "3";
	case KEY_GOAL:
		return "ndr";
	case KEY_QDISC:
		return scenario_qdiscs[0];
	case KEY_ORDER:
		return "host > macvlan ~ ipvlan-l2 > bridge";
	case KEY_LOAD:
		return "1000/s";
	case KEY_MIX:
		return "64 1400";
	case KEY_CPUS:
		return "0.5";
	case KEY_CPU_LIST:
		return "\"0-3,5\""; /* the comma would end it inside braces */
	case KEY_DEVICE:
		return "eth1";
	case KEY_ADDRESS:
		return "192.168.1.1";
	case KEY_SUBNET:
		return "192.168.1.0/24";
	case KEY_HOSTNAME:
		return "db.example";
	case KEY_IP:
		return "6";
	case KEY_FOLDER:
		return "/srv/folder";
	default:
		return "some text";
	}
}

void scenario_key_example(const char *path, const char *word, char *out, size_t size)
{
	char list[64];
	snprintf(list, sizeof list, "%s", path);
	size_t length = strlen(list);
	if (length > 2 && strcmp(list + length - 2, "[]") == 0)
		list[length - 2] = '\0'; /* an entry is shown in its list */
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strcmp(lines[i].path, list) == 0) {
			snprintf(out, size, "%s", lines[i].line);
			return;
		}
	const struct scenario_key *key = scenario_key_find(list);
	const char *dot = strrchr(list, '.'), *value = word;
	if (!value && key && key->fallback && key->fallback[0])
		value = key->fallback;
	else if (!value && key && key->least)
		value = key->least;
	else if (!value)
		value = value_of_kind(key ? key->kind : KEY_TEXT);
	snprintf(out, size, "%s: %s", dot ? dot + 1 : list, value);
}
