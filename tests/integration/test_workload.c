/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the keys of a workload do to a trial: how it ends, in which beat it sends, who sends, and in which sizes. */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netladder/netlink.h"
#include "netladder/sizes.h"
#include "netladder/stats.h"

static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
#define MODES (sizeof modes / sizeof *modes)
#define SEED 7

/* The agents' own results, and the generator's latencies, of the last trial. */
static struct lad_agent_result generator, sink;
static struct lad_histogram latency;

static double wire_rate_bps; /* 0: unshaped */
static void (*on_built)(const struct lad_host *hosts, const struct lad_path *path, void *data);

static void built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	if (on_built)
		on_built(hosts, path, data);
}

static void measured(const struct lad_host *hosts, const struct lad_path *path,
		     const struct lad_agent_result *of_generator, const struct lad_agent_result *of_sink, void *data)
{
	(void)hosts;
	(void)path;
	(void)data;
	generator = *of_generator;
	sink = *of_sink;
}

static enum lad_trial_status try(enum lad_mode mode, const struct lad_workload *workload, double duration_s,
				 struct lad_row *row, struct lad_error *err)
{
	struct lad_scenario scenario = {.sample_ns = 50000000, .wire_rate_bps = wire_rate_bps, .seed = SEED};
	struct lad_trial trial = {1, 1, mode, LAD_CROSS_HOST, workload, &lad_no_tuning, 0};
	struct lad_trial_observer observer = {built, measured, NULL};
	struct lad_trial_context context = support_context(&scenario, 0.05, duration_s);
	context.observer = &observer;
	lad_row_clear(row);
	enum lad_trial_status status = lad_trial_run(&context, &trial, row, &latency, err);
	support_close_context(&context);
	return status;
}

static struct lad_row run(enum lad_mode mode, const struct lad_workload *workload, double duration_s)
{
	struct lad_error err = {0};
	struct lad_row row;
	if (try(mode, workload, duration_s, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s %s: %s", lad_mode_name(mode), lad_workload_name(workload->kind), err.message);
	return row;
}

static struct lad_workload workload_of(enum lad_workload_kind kind, enum lad_cpus cpus, int64_t message_bytes,
				       int flows)
{
	struct lad_workload workload = {kind, cpus, message_bytes, flows, 0, "", {0}};
	bool udp = lad_is_udp(kind);
	snprintf(workload.congestion_control, sizeof workload.congestion_control, "%s", udp ? "" : "cubic");
	workload.manner.pipeline = workload.manner.requests = 1;
	return workload;
}

static void test_transactions_end_a_trial_long_before_its_duration(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < 3 * MODES; i++) {
		/* With one flow exactly so many; of several, what comes in the same turn of the loop as well. */
		int flows = i % 2 ? 8 : 1;
		struct lad_workload workload = workload_of(kinds[i % 3], LAD_CPUS_SHARED, 1, flows);
		workload.manner.transactions = 500;
		struct lad_row row = run(modes[i / 3], &workload, 6);
		assert_in_range(generator.transactions, 500, flows == 1 ? 500 : 600);
		assert_int_equal(latency.total, generator.transactions);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_true(fabs(row.transactions_per_s * row.duration_s / (double)generator.transactions - 1) < 1e-9);
	}
}

static void test_bytes_end_a_stream_where_they_arrive(void **state)
{
	(void)state;
	enum { AMOUNT = 4000000 };
	static const enum lad_direction directions[] = {LAD_FORWARD, LAD_REVERSE, LAD_BOTH_WAYS};
	for (size_t i = 0; i < 3 * MODES; i++) {
		struct lad_workload workload = workload_of(LAD_TCP_STREAM, LAD_CPUS_SHARED, 16384, 1 + (int)i % 2);
		workload.socket_buffer_bytes = 262144;
		workload.manner.bytes = AMOUNT;
		workload.manner.direction = directions[i % 3];
		struct lad_row row = run(modes[i / 3], &workload, 6);
		const struct lad_agent_result *receiver = directions[i % 3] == LAD_REVERSE ? &generator : &sink;
		/* What the buffers hold may come in the turn in which the amount is reached. */
		assert_in_range(receiver->bytes, AMOUNT, AMOUNT + 4 * 1024 * 1024);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_true(fabs(row.goodput_bps * row.duration_s / 8 / (double)receiver->bytes - 1) < 1e-9);
		assert_int_equal(sink.bytes_total, generator.bytes_total); /* nothing is cut off in the middle */
	}
	for (size_t i = 0; i < 3; i++) {
		struct lad_workload workload = workload_of(LAD_UDP_STREAM, LAD_CPUS_SHARED, 1000, 2);
		workload.manner.io = (enum lad_io)i;
		workload.manner.bytes = AMOUNT;
		struct lad_row row = run(LAD_MODE_BRIDGE, &workload, 6);
		assert_in_range(sink.bytes, AMOUNT, AMOUNT + 4 * 1024 * 1024);
		assert_true(row.duration_s > 0 && row.duration_s < 3);
		assert_int_equal(row.sent_total, row.received_total + row.lost_total);
		assert_true(row.loss_ratio >= 0 && row.loss_ratio <= 1);
	}
}

static void test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says(void **state)
{
	(void)state;
	struct lad_workload workload = workload_of(LAD_TCP_RR, LAD_CPUS_SHARED, 1, 4);
	workload.manner.transactions = 300;
	workload.manner.rate_per_s = 1000;
	struct lad_row row = run(LAD_MODE_HOST, &workload, 6);
	print_message("# 300 at 1000/s took %.3f s\n", row.duration_s);
	assert_true(row.duration_s > 0.28 && row.duration_s < 0.6);
	assert_int_equal(row.timeouts, 0);
}

static void test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so(void **state)
{
	(void)state;
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_workload workload = workload_of(LAD_UDP_RR, LAD_CPUS_SHARED, 1, 1);
	workload.manner.transactions = 1000000000;
	assert_int_equal(try(LAD_MODE_HOST, &workload, 0.1, &row, &err), LAD_TRIAL_FAILED);
	assert_non_null(strstr(err.message, "of 1000000000 transactions came within the duration of 0.1 s"));
	workload = workload_of(LAD_TCP_STREAM, LAD_CPUS_SHARED, 16384, 1);
	workload.manner.bytes = INT64_C(1000000000000);
	assert_int_equal(try(LAD_MODE_HOST, &workload, 0.1, &row, &err), LAD_TRIAL_FAILED);
	assert_non_null(strstr(err.message, "of 1000000000000 bytes came within the duration of 0.1 s"));
}

static void test_a_flow_rests_for_the_think_time_and_the_rest_is_no_latency(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_CRR, LAD_UDP_RR};
	for (size_t i = 0; i < 6; i++) {
		int flows = i % 2 ? 6 : 1;
		struct lad_workload workload = workload_of(kinds[i / 2], LAD_CPUS_SHARED, 32, flows);
		workload.manner.think_ns = 4000000;
		struct lad_row row = run(LAD_MODE_BRIDGE, &workload, 0.5);
		/* Never less than the rest, and on a loaded machine more. */
		print_message("# %s, %d flows: %.1f/s, p50 %.1f us\n", lad_workload_name(kinds[i / 2]), flows,
			      row.transactions_per_s, row.latency_p50_us);
		assert_true(row.transactions_per_s <= flows * (250 + 4));
		assert_true(row.transactions_per_s > flows * 25);
		assert_true(row.latency_p50_us < 3000);
		assert_int_equal(row.timeouts, 0);
	}
	/* Longer than udp_rr waits for a response: rest is not taken for silence. */
	struct lad_workload workload = workload_of(LAD_UDP_RR, LAD_CPUS_SHARED, 1, 2);
	workload.manner.think_ns = 300000000;
	struct lad_row row = run(LAD_MODE_HOST, &workload, 0.7);
	assert_int_equal(row.timeouts, 0);
	assert_in_range(generator.transactions, 2, 6);
}

/* The first workload of a scenario with these keys. */
static struct lad_workload workload_with(const char *keys)
{
	struct lad_error err = {0};
	struct lad_scenario scenario;
	char text[512];
	int length = snprintf(text, sizeof text, "modes: [host]\nworkloads:\n- {%s}\n", keys);
	if (lad_scenario_parse("test.yaml", text, (size_t)length, &scenario, &err) < 0)
		fail_msg("%s: %s", keys, err.message);
	return scenario.workloads[0];
}

/* Messages that the generator's side sent, or that were answered, in the whole of the last trial of WORKLOAD. */
static double messages_of_trial(const struct lad_workload *workload)
{
	const struct lad_agent_result *sender = workload->manner.direction == LAD_REVERSE ? &sink : &generator;
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
		struct lad_workload workload = workload_with(cases[i].keys);
		struct lad_row row = run(modes[i % MODES], &workload, 1);
		double sent = messages_of_trial(&workload) / (cases[i].per_s * 1.05);
		double achieved = workload.kind == LAD_TCP_STREAM ? row.goodput_bps / 8 / (double)workload.message_bytes
				  : workload.kind == LAD_UDP_STREAM ? row.packets_per_s
								    : row.transactions_per_s;
		print_message("# %s: %.4f of it sent; %.1f/s, late by %.1f us, at most %.1f us\n", cases[i].keys, sent,
			      achieved, row.schedule_error_mean_us, row.schedule_error_max_us);
		assert_true(fabs(sent - 1) < 0.01);
		/* At the window's edges a busy machine may have moved what is due to either side. */
		assert_true(fabs(achieved / cases[i].per_s - 1) < 0.1 + row.schedule_error_max_us / 1e6);
		assert_true(row.schedule_error_mean_us >= 0 && row.schedule_error_max_us >= row.schedule_error_mean_us);
	}
}

static void test_both_directions_of_a_stream_keep_the_rate(void **state)
{
	(void)state;
	struct lad_workload workload =
	    workload_with("kind: tcp_stream, message_bytes: 4000, rate: 1000/s, direction: both, verify: true, "
			  "payload: random");
	struct lad_row row = run(LAD_MODE_OVERLAY, &workload, 1);
	assert_true(fabs((double)generator.bytes_total / (4000 * 1050.) - 1) < 0.01);
	assert_true(fabs((double)sink.reverse_bytes_total / (4000 * 1050.) - 1) < 0.01);
	assert_true(row.goodput_bps > 0 && row.reverse_goodput_bps > 0);
}

/* A wire of 20 Mbit/s takes a third of what is offered: the rest is late, and the row tells by how much. */
static void test_a_stream_that_is_offered_more_than_the_path_takes_is_late(void **state)
{
	(void)state;
	struct lad_workload workload =
	    workload_with("kind: tcp_stream, message_bytes: 7500, rate: 1000/s, socket_buffer: 64KiB");
	wire_rate_bps = 20e6;
	struct lad_row row = run(LAD_MODE_HOST, &workload, 1);
	wire_rate_bps = 0;
	print_message("# %.1f Mbit/s, late by %.1f ms\n", row.goodput_bps / 1e6, row.schedule_error_mean_us / 1e3);
	assert_true(row.goodput_bps > 10e6 && row.goodput_bps < 20e6);
	assert_true(row.schedule_error_mean_us > 100e3);
}

static void test_a_stream_paced_by_the_kernel_has_a_rate_of_each_flow(void **state)
{
	(void)state;
	struct lad_workload workload =
	    workload_with("kind: tcp_stream, message_bytes: 16KiB, flows: 4, rate: 20Mbit, rate_per: flow");
	struct lad_row row = run(LAD_MODE_HOST, &workload, 1);
	print_message("# %.2f Mbit/s\n", row.goodput_bps / 1e6);
	/* It does not catch up on what a busy machine made it miss. */
	assert_true(row.goodput_bps > 0.5 * 80e6 && row.goodput_bps < 1.01 * 80e6);
}

/* The mean of the first COUNT sizes that both agents draw, and (in *SPREAD) their relative standard deviation. */
static double drawn_mean(const struct lad_workload *workload, uint64_t count, double *spread)
{
	struct lad_sizes sizes;
	double sum = 0, squares = 0;
	uint64_t random = SEED;
	assert_int_equal(lad_sizes_parse(workload->manner.sizes, &sizes, NULL), 0);
	for (uint64_t i = 0; i < count; i++) {
		if (i % 4096 == 0) /* and from the beginning again */
			random = SEED;
		double size = (double)lad_sizes_draw(&sizes, &random);
		sum += size;
		squares += size * size;
	}
	double mean = sum / (double)count;
	*spread = sqrt(squares / (double)count - mean * mean) / mean;
	return mean;
}

/* One flow has gone through the order as far as it came; several each as far as they came. */
static void assert_mixed(const struct lad_workload *workload, const struct lad_agent_result *result, bool whole)
{
	double mean = (double)result->bytes_total / (double)result->transactions_total;
	double spread, expected = drawn_mean(workload, result->transactions_total, &spread);
	if (workload->flows == 1 && whole)
		assert_true(fabs(mean / expected - 1) < 1e-9);
	assert_true(fabs(mean / expected - 1) <
		    6 * spread / sqrt((double)result->transactions_total / workload->flows));
}

static void test_a_mix_of_requests_is_answered_in_kind_and_counted_by_the_byte(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_rr, message_mix: 1 100*3 30000",
	    "kind: tcp_rr, message_mix: 1..5000, flows: 3, pipeline: 16",
	    "kind: tcp_rr, message_mix: imix, flows: 2, rate: 1000/s",
	    "kind: tcp_crr, message_mix: 4 200*3 70000",
	    "kind: tcp_crr, message_mix: 4..9000, flows: 3, requests: 5",
	    "kind: tcp_crr, message_mix: imix, flows: 4, rate: 400/s",
	    "kind: udp_rr, message_mix: 1..1400",
	    "kind: udp_rr, message_mix: imix, flows: 3",
	    "kind: udp_rr, message_mix: 2 900*3, flows: 2, rate: 1000/s",
	};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		char keys[160];
		snprintf(keys, sizeof keys, "%s, payload: random%s", cases[i / 2], i % 2 ? ", verify: true" : "");
		struct lad_workload workload = workload_with(keys);
		struct lad_row row = run(modes[i % MODES], &workload, 0.3);
		print_message("# %s: %.0f/s, %.1f bytes each\n", keys, row.transactions_per_s,
			      (double)generator.bytes_total / (double)generator.transactions_total);
		assert_true(latency.total > 0 && generator.transactions > 30);
		/* Either end counts by what it got; the two stop at slightly different times. */
		assert_mixed(&workload, &generator, row.timeouts == 0.);
		assert_mixed(&workload, &sink, row.timeouts == 0.);
	}
}

static void test_zeros_are_verified_as_well(void **state)
{
	(void)state;
	static const char *const cases[] = {
	    "kind: tcp_stream",
	    "kind: tcp_stream, direction: both",
	    "kind: udp_stream, message_bytes: 200",
	    "kind: udp_stream, message_bytes: 200, direction: both",
	    "kind: udp_stream, message_bytes: 1200, io: gso, direction: both",
	    "kind: udp_rr, message_bytes: 200",
	    "kind: udp_rr, message_bytes: 60000, flows: 2, rate: 500/s",
	    "kind: tcp_rr, message_bytes: 200000, flows: 2",
	    "kind: tcp_crr, message_mix: 4..300",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char keys[160];
		snprintf(keys, sizeof keys, "%s, verify: true", cases[i]);
		struct lad_workload workload = workload_with(keys);
		run(modes[i % MODES], &workload, 0.1); /* a byte that is not zero fails the trial */
		assert_true(generator.bytes_total > 1000 && sink.bytes_total > 1000);
	}
}

static void test_a_request_of_udp_rr_with_room_for_the_time_tells_its_delay(void **state)
{
	(void)state;
	static const char *const cases[] = {"kind: udp_rr, message_bytes: 16",
					    "kind: udp_rr, message_mix: 40..900, flows: 3",
					    "kind: udp_rr, message_bytes: 64, flows: 2, rate: 1000/s, verify: true",
					    "kind: udp_rr, message_bytes: 64, think_time: 1ms"};
	for (size_t i = 0; i < MODES; i++) {
		struct lad_workload workload = workload_with(cases[i]);
		struct lad_row row = run(modes[i], &workload, 0.3);
		print_message("# %s: one way p50 %.1f us, both p50 %.1f us\n", cases[i], row.oneway_p50_us,
			      row.latency_p50_us);
		assert_true(row.oneway_p50_us > 0 && row.oneway_p50_us <= row.oneway_p99_us);
		assert_true(row.oneway_p99_us <= row.oneway_max_us);
		assert_true(row.oneway_p50_us < row.latency_p50_us);
		/* Each request of the window counts, save those that were under way at its edges or lost. */
		assert_true(fabs((double)sink.latency.total - (double)latency.total) <=
			    2 * workload.flows + row.timeouts);
	}
	struct lad_workload workload = workload_with("kind: udp_rr, message_bytes: 15");
	assert_true(isnan(run(LAD_MODE_HOST, &workload, 0.1).oneway_p50_us));
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

static void listen_at_the_sink(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	(void)hosts;
	(void)data;
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
		struct lad_workload workload = workload_of(kinds[i], LAD_CPUS_SHARED, 64, 2);
		workload.manner.io = ios[i];
		workload.manner.rate_per_s = 500;
		workload.manner.burst = 30;
		on_built = listen_at_the_sink;
		struct lad_row row = run(LAD_MODE_HOST, &workload, 0.5);
		on_built = NULL;
		int count = read_arrivals(arrivals_ns, 1000), pauses = 0;
		for (int j = 1; j < count; j++)
			pauses += arrivals_ns[j] - arrivals_ns[j - 1] > 30000000;
		/* In 0.55 s, each 60 ms: ten bursts of 30. */
		print_message("# %s %s: %d packets, %d pauses\n", lad_workload_name(kinds[i]), lad_io_name(ios[i]),
			      count, pauses);
		assert_int_equal(count, ios[i] == LAD_IO_GSO ? 10 : 300); /* a burst is one super-packet */
		if (kinds[i] == LAD_UDP_STREAM) {
			assert_int_equal(row.received_total, 300);
			assert_int_equal(row.datagrams_per_packet, ios[i] == LAD_IO_GSO ? 30 : 1);
			assert_int_equal(generator.io_calls, ios[i] == LAD_IO_PLAIN ? 300 : 10);
		}
		assert_in_range(pauses, 3, 9); /* evenly spread there would be none; a stall joins neighbours */
		assert_true(row.schedule_error_mean_us >= 0);
		/* Due in the window are the bursts at 60, 120 ... 540 ms. */
		if (kinds[i] == LAD_UDP_RR)
			assert_int_equal(latency.total + (uint64_t)row.timeouts, 270);
	}
}

static struct lad_workload datagrams(enum lad_io io, enum lad_direction direction, int flows)
{
	struct lad_workload workload = workload_of(LAD_UDP_STREAM, LAD_CPUS_SHARED, 64, flows);
	workload.manner.io = io;
	workload.manner.direction = direction;
	return workload;
}

static void test_a_sink_sends_datagrams_in_every_network_and_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES * LAD_IO_COUNT * 2; i++) {
		struct lad_workload workload =
		    datagrams((enum lad_io)(i / 2 % LAD_IO_COUNT), LAD_REVERSE, i % 2 ? 5 : 1);
		workload.manner.verify = i % 2;
		workload.manner.payload = LAD_PAYLOAD_RANDOM;
		struct lad_row row = run(modes[i / 2 / LAD_IO_COUNT], &workload, 0.2);
		/* The one sends and the other receives, and neither the other way. */
		assert_int_equal(row.sent_total, sink.messages_total);
		assert_int_equal(row.received_total, generator.messages_total);
		assert_int_equal(row.lost_total, sink.messages_total - generator.messages_total);
		assert_int_equal(generator.bytes_total, 64 * generator.messages_total);
		assert_true(fabs(row.goodput_bps * row.duration_s / 8 / (double)generator.bytes - 1) < 1e-9);
		assert_true(fabs(row.loss_ratio - 1 +
				 (double)generator.window_messages / (double)sink.window_messages) < 1e-12);
		assert_true(row.loss_ratio < 0.5 && row.jitter_us >= 0 && row.oneway_p50_us > 0);
		assert_int_equal(sink.reverse_messages_total + generator.reverse_messages_total, 0);
		/* The generator's device counted them, in packets of up to so many; the sink's has seen next to
		 * nothing. */
		assert_true(row.path_packets_per_s * row.datagrams_per_packet > row.packets_per_s / 2);
		assert_true(row.datagrams_per_packet == 1 || workload.manner.io == LAD_IO_GSO);
		assert_int_equal(latency.total, 0);
	}
}

static void test_datagrams_cross_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES * LAD_IO_COUNT; i++) {
		struct lad_workload workload = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_BOTH_WAYS, i % 2 ? 4 : 1);
		struct lad_row row = run(modes[i / LAD_IO_COUNT], &workload, 0.2);
		uint64_t sent = generator.messages_total + sink.reverse_messages_total;
		uint64_t received = sink.messages_total + generator.reverse_messages_total;
		print_message("# %s %s: %.0f there, %.0f back a second, %.2f %% lost\n",
			      lad_mode_name(modes[i / LAD_IO_COUNT]), lad_io_name(workload.manner.io),
			      row.packets_per_s, row.reverse_packets_per_s, row.loss_ratio * 100);
		assert_true(sink.messages > 1000 && generator.reverse_messages > 1000);
		assert_true(sink.messages_total <= generator.messages_total);
		assert_true(generator.reverse_messages_total <= sink.reverse_messages_total);
		assert_int_equal(row.sent_total, sent);
		assert_int_equal(row.received_total, received);
		assert_int_equal(row.lost_total, sent - received);
		assert_true(row.loss_ratio >= 0 && row.loss_ratio < 0.5);
		assert_true(fabs(row.goodput_bps / (row.packets_per_s * 64 * 8) - 1) < 1e-9);
		assert_true(fabs(row.reverse_goodput_bps / (row.reverse_packets_per_s * 64 * 8) - 1) < 1e-9);
	}
}

/* The way back is as fast as the way there: it is the same path. The middle of three, interleaved. */
static void test_datagrams_come_back_as_fast_as_they_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES * LAD_IO_COUNT; i++) {
		double ratios[3];
		for (int round = 0; round < 3; round++) {
			struct lad_workload there = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_FORWARD, 1);
			struct lad_workload back = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_REVERSE, 1);
			double forward = run(modes[i / LAD_IO_COUNT], &there, 0.15).goodput_bps;
			ratios[round] = run(modes[i / LAD_IO_COUNT], &back, 0.15).goodput_bps / forward;
		}
		print_message("# %s %s: reverse is %.2f of forward\n", lad_mode_name(modes[i / LAD_IO_COUNT]),
			      lad_io_name((enum lad_io)(i % LAD_IO_COUNT)), lad_median(ratios, 3));
		assert_true(lad_median(ratios, 3) > 1 / 3. && lad_median(ratios, 3) < 3);
	}
}

static void test_a_rate_and_an_amount_hold_for_a_sink_that_sends(void **state)
{
	(void)state;
	for (int direction = LAD_REVERSE; direction <= LAD_BOTH_WAYS; direction++) {
		struct lad_workload workload = datagrams(LAD_IO_PLAIN, (enum lad_direction)direction, 2);
		workload.manner.rate_per_s = 2000;
		struct lad_row row = run(LAD_MODE_BRIDGE, &workload, 0.5);
		/* In 0.55 s, each way. */
		assert_int_equal(row.sent_total, direction == LAD_REVERSE ? 1100 : 2200);
		assert_int_equal(row.received_total, row.sent_total);
		assert_true(row.schedule_error_mean_us >= 0);
	}
	struct lad_workload workload = datagrams(LAD_IO_BATCH, LAD_REVERSE, 1);
	workload.manner.bytes = 1000000;
	struct lad_row row = run(LAD_MODE_BRIDGE, &workload, 6);
	assert_in_range(generator.bytes, 1000000, 5000000);
	assert_true(row.duration_s > 0 && row.duration_s < 3);
}

/* Batches of an open loop: what is due and no more, each datagram with its own time. */
static void test_a_batch_leaves_when_it_is_due_and_not_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * MODES; i++) {
		struct lad_workload workload = datagrams(i % 2 ? LAD_IO_GSO : LAD_IO_BATCH,
							 i / 2 % 2 ? LAD_REVERSE : LAD_FORWARD, 1 + (int)(i / 4));
		workload.manner.rate_per_s = 40000;
		struct lad_row row = run(modes[i / 2], &workload, 0.5);
		const struct lad_agent_result *sender = i / 2 % 2 ? &sink : &generator;
		const struct lad_agent_result *receiver = i / 2 % 2 ? &generator : &sink;
		print_message("# %s %s: %.0f datagrams in %.0f calls, %.1f us late, one way %.1f us, %.0f lost\n",
			      lad_mode_name(modes[i / 2]), lad_io_name(workload.manner.io), row.sent_total,
			      (double)sender->io_calls, row.schedule_error_mean_us, row.oneway_p50_us, row.lost_total);
		/* Due in 0.55 s; of what a stall has held up until the window's end, a turn still goes. */
		assert_true(row.sent_total > 11000 && row.sent_total <= 22000);
		assert_true((double)sender->io_calls < row.sent_total);
		assert_true(row.schedule_error_mean_us >= 0 && row.schedule_error_max_us >= row.schedule_error_mean_us);
		/* One-way delay counts from the intended time: what left before it would have arrived before it. */
		assert_int_equal(receiver->latency.total, receiver->window_messages);
		assert_true(receiver->latency.min_ns > 0);
		assert_true(row.loss_ratio < 0.5); /* a stall of this machine sends what was due in it at once */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transactions_end_a_trial_long_before_its_duration),
	    cmocka_unit_test(test_bytes_end_a_stream_where_they_arrive),
	    cmocka_unit_test(test_an_open_loop_ends_at_its_transactions_and_takes_as_long_as_the_rate_says),
	    cmocka_unit_test(test_an_amount_that_does_not_come_in_time_is_a_failed_trial_that_says_so),
	    cmocka_unit_test(test_a_flow_rests_for_the_think_time_and_the_rest_is_no_latency),
	    cmocka_unit_test(test_what_is_offered_is_sent_whatever_the_rate_is_said_in),
	    cmocka_unit_test(test_both_directions_of_a_stream_keep_the_rate),
	    cmocka_unit_test(test_a_stream_that_is_offered_more_than_the_path_takes_is_late),
	    cmocka_unit_test(test_a_stream_paced_by_the_kernel_has_a_rate_of_each_flow),
	    cmocka_unit_test(test_a_mix_of_requests_is_answered_in_kind_and_counted_by_the_byte),
	    cmocka_unit_test(test_a_request_of_udp_rr_with_room_for_the_time_tells_its_delay),
	    cmocka_unit_test(test_zeros_are_verified_as_well),
	    cmocka_unit_test(test_a_burst_arrives_together_and_the_next_after_as_many_intervals),
	    cmocka_unit_test(test_a_sink_sends_datagrams_in_every_network_and_way),
	    cmocka_unit_test(test_datagrams_cross_each_other),
	    cmocka_unit_test(test_datagrams_come_back_as_fast_as_they_go),
	    cmocka_unit_test(test_a_rate_and_an_amount_hold_for_a_sink_that_sends),
	    cmocka_unit_test(test_a_batch_leaves_when_it_is_due_and_not_before),
	};
	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
