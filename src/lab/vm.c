/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/units.h"
#include "run/progress.h"

/* The port ends in a file, and files cannot be waited for: it is looked at this often. */
#define LOOK_EVERY_NS (50 * LAD_NS_PER_MS)
/* A guest that says nothing for this long, and longer for longer trials, hangs. Slow and busy hosts must pass. */
#define PATIENCE_NS (180 * LAD_NS_PER_S)
#define PATIENCE_FACTOR 120
/* From the guest's last word to the end of QEMU. */
#define POWER_OFF_NS (10 * LAD_NS_PER_S)
#define CONSOLE_LINES 8

struct vm_run {
	struct vm_setup setup;
	struct vm_image image;
	struct vm_command command;
	struct vm_machine machine;
	struct vm_receiver receiver;
	struct progress progress;
	int console_fd, signal_fd;
	off_t offset; /* how much of the port was read */
	int64_t heard_ns, patience_ns;
	int shown; /* trials of which the progress was told */
	bool interrupted;
};

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

static void show_progress(struct vm_run *run)
{
	int done = run->receiver.rows - 1; /* the header is the first line */
	const struct lad_plan *plan = run->setup.plan;
	for (; run->shown <= done && run->shown < plan->trial_count; run->shown++)
		progress_trial(&run->progress, &plan->trials[run->shown]);
}

/* The last lines that FD holds, on one line, into OUT. */
static void last_lines(int fd, char *out, size_t size)
{
	char text[2048];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof text - 1 ? end - (off_t)sizeof text + 1 : 0;
	ssize_t got = end < 0 ? 0 : pread(fd, text, sizeof text - 1, from);
	text[got > 0 ? got : 0] = '\0';
	char *begin = text + strlen(text);
	for (int lines = 0; begin > text && lines <= CONSOLE_LINES; begin--)
		lines += begin[-1] == '\n';
	out[0] = '\0';
	size_t used = 0;
	char *save = NULL;
	for (char *line = strtok_r(begin, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		int wrote = snprintf(out + used, size - used, "%s%s", used ? " | " : "", line);
		if (wrote < 0 || (size_t)wrote >= size - used)
			return;
		used += (size_t)wrote;
	}
}

/* The error for a guest that broke off: WHAT, and what was to be seen on its console. */
static int broke_off(const struct vm_run *run, const char *what, struct lad_error *err)
{
	char console[700], complaint[300];
	last_lines(run->console_fd, console, sizeof console);
	last_lines(run->machine.complaint_fd, complaint, sizeof complaint);
	int rows = run->receiver.rows > 0 ? run->receiver.rows - 1 : 0;
	enum lad_exit code = rows ? LAD_EXIT_TRIALS : LAD_EXIT_UNABLE;
	return lad_error_set(err, code, "vm lab: %s after %d of %d trials%s%s%s%s; see %.200s/console.log", what, rows,
			     run->setup.plan->trial_count, *complaint ? "; QEMU: " : "", complaint,
			     *console ? "; console: " : "", console, run->setup.options->directory);
}

static bool machine_ended(const struct vm_run *run, int64_t wait_ns)
{
	struct pollfd polled[] = {{run->machine.pidfd, POLLIN, 0}, {run->signal_fd, POLLIN, 0}};
	struct timespec wait = {wait_ns / LAD_NS_PER_S, wait_ns % LAD_NS_PER_S};
	return ppoll(polled, 2, &wait, NULL) > 0 && polled[0].revents;
}

static bool stop_asked(int signal_fd)
{
	struct signalfd_siginfo info;
	return read(signal_fd, &info, sizeof info) == sizeof info;
}

/* Until the guest has said its last word. 0 also when interrupted. */
static int follow(struct vm_run *run, struct lad_error *err)
{
	run->heard_ns = now_ns();
	while (!run->receiver.ended) {
		bool ended = machine_ended(run, LOOK_EVERY_NS);
		ssize_t got = vm_receive(&run->receiver, run->machine.port_fd, &run->offset, err);
		if (got < 0)
			return lad_error_context(err, "vm lab");
		if (got > 0)
			run->heard_ns = now_ns();
		show_progress(run);
		if (stop_asked(run->signal_fd)) {
			run->interrupted = true;
			return 0;
		}
		if (ended && !run->receiver.ended)
			return broke_off(run, "the guest ended", err);
		if (now_ns() - run->heard_ns > run->patience_ns)
			return broke_off(run, "the guest hangs (nothing heard from it for too long); it ended", err);
	}
	machine_ended(run, POWER_OFF_NS);
	return 0;
}

static int64_t patience_ns(const struct lad_plan *plan)
{
	const char *given = getenv("NETLADDER_VM_PATIENCE_S"); /* for tests */
	if (given && atoi(given) > 0)
		return atoi(given) * LAD_NS_PER_S;
	return PATIENCE_NS + PATIENCE_FACTOR * (plan->warmup_ns + plan->duration_ns);
}

static int open_files(struct vm_run *run, struct lad_error *err)
{
	const char *directory = run->setup.options->directory;
	run->receiver.directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->receiver.directory_fd < 0)
		return lad_error_errno(err, errno, "cannot open %s", directory);
	run->console_fd =
	    openat(run->receiver.directory_fd, "console.log", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (run->console_fd < 0)
		return lad_error_errno(err, errno, "cannot create %s/console.log", directory);
	return 0;
}

static int finish(struct vm_run *run, struct lad_run_outcome *outcome, int status, struct lad_error *err)
{
	struct lad_error inner = {0};
	*outcome = run->receiver.outcome;
	outcome->interrupted = run->interrupted;
	if (run->receiver.hello && vm_environment_write(run->setup.options->directory, &run->setup, &run->image,
							&run->command, &run->receiver.environment, &inner) < 0)
		fprintf(stderr, "netladder: %s\n", inner.message);
	for (int i = 0; i < run->receiver.file_count; i++)
		fsync(run->receiver.files[i].fd);
	if (status == 0 && run->receiver.ended && run->receiver.exit_code)
		return lad_error_set(err, (enum lad_exit)run->receiver.exit_code, "vm lab: in the guest: %s",
				     run->receiver.message);
	if (run->interrupted) /* the guest had no chance to say how far it came */
		outcome->ok = run->receiver.rows > 0 ? run->receiver.rows - 1 : 0;
	return status;
}

static int run_machine(struct vm_run *run, struct lad_run_outcome *outcome, struct lad_error *err)
{
	if (vm_image_make(&run->setup, &run->image, err) < 0 || vm_command_make(&run->setup, &run->command, err) < 0 ||
	    open_files(run, err) < 0 ||
	    vm_machine_start(&run->command, run->image.fd, run->console_fd, &run->machine, err) < 0)
		return -1;
	const struct lad_run_options *options = run->setup.options;
	progress_begin(&run->progress, run->setup.plan, options->progress_terminal, options->quiet);
	int status = follow(run, err);
	progress_end(&run->progress);
	return finish(run, outcome, status, err);
}

static int run_with_signals_blocked(struct vm_run *run, const sigset_t *signals, struct lad_run_outcome *outcome,
				    struct lad_error *err)
{
	run->signal_fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (run->signal_fd < 0)
		return lad_error_errno(err, errno, "cannot watch for signals");
	int status = run_machine(run, outcome, err);
	vm_machine_stop(&run->machine);
	vm_receiver_close(&run->receiver);
	vm_command_free(&run->command);
	lad_close_fd(&run->image.fd);
	lad_close_fd(&run->console_fd);
	while (stop_asked(run->signal_fd))
		outcome->interrupted = true;
	close(run->signal_fd);
	return status;
}

static int vm_run(const struct lad_scenario *scenario, const struct lad_plan *plan,
		  const struct lad_run_options *options, struct lad_run_outcome *outcome, struct lad_error *err)
{
	struct vm_run run = {.setup = {.scenario = scenario, .plan = plan, .options = options},
			     .image = {.fd = -1},
			     .console_fd = -1,
			     .receiver = {.directory_fd = -1},
			     .patience_ns = patience_ns(plan)};
	if (vm_qemu_find(run.setup.qemu, sizeof run.setup.qemu, err) < 0 ||
	    vm_kernel_find(scenario->vm.kernel, &run.setup.kernel, err) < 0)
		return -1;
	sigset_t signals, before;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	int status = run_with_signals_blocked(&run, &signals, outcome, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

/* The guest's kernel has every driver; what can be missing here is the machine to run it. */
static int vm_probe(const struct lad_scenario *scenario, enum lad_mode mode, char *way_out, size_t size,
		    struct lad_error *err)
{
	(void)mode;
	char qemu[PATH_MAX];
	struct vm_kernel kernel;
	if (vm_qemu_find(qemu, sizeof qemu, err) < 0) {
		snprintf(way_out, size, "sudo apt-get install --no-install-recommends qemu-system-x86");
		return -1;
	}
	if (vm_kernel_find(scenario ? scenario->vm.kernel : "", &kernel, err) < 0) {
		snprintf(way_out, size, "scripts/fetch-kernel.sh");
		return -1;
	}
	return 0;
}

const struct lab_ops lad_lab_vm = {.lab = LAD_LAB_VM, .probe = vm_probe, .run = vm_run};
