/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

/* The descriptors that QEMU is born with: its command line names them, so it is the same in each run. */
enum { IMAGE_FD = 3, CONSOLE_FD, PORT_FD, QMP_FD, DEVICES_FD, MEMORY_FD, ERRAND_FD, LOOK_FD, FIRST_FREE_FD };
#define LINES_SHOWN 8
#define PASSED_FDS (FIRST_FREE_FD - IMAGE_FD)

int vm_qemu_find(char *path, size_t size, struct lad_error *err)
{
	const char *search = getenv("PATH");
	char folders[4096];
	snprintf(folders, sizeof folders, "%s", search ? search : "/usr/bin:/bin");
	char *save = NULL;
	for (char *folder = strtok_r(folders, ":", &save); folder; folder = strtok_r(NULL, ":", &save)) {
		snprintf(path, size, "%.3000s/qemu-system-x86_64", folder);
		if (access(path, X_OK) == 0)
			return 0;
	}
	lad_error_set(err, LAD_EXIT_UNABLE, "qemu-system-x86_64 is not in PATH");
	return lad_error_remedy(err, "sudo apt-get install --no-install-recommends qemu-system-x86");
}

__attribute__((format(printf, 2, 3))) static void add(struct vm_command *command, const char *format, ...)
{
	char *word = NULL;
	va_list args;
	va_start(args, format);
	if (command->count < VM_ARGUMENTS_MAX - 1 && vasprintf(&word, format, args) >= 0)
		command->words[command->count] = word;
	va_end(args);
	/* A word that did not come about leaves a hole, which vm_command_make finds. */
	command->count++;
}

static void add_words(struct vm_command *command, const char *words)
{
	char copy[512];
	snprintf(copy, sizeof copy, "%s", words);
	char *save = NULL;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		add(command, "%s", word);
}

/*
 * The instruction clock: one virtual CPU whose time is the number of instructions executed, 1 ns each, idle time
 * skipped. Everything else that could differ between two runs is fixed: the machine's version and CPU (without
 * hardware random numbers), the date. Without `erms` the kernel copies 8 bytes an instruction instead of
 * one: nearer to what a copy costs beside the rest of the path.
 */
static void add_instruction_clock(struct vm_command *command)
{
	add_words(command, "-accel tcg,thread=single -smp 1 -icount shift=0,sleep=off,align=off");
	add_words(command, "-rtc base=2020-01-01T00:00:00,clock=vm -cpu max,-rdrand,-rdseed,-erms,-fsrm -seed 1");
}

static void add_wall_clock(const struct vm_setup *setup, struct vm_command *command)
{
	add_words(command, "-accel tcg,thread=multi -cpu max -rtc base=utc");
	add(command, "-smp");
	add(command, "%d", setup->scenario->vm.cpus);
}

/* /dev/mem lets the guest mask its timer for the stop: vm_guest_freeze.c. */
#define CLOCK_BY_INSTRUCTIONS "idle=poll nokaslr norandmaps tsc=reliable tsc_early_khz=1000000 nox2apic iomem=relaxed "

static void add_kernel(const struct vm_setup *setup, const struct vm_role *role, struct vm_command *command)
{
	bool instructions = setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS;
	add(command, "-kernel");
	add(command, "%s", setup->kernel.image);
	if (!role->from_state) /* else it is unpacked already */
		add_words(command, "-initrd /dev/fd/3");
	add(command, "-append");
	/* Few messages: the serial port takes 87 us for each character, also in virtual time. */
	add(command,
	    "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off cryptomgr.notests %snet.ifnames=0 "
	    "rdinit=/netladder-guest -- %s",
	    instructions ? CLOCK_BY_INSTRUCTIONS : "",
	    !instructions ? "wall"
	    : role->warp  ? VM_CLOCK_WARPED
			  : VM_CLOCK_INSTRUCTIONS);
}

/* How the guest stops itself at one certain instruction, and what its copies go on from: see vm_guest_freeze.c. */
static void add_freezer(const struct vm_role *role, int64_t memory_bytes, struct vm_command *command)
{
	/* A trial's machine maps the frozen one's memory, and copies a page when it writes to it. */
	add(command, "-machine");
	add(command, "memory-backend=memory");
	add(command, "-object");
	add(command, "memory-backend-file,id=memory,mem-path=/dev/fd/%d,share=%s,size=%" PRId64 "M", MEMORY_FD,
	    role->from_state ? "off" : "on", memory_bytes >> 20);
	add_words(command, "-action panic=pause -device");
	add(command, "pvpanic,ioport=%d", VM_PANIC_PORT);
	if (role->from_state)
		add_words(command, "-incoming defer");
}

/* The CPU for machine NUMBER: those that this process may use, in turn. */
static int pick_cpu(int number)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set) < 0 || CPU_COUNT(&set) == 0)
		return -1;
	int wanted = number % CPU_COUNT(&set), cpu = 0;
	while (!CPU_ISSET((unsigned)cpu, &set) || wanted-- > 0)
		cpu++;
	return cpu;
}

int vm_command_make(const struct vm_setup *setup, const struct vm_role *role, struct vm_command *command,
		    struct lad_error *err)
{
	bool instructions = setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS;
	*command = (struct vm_command){.cpu = instructions ? pick_cpu(role->number) : -1};
	add(command, "%s", setup->qemu);
	/* A machine of a fixed version: a newer QEMU offers the same one. It also passes no random seed to the kernel.
	 */
	add_words(command,
		  "-name netladder -machine pc-i440fx-7.0 -no-user-config -nodefaults -display none -nic none");
	add_words(command, "-chardev socket,id=qmp,fd=6 -mon chardev=qmp,mode=control -no-reboot");
	add_words(command, "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny");
	add(command, "-m");
	add(command, "%" PRId64 "M", setup->scenario->vm.memory_bytes >> 20);
	if (setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS)
		add_instruction_clock(command);
	else
		add_wall_clock(setup, command);
	add_kernel(setup, role, command);
	/*
	 * Both channels end in files, which take every byte at once, and the port is served on the virtual CPU's own
	 * thread (no ioeventfd): how busy the host is never shows in the guest.
	 */
	add_words(command, "-chardev file,id=console,path=/dev/fd/4 -serial chardev:console");
	add_words(command, "-chardev file,id=port,path=/dev/fd/5 -device virtio-serial-pci,ioeventfd=off");
	add_words(command, "-device virtserialport,chardev=port,name=" VM_PORT_NAME);
	add(command, "-fw_cfg");
	add(command, "name=" VM_ERRAND_NAME ",file=/dev/fd/%d", ERRAND_FD);
	if (setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS)
		add_freezer(role, setup->scenario->vm.memory_bytes, command);
	bool whole = command->count < VM_ARGUMENTS_MAX;
	for (int i = 0; i < command->count && whole; i++)
		whole = command->words[i];
	if (whole)
		return 0;
	command->count = command->count < VM_ARGUMENTS_MAX ? command->count : VM_ARGUMENTS_MAX;
	vm_command_free(command);
	return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
}

void vm_command_free(struct vm_command *command)
{
	for (int i = 0; i < command->count; i++)
		free(command->words[i]);
	command->count = 0;
}

/*
 * QEMU's main thread moves the instruction clock on when it finds the virtual CPU halted or stopped, and so it matters
 * whether it looks just before or just after that. All its threads on one CPU, none of which preempts the other when it
 * is woken (SCHED_BATCH, sched(7)): so the main thread looks when the virtual CPU has come to rest, on a busy host too.
 */
static void take_turns(int cpu)
{
	struct sched_param none = {0};
	cpu_set_t set;
	CPU_ZERO(&set);
	if (cpu < 0)
		return;
	CPU_SET((unsigned)cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
	sched_setscheduler(0, SCHED_BATCH, &none);
}

__attribute__((noreturn)) static void run_child(const struct vm_command *command, const int files[PASSED_FDS],
						int complaint_fd, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The sources are all above the targets (see pass_fds), and dup2 clears close-on-exec. */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool ready = getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
		     dup2(complaint_fd, STDOUT_FILENO) >= 0 && dup2(complaint_fd, STDERR_FILENO) >= 0;
	for (int i = 0; i < PASSED_FDS; i++)
		ready = ready && (files[i] < 0 || dup2(files[i], IMAGE_FD + i) >= 0);
	take_turns(command->cpu);
	/* Nothing of the caller's surroundings goes along. */
	char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", (char *)"TMPDIR=/tmp", NULL};
	if (ready)
		execve(command->words[0], command->words, environment);
	dprintf(complaint_fd, "%s: %s\n", command->words[0], strerror(errno));
	_exit(127);
}

/* Copies of FILES high enough that none stands where another is to go; -1 stays -1. */
static int copy_high(const int files[PASSED_FDS + 1], int copies[PASSED_FDS + 1])
{
	int status = 0;
	for (int i = 0; i < PASSED_FDS + 1; i++) {
		copies[i] = files[i] < 0 ? -1 : fcntl(files[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
		if (files[i] >= 0 && copies[i] < 0)
			status = -1;
	}
	return status;
}

/* The devices are read through a descriptor with a position of its own: several machines read them at once. */
static int reopen(int fd)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

static int start(const struct vm_command *command, const struct vm_origin *origin, int qmp_fd,
		 struct vm_machine *machine)
{
	lad_cleanup_fd int devices = reopen(origin->devices_fd);
	const int files[PASSED_FDS + 1] = {
	    origin->image_fd,  machine->console_fd, machine->port_fd,	  qmp_fd, devices, origin->memory_fd,
	    origin->errand_fd, machine->look_fd,    machine->complaint_fd};
	int copies[PASSED_FDS + 1];
	pid_t parent = getpid();
	int status = copy_high(files, copies);
	if (status == 0 && (origin->devices_fd < 0 || devices >= 0))
		machine->pid = fork();
	if (machine->pid == 0 && status == 0)
		run_child(command, copies, copies[PASSED_FDS], parent);
	int error = errno;
	for (int i = 0; i < PASSED_FDS + 1; i++)
		lad_close_fd(&copies[i]);
	errno = error;
	if (machine->pid > 0)
		machine->pidfd = (int)syscall(SYS_pidfd_open, machine->pid, 0);
	return machine->pid > 0 && machine->pidfd >= 0 ? 0 : -1;
}

int vm_machine_start(const struct vm_command *command, const struct vm_origin *origin, struct vm_machine *machine,
		     struct lad_error *err)
{
	int sockets[2] = {-1, -1};
	*machine = (struct vm_machine){.pid = -1, .pidfd = -1, .qmp = {.fd = -1}};
	machine->port_fd = memfd_create("netladder-port", MFD_CLOEXEC);
	machine->console_fd = memfd_create("netladder-console", MFD_CLOEXEC);
	machine->complaint_fd = memfd_create("netladder-qemu", MFD_CLOEXEC);
	machine->look_fd = memfd_create("netladder-look", MFD_CLOEXEC);
	int status = -1;
	if (machine->port_fd >= 0 && machine->console_fd >= 0 && machine->complaint_fd >= 0 && machine->look_fd >= 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0) {
		machine->qmp.fd = sockets[0];
		status = start(command, origin, sockets[1], machine);
	}
	if (status < 0)
		lad_error_errno(err, errno, "cannot start QEMU");
	lad_close_fd(&sockets[1]);
	if (status == 0 && vm_qmp_open(&machine->qmp, err) < 0)
		status = vm_machine_broke_off(machine, "QEMU does not start", err);
	if (status < 0)
		vm_machine_stop(machine);
	return status;
}

int64_t vm_machine_cpu_ns(const struct vm_machine *machine)
{
	clockid_t clock;
	struct timespec used;
	if (clock_getcpuclockid(machine->pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
		return 0;
	return (int64_t)used.tv_sec * LAD_NS_PER_S + used.tv_nsec;
}

bool vm_machine_ended(const struct vm_machine *machine, int64_t wait_ns)
{
	struct pollfd polled = {machine->pidfd, POLLIN, 0};
	struct timespec wait = {wait_ns / LAD_NS_PER_S, wait_ns % LAD_NS_PER_S};
	return ppoll(&polled, 1, &wait, NULL) > 0;
}

/* The last lines that FD holds, on one line, into OUT; from a panic's own line on, if there is one. */
static void last_lines(int fd, char *out, size_t size)
{
	char text[8192];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof text - 1 ? end - (off_t)sizeof text + 1 : 0;
	ssize_t got = end < 0 ? 0 : pread(fd, text, sizeof text - 1, from);
	text[got > 0 ? got : 0] = '\0';
	char *begin = strstr(text, "Kernel panic");
	if (!begin) {
		begin = text + strlen(text);
		for (int lines = 0; begin > text && lines <= LINES_SHOWN; begin--)
			lines += begin[-1] == '\n';
	}
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

int vm_machine_broke_off(const struct vm_machine *machine, const char *what, struct lad_error *err)
{
	char console[500], complaint[300];
	last_lines(machine->console_fd, console, sizeof console);
	last_lines(machine->complaint_fd, complaint, sizeof complaint);
	return lad_error_set(err, LAD_EXIT_UNABLE, "%s%s%s%s%s", what, *complaint ? "; QEMU: " : "", complaint,
			     *console ? "; console: " : "", console);
}

int vm_machine_look(struct vm_machine *machine, struct vm_fingerprint *fingerprint, struct lad_error *err)
{
	char path[32];
	snprintf(path, sizeof path, "/dev/fd/%d", LOOK_FD);
	return vm_qmp_write_devices(&machine->qmp, path, err) < 0 ||
		       vm_fingerprint_take(machine->look_fd, fingerprint, err) < 0
		   ? -1
		   : 0;
}

int vm_machine_resume(struct vm_machine *machine, struct lad_error *err)
{
	char uri[32];
	snprintf(uri, sizeof uri, "fd:%d", DEVICES_FD);
	return vm_qmp_resume(&machine->qmp, uri, err);
}

void vm_machine_stop(struct vm_machine *machine)
{
	if (machine->pid > 0) {
		kill(machine->pid, SIGKILL); /* not reaped yet, so the number is still its own */
		while (waitpid(machine->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (machine->pid) { /* -1: it did not come to a process */
		lad_close_fd(&machine->pidfd);
		lad_close_fd(&machine->port_fd);
		lad_close_fd(&machine->console_fd);
		lad_close_fd(&machine->complaint_fd);
		lad_close_fd(&machine->look_fd);
		vm_qmp_close(&machine->qmp);
	}
	*machine = (struct vm_machine){
	    .pidfd = -1, .port_fd = -1, .complaint_fd = -1, .console_fd = -1, .look_fd = -1, .qmp = {.fd = -1}};
}
