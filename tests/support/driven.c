/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driven.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"
#include "netladder/netlink.h"
void driven_pause_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

int64_t driven_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int driven_new_netns(void)
{
	struct lad_error err = {0};
	int netns = lad_netns_new(&err);
	if (netns < 0)
		fail_msg("%s", err.message);
	return netns;
}

__attribute__((noreturn)) static void become_agent(int netns, const struct driven_options *options)
{
	struct rlimit files = {options->files_max, options->files_max};
	struct rlimit memory = {options->memory_max_bytes, options->memory_max_bytes};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (options->faults_fd > 0)
		faults_inherit(options->faults_fd);
	if (setns(netns, CLONE_NEWNET) < 0 || (options->files_max && setrlimit(RLIMIT_NOFILE, &files) < 0) ||
	    (options->memory_max_bytes && setrlimit(RLIMIT_AS, &memory) < 0))
		_exit(125);
	execl(LAD_BUILD "/netladder-agent", "netladder-agent", (char *)NULL);
	_exit(127);
}

struct driven driven_start(int netns, const struct driven_options *options)
{
	static const struct driven_options none;
	int input[2], output[2];
	assert_return_code(pipe2(input, O_CLOEXEC), errno);
	assert_return_code(pipe2(output, O_CLOEXEC), errno);
	struct driven told = {.pid = fork(), .input = input[1], .output = output[0]};
	assert_true(told.pid >= 0);
	if (told.pid == 0) {
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		become_agent(netns, options ? options : &none);
	}
	close(input[0]);
	close(output[1]);
	fcntl(told.output, F_SETFL, O_NONBLOCK);
	return told;
}

struct lad_message driven_hear(struct driven *told, struct lad_agent_result *result, int timeout_ms)
{
	struct lad_message message = {.type = (enum lad_message_type) - 1};
	struct lad_error err = {0};
	int64_t deadline_ns = driven_now_ns() + timeout_ms * INT64_C(1000000);
	char *line;
	size_t length;
	while (!(line = lad_line_next(&told->lines, &length))) {
		struct pollfd polled = {told->output, POLLIN, 0};
		if (driven_now_ns() > deadline_ns)
			fail_msg("no word within %d ms", timeout_ms);
		poll(&polled, 1, 100);
		if (lad_line_fill(&told->lines, told->output) == 0)
			return message;
	}
	if (lad_protocol_parse(line, length, &message, result, &err) < 0)
		fail_msg("%s", err.message);
	return message;
}

void driven_say(struct driven *told, char *line)
{
	assert_non_null(line);
	assert_int_equal(write(told->input, line, strlen(line)), (ssize_t)strlen(line));
	free(line);
}

/* Its last words are let come: with nobody to hear them it would end as one that cannot speak. */
static void hear_out(int output)
{
	char scratch[4096];
	struct pollfd polled = {output, POLLIN, 0};
	while (poll(&polled, 1, TOLD_PATIENCE_MS) == 1 && read(output, scratch, sizeof scratch) > 0)
		;
	close(output);
}

int told_leave(struct driven *told)
{
	int status;
	close(told->input);
	hear_out(told->output);
	lad_line_free(&told->lines);
	for (int i = 0; waitpid(told->pid, &status, WNOHANG) != told->pid; i++) {
		if (i == TOLD_PATIENCE_MS / 10)
			fail_msg("the agent does not end");
		driven_pause_ms(10);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct lad_job told_job(enum lad_role role, enum lad_workload_kind kind, int flows)
{
	struct lad_job job = {.role = role,
			      .workload = kind,
			      .message_bytes = kind == LAD_TCP_STREAM ? 65536 : 64,
			      .flows = flows,
			      .address = "127.0.0.1",
			      .port = LAD_DATA_PORT,
			      .pipeline = 1,
			      .requests = 1};
	return job;
}

void driven_expect(struct driven *told, enum lad_message_type type)
{
	struct lad_message message = driven_hear(told, NULL, TOLD_PATIENCE_MS);
	if (message.type == LAD_MESSAGE_ERROR && type != LAD_MESSAGE_ERROR)
		fail_msg("the agent says: %s", message.text);
	assert_int_equal(message.type, type);
}

void told_begin_all(struct driven *told, int count, int64_t duration_ns)
{
	struct lad_window window = {driven_now_ns() + 20000000, 0, duration_ns};
	for (int i = 0; i < count; i++)
		driven_say(&told[i], lad_protocol_start(&window));
}

void told_begin(struct driven *told, int64_t duration_ns)
{
	told_begin_all(told, 1, duration_ns);
}

void told_refuses(struct driven *told, const struct lad_job *job, const char *text)
{
	driven_expect(told, LAD_MESSAGE_HELLO);
	driven_say(told, lad_protocol_prepare(job));
	struct lad_message message = driven_hear(told, NULL, TOLD_PATIENCE_MS);
	assert_int_equal(message.type, LAD_MESSAGE_ERROR);
	if (!strstr(message.text, text))
		fail_msg("the agent says \"%s\" and not \"%s\"", message.text, text);
	assert_int_equal(told_leave(told), 1);
}

void driven_start_pair(int netns, struct lad_job job, struct driven told[LAD_ROLE_COUNT])
{
	for (int role = 0; role < LAD_ROLE_COUNT; role++) {
		job.role = (enum lad_role)role;
		told[role] = driven_start(netns, NULL);
		driven_expect(&told[role], LAD_MESSAGE_HELLO);
		driven_say(&told[role], lad_protocol_prepare(&job));
		driven_expect(&told[role], LAD_MESSAGE_READY);
	}
}
