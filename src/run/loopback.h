/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUN_LOOPBACK_H
#define RUN_LOOPBACK_H

#include "netladder/run.h"

/*
 * The round trip of the agents themselves: one byte there and back over the loopback device of one host, both ends on
 * one CPU, before the first trial. What a mode's latency has above it is the mode's; what it has below, nobody's.
 * NAN and an empty backend where it was not measured (a lab other than native, or a trial that failed).
 */
struct run_loopback {
	double tcp_p50_us, udp_p50_us;
	char backend[16]; /* of libev in the agents */
};

void run_loopback_measure(const struct lad_trial_context *context, struct run_loopback *loopback);

#endif
