/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/core/seccomp_filter.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

/*
 * What an agent still calls once its sockets stand: moving data, waiting, clocks, and memory. tcp_crr opens sockets all
 * along. Neither files nor programs nor other processes are in here.
 */
static const int allowed[] = {
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(accept4),
    SCMP_SYS(socket),
    SCMP_SYS(bind),
    SCMP_SYS(connect),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(clock_gettime), /* where the vDSO does not serve it */
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
    SCMP_SYS(sched_yield),
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mprotect),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(fstat), /* of standard output, by stdio */
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill), /* abort() */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Beside these, what a sink by hand calls before its sockets and threads stand, and to give up more then. */
static const int preparing_too[] = {
    SCMP_SYS(listen),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(timer_create),
    SCMP_SYS(prlimit64),
    SCMP_SYS(uname), /* libev asks which Linux it is on */
    SCMP_SYS(prctl),
    SCMP_SYS(capget),
    SCMP_SYS(capset),
    SCMP_SYS(seccomp),
};

/* 0, or the negative errno of the step that failed. */
static int load_filter(scmp_filter_ctx filter, bool preparing)
{
	/* Without this older kernels turn a speculation guard on for whoever has a filter, which costs what we measure.
	 */
	int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	for (size_t i = 0; status == 0 && i < sizeof allowed / sizeof *allowed; i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; preparing && status == 0 && i < sizeof preparing_too / sizeof *preparing_too; i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, preparing_too[i], 0);
	return status == 0 ? seccomp_load(filter) : status;
}

int agent_forbid_calls(bool preparing, struct lad_error *err)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)load_filter; /* the sanitizer's own calls are many, and not ours to list */
	(void)preparing;
	(void)err;
	return 0;
#else
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the seccomp filter");
	int status = load_filter(filter, preparing);
	seccomp_release(filter);
	/* A kernel without seccomp (EINVAL, ENOSYS), or a container that forbids filters: then without one. */
	if (status < 0 && status != -EINVAL && status != -ENOSYS && status != -EPERM && status != -ECANCELED)
		return lad_error_errno(err, -status, "cannot load the seccomp filter");
	return 0;
#endif
}
