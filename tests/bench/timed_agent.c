/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linked into netladder-agent in front of libc, for the agent and libev alike: takes the time between the return of one
 * system call and the entry of the next, which is what the agent itself costs. The kernel's own split of CPU time is
 * no use for this: it looks at each clock tick (250 a second) whether the processor is in user mode, and a tick that is
 * held back while interrupts are off is delivered on the return to user mode and charged there.
 *
 * What is found is an upper bound: reading the clock twice a call is in it, and so is every interrupt.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A longer stretch without a system call was not ours: the scheduler gave the core away in it. */
#define STRETCH_MAX_NS 20000

static struct {
	int64_t returned_ns; /* of the last call; 0 before the first datum moved */
	int64_t own_ns, cpu_begin_ns;
	uint64_t calls, cut;
} timed; /* of the process: interposed functions have no other place for it */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void enter(void)
{
	if (!timed.returned_ns)
		return;
	int64_t stretch_ns = clock_ns(CLOCK_MONOTONIC) - timed.returned_ns;
	timed.calls++;
	if (stretch_ns > STRETCH_MAX_NS)
		timed.cut++;
	else
		timed.own_ns += stretch_ns;
}

static long leave(long result)
{
	if (timed.returned_ns)
		timed.returned_ns = clock_ns(CLOCK_MONOTONIC);
	return result;
}

/* The first call that moves data starts the account: what went before was setting up. */
static void begin(void)
{
	if (timed.returned_ns)
		return;
	timed.cpu_begin_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	timed.returned_ns = clock_ns(CLOCK_MONOTONIC);
}

__attribute__((destructor)) static void report(void)
{
	if (timed.calls)
		dprintf(STDERR_FILENO, "timed %lld %lld %llu %llu\n", (long long)timed.own_ns,
			(long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - timed.cpu_begin_ns),
			(unsigned long long)timed.calls, (unsigned long long)timed.cut);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	begin();
	enter();
	return leave(syscall(SYS_sendto, fd, data, size, flags, NULL, 0));
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	begin();
	enter();
	return leave(syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL));
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
	begin();
	enter();
	return leave(syscall(SYS_sendto, fd, data, size, flags, to, length));
}

ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags, struct sockaddr *restrict from,
		 socklen_t *restrict length)
{
	begin();
	enter();
	return leave(syscall(SYS_recvfrom, fd, data, size, flags, from, length));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	begin();
	enter();
	return leave(syscall(SYS_sendmsg, fd, message, flags));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	begin();
	enter();
	return leave(syscall(SYS_recvmsg, fd, message, flags));
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	begin();
	enter();
	return (int)leave(syscall(SYS_sendmmsg, fd, messages, count, flags));
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
	begin();
	enter();
	return (int)leave(syscall(SYS_recvmmsg, fd, messages, count, flags, timeout));
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
	enter();
	return (int)leave(syscall(SYS_epoll_wait, fd, events, count, timeout));
}

int epoll_ctl(int fd, int operation, int target, struct epoll_event *event)
{
	enter();
	return (int)leave(syscall(SYS_epoll_ctl, fd, operation, target, event));
}

int sched_yield(void)
{
	enter();
	return (int)leave(syscall(SYS_sched_yield));
}
