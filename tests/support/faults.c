/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faults.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int faults_new(struct faults **page)
{
	int fd = memfd_create("faults", MFD_CLOEXEC);
	assert_return_code(fd, errno);
	assert_return_code(ftruncate(fd, sizeof **page), errno);
	*page = mmap(NULL, sizeof **page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(*page != MAP_FAILED);
	return fd;
}

void faults_free(struct faults *page, int fd)
{
	munmap(page, sizeof *page);
	close(fd);
}

void faults_inherit(int fd)
{
	char number[16];
	snprintf(number, sizeof number, "%d", fd);
	fcntl(fd, F_SETFD, 0);
	setenv(FAULTS_FD_VARIABLE, number, 1);
	setenv("LD_PRELOAD", LAD_BUILD "/tests/faults.so", 1);
	/* AddressSanitizer wants to be the first library, and works as the second. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}
