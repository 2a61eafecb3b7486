/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "carried.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "folders.h"
#include "noise.h"

const struct carried_plan carried_usual = {
    .levels = {1, 2, 4}, .request_bytes = {100, 1000, 10000}, .write_bytes = {1000, 10000, 100000}};

static struct lad_row *add_row(struct lad_table *table)
{
	table->rows = reallocarray(table->rows, (size_t)table->row_count + 1, sizeof *table->rows);
	assert_non_null(table->rows);
	struct lad_row *row = &table->rows[table->row_count++];
	lad_row_clear(row);
	return row;
}

static void describe(struct lad_row *row, int run, int block, int pairs, int trial)
{
	snprintf(row->run_id, sizeof row->run_id, "run-%d", run);
	strcpy(row->time, "2026-11-29T16:18:18Z");
	strcpy(row->scenario, "made-up");
	strcpy(row->lab, "native");
	strcpy(row->clock, "wall");
	strcpy(row->kernel, "6.1.0");
	strcpy(row->arch, "x86_64");
	strcpy(row->cpu_model, "made-up CPU");
	strcpy(row->tuning, "default");
	strcpy(row->tuning_base, "default");
	strcpy(row->loop, "closed");
	row->cpus = LAD_CPUS_FREE;
	row->block = block;
	row->trial = trial;
	row->flows = row->threads = 1;
	row->duration_s = 1;
	row->sessions = pairs;
	row->hosts = 2;
	if (pairs == 1)
		return;
	snprintf(row->topology, sizeof row->topology, "pairs=%d", pairs);
	snprintf(row->options, sizeof row->options, "topology=pairs=%d", pairs);
}

static void measure(struct lad_row *row, const struct carried_plan *plan, double faster, unsigned *seed)
{
	double dear = row->mode == LAD_MODE_BRIDGE ? 2 : 1, n = row->sessions;
	double rate = 50000 * n / (1 + 0.1 * (n - 1)) / dear * faster * exp(plan->spread * noise(seed));
	bool stream = lad_is_stream(row->workload);
	double bytes = (double)row->message_bytes, cost_s = stream ? 1e-6 + 0.1e-9 * bytes : 10e-6 + 2e-9 * bytes;
	if (!stream && bytes > (double)row->mtu - 52)
		cost_s += 20e-6; /* more packets than one */
	cost_s *= dear / faster * exp(plan->spread * noise(seed));
	if (stream) {
		row->goodput_bps = rate * bytes * 8;
		row->cpu_s_per_gbyte = plan->no_cpu ? NAN : cost_s / bytes * 1e9;
	} else {
		row->transactions_per_s = rate;
		row->latency_p50_us = row->latency_p99_us = 1e6 * n / rate;
		row->cpu_us_per_transaction = plan->no_cpu ? NAN : cost_s * 1e6;
	}
	row->cpu_system_s = plan->no_cpu ? NAN : fmin(1.95, 0.5 * n);
}

static void add_search(struct lad_table *table, const struct carried_plan *plan)
{
	if (!plan->slo || table->rows[table->row_count - 1].sessions > 1)
		return;
	struct lad_row *row = add_row(table);
	*row = row[-1];
	row->trial++;
	row->transactions_per_s *= 0.6;
	strcpy(row->loop, "open");
	strcpy(row->options, "goal=slo goal_loss=1% goal_deadline=1ms");
}

static void add_rows(struct lad_table *table, const struct carried_plan *plan, enum lad_workload_kind kind,
		     const int64_t *sizes, int run, int block, unsigned *seed)
{
	static const enum lad_mode modes[] = {LAD_MODE_HOST, LAD_MODE_BRIDGE};
	for (int l = 0; plan->levels[l]; l++)
		for (int s = 0; sizes[s]; s++)
			for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
				struct lad_row *row = add_row(table);
				describe(row, run, block, plan->levels[l], table->row_count);
				row->mode = modes[m];
				row->workload = kind;
				row->message_bytes = sizes[s];
				row->mtu = plan->mtu ? plan->mtu : 65535;
				measure(row, plan, 1 + plan->drift * run, seed);
				if (kind == LAD_TCP_RR)
					add_search(table, plan);
			}
}

void carried_make(struct lad_table *table, const struct carried_plan *plan)
{
	unsigned seed = 7 + plan->seed;
	*table = (struct lad_table){0};
	for (int run = 0; run < (plan->runs ? plan->runs : 1); run++)
		for (int block = 1; block <= CARRIED_BLOCKS; block++) {
			add_rows(table, plan, LAD_TCP_RR, plan->request_bytes, run, block, &seed);
			add_rows(table, plan, LAD_TCP_STREAM, plan->write_bytes, run, block, &seed);
		}
}

void carried_folder(const struct carried_plan *plan, char path[64])
{
	struct lad_table table;
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	strcpy(path, "/tmp/netladder-carried-XXXXXX");
	assert_non_null(mkdtemp(path));
	carried_make(&table, plan);
	assert_int_equal(lad_results_create(path, &writer, &err), 0);
	for (int i = 0; i < table.row_count; i++)
		assert_int_equal(lad_results_append(writer, &table.rows[i], NULL, &err), 0);
	lad_results_close(writer);
	lad_table_free(&table);
	folder_put(path, "environment.json", "{\"machine\": {\"cpus_online\": 2}}");
}
