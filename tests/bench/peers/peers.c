/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How each tool is started and what of its output counts. */
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peers/bench.h"
#include "support.h"

#define WORDS_MAX 32

/* One command line under construction. */
struct words {
	const char *argv[WORDS_MAX];
	int count;
};

static void add(struct words *words, const char *word)
{
	if (words->count < WORDS_MAX - 1)
		words->argv[words->count++] = word;
}

static struct words command(const char *const list[])
{
	struct words words = {0};
	for (int i = 0; list[i]; i++)
		add(&words, list[i]);
	return words;
}

static const char *on_path(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = path ? strdup(path) : NULL, *rest = NULL, file[512];
	bool found = false;
	for (char *dir = copy ? strtok_r(copy, ":", &rest) : NULL; dir; dir = strtok_r(NULL, ":", &rest)) {
		snprintf(file, sizeof file, "%s/%s", dir, program);
		found |= access(file, X_OK) == 0;
	}
	free(copy);
	return found ? NULL : "not on PATH";
}

/* Waits for a server that ends by itself; one that does not is ended. */
static void finish(pid_t pid, bool by_itself)
{
	for (int i = 0; by_itself && i < 100; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		struct timespec pause = {0, 10000000};
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Starts SERVER, waits until PORT is open, runs CLIENT to its end. */
static int run_pair(const struct bench_ground *ground, const struct words *server, unsigned port, bool udp,
		    bool ends_by_itself, const struct words *client, struct finished *finished, char why[256])
{
	int sink = ground->path->sink.netns_fd;
	pid_t pid = support_start(sink, ground->cpu, server->argv);
	if (!support_wait_listening(sink, udp, port)) {
		snprintf(why, 256, "%s does not listen on port %u", server->argv[0], port);
		finish(pid, false);
		return -1;
	}
	support_run(finished, ground->path->generator.netns_fd, ground->cpu, client->argv);
	finish(pid, ends_by_itself);
	if (finished->code == 0)
		return 0;
	snprintf(why, 256, "%s ended with code %d: %.200s", client->argv[0], finished->code, finished->err);
	return -1;
}

static double field_after(const char *text, const char *name)
{
	const char *found = strstr(text, name);
	return found ? strtod(found + strlen(name), NULL) : NAN;
}

static int check(const struct bench_figures *figures, const char *said, char why[256])
{
	if (figures->rate > 0)
		return 0;
	snprintf(why, 256, "no figures in its output: %.200s", said);
	return -1;
}

static double json_number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static int run_iperf3(const struct bench_contender *contender, const struct bench_ground *ground, enum bench_kind kind,
		      struct bench_figures *figures, char why[256])
{
	static struct finished finished;
	const struct lad_path *path = ground->path;
	char listen_port[8], port[8], buffer[16], datagram[8];
	snprintf(listen_port, sizeof listen_port, "%u", path->listen_port);
	snprintf(port, sizeof port, "%u", path->target_port);
	snprintf(buffer, sizeof buffer, "%d", BENCH_STREAM_BUFFER_BYTES);
	snprintf(datagram, sizeof datagram, "%d", BENCH_DATAGRAM_BYTES);
	struct words server = command(
	    (const char *const[]){"iperf3", "-J", "-s", "-1", "-B", path->sink.address, "-p", listen_port, NULL});
	/* What its server counted: the client's own summary of datagrams is of those it sent. */
	struct words client = command((const char *const[]){"iperf3", "-J", "--get-server-output", "-c",
							    path->target_address, "-p", port, "-t", "1", NULL});
	const char *const tcp[] = {"-C", BENCH_CONGESTION_CONTROL, "-w", buffer, NULL};
	const char *const udp[] = {"-u", "-b", "0", "-l", datagram, NULL};
	for (const char *const *word = bench_is_udp(kind) ? udp : tcp; *word; word++)
		add(&client, *word);
	for (const char *const *word = contender->options; *word; word++)
		add(&client, *word);
	if (run_pair(ground, &server, path->listen_port, false, true, &client, &finished, why) < 0)
		return -1;
	cJSON *root = cJSON_Parse(finished.out);
	const cJSON *output = cJSON_GetObjectItemCaseSensitive(root, "server_output_json");
	const cJSON *end = cJSON_GetObjectItemCaseSensitive(output, "end");
	const cJSON *sum = cJSON_GetObjectItemCaseSensitive(end, "sum_received");
	figures->received_bytes = json_number(sum, "bytes");
	/* By bytes, not by its count of packets: that is the highest number seen, with the lost ones. */
	double bytes_per_s = figures->received_bytes / json_number(sum, "seconds");
	figures->rate = bench_is_udp(kind) ? bytes_per_s / BENCH_DATAGRAM_BYTES : bytes_per_s * 8;
	cJSON_Delete(root);
	return check(figures, finished.out, why);
}

static int run_sockperf(const struct bench_contender *contender, const struct bench_ground *ground,
			enum bench_kind kind, struct bench_figures *figures, char why[256])
{
	(void)contender;
	static struct finished finished;
	const struct lad_path *path = ground->path;
	char listen_port[8], port[8], size[8];
	snprintf(listen_port, sizeof listen_port, "%u", path->listen_port);
	snprintf(port, sizeof port, "%u", path->target_port);
	snprintf(size, sizeof size, "%d", BENCH_REQUEST_BYTES);
	struct words server = command((const char *const[]){"sockperf", "server", "-i", path->sink.address, "-p",
							    listen_port, "--uc-reuseaddr", NULL});
	struct words client = command((const char *const[]){"sockperf", "ping-pong", "-i", path->target_address, "-p",
							    port, "-t", "1", "-m", size, "--full-rtt", NULL});
	if (!bench_is_udp(kind)) {
		add(&server, "--tcp");
		add(&client, "--tcp");
	}
	if (run_pair(ground, &server, path->listen_port, bench_is_udp(kind), false, &client, &finished, why) < 0)
		return -1;
	/* Without its warm-up: the second of the two lines. */
	const char *valid = strstr(finished.out, "[Valid Duration]");
	if (valid)
		figures->rate = field_after(valid, "ReceivedMessages=") / field_after(valid, "RunTime=");
	figures->p50_us = field_after(finished.out, "percentile 50.000 =");
	figures->p99_us = field_after(finished.out, "percentile 99.000 =");
	return check(figures, finished.out, why);
}

static int run_neper(const struct bench_contender *contender, const struct bench_ground *ground, enum bench_kind kind,
		     struct bench_figures *figures, char why[256])
{
	(void)contender;
	static struct finished finished;
	const struct lad_path *path = ground->path;
	const char *program = kind == BENCH_TCP_CRR ? "tcp_crr" : bench_is_udp(kind) ? "udp_rr" : "tcp_rr";
	char listen_port[8], port[8], control[8], size[8];
	snprintf(listen_port, sizeof listen_port, "%u", path->listen_port);
	snprintf(port, sizeof port, "%u", path->target_port);
	snprintf(control, sizeof control, "%d", BENCH_CONTROL_PORT);
	snprintf(size, sizeof size, "%d", kind == BENCH_TCP_CRR ? 1 : BENCH_REQUEST_BYTES);
	struct words server = command((const char *const[]){program, "-4", "-P", listen_port, "-C", control, "-Q", size,
							    "-R", size, "--nolog", NULL});
	struct words client =
	    command((const char *const[]){program, "-4", "-c", "-H", path->target_address, "-P", port, "-C", control,
					  "-Q", size, "-R", size, "-l", "1", "-p", "50,99", "--nolog", NULL});
	if (kind == BENCH_TCP_CRR) { /* its default is a reset; ours and the bare loop close properly */
		add(&server, "--time-wait");
		add(&client, "--time-wait");
	}
	if (run_pair(ground, &server, BENCH_CONTROL_PORT, false, true, &client, &finished, why) < 0)
		return -1;
	figures->rate = field_after(finished.out, "\nthroughput=");
	figures->p50_us = field_after(finished.out, "latency_p50=") * 1e6;
	figures->p99_us = field_after(finished.out, "latency_p99=") * 1e6;
	return check(figures, finished.out, why);
}

static int run_netperf(const struct bench_contender *contender, const struct bench_ground *ground, enum bench_kind kind,
		       struct bench_figures *figures, char why[256])
{
	(void)contender;
	static struct finished finished;
	static const char *const tests[BENCH_KIND_COUNT] = {[BENCH_TCP_STREAM] = "omni",
							    [BENCH_UDP_PLAIN] = "UDP_STREAM",
							    [BENCH_TCP_RR] = "TCP_RR",
							    [BENCH_UDP_RR] = "UDP_RR"};
	const struct lad_path *path = ground->path;
	char control[8], ports[16], sizes[16], buffers[40];
	snprintf(control, sizeof control, "%d", BENCH_CONTROL_PORT);
	snprintf(ports, sizeof ports, ",%u", path->listen_port);
	snprintf(sizes, sizeof sizes, "%d,%d", BENCH_REQUEST_BYTES, BENCH_REQUEST_BYTES);
	snprintf(buffers, sizeof buffers, "%d", BENCH_STREAM_BUFFER_BYTES);
	struct words server = command((const char *const[]){"netserver", "-D", "-4", "-p", control, NULL});
	struct words client =
	    command((const char *const[]){"netperf", "-4", "-H", path->target_address, "-p", control, "-t", tests[kind],
					  "-l", "1", "-P", "0", "--", "-P", ports, NULL});
	static const char *const stream[] = {"-d", "send", "-T", "tcp", "-K", BENCH_CONGESTION_CONTROL, NULL};
	for (const char *const *word = stream; kind == BENCH_TCP_STREAM && *word; word++)
		add(&client, *word);
	if (kind == BENCH_TCP_STREAM || kind == BENCH_UDP_PLAIN) {
		add(&client, "-m");
		add(&client, kind == BENCH_TCP_STREAM ? "131072" : "64");
		add(&client, "-k");
		add(&client, "REMOTE_RECV_CALLS,ELAPSED_TIME,REMOTE_BYTES_RECVD");
	} else {
		add(&client, "-r");
		add(&client, sizes);
		add(&client, "-k");
		add(&client, "TRANSACTION_RATE");
	}
	if (kind == BENCH_UDP_PLAIN) { /* it sets SO_DONTROUTE otherwise */
		add(&client, "-R");
		add(&client, "1");
	}
	if (kind == BENCH_TCP_STREAM) {
		add(&client, "-s");
		add(&client, buffers);
		add(&client, "-S");
		add(&client, buffers);
	}
	if (run_pair(ground, &server, BENCH_CONTROL_PORT, false, false, &client, &finished, why) < 0)
		return -1;
	double elapsed_s = field_after(finished.out, "ELAPSED_TIME=");
	figures->received_bytes = field_after(finished.out, "REMOTE_BYTES_RECVD=");
	if (kind == BENCH_TCP_STREAM)
		figures->rate = figures->received_bytes * 8 / elapsed_s;
	else if (kind == BENCH_UDP_PLAIN)
		figures->rate = field_after(finished.out, "REMOTE_RECV_CALLS=") / elapsed_s;
	else
		figures->rate = field_after(finished.out, "TRANSACTION_RATE=");
	/* Its percentiles are cut to whole microseconds: too coarse to stand beside the others. */
	return check(figures, finished.out, why);
}

/* What PROGRAM prints with OPTION, on either stream. */
static const char *said(const char *program, const char *option)
{
	static struct finished finished;
	const char *const argv[] = {program, option, NULL};
	support_run(&finished, -1, -1, argv);
	return finished.out[0] ? finished.out : finished.err;
}

const char *bench_missing(const struct bench_contender *contender)
{
	const char *missing = on_path(contender->program);
	if (missing)
		return missing;
	const char *help = contender->options[0] ? said(contender->program, "--help") : "";
	for (const char *const *option = contender->options; *option; option++)
		if (!strstr(help, *option))
			return "this version has no such option";
	return NULL;
}

const char *bench_version(const struct bench_contender *contender, char version[64])
{
	const char *line = contender->version_option ? said(contender->program, contender->version_option) : "";
	const char *begin = strpbrk(line, "0123456789");
	snprintf(version, 64, "%.*s", begin ? (int)strcspn(begin, " \t\r\n,") : 0, begin ? begin : "");
	return version;
}

/*
 * iperf3's options: -Z sends by sendfile; --skip-rx-copy, since 3.19, reads with MSG_TRUNC as our sink does; --gsro,
 * since 3.21, joins datagrams at both ends.
 */
#define IPERF3 .program = "iperf3", .version_option = "--version", .run = run_iperf3
const struct bench_contender bench_peers[BENCH_PEERS] = {
    {IPERF3, .name = "iperf3", .kinds = {[BENCH_TCP_STREAM] = true, [BENCH_UDP_PLAIN] = true}},
    {IPERF3, .name = "iperf3 -Z", .options = {"--zerocopy"}, .kinds = {[BENCH_TCP_STREAM] = true}},
    {IPERF3, .name = "iperf3 skip-rx", .options = {"--skip-rx-copy"},
     .kinds = {[BENCH_TCP_STREAM] = true, [BENCH_UDP_PLAIN] = true}},
    {IPERF3, .name = "iperf3 -Z skip-rx", .options = {"--zerocopy", "--skip-rx-copy"},
     .kinds = {[BENCH_TCP_STREAM] = true}},
    {IPERF3, .name = "iperf3 gsro", .options = {"--gsro"}, .kinds = {[BENCH_UDP_GSO] = true}},
    {.program = "sockperf",
     .version_option = "--version",
     .name = "sockperf",
     .run = run_sockperf,
     .kinds = {[BENCH_TCP_RR] = true, [BENCH_UDP_RR] = true}},
    {.program = "tcp_crr", /* it does not know its version */
     .name = "neper",
     .run = run_neper,
     .kinds = {[BENCH_TCP_RR] = true, [BENCH_UDP_RR] = true, [BENCH_TCP_CRR] = true}},
    {.program = "netperf",
     .version_option = "-V",
     .name = "netperf",
     .run = run_netperf,
     .kinds = {[BENCH_TCP_STREAM] = true, [BENCH_UDP_PLAIN] = true, [BENCH_TCP_RR] = true, [BENCH_UDP_RR] = true}},
};
