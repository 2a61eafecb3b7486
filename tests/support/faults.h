/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_FAULTS_H
#define SUPPORT_FAULTS_H

/*
 * Faults that a machine has once in a year, made at will: build/tests/faults.so, put before the C library (ld.so(8),
 * LD_PRELOAD), fails calls and moves the clock of the day as this page says, which test and program share.
 */

#include <stdint.h>

#define FAULTS_FD_VARIABLE "NETLADDER_TEST_FAULTS"

struct faults {
	/* Every so many calls of send(), sendto() and sendmmsg() one fails with ENOBUFS; 0: none. */
	_Atomic uint64_t refuse_every;
	_Atomic uint64_t sends, refused; /* counted */
	/* Added to CLOCK_REALTIME, gettimeofday() and time(). */
	_Atomic int64_t step_ns;
	_Atomic uint64_t clock_reads; /* of these and of kernel time stamps, counted */
	/* The allocation with this number fails, the first being 1; 0: none. With `for_good` all after it as well;
	 * save those of libseccomp. */
	_Atomic uint64_t fail_allocation;
	_Atomic uint64_t for_good;
	_Atomic uint64_t allocations; /* counted while fail_allocation is not 0 */
};

/* A page of no faults: the descriptor, which a told_options takes; PAGE is where it lies in this process. */
int faults_new(struct faults **page);
void faults_free(struct faults *page, int fd);
/* In a child, before exec: the program has the faults of FD. */
void faults_inherit(int fd);

#endif
