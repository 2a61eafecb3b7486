/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Longer than any of them takes to say its first word, on however busy a machine: whoever is silent for so long hangs.
 */
#define PATIENCE_MS 60000

static pid_t start(int netns_fd, int cpu, const char *const argv[], int out, int err)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid(); /* a scheduling group of its own, as a container has: peers and agents are compared on equal terms */
	if (netns_fd >= 0 && setns(netns_fd, CLONE_NEWNET) < 0)
		_exit(125);
	if (cpu >= 0) {
		cpu_set_t set;
		CPU_ZERO(&set);
		CPU_SET((unsigned)cpu, &set);
		sched_setaffinity(0, sizeof set, &set);
	}
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void support_expect(const struct finished *finished, int code, const char *in_out, const char *in_err)
{
	if (finished->code != code || (in_out && !strstr(finished->out, in_out)) ||
	    (in_err && !strstr(finished->err, in_err)))
		fail_msg("exit %d, not %d%s%s%s%s\nstdout: %s\nstderr: %s", finished->code, code,
			 in_out ? "; wanted: " : "", in_out ? in_out : "", in_err ? "; wanted in stderr: " : "",
			 in_err ? in_err : "", finished->out, finished->err);
}

pid_t support_start(int netns_fd, int cpu, const char *const argv[])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = start(netns_fd, cpu, argv, null, null);
	close(null);
	return pid;
}

int support_end_of(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void support_begin(struct support_program *program, struct finished *finished, int netns_fd, int cpu,
		   const char *const argv[])
{
	int out[2], err[2];
	memset(finished, 0, sizeof *finished);
	assert_return_code(pipe2(out, O_CLOEXEC), errno);
	assert_return_code(pipe2(err, O_CLOEXEC), errno);
	*program = (struct support_program){.finished = finished, .fds = {out[0], err[0]}};
	program->pid = start(netns_fd, cpu, argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
}

/* Keeps what there is to read at end NUMBER (0: stdout), as much as there is room for; closes it when it is over. */
static void drain(struct support_program *program, int number)
{
	char scratch[4096], *text = number ? program->finished->err : program->finished->out;
	size_t size = number ? sizeof program->finished->err : sizeof program->finished->out;
	size_t *used = &program->used[number];
	ssize_t got = read(program->fds[number], scratch, sizeof scratch);
	for (ssize_t i = 0; i < got; i++)
		if (*used + 1 < size)
			text[(*used)++] = scratch[i];
	text[*used] = '\0';
	if (got > 0)
		return;
	close(program->fds[number]);
	program->fds[number] = -1;
}

/* False when nothing came within LIMIT_MS (-1: no limit), or there is nobody any more from whom it could come. */
static bool listen_to(struct support_program *program, int limit_ms)
{
	struct pollfd polled[] = {{program->fds[0], POLLIN, 0}, {program->fds[1], POLLIN, 0}};
	if ((program->fds[0] < 0 && program->fds[1] < 0) || poll(polled, 2, limit_ms) == 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (polled[i].revents)
			drain(program, i);
	return true;
}

void support_hear(struct support_program *program, const char *text)
{
	while (!strstr(program->finished->out, text))
		if (!listen_to(program, PATIENCE_MS))
			fail_msg("no \"%s\" in\nstdout: %s\nstderr: %s", text, program->finished->out,
				 program->finished->err);
}

void support_finish(struct support_program *program)
{
	while (listen_to(program, -1))
		;
	program->finished->code = support_end_of(program->pid);
}

void support_run(struct finished *finished, int netns_fd, int cpu, const char *const argv[])
{
	struct support_program program;
	support_begin(&program, finished, netns_fd, cpu, argv);
	support_finish(&program);
}
