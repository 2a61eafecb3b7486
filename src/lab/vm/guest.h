/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAB_VM_GUEST_H
#define LAB_VM_GUEST_H

/* The inside of the vm lab: what the guest's first process does step by step. */

#include "lab/vm/vm.h"

#define VM_GUEST_RESULTS "/results"
#define VM_GUEST_SCENARIO "/scenario.yaml"

/* /proc, /sys and /dev. */
int vm_guest_mount(struct lad_error *err);
/* Starts what runs when nothing else does: see vm_guest_idle.c. */
int vm_guest_never_halt(struct lad_error *err);
/*
 * Stops the machine at one certain instruction. Returns in each copy of it that goes on; -1 with ERR. With MASKED
 * false, for tests, QEMU may move the clock on.
 */
int vm_guest_freeze(bool masked, struct lad_error *err);
/* Stops the machine for good; returns only with ERR. */
int vm_guest_stop(struct lad_error *err);
/* Inserts /modules in the order of their names; what fails is said on the console, and the modes tell what they lack.
 */
int vm_guest_insert_modules(struct lad_error *err);
/* The port to the outside, or -1. */
int vm_guest_open_port(struct lad_error *err);
/* What this machine is for, from outside; the scenario goes into the file VM_GUEST_SCENARIO. */
int vm_guest_read_job(struct vm_job *job, struct lad_error *err);

struct vm_guest_result {
	struct lad_run_outcome outcome;
	struct lad_error error; /* message "": none */
};

/* Runs the job with the native lab into VM_GUEST_RESULTS and writes a struct vm_guest_result to RESULT_FD. */
void vm_guest_run(const struct vm_job *job, int result_fd);

/* Ships what was added to the files of a folder since the last call. */
struct vm_shipper {
	const char *directory;
	struct {
		char name[64];
		off_t offset;
	} files[VM_FILES_MAX];
	int file_count;
};

int vm_ship(struct vm_shipper *shipper, int port_fd);

#endif
