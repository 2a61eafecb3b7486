/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <features.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/core/agent.h"
#include "agent/core/sandbox.h"

/*
 * glibc (2.35 and later) registers each thread for restartable sequences (rseq(2), Linux 4.18): after each switch to
 * the thread the kernel then writes the CPU's number to its memory on the way back from the system call. Two ends on
 * one CPU switch twice a transaction, which costs 2 % of it on loopback; and nothing in an agent reads that number.
 */
#if __GLIBC_PREREQ(2, 35)
#include <sys/rseq.h>

#define REGISTERED_BYTES 32 /* by glibc, whatever part of them the kernel fills */

void agent_leave_rseq(void)
{
	/* Refused where nothing is registered, or something else: then it stays as it is. */
	syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, REGISTERED_BYTES, RSEQ_FLAG_UNREGISTER,
		RSEQ_SIG);
}
#else
void agent_leave_rseq(void)
{
}
#endif
