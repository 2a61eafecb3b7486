/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/container.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"

#define NOBODY 65534

struct launch {
	int program_fd, netns_fd, cpu;
	const char *hostname;
	int stdin_fd, stdout_fd;
	int report_fd; /* the child says here what failed; closed by a successful exec */
	bool has_nobody;
};

struct launch_failure {
	int error;
	char step[60];
};

static int enter_namespaces(const struct launch *launch, const char **step)
{
	*step = "enter the network namespace";
	if (setns(launch->netns_fd, CLONE_NEWNET) < 0)
		return -1;
	*step = "make the mounts private";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	*step = "mount a private /proc";
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -1;
	*step = "mount a private /sys";
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
		return -1;
	*step = "set the host name";
	return sethostname(launch->hostname, strlen(launch->hostname));
}

static int pin(int cpu, const char **step)
{
	if (cpu == LAD_ANY_CPU)
		return 0;
	*step = "pin to its CPU";
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	return sched_setaffinity(0, sizeof set, &set);
}

/* Whether a map of this user namespace (user_namespaces(7)) has NOBODY in it. */
static bool maps_nobody(const char *path)
{
	unsigned long inside, outside, count;
	bool found = false;
	lad_cleanup_file FILE *map = fopen(path, "re");
	while (map && !found && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3)
		found = NOBODY >= inside && NOBODY - inside < count;
	return found || !map; /* a kernel without user namespaces has no such file */
}

/*
 * In a user namespace without nobody, as an unprivileged user makes one, root is that user already, and there is nobody
 * else to become: the capabilities go all the same.
 */
static int become_nobody(const struct launch *launch)
{
	if (!launch->has_nobody)
		return 0;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
		       setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0
		   ? -1
		   : 0;
}

/* Becomes nobody with CAP_NET_ADMIN alone, kept over exec as an ambient capability (capabilities(7)). */
static int lower_privileges(const struct launch *launch, const char **step)
{
	*step = "bound the capabilities";
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap != CAP_NET_ADMIN && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	*step = "become nobody";
	if (become_nobody(launch) < 0)
		return -1;
	*step = "keep CAP_NET_ADMIN alone";
	capng_clear(CAPNG_SELECT_CAPS);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) < 0)
		return -1;
	*step = "set no_new_privs";
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int connect_streams(const struct launch *launch, const char **step)
{
	*step = "connect its standard streams";
	return dup2(launch->stdin_fd, STDIN_FILENO) < 0 || dup2(launch->stdout_fd, STDOUT_FILENO) < 0 ? -1 : 0;
}

/*
 * Docker gives each container a group of its own in the CPU scheduler (a cgroup), and so does a session (autogroup, see
 * sched(7)): a switch between the two ends costs as much more as in Docker, 5 to 7 % of a round trip on loopback. A
 * session also keeps the terminal's ^C from the agents, which the runner ends in order.
 */
static int leave_scheduling_group(const char **step)
{
	*step = "begin a session";
	return setsid() < 0 ? -1 : 0;
}

__attribute__((noreturn)) static void run_child(const struct launch *launch)
{
	const char *step = "start";
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (leave_scheduling_group(&step) == 0 && enter_namespaces(launch, &step) == 0 &&
	    pin(launch->cpu, &step) == 0 && connect_streams(launch, &step) == 0 &&
	    lower_privileges(launch, &step) == 0) {
		/* After the change of user, which clears it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		step = "execute the agent";
		char *argv[] = {(char *)"netladder-agent", NULL};
		char *envp[] = {NULL};
		syscall(SYS_execveat, launch->program_fd, "", argv, envp, AT_EMPTY_PATH);
	}
	struct launch_failure failure = {.error = errno};
	strncpy(failure.step, step, sizeof failure.step - 1);
	ssize_t written = write(launch->report_fd, &failure, sizeof failure);
	_exit(written == sizeof failure ? 126 : 127);
}

static int wait_for_exec(int report_fd, struct lad_error *err)
{
	struct launch_failure failure;
	ssize_t got;
	do
		got = read(report_fd, &failure, sizeof failure);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got != sizeof failure)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot start a container");
	return lad_error_errno(err, failure.error, "cannot start a container: cannot %s", failure.step);
}

static pid_t clone_container(int *pidfd)
{
	struct clone_args args = {
	    .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_PIDFD,
	    .pidfd = (uintptr_t)pidfd,
	    .exit_signal = SIGCHLD,
	};
	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int lad_container_start(struct lad_container *container, int program_fd, int netns_fd, const char *hostname, int cpu,
			struct lad_error *err)
{
	int input[2] = {-1, -1}, output[2] = {-1, -1}, report[2] = {-1, -1};
	memset(container, 0, sizeof *container);
	container->pidfd = container->channel.input = container->channel.output = -1;
	if (pipe2(input, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
		int error = errno;
		for (int end = 0; end < 2; end++) {
			lad_close_fd(&input[end]);
			lad_close_fd(&output[end]);
		}
		return lad_error_errno(err, error, "cannot open a pipe");
	}
	struct launch launch = {
	    program_fd, netns_fd,  cpu,	      hostname,
	    input[0],	output[1], report[1], maps_nobody("/proc/self/uid_map") && maps_nobody("/proc/self/gid_map")};
	container->pid = clone_container(&container->pidfd);
	if (container->pid == 0)
		run_child(&launch);
	int clone_error = errno;
	close(input[0]);
	close(output[1]);
	close(report[1]);
	container->channel.input = input[1];
	container->channel.output = output[0];
	int status;
	if (container->pid < 0) {
		container->pid = 0;
		status = lad_error_errno(err, clone_error, "cannot start a container");
	} else {
		fcntl(container->channel.output, F_SETFL, O_NONBLOCK);
		status = wait_for_exec(report[0], err);
	}
	close(report[0]);
	if (status < 0)
		lad_container_stop(container);
	return status;
}

void lad_container_stop(struct lad_container *container)
{
	if (container->pid > 0) {
		syscall(SYS_pidfd_send_signal, container->pidfd, SIGKILL, NULL, 0);
		while (waitpid(container->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(container->pidfd);
		close(container->channel.input);
		close(container->channel.output);
	} else if (container->channel.input > 0) { /* pipes, but no process */
		close(container->channel.input);
		close(container->channel.output);
	}
	lad_line_free(&container->channel.lines);
	memset(container, 0, sizeof *container);
	container->pidfd = container->channel.input = container->channel.output = -1;
}
