/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/units.h"
#include "run/progress.h"

/* A guest that says nothing for this long, and longer for longer trials, hangs. Slow hosts must pass. */
#define PATIENCE_NS (120 * LAD_NS_PER_S)
#define PATIENCE_FACTOR 120
#define SEARCH_TRIALS_MOST 60 /* of which it says nothing before the last */

struct teller { /* of the progress */
	struct progress progress;
	const struct lad_plan *plan;
	int told; /* trials of which it was said that they are under way */
};

bool vm_stop_asked(const struct vm_watch *watch)
{
	struct signalfd_siginfo info;
	return read(watch->signal_fd, &info, sizeof info) == sizeof info;
}

struct vm_heard vm_heard_now(const struct vm_machine *machine)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct vm_heard){(int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec, vm_machine_cpu_ns(machine)};
}

bool vm_is_silent(const struct vm_machine *machine, const struct vm_heard *heard, const struct vm_watch *watch)
{
	struct vm_heard now = vm_heard_now(machine);
	return now.cpu_ns - heard->cpu_ns > watch->patience_ns ||
	       now.real_ns - heard->real_ns > 10 * watch->patience_ns;
}

void vm_console_copy(const struct vm_machine *machine, FILE *console)
{
	char buffer[4096];
	off_t at = 0;
	ssize_t got;
	while ((got = pread(machine->console_fd, buffer, sizeof buffer, at)) > 0) {
		fwrite(buffer, 1, (size_t)got, console);
		at += got;
	}
	fflush(console);
}

static void show_progress(void *data, int rows)
{
	struct teller *teller = data;
	for (; teller->told <= rows && teller->told < teller->plan->trial_count; teller->told++)
		progress_trial(&teller->progress, &teller->plan->trials[teller->told]);
}

static int64_t patience_ns(const struct lad_plan *plan)
{
	const char *given = getenv("NETLADDER_VM_PATIENCE_S"); /* for tests */
	if (given && atoi(given) > 0)
		return atoi(given) * LAD_NS_PER_S;
	int64_t trial_ns = PATIENCE_FACTOR * (plan->warmup_ns + plan->duration_ns);
	return PATIENCE_NS + (plan->goal_count ? SEARCH_TRIALS_MOST : 1) * trial_ns;
}

/* With a state to start each trial from where the clock counts instructions, else in one go. */
static int run_trials(struct vm_schedule *schedule, struct vm_state *state, struct lad_run_outcome *outcome,
		      struct lad_error *err)
{
	const struct vm_setup *setup = schedule->setup;
	if (setup->scenario->vm.clock != LAD_CLOCK_INSTRUCTIONS)
		return vm_schedule_run(schedule, outcome, err);
	const struct vm_boot boot = {setup, schedule->image, schedule->watch, schedule->console};
	if (vm_freeze(&boot, state, err) == 0) {
		schedule->state = state;
		return vm_schedule_run(schedule, outcome, err);
	}
	if (err->exit_code != LAD_EXIT_INTERRUPTED)
		return -1;
	outcome->interrupted = true;
	err->message[0] = '\0';
	return 0;
}

/* Says in which trial and where the run broke off; with rows at hand it is the trials' failure, not the machine's. */
static int explain(const struct vm_schedule *schedule, struct lad_error *err)
{
	int rows = schedule->merger->rows;
	if (rows > 0)
		err->exit_code = LAD_EXIT_TRIALS;
	size_t used = strlen(err->message);
	snprintf(err->message + used, sizeof err->message - used, "; %d of %d trials and console.log are in %.200s",
		 rows, schedule->setup->plan->trial_count, schedule->merger->directory);
	return lad_error_context(err, "vm lab");
}

static int run_setup(const struct vm_setup *setup, const struct vm_watch *watch, struct lad_run_outcome *outcome,
		     struct lad_error *err)
{
	char path[4200];
	struct vm_image image;
	const struct lad_run_options *options = setup->options;
	snprintf(path, sizeof path, "%.4000s/console.log", options->directory);
	lad_cleanup_file FILE *console = fopen(path, "wxe");
	if (!console)
		return lad_error_errno(err, errno, "cannot create %s", path);
	if (vm_image_make(setup, &image, err) < 0)
		return -1;
	struct vm_merger merger = {.directory = options->directory};
	struct teller teller = {.plan = setup->plan};
	struct vm_schedule schedule = {.setup = setup,
				       .image = &image,
				       .watch = watch,
				       .merger = &merger,
				       .console = console,
				       .progress = show_progress,
				       .progress_data = &teller};
	progress_begin(&teller.progress, setup->plan, 0, vm_schedule_estimate_ns(setup->scenario, setup->plan),
		       options->progress_terminal, options->quiet);
	struct vm_state state = {.memory_fd = -1, .devices_fd = -1};
	int status = run_trials(&schedule, &state, outcome, err);
	const struct vm_origins origins = {&image, schedule.state, schedule.discarded};
	progress_end(&teller.progress);
	struct lad_error inner = {0};
	if (vm_environment_write(setup, &origins, &merger.environment, &inner) < 0)
		fprintf(stderr, "netladder: %s\n", lad_error_line(&inner).text);
	if (status < 0)
		explain(&schedule, err);
	vm_merger_close(&merger);
	vm_state_close(&state);
	close(image.fd);
	return status;
}

static int vm_run(const struct lad_scenario *scenario, const struct lad_plan *plan,
		  const struct lad_run_options *options, struct lad_run_outcome *outcome, struct lad_error *err)
{
	struct vm_setup setup = {.scenario = scenario, .plan = plan, .options = options};
	struct vm_watch watch = {.patience_ns = patience_ns(plan)};
	if (vm_qemu_find(setup.qemu, sizeof setup.qemu, err) < 0 ||
	    vm_kernel_find(scenario->vm.kernel, &setup.kernel, err) < 0)
		return -1;
	sigset_t signals, before;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	watch.signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	int status = watch.signal_fd < 0 ? lad_error_errno(err, errno, "cannot watch for signals")
					 : run_setup(&setup, &watch, outcome, err);
	while (watch.signal_fd >= 0 && vm_stop_asked(&watch))
		outcome->interrupted = true;
	lad_close_fd(&watch.signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

/* The guest's kernel has every driver; what can be missing here is the machine to run it. */
static int vm_probe(const struct lad_scenario *scenario, enum lad_mode mode, struct lad_error *err)
{
	(void)mode;
	char qemu[PATH_MAX];
	struct vm_kernel kernel = {{0}, {0}};
	return vm_qemu_find(qemu, sizeof qemu, err) < 0 ||
		       vm_kernel_find(scenario ? scenario->vm.kernel : "", &kernel, err) < 0
		   ? -1
		   : 0;
}

const struct lab_ops lad_lab_vm = {
    .lab = LAD_LAB_VM, .probe = vm_probe, .estimate_ns = vm_schedule_estimate_ns, .run = vm_run};
