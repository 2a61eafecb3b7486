/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

#define LOOK_EVERY_NS (20 * LAD_NS_PER_MS)

/* Until the guest has stopped itself. */
static int wait_for_stop(struct vm_machine *machine, const struct vm_watch *watch, struct lad_error *err)
{
	struct vm_heard begin = vm_heard_now(machine);
	while (!vm_qmp_stopped(&machine->qmp)) {
		if (vm_machine_ended(machine, LOOK_EVERY_NS))
			return vm_machine_broke_off(machine, "the guest ended while it booted", err);
		if (vm_stop_asked(watch))
			return lad_error_set(err, LAD_EXIT_INTERRUPTED, "interrupted while the guest booted");
		if (vm_is_silent(machine, &begin, watch))
			return vm_machine_broke_off(machine, "the guest hangs while it boots", err);
	}
	return 0;
}

int vm_freeze(const struct vm_setup *setup, const struct vm_image *image, const struct vm_watch *watch, FILE *console,
	      struct lad_error *err)
{
	struct vm_command command;
	struct vm_machine machine;
	lad_cleanup_fd int state_fd = memfd_create("netladder-state", MFD_CLOEXEC);
	if (state_fd < 0)
		return lad_error_errno(err, errno, "cannot make a memory file");
	if (vm_command_make(setup, &(struct vm_errand){0}, &command, err) < 0)
		return -1;
	int status = vm_machine_start(&command, image->fd, -1, &machine, err);
	vm_command_free(&command);
	if (status == 0)
		status = wait_for_stop(&machine, watch, err);
	if (status == 0)
		status = vm_qmp_save(&machine.qmp, state_fd, err);
	vm_console_copy(&machine, console);
	vm_machine_stop(&machine);
	return status < 0 ? -1 : lad_take_fd(&state_fd);
}
