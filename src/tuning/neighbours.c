/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/nat.h"
#include "netladder/netlink.h"
#include "netladder/units.h"
#include "tuning/apply.h"

/* What others on the same hosts bring along: firewall rules, and containers on the same bridge. And the wire itself. */

int tuning_apply_rules(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = &path->tuning->settings[LAD_SETTING_RULES];
	enum lad_ip ip = path->target->path->ip;
	char text[32];
	int counted = 0;
	for (int i = 0; wish->set && i < path->target->host_count; i++) {
		int netns = path->target->hosts[i].netns_fd;
		if (wish->integer > 0 && lad_nat_rules_add(netns, ip, (int)wish->integer, err) < 0)
			return -1;
		counted = wish->integer > 0 ? lad_nat_rules_count(netns, ip, err) : 0;
		if (counted < 0)
			return -1;
	}
	if (!wish->set)
		return 0;
	snprintf(text, sizeof text, "%d", counted);
	tuning_became(path, lad_setting_name(LAD_SETTING_RULES), text);
	return 0;
}

/* COUNT ports more on BRIDGE, of its own MTU so that it keeps it, their far ends up in FAR_NETNS. */
static int add_neighbours(const struct tuned_device *bridge, int far_netns, int count, struct lad_error *err)
{
	struct lad_link links[TUNED_DEVICES_MAX];
	int64_t mtu_bytes = 1500;
	int total = lad_link_list(bridge->netns_fd, links, TUNED_DEVICES_MAX, err);
	for (int i = 0; i < total && i < TUNED_DEVICES_MAX; i++)
		if (strcmp(links[i].name, bridge->name) == 0)
			mtu_bytes = links[i].mtu_bytes;
	for (int i = 0; total >= 0 && i < count; i++) {
		char near[16], far[16];
		snprintf(near, sizeof near, "near%d", i);
		snprintf(far, sizeof far, "far%d", i);
		if (lad_link_veth(bridge->netns_fd, near, far_netns, far, mtu_bytes, err) < 0 ||
		    lad_link_enslave(bridge->netns_fd, bridge->name, near, err) < 0)
			return -1;
	}
	return total < 0 ? -1 : 0;
}

/* The ports of BRIDGE that are called near*. */
static int count_neighbours(const struct tuned_device *bridge, struct lad_error *err)
{
	struct lad_link links[TUNED_DEVICES_MAX * 6];
	int total = lad_link_list(bridge->netns_fd, links, TUNED_DEVICES_MAX * 6, err);
	int count = 0;
	for (int i = 0; i < total && i < TUNED_DEVICES_MAX * 6; i++)
		count += strncmp(links[i].name, "near", 4) == 0 && links[i].master > 0;
	return total < 0 ? -1 : count;
}

int tuning_apply_neighbours(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = &path->tuning->settings[LAD_SETTING_NEIGHBOURS];
	struct lad_path *net = path->target->path;
	char text[32];
	int counted = -1;
	for (int i = 0; wish->set && i < path->device_count; i++) {
		const struct tuned_device *bridge = &path->devices[i];
		if (strcmp(bridge->kind, "bridge") != 0)
			continue;
		/* One namespace for all of a bridge's neighbours: the bridge sees ports, not what is behind them. */
		lad_cleanup_fd int far =
		    net->held_count < LAD_HELD_MAX
			? lad_netns_new_for(net->ip, err)
			: lad_error_set(err, LAD_EXIT_UNABLE, "more bridges than neighbours can be given to");
		if (far < 0)
			return -1;
		if (add_neighbours(bridge, far, (int)wish->integer, err) < 0 ||
		    (counted = count_neighbours(bridge, err)) < 0)
			return -1;
		net->held_fds[net->held_count++] = lad_take_fd(&far);
	}
	if (!wish->set)
		return 0;
	if (counted < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "%s mode has no bridge", lad_mode_name(path->target->mode));
	snprintf(text, sizeof text, "%d", counted);
	tuning_became(path, lad_setting_name(LAD_SETTING_NEIGHBOURS), text);
	return 0;
}

/* The hosts were born with the wire; this tells what the kernel made of it. */
int tuning_apply_wire(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *settings = path->tuning->settings;
	struct lad_wire_shape shape;
	char text[48];
	if (!settings[LAD_SETTING_RATE].set && !settings[LAD_SETTING_DELAY].set && !settings[LAD_SETTING_LOSS].set)
		return 0;
	if (lad_qdisc_read(path->target->hosts[0].netns_fd, "eth0", &shape, err) < 0)
		return -1;
	if (settings[LAD_SETTING_RATE].set) {
		snprintf(text, sizeof text, shape.rate_bps > 0 ? "%gMbit" : "unshaped", shape.rate_bps / 1e6);
		tuning_became(path, "rate", text);
	}
	if (settings[LAD_SETTING_DELAY].set) {
		snprintf(text, sizeof text, "%gms", (double)shape.delay_ns / (double)LAD_NS_PER_MS);
		tuning_became(path, "delay", text);
	}
	if (settings[LAD_SETTING_LOSS].set) {
		snprintf(text, sizeof text, "%.4g%%", shape.loss_ratio * 100);
		tuning_became(path, "loss", text);
	}
	return 0;
}
