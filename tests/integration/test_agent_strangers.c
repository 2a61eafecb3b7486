/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job that has a word: the sink of datagrams answers who says it, and sends nothing to anybody else. */
#include "driven.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define DURATION_NS INT64_C(300000000)

static struct lad_agent_result results[LAD_ROLE_COUNT];

static int make_socket(void *data)
{
	struct timeval limit = {.tv_usec = 200000};
	int *fd = data;
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return *fd < 0 ? -1 : setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

/* How many answers a stranger in the same namespace gets to TRIES datagrams of BYTES. */
static int ask(int netns, uint16_t port, size_t bytes, int tries)
{
	char text[64] = {0};
	int fd = -1, answers = 0;
	struct lad_error err = {0};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (lad_netns_run(netns, make_socket, &fd, &err) < 0)
		fail_msg("%s", err.message);
	for (int i = 0; i < tries; i++)
		assert_int_equal(sendto(fd, text, bytes, 0, (struct sockaddr *)&address, sizeof address), bytes);
	while (recv(fd, text, sizeof text, 0) >= 0)
		answers++;
	close(fd);
	return answers;
}

/* Answers to a stranger, before the window and in it; the generator's RESULTS. */
static int run(struct lad_job job)
{
	struct driven told[LAD_ROLE_COUNT];
	int netns = driven_new_netns(), answers = 0;
	job.word[0] = 0x0123456789abcdef;
	job.word[1] = 0xfedcba9876543210;
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		job.role = (enum lad_role)role;
		told[role] = driven_start(netns, NULL);
		driven_expect(&told[role], LAD_MESSAGE_HELLO);
		driven_say(&told[role], lad_protocol_prepare(&job));
		driven_expect(&told[role], LAD_MESSAGE_READY);
		if (role == LAD_SINK)
			answers += ask(netns, job.port, (size_t)job.message_bytes, 20);
	}
	told_begin_all(told, LAD_ROLE_COUNT, DURATION_NS);
	answers += ask(netns, job.port, (size_t)job.message_bytes, 20);
	enum lad_role last = lad_counting_role(job.workload, job.direction);
	enum lad_role first = last == LAD_SINK ? LAD_GENERATOR : LAD_SINK;
	const enum lad_role order[] = {first, last};
	for (int i = 0; i < LAD_ROLE_COUNT; i++) {
		struct lad_message message = driven_hear(&told[order[i]], &results[order[i]], TOLD_PATIENCE_MS);
		if (message.type != LAD_MESSAGE_RESULT)
			fail_msg("%s: %s", order[i] == LAD_SINK ? "sink" : "generator", message.text);
		if (i == 0 && job.workload == LAD_UDP_STREAM)
			driven_say(&told[last], lad_protocol_sent(results[first].messages_total));
	}
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		driven_say(&told[role], lad_protocol_bye());
		assert_int_equal(told_leave(&told[role]), 0);
	}
	close(netns);
	return answers;
}

static void test_requests_of_a_stranger_have_no_answer(void **state)
{
	(void)state;
	for (int flows = 1; flows <= 4; flows += 3) {
		struct lad_job job = told_job(LAD_SINK, LAD_UDP_RR, flows);
		job.rate_per_s = 1000;
		assert_int_equal(run(job), 0);
		assert_that((double)results[LAD_GENERATOR].transactions_total, >, 100);
		assert_int_equal(results[LAD_GENERATOR].timeouts, 0);
	}
}

static void test_a_stream_goes_to_nobody_else(void **state)
{
	(void)state;
	for (int flows = 1; flows <= 4; flows += 3)
		for (int direction = LAD_FORWARD; direction <= LAD_REVERSE; direction++) {
			struct lad_job job = told_job(LAD_SINK, LAD_UDP_STREAM, flows);
			job.direction = (enum lad_direction)direction;
			job.rate_per_s = 1000;
			job.message_bytes = 64;
			assert_int_equal(run(job), 0);
			const struct lad_agent_result *receiver =
			    &results[direction == LAD_REVERSE ? LAD_GENERATOR : LAD_SINK];
			assert_that((double)receiver->messages_total, >, 100);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests_of_a_stranger_have_no_answer),
	    cmocka_unit_test(test_a_stream_goes_to_nobody_else),
	};
	return cmocka_run_group_tests_name("agent strangers", tests, NULL, NULL);
}
