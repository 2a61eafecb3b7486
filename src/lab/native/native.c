/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/container.h"
#include "netladder/lab.h"
#include "netladder/netlink.h"
#include "netladder/network.h"
#include "netladder/units.h"

/* The native lab: hosts and containers are anonymous namespaces of this machine, made afresh for each trial. */

#define CLEAN_UP_LIMIT_NS (5 * LAD_NS_PER_S)
#define DEVICES_MAX 300 /* 128 containers of one host, on a bridge */
/* Half a millisecond of it is the kernel's largest joined packet, see src/network/tbf.c. */
#define JOINED_BPS 1.0e9

struct native_testbed {
	struct lad_host hosts[LAD_HOSTS_MAX];
	int host_count;
	int wire_fd;
	struct lad_path path;
	struct lad_container *agents; /* owned, LAD_ROLE_COUNT of each session */
	int agent_count;
};

static const char *const host_names[LAD_ROLE_COUNT] = {[LAD_SINK] = "sink", [LAD_GENERATOR] = "generator"};

static int native_probe(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err)
{
	(void)scenario;
	if (lad_network_of(mode)->probe(err) == 0)
		return 0;
	if (err && !err->remedy[0])
		lad_error_remedy(err, "%s", geteuid() == 0 ? lad_network_of(mode)->modules : "sudo netladder probe");
	return -1;
}

static double wire_rate(const struct lad_scenario *scenario, const struct lad_trial *trial)
{
	return lad_tuning_real(trial->tuning, LAD_SETTING_RATE, scenario->wire_rate_bps);
}

/* The hosts and their wire: the scenario's, with what the tuning puts in its place. */
static int build_hosts(const struct lad_scenario *scenario, const struct lad_trial *trial,
		       struct native_testbed *testbed, struct lad_error *err)
{
	const struct lad_tuning *tuning = trial->tuning;
	int64_t mtu_bytes = lad_tuning_integer(tuning, LAD_SETTING_MTU, scenario->wire_mtu_bytes);
	int64_t delay_ns = lad_tuning_integer(tuning, LAD_SETTING_DELAY, scenario->wire_delay_ns);
	double rate_bps = wire_rate(scenario, trial);
	double loss_ratio = lad_tuning_real(tuning, LAD_SETTING_LOSS, scenario->wire_loss_ratio);
	bool needs_netem = delay_ns > 0 || loss_ratio > 0;
	if (lad_hosts_make(testbed->hosts, testbed->host_count, trial->workload->traffic.ip, mtu_bytes,
			   needs_netem ? 0 : rate_bps, &testbed->wire_fd, err) < 0)
		return -1;
	for (int i = 0; needs_netem && i < testbed->host_count; i++)
		if (lad_qdisc_wire(testbed->hosts[i].netns_fd, "eth0", rate_bps, delay_ns, loss_ratio, err) < 0)
			return -1;
	return 0;
}

static int devices_follow(int netns_fd, double rate_bps, struct lad_error *err)
{
	struct lad_link links[DEVICES_MAX];
	int count = lad_link_list(netns_fd, links, DEVICES_MAX, err);
	for (int i = 0; i < count && i < DEVICES_MAX; i++)
		if (links[i].up && !links[i].loopback &&
		    lad_link_follow_rate(netns_fd, links[i].name, rate_bps, err) < 0)
			return -1;
	return count < 0 ? -1 : 0;
}

/* What leaves by any device between the ends may reach the wire, if not on one host. */
static int follow_rate(const struct native_testbed *testbed, double rate_bps, struct lad_error *err)
{
	const struct lad_path *path = &testbed->path;
	/* From here on the kernel's own limit of joined packets, 64 KiB, is the smaller one. */
	if (!(rate_bps > 0) || rate_bps > JOINED_BPS)
		return 0;
	for (int i = 0; i < testbed->host_count; i++)
		if (devices_follow(testbed->hosts[i].netns_fd, rate_bps, err) < 0)
			return -1;
	for (int i = 0; i < path->end_count; i++)
		if (devices_follow(path->ends[i].netns_fd, rate_bps, err) < 0)
			return -1;
	for (int i = 0; i < path->held_count; i++)
		if (devices_follow(path->held_fds[i], rate_bps, err) < 0)
			return -1;
	return 0;
}

static bool is_paced_stream(const struct lad_workload *workload)
{
	return workload->kind == LAD_TCP_STREAM && workload->traffic.rate_bps > 0;
}

static bool is_crr(const struct lad_workload *workload)
{
	return workload->kind == LAD_TCP_CRR;
}

static bool is_lookup(const struct lad_workload *workload)
{
	return workload->kind == LAD_DNS_RR;
}

/* Whether what TRIAL judges, or what runs beside it, IS so. */
static bool sends(const struct lad_trial *trial, bool (*is)(const struct lad_workload *workload))
{
	bool any = is(trial->workload);
	for (int i = 0; i < trial->background_count; i++)
		any |= is(&trial->backgrounds[i]);
	return any;
}

static int build(const struct lad_lab *lab, const struct lad_trial *trial, struct native_testbed *testbed,
		 struct lad_error *err)
{
	if (build_hosts(lab->scenario, trial, testbed, err) < 0)
		return -1;
	struct lad_path_request request = {testbed->hosts,
					   testbed->host_count,
					   trial->placement,
					   trial->workload->traffic.ip,
					   lad_trial_topology(trial),
					   1 + trial->background_count};
	if (lad_path_up(trial->mode, &request, &testbed->path, err) < 0)
		return -1;
	if (trial->placement == LAD_CROSS_HOST && follow_rate(testbed, wire_rate(lab->scenario, trial), err) < 0)
		return -1;
	/* On a short path TCP joins a whole window to one burst of a paced stream, unless told not to (Linux 5.18). */
	for (int i = 0; sends(trial, is_paced_stream) && i < testbed->path.end_count; i++)
		lad_sysctl_write(testbed->path.ends[i].netns_fd, "net/ipv4/tcp_tso_rtt_log", "0", NULL);
	/* A connection a transaction: give the generators every port there is. */
	for (int i = 0; sends(trial, is_crr) && i < testbed->path.reach_count; i++)
		if (lad_sysctl_write(testbed->path.ends[testbed->path.reaches[i].generator].netns_fd,
				     "net/ipv4/ip_local_port_range", "1024 65535", err) < 0)
			return -1;
	return 0;
}

/* Whether an error says that the kernel has no such thing, rather than that something went wrong. */
static bool is_refusal(int errno_value)
{
	return errno_value == EOPNOTSUPP || errno_value == EAFNOSUPPORT || errno_value == EINVAL ||
	       errno_value == ERANGE;
}

static int tune(const struct lad_lab *lab, const struct lad_trial *trial, struct native_testbed *testbed,
		struct lad_tuning_report *report, struct lad_error *err)
{
	struct lad_tuning_target target = {trial->mode, testbed->hosts, testbed->host_count, &testbed->path,
					   lab->state};
	return lad_tuning_apply(trial->tuning, &target, report, err);
}

/* The CPU that is INDEX places behind the first that this process may use, round and round. */
static int cpu_in_turn(const struct lad_lab *lab, int index)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof set, &set);
	int left = index % CPU_COUNT(&set), cpu = lab->cpu_first;
	while (left > 0)
		left -= CPU_ISSET((unsigned)++cpu, &set) != 0;
	return cpu;
}

/* In the order of the ends, how many sinks stand before SINK. */
static int sinks_before(const struct lad_path *path, int sink)
{
	bool is_sink[LAD_MEMBERS_MAX] = {false};
	int count = 0;
	for (int i = 0; i < path->reach_count; i++)
		is_sink[path->reaches[i].sink] = true;
	for (int i = 0; i < sink; i++)
		count += is_sink[i];
	return count;
}

static int cpu_of(const struct lad_lab *lab, const struct lad_trial *trial, const struct lad_path *path, int session,
		  int role)
{
	/* Several threads pin themselves. */
	if (trial->workload->cpus == LAD_CPUS_PINNED && trial->workload->traffic.threads > 1)
		return LAD_ANY_CPU;
	switch (trial->workload->cpus) {
	case LAD_CPUS_SHARED:
		return lab->cpu_last;
	case LAD_CPUS_SPREAD:
		return cpu_in_turn(lab, sinks_before(path, path->reaches[session].sink));
	case LAD_CPUS_PINNED:
		return role == LAD_GENERATOR ? lab->cpu_last : lab->cpu_first;
	default:
		return LAD_ANY_CPU;
	}
}

static int start_agents(const struct lad_lab *lab, const struct lad_trial *trial, struct native_testbed *testbed,
			struct lad_error *err)
{
	for (int i = 0; i < testbed->agent_count; i++) {
		int role = i % LAD_ROLE_COUNT;
		const struct lad_reach *reach = &testbed->path.reaches[i / LAD_ROLE_COUNT];
		const struct lad_endpoint *end = &testbed->path.ends[role == LAD_SINK ? reach->sink : reach->generator];
		if (lad_container_start(&testbed->agents[i], lab->agent_fd, end->netns_fd, host_names[role],
					cpu_of(lab, trial, &testbed->path, i / LAD_ROLE_COUNT, role), err) < 0)
			return -1;
	}
	return 0;
}

static void native_tear_down(struct lad_lab *lab, struct lad_testbed *testbed)
{
	struct native_testbed *native = testbed->state;
	if (!native)
		return;
	if (lab->state)
		lad_machine_restore(lab->state, NULL); /* what fails here is tried again, and said, at the end */
	for (int i = 0; i < native->agent_count; i++)
		lad_container_stop(&native->agents[i]);
	lad_path_close(&native->path);
	/* A pair's two are soon gone; a hundred containers' take as long as a trial. */
	if (native->agent_count > LAD_ROLE_COUNT)
		lad_hosts_close_wait(native->hosts, native->host_count, &native->wire_fd, CLEAN_UP_LIMIT_NS);
	else
		lad_hosts_close(native->hosts, native->host_count, &native->wire_fd);
	free(native->agents);
	free(native);
	testbed->state = NULL;
	testbed->hosts = NULL;
	testbed->path = NULL;
}

static struct native_testbed *new_testbed(const struct lad_trial *trial)
{
	const struct lad_topology *topology = lad_trial_topology(trial);
	struct native_testbed *testbed = calloc(1, sizeof *testbed);
	if (!testbed)
		return NULL;
	testbed->host_count = topology->hosts;
	testbed->agent_count = lad_trial_session_count(trial) * LAD_ROLE_COUNT;
	testbed->agents = calloc((size_t)testbed->agent_count, sizeof *testbed->agents);
	if (!testbed->agents) {
		free(testbed);
		return NULL;
	}
	testbed->wire_fd = -1;
	for (int i = 0; i < LAD_HOSTS_MAX; i++)
		testbed->hosts[i].netns_fd = -1;
	for (int i = 0; i < testbed->agent_count; i++)
		testbed->agents[i].channel.input = testbed->agents[i].channel.output = -1;
	return testbed;
}

/* What cannot be measured between namespaces of this machine. */
static int check(const struct lad_lab *lab, const struct lad_trial *trial, struct lad_error *err)
{
	if (sends(trial, is_lookup))
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "there is no DNS server between namespaces: dns_rr asks Docker's (--lab docker)");
	if (trial->workload->cpus == LAD_CPUS_PINNED && lad_trial_session_count(trial) > 1) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cpus: pinned is for one session: it takes two CPUs");
		return lad_error_remedy(err, "cpus: shared or free");
	}
	if (trial->workload->cpus == LAD_CPUS_PINNED && lab->cpu_first == lab->cpu_last) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cpus: pinned needs two CPUs and there is one");
		return lad_error_remedy(err, "cpus: shared, or in the vm lab clock: wall");
	}
	return 0;
}

static int native_set_up(struct lad_lab *lab, const struct lad_trial *trial, struct lad_testbed *testbed,
			 struct lad_error *err)
{
	testbed->impossible = check(lab, trial, err) < 0;
	if (testbed->impossible)
		return -1;
	struct native_testbed *native = new_testbed(trial);
	if (!native)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	testbed->state = native;
	struct lad_error why = {0};
	bool built = build(lab, trial, native, &why) == 0,
	     tuned = built && tune(lab, trial, native, &testbed->tuning, &why) == 0;
	if (!tuned || start_agents(lab, trial, native, &why) < 0) {
		native_tear_down(lab, testbed);
		/* What has run out may be there the next time, and what no tuning can have is not there at all. */
		testbed->impossible = built ? !tuned && !lad_is_shortage(why.saved_errno) : is_refusal(why.saved_errno);
		if (err)
			*err = why;
		return -1;
	}
	const struct lad_path *path = &native->path;
	for (int i = 0; i < path->reach_count; i++) {
		struct lad_testbed_session *session = &testbed->sessions[i];
		const struct lad_reach *reach = &path->reaches[i];
		const struct lad_endpoint *generator = &path->ends[reach->generator], *sink = &path->ends[reach->sink];
		for (int role = 0; role < LAD_ROLE_COUNT; role++)
			session->agents[role] = &native->agents[i * LAD_ROLE_COUNT + role].channel;
		snprintf(session->listen_address, sizeof session->listen_address, "%s", sink->address);
		snprintf(session->target_address, sizeof session->target_address, "%s", reach->target_address);
		session->listen_port = reach->listen_port;
		session->target_port = reach->target_port;
		session->mtu_bytes = generator->mtu_bytes;
		session->generator_host = generator->host_index;
		session->sink_host = sink->host_index;
	}
	testbed->hosts = native->hosts;
	testbed->path = path;
	return 0;
}

/* Whether an earlier session's end of ROLE is behind the same device. */
static bool counted_before(const struct lad_testbed *testbed, int number, enum lad_role role)
{
	const struct lad_path *path = testbed->path;
	const struct lad_reach *reaches = path->reaches;
	const struct lad_endpoint *end =
	    &path->ends[role == LAD_SINK ? reaches[number].sink : reaches[number].generator];
	for (int i = 0; i < number; i++) {
		const struct lad_endpoint *other =
		    &path->ends[role == LAD_SINK ? reaches[i].sink : reaches[i].generator];
		/* In host mode the ends of one host are one. */
		if (other->host_index == end->host_index && strcmp(other->address, end->address) == 0)
			return true;
	}
	return false;
}

static int native_count(const struct lad_testbed *testbed, enum lad_role role, struct lad_link_counters *counters,
			struct lad_error *err)
{
	const struct lad_path *path = testbed->path;
	*counters = (struct lad_link_counters){0};
	for (int i = 0; i < path->reach_count; i++) {
		const struct lad_reach *reach = &path->reaches[i];
		const struct lad_endpoint *end = &path->ends[role == LAD_SINK ? reach->sink : reach->generator];
		struct lad_link_counters one;
		if (counted_before(testbed, i, role))
			continue;
		if (lad_link_counters(end->netns_fd, end->device, &one, err) < 0)
			return -1;
		counters->rx_packets += one.rx_packets;
		counters->tx_packets += one.tx_packets;
		counters->rx_bytes += one.rx_bytes;
		counters->tx_bytes += one.tx_bytes;
	}
	return 0;
}

/* Starts a container and stops it: what every trial needs is missed once, before the first of them. */
static int try_container(const struct lad_lab *lab, struct lad_error *err)
{
	struct lad_container container;
	lad_cleanup_fd int netns = lad_netns_new(err);
	if (netns < 0)
		return -1;
	struct lad_error why = {0};
	int status = lad_container_start(&container, lab->agent_fd, netns, "trial", LAD_ANY_CPU, &why);
	if (status == 0)
		lad_container_stop(&container);
	else if (err)
		*err = why;
	return status == 0 ? 0
	       : why.saved_errno == EPERM
		   ? lad_error_context(err, "the native lab needs root, or a user namespace that may mount /proc")
		   : -1;
}

static int native_open(struct lad_lab *lab, struct lad_error *err)
{
	const struct lad_scenario *scenario = lab->scenario;
	struct lad_machine *machine = NULL;
	if (try_container(lab, err) < 0)
		return -1;
	if (scenario->allow_host_tuning &&
	    lad_machine_begin(scenario->tunings, scenario->tuning_count, &machine, err) < 0)
		return -1;
	lab->state = machine;
	return 0;
}

static void native_close(struct lad_lab *lab)
{
	struct lad_error err;
	if (lad_machine_end(lab->state, &err) < 0)
		fprintf(stderr, "netladder: %s\n", lad_error_line(&err).text);
	lab->state = NULL;
}

const struct lab_ops lad_lab_native = {
    .lab = LAD_LAB_NATIVE,
    .takes_backgrounds = true,
    .probe = native_probe,
    .open = native_open,
    .close = native_close,
    .set_up = native_set_up,
    .count = native_count,
    .tear_down = native_tear_down,
};
