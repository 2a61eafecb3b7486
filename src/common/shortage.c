/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "netladder/error.h"

bool lad_is_shortage(int errno_value)
{
	/* ENOSPC: of namespaces, user.max_net_namespaces; EAGAIN: of processes. */
	static const int shortages[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, ENOSPC, EAGAIN};
	for (size_t i = 0; i < sizeof shortages / sizeof *shortages; i++)
		if (errno_value == shortages[i])
			return true;
	return false;
}

int lad_want_files(int needed, struct lad_error *err)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lad_error_errno(err, errno, "cannot read the limit of open files");
	if (limit.rlim_max < (rlim_t)needed) {
		lad_error_set(err, LAD_EXIT_UNABLE, "this takes %d open files and the limit is %llu (RLIMIT_NOFILE)",
			      needed, (unsigned long long)limit.rlim_max);
		return lad_error_remedy(err, "ulimit -Hn %d, LimitNOFILE= or docker run --ulimit nofile=%d", needed,
					needed);
	}
	if (limit.rlim_cur >= limit.rlim_max)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lad_error_errno(err, errno, "cannot raise the limit of open files");
	return 0;
}
