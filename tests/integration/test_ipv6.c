/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same rungs over IPv6: what the wire carries, what the kernel counted, and what cannot be had. */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define FRAME_BYTES 128
#define TRANSACTIONS 200
/* For them, on however busy a machine. */
#define PATIENCE_S 60
/* Outer Ethernet 14, IPv4 20, UDP 8, VXLAN 8: then the inner frame (RFC 7348). */
#define INNER_FRAME 50

struct counters {
	double in, out, errors; /* Udp6InDatagrams, Udp6OutDatagrams, Udp6InErrors */
	double v4_in, v4_out;	/* IpInReceives, IpOutRequests */
};

struct seen {
	struct counters generator_before, generator_after, sink_before, sink_after;
	struct lad_agent_result generator;
	char host_addresses[2][LAD_ADDRESS_MAX];
	int capture;	   /* a packet socket in the sink's host, on all that its eth0 sees; -1: none is wanted */
	char rules[20000]; /* what nft says of DOCKER-USER there */
};

static int read_counters(void *arg)
{
	struct counters *counters = arg;
	char line[1024], name[64];
	double value, in, out;
	FILE *v6 = fopen("/proc/thread-self/net/snmp6", "re"), *v4 = fopen("/proc/thread-self/net/snmp", "re");
	assert_non_null(v6);
	assert_non_null(v4);
	while (fgets(line, sizeof line, v6)) {
		if (sscanf(line, "%63s %lf", name, &value) != 2)
			continue;
		if (strcmp(name, "Udp6InDatagrams") == 0)
			counters->in = value;
		if (strcmp(name, "Udp6OutDatagrams") == 0)
			counters->out = value;
		if (strcmp(name, "Udp6InErrors") == 0)
			counters->errors = value;
	}
	while (fgets(line, sizeof line, v4))
		if (sscanf(line, "Ip: %*f %*f %lf %*f %*f %*f %*f %*f %*f %lf", &in, &out) == 2) {
			counters->v4_in = in;
			counters->v4_out = out;
		}
	fclose(v6);
	fclose(v4);
	return 0;
}

static int open_capture(void *arg)
{
	int *fd = arg, buffer_bytes = 1 << 22;
	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	struct sockaddr_ll eth0 = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	eth0.sll_ifindex = (int)if_nametoindex("eth0");
	assert_return_code(*fd, errno);
	assert_return_code(bind(*fd, (struct sockaddr *)&eth0, sizeof eth0), errno);
	return setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
}

static void built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	struct seen *seen = data;
	for (int i = 0; i < 2; i++)
		memcpy(seen->host_addresses[i], hosts[i].address6, LAD_ADDRESS_MAX);
	lad_netns_run(path->generator.netns_fd, read_counters, &seen->generator_before, NULL);
	lad_netns_run(path->sink.netns_fd, read_counters, &seen->sink_before, NULL);
	lad_netns_run(hosts[1].netns_fd, open_capture, &seen->capture, NULL);
}

static void measured(const struct lad_host *hosts, const struct lad_path *path,
		     const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	static struct finished finished;
	static const char *const list[] = {"nft", "list", "table", "ip6", "filter", NULL};
	struct seen *seen = data;
	(void)sink;
	lad_netns_run(path->generator.netns_fd, read_counters, &seen->generator_after, NULL);
	lad_netns_run(path->sink.netns_fd, read_counters, &seen->sink_after, NULL);
	seen->generator = *generator;
	support_run(&finished, hosts[1].netns_fd, -1, list);
	snprintf(seen->rules, sizeof seen->rules, "%.19000s", finished.out);
}

static struct lad_workload workload_of(enum lad_workload_kind kind)
{
	struct lad_workload workload = {.kind = kind, .message_bytes = 64, .flows = 1, .traffic = {.ip = LAD_IP_V6}};
	if (!lad_is_udp(kind))
		strcpy(workload.congestion_control, "cubic");
	if (!lad_is_stream(kind))
		workload.traffic.transactions = TRANSACTIONS;
	return workload;
}

static enum lad_trial_status try(struct lad_trial trial, int64_t wire_mtu, struct seen *seen, struct lad_row *row,
				 struct lad_error *err)
{
	static struct lad_histogram latency;
	struct lad_scenario scenario = {0};
	struct lad_trial_observer observer = {built, measured, seen};
	/* Transactions end a trial when there are enough of them. */
	struct lad_trial_context context =
	    support_context(&scenario, 0.05, lad_is_stream(trial.workload->kind) ? 0.15 : PATIENCE_S);
	trial.number = trial.block = 1;
	trial.tuning = trial.tuning ? trial.tuning : &lad_no_tuning;
	scenario.wire_mtu_bytes = wire_mtu;
	context.observer = &observer;
	seen->capture = -1;
	lad_row_clear(row);
	enum lad_trial_status status = lad_trial_run(&context, &trial, row, &latency, err);
	support_close_context(&context);
	return status;
}

static struct lad_row run(enum lad_mode mode, enum lad_placement placement, const struct lad_workload *workload,
			  const struct lad_tuning *tuning, struct seen *seen)
{
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_trial trial = {.mode = mode, .placement = placement, .workload = workload, .tuning = tuning};
	if (try(trial, 1500, seen, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s, %s: %s", lad_mode_name(mode), lad_workload_name(workload->kind), err.message);
	return row;
}

/* What is in this kernel: all but ipvlan, or all. */
static bool usable(int mode)
{
	struct lad_error err = {0};
	return lad_network_of((enum lad_mode)mode)->probe(&err) == 0;
}

static void test_every_mode_carries_requests_in_both_placements(void **state)
{
	(void)state;
	static struct seen seen;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		for (int placement = 0; placement < LAD_PLACEMENT_COUNT && usable(mode); placement++) {
			static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR};
			for (int i = 0; i < 2; i++) {
				struct lad_workload workload = workload_of(kinds[i]);
				run((enum lad_mode)mode, (enum lad_placement)placement, &workload, NULL, &seen);
				close(seen.capture);
				assert_that(seen.generator.transactions_total, >=, TRANSACTIONS);
				assert_int_equal(seen.generator.timeouts, 0);
				/* Nothing over IPv4 but the hosts' own multicast reports (IGMP, when devices come up).
				 */
				double v4 = seen.generator_after.v4_out - seen.generator_before.v4_out +
					    seen.generator_after.v4_in - seen.generator_before.v4_in;
				assert_that(v4, <=, 8);
			}
		}
}

static void test_datagrams_sent_received_and_lost_equal_the_kernels_ipv6_counters(void **state)
{
	(void)state;
	static struct seen seen;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		struct lad_workload workload = workload_of(LAD_UDP_STREAM);
		if (!usable(mode))
			continue;
		struct lad_row row = run((enum lad_mode)mode, LAD_CROSS_HOST, &workload, NULL, &seen);
		close(seen.capture);
		assert_that(row.sent_total, >, 0);
		assert_int_equal((int64_t)row.sent_total,
				 (int64_t)(seen.generator_after.out - seen.generator_before.out));
		assert_int_equal((int64_t)row.received_total, (int64_t)(seen.sink_after.in - seen.sink_before.in));
		assert_int_equal((int64_t)(row.lost_total - row.network_lost_total),
				 (int64_t)(seen.sink_after.errors - seen.sink_before.errors));
		assert_int_equal((int64_t)row.duplicate_total, 0);
	}
}

static int ethertype_of(const unsigned char *frame)
{
	return frame[12] << 8 | frame[13];
}

/* Counts the frames of the wire by what they carry; PACKET: the last IPv6 one, from its header on. */
static void read_capture(const struct seen *seen, bool overlay, int *v4, int *v6, unsigned char packet[FRAME_BYTES])
{
	unsigned char frame[FRAME_BYTES];
	ssize_t got;
	*v4 = *v6 = 0;
	/* The trial is over: once its device has gone, that is said first, and what it has seen is still there. */
	while ((got = recv(seen->capture, frame, sizeof frame, 0)) > 0 || (got < 0 && errno == ENETDOWN)) {
		size_t at = 0;
		if (got < 0)
			continue;
		if (overlay && ethertype_of(frame) == ETHERTYPE_IP && got > INNER_FRAME + ETH_HLEN)
			at = INNER_FRAME;
		/* TCP alone: neighbour discovery and multicast reports are of IP, too. */
		*v4 += ethertype_of(frame + at) == ETHERTYPE_IP && frame[at + ETH_HLEN + 9] == IPPROTO_TCP;
		if (ethertype_of(frame + at) != ETHERTYPE_IPV6 || got < INNER_FRAME + ETH_HLEN ||
		    frame[at + ETH_HLEN + 6] != IPPROTO_TCP)
			continue;
		memcpy(packet, frame + at + ETH_HLEN, sizeof frame - at - ETH_HLEN);
		(*v6)++;
	}
	close(seen->capture);
}

static void test_the_wire_carries_ipv6_and_the_overlay_carries_it_inside_vxlan(void **state)
{
	(void)state;
	static struct seen seen;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		struct lad_workload workload = workload_of(LAD_TCP_RR);
		unsigned char packet[FRAME_BYTES];
		int v4, v6;
		if (!usable(mode))
			continue;
		run((enum lad_mode)mode, LAD_CROSS_HOST, &workload, NULL, &seen);
		read_capture(&seen, mode == LAD_MODE_OVERLAY, &v4, &v6, packet);
		assert_that(v6, >=, TRANSACTIONS);
		assert_int_equal(v4, 0);
		assert_int_equal(packet[0] >> 4, 6);
		/* RFC 5180's 2001:2::/48 at both ends. */
		static const unsigned char benchmarks[] = {0x20, 0x01, 0x00, 0x02, 0x00, 0x00};
		assert_memory_equal(packet + 8, benchmarks, sizeof benchmarks);
		assert_memory_equal(packet + 24, benchmarks, sizeof benchmarks);
	}
}

static void test_the_bridge_shows_the_hosts_addresses_and_the_published_port(void **state)
{
	(void)state;
	static struct seen seen;
	struct lad_workload workload = workload_of(LAD_TCP_RR);
	unsigned char packet[FRAME_BYTES];
	char text[2][INET6_ADDRSTRLEN];
	int v4, v6;
	run(LAD_MODE_BRIDGE, LAD_CROSS_HOST, &workload, NULL, &seen);
	read_capture(&seen, false, &v4, &v6, packet);
	assert_that(v6, >=, TRANSACTIONS);
	/* The last packet may go either way. */
	bool there = packet[42] << 8 == (LAD_PUBLISHED_PORT & 0xff00);
	inet_ntop(AF_INET6, packet + (there ? 8 : 24), text[0], sizeof text[0]);
	inet_ntop(AF_INET6, packet + (there ? 24 : 8), text[1], sizeof text[1]);
	assert_string_equal(text[0], seen.host_addresses[0]);
	assert_string_equal(text[1], seen.host_addresses[1]);
	int at = there ? 42 : 40;
	assert_int_equal(packet[at] << 8 | packet[at + 1], LAD_PUBLISHED_PORT);
}

static int count_of(const char *text, const char *word)
{
	int count = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

static void test_firewall_rules_and_the_bridges_burden_stand_before_ipv6(void **state)
{
	(void)state;
	static struct seen seen;
	struct lad_workload workload = workload_of(LAD_UDP_RR);
	struct lad_tuning tuning = {.name = "rules"};
	tuning.settings[LAD_SETTING_RULES] = (struct lad_setting_value){true, 20, 20, "20"};
	setenv("NETLADDER_BRIDGE_BURDEN", "30", 1);
	struct lad_row row = run(LAD_MODE_BRIDGE, LAD_CROSS_HOST, &workload, &tuning, &seen);
	unsetenv("NETLADDER_BRIDGE_BURDEN");
	close(seen.capture);
	assert_string_equal(row.tuning_effective, "rules=20");
	assert_int_equal(count_of(seen.rules, "ip6 saddr 2001:db8::"), 30);
	assert_that(seen.generator.transactions_total, >=, TRANSACTIONS);
}

static void test_a_wire_too_narrow_for_ipv6_is_skipped_with_the_reason(void **state)
{
	(void)state;
	static struct seen seen;
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_workload workload = workload_of(LAD_TCP_RR);
	struct lad_trial trial = {.mode = LAD_MODE_MACVLAN, .workload = &workload};
	assert_int_equal(try(trial, 1279, &seen, &row, &err), LAD_TRIAL_SKIPPED);
	assert_non_null(strstr(err.message, "ip: 6 needs an MTU of 1280 or more (RFC 8200) and the wire has 1279"));
	trial.mode = LAD_MODE_OVERLAY;
	assert_int_equal(try(trial, 1329, &seen, &row, &err), LAD_TRIAL_SKIPPED);
	assert_non_null(strstr(err.message, "and the overlay has 1279"));
	struct lad_tuning tuning = {.name = "narrow"};
	tuning.settings[LAD_SETTING_CONTAINER_MTU] = (struct lad_setting_value){true, 1279, 1279, "1279"};
	trial.tuning = &tuning;
	assert_int_equal(try(trial, 1500, &seen, &row, &err), LAD_TRIAL_SKIPPED);
	assert_non_null(strstr(err.message, "and container_mtu has 1279"));
	trial.tuning = NULL;
	assert_int_equal(try(trial, 1330, &seen, &row, &err), LAD_TRIAL_DONE);
	close(seen.capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_mode_carries_requests_in_both_placements),
	    cmocka_unit_test(test_datagrams_sent_received_and_lost_equal_the_kernels_ipv6_counters),
	    cmocka_unit_test(test_the_wire_carries_ipv6_and_the_overlay_carries_it_inside_vxlan),
	    cmocka_unit_test(test_the_bridge_shows_the_hosts_addresses_and_the_published_port),
	    cmocka_unit_test(test_firewall_rules_and_the_bridges_burden_stand_before_ipv6),
	    cmocka_unit_test(test_a_wire_too_narrow_for_ipv6_is_skipped_with_the_reason),
	};
	return cmocka_run_group_tests_name("ipv6", tests, NULL, NULL);
}
