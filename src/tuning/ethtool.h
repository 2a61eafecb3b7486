/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNING_ETHTOOL_H
#define TUNING_ETHTOOL_H

/* Features and channels of a device by ethtool netlink (Documentation/networking/ethtool-netlink.rst). */

#include <stdbool.h>

#include "netladder/error.h"

struct nl_sock;

struct ethtool {
	struct nl_sock *sock; /* in one namespace */
	int family;
};

/* Opens it inside NETNS_FD; closed by ethtool_close, which is safe after a failure. */
int ethtool_open(struct ethtool *ethtool, int netns_fd, struct lad_error *err);
void ethtool_close(struct ethtool *ethtool);

/* Wishes each of NAMES (kernel feature strings, NULL at the end) on or off; what the device cannot do stays. */
int ethtool_set_features(const struct ethtool *ethtool, const char *device, const char *const *names, bool on,
			 struct lad_error *err);
/* Whether any of NAMES is active. */
int ethtool_get_features(const struct ethtool *ethtool, const char *device, const char *const *names, bool *on,
			 struct lad_error *err);

struct queue_counts {
	unsigned rx, tx, rx_max, tx_max;
};
int ethtool_set_channels(const struct ethtool *ethtool, const char *device, unsigned rx, unsigned tx,
			 struct lad_error *err);
int ethtool_get_channels(const struct ethtool *ethtool, const char *device, struct queue_counts *channels,
			 struct lad_error *err);

#endif
