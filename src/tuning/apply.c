/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tuning/apply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netladder/netlink.h"

void tuning_became(struct tuned_path *path, const char *name, const char *value)
{
	char *out = path->report->effective;
	size_t used = strlen(out);
	snprintf(out + used, sizeof path->report->effective - used, "%s%s=%s", used ? "; " : "", name, value);
}

void tuning_note(struct tuned_path *path, const char *format, ...)
{
	char *out = path->report->note;
	size_t used = strlen(out), size = sizeof path->report->note;
	used += (size_t)snprintf(out + used, size - used, "%s", used ? "; " : "");
	if (used >= size)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(out + used, size - used, format, args);
	va_end(args);
}

static int add_devices(struct tuned_path *path, int netns_fd, bool container, bool loopback, struct lad_error *err)
{
	struct lad_link links[TUNED_DEVICES_MAX];
	int count = lad_link_list(netns_fd, links, TUNED_DEVICES_MAX, err);
	for (int i = 0; i < count && i < TUNED_DEVICES_MAX; i++) {
		if (!links[i].up || links[i].loopback != loopback || path->device_count == TUNED_DEVICES_MAX)
			continue;
		struct tuned_device *device = &path->devices[path->device_count++];
		device->netns_fd = netns_fd;
		memcpy(device->name, links[i].name, sizeof device->name);
		memcpy(device->kind, links[i].kind, sizeof device->kind);
		device->container = container || strcmp(device->name, "eth0") != 0;
	}
	return count < 0 ? -1 : 0;
}

/* The namespaces that the traffic goes through, and their devices. */
static int look_around(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_tuning_target *target = path->target;
	const struct lad_path *net = target->path;
	bool loopback = strcmp(net->sink.device, "lo") == 0; /* host mode on one host: nothing else carries it */
	for (int i = 0; i < target->host_count; i++) {
		path->namespaces[path->namespace_count++] = target->hosts[i].netns_fd;
		if (add_devices(path, target->hosts[i].netns_fd, false, loopback, err) < 0)
			return -1;
	}
	for (int i = 0; i < net->held_count; i++) {
		path->namespaces[path->namespace_count++] = net->held_fds[i];
		if (add_devices(path, net->held_fds[i], true, false, err) < 0)
			return -1;
	}
	if (target->mode == LAD_MODE_HOST) /* its ends are the hosts themselves */
		return 0;
	for (int i = 0; i < net->end_count; i++) {
		path->namespaces[path->namespace_count++] = net->ends[i].netns_fd;
		if (add_devices(path, net->ends[i].netns_fd, true, false, err) < 0)
			return -1;
	}
	return 0;
}

int lad_tuning_apply(const struct lad_tuning *tuning, const struct lad_tuning_target *target,
		     struct lad_tuning_report *report, struct lad_error *err)
{
	/* Neighbours and rules last: what they add is not to be tuned. The workload's settings were put into the plan.
	 */
	static int (*const parts[])(struct tuned_path *, struct lad_error *) = {
	    tuning_apply_mtu,	  tuning_apply_wire,  tuning_apply_congestion, tuning_apply_offloads,
	    tuning_apply_queues,  tuning_apply_masks, tuning_apply_txqueuelen, tuning_apply_qdisc,
	    tuning_apply_sysctls, tuning_apply_rules, tuning_apply_neighbours};
	char settings[LAD_TUNING_TEXT_MAX];
	struct tuned_path path = {.tuning = tuning, .target = target, .report = report};
	memset(report, 0, sizeof *report);
	lad_tuning_describe(tuning, settings, sizeof settings);
	if (!settings[0])
		return 0;
	static const enum lad_setting of_workload[] = {LAD_SETTING_FLOWS, LAD_SETTING_SOCKET_BUFFER, LAD_SETTING_IP};
	for (size_t i = 0; i < sizeof of_workload / sizeof *of_workload; i++)
		if (tuning->settings[of_workload[i]].set)
			tuning_became(&path, lad_setting_name(of_workload[i]), tuning->settings[of_workload[i]].text);
	if (look_around(&path, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i](&path, err) < 0)
			return -1;
	return 0;
}
