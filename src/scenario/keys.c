/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/workload_facts.h"
#include "scenario/schema.h"

#include <stdio.h>
#include <string.h>

#include "netladder/units.h"

/* clang-format off */
static const struct scenario_key keys_before[] = {
	{"name", KEY_NAME, "", NULL, NULL, NULL,
	 "Names the folder of the results. Without it: the file's name, without `.yaml`."},
	{"description", KEY_TEXT, "", NULL, NULL, NULL, "One line for the report: which question this answers."},
	{"lab", KEY_WORD, "native", NULL, NULL, NULL,
	 "Where hosts and containers come from: `native` makes them from namespaces of this machine, `vm` does the same in a "
	 "throw-away virtual machine."},
	{"modes", KEY_WORDS, NULL, NULL, NULL, NULL, "The container network modes to measure."},
	{"placements", KEY_WORDS, "cross-host", NULL, NULL, NULL,
	 "Client and server on two hosts, over the wire, or both on one."},
	{"wire", KEY_GROUP, "", NULL, NULL, NULL, "The link between the hosts."},
	{"wire.mtu", KEY_COUNT, "1500", "576", "65535", NULL,
	 "MTU of the hosts' `eth0`. Overlay containers get 50 less, for the VXLAN header."},
	{"wire.rate", KEY_RATE, "unshaped", "64kbit", "400Gbit", "unshaped", "Rate of a token bucket on the wire."},
	{"wire.delay", KEY_DURATION, "0", "0", "10s", NULL,
	 "Delay of the wire, one way, by netem: a kernel without it skips the trials."},
	{"wire.loss", KEY_PERCENT, "0%", "0%", "50%", NULL, "Packets that the wire loses at random, by netem."},
	{"workloads", KEY_GROUP, NULL, NULL, NULL, NULL,
	 "What is sent: a list of 1 to 64 entries, counting each value of `cpus` and of `ip` as one."},
	{"workloads[].kind", KEY_WORD, NULL, NULL, NULL, NULL,
	 "`stream`: as much as fits. `rr`: request and response on one connection. `crr`: a new connection for each. "
	 "`dns_rr`: DNS lookups of the server's name."},
	{"workloads[].cpus", KEY_WORDS, "shared", NULL, NULL, NULL,
	 "`shared`: both agents on one CPU. `pinned`: each on its own. `free`: wherever the scheduler puts them. `spread`: each "
	 "sink on one CPU with the generators that it serves, the sinks dealt over the CPUs in turn."},
	{"workloads[].ip", KEY_WORDS, "4", NULL, NULL, NULL,
	 "IPv4 or IPv6 for everything on the path. To compare the two in each mode, let a tuning set it. IPv6 needs an MTU of "
	 "1280; in the docker lab engines with `--ip6tables` for a bridge between hosts, and it has no overlay over it."},
	{"workloads[].background", KEY_TEXTS, "", NULL, NULL, NULL,
	 "Names of 1 to 8 other entries that run at the same time between the same containers, on the same CPUs and version "
	 "of IP. They load the path; this one is judged."},
	{"workloads[].judged", KEY_WORD, "true", NULL, NULL, NULL,
	 "`false`: never measured by itself, only the background of others."},
};

/* Between the two stand the options of a workload. */
static const struct scenario_key keys_after[] = {
	{"trials", KEY_GROUP, "", NULL, NULL, NULL, "How often and how long."},
	{"trials.blocks", KEY_COUNT, "7", "1", "1000", "auto",
	 "Passes over all combinations of mode, placement and workload, in a new random order each time; the modes of one "
	 "workload stand next to each other. `auto`: as many as it takes to decide, see `max_blocks`."},
	{"trials.warmup", KEY_DURATION, "150ms", "0", "1min", NULL, "Traffic before the measurement of each trial."},
	{"trials.duration", KEY_DURATION, "500ms", "10ms", "10min", NULL, "The measurement of each trial."},
	{"trials.seed", KEY_SEED, "1", "0", "18446744073709551615", NULL,
	 "Seed of the random orders: the same seed gives the same plan."},
	{"trials.max_blocks", KEY_COUNT, "60", "10", "1000", NULL,
	 "With `blocks: auto` the run stops once every relation is decided, or at this many blocks. It looks at 10 blocks "
	 "and then at half as many again each time; the error rates hold over all looks together."},
	{"trials.precision", KEY_PERCENT, "2%", "0.1%", "50%", NULL,
	 "With `blocks: auto`: a relation is also done with once its ratio is known to this, either way."},
	{"trials.sample", KEY_DURATION, "100ms", "1ms", "1min", "none", "Time between the rows of `samples.csv`."},
	{"quick", KEY_GROUP, "", NULL, NULL, NULL, "What `--quick` takes in place of `trials`."},
	{"quick.blocks", KEY_COUNT, "6", "1", "1000", NULL, "As `trials.blocks`, but always a number."},
	{"quick.warmup", KEY_DURATION, "50ms", "0", "1min", NULL, "As `trials.warmup`."},
	{"quick.duration", KEY_DURATION, "100ms", "10ms", "10min", NULL, "As `trials.duration`."},
	{"expect", KEY_GROUP, "", NULL, NULL, NULL, "What the verdict holds the results against."},
	{"expect.order", KEY_ORDER, "", NULL, NULL, NULL,
	 "Modes from best to worst, joined by `>` (better) or `~` (equivalent). Without it nothing is expected."},
	{"expect.margin", KEY_PERCENT, "3%", "0.1%", "50%", NULL,
	 "How far apart two modes may be that are equivalent: a ratio within 1/(1+margin) to 1+margin."},
	{"expect.alpha", KEY_PROBABILITY, "0.05", "0.001", "0.2", NULL,
	 "The chance of any false `confirmed` or `refuted` among one family of relations."},
	{"topologies", KEY_GROUP, "", NULL, NULL, NULL,
	 "Who talks to whom; each combination of mode, placement, tuning and workload is measured with each of them. Without "
	 "it there is one pair."},
	{"topologies[].pairs", KEY_COUNT, "", "1", "64", NULL, "So many sessions at once, each between two containers of its own."},
	{"topologies[].incast", KEY_COUNT, "", "2", "64", NULL,
	 "So many containers with a generator each, and one container with all the sinks."},
	{"topologies[].fanout", KEY_COUNT, "", "2", "64", NULL,
	 "One container with all the generators, and so many containers with a sink each."},
	{"topologies[].mesh", KEY_WORD, "false", NULL, NULL, NULL,
	 "One container a host, and a session for each ordered pair of them, all at once."},
	{"topologies[].hosts", KEY_COUNT, "2", "2", "8", NULL,
	 "Hosts that the containers are dealt over in turn. More than two are joined by a switch, which is one hop more: "
	 "`wire=switch` in the column `options`."},
	{"search", KEY_GROUP, "", NULL, NULL, NULL,
	 "Looks in each combination for the highest load that meets each goal, by trials at rates that it chooses (RFC 9971, "
	 "MLRsearch), and writes a row a goal. For `udp_stream`, `udp_rr`, `tcp_rr` and `tcp_crr` without a `rate`."},
	{"search.goals", KEY_GROUP, "", NULL, NULL, NULL,
	 "What has to hold: names, or entries with these keys. `ndr` loses nothing (non-drop rate), `pdr` at most 0.5% (partial "
	 "drop rate). Without it: ndr and pdr; of the presets `rfc2544` and `tst009` ndr alone."},
	{"search.goals[].name", KEY_GOAL, NULL, NULL, NULL, NULL,
	 "Names the goal in the column `options`, as `goal=ndr`; each name once."},
	{"search.goals[].loss", KEY_PERCENT, "", "0%", "90%", NULL,
	 "What a trial may lose of what was to be sent (Goal Loss Ratio). Required for names other than ndr and pdr."},
	{"search.goals[].deadline", KEY_DURATION, "none", "1us", "10s", "none",
	 "What comes later than this is lost, too: `deadline: 1ms` with `loss: 1%` is the promise \"p99 is 1 ms or less\". Of "
	 "requests the time to the response, of datagrams the one-way delay."},
	{"search.goals[].width", KEY_PERCENT, "", "0.1%", "50%", NULL,
	 "How near the load that meets the goal and the load that does not have to come (Goal Width). By the preset, else 1%."},
	{"search.goals[].exceed", KEY_PERCENT, "", "0%", "90%", NULL,
	 "The share of trials at one load that may lose more (Goal Exceed Ratio). By the preset, else 50%."},
	{"search.goals[].sum", KEY_DURATION, "", "10ms", "60min", NULL,
	 "The trials at one load together, which half of them cut short when they agree (Goal Duration Sum). By the preset, else "
	 "21 times `duration`, with `--quick` 5 times."},
	{"search.goals[].duration", KEY_DURATION, "", "10ms", "10min", NULL,
	 "The measurement of each trial (Goal Final Trial Duration). By the preset, else `trials.duration`; with `--quick` always "
	 "`quick.duration`."},
	{"search.preset", KEY_WORD, "netladder", NULL, NULL, NULL,
	 "The goals' attributes where they do not say: `csit` as FD.io CSIT (1s, sum 21s, width 0.5%), `rfc2544` (60s, sum 60s, "
	 "exceed 0%), `tst009` as ETSI GS NFV-TST 009 (60s, sum 120s)."},
	{"search.max", KEY_LOAD, "unlimited", NULL, NULL, "unlimited",
	 "The largest load of one session that is tried (Max Load); the search begins there."},
	{"search.limit", KEY_DURATION, "", "1s", "1000min", NULL,
	 "After so long one search ends as it is; its rows then say that they are irregular. Without it: 10min, or as long as 100 "
	 "trials where that is longer."},
	{"tunings", KEY_GROUP, "", NULL, NULL, NULL,
	 "Named sets of settings; each combination of mode, placement and workload is measured with each of them, and "
	 "with `default`, which changes nothing."},
	{"tunings[].name", KEY_TUNING_NAME, NULL, NULL, NULL, NULL, "Names the set in the results; each name once."},
	{"tunings[].mtu", KEY_COUNT, "", "576", "65535", NULL, "In place of `wire.mtu`."},
	{"tunings[].container_mtu", KEY_COUNT, "", "576", "65535", NULL,
	 "MTU of the containers' devices alone (Docker's `com.docker.network.driver.mtu`). May be too large for the "
	 "wire: the row says so."},
	{"tunings[].congestion_control", KEY_ALGORITHM, "", NULL, NULL, NULL, "In place of the TCP workloads'."},
	{"tunings[].tso", KEY_SWITCH, "", NULL, NULL, NULL, "TCP segmentation offload of every device in the path."},
	{"tunings[].gso", KEY_SWITCH, "", NULL, NULL, NULL, "Generic segmentation offload."},
	{"tunings[].gro", KEY_SWITCH, "", NULL, NULL, NULL, "Generic receive offload."},
	{"tunings[].tx_checksum", KEY_SWITCH, "", NULL, NULL, NULL, "Transmit checksum offload."},
	{"tunings[].queues", KEY_COUNT, "", "1", "64", NULL, "Receive and transmit queues of each veth device."},
	{"tunings[].rps_cpus", KEY_MASK, "", NULL, NULL, NULL, "CPUs that process what a device receives (RPS)."},
	{"tunings[].xps_cpus", KEY_MASK, "", NULL, NULL, NULL, "CPUs that use a device's transmit queue (XPS)."},
	{"tunings[].txqueuelen", KEY_COUNT, "", "0", "1000000", NULL, "Transmit queue length of every device, packets."},
	{"tunings[].qdisc", KEY_QDISC, "", NULL, NULL, NULL,
	 "Queueing discipline of the devices that the agents send by: the containers', or in host mode the hosts', where the "
	 "wire can then have no rate, delay or loss."},
	{"tunings[].rate", KEY_RATE, "", "64kbit", "400Gbit", "unshaped", "In place of `wire.rate`."},
	{"tunings[].delay", KEY_DURATION, "", "0", "10s", NULL, "In place of `wire.delay`."},
	{"tunings[].loss", KEY_PERCENT, "", "0%", "50%", NULL, "In place of `wire.loss`."},
	{"tunings[].rules", KEY_COUNT, "", "0", "10000", NULL,
	 "Firewall rules that match nothing, in each of the hosts' input, forward and output chains."},
	{"tunings[].neighbours_on_bridge", KEY_COUNT, "", "0", "250", NULL,
	 "Idle containers more on each bridge (bridge and overlay)."},
	{"tunings[].flows", KEY_COUNT, "", "1", "1024", NULL, "In place of the workloads'."},
	{"tunings[].socket_buffer", KEY_BYTES, "", "4KiB", "256MiB", "auto", "In place of the workloads'."},
	{"tunings[].ip", KEY_IP, "", NULL, NULL, NULL, "In place of the workloads', which then leave it out."},
	{"tunings[].sysctls", KEY_TEXTS, "", NULL, NULL, NULL,
	 "Sysctls of networking, each `name=value` (blanks around `=` as in sysctl.conf(5)): "
	 "`net.ipv4.tcp_rmem=4096 131072 6291456`. Set in the hosts and containers; "
	 "those of the whole machine only with `allow_host_tuning`."},
	{"sweep", KEY_GROUP, "", NULL, NULL, NULL, "Tunings made from lists of values, named by what they set: `mtu=9000,tso=off`."},
	{"sweep.design", KEY_WORD, "full", NULL, NULL, NULL,
	 "Every combination of the values, or each value alone with everything else as in the base."},
	{"sweep.base", KEY_TUNING_NAME, "default", NULL, NULL, NULL,
	 "The entry of `tunings` to start from, and to compare with."},
	{"sweep.factors", KEY_GROUP, NULL, NULL, NULL, NULL, "What varies."},
	{"sweep.factors[].setting", KEY_TEXT, NULL, NULL, NULL, NULL,
	 "A key of `tunings`, as `mtu`, or a sysctl, as `net.ipv4.tcp_rmem`."},
	{"sweep.factors[].values", KEY_TEXTS, NULL, NULL, NULL, NULL,
	 "Its values; `base` stands for the base's own, whatever it is."},
	{"allow_host_tuning", KEY_WORD, "false", NULL, NULL, NULL,
	 "Whether sysctls of the whole machine may be changed for the time of a trial. They are put back at the end, and "
	 "after a crash by `netladder clean`."},
	{"vm", KEY_GROUP, "", NULL, NULL, NULL, "The virtual machine of `lab: vm`; the other labs ignore it."},
	{"vm.clock", KEY_WORD, "instructions", NULL, NULL, NULL,
	 "`instructions`: time is the number of instructions executed, and every run gives the same bytes. `wall`: real "
	 "time."},
	{"vm.memory", KEY_BYTES, "512MiB", "256MiB", "64GiB", NULL, "The guest's memory."},
	{"vm.cpus", KEY_COUNT, "1", "1", "64", NULL, "The guest's CPUs; the instruction clock has one."},
	{"vm.kernel", KEY_FOLDER, "", NULL, NULL, NULL,
	 "A folder with a kernel image `vmlinuz` and its `modules` (as /lib/modules/RELEASE). Without it: the newest that "
	 "`scripts/fetch-kernel.sh` fetched."},
	{"vm.modules", KEY_MODULES, "", NULL, NULL, NULL, "Modules to insert beside those that the modes need."},
	{"hosts", KEY_TEXTS, "", NULL, NULL, NULL,
	 "The Docker Engines of `lab: docker`: `unix:///path`, `tcp://node:port`, `ssh://user@node` or the name of a Docker "
	 "context. The first runs the client, the second the server. Without it: the default context, with both."},
	{"docker", KEY_GROUP, "", NULL, NULL, NULL, "How the docker lab uses the engines."},
	{"docker.swarm", KEY_WORD, "existing", NULL, NULL, NULL,
	 "For overlay: the Swarm that the engines are in, or one that is made for the run and dissolved after it. Either way the "
	 "ports between the engines are tried; what is closed is the reason of overlay's skipped rows."},
	{"docker.tls", KEY_TEXT, "", NULL, NULL, NULL,
	 "Folder with `ca.pem`, `cert.pem` and `key.pem` for `tcp://` engines. Without it: `$DOCKER_CERT_PATH`."},
	{"docker.addresses", KEY_TEXTS, "", NULL, NULL, NULL,
	 "The hosts' IPv4 addresses for the traffic, in the order of `hosts`. Without it: the Swarm's, or the default route's."},
	{"docker.parent", KEY_DEVICE, "", NULL, NULL, NULL,
	 "The hosts' device under macvlan and ipvlan. Without it: the one that has the host's address."},
	{"docker.subnet", KEY_SUBNET, "", NULL, NULL, NULL,
	 "Subnet of the macvlan and ipvlan-l2 containers, as `docker network create --subnet`. Without it: one of 198.19.0.0/16."},
	{"docker.gateway", KEY_ADDRESS, "", NULL, NULL, NULL, "Its gateway, as `--gateway`."},
	{"docker.ip_range", KEY_SUBNET, "", NULL, NULL, NULL,
	 "The part of it that containers may have, as `--ip-range`; they take its third and fourth address."},
	{"docker.bridge_same_host", KEY_WORD, "direct", NULL, NULL, NULL,
	 "Bridge on one host: container to container, or through the host's published port (and, unless the engine runs with "
	 "`--userland-proxy=false`, docker-proxy)."},
	{"limits", KEY_GROUP, "", NULL, NULL, NULL, "Limits of the docker lab's containers; the other labs refuse them."},
	{"limits.cpus", KEY_CPUS, "", "0.01", "1024", NULL, "CPU time, as `docker run --cpus`."},
	{"limits.cpuset", KEY_CPU_LIST, "", NULL, NULL, NULL,
	 "CPUs, as `docker run --cpuset-cpus`; only with workloads whose `cpus` is `free`, for the others name CPUs themselves."},
	{"limits.memory", KEY_BYTES, "", "6MiB", "1024GiB", NULL, "Memory, as `docker run --memory`."},
	{"limits.sysctls", KEY_TEXTS, "", NULL, NULL, NULL,
	 "Sysctls of the containers, each `name=value`, as `docker run --sysctl`: namespaced ones alone. Rows of the host mode, "
	 "where Docker sets no `net.*`, are skipped then."},
};
/* clang-format on */

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

int scenario_key_count(void)
{
	return COUNT_OF(keys_before) + lad_workload_option_count + COUNT_OF(keys_after);
}

const struct scenario_key *scenario_key_at(int index)
{
	if (index < COUNT_OF(keys_before))
		return &keys_before[index];
	index -= COUNT_OF(keys_before);
	if (index < lad_workload_option_count)
		return option_key(index);
	return &keys_after[index - lad_workload_option_count];
}

const struct scenario_key *scenario_key_find(const char *path)
{
	for (int i = 0; i < scenario_key_count(); i++)
		if (strcmp(scenario_key_at(i)->path, path) == 0)
			return scenario_key_at(i);
	return NULL;
}

const char *workload_default(enum lad_workload_kind kind, const char *key)
{
	const struct lad_workload_facts *defaults = lad_workload_of(kind);
	if (strcmp(key, "message_bytes") == 0)
		return defaults->message_bytes;
	if (strcmp(key, "socket_buffer") == 0)
		return defaults->socket_buffer;
	return strcmp(key, "congestion_control") == 0 ? defaults->congestion_control : "";
}
