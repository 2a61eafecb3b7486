/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One bout: a network is built, and in it every contender of one kind runs once, in random order. A round is a bout of
 * every mode and kind, in random order too.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/nat.h"
#include "netladder/run.h"
#include "peers/bench.h"
#include "run/cpu.h"
#include "support.h"

#define WARMUP_S 0.1

static const char *const kind_names[BENCH_KIND_COUNT] = {"tcp_stream", "udp_plain", "udp_batch", "udp_gso",
							 "tcp_rr",     "udp_rr",    "tcp_crr"};

const char *bench_kind_name(enum bench_kind kind)
{
	return kind_names[kind];
}

const char *bench_contender_name(int contender)
{
	if (contender == BENCH_OURS)
		return "netladder";
	return contender == BENCH_BARE ? "bare loop" : bench_peers[contender - BENCH_FIRST_PEER].name;
}

const char *bench_absent(int contender, enum bench_kind kind)
{
	if (contender == BENCH_OURS || contender == BENCH_BARE)
		return NULL;
	/* Asked once: some are run to see what they can do. */
	static const char *missing[BENCH_PEERS];
	static bool asked[BENCH_PEERS];
	int number = contender - BENCH_FIRST_PEER;
	if (!asked[number])
		missing[number] = bench_missing(&bench_peers[number]);
	asked[number] = true;
	return bench_peers[number].kinds[kind] ? missing[number] : "does not do this";
}

struct bout {
	const struct bench_options *options;
	enum lad_mode mode;
	enum bench_kind kind;
	int order[BENCH_CONTENDERS];
	int count, our_place; /* of order; where our own turn comes */
	int round, cpu;
	struct bench_results *results;
	double peers_cpu_s;
};

/* xorshift64*: the order of play needs no better. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 33) % below;
}

static void shuffle(int *items, int count, uint64_t *state)
{
	for (int i = count - 1; i > 0; i--) {
		int j = (int)draw(state, (uint64_t)i + 1);
		int kept = items[i];
		items[i] = items[j];
		items[j] = kept;
	}
}

/* CPU time of all children that have ended, and of the softirq threads, which work for them. */
static double cpu_so_far_s(void)
{
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6 + cpu_time_now().softirqd_s;
}

static struct bench_figures nothing(void)
{
	return (struct bench_figures){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

/*
 * Both ends of a TCP stream on one core swap at each packet or at each window, as wake-ups happen to preempt: two
 * states a factor of two apart. Our agents ask for SCHED_BATCH, which has one of them; their rivals inherit it from us.
 */
static void equal_policy(enum bench_kind kind, bool theirs)
{
	const struct sched_param none = {0};
	if (kind == BENCH_TCP_STREAM && sched_setscheduler(0, theirs ? SCHED_BATCH : SCHED_OTHER, &none) < 0)
		fprintf(stderr, "bench_peers: the peers keep their own scheduling policy: %s\n", strerror(errno));
}

static void run_other(struct bout *bout, const struct lad_path *path, int contender)
{
	struct bench_ground ground = {path, bout->cpu, bout->options->seconds};
	struct bench_figures figures = nothing();
	char *why = bout->results->why[bout->mode][bout->kind][contender];
	const struct bench_contender *peer = &bench_peers[contender - BENCH_FIRST_PEER];
	double before_s = cpu_so_far_s();
	equal_policy(bout->kind, true);
	int status = contender == BENCH_BARE ? bench_bare_run(&ground, bout->kind, &figures, why)
					     : peer->run(peer, &ground, bout->kind, &figures, why);
	equal_policy(bout->kind, false);
	figures.cpu_s = cpu_so_far_s() - before_s;
	bout->peers_cpu_s += figures.cpu_s;
	bout->results->figures[bout->mode][bout->kind][contender][bout->round] = status == 0 ? figures : nothing();
}

/*
 * sockperf takes the namespace's congestion control, which a namespace only lets us change to what all may use: reno.
 * The machine's default may be bbr, which costs 1.4 % of a transaction.
 */
static void equal_congestion_control(const struct lad_path *path)
{
	const int namespaces[] = {path->sink.netns_fd, path->generator.netns_fd};
	const char *key = "net/ipv4/tcp_congestion_control";
	for (int i = 0; i < 2; i++) {
		struct lad_error err = {0};
		if (lad_sysctl_write(namespaces[i], key, BENCH_CONGESTION_CONTROL, &err) < 0)
			fprintf(stderr, "bench_peers: %s: the peers keep their own\n", err.message);
	}
}

/* Whoever comes before us. */
static void on_built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	struct bout *bout = data;
	if (!bench_is_udp(bout->kind))
		equal_congestion_control(path);
	/* netperf and neper want a port for control, and netperf the data port under its own number. */
	if (bout->mode == LAD_MODE_BRIDGE)
		for (unsigned i = 0; i < 2; i++) {
			uint16_t port = i ? BENCH_CONTROL_PORT : path->listen_port;
			lad_nat_publish(hosts[1].netns_fd, path->ip, LAD_BRIDGE, path->sink.address, port, port, NULL);
		}
	for (int i = 0; i < bout->our_place; i++)
		run_other(bout, path, bout->order[i]);
}

/* Our own agents have reported: whoever comes after us. */
static void on_measured(const struct lad_host *hosts, const struct lad_path *path,
			const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	(void)hosts;
	struct bout *bout = data;
	struct bench_figures *ours = &bout->results->figures[bout->mode][bout->kind][BENCH_OURS][bout->round];
	ours->received_bytes = (double)sink->bytes_total;
	(void)generator;
	/* Our agents end, and give their port back. */
	support_wait_closed(path->sink.netns_fd, false, path->listen_port);
	support_wait_closed(path->sink.netns_fd, true, path->listen_port);
	for (int i = bout->our_place + 1; i < bout->count; i++)
		run_other(bout, path, bout->order[i]);
}

static struct lad_workload our_workload(enum bench_kind kind)
{
	struct lad_workload workload = {.flows = 1, .cpus = LAD_CPUS_SHARED, .message_bytes = BENCH_REQUEST_BYTES};
	switch (kind) {
	case BENCH_TCP_STREAM:
		workload.kind = LAD_TCP_STREAM;
		workload.message_bytes = BENCH_MESSAGE_BYTES;
		workload.socket_buffer_bytes = BENCH_STREAM_BUFFER_BYTES;
		break;
	case BENCH_UDP_PLAIN:
	case BENCH_UDP_BATCH:
	case BENCH_UDP_GSO:
		workload.kind = LAD_UDP_STREAM;
		workload.message_bytes = BENCH_DATAGRAM_BYTES;
		workload.traffic.io = kind == BENCH_UDP_PLAIN	? LAD_IO_PLAIN
				      : kind == BENCH_UDP_BATCH ? LAD_IO_BATCH
								: LAD_IO_GSO;
		break;
	case BENCH_TCP_RR:
		workload.kind = LAD_TCP_RR;
		break;
	case BENCH_UDP_RR:
		workload.kind = LAD_UDP_RR;
		break;
	default:
		workload.kind = LAD_TCP_CRR;
		workload.message_bytes = 1;
		break;
	}
	if (!bench_is_udp(kind))
		strcpy(workload.congestion_control, BENCH_CONGESTION_CONTROL);
	return workload;
}

/* From here on our standard error goes to a file in memory, where timed_agent.c's reports are found. */
static int begin_share(struct lad_lab *lab, int *stderr_fd)
{
	close(lab->agent_fd);
	lab->agent_fd = open(LAD_BUILD "/tests/bench/netladder-agent-timed", O_PATH | O_CLOEXEC);
	int reports = memfd_create("reports", MFD_CLOEXEC);
	*stderr_fd = dup(STDERR_FILENO);
	dup2(reports, STDERR_FILENO);
	return reports;
}

static void end_share(struct bench_figures *ours, int reports, int stderr_fd)
{
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	lseek(reports, 0, SEEK_SET);
	FILE *file = fdopen(reports, "r");
	long long own_ns, all_ns;
	ours->own_s = ours->agents_s = 0;
	while (file && fscanf(file, "timed %lld %lld %*u %*u\n", &own_ns, &all_ns) == 2) {
		ours->own_s += (double)own_ns / 1e9;
		ours->agents_s += (double)all_ns / 1e9;
	}
	if (file)
		fclose(file);
}

static void play_bout(struct bout *bout)
{
	int reports = -1, stderr_fd = -1;
	static struct lad_histogram latency;
	struct lad_scenario scenario = {0};
	struct lad_error err = {0};
	struct lad_row row;
	struct lad_workload workload = our_workload(bout->kind);
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = bout->mode,
				  .placement = LAD_CROSS_HOST,
				  .workload = &workload,
				  .tuning = &lad_no_tuning};
	struct lad_trial_observer observer = {on_built, on_measured, bout};
	struct lad_trial_context context = support_context(&scenario, WARMUP_S, bout->options->seconds);
	context.observer = &observer;
	bout->cpu = context.lab->cpu_last;
	bout->peers_cpu_s = 0;
	lad_row_clear(&row);
	double before_s = cpu_so_far_s();
	if (bout->options->share)
		reports = begin_share(context.lab, &stderr_fd);
	enum lad_trial_status status = lad_trial_run(&context, &trial, &row, &latency, &err);
	struct bench_figures *ours = &bout->results->figures[bout->mode][bout->kind][BENCH_OURS][bout->round];
	if (bout->options->share)
		end_share(ours, reports, stderr_fd);
	support_close_context(&context);
	if (status != LAD_TRIAL_DONE) {
		*ours = nothing();
		snprintf(bout->results->why[bout->mode][bout->kind][BENCH_OURS], 256, "%.255s", err.message);
		return;
	}
	ours->cpu_s = cpu_so_far_s() - before_s - bout->peers_cpu_s;
	ours->rate = bout->kind == BENCH_TCP_STREAM    ? row.goodput_bps
		     : workload.kind == LAD_UDP_STREAM ? row.packets_per_s
						       : row.transactions_per_s;
	ours->p50_us = row.latency_p50_us;
	ours->p99_us = row.latency_p99_us;
}

static int contenders_of(const struct bench_options *options, enum bench_kind kind, int order[BENCH_CONTENDERS])
{
	int count = 0;
	for (int contender = 0; contender < BENCH_CONTENDERS; contender++)
		if (contender == BENCH_OURS || (!options->share && !bench_absent(contender, kind)))
			order[count++] = contender;
	return count;
}

/* Every mode and kind that is asked for, as mode * BENCH_KIND_COUNT + kind. */
static int bouts_of(const struct bench_options *options, int bouts[LAD_MODE_COUNT * BENCH_KIND_COUNT])
{
	int count = 0;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		for (int kind = 0; kind < BENCH_KIND_COUNT; kind++)
			if (options->modes[mode] && options->kinds[kind])
				bouts[count++] = mode * BENCH_KIND_COUNT + kind;
	return count;
}

double bench_estimate_s(const struct bench_options *options)
{
	int bouts[LAD_MODE_COUNT * BENCH_KIND_COUNT], order[BENCH_CONTENDERS];
	int count = bouts_of(options, bouts);
	double total_s = 0;
	for (int i = 0; i < count; i++) {
		int contenders = contenders_of(options, (enum bench_kind)(bouts[i] % BENCH_KIND_COUNT), order);
		int flexible = contenders < 2 ? contenders : 2;
		/* Two run as long as they are told to, the rest for a whole second; starting and warming up besides. */
		total_s += flexible * (options->seconds + 0.15) + (contenders - flexible) * 1.25 + 0.1;
	}
	return total_s * options->rounds;
}

/* SIGINT and SIGTERM, which are blocked while we play: what was measured so far is printed. */
static bool interrupted(const sigset_t *stops)
{
	struct timespec at_once = {0};
	return sigtimedwait(stops, NULL, &at_once) > 0;
}

int bench_play(const struct bench_options *options, struct bench_results *results, struct lad_error *err)
{
	int bouts[LAD_MODE_COUNT * BENCH_KIND_COUNT];
	int count = bouts_of(options, bouts);
	uint64_t random = options->seed * 2 + 1;
	if (!count)
		return lad_error_set(err, LAD_EXIT_UNABLE, "no mode that was asked for is usable here");
	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigprocmask(SIG_BLOCK, &stops, NULL);
	bool stop = false;
	for (int round = 0; round < options->rounds && !stop; round++) {
		shuffle(bouts, count, &random);
		for (int i = 0; i < count && !(stop = interrupted(&stops)); i++) {
			struct bout bout = {.options = options,
					    .mode = (enum lad_mode)(bouts[i] / BENCH_KIND_COUNT),
					    .kind = (enum bench_kind)(bouts[i] % BENCH_KIND_COUNT),
					    .round = round,
					    .results = results};
			bout.count = contenders_of(options, bout.kind, bout.order);
			shuffle(bout.order, bout.count, &random);
			while (bout.order[bout.our_place] != BENCH_OURS)
				bout.our_place++;
			if (isatty(STDERR_FILENO))
				fprintf(stderr, "\rround %d of %d, %d of %d ", round + 1, options->rounds, i + 1,
					count);
			play_bout(&bout);
		}
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
	return 0;
}
