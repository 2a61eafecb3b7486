/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `netladder-agent sink`: who may talk to it, who cannot keep it from its generator, and what it has given up by then.
 */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driven.h"
#include "netladder/netlink.h"
#include "netladder/protocol.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define PORT 5202
#define GREETING "netladder-agent 1 secret\n"
#define SILENT 64

struct ground {
	int netns;
	struct support_program sink;
	struct finished said;
};

static void begin_by(struct ground *ground, const char *const argv[])
{
	memset(ground, 0, sizeof *ground);
	ground->netns = driven_new_netns();
	support_begin(&ground->sink, &ground->said, ground->netns, -1, argv);
	support_hear(&ground->sink, "waiting on");
}

static void begin(struct ground *ground)
{
	const char *const argv[] = {AGENT, "sink", "--token", "secret", NULL};
	begin_by(ground, argv);
}

/* The sink's exit code. */
static int end(struct ground *ground)
{
	support_finish(&ground->sink);
	close(ground->netns);
	return ground->said.code;
}

static void generate(const struct ground *ground, struct finished *finished, const char *workload, const char *flows)
{
	const char *const argv[] = {AGENT,    "generate", workload, "--to",	  "127.0.0.1", "--token",
				    "secret", "--flows",  flows,    "--duration", "300ms",     NULL};
	support_run(finished, ground->netns, -1, argv);
}

/* In the middle of a run that would last a minute. */
static void begin_generator(const struct ground *ground, struct finished *finished, const char *workload,
			    struct support_program *generator)
{
	const char *const argv[] = {AGENT,    "generate",   workload, "--to",	 "127.0.0.1", "--token",
				    "secret", "--duration", "60s",    "--flows", "2",	      NULL};
	support_begin(generator, finished, ground->netns, -1, argv);
	support_hear(generator, "1.0 s");
}

struct call {
	int type;
	in_addr_t from; /* 0: whatever the kernel chooses */
	int fd;
};

static int make_call(void *arg)
{
	struct call *call = arg;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {call->from}};
	struct timeval limit = {.tv_sec = 60};
	call->fd = socket(AF_INET, call->type | SOCK_CLOEXEC, 0);
	setsockopt(call->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (call->from && bind(call->fd, (struct sockaddr *)&from, sizeof from) < 0)
		return -1;
	return connect(call->fd, (struct sockaddr *)&to, sizeof to);
}

static int call_from(const struct ground *ground, int type, const char *from)
{
	struct call call = {.type = type, .from = from ? inet_addr(from) : 0};
	assert_return_code(lad_netns_run(ground->netns, make_call, &call, NULL), errno);
	return call.fd;
}

/* Says TEXT on a connection of its own, and hears what the sink says until it closes. */
static const char *tell_sink(const struct ground *ground, const char *from, const char *text)
{
	static char heard[1000];
	size_t used = 0;
	ssize_t got;
	int fd = call_from(ground, SOCK_STREAM, from);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	while ((got = recv(fd, heard + used, sizeof heard - 1 - used, 0)) > 0)
		used += (size_t)got;
	heard[used] = '\0';
	close(fd);
	return heard;
}

static uint64_t status_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	uint64_t value = UINT64_MAX;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	fclose(file);
	return value;
}

static double cpu_seconds_of(pid_t pid)
{
	char path[64];
	unsigned long long user = 0, system = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	/* proc(5): the name, in brackets, has no blank in it here */
	assert_int_equal(fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system),
			 2);
	fclose(file);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void test_a_waiting_sink_has_given_up_what_it_does_not_need(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	const uint64_t most = UINT64_C(1) << CAP_NET_ADMIN;
	begin(&ground);
	assert_int_equal(status_of(ground.sink.pid, "NoNewPrivs"), 1);
	if (!TOLD_SANITIZED)
		assert_int_equal(status_of(ground.sink.pid, "Seccomp"), 2);
	assert_int_equal(status_of(ground.sink.pid, "CapEff") & ~most, 0);
	assert_int_equal(status_of(ground.sink.pid, "CapPrm") & ~most, 0);
	/* And it still is a sink, of any number of threads. */
	generate(&ground, &finished, "tcp_rr", "3");
	support_expect(&finished, 0, "transactions/s", NULL);
	assert_int_equal(end(&ground), 0);
}

static void test_a_sink_of_nobody_has_its_filter_while_it_waits(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	const char *const argv[] = {
	    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", AGENT, "sink", "--token", "secret", NULL};
	begin_by(&ground, argv);
	assert_int_equal(status_of(ground.sink.pid, "NoNewPrivs"), 1);
	if (!TOLD_SANITIZED)
		assert_int_equal(status_of(ground.sink.pid, "Seccomp"), 2);
	assert_int_equal(status_of(ground.sink.pid, "CapEff"), 0);
	generate(&ground, &finished, "udp_rr", "2");
	support_expect(&finished, 0, "transactions/s", NULL);
	assert_int_equal(end(&ground), 0);
}

static void test_silent_visitors_do_not_keep_the_owner_out(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	int silent[3 * SILENT];
	begin(&ground);
	for (int i = 0; i < 3 * SILENT; i++)
		silent[i] = call_from(&ground, SOCK_STREAM, NULL);
	generate(&ground, &finished, "tcp_rr", "1");
	support_expect(&finished, 0, "transactions/s", NULL);
	for (int i = 0; i < 3 * SILENT; i++)
		close(silent[i]);
	assert_int_equal(end(&ground), 0);
}

static void test_the_crowd_of_one_address_makes_room_before_who_is_alone(void **state)
{
	(void)state;
	static struct ground ground;
	int silent[2 * SILENT];
	char byte;
	begin(&ground);
	int single = call_from(&ground, SOCK_STREAM, "127.0.0.9");
	for (int i = 0; i < 2 * SILENT; i++)
		silent[i] = call_from(&ground, SOCK_STREAM, NULL);
	assert_true(recv(silent[0], &byte, 1, 0) >= 0 || errno == ECONNRESET); /* the first of the crowd has to go */
	assert_int_equal(recv(single, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	kill(ground.sink.pid, SIGKILL);
	close(single);
	for (int i = 0; i < 2 * SILENT; i++)
		close(silent[i]);
	end(&ground);
}

static void test_a_sink_without_free_descriptors_rests_and_serves(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	int silent[SILENT];
	const char *const argv[] = {"prlimit", "--nofile=36:36", AGENT, "sink", "--token", "secret", NULL};
	begin_by(&ground, argv);
	for (int i = 0; i < SILENT; i++)
		silent[i] = call_from(&ground, SOCK_STREAM, NULL);
	double before = cpu_seconds_of(ground.sink.pid);
	driven_pause_ms(1500);
	double used = cpu_seconds_of(ground.sink.pid) - before;
	print_message("# %.2f s of CPU in 1.5 s\n", used);
	assert_that(used, <, 0.5); /* a loop that is woken at once takes all of it, on a busy machine half */
	generate(&ground, &finished, "tcp_rr", "1");
	support_expect(&finished, 0, "transactions/s", NULL);
	for (int i = 0; i < SILENT; i++)
		close(silent[i]);
	assert_int_equal(end(&ground), 0);
}

static void test_too_low_a_limit_of_descriptors_is_said_at_once(void **state)
{
	(void)state;
	static struct finished finished;
	const char *const argv[] = {"prlimit", "--nofile=10:10", AGENT, "sink", NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, 3, NULL, "the limit is 10; try: ulimit -Hn");
}

static void test_wrong_tokens_are_few_a_second_and_told_of(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	enum { TRIES = 60, SIDE = 6 };
	begin(&ground);
	int64_t from_ns = driven_now_ns();
	for (int i = 0; i < TRIES / SIDE; i++) {
		int fds[SIDE];
		char heard[200];
		for (int j = 0; j < SIDE; j++) {
			fds[j] = call_from(&ground, SOCK_STREAM, NULL);
			send(fds[j], "netladder-agent 1 sekret\n", 25, MSG_NOSIGNAL);
		}
		for (int j = 0; j < SIDE; j++) {
			ssize_t got = recv(fds[j], heard, sizeof heard - 1, 0);
			assert_true(got > 0);
			heard[got] = '\0';
			assert_non_null(strstr(heard, "wrong token"));
			close(fds[j]);
		}
	}
	double seconds = (double)(driven_now_ns() - from_ns) / 1e9;
	print_message("# %d tries in %.2f s\n", TRIES, seconds);
	assert_that(seconds, >, 0.9); /* ten at once, and fifty a second */
	generate(&ground, &finished, "tcp_rr", "1");
	support_expect(&finished, 0, "transactions/s", NULL);
	assert_int_equal(end(&ground), 0);
	assert_non_null(strstr(ground.said.err, "127.0.0.1 tried a wrong token"));
}

static void test_a_busy_sink_says_so_and_its_run_goes_on(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_stream", "udp_stream", "tcp_rr", "tcp_crr", "udp_rr"};
	static struct finished finished, second;
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		static struct ground ground;
		struct support_program generator;
		begin(&ground);
		begin_generator(&ground, &finished, workloads[i], &generator);
		generate(&ground, &second, "tcp_rr", "1");
		support_expect(&second, 4, NULL, "the sink is busy with another generator since ");
		/* From any machine, with any token, and nothing that is said there gets in. */
		assert_non_null(strstr(tell_sink(&ground, "127.0.0.9", "netladder-agent 1 guess\n"), "is busy"));
		assert_string_equal(tell_sink(&ground, "127.0.0.9", "GET / HTTP/1.0\r\n\r\n\n\n\n\n"),
				    "{\"type\":\"error\",\"message\":\"this is no netladder-agent greeting\"}\n");
		kill(generator.pid, SIGINT);
		support_finish(&generator);
		assert_int_equal(finished.code, 130);
		if (!strstr(finished.out, "result: "))
			fail_msg("%s: no result\n%s%s", workloads[i], finished.out, finished.err);
		end(&ground);
	}
}

/* Connects and closes at once, from the generator's machine, for as long as it may run. */
static int check_health(void *arg)
{
	(void)arg;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
			driven_pause_ms(1);
		close(fd);
		driven_pause_ms(1);
	}
	return 0;
}

static void test_a_health_check_is_no_flow(void **state)
{
	(void)state;
	static const char *const workloads[] = {"tcp_stream", "tcp_rr", "tcp_crr"};
	static struct finished finished;
	for (size_t i = 0; i < 2 * sizeof workloads / sizeof *workloads; i++) {
		static struct ground ground;
		begin(&ground);
		pid_t checker = fork();
		if (checker == 0) {
			lad_netns_run(ground.netns, check_health, NULL, NULL);
			_exit(0);
		}
		generate(&ground, &finished, workloads[i / 2], i % 2 ? "5" : "1");
		kill(checker, SIGKILL);
		waitpid(checker, NULL, 0);
		support_expect(&finished, 0, "result: ", NULL);
		assert_null(strstr(finished.out, "result: 0"));
		assert_int_equal(end(&ground), 0);
		if (i < 4 && !strstr(ground.said.err, "that did not belong to this run"))
			fail_msg("%s: not told: %s", workloads[i / 2], ground.said.err);
	}
}

/* Datagrams at the sink's port, all along from before its socket stands until the run is over; exits when answered. */
static void intrude(int fd)
{
	struct {
		uint32_t magic, flow;
		uint64_t word[2];
	} greeting = {htonl(UINT32_C(0x6e6c6468)), 0, {0, 0}};
	for (uint32_t i = 0;; i++) {
		char byte;
		greeting.flow = htonl(i % 2);
		send(fd, &greeting, i % 3 ? sizeof greeting : 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		while (recv(fd, &byte, 1, MSG_DONTWAIT) > 0)
			_exit(7); /* it was answered */
		if (i % 10 == 0)  /* the sink's buffer is not to be full of it */
			driven_pause_ms(1);
	}
}

static void test_nobody_but_the_generator_is_sent_a_datagram(void **state)
{
	(void)state;
	static const char *const directions[] = {"reverse", "both", "forward", NULL};
	static struct finished finished;
	for (int i = 0; i < 16; i++) {
		static struct ground ground;
		const char *direction = directions[i / 2 % 4];
		begin(&ground);
		int stranger = call_from(&ground, SOCK_DGRAM, i / 8 ? "127.0.0.9" : "127.0.0.1");
		pid_t intruder = fork();
		if (intruder == 0)
			intrude(stranger);
		close(stranger);
		const char *const argv[] = {
		    AGENT, "generate", direction ? "udp_stream" : "udp_rr", "--to", "127.0.0.1", "--token", "secret",
		    /* However long that takes beside other load: a window may pass unused. */
		    "--duration=60s", direction ? "--bytes=20MB" : "--transactions=3000",
		    i % 2 ? "--flows=2" : "--flows=1", direction ? "--direction" : NULL, direction, NULL};
		support_run(&finished, ground.netns, -1, argv);
		int status = 0;
		if (waitpid(intruder, &status, WNOHANG) != 0)
			fail_msg("%s: the intruder was answered, or failed: %d", direction ? direction : "udp_rr",
				 WEXITSTATUS(status));
		kill(intruder, SIGKILL);
		waitpid(intruder, NULL, 0);
		support_expect(&finished, 0, "result: ", NULL);
		assert_null(strstr(finished.out, "result: 0 "));
		int code = end(&ground);
		if (code)
			fail_msg("%s: sink %d: %s %s", direction ? direction : "udp_rr", code, ground.said.out,
				 ground.said.err);
	}
}

static void test_a_step_that_does_not_come_is_named(void **state)
{
	(void)state;
	struct lad_job job = told_job(LAD_SINK, LAD_TCP_RR, 2);
	for (int step = 0; step < 2; step++) {
		static struct ground ground;
		begin(&ground);
		int fd = call_from(&ground, SOCK_STREAM, NULL);
		send(fd, GREETING, strlen(GREETING), MSG_NOSIGNAL);
		char *line = step ? lad_protocol_prepare(&job) : strdup("{\"type\":");
		send(fd, line, strlen(line), MSG_NOSIGNAL);
		free(line);
		assert_int_equal(end(&ground), 4);
		assert_non_null(
		    strstr(ground.said.err, step ? "the generator did not send the start of its traffic within"
						 : "the generator did not send its order within"));
		close(fd);
	}
}

static void test_fewer_flows_than_agreed_are_a_failure(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_TCP_STREAM, LAD_UDP_RR, LAD_UDP_STREAM};
	for (size_t i = 0; i < 4; i++) {
		static struct ground ground;
		struct lad_job job = told_job(LAD_SINK, kinds[i], 2);
		struct lad_window window = {.duration_ns = 100000000};
		begin(&ground);
		int fd = call_from(&ground, SOCK_STREAM, NULL);
		char *lines[] = {strdup(GREETING), lad_protocol_prepare(&job), lad_protocol_start(&window)};
		for (int j = 0; j < 3; j++) {
			send(fd, lines[j], strlen(lines[j]), MSG_NOSIGNAL);
			free(lines[j]);
		}
		assert_int_equal(end(&ground), 4);
		if (!strstr(ground.said.err, "2 of 2 flows did not come"))
			fail_msg("%s", ground.said.err);
		close(fd);
	}
}

static int cut_the_wire(void *arg)
{
	(void)arg;
	struct ifreq down = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int status = ioctl(fd, SIOCSIFFLAGS, &down);
	close(fd);
	return status;
}

static void test_a_machine_that_vanishes_does_not_keep_the_sink(void **state)
{
	(void)state;
	static struct finished finished;
	static struct ground ground;
	struct support_program generator;
	begin(&ground);
	begin_generator(&ground, &finished, "tcp_rr", &generator);
	assert_return_code(lad_netns_run(ground.netns, cut_the_wire, NULL, NULL), errno);
	kill(generator.pid, SIGKILL); /* and nothing of it reaches the sink */
	support_finish(&generator);
	assert_int_equal(end(&ground), 4);
	assert_non_null(strstr(ground.said.err, "nothing has come from the generator's machine for"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_waiting_sink_has_given_up_what_it_does_not_need),
	    cmocka_unit_test(test_a_sink_of_nobody_has_its_filter_while_it_waits),
	    cmocka_unit_test(test_silent_visitors_do_not_keep_the_owner_out),
	    cmocka_unit_test(test_the_crowd_of_one_address_makes_room_before_who_is_alone),
	    cmocka_unit_test(test_a_sink_without_free_descriptors_rests_and_serves),
	    cmocka_unit_test(test_too_low_a_limit_of_descriptors_is_said_at_once),
	    cmocka_unit_test(test_wrong_tokens_are_few_a_second_and_told_of),
	    cmocka_unit_test(test_a_busy_sink_says_so_and_its_run_goes_on),
	    cmocka_unit_test(test_a_health_check_is_no_flow),
	    cmocka_unit_test(test_nobody_but_the_generator_is_sent_a_datagram),
	    cmocka_unit_test(test_a_step_that_does_not_come_is_named),
	    cmocka_unit_test(test_fewer_flows_than_agreed_are_a_failure),
	    cmocka_unit_test(test_a_machine_that_vanishes_does_not_keep_the_sink),
	};
	return cmocka_run_group_tests_name("agent sink", tests, NULL, NULL);
}
