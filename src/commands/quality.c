/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/quality.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/stopping.h"
#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/output.h"

#define ENVIRONMENT_BYTES_MAX (1 << 20)

static void add_number(cJSON *object, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, name, value);
	else
		cJSON_AddNullToObject(object, name);
}

static cJSON *as_json(const struct lad_quality *quality)
{
	cJSON *object = cJSON_CreateObject();
	add_number(object, "other_cpus", quality->other_cpus);
	add_number(object, "steal_cpus", quality->steal_ratio);
	cJSON *notes = cJSON_AddArrayToObject(object, "notes");
	for (int i = 0; i < quality->count; i++) {
		cJSON *note = cJSON_CreateObject();
		cJSON_AddStringToObject(note, "kind", lad_quality_name(quality->notes[i].kind));
		cJSON_AddStringToObject(note, "text", quality->notes[i].text);
		cJSON_AddItemToArray(notes, note);
	}
	return object;
}

static cJSON *read_json(const char *path)
{
	lad_cleanup_bytes struct lad_bytes text;
	return lad_file_read(path, ENVIRONMENT_BYTES_MAX, &text, NULL) == 0 ? cJSON_Parse((char *)text.data) : NULL;
}

int stopping_record_quality(const struct stopping *stopping, struct lad_error *err)
{
	char path[4200];
	struct lad_table table;
	struct lad_quality quality;
	snprintf(path, sizeof path, "%s/results.csv", stopping->directory);
	if (lad_table_read(path, &table, err) < 0)
		return -1;
	lad_quality_look(&table, &quality);
	lad_table_free(&table);
	snprintf(path, sizeof path, "%s/environment.json", stopping->directory);
	cJSON *root = read_json(path);
	if (!cJSON_IsObject(root)) {
		cJSON_Delete(root);
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot read %s", path);
	}
	cJSON_DeleteItemFromObjectCaseSensitive(root, "quality");
	cJSON_AddItemToObject(root, "quality", as_json(&quality));
	lad_cleanup_free char *text = cJSON_Print(root), *line = NULL;
	cJSON_Delete(root);
	if (!text || asprintf(&line, "%s\n", text) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return lad_output_write(path, line, strlen(line), err);
}
