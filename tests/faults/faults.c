/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library of tests/support/faults.h. */
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static struct faults none, *page = &none;

static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
static int (*real_sendmmsg)(int, struct mmsghdr *, unsigned, int);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

/* Looks the next definition of NAME up; POSIX lets a function's address travel like this. */
static void find(const char *name, void *function)
{
	void *address = dlsym(RTLD_NEXT, name);
	if (!address)
		abort();
	memcpy(function, &address, sizeof address);
}

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv(FAULTS_FD_VARIABLE);
	find("send", &real_send);
	find("sendto", &real_sendto);
	find("sendmmsg", &real_sendmmsg);
	find("recvmsg", &real_recvmsg);
	find("clock_gettime", &real_clock_gettime);
	if (!number)
		return;
	void *shared = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(number), 0);
	if (shared == MAP_FAILED)
		abort();
	close(atoi(number));
	page = shared;
}

static int refuses(void)
{
	uint64_t every = page->refuse_every;
	if (!every || ++page->sends % every)
		return 0;
	page->refused++;
	errno = ENOBUFS;
	return 1;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	return refuses() ? -1 : real_send(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
	return refuses() ? -1 : real_sendto(fd, bytes, size, flags, to, length);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	return refuses() ? -1 : real_sendmmsg(fd, messages, count, flags);
}

static void step(struct timespec *time)
{
	int64_t ns = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + page->step_ns;
	page->clock_reads++;
	time->tv_sec = ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (!real_clock_gettime)
		find("clock_gettime", &real_clock_gettime);
	int status = real_clock_gettime(clock, time);
	if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		step(time);
	return status;
}

/* The kernel's time stamps are of the clock of the day. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t got = real_recvmsg(fd, message, flags);
	if (got < 0)
		return got;
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control))
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPING)
			step((struct timespec *)CMSG_DATA(control));
	return got;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

#ifndef __SANITIZE_ADDRESS__ /* which has an allocator of its own */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* libseccomp 2.5.4 dies by itself when it gets no memory for a filter: nothing that the agent could mend. */
static int is_libseccomp(const void *caller)
{
	Dl_info where;
	return dladdr(caller, &where) && where.dli_fname && strstr(where.dli_fname, "libseccomp");
}

static int fails(const void *caller)
{
	uint64_t number = page->fail_allocation;
	if (!number || is_libseccomp(caller))
		return 0;
	uint64_t mine = ++page->allocations;
	if (mine != number && !(page->for_good && mine > number))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	*out = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
	return *out ? 0 : ENOMEM;
}

#endif
