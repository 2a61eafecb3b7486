/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

/*
 * bench_peers: our agent beside the tools that people use and beside bare loops of the same system calls, in the same
 * namespaces, one after the other in random order, both ends on one core.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netladder/mode.h"
#include "netladder/network.h"

/* What neper and netperf need beside the data port; published in bridge mode too. */
#define BENCH_CONTROL_PORT 5204

#define BENCH_MESSAGE_BYTES 131072	 /* tcp_stream: of one write, as iperf3's default */
#define BENCH_STREAM_BUFFER_BYTES 524288 /* tcp_stream: both socket buffers, as netladder's default */
#define BENCH_DATAGRAM_BYTES 64
#define BENCH_REQUEST_BYTES 14 /* rr: the least that sockperf can, so that all send the same */
/* Everybody's over TCP, see play.c. */
#define BENCH_CONGESTION_CONTROL "reno"

enum bench_kind {
	BENCH_TCP_STREAM,
	BENCH_UDP_PLAIN,
	BENCH_UDP_BATCH,
	BENCH_UDP_GSO,
	BENCH_TCP_RR,
	BENCH_UDP_RR,
	BENCH_TCP_CRR,
	BENCH_KIND_COUNT
};

/* Where a contender runs. */
struct bench_ground {
	const struct lad_path *path;
	int cpu;
	double seconds; /* tools that only know whole seconds take one */
};

/* What a contender did; NAN where it does not apply. */
struct bench_figures {
	double rate;		/* bit/s, datagrams/s at the receiver, or transactions/s */
	double p50_us, p99_us;	/* of transactions */
	double received_bytes;	/* over the whole run */
	double cpu_s;		/* of both ends over the whole run: user, system and softirq time, from outside */
	double own_s, agents_s; /* with `share`: both agents' CPU time outside of system calls, and in all */
};

struct bench_contender {
	const char *name;	    /* as printed */
	const char *program;	    /* to be on PATH */
	const char *version_option; /* or NULL: it does not say */
	const char *options[4];	    /* of this contender, after those that all of the program have; NULL at the end */
	/* Fills all but cpu_s. 0, or -1 with the reason in WHY. */
	int (*run)(const struct bench_contender *contender, const struct bench_ground *ground, enum bench_kind kind,
		   struct bench_figures *figures, char why[256]);
	bool kinds[BENCH_KIND_COUNT]; /* what it takes part in */
};

#define BENCH_PEERS 8
extern const struct bench_contender bench_peers[BENCH_PEERS];

/* NULL when it can run; else what is missing. */
const char *bench_missing(const struct bench_contender *contender);
/* The version its program prints, or "". VERSION itself. */
const char *bench_version(const struct bench_contender *contender, char version[64]);

/* bare.c */
int bench_bare_run(const struct bench_ground *ground, enum bench_kind kind, struct bench_figures *figures,
		   char why[256]);

/* The contenders by number: ours, those of bench_peers, the bare loop. */
enum { BENCH_OURS, BENCH_FIRST_PEER, BENCH_BARE = BENCH_FIRST_PEER + BENCH_PEERS, BENCH_CONTENDERS };

#define BENCH_ROUNDS_MAX 60

struct bench_options {
	bool modes[LAD_MODE_COUNT]; /* to measure; all usable here */
	bool kinds[BENCH_KIND_COUNT];
	int rounds;
	double seconds;
	uint64_t seed;
	bool share; /* nobody but us, and only our own share of the CPU time */
};

struct bench_results {
	/* NAN rates where nothing was measured */
	struct bench_figures figures[LAD_MODE_COUNT][BENCH_KIND_COUNT][BENCH_CONTENDERS][BENCH_ROUNDS_MAX];
	char why[LAD_MODE_COUNT][BENCH_KIND_COUNT][BENCH_CONTENDERS][256]; /* the last failure, or "" */
};

bool bench_is_udp(enum bench_kind kind);
const char *bench_kind_name(enum bench_kind kind);
const char *bench_contender_name(int contender);
/* NULL when CONTENDER takes part in KIND; else why not. */
const char *bench_absent(int contender, enum bench_kind kind);

/* play.c: all rounds, progress on stderr; SIGINT or SIGTERM ends it with what was measured so far. */
int bench_play(const struct bench_options *options, struct bench_results *results, struct lad_error *err);
/* About how long that takes. */
double bench_estimate_s(const struct bench_options *options);

/* table.c */
void bench_print_table(const struct bench_options *options, const struct bench_results *results);
void bench_print_share(const struct bench_options *options, const struct bench_results *results);

#endif
