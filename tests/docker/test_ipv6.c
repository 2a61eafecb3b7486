/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The docker lab over IPv6, on two engines with ip6tables and on two without. */
#include "engines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct engines engines;

static const char scenario[] = "lab: docker\nmodes: [host, macvlan, bridge]\nworkloads:\n"
			       "- {kind: tcp_rr, cpus: free, ip: 6}\n- {kind: udp_rr, cpus: free, ip: 6}\n"
			       "trials: {blocks: 1, warmup: 20ms, duration: 200ms}\n";

/* A socket that counts what passes the wire's end at engine INDEX with this EtherType, either way. */
static int open_counter(int index, unsigned short type)
{
	char path[64];
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), /* the EtherType */
				     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 1), BPF_STMT(BPF_RET | BPF_K, 64),
				     BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog program = {sizeof code / sizeof *code, code};
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)engines_inner(&engines, index));
	int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), theirs = open(path, O_RDONLY | O_CLOEXEC);
	assert_return_code(setns(theirs, CLONE_NEWNET), errno);
	struct sockaddr_ll wire = {
	    .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex("eth0")};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* nothing comes before the filter stands */
	assert_return_code(setns(ours, CLONE_NEWNET), errno);
	close(ours);
	close(theirs);
	assert_return_code(fd, errno);
	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), errno);
	assert_return_code(bind(fd, (struct sockaddr *)&wire, sizeof wire), errno);
	return fd;
}

/* The kernel counts what it had no room for in the socket as well. */
static double take_count(int fd)
{
	struct tpacket_stats stats;
	socklen_t length = sizeof stats;
	assert_return_code(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length), errno);
	close(fd);
	return stats.tp_packets;
}

static void assert_engines_have(const char *folder, bool userland_proxy, bool ip6tables)
{
	cJSON *docker = engines_environment(folder);
	const cJSON *engine, *list = cJSON_GetObjectItem(docker, "engines");
	assert_int_equal(cJSON_GetArraySize(list), 2);
	cJSON_ArrayForEach(engine, list)
	{
		const cJSON *proxy = cJSON_GetObjectItem(engine, "userland_proxy");
		const cJSON *rules = cJSON_GetObjectItem(engine, "ip6tables");
		assert_true(cJSON_IsBool(proxy) && cJSON_IsBool(rules));
		assert_int_equal(cJSON_IsTrue(proxy), userland_proxy);
		assert_int_equal(cJSON_IsTrue(rules), ip6tables);
	}
	cJSON_Delete(docker);
}

static void test_every_mode_but_overlay_sends_ipv6_and_nothing_else_between_the_engines(void **state)
{
	(void)state;
	char folder[160];
	struct lad_table table;
	double packets = 0, least = 0;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	int six = open_counter(1, ETH_P_IPV6), four = open_counter(1, ETH_P_IP);
	engines_run(&engines, -1, "ipv6", scenario, folder, LAD_EXIT_OK);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 6);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s", lad_mode_name(row->mode), row->reason);
		assert_int_equal(row->ip_version, 6);
		/* A request and a response each. */
		double these = 2 * row->transactions_per_s * row->duration_s;
		packets += these;
		if (least <= 0 || these < least)
			least = these;
	}
	lad_table_free(&table);
	assert_true(least > 20);
	assert_true(take_count(six) >= packets);
	/* A trial that went over IPv4 would be seen here. */
	assert_true(take_count(four) < least);
	assert_engines_have(folder, true, true);
	for (int i = 0; i < 2; i++)
		engines_assert_clean(engines.clients[i]);
}

static void test_without_ip6tables_the_bridge_is_skipped_with_its_remedy_and_the_proxy_is_known(void **state)
{
	(void)state;
	char folder[160];
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, -1, "ipv6", scenario, folder, LAD_EXIT_OK);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 6);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		bool bridge = row->mode == LAD_MODE_BRIDGE;
		assert_int_equal(row->status, bridge ? LAD_STATUS_SKIPPED : LAD_STATUS_OK);
		if (bridge && !strstr(row->reason, "start it with --ip6tables"))
			fail_msg("the reason is: %s", row->reason);
	}
	lad_table_free(&table);
	assert_engines_have(folder, false, false);
}

static int set_up(void **state)
{
	(void)state;
	return engines_start(&engines, 2,
			     "--experimental --ip6tables"); /* the first, for the second's sake, before 27 */
}

static int set_up_without(void **state)
{
	(void)state;
	return engines_start(&engines, 2, "--ip6tables=false --userland-proxy=false");
}

static int tear_down(void **state)
{
	(void)state;
	engines_stop(&engines);
	return 0;
}

int main(void)
{
	const struct CMUnitTest with[] = {
	    cmocka_unit_test(test_every_mode_but_overlay_sends_ipv6_and_nothing_else_between_the_engines),
	};
	const struct CMUnitTest without[] = {
	    cmocka_unit_test(test_without_ip6tables_the_bridge_is_skipped_with_its_remedy_and_the_proxy_is_known),
	};
	int failed = cmocka_run_group_tests_name("ipv6", with, set_up, tear_down);
	return failed + cmocka_run_group_tests_name("ipv6 without ip6tables", without, set_up_without, tear_down);
}
