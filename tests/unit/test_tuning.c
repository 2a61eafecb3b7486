/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "netladder/scenario.h"

#define HEAD "modes: [host]\nworkloads: [{kind: tcp_rr}]\n"

static struct lad_scenario scenario_of(const char *text)
{
	struct lad_scenario scenario;
	struct lad_error err;
	if (lad_scenario_parse("test.yaml", text, strlen(text), &scenario, &err) < 0)
		fail_msg("%s", err.message);
	return scenario;
}

static void assert_names(const struct lad_scenario *scenario, const char *const *names, int count)
{
	assert_int_equal(scenario->tuning_count, count);
	for (int i = 0; i < count; i++)
		assert_string_equal(scenario->tunings[i].name, names[i]);
}

static void assert_settings(const struct lad_tuning *tuning, const char *expected)
{
	char text[LAD_TUNING_TEXT_MAX];
	lad_tuning_describe(tuning, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_without_tunings_there_is_the_default_alone(void **state)
{
	(void)state;
	struct lad_scenario s = scenario_of(HEAD);
	assert_names(&s, (const char *const[]){"default"}, 1);
	assert_settings(&s.tunings[0], "");
	assert_false(s.allow_host_tuning);
}

static void test_every_setting_reaches_the_struct(void **state)
{
	(void)state;
	struct lad_scenario s = scenario_of(
	    HEAD "allow_host_tuning: true\ntunings:\n- name: all\n  mtu: 9000\n  container_mtu: 1450\n"
		 "  congestion_control: bbr\n  tso: off\n  gso: on\n  gro: off\n  tx_checksum: on\n"
		 "  queues: 2\n  rps_cpus: 3\n  xps_cpus: all\n  txqueuelen: 10\n  qdisc: fq\n  rate: 1.5Gbit\n"
		 "  delay: 5ms\n  loss: 0.1%\n  rules: 100\n  neighbours_on_bridge: 9\n  flows: 16\n"
		 "  socket_buffer: 1MiB\n  sysctls: [net.ipv4.tcp_rmem=4096 87380 16777216, "
		 "net/ipv4/conf/eth0.1/rp_filter=0]\n");
	const struct lad_tuning *all = &s.tunings[1];
	assert_int_equal(s.tuning_count, 2);
	assert_true(s.allow_host_tuning);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_MTU, 0), 9000);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_TSO, -1), 0);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_GSO, -1), 1);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_RPS_CPUS, 0), 3);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_XPS_CPUS, 0), LAD_ALL_CPUS);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_DELAY, 0), 5000000);
	assert_int_equal(lad_tuning_integer(all, LAD_SETTING_SOCKET_BUFFER, 0), 1 << 20);
	assert_true(lad_tuning_real(all, LAD_SETTING_RATE, 0) == 1.5e9);
	assert_true(lad_tuning_real(all, LAD_SETTING_LOSS, 0) == 0.001);
	assert_int_equal(lad_tuning_integer(&s.tunings[0], LAD_SETTING_MTU, 1500), 1500);
	assert_string_equal(all->sysctls[0].key, "net/ipv4/tcp_rmem");
	assert_string_equal(all->sysctls[1].key, "net/ipv4/conf/eth0.1/rp_filter");
	assert_settings(all,
			"mtu=9000; container_mtu=1450; congestion_control=bbr; tso=off; gso=on; gro=off; "
			"tx_checksum=on; queues=2; rps_cpus=3; xps_cpus=all; txqueuelen=10; qdisc=fq; rate=1.5Gbit; "
			"delay=5ms; loss=0.1%; rules=100; neighbours_on_bridge=9; flows=16; socket_buffer=1MiB; "
			"net.ipv4.tcp_rmem=4096 87380 16777216; net.ipv4.conf.eth0/1.rp_filter=0");
}

static void test_a_full_sweep_is_every_combination_the_last_factor_fastest(void **state)
{
	(void)state;
	struct lad_scenario s = scenario_of(HEAD "sweep:\n  factors:\n  - {setting: mtu, values: [base, 9000]}\n"
						 "  - {setting: tso, values: [base, off, on]}\n");
	assert_names(
	    &s,
	    (const char *const[]){"default", "tso=off", "tso=on", "mtu=9000", "mtu=9000,tso=off", "mtu=9000,tso=on"},
	    6);
	assert_settings(&s.tunings[4], "mtu=9000; tso=off");
}

static void test_one_at_a_time_changes_one_setting_of_the_base(void **state)
{
	(void)state;
	struct lad_scenario s = scenario_of(HEAD "tunings: [{name: other}, {name: wan, mtu: 1400, delay: 10ms}]\n"
						 "sweep:\n  design: one-at-a-time\n  base: wan\n  factors:\n"
						 "  - {setting: mtu, values: [base, 9000]}\n"
						 "  - {setting: net.ipv4.tcp_rmem, values: [4096 87380 16777216]}\n");
	assert_names(&s, (const char *const[]){"wan", "other", "mtu=9000", "tcp_rmem=4096/87380/16777216"}, 4);
	assert_settings(&s.tunings[2], "mtu=9000; delay=10ms");
	assert_settings(&s.tunings[3], "mtu=1400; delay=10ms; net.ipv4.tcp_rmem=4096 87380 16777216");
}

static void test_sysctls_with_the_same_last_word_are_told_apart(void **state)
{
	(void)state;
	struct lad_scenario s =
	    scenario_of(HEAD "sweep:\n  factors:\n  - {setting: net.ipv4.conf.eth0.rp_filter, values: [1]}\n"
			     "  - {setting: net.ipv4.conf.lo.rp_filter, values: [2]}\n");
	assert_string_equal(s.tunings[1].name, "net.ipv4.conf.eth0.rp_filter=1,net.ipv4.conf.lo.rp_filter=2");
}

static void test_sysctls_may_be_written_as_in_sysctl_conf(void **state)
{
	(void)state;
	struct lad_scenario s =
	    scenario_of(HEAD "tunings: [{name: a, sysctls: [net.ipv4.tcp_sack = 0, \"net.ipv4.tcp_rmem = 4096\t131072"
			     "\t6291456\", ' net.ipv4.tcp_wmem =4096  16384 4194304 ']}]\n"
			     "limits: {sysctls: [net.ipv4.tcp_ecn = 1]}\n"
			     "sweep: {factors: [{setting: net.ipv4.tcp_mtu_probing, values: [\" 1\", \"2 \"]},"
			     "{setting: net.ipv4.udp_mem, values: [\"1  2\t3\"]}]}\n");
	assert_settings(&s.tunings[1], "net.ipv4.tcp_sack=0; net.ipv4.tcp_rmem=4096 131072 6291456; "
				       "net.ipv4.tcp_wmem=4096 16384 4194304");
	assert_string_equal(s.docker.sysctls[0].key, "net/ipv4/tcp_ecn");
	assert_string_equal(s.docker.sysctls[0].value, "1");
	assert_string_equal(s.tunings[2].name, "tcp_mtu_probing=1,udp_mem=1/2/3");
	assert_settings(&s.tunings[3], "net.ipv4.tcp_mtu_probing=2; net.ipv4.udp_mem=1 2 3");
}

static void test_nothing_but_networking_may_be_set(void **state)
{
	(void)state;
	static const char *const allowed[] = {"net/ipv4/tcp_rmem", "net/core/rmem_max",
					      "net/netfilter/nf_conntrack_max", "kernel/sched_autogroup_enabled"};
	static const char *const refused[] = {"kernel/core_pattern",
					      "kernel/modprobe",
					      "kernel/hotplug",
					      "kernel/unprivileged_bpf_disabled",
					      "fs/suid_dumpable",
					      "fs/protected_symlinks",
					      "vm/panic_on_oom",
					      "user/max_user_namespaces",
					      "net/core/bpf_jit_harden",
					      "network/x",
					      "net",
					      "kernel/net/x",
					      "abi/net",
					      "dev/tty/ldisc_autoload"};
	struct lad_error err;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		assert_int_equal(lad_sysctl_check_allowed(allowed[i], &err), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_int_equal(lad_sysctl_check_allowed(refused[i], &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
	}
}

static void test_sixty_four_tunings_fit_and_one_more_does_not(void **state)
{
	(void)state;
	char text[2048];
	for (int count = 63; count <= 64; count++) {
		struct lad_scenario s;
		struct lad_error err;
		size_t used =
		    (size_t)snprintf(text, sizeof text, HEAD "sweep:\n  factors:\n  - setting: rules\n    values: [");
		for (int i = 1; i <= count; i++)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i == 1 ? "" : ",", i);
		snprintf(text + used, sizeof text - used, "]\n");
		int status = lad_scenario_parse("test.yaml", text, strlen(text), &s, &err);
		assert_int_equal(status, count == 63 ? 0 : -1);
		if (status == 0)
			assert_int_equal(s.tuning_count, 64);
		else
			assert_non_null(strstr(err.message, "more than 64 tunings"));
	}
}

static void test_every_setting_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < LAD_SETTING_COUNT; i++)
		assert_int_equal(lad_setting_from_name(lad_setting_name((enum lad_setting)i)), i);
	assert_int_equal(lad_setting_from_name("mut"), -1);
	assert_string_equal(lad_setting_name(LAD_SETTING_COUNT), "?");
}

/* The smallest two-sided p of a signed-rank test is 2 / 2^blocks, and Holm multiplies it by the number of tunings. */
static void test_the_sweeps_that_ship_have_blocks_enough_to_decide_something(void **state)
{
	(void)state;
	static const char *const names[] = {"mtu", "offloads", "queues", "rules", "flows", "buffers"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		struct lad_scenario s;
		struct lad_error err;
		snprintf(path, sizeof path, "scenarios/%s.yaml", names[i]);
		if (lad_scenario_load(path, &s, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(s.tuning_count > 1);
		bool exact = s.lab == LAD_LAB_VM && s.vm.clock == LAD_CLOCK_INSTRUCTIONS; /* no test, no p */
		if (!exact && ldexp(2, -s.blocks) * (s.tuning_count - 1) > s.alpha)
			fail_msg("%s: %d blocks are too few for %d tunings", path, s.blocks, s.tuning_count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_tunings_there_is_the_default_alone),
	    cmocka_unit_test(test_every_setting_reaches_the_struct),
	    cmocka_unit_test(test_a_full_sweep_is_every_combination_the_last_factor_fastest),
	    cmocka_unit_test(test_one_at_a_time_changes_one_setting_of_the_base),
	    cmocka_unit_test(test_sysctls_with_the_same_last_word_are_told_apart),
	    cmocka_unit_test(test_sysctls_may_be_written_as_in_sysctl_conf),
	    cmocka_unit_test(test_nothing_but_networking_may_be_set),
	    cmocka_unit_test(test_sixty_four_tunings_fit_and_one_more_does_not),
	    cmocka_unit_test(test_every_setting_has_a_name_of_its_own),
	    cmocka_unit_test(test_the_sweeps_that_ship_have_blocks_enough_to_decide_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
