/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each setting of a tuning arrives: read by other programs, in the namespaces of a network that stands. */
#include "folders.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/network.h"

static struct finished finished;

struct tuned {
	struct lad_scenario scenario;
	struct lad_trial_context context;
	struct lad_trial trial;
	struct lad_testbed_session session;
	struct lad_testbed testbed;
	struct lad_error err;
	int status;
};

/* Builds MODE's network with the tuning that SETTINGS (YAML, "mtu: 9000") describe. */
static struct tuned *stand(enum lad_mode mode, const char *settings)
{
	static struct tuned tuned;
	char text[1024];
	memset(&tuned, 0, sizeof tuned);
	snprintf(text, sizeof text, "modes: [%s]\nworkloads: [{kind: tcp_rr}]\ntunings: [{name: tuned, %s}]\n",
		 lad_mode_name(mode), settings);
	if (lad_scenario_parse("test.yaml", text, strlen(text), &tuned.scenario, &tuned.err) < 0)
		fail_msg("%s", tuned.err.message);
	tuned.context = support_context(&tuned.scenario, 0.1, 0.1);
	tuned.trial = (struct lad_trial){.number = 1,
					 .block = 1,
					 .mode = mode,
					 .placement = LAD_CROSS_HOST,
					 .workload = &tuned.scenario.workloads[0],
					 .tuning = &tuned.scenario.tunings[1]};
	tuned.testbed = (struct lad_testbed){.sessions = &tuned.session, .session_count = 1};
	tuned.status = lad_lab_native.set_up(tuned.context.lab, &tuned.trial, &tuned.testbed, &tuned.err);
	return &tuned;
}

static struct tuned *stand_well(enum lad_mode mode, const char *settings)
{
	struct tuned *tuned = stand(mode, settings);
	if (tuned->status < 0)
		fail_msg("%s", tuned->err.message);
	return tuned;
}

static void tear_down(struct tuned *tuned)
{
	lad_lab_native.tear_down(tuned->context.lab, &tuned->testbed);
	support_close_context(&tuned->context);
}

/* What a shell COMMAND prints inside a namespace, with the namespace's own /sys. */
static const char *shell(int netns_fd, const char *command)
{
	char line[512];
	snprintf(line, sizeof line, "mount -t sysfs sysfs /sys && %s", command);
	const char *const argv[] = {"unshare", "-m", "sh", "-c", line, NULL};
	support_run(&finished, netns_fd, -1, argv);
	if (finished.code != 0)
		fail_msg("%s: %s", command, finished.err);
	return finished.out;
}

static void assert_prints(int netns_fd, const char *command, const char *wanted)
{
	const char *printed = shell(netns_fd, command);
	if (!strstr(printed, wanted))
		fail_msg("%s prints\n%s\nand not %s", command, printed, wanted);
}

static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
#define MODES (sizeof modes / sizeof *modes)

static void test_the_wires_mtu_arrives_and_containers_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES; i++) {
		struct tuned *t = stand_well(modes[i], "mtu: 9000");
		bool overlay = modes[i] == LAD_MODE_OVERLAY;
		assert_prints(t->testbed.hosts[1].netns_fd, "cat /sys/class/net/eth0/mtu", "9000");
		assert_prints(t->testbed.path->generator.netns_fd, "cat /sys/class/net/eth0/mtu",
			      overlay ? "8950" : "9000");
		assert_int_equal(t->session.mtu_bytes, overlay ? 8950 : 9000);
		assert_string_equal(t->testbed.tuning.effective, "mtu=9000");
		assert_string_equal(t->testbed.tuning.note, "");
		tear_down(t);
	}
}

static void test_a_container_mtu_arrives_on_every_device_but_the_wire(void **state)
{
	(void)state;
	struct tuned *t = stand_well(LAD_MODE_BRIDGE, "container_mtu: 1450");
	for (int host = 0; host < 2; host++) {
		assert_prints(t->testbed.hosts[host].netns_fd, "cat /sys/class/net/" LAD_BRIDGE "/mtu", "1450");
		assert_prints(t->testbed.hosts[host].netns_fd, "cat /sys/class/net/eth0/mtu", "1500");
	}
	assert_prints(t->testbed.path->sink.netns_fd, "cat /sys/class/net/eth0/mtu", "1450");
	tear_down(t);
}

static void test_an_inner_mtu_that_is_too_large_is_marked(void **state)
{
	(void)state;
	struct tuned *t = stand_well(LAD_MODE_OVERLAY, "container_mtu: 1500");
	assert_prints(t->testbed.path->held_fds[0], "cat /sys/class/net/vxlan0/mtu", "1500");
	assert_prints(t->testbed.path->generator.netns_fd, "cat /sys/class/net/eth0/mtu", "1500");
	assert_non_null(strstr(t->testbed.tuning.note, "fragments"));
	tear_down(t);
	t = stand_well(LAD_MODE_OVERLAY, "container_mtu: 1450");
	assert_string_equal(t->testbed.tuning.note, "");
	tear_down(t);
}

static void read_fragments(const struct lad_host *hosts, const struct lad_path *path,
			   const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	(void)generator;
	(void)sink;
	const char *table = shell(hosts[path->generator.host_index].netns_fd, "grep ^Ip: /proc/net/snmp | tail -n 1");
	/* Of the values behind "Ip:", FragCreates is the nineteenth (RFC 4293, ipSystemStatsOutFragCreates). */
	assert_int_equal(sscanf(table,
				"Ip: %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld",
				(long *)data),
			 1);
}

/* How many fragments the sender's host made while an overlay tuned by SETTINGS carried a bulk transfer. */
static long fragments_with(const char *settings)
{
	static struct lad_histogram latency;
	static struct lad_scenario scenario;
	char text[512];
	struct lad_error err = {0};
	struct lad_row row;
	long fragments = -1;
	snprintf(text, sizeof text, "modes: [overlay]\nworkloads: [{kind: tcp_stream}]\ntunings: [{name: tuned, %s}]\n",
		 settings);
	if (lad_scenario_parse("test.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = LAD_MODE_OVERLAY,
				  .placement = LAD_CROSS_HOST,
				  .workload = &scenario.workloads[0],
				  .tuning = &scenario.tunings[1]};
	struct lad_trial_observer observer = {.measured = read_fragments, .data = &fragments};
	struct lad_trial_context context = support_context(&scenario, 0.1, 0.3);
	context.observer = &observer;
	lad_row_clear(&row);
	if (lad_trial_run(&context, &trial, &row, &latency, &err) != LAD_TRIAL_DONE)
		fail_msg("%s", err.message);
	support_close_context(&context);
	return fragments;
}

static void test_too_large_an_inner_mtu_fragments_only_without_path_mtu_discovery(void **state)
{
	(void)state;
	assert_int_equal(fragments_with("container_mtu: 1450"), 0);
	assert_true(fragments_with("container_mtu: 1500, sysctls: [net.ipv4.ip_no_pmtu_disc=1]") > 0);
}

static void test_offloads_arrive(void **state)
{
	(void)state;
	static const struct {
		const char *setting, *shown;
	} cases[] = {{"tso: off", "tcp-segmentation-offload: off"},
		     {"gso: off", "generic-segmentation-offload: off"},
		     {"gro: on", "generic-receive-offload: on"},
		     {"tx_checksum: off", "tx-checksumming: off"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tuned *t = stand_well(LAD_MODE_BRIDGE, cases[i].setting);
		assert_prints(t->testbed.hosts[0].netns_fd, "ethtool -k eth0", cases[i].shown);
		assert_prints(t->testbed.path->sink.netns_fd, "ethtool -k eth0", cases[i].shown);
		assert_non_null(strchr(t->testbed.tuning.effective, '='));
		tear_down(t);
		t = stand_well(LAD_MODE_BRIDGE, "flows: 2"); /* and only by the tuning */
		assert_null(strstr(shell(t->testbed.hosts[0].netns_fd, "ethtool -k eth0"), cases[i].shown));
		tear_down(t);
	}
}

static void test_queues_and_masks_arrive_or_are_refused_with_the_limit(void **state)
{
	(void)state;
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
	struct tuned *t = stand_well(LAD_MODE_BRIDGE, cpus > 1 ? "queues: 2" : "queues: 1");
	assert_prints(t->testbed.path->generator.netns_fd, "ls /sys/class/net/eth0/queues", cpus > 1 ? "rx-1" : "rx-0");
	tear_down(t);
	t = stand_well(LAD_MODE_BRIDGE, "rps_cpus: 1");
	assert_prints(t->testbed.path->sink.netns_fd, "cat /sys/class/net/eth0/queues/rx-0/rps_cpus", "1");
	assert_prints(t->testbed.hosts[1].netns_fd, "cat /sys/class/net/" LAD_BRIDGE "/queues/rx-0/rps_cpus", "1");
	assert_string_equal(t->testbed.tuning.effective, "rps_cpus=1");
	tear_down(t);
	if (cpus > 1) {
		t = stand_well(LAD_MODE_OVERLAY, "xps_cpus: 2");
		assert_prints(t->testbed.hosts[0].netns_fd, "cat /sys/class/net/eth0/queues/tx-0/xps_cpus", "2");
		tear_down(t);
	}
	t = stand(LAD_MODE_HOST, "queues: 64");
	if (cpus < 64) {
		assert_int_equal(t->status, -1);
		assert_true(t->testbed.impossible);
		assert_non_null(strstr(t->err.message, "eth0 has at most"));
	}
	tear_down(t);
}

static void test_the_rest_of_a_devices_settings_arrive(void **state)
{
	(void)state;
	struct tuned *t = stand_well(LAD_MODE_BRIDGE, "txqueuelen: 77, rate: 200Mbit");
	assert_prints(t->testbed.path->generator.netns_fd, "ip link show eth0", "qlen 77");
	assert_prints(t->testbed.hosts[0].netns_fd, "tc qdisc show dev eth0", "rate 200Mbit");
	assert_string_equal(t->testbed.tuning.effective, "rate=200Mbit; txqueuelen=77");
	tear_down(t);
	t = stand_well(LAD_MODE_BRIDGE, "neighbours_on_bridge: 12");
	assert_prints(t->testbed.hosts[0].netns_fd, "ip link show master " LAD_BRIDGE " | grep -c near", "12");
	assert_prints(t->testbed.hosts[0].netns_fd, "cat /sys/class/net/" LAD_BRIDGE "/mtu", "1500");
	tear_down(t);
	t = stand(LAD_MODE_MACVLAN, "neighbours_on_bridge: 12");
	assert_int_equal(t->status, -1);
	assert_non_null(strstr(t->err.message, "macvlan mode has no bridge"));
	tear_down(t);
}

static void test_rules_stand_in_the_path_of_every_packet(void **state)
{
	(void)state;
	struct tuned *t = stand_well(LAD_MODE_BRIDGE, "rules: 25");
	assert_prints(t->testbed.hosts[0].netns_fd, "nft list chain ip rules rules | grep -c 203.0.113", "25");
	assert_prints(t->testbed.hosts[1].netns_fd, "nft list chain ip rules forward", "hook forward");
	assert_string_equal(t->testbed.tuning.effective, "rules=25");
	tear_down(t);
}

static void test_delay_and_loss_arrive_or_the_kernel_has_no_netem(void **state)
{
	(void)state;
	struct tuned *t = stand(LAD_MODE_HOST, "delay: 5ms, loss: 1%, rate: 100Mbit");
	if (t->status < 0) {
		assert_true(t->testbed.impossible);
		assert_non_null(strstr(t->err.message, "no netem"));
	} else {
		assert_prints(t->testbed.hosts[0].netns_fd, "tc qdisc show dev eth0", "delay 5ms");
		assert_prints(t->testbed.hosts[0].netns_fd, "tc qdisc show dev eth0", "loss 1%");
		assert_prints(t->testbed.hosts[0].netns_fd, "tc qdisc show dev eth0", "rate 100Mbit");
	}
	tear_down(t);
}

static void test_a_qdisc_arrives_on_both_ends_own_devices_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES; i++) {
		struct tuned *t = stand_well(modes[i], "qdisc: pfifo_fast");
		assert_prints(t->testbed.path->generator.netns_fd, "tc qdisc show dev eth0 root", "pfifo_fast");
		assert_prints(t->testbed.path->sink.netns_fd, "tc qdisc show dev eth0 root", "pfifo_fast");
		assert_string_equal(t->testbed.tuning.effective, "qdisc=pfifo_fast");
		assert_string_equal(t->testbed.tuning.note, "");
		if (modes[i] != LAD_MODE_HOST)
			assert_null(strstr(shell(t->testbed.hosts[0].netns_fd, "tc qdisc show"), "pfifo_fast"));
		tear_down(t);
	}
	struct tuned *t = stand_well(LAD_MODE_MACVLAN, "qdisc: noqueue, rate: 100Mbit");
	assert_string_equal(t->testbed.tuning.effective, "rate=100Mbit; qdisc=noqueue");
	tear_down(t);
	t = stand(LAD_MODE_HOST, "qdisc: noqueue, rate: 100Mbit");
	assert_int_equal(t->status, -1);
	assert_true(t->testbed.impossible);
	assert_non_null(strstr(t->err.message, "eth0 has the wire's tbf for its qdisc in host mode"));
	tear_down(t);
}

static void test_fq_arrives_or_the_kernel_has_none(void **state)
{
	(void)state;
	struct tuned *t = stand(LAD_MODE_BRIDGE, "qdisc: fq");
	if (t->status < 0) {
		assert_true(t->testbed.impossible);
		assert_non_null(
		    strstr(lad_error_line(&t->err).text, "this kernel has no fq; try: netladder run --lab vm"));
	} else {
		assert_prints(t->testbed.path->generator.netns_fd, "tc qdisc show dev eth0 root", "qdisc fq ");
		assert_string_equal(t->testbed.tuning.effective, "qdisc=fq");
	}
	tear_down(t);
}

static void read_own(char *out, size_t size)
{
	lad_cleanup_file FILE *file = fopen("/proc/sys/net/ipv4/tcp_rmem", "re");
	assert_non_null(file);
	assert_non_null(fgets(out, (int)size, file));
}

static void test_sysctls_arrive_in_hosts_and_containers_and_nowhere_else(void **state)
{
	(void)state;
	static const char read_rmem[] = "cat /proc/sys/net/ipv4/tcp_rmem";
	char before[256], after[256];
	read_own(before, sizeof before);
	struct tuned *t = stand_well(LAD_MODE_OVERLAY, "sysctls: [\"net.ipv4.tcp_rmem=4096  87381 16777217\"]");
	assert_prints(t->testbed.hosts[0].netns_fd, read_rmem, "4096\t87381\t16777217");
	assert_prints(t->testbed.path->sink.netns_fd, read_rmem, "4096\t87381\t16777217");
	assert_string_equal(t->testbed.tuning.effective, "net.ipv4.tcp_rmem=4096 87381 16777217");
	assert_string_equal(t->testbed.tuning.note, "");
	read_own(after, sizeof after);
	assert_string_equal(after, before);
	tear_down(t);
}

static void test_a_value_that_the_kernel_changes_is_said(void **state)
{
	(void)state;
	/* The kernel reads hexadecimal and prints decimal. */
	struct tuned *t = stand_well(LAD_MODE_HOST, "sysctls: [net.ipv4.tcp_reordering=0x10]");
	assert_string_equal(t->testbed.tuning.effective, "net.ipv4.tcp_reordering=16");
	assert_string_equal(t->testbed.tuning.note, "the kernel made net.ipv4.tcp_reordering 16 of 0x10");
	tear_down(t);
}

static void test_what_is_not_here_is_impossible_with_its_reason(void **state)
{
	(void)state;
	static const struct {
		enum lad_mode mode;
		const char *setting, *reason;
	} cases[] = {
	    {LAD_MODE_HOST, "congestion_control: no-such", "congestion control \"no-such\" is not in this kernel"},
	    {LAD_MODE_HOST, "container_mtu: 1400", "host mode has no container device"},
	    {LAD_MODE_MACVLAN, "container_mtu: 9000", "cannot give eth0 an MTU of 9000"},
	    {LAD_MODE_HOST, "sysctls: [net.ipv4.no_such=1]", "there is no sysctl net.ipv4.no_such"},
	    {LAD_MODE_HOST, "sysctls: [net.core.netdev_budget=1]", "a setting of the whole machine"},
	    {LAD_MODE_HOST, "sysctls: [kernel.sched_autogroup_enabled=0]", "a setting of the whole machine"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tuned *t = stand(cases[i].mode, cases[i].setting);
		assert_int_equal(t->status, -1);
		assert_true(t->testbed.impossible);
		if (!strstr(t->err.message, cases[i].reason))
			fail_msg("%s: %s", cases[i].setting, t->err.message);
		tear_down(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_wires_mtu_arrives_and_containers_follow),
	    cmocka_unit_test(test_a_container_mtu_arrives_on_every_device_but_the_wire),
	    cmocka_unit_test(test_an_inner_mtu_that_is_too_large_is_marked),
	    cmocka_unit_test(test_too_large_an_inner_mtu_fragments_only_without_path_mtu_discovery),
	    cmocka_unit_test(test_offloads_arrive),
	    cmocka_unit_test(test_queues_and_masks_arrive_or_are_refused_with_the_limit),
	    cmocka_unit_test(test_the_rest_of_a_devices_settings_arrive),
	    cmocka_unit_test(test_rules_stand_in_the_path_of_every_packet),
	    cmocka_unit_test(test_delay_and_loss_arrive_or_the_kernel_has_no_netem),
	    cmocka_unit_test(test_a_qdisc_arrives_on_both_ends_own_devices_alone),
	    cmocka_unit_test(test_fq_arrives_or_the_kernel_has_none),
	    cmocka_unit_test(test_sysctls_arrive_in_hosts_and_containers_and_nowhere_else),
	    cmocka_unit_test(test_a_value_that_the_kernel_changes_is_said),
	    cmocka_unit_test(test_what_is_not_here_is_impossible_with_its_reason),
	};
	return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}
