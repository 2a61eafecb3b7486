/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "agent/core/agent.h"
#include "agent/core/sandbox.h"
#include "agent/core/seccomp_filter.h"

/* Descriptors beside those of the flows: standard streams, control, listener, epoll, timers, libev's own. */
#define OTHER_FILES 32

/* Gives up all capabilities but those of KEPT, COUNT of them, that there are. */
static int keep_only(const unsigned *kept, int count, struct lad_error *err)
{
	bool had[2] = {false};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return lad_error_errno(err, errno, "cannot set no_new_privs");
	capng_get_caps_process();
	for (int i = 0; i < count; i++)
		had[i] = capng_have_capability(CAPNG_EFFECTIVE, kept[i]);
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	for (int i = 0; i < count; i++)
		if (had[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0)
		return lad_error_errno(err, errno, "cannot give up capabilities");
	return 0;
}

int agent_drop_privileges(bool keep_net_admin, struct lad_error *err)
{
	const unsigned kept[] = {CAP_NET_ADMIN};
	return keep_only(kept, keep_net_admin, err) < 0 ? -1 : agent_forbid_calls(false, err);
}

int agent_drop_before_listening(bool low_port, struct lad_error *err)
{
	const unsigned kept[] = {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};
	return keep_only(kept, low_port ? 2 : 1, err) < 0 ? -1 : agent_forbid_calls(true, err);
}

int agent_want_files(int least, int most, int threads, struct lad_error *err)
{
	struct rlimit limit;
	rlim_t needed = ((rlim_t)least + OTHER_FILES) * (rlim_t)threads;
	rlim_t wanted = ((rlim_t)most + OTHER_FILES) * (rlim_t)threads;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lad_error_errno(err, errno, "cannot read the limit of open files");
	if (limit.rlim_cur >= wanted)
		return 0;
	if (limit.rlim_max < needed)
		return lad_error_set(err, LAD_EXIT_UNABLE,
				     "%d flows need %llu open files and the limit is %llu (ulimit -Hn)",
				     least * threads, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return lad_error_errno(err, errno, "cannot raise the limit of open files");
	return 0;
}
