/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lab/vm_guest.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"

#define SCENARIO "/scenario.yaml"

/*
 * Stirs the seed into the kernel's random numbers: with another seed hash tables fall out differently, and trials come
 * in another order.
 */
static void stir(uint64_t seed)
{
	lad_cleanup_fd int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, &seed, sizeof seed) != sizeof seed)
		fputs("netladder: cannot stir the seed into the kernel's random numbers\n", stderr);
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
	stir(job->plan.seed);
	full_version(kernel, sizeof kernel);
	if (lad_scenario_load(SCENARIO, &scenario, err) < 0)
		return -1;
	scenario.lab = LAD_LAB_NATIVE;
	scenario.allow_host_tuning = true; /* the machine is thrown away afterwards */
	snprintf(scenario.name, sizeof scenario.name, "%s", job->scenario);
	if (lad_plan_make(&scenario, &job->plan, &plan, err) < 0)
		return -1;
	plan.warmup_ns = job->warmup_ns;
	plan.duration_ns = job->duration_ns;
	struct lad_run_identity identity = {job->run_id, "vm", job->clock, kernel};
	struct lad_run_options options = {
	    .directory = VM_GUEST_RESULTS, .scenario_path = SCENARIO, .quiet = true, .identity = &identity};
	int status;
	if (plan.trial_count != job->trial_count)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "the plan has %d trials in the guest and %d outside",
				       plan.trial_count, job->trial_count);
	else
		status = lad_run_plan(&scenario, &plan, &options, outcome, err);
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
