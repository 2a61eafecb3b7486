/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm/guest.h"
#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/units.h"

/* A run that writes nothing for this long beyond a trial's own time, on the guest's clock, hangs. */
#define SILENCE_NS (60 * LAD_NS_PER_S)

struct guest {
	int port_fd;
	struct vm_job job;
	struct vm_shipper shipper;
	pid_t runner;
	int runner_output; /* its stderr */
	int signal_fd, watch_fd;
	bool frozen; /* this is a copy of a frozen machine, for one trial */
};

/* What tests ask for. */
static void suffer(const char *fault)
{
	if (strcmp(fault, "panic") == 0) {
		lad_cleanup_fd int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
		if (write(fd, "c", 1) != 1)
			abort(); /* the end of the first process is a panic as well */
	}
	while (strcmp(fault, "hang") == 0)
		pause();
}

/* Runs the plan in a child; its end is told through a pipe that SIGCHLD and the end of its stderr announce. */
static int start_runner(struct guest *guest, int result_fd, struct lad_error *err)
{
	int output[2];
	if (pipe2(output, O_CLOEXEC) < 0)
		return lad_error_errno(err, errno, "cannot open a pipe");
	guest->runner = fork();
	if (guest->runner < 0)
		return lad_error_errno(err, errno, "cannot start the runner");
	if (guest->runner == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		dup2(output[1], STDERR_FILENO);
		vm_guest_run(&guest->job, result_fd);
		_exit(0);
	}
	close(output[1]);
	guest->runner_output = output[0];
	fcntl(guest->runner_output, F_SETFL, O_NONBLOCK);
	return 0;
}

static void drain(int fd)
{
	char buffer[4096];
	while (read(fd, buffer, sizeof buffer) > 0)
		;
}

static int forward_output(struct guest *guest)
{
	char buffer[4096];
	ssize_t got;
	while ((got = read(guest->runner_output, buffer, sizeof buffer)) > 0)
		if (vm_frame_write(guest->port_fd, VM_FRAME_LOG, buffer, (size_t)got) < 0)
			return -1;
	return 0;
}

/* Ships what the runner writes until it is gone. -1: it hangs, or the port is broken. */
static int follow_runner(struct guest *guest, struct lad_error *err)
{
	int64_t limit_ns = SILENCE_NS + 2 * (guest->job.warmup_ns + guest->job.duration_ns);
	struct timespec limit = {limit_ns / LAD_NS_PER_S, 0};
	for (bool gone = false; !gone;) {
		struct pollfd polled[] = {
		    {guest->watch_fd, POLLIN, 0}, {guest->runner_output, POLLIN, 0}, {guest->signal_fd, POLLIN, 0}};
		int ready = ppoll(polled, 3, &limit, NULL);
		if (ready < 0 && errno != EINTR)
			return lad_error_errno(err, errno, "cannot poll");
		if (ready == 0)
			return lad_error_set(err, LAD_EXIT_TRIALS,
					     "the runner wrote nothing for %d s of the guest's time",
					     (int)limit.tv_sec);
		drain(guest->watch_fd);
		drain(guest->signal_fd);
		/* The first process also reaps what others left. */
		for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
			gone |= pid == guest->runner;
		if (vm_ship(&guest->shipper, guest->port_fd) < 0 || forward_output(guest) < 0)
			return lad_error_errno(err, errno, "cannot write to the port");
		if (polled[1].revents & POLLHUP)
			guest->runner_output = -1; /* poll ignores it */
	}
	return 0;
}

static int prepare(struct guest *guest, struct lad_error *err)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	guest->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	guest->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (guest->signal_fd < 0 || guest->watch_fd < 0 ||
	    inotify_add_watch(guest->watch_fd, VM_GUEST_RESULTS, IN_CREATE | IN_MODIFY) < 0)
		return lad_error_errno(err, errno, "cannot watch " VM_GUEST_RESULTS);
	guest->shipper.directory = VM_GUEST_RESULTS;
	return 0;
}

static void say_end(int port_fd, const struct vm_guest_result *result, const struct lad_error *err)
{
	char text[1200];
	const struct lad_run_outcome *outcome = &result->outcome;
	int length = snprintf(text, sizeof text, "%d %d %d %d %.1000s", outcome->ok, outcome->failed, outcome->skipped,
			      err->message[0] ? (int)err->exit_code : 0, lad_error_line(err).text);
	vm_frame_write(port_fd, VM_FRAME_END, text, (size_t)length);
}

static int run_job(struct guest *guest, struct lad_error *err)
{
	int pipe_fds[2];
	struct vm_guest_result result = {.error = {.message = "the runner died"}};
	result.error.exit_code = LAD_EXIT_TRIALS;
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return lad_error_errno(err, errno, "cannot open a pipe");
	if (start_runner(guest, pipe_fds[1], err) < 0 || follow_runner(guest, err) < 0)
		return -1;
	struct vm_guest_result told;
	if (read(pipe_fds[0], &told, sizeof told) == sizeof told)
		result = told;
	say_end(guest->port_fd, &result, &result.error);
	return 0;
}

/* All that is the same for each trial. */
static int settle(struct guest *guest, bool instructions, struct lad_error *err)
{
	if (instructions && vm_guest_never_halt(err) < 0)
		return -1;
	if (vm_guest_mount(err) < 0 || vm_guest_insert_modules(err) < 0)
		return -1;
	guest->port_fd = vm_guest_open_port(err);
	if (guest->port_fd < 0)
		return -1;
	vm_frame_write(guest->port_fd, VM_FRAME_HELLO, LAD_VERSION, strlen(LAD_VERSION));
	return prepare(guest, err);
}

static int run_guest(struct guest *guest, const char *clock, struct lad_error *err)
{
	bool masked = strcmp(clock, VM_CLOCK_INSTRUCTIONS) == 0;
	bool instructions = masked || strcmp(clock, VM_CLOCK_WARPED) == 0;
	if (settle(guest, instructions, err) < 0 || (instructions && vm_guest_freeze(masked, err) < 0))
		return -1;
	guest->frozen = instructions;
	if (vm_guest_read_job(&guest->job, err) == 0) {
		suffer(guest->job.fault);
		if (run_job(guest, err) == 0)
			return 0;
	}
	say_end(guest->port_fd, &(struct vm_guest_result){0}, err);
	return -1;
}

/* A frozen machine's copy stops, so that what its clock did can be looked at; any other is powered off. */
static void end_guest(const struct guest *guest)
{
	struct lad_error err = {0};
	if (guest->frozen && vm_guest_stop(&err) < 0)
		fprintf(stderr, "netladder: %s\n", lad_error_line(&err).text);
	sync();
	reboot(RB_POWER_OFF);
}

int lad_vm_guest(const char *clock, struct lad_error *err)
{
	struct guest guest = {.port_fd = -1};
	if (getpid() != 1)
		return lad_error_set(err, LAD_EXIT_USAGE, "`netladder run --lab vm` starts this inside its guest");
	if (run_guest(&guest, clock, err) < 0)
		fprintf(stderr, "netladder: %s\n", lad_error_line(err).text); /* the console */
	end_guest(&guest);
	return 0;
}
