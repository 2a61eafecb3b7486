/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <string.h>

#include "netladder/tuning.h"

int lad_sysctl_check_container(const char *key, bool host_network, struct lad_error *err)
{
	/* What runc takes as namespaced (opencontainers/runc, libcontainer/configs/validate). */
	static const char *const ipc[] = {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
					  "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};
	/* Under net. and yet of the whole machine: a container's file does not exist or cannot be written. */
	static const char *const global[] = {
	    "net.core.rmem_max",      "net.core.wmem_max",	     "net.core.rmem_default",
	    "net.core.wmem_default",  "net.core.netdev_max_backlog", "net.core.netdev_budget",
	    "net.core.default_qdisc", "net.core.busy_poll",	     "net.ipv4.tcp_mem",
	    "net.ipv4.udp_mem"};
	char name[LAD_SYSCTL_KEY_MAX];
	lad_sysctl_dotted(key, name);
	for (size_t i = 0; i < sizeof global / sizeof *global; i++)
		if (strcmp(name, global[i]) == 0)
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "%s is of the whole machine: set it on the host with `sysctl -w`", name);
	if (strncmp(name, "net.", 4) == 0 && lad_sysctl_check_allowed(key, err) < 0)
		return -1;
	if (strncmp(name, "net.", 4) == 0 && host_network)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "Docker sets no %s in the host's network: set it on the host with `sysctl -w`",
				     name);
	if (strncmp(name, "net.", 4) == 0 || strncmp(name, "fs.mqueue.", 10) == 0)
		return 0;
	for (size_t i = 0; i < sizeof ipc / sizeof *ipc; i++)
		if (strcmp(name, ipc[i]) == 0)
			return 0;
	return lad_error_set(err, LAD_EXIT_USAGE,
			     "%s is not namespaced: a container cannot have its own; valid: net.*, fs.mqueue.*, "
			     "kernel.msg*, kernel.sem, kernel.shm*",
			     name);
}
