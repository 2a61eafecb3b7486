/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams that the sink sends, alone or against the generator's, and those that leave in batches. */
#include "trial.h"

#include <math.h>

#include "netladder/netlink.h"
#include "netladder/stats.h"

static struct trial_seen seen;

static struct lad_workload datagrams(enum lad_io io, enum lad_direction direction, int flows)
{
	struct lad_workload workload = trial_workload(LAD_UDP_STREAM, 64, flows);
	workload.traffic.io = io;
	workload.traffic.direction = direction;
	return workload;
}

static uint64_t arrived_packets; /* at the generator's device */

static void note_arrivals(const struct lad_path *path)
{
	struct lad_link_counters counters;
	struct lad_error err = {0};
	assert_int_equal(lad_link_counters(path->generator.netns_fd, path->generator.device, &counters, &err), 0);
	arrived_packets = counters.rx_packets;
}

static void test_a_sink_sends_datagrams_in_every_network_and_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRIAL_MODES * LAD_IO_COUNT * 2; i++) {
		struct lad_workload workload =
		    datagrams((enum lad_io)(i / 2 % LAD_IO_COUNT), LAD_REVERSE, i % 2 ? 5 : 1);
		workload.traffic.verify = i % 2;
		workload.traffic.payload = LAD_PAYLOAD_RANDOM;
		struct trial_wish wish = {.mode = trial_modes[i / 2 / LAD_IO_COUNT],
					  .workload = &workload,
					  .duration_s = 0.2,
					  .measured = note_arrivals};
		struct lad_row row = trial_wished(&wish, &seen);
		/* The one sends and the other receives, and neither the other way. */
		assert_int_equal(row.sent_total, seen.sink.messages_total);
		assert_int_equal(row.received_total, seen.generator.messages_total);
		assert_int_equal(row.lost_total, seen.sink.messages_total - seen.generator.messages_total);
		assert_int_equal(seen.generator.bytes_total, 64 * seen.generator.messages_total);
		assert_that(fabs(row.goodput_bps * row.duration_s / 8 / (double)seen.generator.bytes - 1), <, 1e-9);
		assert_that(fabs(row.loss_ratio - 1 +
				 (double)seen.generator.window_messages / (double)seen.sink.window_messages),
			    <, 1e-12);
		assert_that(row.loss_ratio, <, 1); /* unpaced, and the receiver gets what CPU there is */
		assert_that(row.jitter_us, >=, 0);
		assert_that(row.oneway_p50_us, >, 0);
		assert_int_equal(seen.sink.reverse_messages_total + seen.generator.reverse_messages_total, 0);
		/* The generator's device counted them all, in packets of up to so many. */
		assert_that((double)arrived_packets * row.datagrams_per_packet, >=, row.received_total);
		assert_true(row.datagrams_per_packet == 1 || workload.traffic.io == LAD_IO_GSO);
		assert_int_equal(seen.latency.total, 0);
	}
}

static void test_datagrams_cross_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRIAL_MODES * LAD_IO_COUNT; i++) {
		struct lad_workload workload = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_BOTH_WAYS, i % 2 ? 4 : 1);
		struct lad_row row = trial_run(trial_modes[i / LAD_IO_COUNT], &workload, 0.2, &seen);
		uint64_t sent = seen.generator.messages_total + seen.sink.reverse_messages_total;
		uint64_t received = seen.sink.messages_total + seen.generator.reverse_messages_total;
		print_message("# %s %s: %.0f there, %.0f back a second, %.2f %% lost\n",
			      lad_mode_name(trial_modes[i / LAD_IO_COUNT]), lad_io_name(workload.traffic.io),
			      row.packets_per_s, row.reverse_packets_per_s, row.loss_ratio * 100);
		assert_that(seen.sink.messages, >, 0);
		assert_that(seen.generator.reverse_messages, >, 0);
		assert_that(seen.sink.messages_total, <=, seen.generator.messages_total);
		assert_that(seen.generator.reverse_messages_total, <=, seen.sink.reverse_messages_total);
		assert_int_equal(row.sent_total, sent);
		assert_int_equal(row.received_total, received);
		assert_int_equal(row.lost_total, sent - received);
		assert_that(row.loss_ratio, >=, 0);
		assert_that(row.loss_ratio, <, 1);
		assert_that(fabs(row.goodput_bps / (row.packets_per_s * 64 * 8) - 1), <, 1e-9);
		assert_that(fabs(row.reverse_goodput_bps / (row.reverse_packets_per_s * 64 * 8) - 1), <, 1e-9);
	}
}

/* The way back is as fast as the way there: it is the same path. The middle of three, interleaved. */
static void test_datagrams_come_back_as_fast_as_they_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRIAL_MODES * LAD_IO_COUNT; i++) {
		double ratios[3];
		for (int round = 0; round < 3; round++) {
			struct lad_workload there = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_FORWARD, 1);
			struct lad_workload back = datagrams((enum lad_io)(i % LAD_IO_COUNT), LAD_REVERSE, 1);
			double forward = trial_run(trial_modes[i / LAD_IO_COUNT], &there, 0.15, &seen).goodput_bps;
			ratios[round] =
			    trial_run(trial_modes[i / LAD_IO_COUNT], &back, 0.15, &seen).goodput_bps / forward;
		}
		print_message("# %s %s: reverse is %.2f of forward\n", lad_mode_name(trial_modes[i / LAD_IO_COUNT]),
			      lad_io_name((enum lad_io)(i % LAD_IO_COUNT)), lad_median(ratios, 3));
		assert_that(lad_median(ratios, 3), >, 1 / 3.);
		assert_that(lad_median(ratios, 3), <, 3);
	}
}

static void test_a_rate_and_an_amount_hold_for_a_sink_that_sends(void **state)
{
	(void)state;
	for (int direction = LAD_REVERSE; direction <= LAD_BOTH_WAYS; direction++) {
		struct lad_workload workload = datagrams(LAD_IO_PLAIN, (enum lad_direction)direction, 2);
		workload.traffic.rate_per_s = 2000;
		struct lad_row row = trial_run(LAD_MODE_BRIDGE, &workload, 0.5, &seen);
		/* In 0.55 s, each way. */
		double due = direction == LAD_REVERSE ? 1100 : 2200;
		assert_that(row.sent_total, <=, due);
		assert_that(row.sent_total, >=,
			    due - trial_unsent_most(2000, &seen.sink, &row) -
				trial_unsent_most(2000, &seen.generator, &row));
		assert_int_equal(row.received_total, row.sent_total);
		assert_that(row.schedule_error_mean_us, >=, 0);
	}
	struct lad_workload workload = datagrams(LAD_IO_BATCH, LAD_REVERSE, 1);
	workload.traffic.bytes = 1000000;
	struct lad_row row = trial_run(LAD_MODE_BRIDGE, &workload, TRIAL_PATIENCE_S, &seen);
	assert_in_range(seen.generator.bytes, 1000000, 5000000);
	assert_that(row.duration_s, >, 0);
	assert_that(row.duration_s, <, TRIAL_PATIENCE_S / 2);
}

/* Batches of an open loop: what is due and no more, each datagram with its own time. */
static void test_a_batch_leaves_when_it_is_due_and_not_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * TRIAL_MODES; i++) {
		struct lad_workload workload = datagrams(i % 2 ? LAD_IO_GSO : LAD_IO_BATCH,
							 i / 2 % 2 ? LAD_REVERSE : LAD_FORWARD, 1 + (int)(i / 4));
		workload.traffic.rate_per_s = 40000;
		struct lad_row row = trial_run(trial_modes[i / 2], &workload, 0.5, &seen);
		const struct lad_agent_result *sender = i / 2 % 2 ? &seen.sink : &seen.generator;
		const struct lad_agent_result *receiver = i / 2 % 2 ? &seen.generator : &seen.sink;
		print_message("# %s %s: %.0f datagrams in %.0f calls, %.1f us late, one way %.1f us, %.0f lost\n",
			      lad_mode_name(trial_modes[i / 2]), lad_io_name(workload.traffic.io), row.sent_total,
			      (double)sender->io_calls, row.schedule_error_mean_us, row.oneway_p50_us, row.lost_total);
		/* Due in 0.55 s; what a busy machine has held up until the window's end is the last to have gone late.
		 */
		assert_that(row.sent_total, >=, 22000 - trial_unsent_most(40000, sender, &row));
		assert_that(row.sent_total, <=, 22000);
		assert_that((double)sender->io_calls, <, row.sent_total);
		assert_that(row.schedule_error_mean_us, >=, 0);
		assert_that(row.schedule_error_max_us, >=, row.schedule_error_mean_us);
		/* One-way delay counts from the intended time: what left before it would have arrived before it. */
		assert_int_equal(receiver->latency.total, receiver->window_messages);
		assert_that(receiver->latency.min_ns, >, 0);
		assert_that(row.loss_ratio, <, 1); /* a stall of this machine sends what was due in it at once */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_sink_sends_datagrams_in_every_network_and_way),
	    cmocka_unit_test(test_datagrams_cross_each_other),
	    cmocka_unit_test(test_datagrams_come_back_as_fast_as_they_go),
	    cmocka_unit_test(test_a_rate_and_an_amount_hold_for_a_sink_that_sends),
	    cmocka_unit_test(test_a_batch_leaves_when_it_is_due_and_not_before),
	};
	return cmocka_run_group_tests_name("workload datagrams", tests, NULL, NULL);
}
