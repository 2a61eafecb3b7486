/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "netladder/text.h"
#include "netladder/tuning.h"

/*
 * A scenario may come from a stranger and is run as root. Some sysctls name programs that the kernel starts
 * (kernel.core_pattern, kernel.modprobe), others open the machine up, so what may be set is listed, not what may not.
 */

/* Not below net, and yet what network measurements are tuned with; each takes a number and nothing else. */
static const char *const beside_net[] = {
    "kernel.numa_balancing",	      /* moves pages under the agents' hands */
    "kernel.sched_autogroup_enabled", /* whether containers are groups of their own in the CPU scheduler */
    "kernel.timer_migration",	      /* whose CPU pays for a pacing timer */
};

/* Below net, and about what programs may do to the kernel. */
static const char not_networking[] = "net.core.bpf_";

int lad_sysctl_check_allowed(const char *key, struct lad_error *err)
{
	char name[LAD_SYSCTL_KEY_MAX], valid[256];
	lad_sysctl_dotted(key, name);
	bool hardening = strncmp(name, not_networking, strlen(not_networking)) == 0;
	if (strncmp(name, "net.", 4) == 0 && !hardening)
		return 0;
	for (size_t i = 0; i < sizeof beside_net / sizeof *beside_net; i++)
		if (strcmp(name, beside_net[i]) == 0)
			return 0;
	lad_join(valid, sizeof valid, beside_net, sizeof beside_net / sizeof *beside_net);
	return lad_error_set(err, LAD_EXIT_USAGE,
			     "%s does not belong to networking, so no scenario may set it; valid: net.* (not %s*), %s",
			     name, not_networking, valid);
}
