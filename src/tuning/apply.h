/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNING_APPLY_H
#define TUNING_APPLY_H

/* What the parts of lad_tuning_apply share: the devices in the path, and the report. */

#include <sys/types.h>

#include "netladder/network.h"
#include "netladder/tuning.h"

/* 64 pairs on a bridge are 270 devices. */
#define TUNED_DEVICES_MAX 512
#define TUNED_NAMESPACES_MAX (LAD_HOSTS_MAX + LAD_HELD_MAX + LAD_MEMBERS_MAX)

struct tuned_device {
	int netns_fd;
	char name[16];
	char kind[16];	/* "veth", "bridge"; "" for loopback */
	bool container; /* the device in a container, or a container's port, bridge or tunnel on the host's side */
};

struct tuned_path {
	const struct lad_tuning *tuning;
	const struct lad_tuning_target *target;
	struct lad_tuning_report *report;
	int namespaces[TUNED_NAMESPACES_MAX]; /* of hosts, containers and what is between; borrowed */
	int namespace_count;
	struct tuned_device devices[TUNED_DEVICES_MAX]; /* every device that is up and can carry the traffic */
	int device_count;
};

/* Adds "NAME=VALUE" to the report's effective settings. */
void tuning_became(struct tuned_path *path, const char *name, const char *value);
/* Adds a sentence to the report's note. */
void tuning_note(struct tuned_path *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Each does its part of the tuning, reads it back and reports; nothing when it is not set. 0, or -1 with the reason. */
int tuning_apply_mtu(struct tuned_path *path, struct lad_error *err);
/* Only reports: rate, delay and loss the hosts were born with, flows and buffers the agents take. */
int tuning_apply_wire(struct tuned_path *path, struct lad_error *err);
int tuning_apply_sysctls(struct tuned_path *path, struct lad_error *err);
int tuning_apply_congestion(struct tuned_path *path, struct lad_error *err);
int tuning_apply_offloads(struct tuned_path *path, struct lad_error *err);
int tuning_apply_queues(struct tuned_path *path, struct lad_error *err);
int tuning_apply_masks(struct tuned_path *path, struct lad_error *err);
int tuning_apply_txqueuelen(struct tuned_path *path, struct lad_error *err);
int tuning_apply_qdisc(struct tuned_path *path, struct lad_error *err);
int tuning_apply_rules(struct tuned_path *path, struct lad_error *err);
int tuning_apply_neighbours(struct tuned_path *path, struct lad_error *err);

#endif
