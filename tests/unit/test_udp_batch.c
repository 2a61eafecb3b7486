/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches of datagrams of an open loop: which leave together, and what stands on each. Over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/payload.h"
#include "agent/workload/udp_batch.h"
#include "agent/workload/udp_stamp.h"

enum { FLOWS = 2, SIZE = 64, BASE_NS = 1000000, INTERVAL_NS = 500 };

struct bench {
	struct agent *agent;
	struct agent_flow flows[FLOWS];
	int receiver;
};

static void complain(struct agent *agent, const char *message)
{
	(void)agent;
	fail_msg("%s", message);
}

static void begin(struct bench *bench, enum lad_io io)
{
	struct lad_error err = {0};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	bench->receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_return_code(bind(bench->receiver, (struct sockaddr *)&address, sizeof address), errno);
	assert_return_code(getsockname(bench->receiver, (struct sockaddr *)&address, &length), errno);
	struct agent *agent = bench->agent = calloc(1, sizeof *agent);
	assert_non_null(agent);
	agent->job = (struct lad_job){.role = LAD_GENERATOR,
				      .workload = LAD_UDP_STREAM,
				      .io = io,
				      .flows = FLOWS,
				      .message_bytes = SIZE,
				      .burst = 1,
				      .threads = 1};
	agent->phase = AGENT_WINDOW;
	agent->enough = UINT64_MAX;
	agent->complain = complain;
	agent->pace.base_ns = BASE_NS;
	agent->pace.interval_ns = INTERVAL_NS;
	agent->flows = bench->flows;
	agent->flow_count = FLOWS;
	for (int i = 0; i < FLOWS; i++) {
		bench->flows[i] =
		    (struct agent_flow){.agent = agent, .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
		assert_return_code(connect(bench->flows[i].fd, (struct sockaddr *)&address, length), errno);
	}
	assert_int_equal(agent_make_payload(agent, &err), 0);
	if (udp_batch_make_sender(agent, &err) < 0)
		fail_msg("%s", err.message);
}

static void end(struct bench *bench)
{
	close(bench->receiver);
	for (int i = 0; i < FLOWS; i++)
		close(bench->flows[i].fd);
	free(bench->agent->payload);
	free(bench->agent->buffer);
	free(bench->agent->outgoing);
	free(bench->agent);
}

/* Takes the COUNT datagrams of one call: of FLOW, numbered from FIRST on, due as message NUMBER and those after it. */
static void expect(const struct bench *bench, uint32_t flow, uint64_t first, uint64_t number, uint64_t count)
{
	char datagram[SIZE + 1];
	for (uint64_t i = 0; i < count; i++) {
		struct udp_stamp stamp;
		assert_int_equal(recv(bench->receiver, datagram, sizeof datagram, 0), SIZE);
		memcpy(&stamp, datagram, sizeof stamp);
		assert_int_equal(be32toh(stamp.magic), UDP_STAMP_MAGIC);
		assert_int_equal(be32toh(stamp.flow), flow);
		assert_int_equal(be64toh(stamp.phase_number),
				 (uint64_t)AGENT_WINDOW << UDP_STAMP_NUMBER_BITS | (first + i));
		assert_int_equal(be64toh(stamp.time_ns), BASE_NS + (number + i) * INTERVAL_NS);
	}
	assert_int_equal(recv(bench->receiver, datagram, sizeof datagram, 0), -1);
}

static void test_a_batch_holds_what_is_due_and_each_its_own_time(void **state)
{
	(void)state;
	static const enum lad_io ios[] = {LAD_IO_BATCH, LAD_IO_GSO};
	static const uint64_t due[] = {1, 5, 30, 2, 31, 1, 29};
	for (size_t i = 0; i < 2; i++) {
		struct bench bench;
		uint64_t number = 0, sent[FLOWS] = {0};
		begin(&bench, ios[i]);
		for (size_t j = 0; j < sizeof due / sizeof *due; j++) {
			assert_int_equal(udp_batch_send_due(bench.agent, number, due[j]), due[j]);
			/* The flows take turns, a batch each. */
			expect(&bench, j % FLOWS, sent[j % FLOWS], number, due[j]);
			sent[j % FLOWS] += due[j];
			number += due[j];
		}
		assert_int_equal(bench.agent->result.io_calls, sizeof due / sizeof *due);
		assert_int_equal(bench.agent->counters.messages, number);
		assert_int_equal(bench.agent->counters.bytes, number * SIZE);
		assert_int_equal(bench.agent->result.window_messages, number);
		/* The largest packet that went. */
		assert_int_equal(bench.agent->result.segments, ios[i] == LAD_IO_GSO ? 31 : 1);
		end(&bench);
	}
}

static void test_no_call_sends_more_than_a_batch_holds(void **state)
{
	(void)state;
	struct bench bench;
	begin(&bench, LAD_IO_BATCH);
	uint64_t capacity = udp_batch_capacity(bench.agent);
	assert_int_equal(udp_batch_send_due(bench.agent, 7, 100 * capacity), capacity);
	expect(&bench, 0, 0, 7, capacity);
	end(&bench);
	begin(&bench, LAD_IO_GSO);
	/* Two super-packets at least, the last of them with a single datagram. */
	uint64_t count = udp_batch_capacity(bench.agent) / 8 + 1;
	int bytes = 4 << 20;
	setsockopt(bench.receiver, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	uint64_t went = udp_batch_send_due(bench.agent, 0, count);
	/* A kernel before 6.9 takes 64 a packet: the call is made again with those. */
	assert_true(went == count);
	assert_true(bench.agent->result.segments == 128 || bench.agent->result.segments == 64);
	expect(&bench, 0, 0, 0, went);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_batch_holds_what_is_due_and_each_its_own_time),
	    cmocka_unit_test(test_no_call_sends_more_than_a_batch_holds),
	};
	return cmocka_run_group_tests_name("udp_batch", tests, NULL, NULL);
}
