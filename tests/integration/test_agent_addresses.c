/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netladder-agent by hand: whichever address one has, and however it is written, the other end is found there. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driven.h"
#include "netladder/netlink.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define PORT "5202"

static struct finished finished;

static pid_t start_sink(int netns, const char *bind)
{
	const char *const argv[] = {AGENT, "sink", "--token", "secret", bind ? "--bind" : NULL, bind, NULL};
	pid_t pid = support_start(netns, -1, argv);
	assert_true(support_wait_listening(netns, false, 5202));
	return pid;
}

/* Both ends measure something, and say so. */
static void expect_traffic(int sink_netns, const char *bind, int netns, const char *workload, const char *to,
			   const char *more)
{
	const char *const argv[] = {AGENT,    "generate",   workload, "--to",	to,   "--token",
				    "secret", "--duration", "200ms",  "--json", more, NULL};
	pid_t sink = start_sink(sink_netns, bind);
	support_run(&finished, netns, -1, argv);
	if (finished.code != 0 || !strstr(finished.out, "\"complete\":true"))
		fail_msg("sink on %s, %s to %s %s: exit %d, %s%s", bind ? bind : "any", workload, to, more,
			 finished.code, finished.out, finished.err);
	assert_int_equal(support_end_of(sink), 0);
}

static const struct {
	const char *workload, *more;
} datagrams[] = {{"udp_rr", "--flows=1"},
		 {"udp_rr", "--flows=4"},
		 {"udp_stream", "--flows=1"},
		 {"udp_stream", "--direction=reverse"},
		 {"udp_stream", "--direction=both"}};
#define DATAGRAMS (sizeof datagrams / sizeof *datagrams)

static void test_a_datagram_is_answered_from_the_address_that_it_was_sent_to(void **state)
{
	(void)state;
	struct lad_error err = {0};
	int netns = lad_netns_new_for(LAD_IP_V6, &err);
	if (netns < 0 || lad_address_add(netns, "lo", "2001:db8::2", 128, &err) < 0 ||
	    lad_address_add(netns, "lo", "2001:db8::3", 128, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < DATAGRAMS; i++) {
		expect_traffic(netns, NULL, netns, datagrams[i].workload, "127.0.0.2", datagrams[i].more);
		expect_traffic(netns, "::", netns, datagrams[i].workload, "2001:db8::3", datagrams[i].more);
	}
	close(netns);
}

static void test_a_sink_on_any_ipv6_address_serves_ipv4_as_well(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_stream", "tcp_rr", "tcp_crr"};
	struct lad_error err = {0};
	int netns = lad_netns_new_for(LAD_IP_V6, &err);
	if (netns < 0 || lad_sysctl_write(netns, "net/ipv6/bindv6only", "1", &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < 3; i++)
		expect_traffic(netns, "::", netns, workloads[i], "127.0.0.1", "--flows=2");
	for (size_t i = 0; i < DATAGRAMS; i++)
		expect_traffic(netns, "::", netns, datagrams[i].workload, "127.0.0.2", datagrams[i].more);
	expect_traffic(netns, "::", netns, "tcp_rr", "::1", "--flows=1");
	/* An IPv4 address is the same one when it is written as IPv6. */
	expect_traffic(netns, "::ffff:127.0.0.2", netns, "udp_rr", "127.0.0.2", "--flows=2");
	expect_traffic(netns, "127.0.0.2", netns, "udp_rr", "::ffff:127.0.0.2", "--flows=2");
	expect_traffic(netns, "::", netns, "udp_stream", "[::ffff:127.0.0.1]:" PORT, "--direction=reverse");
	close(netns);
}

static void test_a_link_local_address_needs_its_device_which_is_not_told_to_the_other_end(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_stream", "tcp_rr", "tcp_crr", "udp_rr", "udp_stream"};
	struct lad_error err = {0};
	int here = lad_netns_new_for(LAD_IP_V6, &err), there = lad_netns_new_for(LAD_IP_V6, &err);
	/* Two devices here, so that their indices are not the same on both sides. */
	if (here < 0 || there < 0 || lad_link_bridge(here, "other0", 1500, &err) < 0 ||
	    lad_link_veth(here, "near0", there, "distant0", 1500, &err) < 0 ||
	    lad_address_add(here, "near0", "fe80::1", 64, &err) < 0 ||
	    lad_address_add(there, "distant0", "fe80::2", 64, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < 5; i++) {
		const char *more = i == 4 ? "--direction=both" : "--flows=2";
		expect_traffic(there, "::", here, workloads[i], "[fe80::2%near0]:" PORT, more);
		expect_traffic(there, "fe80::2%distant0", here, workloads[i], "fe80::2%near0", more);
	}
	static const struct {
		const char *to, *said;
		int code;
	} wrong[] = {{"fe80::2", "needs the device that it is on", 3}, {"fe80::2%nowhere", "no device \"nowhere\"", 2}};
	for (size_t i = 0; i < 2; i++) {
		const char *const to[] = {AGENT, "generate", "udp_rr", "--to", wrong[i].to, "--token", "x", NULL};
		support_run(&finished, here, -1, to);
		support_expect(&finished, wrong[i].code, NULL, wrong[i].said);
		const char *const bind[] = {AGENT, "sink", "--bind", wrong[i].to, NULL};
		support_run(&finished, here, -1, bind);
		support_expect(&finished, wrong[i].code, NULL, wrong[i].said);
	}
	close(here);
	close(there);
}

static void test_every_address_of_a_name_is_tried_and_a_failure_names_each(void **state)
{
	(void)state;
	struct lad_error err = {0};
	int netns = lad_netns_new_for(LAD_IP_V6, &err);
	assert_return_code(netns, errno);
	expect_traffic(netns, "127.0.0.1", netns, "tcp_rr", "many.test", "--flows=2");
	expect_traffic(netns, "127.0.0.1", netns, "udp_rr", "many.test", "--flows=2");
	expect_traffic(netns, "::1", netns, "udp_rr", "many.test:" PORT, "--flows=2");
	const char *const argv[] = {AGENT, "generate", "udp_rr", "--to", "many.test", "--token", "x", NULL};
	support_run(&finished, netns, -1, argv);
	support_expect(&finished, 3, NULL, "many.test port 5202");
	support_expect(&finished, 3, NULL, "::1: Connection refused");
	support_expect(&finished, 3, NULL, "127.0.0.1: Connection refused");
	close(netns);
}

static void test_a_generator_waits_for_a_sink_that_comes_later(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct support_program generator;
	const char *const argv[] = {AGENT,	  "generate", "tcp_rr", "--to", "127.0.0.1", "--token", "secret",
				    "--duration", "200ms",    "--wait", "60s",	"--json",    NULL};
	support_begin(&generator, &finished, netns, -1, argv);
	support_hear(&generator, "\"type\":\"waiting\"");
	pid_t sink = start_sink(netns, NULL);
	support_finish(&generator);
	support_expect(&finished, 0, "\"complete\":true", NULL);
	assert_int_equal(support_end_of(sink), 0);
	/* Nobody comes, and it can be interrupted. */
	const char *const briefly[] = {AGENT,	  "generate", "tcp_rr", "--to",	 "127.0.0.1",
				       "--token", "secret",   "--wait", "300ms", NULL};
	support_run(&finished, netns, -1, briefly);
	support_expect(&finished, 3, "waiting up to 0.3 s",
		       "no sink answers at 127.0.0.1 port 5202: Connection refused");
	support_begin(&generator, &finished, netns, -1, argv);
	support_hear(&generator, "\"type\":\"waiting\"");
	kill(generator.pid, SIGTERM);
	support_finish(&generator);
	support_expect(&finished, 130, "\"complete\":false", "interrupted");
	close(netns);
}

static void test_a_generator_waits_for_a_name_to_resolve(void **state)
{
	(void)state;
	int netns = driven_new_netns();
	struct support_program generator;
	const char *const argv[] = {AGENT,	  "generate", "tcp_rr", "--to", "late.test", "--token", "secret",
				    "--duration", "200ms",    "--wait", "60s",	"--json",    NULL};
	support_begin(&generator, &finished, netns, -1, argv);
	support_hear(&generator, "\"type\":\"waiting\"");
	pid_t sink = start_sink(netns, NULL);
	FILE *hosts = fopen("/etc/hosts", "a");
	assert_non_null(hosts);
	fputs("127.0.0.1 late.test\n", hosts);
	fclose(hosts);
	support_finish(&generator);
	support_expect(&finished, 0, "\"complete\":true", NULL);
	assert_int_equal(support_end_of(sink), 0);
	close(netns);
}

/* In a mount namespace of our own, names are what this file says. */
static int have_hosts(void **state)
{
	(void)state;
	char path[] = "/tmp/netladder-hosts-XXXXXX";
	static const char names[] = "::1 many.test\n127.0.0.1 many.test\n";
	int fd = mkstemp(path);
	assert_return_code(fd, errno);
	assert_int_equal(write(fd, names, sizeof names - 1), sizeof names - 1);
	assert_return_code(fchmod(fd, 0644), errno);
	close(fd);
	assert_return_code(unshare(CLONE_NEWNS), errno);
	assert_return_code(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), errno);
	assert_return_code(mount(path, "/etc/hosts", NULL, MS_BIND, NULL), errno);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_datagram_is_answered_from_the_address_that_it_was_sent_to),
	    cmocka_unit_test(test_a_sink_on_any_ipv6_address_serves_ipv4_as_well),
	    cmocka_unit_test(test_a_link_local_address_needs_its_device_which_is_not_told_to_the_other_end),
	    cmocka_unit_test(test_every_address_of_a_name_is_tried_and_a_failure_names_each),
	    cmocka_unit_test(test_a_generator_waits_for_a_sink_that_comes_later),
	    cmocka_unit_test(test_a_generator_waits_for_a_name_to_resolve),
	};
	return cmocka_run_group_tests_name("agent addresses", tests, have_hosts, NULL);
}
