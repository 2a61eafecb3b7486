/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/vm/vm.h"
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

static int make_files(struct vm_state *state, struct lad_error *err)
{
	state->memory_fd = memfd_create("netladder-memory", MFD_CLOEXEC);
	state->devices_fd = memfd_create("netladder-devices", MFD_CLOEXEC);
	if (state->memory_fd < 0 || state->devices_fd < 0)
		return lad_error_errno(err, errno, "cannot make a memory file");
	return 0;
}

static int save(struct vm_machine *machine, struct vm_state *state, struct lad_error *err)
{
	return vm_machine_look(machine, &state->fingerprint, err) < 0 ||
		       vm_qmp_save(&machine->qmp, state->devices_fd, err) < 0
		   ? -1
		   : 0;
}

static int boot(const struct vm_boot *how, struct vm_state *state, struct lad_error *err)
{
	struct vm_command command;
	struct vm_machine machine;
	const struct vm_role role = {.warp = state->boots_discarded < vm_planted_warps(VM_WARP_BOOTS)};
	/* Nobody reads the errand before the machine is frozen, but it has to be there. */
	lad_cleanup_fd int errand_fd = vm_errand_make(how->setup, how->image->run_id, -1, err);
	if (errand_fd < 0 || make_files(state, err) < 0 || vm_command_make(how->setup, &role, &command, err) < 0)
		return -1;
	const struct vm_origin origin = {how->image->fd, state->memory_fd, -1, errand_fd};
	int status = vm_machine_start(&command, &origin, &machine, err);
	vm_command_free(&command);
	if (status == 0 && (wait_for_stop(&machine, how->watch, err) < 0 || save(&machine, state, err) < 0))
		status = -1;
	vm_console_copy(&machine, how->console);
	vm_machine_stop(&machine); /* only now is its memory all in the file */
	return status < 0 || vm_hash_pages(state->memory_fd, &state->fingerprint.memory, err) < 0 ||
		       vm_hash_fd(state->devices_fd, &state->fingerprint.saved, err) < 0
		   ? -1
		   : 0;
}

/* Why this boot cannot be taken; NULL: it can. KNOWN: the machine of an earlier boot, or NULL. */
static const char *flaw_of(const struct vm_state *state, const struct vm_fingerprint *known)
{
	if (state->fingerprint.bias_ns != 0)
		return "the clock jumped";
	if (known && !vm_fingerprint_same(&state->fingerprint, known))
		return "the machine is another than the one that an earlier run froze (netladder clean --cache forgets "
		       "it)";
	return NULL;
}

static int boot_like(const struct vm_fingerprint *known, const struct vm_boot *how, struct vm_state *state,
		     struct lad_error *err)
{
	int discarded = 0;
	for (;;) {
		*state = (struct vm_state){.memory_fd = -1, .devices_fd = -1, .boots_discarded = discarded};
		if (boot(how, state, err) < 0)
			break;
		const char *flaw = flaw_of(state, known);
		if (!flaw)
			return 0;
		if (++discarded < VM_ATTEMPTS) {
			vm_state_close(state);
			continue;
		}
		lad_error_set(err, LAD_EXIT_TRIALS, "in each of %d boots %s: nothing would be the same in another run",
			      VM_ATTEMPTS, flaw);
		break;
	}
	vm_state_close(state);
	return -1;
}

int vm_freeze(const struct vm_boot *how, struct vm_state *state, struct lad_error *err)
{
	struct vm_fingerprint known;
	const struct vm_hash key = vm_cache_key(how->setup, how->image);
	if (!how->setup->options->fresh && vm_cache_get(&key, state))
		return 0;
	bool is_known = vm_cache_knows(&key, &known);
	if (boot_like(is_known ? &known : NULL, how, state, err) < 0)
		return -1;
	struct lad_error minor = {0};
	if (!is_known && vm_cache_put(&key, state, &minor) < 0)
		fprintf(stderr, "netladder: the next run will boot again: %s\n", lad_error_line(&minor).text);
	return 0;
}

void vm_state_close(struct vm_state *state)
{
	lad_close_fd(&state->memory_fd);
	lad_close_fd(&state->devices_fd);
	state->memory_fd = state->devices_fd = -1;
}
