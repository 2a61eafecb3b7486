/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LAB_VM_VM_H
#define LAB_VM_VM_H

/*
 * The vm lab's parts, among themselves. The outside (vm.c) packs netladder-guest, the agent, their libraries, kernel
 * modules and the scenario into an initramfs, boots it in QEMU, and writes down what comes back through a virtio-serial
 * port. The inside (vm_guest.c) is the guest's first process: it runs the plan with the native lab into a folder and
 * ships whatever grows there.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "netladder/error.h"
#include "netladder/file.h"
#include "netladder/run.h"

/* ---- vm_kernel.c: where the guest's kernel is */

struct vm_kernel {
	char image[PATH_MAX];	/* a bzImage */
	char modules[PATH_MAX]; /* the folder with modules.dep */
};

/* The folder of all that netladder keeps for its user, kernels among it. */
void vm_cache_folder(char *folder, size_t size);

/* Finds the kernel that the scenario names, or the newest that scripts/fetch-kernel.sh fetched. */
int vm_kernel_find(const char *wanted, struct vm_kernel *kernel, struct lad_error *err);

/* ---- vm_modules.c: modules in the order in which they can be inserted */

#define VM_MODULES_MAX 256

struct vm_modules {
	char *paths[VM_MODULES_MAX]; /* owned, relative to the folder of modules */
	int count;
};

/*
 * Adds NAME (dashes and underscores are the same) behind everything it depends on, each module once. A module that is
 * not in the folder is left out when the kernel has it built in or REQUIRED is false.
 */
int vm_modules_add(struct vm_modules *modules, const char *folder, const char *name, bool required,
		   struct lad_error *err);
void vm_modules_free(struct vm_modules *modules);

/* ---- vm_module.c: kernel modules as bytes */

/* No kernel, program or library is near this. */
#define VM_FILE_BYTES_MAX ((size_t)1 << 30)

/* A kernel module: .ko as it is, .ko.xz decompressed. */
int vm_module_read(const char *path, struct lad_bytes *bytes, struct lad_error *err);

/* ---- vm_hash.c: SHA-256 (FIPS 180-4) through nettle */

#define VM_HASH_TEXT 65

struct vm_hash {
	char hex[VM_HASH_TEXT];
};

struct vm_hash vm_hash_bytes(const void *data, size_t size);
int vm_hash_fd(int fd, struct vm_hash *hash, struct lad_error *err);
int vm_hash_file(const char *path, struct vm_hash *hash, struct lad_error *err);
/* Of the pages of a memory that are not zero, each with its place; FD's offset moves. */
int vm_hash_pages(int fd, struct vm_hash *hash, struct lad_error *err);

/* ---- vm_archive.c: a newc cpio archive, the same bytes for the same content */

struct vm_archive;

struct vm_archive *vm_archive_new(void);
void vm_archive_free(struct vm_archive *archive);
/* PATH is relative, without a leading slash; folders on the way are added. DATA is copied. */
int vm_archive_file(struct vm_archive *archive, const char *path, const void *data, size_t size, bool executable);
int vm_archive_link(struct vm_archive *archive, const char *path, const char *target);
int vm_archive_folder(struct vm_archive *archive, const char *path);
/* Writes the archive, sorted by path, times 0, owner root. */
int vm_archive_write(struct vm_archive *archive, FILE *out);

/* ---- vm_libraries.c: what the programs are linked with */

/* Adds the dynamic loader and every shared library of COUNT programs to ARCHIVE, all in /lib. */
int vm_libraries_add(struct vm_archive *archive, const int *program_fds, int count, struct lad_error *err);

/* ---- vm_image.c: the initramfs */

struct vm_image {
	int fd; /* a memory file, owned */
	char run_id[40];
	struct vm_hash kernel, guest, agent, initramfs;
	struct vm_hash base_agent; /* "" when variant a has the same agent */
};

/*
 * Where the agents are in the guest; that of variant a is there only when it is another one. The names are of one
 * length: the path to either takes the same number of instructions.
 */
#define VM_AGENT "netladder-agent"
#define VM_BASE_AGENT "netladder-base0"

struct vm_setup; /* below */

/* IMAGE is released by closing its fd. */
int vm_image_make(const struct vm_setup *setup, struct vm_image *image, struct lad_error *err);

/* ---- vm_errand.c: what a machine is told */

/* Names the run by what decides its figures. */
int vm_run_name(const struct vm_setup *setup, struct vm_image *image, struct lad_error *err);
/* A memory file with the job and the scenario, for one trial (0-based) or, with -1, all; -1 with ERR. */
int vm_errand_make(const struct vm_setup *setup, const char *run_id, int only_trial, struct lad_error *err);

/* ---- vm_job.c: what the guest is told, as JSON */

struct vm_job {
	char run_id[40];
	char clock[16];
	char scenario[LAD_NAME_MAX];
	struct lad_plan_options plan;
	char versus_tuning[LAD_NAME_MAX]; /* where plan.versus_tuning points to */
	bool base_agent;		  /* variant a has an agent of its own */
	int64_t warmup_ns, duration_ns;
	int trial_count;
	int only_trial; /* 0-based; -1: all */
	char burden[8]; /* what tests put into NETLADDER_BRIDGE_BURDEN, below 1000 */
	char fault[16]; /* what tests put into NETLADDER_VM_FAULT: panic, hang */
};

/* malloc'd, one line without its end, NULL when out of memory. ONLY_TRIAL as in struct vm_job. */
char *vm_job_write(const struct vm_setup *setup, const char *run_id, int only_trial);
int vm_job_read(const char *text, struct vm_job *job, struct lad_error *err);

/* ---- vm_stream.c: what the guest says on its port */

enum vm_frame_type {
	VM_FRAME_HELLO, /* the guest is up: version */
	VM_FRAME_FILE,	/* NAME, NUL, the bytes that were added to this file of the results */
	VM_FRAME_LOG,	/* what the runner said on stderr */
	VM_FRAME_END,	/* how it ended: "OK FAILED SKIPPED EXIT_CODE MESSAGE" */
	VM_FRAME_TYPES
};

#define VM_FRAME_MAX (1 << 20)
#define VM_FRAME_HEADER 12

struct vm_frame {
	enum vm_frame_type type;
	const unsigned char *data; /* inside the decoder, until the next call */
	size_t size;
};

/* Writes one frame to FD, all of it. -1 with errno. */
int vm_frame_write(int fd, enum vm_frame_type type, const void *data, size_t size);

struct vm_decoder {
	unsigned char *data; /* owned */
	size_t used, capacity, consumed;
};

int vm_decoder_add(struct vm_decoder *decoder, const void *data, size_t size, struct lad_error *err);
/* 1: FRAME holds the next one; 0: none is complete; -1: this is no frame. */
int vm_decoder_next(struct vm_decoder *decoder, struct vm_frame *frame, struct lad_error *err);
void vm_decoder_free(struct vm_decoder *decoder);

/* ---- vm_qmp.c: QEMU's control socket */

struct vm_qmp {
	int fd; /* owned; -1: closed */
	struct lad_line_buffer lines;
	bool stopped; /* the machine has stopped by itself */
};

int vm_qmp_open(struct vm_qmp *qmp, struct lad_error *err);
/* Whether the machine has stopped by itself; does not wait. */
bool vm_qmp_stopped(struct vm_qmp *qmp);
/* Saves a stopped machine without its memory: all of its devices, in QEMU's own form. */
int vm_qmp_save(struct vm_qmp *qmp, int devices_fd, struct lad_error *err);
/* The same without ending its life as a machine: writes the devices to the file PATH, opened by QEMU. */
int vm_qmp_write_devices(struct vm_qmp *qmp, const char *path, struct lad_error *err);
/* Gives a machine that waits for it (-incoming defer) what was saved, from URI, and lets it go on. */
int vm_qmp_resume(struct vm_qmp *qmp, const char *uri, struct lad_error *err);
void vm_qmp_close(struct vm_qmp *qmp);

/* ---- vm_fingerprint.c: what tells one state of a machine from another */

/*
 * The clock of a machine counts the instructions that it executed, and the bias, by which QEMU has moved it on without
 * any. The guest never halts: while it works nothing moves the clock on, and a bias is a jump that another run may not
 * have.
 */
struct vm_fingerprint {
	int64_t instructions;	/* executed since the machine was switched on */
	int64_t bias_ns;	/* by which its clock is ahead of them */
	struct vm_hash devices; /* of all devices, processor and clock */
	struct vm_hash memory;	/* of a frozen machine: its memory */
	struct vm_hash saved;	/* of a frozen machine: what it is loaded from, which may differ where it does not */
};

/* The clock and the devices, of what vm_qmp_write_devices wrote. */
int vm_fingerprint_take(int devices_fd, struct vm_fingerprint *fingerprint, struct lad_error *err);
/* Adds it to OBJECT; and back: -1 when OBJECT (may be NULL) has none. */
void vm_fingerprint_json(const struct vm_fingerprint *fingerprint, struct cJSON *object);
int vm_fingerprint_parse(const struct cJSON *object, struct vm_fingerprint *fingerprint);
/* Whether two frozen machines are the same. */
bool vm_fingerprint_same(const struct vm_fingerprint *left, const struct vm_fingerprint *right);
/* Moves the clock in what vm_qmp_save or vm_qmp_write_devices wrote. */
int vm_fingerprint_move(struct lad_bytes *stream, int64_t jump_ns, struct lad_error *err);

/* ---- vm_planted.c: faults that tests plant by the environment */

#define VM_WARP_BOOTS "NETLADDER_VM_WARP_BOOTS"	  /* so many boots stop where their clock jumps */
#define VM_WARP_TRIALS "NETLADDER_VM_WARP_TRIALS" /* so many machines of trials begin with a clock that jumped */

/* What the environment variable NAME says; 0 without it. */
int vm_planted_warps(const char *name);
/* A memory file with a copy of DEVICES_FD whose clock jumped; -1 with ERR. */
int vm_planted_jump(int devices_fd, struct lad_error *err);

/* ---- vm_qemu.c: the machine */

#define VM_ARGUMENTS_MAX 80

struct vm_command {
	char *words[VM_ARGUMENTS_MAX]; /* owned; NULL behind the last */
	int count;
	int cpu; /* of the host, on which all of QEMU's threads run; -1: any */
};

/* What tells the machines of one setup apart. */
struct vm_role {
	int number; /* of the CPU that it gets, counted on beyond the last */
	bool from_state;
	bool warp; /* for tests: it stops where QEMU moves its clock on, nearly always */
};

/* QEMU's command line. Files are named by the descriptors that vm_machine_start gives it. */
int vm_command_make(const struct vm_setup *setup, const struct vm_role *role, struct vm_command *command,
		    struct lad_error *err);
void vm_command_free(struct vm_command *command);

/* Finds QEMU in PATH: exit code LAD_EXIT_UNABLE with the command that installs it when it is not there. */
int vm_qemu_find(char *path, size_t size, struct lad_error *err);

struct vm_machine {
	pid_t pid; /* 0: not running */
	int pidfd;
	struct vm_qmp qmp;
	/* Memory files, owned: what the guest's port carried, its console, what QEMU itself has to say, its devices. */
	int port_fd, console_fd, complaint_fd, look_fd;
};

/* What a machine begins with; the caller's descriptors. */
struct vm_origin {
	int image_fd;	/* the initramfs */
	int memory_fd;	/* its memory: written to while it boots, only read by a trial's machine; -1: its own */
	int devices_fd; /* of the frozen machine that it goes on from; -1: it boots */
	int errand_fd;	/* what it is told: vm_errand_make's; -1: nothing */
};

/* Starts QEMU; it dies with this process, and QMP is open. On failure the machine is stopped. */
int vm_machine_start(const struct vm_command *command, const struct vm_origin *origin, struct vm_machine *machine,
		     struct lad_error *err);
/* Lets a machine that has devices_fd go on from there. */
int vm_machine_resume(struct vm_machine *machine, struct lad_error *err);
/* What a stopped machine is, and what its clock did. */
int vm_machine_look(struct vm_machine *machine, struct vm_fingerprint *fingerprint, struct lad_error *err);
/* The CPU time that it has used. */
int64_t vm_machine_cpu_ns(const struct vm_machine *machine);
/* Whether it has ended. Waits that long for it. */
bool vm_machine_ended(const struct vm_machine *machine, int64_t wait_ns);
/* The error for a machine that broke off: WHAT, and the end of what it and its guest said. Returns -1. */
int vm_machine_broke_off(const struct vm_machine *machine, const char *what, struct lad_error *err);
/* Ends it; safe on a zeroed machine and twice. */
void vm_machine_stop(struct vm_machine *machine);

/* So often a machine whose clock jumped is begun anew, before that is taken for what this host always does. */
#define VM_ATTEMPTS 3

/* ---- vm_freeze.c: the state that every trial starts from */

struct vm_watch {
	int signal_fd;	     /* readable when the run is to stop */
	int64_t patience_ns; /* of QEMU's CPU time, so that a busy host is no hang; of real time ten times as much */
};

/* When a machine was last heard, in both times. */
struct vm_heard {
	int64_t real_ns, cpu_ns;
};

struct vm_heard vm_heard_now(const struct vm_machine *machine);
bool vm_is_silent(const struct vm_machine *machine, const struct vm_heard *heard, const struct vm_watch *watch);

/* Whether a signal has come; takes it. */
bool vm_stop_asked(const struct vm_watch *watch);
/* Appends what the machine's console said. */
void vm_console_copy(const struct vm_machine *machine, FILE *console);

struct vm_state {
	int memory_fd, devices_fd; /* owned; -1: none */
	struct vm_fingerprint fingerprint;
	bool cached;	     /* an earlier run froze it */
	int boots_discarded; /* because their clock had jumped, or the machine was another than the one that is known */
};

struct vm_boot {
	const struct vm_setup *setup;
	const struct vm_image *image;
	const struct vm_watch *watch;
	FILE *console; /* receives what the console said */
};

/*
 * A machine that is booted up to the point where it would begin with a trial, and stands there: an earlier run's, or a
 * new one, which is then kept for the next. -1 with ERR (LAD_EXIT_INTERRUPTED when the run is to stop, LAD_EXIT_TRIALS
 * when no boot was like it has to be).
 */
int vm_freeze(const struct vm_boot *how, struct vm_state *state, struct lad_error *err);
/* Safe on {-1, -1, …}. */
void vm_state_close(struct vm_state *state);

/* ---- vm_cache.c: frozen machines of earlier runs */

/* By what a frozen machine is made from. */
struct vm_hash vm_cache_key(const struct vm_setup *setup, const struct vm_image *image);
/* The fingerprint of the machine that is kept under KEY. False: there is none. */
bool vm_cache_knows(const struct vm_hash *key, struct vm_fingerprint *fingerprint);
/* Fills STATE, to be released with vm_state_close. False: there is none, or it was damaged and is removed. */
bool vm_cache_get(const struct vm_hash *key, struct vm_state *state);
/* Keeps STATE, and in its place removes what was not used for longest. */
int vm_cache_put(const struct vm_hash *key, const struct vm_state *state, struct lad_error *err);

/* ---- vm_receive.c: what came back */

#define VM_FILES_MAX 16

struct vm_file {
	char name[64];
	struct lad_bytes bytes;
	size_t merged; /* how much of it is in the results folder */
};

struct vm_receiver {
	struct vm_decoder decoder;
	off_t offset; /* how much of the port was read */
	struct vm_file files[VM_FILES_MAX];
	int file_count;
	bool hello, ended;
	struct lad_run_outcome outcome;
	int exit_code;
	char message[1024]; /* how the guest's run ended */
};

/* Takes in what is new in PORT_FD. Returns the number of bytes, or -1. */
ssize_t vm_receive(struct vm_receiver *receiver, int port_fd, struct lad_error *err);
void vm_receiver_close(struct vm_receiver *receiver);

/* ---- vm_merge.c: into the results folder, one machine behind the other */

struct vm_merger {
	const char *directory;
	struct {
		char name[64];
		int fd;
	} files[VM_FILES_MAX];
	int file_count;
	int rows;		      /* in results.csv */
	struct lad_bytes environment; /* environment.json as the first guest wrote it */
};

/* Appends what is new in RECEIVER; of every file but the first of its name without the header. */
int vm_merge(struct vm_merger *merger, struct vm_receiver *receiver, struct lad_error *err);
/* fsync of everything. */
void vm_merger_close(struct vm_merger *merger);

/* ---- vm_schedule.c: trials side by side, each in a machine of its own */

struct vm_schedule {
	const struct vm_setup *setup;
	const struct vm_image *image;
	const struct vm_watch *watch;
	const struct vm_state *state; /* NULL: one machine takes the whole plan from its boot */
	struct vm_merger *merger;
	FILE *console;
	void (*progress)(void *data, int rows); /* after each step */
	void *progress_data;
	int discarded; /* trials that were run again because their clock had jumped */
};

/* Runs all trials and adds up OUTCOME. What is complete is merged in any case. */
int vm_schedule_run(struct vm_schedule *schedule, struct lad_run_outcome *outcome, struct lad_error *err);

/* As lab_ops.estimate_ns. */
int64_t vm_schedule_estimate_ns(const struct lad_scenario *scenario, const struct lad_plan *plan);

/* ---- vm_environment.c */

/* What the figures come from. */
struct vm_origins {
	const struct vm_image *image;
	const struct vm_state *state; /* NULL: none was frozen */
	int trials_discarded;
};

/* environment.json in the results folder: what the guest said of itself, and hashes of all that went into it. */
int vm_environment_write(const struct vm_setup *setup, const struct vm_origins *origins, const struct lad_bytes *guest,
			 struct lad_error *err);

/* ---- what the parts above are told */

struct vm_setup {
	const struct lad_scenario *scenario;
	const struct lad_plan *plan;
	const struct lad_run_options *options;
	struct vm_kernel kernel;
	char qemu[PATH_MAX];
};

#define VM_PORT_NAME "netladder"

#define VM_PANIC_PORT 0x505		     /* of the guest's pvpanic */
#define VM_CLOCK_INSTRUCTIONS "instructions" /* the guest's first word, where its clock counts them */
#define VM_CLOCK_WARPED "warped"	     /* for tests: the same, stopped where QEMU may move it on */
#define VM_ERRAND_NAME                                                                                                 \
	"opt/org.netladder/errand" /* in the guest's firmware configuration: a job, then its scenario                  \
				    */

#endif
