/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an agent that moves one message at a time spares the kernel, seen from outside while it does. */
#include "driven.h"
#include "support.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif

/* Of the kernel's struct ptrace_rseq_configuration, which not every libc has. */
struct rseq_configuration {
	uint64_t pointer;
	uint32_t size, signature, flags, pad;
};

#define WINDOW_NS INT64_C(2000000000)

/* Whether the thread TID is registered for restartable sequences; -1: this kernel does not say. */
static int has_rseq(pid_t tid)
{
	struct rseq_configuration configuration = {0};
	int status;
	assert_return_code(ptrace(PTRACE_SEIZE, tid, 0, 0), errno);
	assert_return_code(ptrace(PTRACE_INTERRUPT, tid, 0, 0), errno);
	assert_int_equal(waitpid(tid, &status, __WALL), tid);
	long got = ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof configuration, &configuration);
	assert_return_code(ptrace(PTRACE_DETACH, tid, 0, 0), errno);
	return got < 0 ? -1 : configuration.pointer != 0;
}

/* How many threads PID has, and how many of them are registered. */
static void count_rseq(pid_t pid, int *threads, int *registered)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder));)
		if (isdigit((unsigned char)entry->d_name[0])) {
			++*threads;
			*registered += has_rseq((pid_t)atoi(entry->d_name)) == 1;
		}
	closedir(folder);
}

static void test_no_thread_of_an_agent_has_its_cpu_number_kept_up_to_date(void **state)
{
	(void)state;
	pid_t usual = fork();
	if (usual == 0) {
		pause();
		_exit(0);
	}
	int is_usual = has_rseq(usual);
	kill(usual, SIGKILL);
	waitpid(usual, NULL, 0);
	if (is_usual != 1)
		support_skip("this kernel or libc has no rseq, or the kernel does not say");
	int netns = driven_new_netns();
	struct lad_job job = told_job(LAD_GENERATOR, LAD_TCP_RR, 2);
	struct driven told[LAD_ROLE_COUNT];
	job.threads = 2;
	driven_start_pair(netns, job, told);
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		int threads = 0, registered = 0;
		count_rseq(told[role].pid, &threads, &registered);
		assert_int_equal(threads, 2);
		assert_int_equal(registered, 0);
		told_leave(&told[role]);
	}
	close(netns);
}

/* Whether FD of PID is a link to something whose name begins with KIND. */
static bool is_a(pid_t pid, int fd, const char *kind)
{
	char path[64], target[64] = "";
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	return readlink(path, target, sizeof target - 1) > 0 && strncmp(target, kind, strlen(kind)) == 0;
}

/* The sockets of PID that its epoll has an eye on. */
static int sockets_in_epoll(pid_t pid)
{
	int count = 0;
	for (int epoll = 0; epoll < 64; epoll++) {
		char path[64], line[256];
		int fd;
		if (!is_a(pid, epoll, "anon_inode:[eventpoll]"))
			continue;
		snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, epoll);
		FILE *file = fopen(path, "re");
		assert_non_null(file);
		while (fgets(line, sizeof line, file))
			if (sscanf(line, "tfd: %d", &fd) == 1)
				count += is_a(pid, fd, "socket:");
		fclose(file);
	}
	return count;
}

/* How many those are as soon as there are COUNT, else at LIMIT_NS. */
static int sockets_awaited(pid_t pid, int count, int64_t limit_ns)
{
	int now = sockets_in_epoll(pid);
	for (; now != count && driven_now_ns() < limit_ns; now = sockets_in_epoll(pid))
		driven_pause_ms(5);
	return now;
}

static void test_a_socket_that_waits_in_recv_leaves_epoll_and_comes_back(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR, LAD_TCP_STREAM};
	static struct lad_agent_result result;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		/* Who sends a stream does not wait, and the connection is closed when the stream ends. */
		bool stream = kinds[i] == LAD_TCP_STREAM;
		int others = lad_is_udp(kinds[i]) ? 0 : 1; /* a TCP listener is there all along */
		int netns = driven_new_netns();
		struct driven told[LAD_ROLE_COUNT];
		driven_start_pair(netns, told_job(LAD_GENERATOR, kinds[i], 1), told);
		pid_t sink = told[LAD_SINK].pid, generator = told[LAD_GENERATOR].pid;
		int64_t limit_ns = driven_now_ns() + INT64_C(30000000000);
		assert_int_equal(sockets_awaited(sink, others + 1, limit_ns), others + 1);
		int64_t end_ns = driven_now_ns() + WINDOW_NS;
		told_begin_all(told, LAD_ROLE_COUNT, WINDOW_NS);
		assert_int_equal(sockets_awaited(sink, others, end_ns), others);
		/* It has none before it starts, too: so only after the sink, which leaves when there is traffic. */
		if (!stream)
			assert_int_equal(sockets_awaited(generator, 0, end_ns), 0);
		assert_int_equal(driven_hear(&told[LAD_SINK], &result, TOLD_PATIENCE_MS).type, LAD_MESSAGE_RESULT);
		assert_true(result.bytes > 0);
		if (!stream)
			assert_int_equal(sockets_awaited(sink, others + 1, limit_ns), others + 1);
		for (int role = 0; role < LAD_ROLE_COUNT; role++)
			told_leave(&told[role]);
		close(netns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_thread_of_an_agent_has_its_cpu_number_kept_up_to_date),
	    cmocka_unit_test(test_a_socket_that_waits_in_recv_leaves_epoll_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
