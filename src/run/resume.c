/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/resume.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/row_key.h"

#define FILE_BYTES_MAX (1 << 20)

static int read_text(const char *path, struct lad_bytes *text, struct lad_error *err)
{
	if (lad_file_read(path, FILE_BYTES_MAX, text, err) == 0)
		return 0;
	lad_error_context(err, "--resume");
	lad_error_change_exit(err, LAD_EXIT_USAGE);
	return -1;
}

static int check_scenario(const char *directory, const char *scenario_path, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/scenario.yaml", directory);
	lad_cleanup_bytes struct lad_bytes then = {0}, now = {0};
	if (read_text(path, &then, err) < 0 || read_text(scenario_path, &now, err) < 0)
		return -1;
	if (then.size == now.size && memcmp(then.data, now.data, now.size) == 0)
		return 0;
	return lad_error_set(err, LAD_EXIT_USAGE, "--resume: %s is not the scenario of that run; valid: %s",
			     scenario_path, path);
}

/* The plan's size, which rows alone do not tell. */
static int check_plan(const char *directory, const struct lad_plan *plan, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/environment.json", directory);
	lad_cleanup_bytes struct lad_bytes text;
	if (read_text(path, &text, err) < 0)
		return -1;
	cJSON *root = cJSON_Parse((char *)text.data);
	double trials = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "trials"));
	double blocks = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "blocks"));
	cJSON_Delete(root);
	if (trials == plan->trial_count && blocks == plan->blocks)
		return 0;
	return lad_error_set(
	    err, LAD_EXIT_USAGE,
	    "--resume: that run was planned as %.0f trials in %.0f blocks, this one as %d in %d; valid: "
	    "the options it was begun with",
	    trials, blocks, plan->trial_count, plan->blocks);
}

int run_resume_read(const char *directory, const char *scenario_path, const struct lad_plan *plan,
		    struct lad_table *table, struct lad_error *err)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/results.csv", directory);
	if (check_scenario(directory, scenario_path, err) < 0 || check_plan(directory, plan, err) < 0)
		return -1;
	if (lad_table_read(path, table, err) < 0)
		return lad_error_context(err, "--resume");
	if (table->row_count <= plan->trial_count)
		return 0;
	lad_table_free(table);
	return lad_error_set(err, LAD_EXIT_USAGE, "--resume: %s has more rows than the plan has trials", path);
}

static bool same_trial(const struct lad_row *a, const struct lad_row *b)
{
	return lad_rows_order(a, b, 0) == 0 && a->trial == b->trial && a->block == b->block &&
	       strcmp(a->scenario, b->scenario) == 0 && strcmp(a->lab, b->lab) == 0 &&
	       strcmp(a->clock, b->clock) == 0 && a->warmup_s == b->warmup_s && a->max_blocks == b->max_blocks;
}

int run_resume_check(const struct lad_row *row, const struct lad_row *expected, struct lad_error *err)
{
	if (row->seed != expected->seed)
		return lad_error_set(err, LAD_EXIT_USAGE, "--resume: that run has seed %llu; valid: --seed %llu",
				     (unsigned long long)row->seed, (unsigned long long)row->seed);
	if (strcmp(row->kernel, expected->kernel) != 0 || strcmp(row->cpu_model, expected->cpu_model) != 0)
		return lad_error_set(err, LAD_EXIT_USAGE,
				     "--resume: that run is of another machine: kernel %s, %s; this is %s, %s",
				     row->kernel, row->cpu_model, expected->kernel, expected->cpu_model);
	if (same_trial(row, expected))
		return 0;
	return lad_error_set(
	    err, LAD_EXIT_USAGE,
	    "--resume: its trial %d is %s %s, in this plan it is %s %s; valid: the options it was begun "
	    "with",
	    row->trial, lad_mode_name(row->mode), lad_workload_name(row->workload), lad_mode_name(expected->mode),
	    lad_workload_name(expected->workload));
}
