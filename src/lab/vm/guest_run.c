/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <linux/random.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lab/vm/guest.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"

/*
 * Stirs the plan's seed and the trial's block into the kernel's random numbers: hash tables, ports and sequence numbers
 * fall out differently in each block, and with another seed.
 */
static void stir(uint64_t seed, int block)
{
	const uint64_t words[2] = {seed, (uint64_t)block};
	lad_cleanup_fd int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, words, sizeof words) != sizeof words)
		fputs("netladder: cannot stir the seed into the kernel's random numbers\n", stderr);
	/* Refused before the kernel counts its random numbers as ready; what was written is then taken in later. */
	if (fd >= 0)
		ioctl(fd, RNDRESEEDCRNG);
}

/* "6.1.0-56-cloud-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-15)": the release alone does not tell. */
static void full_version(char *out, size_t size)
{
	struct utsname machine;
	uname(&machine);
	snprintf(out, size, "%.30s %.60s", machine.release, machine.version);
}

static int run(const struct vm_job *job, struct lad_run_outcome *outcome, struct lad_error *err)
{
	struct lad_scenario scenario;
	struct lad_plan plan;
	char kernel[96];
	full_version(kernel, sizeof kernel);
	if (lad_scenario_load(VM_GUEST_SCENARIO, &scenario, err) < 0)
		return -1;
	scenario.lab = LAD_LAB_VM;	   /* what the plan is of */
	scenario.allow_host_tuning = true; /* this machine is thrown away */
	snprintf(scenario.name, sizeof scenario.name, "%s", job->scenario);
	if (lad_plan_make(&scenario, &job->plan, &plan, err) < 0)
		return -1;
	scenario.lab = LAD_LAB_NATIVE; /* where it runs */
	plan.warmup_ns = job->warmup_ns;
	plan.duration_ns = job->duration_ns;
	struct lad_run_identity identity = {job->run_id, "vm", job->clock, kernel};
	struct lad_run_options options = {.directory = VM_GUEST_RESULTS,
					  .scenario_path = VM_GUEST_SCENARIO,
					  .quiet = true,
					  .identity = &identity,
					  .without_loopback = true};
	setenv("NETLADDER_BRIDGE_BURDEN", job->burden, 1);
	if (job->base_agent)
		options.other_agent = "/" VM_BASE_AGENT;
	struct lad_plan part = plan;
	if (job->only_trial >= 0 && job->only_trial < plan.trial_count) {
		part.trials = &plan.trials[job->only_trial];
		part.trial_count = lad_plan_rows_together(&plan);
	}
	stir(plan.seed, part.trials[0].block);
	int status;
	if (plan.trial_count != job->trial_count)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "the plan has %d trials in the guest and %d outside",
				       plan.trial_count, job->trial_count);
	else
		status = lad_run_plan(&scenario, &part, &options, outcome, err);
	lad_plan_free(&plan);
	return status;
}

void vm_guest_run(const struct vm_job *job, int result_fd)
{
	struct vm_guest_result result;
	memset(&result, 0, sizeof result);
	if (run(job, &result.outcome, &result.error) == 0)
		result.error.message[0] = '\0';
	if (write(result_fd, &result, sizeof result) != sizeof result)
		fputs("netladder: cannot tell how the run ended\n", stderr);
}
