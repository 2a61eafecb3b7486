/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the traffic engine says, against what the kernel, the wire and a pencil say. */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <nftables/libnftables.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/netlink.h"
#include "netladder/tuning.h"

static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_MACVLAN, LAD_MODE_BRIDGE, LAD_MODE_OVERLAY};
#define MODES (sizeof modes / sizeof *modes)

#define SPACES_MAX 16

/* Counters of every namespace that the path goes through, before and after. */
struct counts {
	double udp_in, udp_out, udp_errors; /* of the sink, the generator, the sink */
	double device_drops;		    /* of all devices everywhere */
};

struct seen {
	struct counts before, after;
	struct lad_agent_result generator, sink;
	double qdisc_drops;
	int packets_fd;
	pid_t staller;
	int stall_report;
};

static int read_tcp_segments(void *arg)
{
	double *segments = arg;
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		sscanf(line, "Tcp: %*f %*f %*f %*f %*f %*f %*f %*f %*f %lf", segments); /* InSegs */
	fclose(file);
	return 0;
}

/* Receive and transmit drops of all devices: columns 4 and 12 of /proc/net/dev. */
static int add_device_drops(void *arg)
{
	double *sum = arg;
	char line[1024];
	FILE *file = fopen("/proc/thread-self/net/dev", "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		double received, sent;
		char *colon = strchr(line, ':');
		if (colon &&
		    sscanf(colon + 1, "%*f %*f %*f %lf %*f %*f %*f %*f %*f %*f %*f %lf", &received, &sent) == 2)
			*sum += received + sent;
	}
	fclose(file);
	return 0;
}

/* The distinct namespaces of hosts and path; returns how many. */
static int collect_spaces(const struct lad_host *hosts, const struct lad_path *path, int spaces[SPACES_MAX])
{
	int all[SPACES_MAX] = {hosts[0].netns_fd, hosts[1].netns_fd, path->generator.netns_fd, path->sink.netns_fd};
	int count = 4, distinct = 0;
	for (int i = 0; i < path->held_count; i++)
		all[count++] = path->held_fds[i];
	ino_t known[SPACES_MAX];
	for (int i = 0; i < count; i++) {
		struct stat status;
		assert_return_code(fstat(all[i], &status), errno);
		int old = 0;
		for (int j = 0; j < distinct; j++)
			old |= known[j] == status.st_ino;
		if (old)
			continue;
		known[distinct] = status.st_ino;
		spaces[distinct++] = all[i];
	}
	return distinct;
}

static void count_all(const struct lad_host *hosts, const struct lad_path *path, struct counts *counts)
{
	int spaces[SPACES_MAX];
	int count = collect_spaces(hosts, path, spaces);
	struct udp_counters sink = support_udp_counters(path->sink.netns_fd);
	*counts = (struct counts){.udp_in = sink.in,
				  .udp_out = support_udp_counters(path->generator.netns_fd).out,
				  .udp_errors = sink.errors};
	for (int i = 0; i < count; i++)
		lad_netns_run(spaces[i], add_device_drops, &counts->device_drops, NULL);
}

static void built(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	struct seen *seen = data;
	count_all(hosts, path, &seen->before);
}

/*
 * Makes the ends of a macvlan know each other: what is sent while ARP asks is queued, overflows that queue and
 * overtakes it, which is the truth but nothing that a device counts.
 */
static void introduce(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	const struct lad_endpoint *ends[] = {&path->generator, &path->sink};
	for (int i = 0; i < 2; i++) {
		uint8_t mac[6];
		const struct lad_endpoint *here = ends[i], *there = ends[1 - i];
		assert_int_equal(lad_link_mac(there->netns_fd, there->device, mac, NULL), 0);
		assert_int_equal(lad_neighbour_add(here->netns_fd, here->device, there->address, mac, NULL), 0);
	}
	built(hosts, path, data);
}

static void measured(const struct lad_host *hosts, const struct lad_path *path,
		     const struct lad_agent_result *generator, const struct lad_agent_result *sink, void *data)
{
	struct seen *seen = data;
	count_all(hosts, path, &seen->after);
	seen->generator = *generator;
	seen->sink = *sink;
	if (seen->qdisc_drops >= 0)
		seen->qdisc_drops = support_tbf_drops(hosts[0].netns_fd, "eth0");
}

struct setup {
	enum lad_mode mode;
	struct lad_workload workload;
	double warmup_s, duration_s, wire_rate_bps;
	void (*built)(const struct lad_host *hosts, const struct lad_path *path, void *data);
};

static struct lad_histogram latency;

static enum lad_trial_status try(const struct setup *setup, struct seen *seen, struct lad_row *row,
				 struct lad_error *err)
{
	struct lad_scenario scenario = {.wire_rate_bps = setup->wire_rate_bps, .sample_ns = 50000000};
	struct lad_trial trial = {1, 1, setup->mode, LAD_CROSS_HOST, &setup->workload, &lad_no_tuning, 0};
	struct lad_trial_observer observer = {setup->built ? setup->built : built, measured, seen};
	struct lad_trial_context context = support_context(&scenario, setup->warmup_s, setup->duration_s);
	context.observer = &observer;
	lad_row_clear(row);
	seen->qdisc_drops = setup->wire_rate_bps > 0 ? 0 : -1;
	enum lad_trial_status status = lad_trial_run(&context, &trial, row, &latency, err);
	support_close_context(&context);
	return status;
}

static struct lad_row run(const struct setup *setup, struct seen *seen)
{
	struct lad_error err = {0};
	struct lad_row row;
	if (try(setup, seen, &row, &err) != LAD_TRIAL_DONE)
		fail_msg("%s %s: %s", lad_mode_name(setup->mode), lad_workload_name(setup->workload.kind), err.message);
	return row;
}

static void test_datagrams_are_counted_exactly_in_every_way_of_io(void **state)
{
	(void)state;
	static const enum lad_cpus cpus[] = {LAD_CPUS_SHARED, LAD_CPUS_PINNED};
	for (size_t i = 0; i < MODES * LAD_IO_COUNT * 2; i++) {
		static struct seen seen;
		struct setup setup = {
		    modes[i % MODES], {LAD_UDP_STREAM, cpus[i / MODES % 2], 64, 1, 0, "", {0}}, 0.1, 0.3, 0, NULL};
		setup.workload.manner.io = (enum lad_io)(i / MODES / 2);
		setup.built = setup.mode == LAD_MODE_MACVLAN ? introduce : NULL;
		struct lad_row row = run(&setup, &seen);
		double in = seen.after.udp_in - seen.before.udp_in, out = seen.after.udp_out - seen.before.udp_out;
		double errors = seen.after.udp_errors - seen.before.udp_errors;
		double dropped = seen.after.device_drops - seen.before.device_drops;
		double each = row.datagrams_per_packet;
		if (setup.workload.manner.io == LAD_IO_GSO)
			assert_true(each == 64 || each == 128); /* UDP_MAX_SEGMENTS of this kernel */
		else
			assert_true(each == 1);
		/* The kernel counts packets, and with gso each is full: the sender never sends less. */
		assert_int_equal((int64_t)row.sent_total, (int64_t)(out * each));
		assert_int_equal((int64_t)row.received_total, (int64_t)(in * each));
		assert_int_equal((int64_t)row.queue_drops_total, (int64_t)(errors * each));
		/* What neither arrived nor overflowed the socket was dropped by a device: its backlog, on a busy
		 * machine. (Not all that devices drop is ours.) */
		assert_int_equal((int64_t)row.network_lost_total, (int64_t)(row.lost_total - errors * each));
		assert_true(row.network_lost_total >= 0 && row.network_lost_total <= dropped * each);
		assert_int_equal((int64_t)row.duplicate_total, 0);
		assert_int_equal((int64_t)row.reordered_total, 0);
		assert_true(row.sent_total > 100);
		/* One way is never less than nothing, and half of a run is no outlier. */
		assert_true(row.oneway_p50_us > 0 && row.oneway_p50_us <= row.oneway_p99_us);
	}
}

static void test_loss_under_a_token_bucket_is_what_the_qdisc_dropped(void **state)
{
	(void)state;
	/* A large send buffer: or the socket is full before the bucket's queue is, and nothing is lost. */
	static const struct {
		int64_t bytes;
		enum lad_io io;
		double rate_bps;
	} cases[] = {
	    {64, LAD_IO_PLAIN, 2e6}, {1400, LAD_IO_PLAIN, 5e6}, {1400, LAD_IO_BATCH, 5e6}, {64, LAD_IO_GSO, 10e6}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct seen seen;
		struct setup setup = {LAD_MODE_HOST,
				      {LAD_UDP_STREAM, LAD_CPUS_SHARED, cases[i].bytes, 1, 4 << 20, "", {0}},
				      0.1,
				      0.4,
				      cases[i].rate_bps,
				      NULL};
		setup.workload.manner.io = cases[i].io;
		struct lad_row row = run(&setup, &seen);
		assert_true(seen.qdisc_drops > 20);
		assert_int_equal((int64_t)row.lost_total, (int64_t)(seen.qdisc_drops * row.datagrams_per_packet));
		assert_int_equal((int64_t)row.network_lost_total, (int64_t)row.lost_total);
		assert_int_equal((int64_t)row.queue_drops_total, 0);
	}
}

/* The agent in the namespace NETNS_FD: in host mode two are ours, and each is in its own host. */
static pid_t agent_in(int netns_fd)
{
	struct stat wanted;
	pid_t found = 0;
	assert_return_code(fstat(netns_fd, &wanted), errno);
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *entry; (entry = readdir(proc));) {
		char path[300], name[32] = "";
		struct stat space;
		snprintf(path, sizeof path, "/proc/%s/ns/net", entry->d_name);
		if (atoi(entry->d_name) <= 0 || stat(path, &space) < 0 || space.st_ino != wanted.st_ino)
			continue;
		snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
		FILE *comm = fopen(path, "re");
		if (comm && fgets(name, sizeof name, comm) && strncmp(name, "netladder-agent", 15) == 0)
			found = (pid_t)atoi(entry->d_name);
		if (comm)
			fclose(comm);
	}
	closedir(proc);
	return found;
}

static void sleep_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#define STALL_AFTER_MS 500 /* the first packets: 200 ms of them are the warm-up, and 2 s more the window */
#define STALL_MS 200

static double segments_in(int netns_fd)
{
	double segments = 0;
	lad_netns_run(netns_fd, read_tcp_segments, &segments, NULL);
	return segments;
}

/* Starts a process that stops the sink for STALL_MS in the middle of the window, and says how long it was. */
static void stall_later(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	(void)hosts;
	struct seen *seen = data;
	int report[2];
	pid_t sink = agent_in(path->sink.netns_fd);
	assert_true(sink > 0);
	assert_return_code(pipe2(report, O_CLOEXEC), errno);
	seen->staller = fork();
	assert_return_code(seen->staller, errno);
	if (seen->staller == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (segments_in(path->sink.netns_fd) < 10)
			sleep_ms(5);
		sleep_ms(STALL_AFTER_MS);
		double begin_ms = now_ms();
		kill(sink, SIGSTOP);
		sleep_ms(STALL_MS);
		kill(sink, SIGCONT);
		double length_ms = now_ms() - begin_ms;
		_exit(write(report[1], &length_ms, sizeof length_ms) != sizeof length_ms);
	}
	close(report[1]);
	seen->stall_report = report[0];
	count_all(hosts, path, &seen->before);
}

static double stalled_ms(struct seen *seen)
{
	double length_ms = 0;
	int status;
	assert_int_equal(read(seen->stall_report, &length_ms, sizeof length_ms), sizeof length_ms);
	close(seen->stall_report);
	assert_int_equal(waitpid(seen->staller, &status, 0), seen->staller);
	assert_int_equal(status, 0);
	return length_ms;
}

/*
 * 2000 requests are due in the window, one a millisecond. While the sink is stopped for S ms, S of them wait, the first
 * for S ms and the last for none: so 20 requests, the slowest hundredth, waited longer than S - 20 ms, and that is the
 * 99th percentile. In a closed loop one request of many thousands waits, and only the maximum knows.
 */
static void test_a_stall_of_200_ms_is_in_the_open_loops_p99_and_not_in_the_closed_ones(void **state)
{
	(void)state;
	static struct seen seen;
	struct setup setup = {LAD_MODE_HOST, {LAD_TCP_RR, LAD_CPUS_PINNED, 1, 1, 0, "cubic", {0}}, 0.2, 2, 0,
			      stall_later};
	setup.workload.manner.rate_per_s = 1000;
	struct lad_row row = run(&setup, &seen);
	double stall_ms = stalled_ms(&seen);
	print_message("# stopped %.1f ms; open loop: p90 %.2f, p99 %.2f, max %.2f ms\n", stall_ms,
		      row.latency_p90_us / 1e3, row.latency_p99_us / 1e3, row.latency_max_us / 1e3);
	assert_int_equal(latency.total, 2000);		       /* each of them answered, and counted once */
	assert_true(fabs(row.transactions_per_s - 1000) < 50); /* what a busy machine moves over the window's edges */
	/* A busy machine makes the stall longer, and the percentile with it: it stays 20 ms below the longest wait. */
	double longest_ms = row.latency_max_us / 1e3;
	assert_true(longest_ms > stall_ms - 3);
	assert_true(fabs(row.latency_p99_us / 1e3 - (longest_ms - 20)) < 5);
	/* A millisecond more of latency for each request less: the count above 100 ms is the stall's first half. */
	uint64_t slow = 0;
	for (int bucket = 0; bucket < LAD_HISTOGRAM_BUCKETS; bucket++)
		if (lad_histogram_low(bucket) >= 100000000)
			slow += latency.counts[bucket];
	assert_true((double)slow > stall_ms - 100 - 10 && (double)slow < longest_ms - 100 + 40);

	setup.workload.manner.rate_per_s = 0;
	row = run(&setup, &seen);
	stall_ms = stalled_ms(&seen);
	print_message("# stopped %.1f ms; closed loop: p99 %.2f, max %.2f ms\n", stall_ms, row.latency_p99_us / 1e3,
		      row.latency_max_us / 1e3);
	assert_true(row.latency_p99_us / 1e3 < 20);
	assert_true(row.latency_max_us / 1e3 > stall_ms - 10);
}

static void test_offered_rates_are_met_and_the_schedules_error_is_told(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR, LAD_TCP_CRR, LAD_UDP_STREAM};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		static struct seen seen;
		bool udp = lad_is_udp(kinds[i]);
		struct setup setup = {LAD_MODE_HOST, {kinds[i], LAD_CPUS_PINNED, 64, 4, 0, "", {0}}, 0.1, 0.5, 0, NULL};
		strcpy(setup.workload.congestion_control, udp ? "" : "cubic");
		setup.workload.manner.rate_per_s = 400;
		struct lad_row row = run(&setup, &seen);
		double achieved = kinds[i] == LAD_UDP_STREAM ? row.packets_per_s : row.transactions_per_s;
		double late_s = row.schedule_error_max_us / 1e6;
		print_message("# %s: %.1f/s of 400, late by up to %.1f ms\n", lad_workload_name(kinds[i]), achieved,
			      late_s * 1e3);
		/* At the window's edges a busy machine may move what is due to either side. */
		assert_true(fabs(achieved / 400 - 1) < 0.1 + late_s / 0.5);
		assert_true(row.schedule_error_mean_us >= 0 && row.schedule_error_max_us >= row.schedule_error_mean_us);
		if (kinds[i] != LAD_UDP_STREAM)
			assert_int_equal(latency.total + (uint64_t)row.timeouts, 200);
	}
}

static void test_a_paced_stream_keeps_its_rate(void **state)
{
	(void)state;
	static struct seen seen;
	struct setup setup = {LAD_MODE_HOST, {LAD_TCP_STREAM, LAD_CPUS_PINNED, 16384, 2, 0, "cubic", {0}}, 0.2, 1, 0,
			      NULL};
	setup.workload.manner.rate_bps = 80e6;
	struct lad_row row = run(&setup, &seen);
	/* The kernel paces what it sends, headers and all, and does not catch up on what a busy machine made it miss.
	 */
	print_message("# %.2f Mbit/s\n", row.goodput_bps / 1e6);
	assert_true(row.goodput_bps > 0.5 * 80e6 && row.goodput_bps < 1.01 * 80e6);
	/* One each 50 ms; those that a stall at the end has made due with the last one are taken with it. */
	assert_in_range(seen.sink.sample_count, 10, 20);
	assert_int_equal(seen.sink.samples[seen.sink.sample_count - 1].bytes, seen.sink.bytes);
}

static void test_each_direction_arrives_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES; i++) {
		static struct seen seen;
		struct setup setup = {
		    modes[i], {LAD_TCP_STREAM, LAD_CPUS_SHARED, 131072, 2, 524288, "cubic", {0}}, 0.05, 0.2, 0, NULL};
		setup.workload.manner.direction = LAD_REVERSE;
		struct lad_row row = run(&setup, &seen);
		assert_true(seen.sink.bytes_total > 0 && seen.sink.bytes_total == seen.generator.bytes_total);
		assert_true(row.goodput_bps > 0);
		setup.workload.manner.direction = LAD_BOTH_WAYS;
		row = run(&setup, &seen);
		assert_true(seen.sink.bytes_total > 0 && seen.sink.bytes_total == seen.generator.bytes_total);
		assert_true(seen.sink.reverse_bytes_total > 0 &&
			    seen.sink.reverse_bytes_total == seen.generator.reverse_bytes_total);
		assert_true(row.reverse_goodput_bps > 0);
	}
}

static int open_packets(void *arg)
{
	int *fd = arg;
	*fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	return 0;
}

static void listen_on_the_wire(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	struct seen *seen = data;
	lad_netns_run(path->sink.netns_fd, open_packets, &seen->packets_fd, NULL);
	assert_return_code(seen->packets_fd, errno);
	count_all(hosts, path, &seen->before);
}

static void test_the_ip_header_is_as_the_workload_says(void **state)
{
	(void)state;
	static struct seen seen;
	struct setup setup = {LAD_MODE_HOST,	 {LAD_UDP_STREAM, LAD_CPUS_SHARED, 64, 1, 0, "", {0}}, 0.02, 0.1, 0,
			      listen_on_the_wire};
	for (int fragment = 1; fragment <= 2; fragment++) {
		setup.workload.manner =
		    (struct lad_manner){.rate_per_s = 500, .dscp = 46, .ecn = 2, .ttl = 9, .dont_fragment = fragment};
		run(&setup, &seen);
		int packets = 0;
		for (char packet[2048];;) {
			ssize_t got = recv(seen.packets_fd, packet, sizeof packet, 0);
			if (got < 0)
				break;
			const struct iphdr *header = (const struct iphdr *)packet;
			const struct udphdr *udp = (const struct udphdr *)(packet + 20);
			if (got < 28 || header->protocol != IPPROTO_UDP || udp->dest != htons(5202))
				continue;
			packets++;
			assert_int_equal(header->tos, 46 << 2 | 2);
			assert_int_equal(header->ttl, 9);
			assert_int_equal(!!(ntohs(header->frag_off) & IP_DF), fragment == 2);
			assert_int_equal(got, 28 + 64);
		}
		close(seen.packets_fd);
		assert_true(packets >= 50);
	}
}

static int corrupt_packets(void *arg)
{
	const char *rules = arg;
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	assert_non_null(nft);
	nft_ctx_buffer_error(nft);
	int status = nft_run_cmd_from_buffer(nft, rules);
	if (status)
		print_error("%s\n", nft_ctx_get_error_buffer(nft));
	nft_ctx_free(nft);
	return status;
}

/* One payload byte of what comes in is overwritten on its way to the socket. */
static void corrupt_from_now_on(const struct lad_host *hosts, const struct lad_path *path, void *data)
{
	static char rules[] = "add table ip corrupt\n"
			      "add chain ip corrupt in { type filter hook prerouting priority -300; }\n"
			      "add rule ip corrupt in udp dport 5202 @th,384,8 set 0x7e\n"
			      "add rule ip corrupt in tcp dport 5202 tcp flags & psh == psh @th,384,8 set 0x7e\n";
	struct seen *seen = data;
	assert_int_equal(lad_netns_run(path->sink.netns_fd, corrupt_packets, rules, NULL), 0);
	count_all(hosts, path, &seen->before);
}

static void test_a_corrupt_byte_fails_the_trial(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_UDP_STREAM, LAD_TCP_RR, LAD_TCP_STREAM};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		static struct seen seen;
		struct lad_error err = {0};
		struct lad_row row;
		struct setup setup = {LAD_MODE_HOST, {kinds[i], LAD_CPUS_SHARED, 200, 1, 0, "", {0}}, 0.02, 0.1, 0,
				      NULL};
		strcpy(setup.workload.congestion_control, kinds[i] == LAD_UDP_STREAM ? "" : "cubic");
		setup.workload.manner = (struct lad_manner){.verify = true, .payload = LAD_PAYLOAD_RANDOM};
		run(&setup, &seen); /* nothing is wrong with a path that changes nothing */
		setup.built = corrupt_from_now_on;
		assert_int_equal(try(&setup, &seen, &row, &err), LAD_TRIAL_FAILED);
		if (!strstr(err.message, "is corrupt: 0x7e in place of"))
			fail_msg("%s: %s", lad_workload_name(kinds[i]), err.message);
	}
}

static void test_the_kernels_time_stamps_leave_the_agent_its_share(void **state)
{
	(void)state;
	static const enum lad_workload_kind kinds[] = {LAD_TCP_RR, LAD_UDP_RR};
	for (size_t i = 0; i < 2 * MODES; i++) {
		static struct seen seen;
		struct setup setup = {modes[i / 2], {kinds[i % 2], LAD_CPUS_SHARED, 1, 1, 0, "", {0}}, 0.05, 0.2, 0,
				      NULL};
		strcpy(setup.workload.congestion_control, i % 2 ? "" : "cubic");
		setup.workload.manner.timestamps = true;
		struct lad_row row = run(&setup, &seen);
		/* All but the few whose stamp was late: that of the next one is then taken. */
		assert_true((double)seen.generator.kernel_latency.total > 0.9 * (double)seen.generator.latency.total);
		assert_true(row.kernel_latency_p50_us > 0 && row.kernel_latency_p50_us < row.latency_p50_us);
		assert_true(row.agent_time_us > 0 && row.agent_time_us < row.latency_mean_us);
	}
}

static void test_a_pipeline_and_many_flows_lose_nothing(void **state)
{
	(void)state;
	static struct seen seen;
	struct setup setup = {LAD_MODE_HOST, {LAD_TCP_RR, LAD_CPUS_SHARED, 777, 1, 0, "cubic", {0}}, 0.05, 0.2, 0,
			      NULL};
	setup.workload.manner = (struct lad_manner){.pipeline = 64, .verify = true, .payload = LAD_PAYLOAD_RANDOM};
	run(&setup, &seen);
	assert_true(seen.generator.transactions_total > 100);
	setup.workload.flows = 1000;
	setup.workload.manner.pipeline = 1;
	run(&setup, &seen);
	assert_true(seen.generator.transactions_total > 100);
	setup.workload = (struct lad_workload){LAD_TCP_CRR, LAD_CPUS_SHARED, 100000, 10, 0, "cubic", {0}};
	setup.workload.manner = (struct lad_manner){.requests = 3, .verify = true, .payload = LAD_PAYLOAD_RANDOM};
	run(&setup, &seen);
	assert_true(seen.generator.transactions_total > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_datagrams_are_counted_exactly_in_every_way_of_io),
	    cmocka_unit_test(test_loss_under_a_token_bucket_is_what_the_qdisc_dropped),
	    cmocka_unit_test(test_a_stall_of_200_ms_is_in_the_open_loops_p99_and_not_in_the_closed_ones),
	    cmocka_unit_test(test_offered_rates_are_met_and_the_schedules_error_is_told),
	    cmocka_unit_test(test_a_paced_stream_keeps_its_rate),
	    cmocka_unit_test(test_each_direction_arrives_whole),
	    cmocka_unit_test(test_the_ip_header_is_as_the_workload_says),
	    cmocka_unit_test(test_a_corrupt_byte_fails_the_trial),
	    cmocka_unit_test(test_the_kernels_time_stamps_leave_the_agent_its_share),
	    cmocka_unit_test(test_a_pipeline_and_many_flows_lose_nothing),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
