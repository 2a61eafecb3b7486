/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/incomplete.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/plan.h"
#include "netladder/text.h"
#include "netladder/units.h"

#define ENVIRONMENT_BYTES_MAX (1 << 20)
#define TRIALS_MAX 1e9

/* What the rows tell of their run. */
struct extent {
	bool one_run, stops_by_itself;
	int blocks; /* the highest */
	int first;  /* rows of block 1 */
};

static struct extent extent_of(const struct lad_table *table)
{
	const struct lad_row *rows = table->rows;
	struct extent extent = {.one_run = true};
	for (int i = 0; i < table->row_count; i++) {
		extent.one_run &= strcmp(rows[i].run_id, rows[0].run_id) == 0;
		extent.stops_by_itself |= rows[i].max_blocks > 0;
		extent.blocks = rows[i].block > extent.blocks ? rows[i].block : extent.blocks;
		extent.first += rows[i].block == 1;
	}
	return extent;
}

/* The file NAME beside RESULTS_PATH. */
static void beside(const char *results_path, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(results_path, '/');
	snprintf(path, size, "%.*s%s", slash ? (int)(slash - results_path) + 1 : 0, results_path, name);
}

/* What environment.json says was planned; 0: nothing. */
static int recorded_plan(const char *results_path, const struct extent *extent)
{
	char path[PATH_MAX];
	lad_cleanup_bytes struct lad_bytes text;
	beside(results_path, "environment.json", path, sizeof path);
	if (lad_file_read(path, ENVIRONMENT_BYTES_MAX, &text, NULL) < 0)
		return 0;
	cJSON *root = cJSON_Parse((char *)text.data);
	double trials = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "trials"));
	double blocks = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "blocks"));
	cJSON_Delete(root);
	if (!(trials >= 1 && trials <= TRIALS_MAX))
		return 0;
	if (extent->stops_by_itself && blocks >= extent->blocks)
		trials = rint(trials / blocks * extent->blocks);
	return (int)trials;
}

static bool is_quick(const struct lad_scenario *scenario, const struct lad_row *row)
{
	double quick_s = (double)scenario->quick_warmup_ns / (double)LAD_NS_PER_S;
	return scenario->quick_warmup_ns != scenario->warmup_ns && fabs(row->warmup_s - quick_s) < 1e-6;
}

/* What scenario.yaml plans, with the blocks as large as the first one was: --only and --versus leave it so. */
static int remade_plan(const char *results_path, const struct lad_table *table, const struct extent *extent)
{
	char path[PATH_MAX];
	struct lad_error unused = {0};
	struct lad_plan plan;
	beside(results_path, "scenario.yaml", path, sizeof path);
	lad_cleanup_free struct lad_scenario *scenario = calloc(1, sizeof *scenario);
	if (!scenario || lad_scenario_load(path, scenario, &unused) < 0)
		return 0;
	struct lad_plan_options options = {.quick = is_quick(scenario, &table->rows[0])};
	if (lad_plan_make(scenario, &options, &plan, &unused) < 0)
		return 0;
	int of_block = extent->blocks > 1 ? extent->first : plan.trial_count / plan.blocks;
	int blocks = extent->stops_by_itself || extent->blocks > plan.blocks ? extent->blocks : plan.blocks;
	double trials = (double)of_block * blocks;
	lad_plan_free(&plan);
	return trials <= TRIALS_MAX ? (int)trials : 0;
}

void lad_incomplete_look(const char *results_path, const struct lad_table *table, struct lad_incomplete *found)
{
	*found = (struct lad_incomplete){.cut_line = lad_table_cut(results_path)};
	struct extent extent = extent_of(table);
	if (!extent.one_run || table->row_count == 0)
		return;
	int planned = recorded_plan(results_path, &extent);
	if (!planned && found->cut_line)
		planned = remade_plan(results_path, table, &extent);
	if (planned < table->row_count)
		return;
	found->planned = planned;
	found->missing = planned - table->row_count;
}

bool lad_incomplete_describe(const struct lad_incomplete *found, const char *name, char *out, size_t size)
{
	char rows[80] = "";
	out[0] = '\0';
	if (found->missing)
		snprintf(rows, sizeof rows, "%d of %d planned trials ha%s no row", found->missing, found->planned,
			 found->missing == 1 ? "s" : "ve");
	if (found->cut_line)
		snprintf(out, size, "%s:%d: the last line is cut off and left out%s%s", name, found->cut_line,
			 rows[0] ? "; " : "", rows);
	else if (found->missing)
		snprintf(out, size, "%s: %s", name, rows);
	lad_text_clean(out);
	return out[0] != '\0';
}

bool lad_records_describe_cut(const char *path, const char *name, char *out, size_t size)
{
	int line = lad_records_cut(path);
	out[0] = '\0';
	if (line)
		snprintf(out, size, "%s:%d: the last line is cut off and left out", name, line);
	lad_text_clean(out);
	return line > 0;
}
