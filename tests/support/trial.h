/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_TRIAL_H
#define SUPPORT_TRIAL_H

/* One trial of the native lab, between two hosts, as a test of workloads wants it. */

#include "support.h"

/* The modes that every kernel has; ipvlan is tested where it is there. */
#define TRIAL_MODES 4
extern const enum lad_mode trial_modes[TRIAL_MODES];

/* Of the random numbers that a trial draws: the order of a mix, the payload. */
#define TRIAL_SEED 7
/* Its warm-up. */
#define TRIAL_WARMUP_S 0.05
/* The duration of one that ends by itself, with its amount: far more than that takes on however busy a machine. */
#define TRIAL_PATIENCE_S 60.

struct trial_wish {
	enum lad_mode mode;
	const struct lad_workload *workload;
	double duration_s;
	double wire_rate_bps;		     /* 0: unshaped */
	const struct lad_topology *topology; /* NULL: a pair */
	/* With the network standing, before the agents start; NULL: nothing. */
	void (*built)(const struct lad_path *path);
	/* Once the agents have reported, with the network still there; NULL: nothing. */
	void (*measured)(const struct lad_path *path);
};

/* What the agents said of the last trial, and the generator's latencies. */
struct trial_seen {
	struct lad_agent_result generator, sink;
	struct lad_histogram latency;
};

enum lad_trial_status trial_try(const struct trial_wish *wish, struct trial_seen *seen, struct lad_row *row,
				struct lad_error *err);
/* The row of a trial that is done; another ending fails the test. */
struct lad_row trial_wished(const struct trial_wish *wish, struct trial_seen *seen);
/* The same for MODE, WORKLOAD and DURATION_S alone. */
struct lad_row trial_run(enum lad_mode mode, const struct lad_workload *workload, double duration_s,
			 struct trial_seen *seen);

/*
 * How many of the messages that were due at RATE_PER_S the open loop of SENDER may have left unsent at its end. In its
 * last turn it sends what is due, but no more than one turn may: who was held up for longer leaves the rest, and has
 * told how late the first of them was. Requests also wait for the response before: ROW, which may be NULL, has how long
 * the other end was held up.
 */
double trial_unsent_most(double rate_per_s, const struct lad_agent_result *sender, const struct lad_row *row);

struct lad_workload trial_workload(enum lad_workload_kind kind, int64_t message_bytes, int flows);
/* The first workload of a scenario with these keys. */
struct lad_workload trial_workload_of(const char *keys);

#endif
