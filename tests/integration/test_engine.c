/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the traffic engine counts, against what the kernel counts. */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
};

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
	struct lad_trial trial = {.number = 1,
				  .block = 1,
				  .mode = setup->mode,
				  .placement = LAD_CROSS_HOST,
				  .workload = &setup->workload,
				  .tuning = &lad_no_tuning};
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
		    modes[i % MODES],
		    {.kind = LAD_UDP_STREAM, .cpus = cpus[i / MODES % 2], .message_bytes = 64, .flows = 1},
		    0.1,
		    0.3,
		    0,
		    NULL};
		setup.workload.traffic.io = (enum lad_io)(i / MODES / 2);
		setup.built = setup.mode == LAD_MODE_MACVLAN ? introduce : NULL;
		struct lad_row row = run(&setup, &seen);
		double in = seen.after.udp_in - seen.before.udp_in, out = seen.after.udp_out - seen.before.udp_out;
		double errors = seen.after.udp_errors - seen.before.udp_errors;
		double dropped = seen.after.device_drops - seen.before.device_drops;
		double each = row.datagrams_per_packet;
		if (setup.workload.traffic.io == LAD_IO_GSO)
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
		assert_that(row.network_lost_total, >=, 0);
		assert_that(row.network_lost_total, <=, dropped * each);
		assert_int_equal((int64_t)row.duplicate_total, 0);
		assert_int_equal((int64_t)row.reordered_total, 0);
		assert_that(row.sent_total, >, 100);
		/* One way is never less than nothing, and half of a run is no outlier. */
		assert_that(row.oneway_p50_us, >, 0);
		assert_that(row.oneway_p50_us, <=, row.oneway_p99_us);
	}
}

static void test_loss_under_a_token_bucket_is_what_the_qdisc_dropped(void **state)
{
	(void)state;
	/*
	 * A large send buffer: or the socket is full before the bucket's queue is, and nothing is lost. What gso joined
	 * is dropped whole where the bucket holds it, else tbf cuts it up first and drops each datagram by itself.
	 */
	static const struct {
		int64_t bytes;
		enum lad_io io;
		double rate_bps;
		bool joined;
	} cases[] = {{64, LAD_IO_PLAIN, 2e6, false},
		     {1400, LAD_IO_PLAIN, 5e6, false},
		     {1400, LAD_IO_BATCH, 5e6, false},
		     {64, LAD_IO_GSO, 10e6, false},
		     {64, LAD_IO_GSO, 250e6, true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct seen seen;
		struct setup setup = {LAD_MODE_HOST,
				      {.kind = LAD_UDP_STREAM,
				       .cpus = LAD_CPUS_SHARED,
				       .message_bytes = cases[i].bytes,
				       .flows = 1,
				       .socket_buffer_bytes = 4 << 20},
				      0.1,
				      0.4,
				      cases[i].rate_bps,
				      NULL};
		setup.workload.traffic.io = cases[i].io;
		struct lad_row row = run(&setup, &seen);
		double each = cases[i].joined ? row.datagrams_per_packet : 1;
		/* Not every busy machine sends more than the fastest of them; mostly its socket overflows. */
		if (!cases[i].joined)
			assert_that(seen.qdisc_drops, >, 20);
		assert_int_equal((int64_t)row.network_lost_total, (int64_t)(seen.qdisc_drops * each));
		/* Behind the bucket everything is cut up, so the socket drops single datagrams. */
		double errors = seen.after.udp_errors - seen.before.udp_errors;
		assert_int_equal((int64_t)row.queue_drops_total, (int64_t)errors);
		assert_int_equal((int64_t)row.lost_total, (int64_t)(row.network_lost_total + errors));
		if (!cases[i].joined)
			assert_int_equal((int64_t)row.queue_drops_total, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_datagrams_are_counted_exactly_in_every_way_of_io),
	    cmocka_unit_test(test_loss_under_a_token_bucket_is_what_the_qdisc_dropped),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
