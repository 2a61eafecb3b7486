/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine sends arrives whole, in packets as the workload says, or the trial fails. */
#include "trial.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/netlink.h"

static struct trial_seen seen;

static void test_each_direction_arrives_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRIAL_MODES; i++) {
		struct lad_workload workload = trial_workload(LAD_TCP_STREAM, 131072, 2);
		workload.socket_buffer_bytes = 524288;
		workload.traffic.direction = LAD_REVERSE;
		struct lad_row row = trial_run(trial_modes[i], &workload, 0.2, &seen);
		assert_true(seen.sink.bytes_total > 0 && seen.sink.bytes_total == seen.generator.bytes_total);
		assert_that(row.goodput_bps, >, 0);
		workload.traffic.direction = LAD_BOTH_WAYS;
		row = trial_run(trial_modes[i], &workload, 0.2, &seen);
		assert_true(seen.sink.bytes_total > 0 && seen.sink.bytes_total == seen.generator.bytes_total);
		assert_true(seen.sink.reverse_bytes_total > 0 &&
			    seen.sink.reverse_bytes_total == seen.generator.reverse_bytes_total);
		assert_that(row.reverse_goodput_bps, >, 0);
	}
}

static int packets_fd; /* what arrives at the sink */

static int open_packets(void *arg)
{
	(void)arg;
	packets_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	return 0;
}

static void listen_on_the_wire(const struct lad_path *path)
{
	lad_netns_run(path->sink.netns_fd, open_packets, NULL, NULL);
	assert_return_code(packets_fd, errno);
}

static void test_the_ip_header_is_as_the_workload_says(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload(LAD_UDP_STREAM, 64, 1);
	struct trial_wish wish = {
	    .mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 0.1, .built = listen_on_the_wire};
	for (int fragment = 1; fragment <= 2; fragment++) {
		workload.traffic =
		    (struct lad_traffic){.rate_per_s = 500, .dscp = 46, .ecn = 2, .ttl = 9, .dont_fragment = fragment};
		trial_wished(&wish, &seen);
		int packets = 0;
		for (char packet[2048];;) {
			ssize_t got = recv(packets_fd, packet, sizeof packet, 0);
			if (got < 0)
				break;
			const struct iphdr *header = (const struct iphdr *)packet;
			const struct udphdr *udp = (const struct udphdr *)(packet + 20);
			if (got < 28 || header->protocol != IPPROTO_UDP || udp->dest != htons(5202))
				continue;
			packets++;
			assert_int_equal(header->tos, 46 << 2 | 2);
			assert_int_equal(header->ttl, 9);
			assert_int_equal(!!(ntohs(header->frag_off) & IP_DF), fragment == 2);
			assert_int_equal(got, 28 + 64);
		}
		close(packets_fd);
		assert_that(packets, >, 0);
	}
}

static int corrupt_packets(void *arg)
{
	const char *rules = arg;
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	assert_non_null(nft);
	nft_ctx_buffer_error(nft);
	int status = nft_run_cmd_from_buffer(nft, rules);
	if (status)
		print_error("%s\n", nft_ctx_get_error_buffer(nft));
	nft_ctx_free(nft);
	return status;
}

/* One payload byte of what comes in is overwritten on its way to the socket. */
static void corrupt_from_now_on(const struct lad_path *path)
{
	static char rules[] = "add table ip corrupt\n"
			      "add chain ip corrupt in { type filter hook prerouting priority -300; }\n"
			      "add rule ip corrupt in udp dport 5202 @th,384,8 set 0x7e\n"
			      "add rule ip corrupt in tcp dport 5202 tcp flags & psh == psh @th,384,8 set 0x7e\n";
	assert_int_equal(lad_netns_run(path->sink.netns_fd, corrupt_packets, rules, NULL), 0);
}

static void test_a_corrupt_byte_fails_the_trial(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_UDP_STREAM, LAD_TCP_RR, LAD_TCP_STREAM, LAD_UDP_RR};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct lad_error err = {0};
		struct lad_row row;
		struct lad_workload workload = trial_workload(kinds[i], 200, 1);
		struct trial_wish wish = {.mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 0.1};
		workload.traffic = (struct lad_traffic){.verify = true, .payload = LAD_PAYLOAD_RANDOM};
		/* Else the generator would find it in what is echoed. */
		workload.traffic.response_bytes = kinds[i] == LAD_UDP_RR ? 100 : 0;
		trial_wished(&wish, &seen); /* nothing is wrong with a path that changes nothing */
		wish.built = corrupt_from_now_on;
		assert_int_equal(trial_try(&wish, &seen, &row, &err), LAD_TRIAL_FAILED);
		if (!strstr(err.message, "is corrupt: 0x7e in place of"))
			fail_msg("%s: %s", lad_workload_name(kinds[i]), err.message);
	}
}

static void test_a_pipeline_and_many_flows_lose_nothing(void **state)
{
	(void)state;
	struct lad_workload workload = trial_workload(LAD_TCP_RR, 777, 1);
	workload.traffic = (struct lad_traffic){.pipeline = 64, .verify = true, .payload = LAD_PAYLOAD_RANDOM};
	trial_run(LAD_MODE_HOST, &workload, 0.2, &seen);
	assert_that(seen.generator.transactions_total, >, 0);
	workload.flows = 1000;
	workload.traffic.pipeline = 1;
	trial_run(LAD_MODE_HOST, &workload, 0.2, &seen);
	assert_that(seen.generator.transactions_total, >, 0);
	workload = trial_workload(LAD_TCP_CRR, 100000, 10);
	workload.traffic = (struct lad_traffic){.requests = 3, .verify = true, .payload = LAD_PAYLOAD_RANDOM};
	trial_run(LAD_MODE_HOST, &workload, 0.2, &seen);
	assert_that(seen.generator.transactions_total, >, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_direction_arrives_whole),
	    cmocka_unit_test(test_the_ip_header_is_as_the_workload_says),
	    cmocka_unit_test(test_a_corrupt_byte_fails_the_trial),
	    cmocka_unit_test(test_a_pipeline_and_many_flows_lose_nothing),
	};
	return cmocka_run_group_tests_name("engine payload", tests, NULL, NULL);
}
