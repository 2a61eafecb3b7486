/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>

#include "agent/agent.h"

int agent_drop_privileges(bool keep_net_admin, struct lad_error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return lad_error_errno(err, errno, "cannot set no_new_privs");
	capng_get_caps_process();
	bool had_net_admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN);
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	if (keep_net_admin && had_net_admin)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0)
		return lad_error_errno(err, errno, "cannot give up capabilities");
	return 0;
}
