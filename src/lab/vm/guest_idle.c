/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lab/vm/guest.h"

/*
 * The guest never halts. When its CPU halts, QEMU's main thread moves the instruction clock on to the next timer, and
 * looks for a halted CPU without a lock: on a busy host it can find the CPU halted before the instructions that led
 * there are counted (accel/tcg/icount-common.c, icount_start_warp_timer), and the clock jumps too far. So a process of
 * the lowest class runs whenever nobody else wants to, and time passes by its instructions. These are no-operations,
 * which QEMU translates into nothing: hundreds of them cost the host one jump.
 */
int vm_guest_never_halt(struct lad_error *err)
{
	struct sched_param lowest = {0};
	pid_t pid = fork();
	if (pid < 0)
		return lad_error_errno(err, errno, "cannot start the idle process");
	if (pid > 0)
		return 0;
	prctl(PR_SET_NAME, "idle", 0, 0, 0);
	setpriority(PRIO_PROCESS, 0, 19);
	sched_setscheduler(0, SCHED_IDLE, &lowest);
	for (;;)
		__asm__ volatile(".rept 400\n\tnop\n\t.endr");
}
