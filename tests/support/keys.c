/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WARMUP_S 0.02
#define DURATION_S 0.25

static bool has_its_bytes(const struct lad_row *row)
{
	return row->duration_s < DURATION_S && row->goodput_bps * row->duration_s / 8 > 1e6 - 1;
}

static bool has_its_transactions(const struct lad_row *row)
{
	return row->duration_s < DURATION_S && fabs(row->transactions_per_s * row->duration_s - 100) < 0.01;
}

/* Four flows that rest for 2 ms each time: never more than so many, and each has its turns. */
static bool has_rested(const struct lad_row *row)
{
	return row->transactions_per_s < 4 * 500 * 1.05 && row->transactions_per_s > 4 * 20 && row->timeouts == 0.;
}

/* All that is due is sent, in whole bursts, however late. */
static bool has_its_bursts(const struct lad_row *row)
{
	double due = 2000 * (WARMUP_S + DURATION_S);
	return row->offered_per_s == 2000 && row->sent_total >= due - 20 && row->sent_total <= due + 20;
}

/* A busy machine may lose some in the window, and do them after it. */
static bool has_its_rate(const struct lad_row *row, double per_s, double achieved)
{
	double late = row->schedule_error_max_us / 1e6 / DURATION_S;
	return strcmp(row->loop, "open") == 0 && row->offered_per_s == per_s && row->schedule_error_mean_us >= 0 &&
	       fabs(achieved / per_s - 1) < 0.2 + late;
}

static bool has_the_rate_of_each_flow(const struct lad_row *row)
{
	return has_its_rate(row, 800, row->transactions_per_s);
}

static bool has_the_rate_in_bits(const struct lad_row *row)
{
	return has_its_rate(row, 400, row->transactions_per_s);
}

static bool has_the_rate_of_writes(const struct lad_row *row)
{
	return has_its_rate(row, 500, row->goodput_bps / 8 / 2000);
}

static bool is_mixed(const struct lad_row *row)
{
	return row->message_bytes == 1400 && row->transactions_per_s > 0 && row->latency_p50_us > 0;
}

static bool goes_both_ways(const struct lad_row *row)
{
	return row->goodput_bps > 0 && row->reverse_goodput_bps > 0;
}

static const struct {
	const char *keys;
	enum lad_workload_kind kind;
	const char *options; /* as the row says them */
	bool (*holds)(const struct lad_row *row);
} cases[] = {
    {"kind: tcp_stream, direction: reverse, bytes: 1MB", LAD_TCP_STREAM, "direction=reverse bytes=1000000",
     has_its_bytes},
    {"kind: tcp_stream, direction: both", LAD_TCP_STREAM, "direction=both", goes_both_ways},
    {"kind: tcp_rr, transactions: 100", LAD_TCP_RR, "transactions=100", has_its_transactions},
    {"kind: udp_rr, flows: 4, think_time: 2ms", LAD_UDP_RR, "think=2000us", has_rested},
    {"kind: udp_stream, rate: 2000/s, burst: 20", LAD_UDP_STREAM, "rate=2000/s burst=20", has_its_bursts},
    {"kind: tcp_rr, flows: 2, rate: 400/s, rate_per: flow", LAD_TCP_RR, "rate=400/s rate_per=flow",
     has_the_rate_of_each_flow},
    {"kind: tcp_crr, message_bytes: 250, rate: 800kbit", LAD_TCP_CRR, "rate=400/s", has_the_rate_in_bits},
    {"kind: tcp_stream, message_bytes: 2000, rate: 500/s", LAD_TCP_STREAM, "rate=500/s", has_the_rate_of_writes},
    {"kind: tcp_rr, message_mix: imix, verify: true", LAD_TCP_RR, "mix=imix verify", is_mixed},
    {"kind: tcp_crr, message_mix: imix, verify: true", LAD_TCP_CRR, "mix=imix verify", is_mixed},
    {"kind: udp_rr, message_mix: imix, verify: true", LAD_UDP_RR, "mix=imix verify", is_mixed},
};
#define CASES (sizeof cases / sizeof *cases)

void keys_scenario(const char *lab, const char *mode, char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size,
				       "name: keys\nlab: %s\nmodes: [%s]\n"
				       "trials: {blocks: 1, warmup: %gs, duration: %gs}\nworkloads:\n",
				       lab, mode, WARMUP_S, DURATION_S);
	for (size_t i = 0; i < CASES && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "- {%s}\n", cases[i].keys);
	assert_true(used < size);
}

static void check_case(const struct lad_table *table, size_t number)
{
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		if (row->workload != cases[number].kind || strcmp(row->options, cases[number].options) != 0)
			continue;
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s %s", cases[number].keys, lad_status_name(row->status), row->reason);
		if (!cases[number].holds(row))
			fail_msg("%s: in %g s %g transactions/s, %g bit/s, late by up to %g us", cases[number].keys,
				 row->duration_s, row->transactions_per_s, row->goodput_bps,
				 row->schedule_error_max_us);
		return;
	}
	fail_msg("no row for %s", cases[number].keys);
}

void keys_check(const struct lad_table *table)
{
	assert_int_equal(table->row_count, CASES);
	for (size_t i = 0; i < CASES; i++)
		check_case(table, i);
}
