/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"

/* The descriptors that QEMU is born with: its command line names them, so it is the same in each run. */
enum { IMAGE_FD = 3, CONSOLE_FD, PORT_FD, FIRST_FREE_FD };

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
	return lad_error_set(err, LAD_EXIT_UNABLE,
			     "qemu-system-x86_64 is not in PATH; as root: apt-get install --no-install-recommends "
			     "qemu-system-x86");
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
 * hardware random numbers), the date, the seed. Without `erms` the kernel copies 8 bytes an instruction instead of
 * one: nearer to what a copy costs beside the rest of the path.
 */
static void add_instruction_clock(const struct vm_setup *setup, struct vm_command *command)
{
	add_words(command, "-accel tcg,thread=single -smp 1 -icount shift=0,sleep=off,align=off");
	add_words(command, "-rtc base=2020-01-01T00:00:00,clock=vm -cpu max,-rdrand,-rdseed,-erms,-fsrm");
	add(command, "-seed");
	add(command, "%" PRIu64, setup->plan->seed);
}

static void add_wall_clock(const struct vm_setup *setup, struct vm_command *command)
{
	add_words(command, "-accel tcg,thread=multi -cpu max -rtc base=utc");
	add(command, "-smp");
	add(command, "%d", setup->scenario->vm.cpus);
}

static void add_kernel(const struct vm_setup *setup, struct vm_command *command)
{
	const char *fault = getenv("NETLADDER_VM_FAULT"); /* for tests: what the guest is to suffer from */
	bool instructions = setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS;
	add(command, "-kernel");
	add(command, "%s", setup->kernel.image);
	add_words(command, "-initrd /dev/fd/3 -append");
	/* Few messages: the serial port takes 87 us for each character, also in virtual time. */
	add(command,
	    "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off cryptomgr.notests %snet.ifnames=0 "
	    "%s%s%srdinit=/netladder -- "
	    "vm-guest",
	    instructions ? "nokaslr norandmaps tsc=reliable tsc_early_khz=1000000 " : "",
	    fault ? "netladder.fault=" : "", fault ? fault : "", fault ? " " : "");
}

int vm_command_make(const struct vm_setup *setup, struct vm_command *command, struct lad_error *err)
{
	*command = (struct vm_command){.count = 0};
	add(command, "%s", setup->qemu);
	/* A machine of a fixed version: a newer QEMU offers the same one. It also passes no random seed to the kernel.
	 */
	add_words(command,
		  "-name netladder -machine pc-i440fx-7.0 -no-user-config -nodefaults -display none -nic none");
	add_words(command, "-monitor none -no-reboot -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny");
	add(command, "-m");
	add(command, "%" PRId64 "M", setup->scenario->vm.memory_bytes >> 20);
	if (setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS)
		add_instruction_clock(setup, command);
	else
		add_wall_clock(setup, command);
	add_kernel(setup, command);
	/*
	 * Both channels end in files, which take every byte at once, and the port is served on the virtual CPU's own
	 * thread (no ioeventfd): how busy the host is never shows in the guest.
	 */
	add_words(command, "-chardev file,id=console,path=/dev/fd/4 -serial chardev:console");
	add_words(command, "-chardev file,id=port,path=/dev/fd/5 -device virtio-serial-pci,ioeventfd=off");
	add_words(command, "-device virtserialport,chardev=port,name=" VM_PORT_NAME);
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

__attribute__((noreturn)) static void run_child(const struct vm_command *command, const int files[3], int complaint_fd,
						pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The sources are all above the targets (see vm_machine_start), and dup2 clears close-on-exec. */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool ready = getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
		     dup2(complaint_fd, STDOUT_FILENO) >= 0 && dup2(complaint_fd, STDERR_FILENO) >= 0;
	for (int i = 0; i < 3; i++)
		ready = ready && dup2(files[i], IMAGE_FD + i) >= 0;
	/* Nothing of the caller's surroundings goes along. */
	char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", (char *)"TMPDIR=/tmp", NULL};
	if (ready)
		execve(command->words[0], command->words, environment);
	dprintf(complaint_fd, "%s: %s\n", command->words[0], strerror(errno));
	_exit(127);
}

int vm_machine_start(const struct vm_command *command, int image_fd, int console_fd, struct vm_machine *machine,
		     struct lad_error *err)
{
	*machine = (struct vm_machine){.pidfd = -1, .console_fd = console_fd};
	machine->port_fd = memfd_create("netladder-port", MFD_CLOEXEC);
	machine->complaint_fd = memfd_create("netladder-qemu", MFD_CLOEXEC);
	int high[4];
	const int low[4] = {image_fd, console_fd, machine->port_fd, machine->complaint_fd};
	bool ready = true;
	for (int i = 0; i < 4; i++)
		ready = (high[i] = low[i] < 0 ? -1 : fcntl(low[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD)) >= 0 && ready;
	pid_t parent = getpid();
	machine->pid = ready ? fork() : -1;
	if (machine->pid == 0)
		run_child(command, high, high[3], parent);
	int error = errno;
	for (int i = 0; i < 4; i++)
		lad_close_fd(&high[i]);
	if (machine->pid > 0)
		machine->pidfd = (int)syscall(SYS_pidfd_open, machine->pid, 0);
	if (machine->pid > 0 && machine->pidfd >= 0)
		return 0;
	error = machine->pid > 0 ? errno : error;
	vm_machine_stop(machine);
	return lad_error_errno(err, error, "cannot start QEMU");
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
		lad_close_fd(&machine->complaint_fd);
	}
	*machine = (struct vm_machine){.pidfd = -1, .port_fd = -1, .complaint_fd = -1, .console_fd = -1};
}
