/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dns_rr against a DNS server of the test's own, which counts what it is asked and what it answers. */
#include "support.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/netlink.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define PORT 5353
#define SERVER "127.0.0.1:5353"

enum answer { ADDRESS, NO_SUCH_NAME, NO_ANSWER };

/* Shared with the server's process. */
static struct counts {
	long asked, addresses, ports; /* ports: how often the asking port was another than the time before */
} * counts;

static int netns;
static pid_t server;
static struct finished finished;

/* What the server does with its query number NUMBER about the name that begins with LABEL. */
static enum answer decide(const char *label, long number)
{
	if (strcmp(label, "nobody") == 0)
		return NO_SUCH_NAME;
	if (strcmp(label, "third") == 0)
		return number % 3 == 2 ? NO_SUCH_NAME : ADDRESS;
	if (strcmp(label, "silent") == 0)
		return number % 10 == 9 ? NO_ANSWER : ADDRESS;
	if (strcmp(label, "once") == 0)
		return number == 0 ? ADDRESS : NO_SUCH_NAME;
	if (strcmp(label, "late") == 0)
		return number < 5 ? NO_SUCH_NAME : ADDRESS;
	return ADDRESS;
}

/* RFC 1035: the header with its flags, the question again, and one A record with a pointer to the name. */
static size_t respond(unsigned char *message, size_t size, enum answer answer)
{
	static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7};
	message[2] |= 0x80;
	message[3] = answer == NO_SUCH_NAME ? 0x83 : 0x80;
	memset(message + 6, 0, 6);
	if (answer == NO_SUCH_NAME)
		return size;
	message[7] = 1;
	memcpy(message + size, record, sizeof record);
	return size + sizeof record;
}

__attribute__((noreturn)) static void serve(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)}, from;
	in_port_t last = 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	inet_pton(AF_INET, "127.0.0.1", &here.sin_addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (setns(netns, CLONE_NEWNET) < 0)
		_exit(1);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
		_exit(1);
	for (;;) {
		unsigned char message[600];
		char label[64] = "";
		socklen_t length = sizeof from;
		ssize_t got = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &length);
		if (got < 17 || message[12] > 63)
			continue;
		memcpy(label, message + 13, message[12]);
		enum answer answer = decide(label, counts->asked++);
		counts->addresses += answer == ADDRESS;
		counts->ports += from.sin_port != last;
		last = from.sin_port;
		if (answer != NO_ANSWER)
			sendto(fd, message, respond(message, (size_t)got, answer), 0, (struct sockaddr *)&from, length);
	}
}

static int set_up(void **state)
{
	(void)state;
	struct lad_error err = {0};
	netns = lad_netns_new(&err);
	if (netns < 0) {
		print_message("%s\n", err.message);
		return -1;
	}
	counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	server = fork();
	if (server == 0)
		serve();
	return support_wait_listening(netns, true, PORT) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(netns);
	return 0;
}

/* Looks NAME up with three further arguments; the caller frees the last line's JSON (NULL: there is none). */
static cJSON *look_up(const char *name, const char *first, const char *second, const char *third)
{
	memset(counts, 0, sizeof *counts);
	const char *const argv[] = {AGENT,  "generate", "dns_rr", "--json", "--name", name,  "--server",
				    SERVER, "--warmup", "0",	  first,    second,   third, NULL};
	support_run(&finished, netns, -1, argv);
	char *last = strrchr(finished.out, '{');
	return last ? cJSON_Parse(last) : NULL;
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);
	if (!cJSON_IsNumber(item))
		fail_msg("no number %s: exit %d, %s%s", name, finished.code, finished.out, finished.err);
	return item->valuedouble;
}

static double lookups(const cJSON *result)
{
	return number(result, "transactions_per_s") * number(result, "seconds");
}

static void test_lookups_are_counted_as_the_server_counts_them(void **state)
{
	(void)state;
	cJSON *result = look_up("sink.test", "--transactions=2000", "--answer=192.0.2.7", NULL);
	assert_int_equal(finished.code, 0);
	assert_int_equal(lookups(result) + 0.5, 2000);
	assert_int_equal(number(result, "timeouts"), 0);
	assert_that(number(result, "latency_p50_us"), >, 0);
	assert_that(number(result, "latency_p50_us"), <=, number(result, "latency_p99_us"));
	/* One more to find the name before, and one that was under way when it was enough. */
	assert_in_range(counts->addresses, 2001, 2002);
	assert_int_equal(counts->asked, counts->addresses);
	/* Each lookup has a socket of its own; two may draw the same port. */
	assert_that(counts->ports, >, counts->asked * 9 / 10);
	cJSON_Delete(result);
}

static void test_a_name_that_is_not_there_yet_is_waited_for(void **state)
{
	(void)state;
	cJSON *result = look_up("late.test", "--transactions=10", "--answer=192.0.2.7", NULL);
	assert_int_equal(finished.code, 0);
	assert_int_equal(number(result, "timeouts"), 0);
	assert_in_range(counts->asked, 5 + 11, 5 + 12);
	cJSON_Delete(result);
}

static void test_no_such_name_is_a_failed_lookup_and_no_latency(void **state)
{
	(void)state;
	cJSON *result = look_up("third.test", "--transactions=300", "--flows=1", NULL);
	assert_int_equal(finished.code, 0);
	assert_int_equal(lookups(result) + 0.5, 300);
	/* Two of three are answered, and the first of those found the name. */
	assert_in_range(number(result, "timeouts"), 149, 151);
	cJSON_Delete(result);
}

static void test_an_answer_that_does_not_come_is_a_failed_lookup(void **state)
{
	(void)state;
	cJSON *result = look_up("silent.test", "--transactions=20", "--flows=1", NULL);
	assert_int_equal(finished.code, 0);
	assert_int_equal(lookups(result) + 0.5, 20);
	assert_int_equal(number(result, "timeouts"), 2);
	assert_that(number(result, "seconds"), >, 2 * 0.9); /* given up on after a second each */
	cJSON_Delete(result);
}

static void test_flows_look_up_beside_each_other(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 3; threads++) {
		char option[32];
		snprintf(option, sizeof option, "--threads=%d", threads);
		cJSON *result = look_up("sink.test", "--transactions=3000", "--flows=16", option);
		assert_int_equal(finished.code, 0);
		assert_int_equal(lookups(result) + 0.5, 3000);
		/* Each thread looks the name up before, and goes on until the last has its share. */
		assert_in_range(counts->addresses, 3000 + threads, 2 * 3000);
		cJSON_Delete(result);
	}
}

static void test_no_successful_lookup_is_a_failed_run_that_says_why(void **state)
{
	(void)state;
	cJSON_Delete(look_up("nobody.test", "--duration", "200ms", NULL));
	support_expect(&finished, 4, NULL, "cannot look up \"nobody.test\": Domain name not found");
	cJSON_Delete(look_up("once.test", "--duration", "200ms", NULL));
	support_expect(&finished, 4, NULL, "no lookup of \"once.test\" succeeded in the window: Domain name not found");
	assert_that(counts->asked, >, 2);
	cJSON_Delete(look_up("sink.test", "--answer", "192.0.2.8", NULL));
	support_expect(&finished, 4, NULL, "it has the address 192.0.2.7 and not 192.0.2.8");
}

static void test_bad_usage_is_exit_2(void **state)
{
	(void)state;
	static const struct {
		const char *words[6], *says;
	} cases[] = {{{"dns_rr"}, "no --name"},
		     {{"dns_rr", "--name=a", "--to=192.0.2.1"}, "dns_rr has no sink"},
		     {{"dns_rr", "--name=a", "--answer=x"}, "is no IPv4 address"},
		     {{"dns_rr", "--name=a", "--rate=10"}, "--rate: only for tcp_stream"},
		     {{"dns_rr", "--name=a", "--server=nonsense:x"}, "is no DNS server"},
		     {{"tcp_rr", "--name=a", "--to=192.0.2.1", "--token=x"}, "only for dns_rr"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const argv[] = {
		    AGENT, "generate", cases[i].words[0], cases[i].words[1], cases[i].words[2], cases[i].words[3],
		    NULL};
		support_run(&finished, netns, -1, argv);
		support_expect(&finished, 2, NULL, cases[i].says);
	}
}

static void test_the_native_lab_skips_it_with_its_remedy(void **state)
{
	(void)state;
	static struct lad_scenario scenario = {.name = "dns", .wire_mtu_bytes = 1500, .alpha = 0.05};
	static struct lad_workload workload = {
	    .kind = LAD_DNS_RR, .cpus = LAD_CPUS_FREE, .message_bytes = 1, .flows = 1};
	struct lad_trial trial = {
	    .mode = LAD_MODE_HOST, .placement = LAD_CROSS_HOST, .workload = &workload, .tuning = &lad_no_tuning};
	struct lad_trial_context context = support_context(&scenario, 0.01, 0.1);
	static struct lad_histogram latency;
	struct lad_row row;
	struct lad_error err = {0};
	lad_row_clear(&row);
	assert_int_equal(lad_trial_run(&context, &trial, &row, &latency, &err), LAD_TRIAL_SKIPPED);
	assert_non_null(strstr(err.message, "--lab docker"));
	support_close_context(&context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookups_are_counted_as_the_server_counts_them),
	    cmocka_unit_test(test_a_name_that_is_not_there_yet_is_waited_for),
	    cmocka_unit_test(test_no_such_name_is_a_failed_lookup_and_no_latency),
	    cmocka_unit_test(test_an_answer_that_does_not_come_is_a_failed_lookup),
	    cmocka_unit_test(test_flows_look_up_beside_each_other),
	    cmocka_unit_test(test_no_successful_lookup_is_a_failed_run_that_says_why),
	    cmocka_unit_test(test_bad_usage_is_exit_2),
	    cmocka_unit_test(test_the_native_lab_skips_it_with_its_remedy),
	};
	return cmocka_run_group_tests_name("dns_rr", tests, set_up, tear_down);
}
