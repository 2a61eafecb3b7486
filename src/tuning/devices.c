/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netladder/netlink.h"
#include "netladder/units.h"
#include "tuning/apply.h"
#include "tuning/ethtool.h"

/* What is set device by device: MTU, offloads, queues, queue length. */

static const struct lad_setting_value *setting(const struct tuned_path *path, enum lad_setting which)
{
	const struct lad_setting_value *value = &path->tuning->settings[which];
	return value->set ? value : NULL;
}

static int read_link(const struct tuned_device *device, struct lad_link *link, struct lad_error *err)
{
	struct lad_link links[TUNED_DEVICES_MAX];
	int count = lad_link_list(device->netns_fd, links, TUNED_DEVICES_MAX, err);
	for (int i = 0; i < count && i < TUNED_DEVICES_MAX; i++)
		if (strcmp(links[i].name, device->name) == 0) {
			*link = links[i];
			return 0;
		}
	return count < 0 ? -1 : lad_error_set(err, LAD_EXIT_UNABLE, "no device %s", device->name);
}

/* The largest packet that goes through the container's device and the wire as one. */
static void judge_container_mtu(struct tuned_path *path, int64_t mtu_bytes)
{
	int64_t wire_bytes = path->target->hosts[0].mtu_bytes;
	bool overlay = path->target->mode == LAD_MODE_OVERLAY;
	int64_t fits_bytes = overlay ? wire_bytes - LAD_VXLAN_OVERHEAD : wire_bytes;
	bool one_host = path->target->path->generator.host_index == path->target->path->sink.host_index;
	if (mtu_bytes <= fits_bytes || one_host)
		return;
	if (overlay)
		tuning_note(
		    path,
		    "full packets of %" PRId64 " bytes do not fit in the wire's %" PRId64
		    " with the VXLAN header: the host answers that they are too large (path MTU discovery, since "
		    "Linux 5.9), or sends each as fragments where net.ipv4.ip_no_pmtu_disc=1 lets them go",
		    mtu_bytes, wire_bytes);
	else
		tuning_note(path,
			    "the wire takes %" PRId64 " bytes: larger packets wait for path MTU discovery or are "
			    "fragmented by the host",
			    wire_bytes);
}

static int set_container_mtu(struct tuned_path *path, int64_t mtu_bytes, struct lad_error *err)
{
	if (path->target->mode == LAD_MODE_HOST)
		return lad_error_set(err, LAD_EXIT_UNABLE, "host mode has no container device with an MTU of its own");
	if (lad_mtu_check(path->target->path->ip, mtu_bytes, "container_mtu", err) < 0)
		return -1;
	/* Ports before bridges: a bridge follows its smallest port until it is told otherwise. */
	for (int bridges = 0; bridges < 2; bridges++)
		for (int i = 0; i < path->device_count; i++) {
			struct tuned_device *device = &path->devices[i];
			bool is_bridge = strcmp(device->kind, "bridge") == 0;
			if (device->container && is_bridge == (bridges == 1) &&
			    lad_link_set_mtu(device->netns_fd, device->name, mtu_bytes, err) < 0)
				return -1;
		}
	struct lad_path *net = path->target->path;
	for (int i = 0; i < net->end_count; i++) {
		struct tuned_device device = {.netns_fd = net->ends[i].netns_fd};
		struct lad_link link;
		memcpy(device.name, net->ends[i].device, sizeof device.name);
		if (read_link(&device, &link, err) < 0)
			return -1;
		net->ends[i].mtu_bytes = link.mtu_bytes;
	}
	net->generator.mtu_bytes = net->ends[net->reaches[0].generator].mtu_bytes;
	net->sink.mtu_bytes = net->ends[net->reaches[0].sink].mtu_bytes;
	return 0;
}

int tuning_apply_mtu(struct tuned_path *path, struct lad_error *err)
{
	char text[32];
	struct lad_link link;
	const struct lad_setting_value *wire = setting(path, LAD_SETTING_MTU);
	const struct lad_setting_value *container = setting(path, LAD_SETTING_CONTAINER_MTU);
	if (wire) { /* the hosts were born with it */
		struct tuned_device device = {path->target->hosts[0].netns_fd, "eth0", "", false};
		if (read_link(&device, &link, err) < 0)
			return -1;
		snprintf(text, sizeof text, "%" PRId64, link.mtu_bytes);
		tuning_became(path, "mtu", text);
	}
	if (!container)
		return 0;
	if (set_container_mtu(path, container->integer, err) < 0)
		return -1;
	snprintf(text, sizeof text, "%" PRId64, path->target->path->generator.mtu_bytes);
	tuning_became(path, "container_mtu", text);
	judge_container_mtu(path, path->target->path->generator.mtu_bytes);
	return 0;
}

int tuning_apply_txqueuelen(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = setting(path, LAD_SETTING_TXQUEUELEN);
	struct lad_link link = {0};
	char text[32];
	for (int i = 0; wish && i < path->device_count; i++) {
		const struct tuned_device *device = &path->devices[i];
		if (lad_link_set_txqueuelen(device->netns_fd, device->name, wish->integer, err) < 0 ||
		    read_link(device, &link, err) < 0)
			return -1;
		if (link.txqueuelen != wish->integer)
			tuning_note(path, "%s has a txqueuelen of %" PRId64, device->name, link.txqueuelen);
	}
	if (!wish)
		return 0;
	snprintf(text, sizeof text, "%" PRId64, link.txqueuelen);
	tuning_became(path, "txqueuelen", text);
	return 0;
}

/*
 * A socket's own pacing (SO_MAX_PACING_RATE, SO_TXTIME) ends where its packets leave the namespace, and so does the
 * queue that can obey it: the qdisc is of the devices that the agents send by, not of those behind.
 */
int tuning_apply_qdisc(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = setting(path, LAD_SETTING_QDISC);
	const struct lad_endpoint *ends = path->target->path->ends;
	char kind[16] = "";
	for (int i = 0; wish && i < path->target->path->end_count; i++) {
		if (lad_qdisc_root(ends[i].netns_fd, ends[i].device, kind, err) < 0)
			return -1;
		if (strcmp(kind, "tbf") == 0 || strcmp(kind, "netem") == 0)
			return lad_error_set(
			    err, LAD_EXIT_UNABLE,
			    "%s has the wire's %s for its qdisc in %s mode: leave out its rate, delay and loss",
			    ends[i].device, kind, lad_mode_name(path->target->mode));
		if (lad_qdisc_set_root(ends[i].netns_fd, ends[i].device, wish->text, err) < 0 ||
		    lad_qdisc_root(ends[i].netns_fd, ends[i].device, kind, err) < 0)
			return -1;
		if (strcmp(kind, wish->text) != 0)
			tuning_note(path, "%s has the qdisc %s", ends[i].device, kind);
	}
	if (wish)
		tuning_became(path, "qdisc", kind);
	return 0;
}

/*
 * Which kernel features make up what ethtool(8) calls by one word. Those of `features` are older than ethtool netlink;
 * a kernel that does not know those of `newer` refuses the name, which does no harm.
 */
static const struct offload {
	enum lad_setting setting;
	const char *features[5], *newer[2];
} offloads[] = {
    {LAD_SETTING_TSO,
     {"tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation", NULL},
     {"tx-tcp-accecn-segmentation", NULL}},
    {LAD_SETTING_GSO, {"tx-generic-segmentation", NULL}, {NULL}},
    {LAD_SETTING_GRO, {"rx-gro", NULL}, {NULL}},
    {LAD_SETTING_TX_CHECKSUM,
     {"tx-checksum-ip-generic", "tx-checksum-ipv4", "tx-checksum-ipv6", "tx-checksum-sctp", NULL},
     {NULL}},
};

static const char *where(const struct tuned_device *device)
{
	if (strcmp(device->name, "eth0") != 0)
		return "";
	return device->container ? "the containers' " : "the hosts' ";
}

/* Sets one offload on every device. Those that keep their own way are listed in OTHERS. Returns how many obey. */
static int set_offload(struct tuned_path *path, const struct offload *offload, bool on, char *others, size_t size,
		       struct lad_error *err)
{
	int obey = 0;
	others[0] = '\0';
	for (int i = 0; i < path->device_count; i++) {
		const struct tuned_device *device = &path->devices[i];
		struct ethtool ethtool;
		bool is_on = false;
		int status = ethtool_open(&ethtool, device->netns_fd, err);
		if (status == 0)
			status = ethtool_set_features(&ethtool, device->name, offload->features, on, err);
		if (status == 0 && offload->newer[0])
			ethtool_set_features(&ethtool, device->name, offload->newer, on, NULL);
		if (status == 0)
			status = ethtool_get_features(&ethtool, device->name, offload->features, &is_on, err);
		ethtool_close(&ethtool);
		if (status < 0)
			return -1;
		char label[64];
		size_t used = strlen(others);
		snprintf(label, sizeof label, "%s%s", where(device), device->name);
		if (is_on == on)
			obey++;
		else if (!strstr(others, label))
			snprintf(others + used, size - used, "%s%s", used ? ", " : "", label);
	}
	return obey;
}

int tuning_apply_offloads(struct tuned_path *path, struct lad_error *err)
{
	for (size_t i = 0; i < sizeof offloads / sizeof *offloads; i++) {
		const struct lad_setting_value *wish = setting(path, offloads[i].setting);
		const char *name = lad_setting_name(offloads[i].setting);
		char others[128];
		if (!wish)
			continue;
		int obey = set_offload(path, &offloads[i], wish->integer, others, sizeof others, err);
		if (obey < 0)
			return -1;
		if (obey == 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "no device can have %s %s", name, wish->text);
		tuning_became(path, name, wish->text);
		if (others[0])
			tuning_note(path, "%s stays %s on %s", name, wish->integer ? "off" : "on", others);
	}
	return 0;
}

static int set_queues(const struct tuned_device *device, unsigned count, struct queue_counts *channels,
		      struct lad_error *err)
{
	struct ethtool ethtool;
	int status = ethtool_open(&ethtool, device->netns_fd, err);
	if (status == 0)
		status = ethtool_get_channels(&ethtool, device->name, channels, err);
	if (status == 0 && (channels->rx_max < count || channels->tx_max < count))
		status = lad_error_set(err, LAD_EXIT_UNABLE, "%s has at most %u queues here", device->name,
				       channels->rx_max < channels->tx_max ? channels->rx_max : channels->tx_max);
	if (status == 0)
		status = ethtool_set_channels(&ethtool, device->name, count, count, err);
	if (status == 0)
		status = ethtool_get_channels(&ethtool, device->name, channels, err);
	ethtool_close(&ethtool);
	return status;
}

int tuning_apply_queues(struct tuned_path *path, struct lad_error *err)
{
	const struct lad_setting_value *wish = setting(path, LAD_SETTING_QUEUES);
	struct queue_counts channels = {0};
	char text[32];
	int tuned = 0;
	for (int i = 0; wish && i < path->device_count; i++) {
		const struct tuned_device *device = &path->devices[i];
		if (strcmp(device->kind, "veth") != 0)
			continue;
		if (set_queues(device, (unsigned)wish->integer, &channels, err) < 0)
			return -1;
		if (channels.rx != (unsigned)wish->integer || channels.tx != (unsigned)wish->integer)
			tuning_note(path, "%s has %u receive and %u transmit queues", device->name, channels.rx,
				    channels.tx);
		tuned++;
	}
	if (!wish)
		return 0;
	if (!tuned)
		return lad_error_set(err, LAD_EXIT_UNABLE, "there is no veth device in this path");
	snprintf(text, sizeof text, "%u", channels.rx);
	tuning_became(path, "queues", text);
	return 0;
}
