/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "analysis/compare.h"
#include "analysis/json_numbers.h"
#include "netladder/cleanup.h"

static void add_side(cJSON *object, const char *name, const struct lad_compare_line *line,
		     const struct lad_compare_side *side)
{
	cJSON *part = cJSON_AddObjectToObject(object, name);
	cJSON_AddNumberToObject(part, "ok", side->ok);
	cJSON_AddNumberToObject(part, "failed", side->failed);
	cJSON_AddNumberToObject(part, "skipped", side->skipped);
	cJSON_AddNumberToObject(part, "runs", side->runs);
	const struct lad_metric *usual = lad_metric_usual(line->metric); /* whatever the tables show */
	double factor = usual->scale / line->metric->scale;
	analysis_add_number(part, "median", side->median * factor);
	analysis_add_interval(part, "median_ci95",
			      (struct lad_interval){side->median_ci.low * factor, side->median_ci.high * factor});
	cJSON *values = cJSON_AddArrayToObject(part, "values");
	for (int i = 0; i < side->ok; i++)
		cJSON_AddItemToArray(values, cJSON_CreateNumber(side->values[i] * usual->scale));
	cJSON_AddStringToObject(part, "reason", side->reason);
}

static void add_line(cJSON *array, const struct lad_compare_line *line)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *key = cJSON_AddObjectToObject(object, "key");
	for (int i = 0; lad_compare_keys[i]; i++) {
		char text[512];
		lad_row_text(&line->key, lad_column_find(lad_compare_keys[i]), text, sizeof text);
		cJSON_AddStringToObject(key, lad_compare_keys[i], text);
	}
	cJSON_AddStringToObject(object, "name", line->name);
	cJSON_AddStringToObject(object, "metric", line->metric->column);
	cJSON_AddStringToObject(object, "unit", lad_metric_usual(line->metric)->unit);
	cJSON_AddBoolToObject(object, "lower_is_better", line->metric->lower_is_better);
	add_side(object, "base", line, &line->base);
	add_side(object, "new", line, &line->fresh);
	cJSON_AddStringToObject(object, "pairing", lad_pairing_name(line->pairing));
	cJSON_AddNumberToObject(object, "pairs", line->pairs);
	cJSON_AddBoolToObject(object, "normal_approximation", compare_is_normal(line));
	analysis_add_number(object, "ratio", line->ratio);
	analysis_add_interval(object, "ratio_ci95", line->ratio_ci);
	analysis_add_interval(object, "ratio_of_medians_bca95", line->medians_ci);
	analysis_add_number(object, "run_spread", line->run_spread);
	analysis_add_number(object, "p_adjusted", line->p_adjusted);
	cJSON_AddBoolToObject(object, "identical", line->identical);
	cJSON_AddStringToObject(object, "change", lad_change_name(line->change));
	cJSON_AddNumberToObject(object, "blocks_needed", line->blocks_needed);
	cJSON_AddStringToObject(object, "why", line->why);
	cJSON_AddItemToArray(array, object);
}

static void add_quality(cJSON *root, const char *name, const struct lad_quality *quality)
{
	cJSON *notes = cJSON_AddArrayToObject(root, name);
	for (int i = 0; i < quality->count; i++)
		cJSON_AddItemToArray(notes, cJSON_CreateString(quality->notes[i].text));
}

void lad_compare_print_json(const struct lad_compare *compare, FILE *out)
{
	char summary[256];
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "base", compare->base_name);
	cJSON_AddStringToObject(root, "new", compare->fresh_name);
	cJSON_AddNumberToObject(root, "margin", compare->margin);
	cJSON_AddNumberToObject(root, "alpha", compare->alpha);
	if (compare->vm_cause[0])
		cJSON_AddStringToObject(root, "vm_cause", compare->vm_cause);
	cJSON *differences = cJSON_AddArrayToObject(root, "differences");
	for (int i = 0; i < compare->difference_count; i++) {
		const struct lad_difference *difference = &compare->differences[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "what", difference->what);
		cJSON_AddStringToObject(object, "base", difference->base);
		cJSON_AddStringToObject(object, "new", difference->fresh);
		cJSON_AddBoolToObject(object, "grave", difference->grave);
		cJSON_AddItemToArray(differences, object);
	}
	add_quality(root, "base_quality", &compare->base_quality);
	add_quality(root, "new_quality", &compare->fresh_quality);
	cJSON *counts = cJSON_AddObjectToObject(root, "counts");
	for (int i = 0; i < LAD_CHANGE_COUNT; i++)
		cJSON_AddNumberToObject(counts, lad_change_name((enum lad_change)i), compare->counts[i]);
	cJSON *lines = cJSON_AddArrayToObject(root, "lines");
	for (int i = 0; i < compare->line_count; i++)
		add_line(lines, &compare->lines[i]);
	lad_compare_summary(compare, summary, sizeof summary);
	cJSON_AddStringToObject(root, "summary", summary);
	lad_cleanup_free char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text)
		fprintf(out, "%s\n", text);
}
