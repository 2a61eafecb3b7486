/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/*
 * The run's name is made of what decides the figures: the same scenario, plan, programs and kernel have the same name,
 * wherever and whenever they run.
 */
int vm_run_name(const struct vm_setup *setup, struct vm_image *image, struct lad_error *err)
{
	struct vm_hash file;
	lad_cleanup_free char *job = vm_job_write(setup, "", -1);
	lad_cleanup_free char *text = NULL;
	if (vm_hash_file(setup->options->scenario_path, &file, err) < 0)
		return -1;
	int length = !job ? -1
			  : asprintf(&text, "%s %s %s %s %s %d %lld%s", image->kernel.hex, image->guest.hex,
				     image->agent.hex, file.hex, job, setup->scenario->vm.cpus,
				     (long long)setup->scenario->vm.memory_bytes, image->base_agent.hex);
	if (length < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	snprintf(image->run_id, sizeof image->run_id, "vm-%.16s", vm_hash_bytes(text, (size_t)length).hex);
	return 0;
}

static int write_all(int fd, const void *data, size_t size)
{
	return write(fd, data, size) == (ssize_t)size ? 0 : -1;
}

int vm_errand_make(const struct vm_setup *setup, const char *run_id, int only_trial, struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes scenario = {0};
	if (lad_file_read(setup->options->scenario_path, VM_FILE_BYTES_MAX, &scenario, err) < 0)
		return -1;
	lad_cleanup_free char *job = vm_job_write(setup, run_id, only_trial);
	lad_cleanup_fd int fd = memfd_create("netladder-errand", MFD_CLOEXEC);
	if (!job || fd < 0 || write_all(fd, job, strlen(job)) < 0 || write_all(fd, "\n", 1) < 0 ||
	    write_all(fd, scenario.data, scenario.size) < 0)
		return lad_error_errno(err, job ? errno : ENOMEM, "cannot make a memory file");
	return lad_take_fd(&fd);
}
