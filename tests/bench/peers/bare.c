/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The least that can be done: the system calls of a workload in a loop, blocking, with nothing around them. What these
 * loops reach is the limit of the kernel and of the path.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/histogram.h"
#include "peers/bench.h"
#include "support.h"

#define WARMUP_NS INT64_C(100000000)
#define CALLS_A_TURN 64
#define BATCH 64
#define SEGMENTS 64
#define DISCARD_BYTES (1 << 20)

struct bare {
	enum bench_kind kind;
	char address[LAD_ADDRESS_MAX];
	uint16_t port;
	int64_t duration_ns;
	int report_fd;
	struct bench_figures figures;
	struct lad_histogram latency;
	int64_t first_ns, begin_ns; /* of a counting sink: the first arrival, and the window's beginning */
	double counted;
	char buffer[1 << 20];
};

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

__attribute__((noreturn)) static void leave(const char *what)
{
	fprintf(stderr, "bare loop: %s: %s\n", what, strerror(errno));
	_exit(1);
}

bool bench_is_udp(enum bench_kind kind)
{
	return kind == BENCH_UDP_PLAIN || kind == BENCH_UDP_BATCH || kind == BENCH_UDP_GSO || kind == BENCH_UDP_RR;
}

static void set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof value) < 0)
		leave("setsockopt");
}

static int open_socket(const struct bare *bare)
{
	int fd = socket(AF_INET, (bench_is_udp(bare->kind) ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		leave("socket");
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bare->kind == BENCH_TCP_STREAM) {
		set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BENCH_STREAM_BUFFER_BYTES);
		set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BENCH_STREAM_BUFFER_BYTES);
	}
	if (!bench_is_udp(bare->kind) &&
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, BENCH_CONGESTION_CONTROL, strlen(BENCH_CONGESTION_CONTROL)) < 0)
		leave("TCP_CONGESTION");
	if (bare->kind == BENCH_TCP_RR)
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

static struct sockaddr_in address_of(const struct bare *bare)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bare->port)};
	inet_pton(AF_INET, bare->address, &address.sin_addr);
	return address;
}

static int dial(const struct bare *bare)
{
	int fd = open_socket(bare);
	struct sockaddr_in address = address_of(bare);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		leave("connect");
	return fd;
}

static int serve(const struct bare *bare)
{
	int fd = open_socket(bare);
	struct sockaddr_in address = address_of(bare);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		leave("bind");
	if (!bench_is_udp(bare->kind) && listen(fd, SOMAXCONN) < 0)
		leave("listen");
	return fd;
}

static int accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		leave("accept");
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

static void report(struct bare *bare)
{
	bare->figures.p50_us = bare->latency.total ? (double)lad_histogram_quantile(&bare->latency, 0.5) / 1e3 : NAN;
	bare->figures.p99_us = bare->latency.total ? (double)lad_histogram_quantile(&bare->latency, 0.99) / 1e3 : NAN;
	ssize_t written = write(bare->report_fd, &bare->figures, sizeof bare->figures);
	_exit(written == sizeof bare->figures ? 0 : 1);
}

/* Counts what arrives: UNITS of it, BYTES in all; reports when the window is over. */
static void count(struct bare *bare, double units, double bytes)
{
	int64_t time_ns = now_ns();
	if (!bare->first_ns)
		bare->first_ns = time_ns;
	bare->figures.received_bytes += bytes;
	if (!bare->begin_ns && time_ns - bare->first_ns >= WARMUP_NS)
		bare->begin_ns = time_ns;
	else if (bare->begin_ns)
		bare->counted += units;
	if (bare->begin_ns && time_ns - bare->begin_ns >= bare->duration_ns) {
		bare->figures.rate = bare->counted / ((double)(time_ns - bare->begin_ns) / 1e9);
		report(bare);
	}
}

static void tcp_stream_sink(struct bare *bare)
{
	int fd = accept_one(serve(bare));
	for (;;) {
		ssize_t got = recv(fd, NULL, DISCARD_BYTES, MSG_TRUNC);
		if (got <= 0)
			leave("recv");
		count(bare, (double)got * 8, (double)got);
	}
}

static void tcp_stream_source(struct bare *bare)
{
	int fd = dial(bare);
	while (send(fd, bare->buffer, BENCH_MESSAGE_BYTES, MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

static void udp_plain_sink(struct bare *bare)
{
	int fd = serve(bare);
	for (;;) {
		for (int call = 0; call < CALLS_A_TURN; call++)
			if (recv(fd, bare->buffer, BENCH_DATAGRAM_BYTES, 0) != BENCH_DATAGRAM_BYTES)
				leave("recv");
		count(bare, CALLS_A_TURN, CALLS_A_TURN * BENCH_DATAGRAM_BYTES);
	}
}

static void udp_plain_source(struct bare *bare)
{
	int fd = dial(bare);
	for (;;) {
		for (int call = 0; call < CALLS_A_TURN; call++)
			send(fd, bare->buffer, BENCH_DATAGRAM_BYTES, 0);
		sched_yield(); /* both ends share the core: let the other take them before they overflow */
	}
}

/* BATCH messages of SIZE bytes each, one after the other in the buffer. */
static void make_batch(struct bare *bare, struct mmsghdr *messages, struct iovec *parts, size_t size, int count)
{
	memset(messages, 0, (size_t)count * sizeof *messages);
	for (int i = 0; i < count; i++) {
		parts[i] = (struct iovec){bare->buffer + (size_t)i * size, size};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static void udp_many_sink(struct bare *bare)
{
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	int fd = serve(bare);
	bool gso = bare->kind == BENCH_UDP_GSO;
	if (gso)
		set(fd, SOL_UDP, UDP_GRO, 1);
	int batch = gso ? 16 : BATCH;
	make_batch(bare, messages, parts, gso ? 65536 : BENCH_DATAGRAM_BYTES, batch);
	for (;;) {
		int got = recvmmsg(fd, messages, (unsigned)batch, MSG_WAITFORONE, NULL);
		if (got < 0)
			leave("recvmmsg");
		double bytes = 0;
		for (int i = 0; i < got; i++)
			bytes += messages[i].msg_len;
		count(bare, bytes / BENCH_DATAGRAM_BYTES, bytes);
	}
}

static void udp_many_source(struct bare *bare)
{
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	int fd = dial(bare);
	bool gso = bare->kind == BENCH_UDP_GSO;
	if (gso)
		set(fd, SOL_UDP, UDP_SEGMENT, BENCH_DATAGRAM_BYTES);
	int batch = gso ? 8 : BATCH;
	make_batch(bare, messages, parts, gso ? SEGMENTS * BENCH_DATAGRAM_BYTES : BENCH_DATAGRAM_BYTES, batch);
	for (;;) {
		sendmmsg(fd, messages, (unsigned)batch, 0);
		sched_yield();
	}
}

static void rr_sink(struct bare *bare)
{
	int listener = serve(bare);
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	if (bare->kind == BENCH_UDP_RR) {
		if (recvfrom(listener, bare->buffer, BENCH_REQUEST_BYTES, MSG_PEEK, (struct sockaddr *)&from, &length) <
			0 ||
		    connect(listener, (struct sockaddr *)&from, length) < 0)
			leave("first request");
	}
	int fd = bare->kind == BENCH_UDP_RR ? listener : accept_one(listener);
	while (recv(fd, bare->buffer, BENCH_REQUEST_BYTES, 0) == BENCH_REQUEST_BYTES)
		send(fd, bare->buffer, BENCH_REQUEST_BYTES, MSG_NOSIGNAL);
	_exit(0);
}

static void rr_source(struct bare *bare)
{
	int fd = dial(bare);
	int64_t begin_ns = now_ns() + WARMUP_NS, sent_ns = now_ns();
	while (sent_ns < begin_ns + bare->duration_ns) {
		if (send(fd, bare->buffer, BENCH_REQUEST_BYTES, MSG_NOSIGNAL) != BENCH_REQUEST_BYTES ||
		    recv(fd, bare->buffer, BENCH_REQUEST_BYTES, 0) != BENCH_REQUEST_BYTES)
			leave("transaction");
		int64_t time_ns = now_ns();
		if (sent_ns >= begin_ns)
			lad_histogram_record(&bare->latency, time_ns - sent_ns);
		sent_ns = time_ns;
	}
	bare->figures.rate = (double)bare->latency.total / ((double)(sent_ns - begin_ns) / 1e9);
	report(bare);
}

static void crr_sink(struct bare *bare)
{
	int listener = serve(bare);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			leave("accept");
		if (recv(fd, bare->buffer, 1, 0) == 1)
			send(fd, bare->buffer, 1, MSG_NOSIGNAL);
		close(fd);
	}
}

static void crr_source(struct bare *bare)
{
	int64_t begin_ns = now_ns() + WARMUP_NS, sent_ns = now_ns();
	while (sent_ns < begin_ns + bare->duration_ns) {
		int fd = dial(bare);
		if (send(fd, bare->buffer, 1, MSG_NOSIGNAL) != 1 || recv(fd, bare->buffer, 1, 0) != 1)
			leave("transaction");
		close(fd);
		int64_t time_ns = now_ns();
		if (sent_ns >= begin_ns)
			lad_histogram_record(&bare->latency, time_ns - sent_ns);
		sent_ns = time_ns;
	}
	bare->figures.rate = (double)bare->latency.total / ((double)(sent_ns - begin_ns) / 1e9);
	report(bare);
}

static const struct {
	void (*sink)(struct bare *), (*source)(struct bare *);
	bool sink_reports;
} loops[BENCH_KIND_COUNT] = {
    [BENCH_TCP_STREAM] = {tcp_stream_sink, tcp_stream_source, true},
    [BENCH_UDP_PLAIN] = {udp_plain_sink, udp_plain_source, true},
    [BENCH_UDP_BATCH] = {udp_many_sink, udp_many_source, true},
    [BENCH_UDP_GSO] = {udp_many_sink, udp_many_source, true},
    [BENCH_TCP_RR] = {rr_sink, rr_source, false},
    [BENCH_UDP_RR] = {rr_sink, rr_source, false},
    [BENCH_TCP_CRR] = {crr_sink, crr_source, false},
};

static pid_t start(struct bare *bare, int netns_fd, int cpu, void (*loop)(struct bare *))
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid(); /* a scheduling group of its own, as the agents and the peers have */
	alarm((unsigned)(bare->duration_ns / 1000000000) + 5); /* never hangs, whatever became of the other end */
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET((unsigned)cpu, &cpus);
	if (setns(netns_fd, CLONE_NEWNET) < 0 || sched_setaffinity(0, sizeof cpus, &cpus) < 0)
		leave("namespace");
	loop(bare);
	_exit(0);
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int bench_bare_run(const struct bench_ground *ground, enum bench_kind kind, struct bench_figures *figures,
		   char why[256])
{
	const struct lad_path *path = ground->path;
	lad_cleanup_free struct bare *bare = calloc(1, sizeof *bare);
	int pipe_fds[2];
	if (!bare || pipe2(pipe_fds, O_CLOEXEC) < 0) {
		snprintf(why, 256, "%s", strerror(errno));
		return -1;
	}
	bare->kind = kind;
	bare->report_fd = pipe_fds[1];
	bare->duration_ns = (int64_t)(ground->seconds * 1e9);
	bare->port = path->listen_port;
	snprintf(bare->address, sizeof bare->address, "%s", path->sink.address);
	pid_t sink = start(bare, path->sink.netns_fd, ground->cpu, loops[kind].sink);
	pid_t source = -1;
	bool listening = sink > 0 && support_wait_listening(path->sink.netns_fd, bench_is_udp(kind), path->listen_port);
	if (listening) {
		bare->port = path->target_port;
		snprintf(bare->address, sizeof bare->address, "%s", path->target_address);
		source = start(bare, path->generator.netns_fd, ground->cpu, loops[kind].source);
	}
	close(pipe_fds[1]);
	/* Whoever reports holds the pipe; the other end would keep it open, so wait for the reporter first. */
	pid_t reporter = loops[kind].sink_reports ? sink : source;
	if (reporter > 0 && listening)
		waitpid(reporter, NULL, 0);
	end(reporter == sink ? source : sink);
	if (!listening)
		end(source);
	bool ok = listening && read(pipe_fds[0], figures, sizeof *figures) == sizeof *figures;
	close(pipe_fds[0]);
	if (ok)
		return 0;
	snprintf(why, 256, "the bare loop gave no figures");
	return -1;
}
