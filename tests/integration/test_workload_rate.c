/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which beat a workload sends: open loops, rests, bursts and pacing, and what is late is told. */
#include "trial.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netladder/netlink.h"

static struct trial_seen seen;

static void test_a_flow_rests_for_the_think_time_and_the_rest_is_no_latency(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < 6; i++) {
		int flows = i % 2 ? 6 : 1;
		struct lad_workload workload = trial_workload(kinds[i / 2], 32, flows);
		workload.traffic.think_ns = 20000000;
		struct lad_row row = trial_run(LAD_MODE_BRIDGE, &workload, 0.5, &seen);
		print_message("# %s, %d flows: %.1f/s, p50 %.1f us\n", lad_workload_name(kinds[i / 2]), flows,
			      row.transactions_per_s, row.latency_p50_us);
		double rests_s = 0.02 * (double)seen.generator.transactions;
		double waits_s = row.latency_mean_us / 1e6 * (double)seen.generator.transactions;
		assert_that(rests_s, >, 0);
		/* A flow rests and waits by turns, and the first turn may have begun before the window. With the rest
		 * in the latency, it would be twice in the sum. */
		assert_that(rests_s + waits_s, <, flows * (row.duration_s + 0.02 + row.latency_max_us / 1e6));
		assert_int_equal(row.timeouts, 0);
	}
	/* Longer than udp_rr waits for a response: rest is not taken for silence. */
	struct lad_workload workload = trial_workload(LAD_UDP_RR, 1, 2);
	workload.traffic.think_ns = 300000000;
	struct lad_row row = trial_run(LAD_MODE_HOST, &workload, 0.7, &seen);
	assert_int_equal(row.timeouts, 0);
	assert_in_range(seen.generator.transactions, 2, 6);
}

/* Messages that the generator's side sent, or that were answered, in the whole of the last trial of WORKLOAD. */
static double messages_of_trial(const struct lad_workload *workload)
{
	const struct lad_agent_result *sender =
	    workload->traffic.direction == LAD_REVERSE ? &seen.sink : &seen.generator;
	if (workload->kind == LAD_TCP_STREAM)
		return (double)sender->bytes_total / (double)workload->message_bytes;
	return (double)(workload->kind == LAD_UDP_STREAM ? sender->messages_total : sender->transactions_total);
}

/* What is due is sent in the end, however late: so the count over warm-up and window is the rate's, exactly. */
static void test_what_is_offered_is_sent_whatever_the_rate_is_said_in(void **state)
{
	(void)state;
	static const struct {
		const char *keys;
		double per_s; /* messages, over all flows */
	} cases[] = {
	    {"kind: tcp_rr, flows: 4, rate: 250/s, rate_per: flow", 1000},
	    {"kind: tcp_crr, flows: 3, message_bytes: 125, rate: 800kbit", 800},
	    {"kind: udp_rr, flows: 2, message_bytes: 250, rate: 1Mbit, rate_per: flow", 1000},
	    {"kind: udp_stream, flows: 4, message_bytes: 500, rate: 2Mbit, rate_per: flow", 2000},
	    {"kind: tcp_stream, message_bytes: 1000, rate: 2000/s", 2000},
	    {"kind: tcp_stream, flows: 3, message_bytes: 20000, rate: 400/s, rate_per: flow, burst: 6", 1200},
	    {"kind: tcp_stream, flows: 2, message_bytes: 5000, rate: 1000/s, direction: reverse", 1000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lad_workload workload = trial_workload_of(cases[i].keys);
		struct lad_row row = trial_run(trial_modes[i % TRIAL_MODES], &workload, 1, &seen);
		double sent = messages_of_trial(&workload) / (cases[i].per_s * 1.05);
		double achieved = workload.kind == LAD_TCP_STREAM ? row.goodput_bps / 8 / (double)workload.message_bytes
				  : workload.kind == LAD_UDP_STREAM ? row.packets_per_s
								    : row.transactions_per_s;
		print_message("# %s: %.4f of it sent; %.1f/s, late by %.1f us, at most %.1f us\n", cases[i].keys, sent,
			      achieved, row.schedule_error_mean_us, row.schedule_error_max_us);
		const struct lad_agent_result *sender =
		    workload.traffic.direction == LAD_REVERSE ? &seen.sink : &seen.generator;
		assert_that(sent, <, 1.01);
		assert_that(sent, >, 0.99 - trial_unsent_most(cases[i].per_s, sender, &row) / (cases[i].per_s * 1.05));
		/* At the window's edges a busy machine may have moved what is due to either side. */
		assert_that(fabs(achieved / cases[i].per_s - 1), <,
			    0.1 + row.schedule_error_max_us / 1e6 + 2 * fabs(row.duration_s - 1));
		assert_that(row.schedule_error_mean_us, >=, 0);
		assert_that(row.schedule_error_max_us, >=, row.schedule_error_mean_us);
	}
}

static void test_both_directions_of_a_stream_keep_the_rate(void **state)
{
	(void)state;
	struct lad_workload workload =
	    trial_workload_of("kind: tcp_stream, message_bytes: 4000, rate: 1000/s, direction: both, verify: true, "
			      "payload: random");
	struct lad_row row = trial_run(LAD_MODE_OVERLAY, &workload, 1, &seen);
	double there = (double)seen.generator.bytes_total / 4000, back = (double)seen.sink.reverse_bytes_total / 4000;
	assert_that(there, <=, 1050);
	assert_that(there, >=, 1040 - trial_unsent_most(1000, &seen.generator, &row));
	assert_that(back, <=, 1050);
	assert_that(back, >=, 1040 - trial_unsent_most(1000, &seen.sink, &row));
	assert_that(row.goodput_bps, >, 0);
	assert_that(row.reverse_goodput_bps, >, 0);
}

/* A wire of 20 Mbit/s takes a third of what is offered: the rest is late, and the row tells by how much. */
static void test_a_stream_that_is_offered_more_than_the_path_takes_is_late(void **state)
{
	(void)state;
	struct lad_workload workload =
	    trial_workload_of("kind: tcp_stream, message_bytes: 7500, rate: 1000/s, socket_buffer: 64KiB");
	struct trial_wish wish = {.mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 1, .wire_rate_bps = 20e6};
	struct lad_row row = trial_wished(&wish, &seen);
	print_message("# %.1f Mbit/s, late by %.1f ms\n", row.goodput_bps / 1e6, row.schedule_error_mean_us / 1e3);
	assert_that(row.goodput_bps, >, 10e6);
	assert_that(row.goodput_bps, <, 20e6);
	assert_that(row.schedule_error_mean_us, >, 100e3);
}

static void test_a_stream_paced_by_the_kernel_has_a_rate_of_each_flow(void **state)
{
	(void)state;
	struct lad_workload workload =
	    trial_workload_of("kind: tcp_stream, message_bytes: 16KiB, flows: 4, rate: 20Mbit, rate_per: flow");
	struct lad_row row = trial_run(LAD_MODE_HOST, &workload, 1, &seen);
	print_message("# %.2f Mbit/s\n", row.goodput_bps / 1e6);
	/* To the byte, as the kernel tells it. One flow's rate alone would be a quarter of it. */
	assert_that(row.pacing_rate_bps, <=, 80e6);
	/* It does not catch up on what a busy machine made it miss; a sink that comes late to its window counts more.
	 */
	assert_that(row.goodput_bps, >, 0.3 * 80e6);
	assert_that(row.goodput_bps, <, 1.25 * 80e6);
}

/* What arrives at the sink's container, with the kernel's time of arrival. */
static int packets_fd;

static int open_packets(void *arg)
{
	int on = 1, buffer_bytes = 1 << 22;
	(void)arg;
	packets_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	assert_return_code(packets_fd, errno);
	setsockopt(packets_fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
	assert_return_code(setsockopt(packets_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), errno);
	return 0;
}

static void listen_at_the_sink(const struct lad_path *path)
{
	lad_netns_run(path->sink.netns_fd, open_packets, NULL, NULL);
}

/* Writes when each UDP packet came in. Returns how many, at most CAPACITY. */
static int read_arrivals(int64_t *arrivals_ns, int capacity)
{
	int count = 0;
	char packet[64], control[64];
	struct sockaddr_ll from;
	struct iovec piece = {packet, sizeof packet};
	struct msghdr message = {&from, sizeof from, &piece, 1, control, sizeof control, 0};
	while (recvmsg(packets_fd, &message, 0) >= 0 && count < capacity) {
		struct timespec time;
		struct cmsghdr *stamp = CMSG_FIRSTHDR(&message);
		if (stamp && from.sll_pkttype == PACKET_HOST && packet[9] == IPPROTO_UDP) {
			memcpy(&time, CMSG_DATA(stamp), sizeof time);
			arrivals_ns[count++] = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
		}
		message.msg_controllen = sizeof control;
		message.msg_namelen = sizeof from;
	}
	close(packets_fd);
	return count;
}

static void test_a_burst_arrives_together_and_the_next_after_as_many_intervals(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_UDP_STREAM, LAD_UDP_RR, LAD_UDP_STREAM, LAD_UDP_STREAM};
	static const enum lad_io ios[] = {LAD_IO_PLAIN, LAD_IO_PLAIN, LAD_IO_BATCH, LAD_IO_GSO};
	for (size_t i = 0; i < 4; i++) {
		static int64_t arrivals_ns[1000];
		struct lad_workload workload = trial_workload(kinds[i], 64, 2);
		workload.traffic.io = ios[i];
		workload.traffic.rate_per_s = 500;
		workload.traffic.burst = 30;
		struct trial_wish wish = {
		    .mode = LAD_MODE_HOST, .workload = &workload, .duration_s = 0.5, .built = listen_at_the_sink};
		struct lad_row row = trial_wished(&wish, &seen);
		int count = read_arrivals(arrivals_ns, 1000), pauses = 0;
		for (int j = 1; j < count; j++)
			pauses += arrivals_ns[j] - arrivals_ns[j - 1] > 30000000;
		/* In 0.55 s, each 60 ms: ten bursts of 30. After a stall as long two may leave in one call. */
		bool stalled = row.schedule_error_max_us > 30e3;
		print_message("# %s %s: %d packets, %d pauses, late by up to %.1f ms\n", lad_workload_name(kinds[i]),
			      lad_io_name(ios[i]), count, pauses, row.schedule_error_max_us / 1e3);
		if (ios[i] != LAD_IO_GSO)
			assert_int_equal(count, 300);
		else /* a burst is one super-packet */
			assert_in_range(count, stalled ? 5 : 10, 10);
		if (kinds[i] == LAD_UDP_STREAM) {
			assert_int_equal(row.received_total, 300);
			assert_in_range(row.datagrams_per_packet, ios[i] == LAD_IO_GSO ? 30 : 1,
					ios[i] != LAD_IO_GSO ? 1
					: stalled	     ? 60
							     : 30);
			if (ios[i] == LAD_IO_PLAIN)
				assert_int_equal(seen.generator.io_calls, 300);
			else
				assert_in_range(seen.generator.io_calls, stalled ? 5 : 10, 10);
		}
		assert_in_range(pauses, 3, 9); /* evenly spread there would be none; a stall joins neighbours */
		assert_that(row.schedule_error_mean_us, >=, 0);
		/* Due in the window are the bursts at 60, 120 ... 540 ms. */
		if (kinds[i] == LAD_UDP_RR)
			assert_int_equal(seen.latency.total + (uint64_t)row.timeouts, 270);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_flow_rests_for_the_think_time_and_the_rest_is_no_latency),
	    cmocka_unit_test(test_what_is_offered_is_sent_whatever_the_rate_is_said_in),
	    cmocka_unit_test(test_both_directions_of_a_stream_keep_the_rate),
	    cmocka_unit_test(test_a_stream_that_is_offered_more_than_the_path_takes_is_late),
	    cmocka_unit_test(test_a_stream_paced_by_the_kernel_has_a_rate_of_each_flow),
	    cmocka_unit_test(test_a_burst_arrives_together_and_the_next_after_as_many_intervals),
	};
	return cmocka_run_group_tests_name("workload rate", tests, NULL, NULL);
}
