/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_FAR_H
#define SUPPORT_FAR_H

/*
 * Two namespaces far from each other: a process carries packets between their devices (tun) with a delay, and as slowly
 * as a link with a deep queue would, on kernels without netem, too. What goes wrong fails the test.
 */

#include "support.h"

#define FAR_HERE "198.18.0.1"
#define FAR_THERE "198.18.0.2"

struct far {
	int netns[2]; /* FAR_HERE, FAR_THERE */
	pid_t relay;
};

/* What the path is in each direction. */
struct far_path {
	int64_t delay_ns;   /* one way */
	double rate_bps;    /* 0: as fast as it goes */
	size_t queue_bytes; /* what is more is dropped; 0: as much as the relay holds */
};

void far_make(struct far *far, struct far_path path);
void far_end(struct far *far);

#endif
