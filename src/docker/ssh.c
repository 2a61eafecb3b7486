/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"

/*
 * ssh://: the system's ssh forwards the remote engine's socket to one of ours. It runs as our child, dies with us
 * (PR_SET_PDEATHSIG) and never asks: what it says on stderr becomes the error.
 */

#define CONNECT_LIMIT_MS 20000
#define STEP_MS 20

__attribute__((noreturn)) static void run_ssh(const struct lad_docker *engine, pid_t parent, int error_fd)
{
	char forward[DOCKER_PATH_MAX + 128];
	const char *given = getenv("NETLADDER_SSH");
	const char *program = given && given[0] ? given : "ssh";
	snprintf(forward, sizeof forward, "%s/docker.sock:%s", engine->ssh_folder, engine->endpoint.ssh_socket);
	const char *port = engine->endpoint.ssh_port[0] ? engine->endpoint.ssh_port : NULL;
	const char *argv[24] = {program,
				"-N",
				"-T",
				"-o",
				"BatchMode=yes",
				"-o",
				"ExitOnForwardFailure=yes",
				"-o",
				"StreamLocalBindMask=0177",
				"-o",
				"ConnectTimeout=10",
				"-o",
				"ServerAliveInterval=15",
				"-L",
				forward};
	int count = 15;
	if (port) {
		argv[count++] = "-p";
		argv[count++] = port;
	}
	argv[count++] = "--";
	argv[count] = engine->endpoint.ssh;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* A terminal's ^C is for netladder, which still needs the engine to clean up. */
	setpgid(0, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(error_fd, STDERR_FILENO) >= 0)
		execvp(program, (char *const *)argv);
	dprintf(error_fd, "cannot run %s: %s\n", program, strerror(errno));
	_exit(127);
}

/* What ssh has said, or the end of it where that is long: of a changed host key it says a screenful. */
static void read_end(int error_fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t length;
	while ((length = read(error_fd, text + used, size - 1 - used)) > 0) {
		used += (size_t)length;
		if (used == size - 1) {
			used /= 2;
			memmove(text, text + (size - 1 - used), used);
		}
	}
	text[used] = '\0';
}

static int failed(struct lad_docker *engine, int error_fd, struct lad_error *err)
{
	char text[512];
	read_end(error_fd, text, sizeof text);
	/* The last line says it best; before it may stand a banner. */
	size_t end = strlen(text);
	while (end > 0 && strchr("\r\n", text[end - 1]))
		text[--end] = '\0';
	const char *line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: ssh: %s; `ssh %s true` must work without a question",
			     engine->host, line[0] ? line : "it ended", engine->endpoint.ssh);
}

static int wait_for_socket(struct lad_docker *engine, int error_fd, struct lad_error *err)
{
	for (int waited_ms = 0; waited_ms < CONNECT_LIMIT_MS; waited_ms += STEP_MS) {
		if (access(engine->endpoint.socket, F_OK) == 0)
			return 0;
		if (waitpid(engine->ssh_pid, NULL, WNOHANG) == engine->ssh_pid) {
			engine->ssh_pid = 0;
			return failed(engine, error_fd, err);
		}
		if (docker_interrupted(engine))
			return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted while ssh was to reach engine %s",
					     engine->host);
		struct timespec step = {0, STEP_MS * 1000000L};
		nanosleep(&step, NULL);
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: ssh forwarded nothing within %d s", engine->host,
			     CONNECT_LIMIT_MS / 1000);
}

int docker_ssh_open(struct lad_docker *engine, struct lad_error *err)
{
	strcpy(engine->ssh_folder, "/tmp/netladder-ssh-XXXXXX");
	if (!mkdtemp(engine->ssh_folder)) {
		engine->ssh_folder[0] = '\0';
		return lad_error_errno(err, errno, "engine %s: cannot make a folder in /tmp", engine->host);
	}
	snprintf(engine->endpoint.socket, sizeof engine->endpoint.socket, "%s/docker.sock", engine->ssh_folder);
	int errors[2];
	if (pipe2(errors, O_CLOEXEC) < 0)
		return lad_error_errno(err, errno, "engine %s: cannot open a pipe", engine->host);
	pid_t parent = getpid();
	engine->ssh_pid = fork();
	if (engine->ssh_pid == 0)
		run_ssh(engine, parent, errors[1]);
	int fork_error = errno;
	close(errors[1]);
	lad_cleanup_fd int error_fd = errors[0];
	fcntl(error_fd, F_SETFL, O_NONBLOCK);
	if (engine->ssh_pid < 0) {
		engine->ssh_pid = 0;
		return lad_error_errno(err, fork_error, "engine %s: cannot start ssh", engine->host);
	}
	return wait_for_socket(engine, error_fd, err);
}

void docker_ssh_close(struct lad_docker *engine)
{
	if (engine->ssh_pid > 0) {
		kill(engine->ssh_pid, SIGTERM);
		while (waitpid(engine->ssh_pid, NULL, 0) < 0 && errno == EINTR)
			;
		engine->ssh_pid = 0;
	}
	if (engine->ssh_folder[0]) {
		unlink(engine->endpoint.socket);
		rmdir(engine->ssh_folder);
		engine->ssh_folder[0] = '\0';
	}
}
