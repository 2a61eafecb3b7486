/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "netladder/cleanup.h"
#include "netladder/text.h"

/* What says nothing about machine or program, but when and how this run went. */
static const char *const passing[] = {"scenario", "time", "trials", "blocks", "machine.loadavg", "quality", "seed",
				      "directory", "variants", "vm.discarded", "vm.frozen_by_earlier_run",
				      "vm.frozen.saved_sha256",
				      /* said from the rows, which every results.csv has */
				      "machine.kernel", "machine.arch", "machine.cpu_model", "lab", "clock"};
/* What makes two runs incomparable. A path stands for all below it. */
static const char *const grave[] = {"machine.cpus_online", "machine.governor", "versions.netladder",
				    "versions.agent",	   "hashes",	       "vm"};

static bool listed(const char *const *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]);
		if (strncmp(path, list[i], length) == 0 && (path[length] == '\0' || path[length] == '.'))
			return true;
	}
	return false;
}

static bool is_grave(const char *path)
{
	return listed(grave, sizeof grave / sizeof *grave, path) || strstr(path, "sha256") || strstr(path, "hash");
}

static void text_of(const cJSON *item, char *out, size_t size)
{
	lad_cleanup_free char *text = item && !cJSON_IsString(item) ? cJSON_PrintUnformatted(item) : NULL;
	const char *shown = !item ? "(none)" : cJSON_IsString(item) ? item->valuestring : text;
	snprintf(out, size, "%.*s", (int)size - 1, shown ? shown : "?");
	lad_text_clean(out);
}

/* A new entry; NULL without memory. */
static struct lad_difference *add(struct lad_compare *compare, const char *what)
{
	struct lad_difference *differences =
	    reallocarray(compare->differences, (size_t)compare->difference_count + 1, sizeof *differences);
	if (!differences)
		return NULL;
	compare->differences = differences;
	struct lad_difference *difference = &differences[compare->difference_count++];
	memset(difference, 0, sizeof *difference);
	snprintf(difference->what, sizeof difference->what, "%s", what);
	lad_text_clean(difference->what);
	return difference;
}

static int diff(struct lad_compare *compare, const char *path, const cJSON *base, const cJSON *fresh, int depth);

/* Every member of OBJECT against that of OTHER; SWAPPED: only those that OTHER lacks, OBJECT being the fresh side. */
static int diff_members(struct lad_compare *compare, const char *path, const cJSON *object, const cJSON *other,
			bool swapped, int depth)
{
	const cJSON *member;
	cJSON_ArrayForEach(member, object)
	{
		char below[256];
		snprintf(below, sizeof below, "%.120s%s%.100s", path, path[0] ? "." : "",
			 member->string ? member->string : "");
		const cJSON *match = member->string ? cJSON_GetObjectItemCaseSensitive(other, member->string) : NULL;
		if (swapped && match)
			continue;
		int status = swapped ? diff(compare, below, NULL, member, depth + 1)
				     : diff(compare, below, member, match, depth + 1);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int diff(struct lad_compare *compare, const char *path, const cJSON *base, const cJSON *fresh, int depth)
{
	if (listed(passing, sizeof passing / sizeof *passing, path) || depth > 16)
		return 0;
	if (cJSON_IsObject(base) && cJSON_IsObject(fresh))
		return diff_members(compare, path, base, fresh, false, depth) < 0 ||
			       diff_members(compare, path, fresh, base, true, depth) < 0
			   ? -1
			   : 0;
	if (base && fresh && cJSON_Compare(base, fresh, 1))
		return 0;
	struct lad_difference *difference = add(compare, path);
	if (!difference)
		return -1;
	text_of(base, difference->base, sizeof difference->base);
	text_of(fresh, difference->fresh, sizeof difference->fresh);
	difference->grave = is_grave(path);
	return 0;
}

static int order(const void *left, const void *right)
{
	const struct lad_difference *a = left, *b = right;
	return a->grave != b->grave ? b->grave - a->grave : strcmp(a->what, b->what);
}

static const char *const row_columns[] = {"lab", "clock", "kernel", "arch", "cpu_model"};

/* All different values of a column, in the order of the rows: "6.1.0, 6.18.5". */
static void values_of(const struct lad_table *table, int column, char *out, size_t size)
{
	const struct lad_row *last = NULL;
	out[0] = '\0';
	for (int i = 0; i < table->row_count; i++) {
		char text[512];
		if (last && lad_row_order(last, &table->rows[i], column) == 0)
			continue;
		last = &table->rows[i];
		lad_row_text(last, column, text, sizeof text);
		if (!strstr(out, text) || !text[0])
			snprintf(out + strlen(out), size - strlen(out), "%s%s", out[0] ? ", " : "", text);
	}
}

int compare_rows(struct lad_compare *compare, const struct compare_tables *tables)
{
	for (size_t i = 0; i < sizeof row_columns / sizeof *row_columns; i++) {
		char base[128], fresh[128];
		int column = lad_column_find(row_columns[i]);
		values_of(tables->base, column, base, sizeof base);
		values_of(tables->fresh, column, fresh, sizeof fresh);
		if (strcmp(base, fresh) == 0)
			continue;
		struct lad_difference *difference = add(compare, row_columns[i]);
		if (!difference)
			return -1;
		strcpy(difference->base, base);
		strcpy(difference->fresh, fresh);
		difference->grave = true;
	}
	return 0;
}

static bool same(const cJSON *base, const cJSON *fresh, const char *name)
{
	return cJSON_Compare(cJSON_GetObjectItem(base, name), cJSON_GetObjectItem(fresh, name), 1);
}

/*
 * On the instruction clock the same programs, plan and frozen machine have the same figures. So what differs is said at
 * once, the first of them: programs also make another plan's name and another machine.
 */
static void name_vm_cause(struct lad_compare *compare, const cJSON *base, const cJSON *fresh)
{
	const cJSON *left = cJSON_GetObjectItem(base, "vm"), *right = cJSON_GetObjectItem(fresh, "vm");
	if (!cJSON_HasObjectItem(left, "frozen") || !cJSON_HasObjectItem(right, "frozen"))
		return;
	const char *cause = !same(left, right, "sha256")   ? "other programs (vm.sha256)"
			    : !same(left, right, "run_id") ? "another scenario or plan (vm.run_id)"
			    : !same(left, right, "frozen") ? "another frozen machine (vm.frozen)"
							   : "the same programs, plan and frozen machine";
	snprintf(compare->vm_cause, sizeof compare->vm_cause, "%s", cause);
}

int lad_compare_environment(struct lad_compare *compare, const char *base_json, const char *fresh_json,
			    struct lad_error *err)
{
	if (!base_json || !fresh_json)
		return 0;
	cJSON *base = cJSON_Parse(base_json), *fresh = cJSON_Parse(fresh_json);
	int status = 0;
	if (!base || !fresh)
		status = lad_error_set(err, LAD_EXIT_USAGE, "the environment.json of %s is not JSON",
				       base ? compare->fresh_name : compare->base_name);
	else if (diff(compare, "", base, fresh, 0) < 0)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	name_vm_cause(compare, base, fresh);
	cJSON_Delete(base);
	cJSON_Delete(fresh);
	if (compare->difference_count)
		qsort(compare->differences, (size_t)compare->difference_count, sizeof *compare->differences, order);
	return status;
}
