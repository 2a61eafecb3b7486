/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "lab/vm/guest.h"
#include "netladder/cleanup.h"

/*
 * Writing to pvpanic's register stops the machine at this very instruction. Between the virtual CPU's stop and QEMU's
 * own, QEMU's main thread may find the CPU idle, and would then move the clock on to the next timer, or not: whoever is
 * faster (icount_start_warp_timer in QEMU's softmmu/icount.c). So there is no next timer at that moment. A guest at
 * work has two: its local APIC's (Intel SDM, volume 3, "Advanced Programmable Interrupt Controller"), which is masked
 * for the stop and fires, unmasked, when it would have fired; and the alarm of the real-time clock, which is halted for
 * good: Linux read it once, at boot.
 */
#define APIC_PAGE 0xfee00000
#define APIC_PAGE_BYTES 4096
#define LVT_TIMER (0x320 / 4)
#define LVT_MASKED (UINT32_C(1) << 16)
#define CURRENT_COUNT (0x390 / 4)
/* So far away that it does not fall due while it is masked, which takes a dozen instructions; in counts of 1 ns or
 * more. */
#define COUNT_LEAST 2000
#define COUNT_READS 10000000

/* The real-time clock (Motorola MC146818A): a register's number is written to one port, its value is at the other. */
#define RTC_PORT 0x70
#define RTC_REGISTER_A 0x0a
#define RTC_DIVIDER_RESET 0x60

static void halt_rtc(void)
{
	outb(RTC_REGISTER_A, RTC_PORT);
	unsigned char value = inb(RTC_PORT + 1);
	outb(RTC_REGISTER_A, RTC_PORT);
	outb(value | RTC_DIVIDER_RESET, RTC_PORT + 1);
}

static volatile uint32_t *map_apic(struct lad_error *err)
{
	lad_cleanup_fd int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *page =
	    fd < 0 ? MAP_FAILED : mmap(NULL, APIC_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, APIC_PAGE);
	if (page == MAP_FAILED) {
		lad_error_errno(err, errno,
				"the instruction clock needs /dev/mem in the guest's kernel (CONFIG_DEVMEM)");
		return NULL;
	}
	return page;
}

/* Waits until the timer has just fired. */
static int await_timer(volatile uint32_t *apic, struct lad_error *err)
{
	for (int reads = 0; reads < COUNT_READS; reads++)
		if (apic[CURRENT_COUNT] > COUNT_LEAST)
			return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "the guest's kernel does not use the local APIC's timer");
}

static int stop(bool masked, struct lad_error *err)
{
	if (ioperm(VM_PANIC_PORT, 1, 1) < 0 || ioperm(RTC_PORT, 2, 1) < 0)
		return lad_error_errno(err, errno, "cannot use I/O ports");
	volatile uint32_t *apic = map_apic(err);
	if (!apic)
		return -1;
	if (masked)
		halt_rtc();
	int status = await_timer(apic, err);
	if (status == 0) {
		uint32_t timer = apic[LVT_TIMER];
		apic[LVT_TIMER] = masked ? timer | LVT_MASKED : timer;
		outb(1, VM_PANIC_PORT);
		apic[LVT_TIMER] = timer;
	}
	munmap((void *)apic, APIC_PAGE_BYTES);
	return status;
}

/* The kernel clears the pages that a process gets: so what boot left behind in free memory is not kept each time. */
static void clear_free_memory(void)
{
	struct sysinfo info;
	if (sysinfo(&info) < 0)
		return;
	size_t size = (size_t)info.freeram * info.mem_unit / 10 * 9;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory != MAP_FAILED)
		munmap(memory, size);
}

int vm_guest_freeze(bool masked, struct lad_error *err)
{
	clear_free_memory();
	return stop(masked, err);
}

int vm_guest_stop(struct lad_error *err)
{
	return stop(true, err) < 0 ? -1 : lad_error_set(err, LAD_EXIT_UNABLE, "the machine does not stop");
}
