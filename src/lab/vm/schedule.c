/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

/*
 * Each trial, and each search with all its trials, has a machine of its own, as many at a time as there are CPUs. Their
 * clocks count instructions, so it does not matter who runs beside whom, or how fast. Rows go into the results in the
 * plan's order.
 */

/* The port ends in a file, and files cannot be waited for: all are looked at this often. */
#define LOOK_EVERY_NS (20 * LAD_NS_PER_MS)
/* From the guest's last word to the end of QEMU. */
#define POWER_OFF_NS (10 * LAD_NS_PER_S)
#define MACHINES_MAX 16

struct job {
	bool running, done;
	struct vm_machine machine;
	struct vm_receiver receiver;
	struct vm_heard heard;
	int discarded; /* machines whose clock jumped */
};

struct run {
	struct vm_schedule *schedule;
	struct job *jobs;
	int count;	   /* of jobs: the trials, or one for the whole plan */
	int next;	   /* to be started */
	int merged;	   /* jobs that are in the results */
	int running, most; /* machines at a time */
};

static int usable_cpus(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return count < MACHINES_MAX ? count : MACHINES_MAX;
}

static int start_job(struct run *run, int index, struct lad_error *err)
{
	const struct vm_schedule *schedule = run->schedule;
	const struct vm_state *state = schedule->state;
	struct job *job = &run->jobs[index];
	struct vm_role role = {.number = index, .from_state = state != NULL};
	struct vm_command command;
	lad_cleanup_fd int planted = -1;
	int trial = index * lad_plan_rows_together(schedule->setup->plan);
	lad_cleanup_fd int errand = vm_errand_make(schedule->setup, schedule->image->run_id, state ? trial : -1, err);
	if (errand < 0)
		return -1;
	struct vm_origin origin = {schedule->image->fd, state ? state->memory_fd : -1, state ? state->devices_fd : -1,
				   errand};
	if (state && schedule->discarded < vm_planted_warps(VM_WARP_TRIALS)) {
		origin.devices_fd = planted = vm_planted_jump(state->devices_fd, err);
		if (planted < 0)
			return -1;
	}
	if (vm_command_make(schedule->setup, &role, &command, err) < 0)
		return -1;
	int status = vm_machine_start(&command, &origin, &job->machine, err);
	vm_command_free(&command);
	if (status < 0)
		return -1;
	job->running = true;
	run->running++;
	job->heard = vm_heard_now(&job->machine);
	return state ? vm_machine_resume(&job->machine, err) : 0;
}

static void end_job(struct run *run, struct job *job)
{
	vm_console_copy(&job->machine, run->schedule->console);
	vm_machine_stop(&job->machine);
	job->running = false;
	run->running--;
}

/* Waits until a machine that has said its last word has stopped. */
static int await_stop(struct job *job, struct lad_error *err)
{
	for (int64_t waited_ns = 0; waited_ns < POWER_OFF_NS; waited_ns += LOOK_EVERY_NS / 10) {
		if (vm_qmp_stopped(&job->machine.qmp))
			return 0;
		if (vm_machine_ended(&job->machine, LOOK_EVERY_NS / 10))
			break;
	}
	return vm_machine_broke_off(&job->machine, "the guest does not stop at its end", err);
}

/*
 * The clock of a machine is where its executed instructions are, or it jumped: then what was measured by it is thrown
 * away, and the trial is run again. 1: that is so.
 */
static int check_clock(struct run *run, int index, struct lad_error *err)
{
	struct job *job = &run->jobs[index];
	struct vm_fingerprint found;
	if (await_stop(job, err) < 0 || vm_machine_look(&job->machine, &found, err) < 0)
		return -1;
	int64_t jump_ns = found.bias_ns - run->schedule->state->fingerprint.bias_ns;
	if (jump_ns == 0)
		return 0;
	run->schedule->discarded++;
	vm_receiver_close(&job->receiver);
	end_job(run, job);
	if (++job->discarded < VM_ATTEMPTS)
		return start_job(run, index, err) < 0 ? -1 : 1;
	return lad_error_set(err, LAD_EXIT_TRIALS,
			     "trial %d was run %d times and its clock jumped each time, the last time by %" PRId64
			     " ns: what it measured would not be the same in another run",
			     index + 1, VM_ATTEMPTS, jump_ns);
}

/* Takes in what one machine said. -1: it broke off. */
static int look_at(struct run *run, int index, struct lad_error *err)
{
	struct job *job = &run->jobs[index];
	bool ended = vm_machine_ended(&job->machine, 0);
	ssize_t got = vm_receive(&job->receiver, job->machine.port_fd, err);
	if (got < 0)
		return -1;
	if (got > 0)
		job->heard = vm_heard_now(&job->machine);
	if (job->receiver.ended) {
		int discarded = run->schedule->state ? check_clock(run, index, err) : 0;
		if (discarded != 0)
			return discarded < 0 ? -1 : 0;
		if (!run->schedule->state)
			vm_machine_ended(&job->machine, POWER_OFF_NS);
		job->done = true;
		end_job(run, job);
		return job->receiver.exit_code ? lad_error_set(err, (enum lad_exit)job->receiver.exit_code,
							       "in the guest: %s", job->receiver.message)
					       : 0;
	}
	if (ended)
		return vm_machine_broke_off(&job->machine, "the guest ended too early", err);
	if (vm_is_silent(&job->machine, &job->heard, run->schedule->watch))
		return vm_machine_broke_off(&job->machine, "the guest hangs: nothing was heard from it", err);
	return 0;
}

/*
 * Writes what is complete, in order; and of a machine that takes the whole plan what has come so far. A trial with a
 * machine of its own may still be thrown away.
 */
static int merge(struct run *run, struct lad_run_outcome *outcome, struct lad_error *err)
{
	const struct vm_schedule *schedule = run->schedule;
	while (run->merged < run->count) {
		struct job *job = &run->jobs[run->merged];
		if (schedule->state && !job->done)
			break;
		if (vm_merge(schedule->merger, &job->receiver, err) < 0)
			return -1;
		if (!job->done)
			break;
		outcome->ok += job->receiver.outcome.ok;
		outcome->failed += job->receiver.outcome.failed;
		outcome->skipped += job->receiver.outcome.skipped;
		vm_receiver_close(&job->receiver);
		run->merged++;
	}
	schedule->progress(schedule->progress_data, schedule->merger->rows);
	return 0;
}

static int step(struct run *run, struct lad_run_outcome *outcome, struct lad_error *err)
{
	while (run->next < run->count && run->running < run->most)
		if (start_job(run, run->next++, err) < 0)
			return -1;
	struct timespec pause = {0, LOOK_EVERY_NS};
	nanosleep(&pause, NULL);
	for (int i = run->merged; i < run->next; i++)
		if (run->jobs[i].running && look_at(run, i, err) < 0)
			return -1;
	return merge(run, outcome, err);
}

/* After a failure or an interruption: what is complete counts, whatever is missing before it. */
static void rescue(struct run *run, struct lad_run_outcome *outcome)
{
	for (int i = run->merged; i < run->next; i++) {
		struct job *job = &run->jobs[i];
		if (job->running)
			end_job(run, job);
		if (job->done) {
			vm_merge(run->schedule->merger, &job->receiver, NULL);
			outcome->ok += job->receiver.outcome.ok;
			outcome->failed += job->receiver.outcome.failed;
			outcome->skipped += job->receiver.outcome.skipped;
		}
		vm_receiver_close(&job->receiver);
	}
}

/* How many machines are needed: for all trials, or the first block's when blocks would go on until all is decided,
 * which one block does. */
static int machines_of(const struct lad_plan *plan)
{
	int trials = plan->stop_when_decided ? plan->trial_count / plan->blocks : plan->trial_count;
	return trials / lad_plan_rows_together(plan);
}

/* On the machine this was written on: the boot, once; a trial beside the time its guest shows, and what that takes. */
#define BOOT_NS (8 * LAD_NS_PER_S)
#define TRIAL_NS (3 * LAD_NS_PER_S)
#define SLOWER 27
#define SEARCH_TRIALS 16
#define SEARCH_TRIALS_GOAL 4

int64_t vm_schedule_estimate_ns(const struct lad_scenario *scenario, const struct lad_plan *plan)
{
	if (scenario->vm.clock != LAD_CLOCK_INSTRUCTIONS)
		return lad_plan_estimate_ns(plan);
	/* Of a search the trials follow each other in one machine. */
	int64_t trials = plan->goal_count ? SEARCH_TRIALS + SEARCH_TRIALS_GOAL * (plan->goal_count - 1) : 1;
	int64_t each_ns = TRIAL_NS + trials * SLOWER * (plan->warmup_ns + plan->duration_ns);
	return BOOT_NS + machines_of(plan) * each_ns / usable_cpus();
}

int vm_schedule_run(struct vm_schedule *schedule, struct lad_run_outcome *outcome, struct lad_error *err)
{
	struct run run = {.schedule = schedule, .most = usable_cpus()};
	run.count = schedule->state ? machines_of(schedule->setup->plan) : 1;
	run.jobs = calloc((size_t)run.count + 1, sizeof *run.jobs);
	if (!run.jobs)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = 0;
	while (status == 0 && run.merged < run.count) {
		if (vm_stop_asked(schedule->watch)) {
			outcome->interrupted = true;
			break;
		}
		status = step(&run, outcome, err);
	}
	rescue(&run, outcome);
	free(run.jobs);
	return status;
}
