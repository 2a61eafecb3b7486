/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folders.h"

#include <cjson/cJSON.h>
#include <ftw.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How fast each mode is against host. */
static const double rungs[LAD_MODE_COUNT] = {1, 0.95, 0.95, 0.9, 0.5, 0.45};

static double noise(unsigned *seed)
{
	return 1 + 0.01 * ((double)rand_r(seed) / RAND_MAX - 0.5);
}

static void fill_text(struct lad_row *row, const struct folder_plan *plan, int tuning)
{
	const char *text = plan->text;
	snprintf(row->run_id, sizeof row->run_id, "run-at-%.3f", plan->speed);
	strcpy(row->time, "2026-11-24T16:18:18Z");
	snprintf(row->scenario, sizeof row->scenario, "%.60s", text ? text : "made-up");
	snprintf(row->lab, sizeof row->lab, "%.15s", text ? text : "native");
	snprintf(row->clock, sizeof row->clock, "%s", plan->clock ? plan->clock : "wall");
	snprintf(row->kernel, sizeof row->kernel, "%.90s", text ? text : "6.18.44");
	snprintf(row->arch, sizeof row->arch, "%.20s", text ? text : "x86_64");
	snprintf(row->cpu_model, sizeof row->cpu_model, "%.90s", text ? text : "AMD EPYC");
	row->mtu = 1500 + 1000 * tuning;
	strcpy(row->tuning_base, "default");
	if (tuning == 0) {
		strcpy(row->tuning, "default");
		return;
	}
	if (text)
		snprintf(row->tuning, sizeof row->tuning, "%.50s%d", text, tuning);
	else
		snprintf(row->tuning, sizeof row->tuning, "mtu=%d", (int)row->mtu);
	static char settings[64][24]; /* the rows borrow them */
	snprintf(settings[tuning % 64], sizeof settings[0], "mtu=%d", (int)row->mtu);
	row->tuning_settings = row->tuning_effective = settings[tuning % 64];
	row->tuning_note = text ? text : "";
}

static void fill_figures(struct lad_row *row, const struct folder_plan *plan, int tuning, unsigned *seed)
{
	double rate = rungs[row->mode] * plan->speed * (1 + 0.06 * (tuning % 4)) * noise(seed);
	if (plan->skipped && strcmp(lad_mode_name(row->mode), plan->skipped) == 0) {
		row->status = LAD_STATUS_SKIPPED;
		snprintf(row->reason, sizeof row->reason, "%.500s", plan->text ? plan->text : "not in this kernel");
		return;
	}
	row->cpu_s_per_gbyte = 0.1 / rate;
	if (row->workload == LAD_TCP_STREAM) {
		row->goodput_bps = 70e9 * rate;
	} else if (row->workload == LAD_UDP_STREAM) {
		row->packets_per_s = 190e3 * rate;
	} else {
		row->transactions_per_s = 80e3 * rate;
		row->latency_p50_us = 12 / rate;
		row->latency_p90_us = 14 / rate;
		row->latency_p99_us = 20 / rate;
		row->latency_p999_us = 40 / rate;
		row->latency_max_us = 400 / rate;
		row->latency_mean_us = 13 / rate;
	}
}

static void fill_histogram(struct lad_histogram *histogram, double middle_us, unsigned *seed)
{
	lad_histogram_reset(histogram);
	for (int i = 0; i < 400; i++) {
		double u = (double)rand_r(seed) / RAND_MAX;
		lad_histogram_record(histogram, (int64_t)(middle_us * 1000 * (0.8 + 0.4 * u + (u > 0.99 ? 3 : 0))));
	}
}

static void write_rows(const struct folder_plan *plan, const char *path)
{
	static struct lad_histogram histogram;
	struct lad_results_writer *writer;
	struct lad_error err = {0};
	struct lad_row row;
	unsigned seed = 1;
	int trial = 0;
	assert_int_equal(lad_results_create(path, &writer, &err), 0);
	for (int block = 1; block <= plan->blocks; block++)
		for (int tuning = 0; tuning < plan->tunings; tuning++)
			for (int workload = 0; workload < plan->workloads; workload++)
				for (int mode = 0; mode < plan->modes; mode++) {
					lad_row_clear(&row);
					fill_text(&row, plan, tuning);
					row.seed = 7;
					row.block = block;
					row.trial = ++trial;
					row.mode = (enum lad_mode)mode;
					row.workload = (enum lad_workload_kind)workload;
					row.flows = 1;
					row.message_bytes = 64;
					row.duration_s = 0.45;
					row.warmup_s = 0.12;
					fill_figures(&row, plan, tuning, &seed);
					bool timed = isfinite(row.latency_p50_us);
					if (timed)
						fill_histogram(&histogram, row.latency_p50_us, &seed);
					if (lad_results_append(writer, &row, timed ? &histogram : NULL, &err) < 0)
						fail_msg("%s", err.message);
				}
	lad_results_close(writer);
}

static void write_environment(const struct folder_plan *plan, const char *path)
{
	const char *text = plan->text ? plan->text : "plain";
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "scenario", text);
	cJSON *machine = cJSON_AddObjectToObject(root, "machine");
	cJSON_AddStringToObject(machine, "kernel", text);
	cJSON_AddNumberToObject(machine, "cpus_online", 2);
	cJSON *sysctl = cJSON_AddObjectToObject(root, "sysctl");
	cJSON_AddStringToObject(sysctl, text, text);
	cJSON_AddNullToObject(sysctl, "net/core/busy_poll");
	char *json = cJSON_Print(root);
	folder_put(path, "environment.json", json);
	cJSON_free(json);
	cJSON_Delete(root);
}

static void write_scenario(const struct folder_plan *plan, const char *path)
{
	char yaml[2048];
	cJSON *quoted = cJSON_CreateString(plan->text ? plan->text : "What does each mode cost?");
	char *description = cJSON_PrintUnformatted(quoted); /* a JSON string is a YAML string */
	snprintf(yaml, sizeof yaml,
		 "# %s\n"
		 "description: %s\n"
		 "modes: [host, macvlan, ipvlan-l2, ipvlan-l3, bridge, overlay]\n"
		 "workloads: [{kind: tcp_rr}]\n"
		 "trials: {blocks: %d, warmup: 120ms, duration: 450ms, seed: 7}\n"
		 "expect: {order: host > macvlan ~ ipvlan-l2 > bridge > overlay}\n",
		 plan->text ? plan->text : "made up", description, plan->blocks);
	folder_put(path, "scenario.yaml", yaml);
	cJSON_free(description);
	cJSON_Delete(quoted);
}

void folder_make(const struct folder_plan *plan, char path[64])
{
	strcpy(path, "/tmp/netladder-folder-XXXXXX");
	assert_non_null(mkdtemp(path));
	write_rows(plan, path);
	write_environment(plan, path);
	write_scenario(plan, path);
}

void folder_put(const char *folder, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

char *folder_get(const char *folder, const char *name, size_t *length)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("%s is not there", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*length = (size_t)ftell(file);
	rewind(file);
	char *bytes = malloc(*length + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *length, file), *length);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place)
{
	(void)about;
	(void)type;
	(void)place;
	return remove(path);
}

int folder_remove(const char *folder)
{
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
