/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "analysis/gains.h"
#include "analysis/json_numbers.h"
#include "netladder/cleanup.h"
#include "netladder/under_load.h"
#include "netladder/verdict.h"

/* Programs get the usual unit, whatever the tables show. */
static void add_cell(cJSON *array, const struct lad_group *group, const struct lad_cell *cell)
{
	double usual = lad_metric_usual(group->metric)->scale / group->metric->scale;
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "mode", lad_mode_name(cell->mode));
	cJSON_AddNumberToObject(object, "ok", cell->ok);
	cJSON_AddNumberToObject(object, "failed", cell->failed);
	cJSON_AddNumberToObject(object, "skipped", cell->skipped);
	cJSON_AddStringToObject(object, "reason", cell->reason);
	analysis_add_number(object, "median", cell->median * usual);
	analysis_add_interval(object, "median_ci95",
			      (struct lad_interval){cell->median_ci.low * usual, cell->median_ci.high * usual});
	analysis_add_number(object, "coefficient_of_variation", cell->variation);
	analysis_add_number(object, "ratio_to_host", cell->ratio_to_host);
	analysis_add_interval(object, "ratio_to_host_ci95", cell->ratio_ci);
	cJSON *values = cJSON_AddArrayToObject(object, "values");
	for (int i = 0; i < cell->ok; i++)
		cJSON_AddItemToArray(values, cJSON_CreateNumber(cell->values[i] * usual));
	cJSON_AddItemToArray(array, object);
}

static void add_judgement(cJSON *array, const struct lad_judgement *judgement)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "left", lad_mode_name(judgement->relation.left));
	cJSON_AddStringToObject(object, "sign", judgement->relation.sign == LAD_GREATER ? ">" : "~");
	cJSON_AddStringToObject(object, "right", lad_mode_name(judgement->relation.right));
	cJSON_AddStringToObject(object, "verdict", lad_verdict_name(judgement->verdict));
	cJSON_AddStringToObject(object, "bridged_over", judgement->bridged_over);
	analysis_add_number(object, "ratio", judgement->ratio);
	analysis_add_interval(object, "ratio_ci95", judgement->ratio_ci);
	analysis_add_number(object, "p_adjusted", judgement->p_adjusted);
	cJSON_AddNumberToObject(object, "pairs", judgement->pairs);
	cJSON_AddBoolToObject(object, "normal_approximation",
			      isfinite(judgement->p_adjusted) && judgement->pairs > LAD_SIGNED_RANK_EXACT_MAX);
	cJSON_AddNumberToObject(object, "blocks_needed", judgement->blocks_needed);
	cJSON_AddStringToObject(object, "why", judgement->why);
	cJSON_AddItemToArray(array, object);
}

static void add_pair(cJSON *array, const struct lad_pair *pair)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "left", lad_mode_name(pair->left));
	cJSON_AddStringToObject(object, "right", lad_mode_name(pair->right));
	cJSON_AddStringToObject(object, "result", lad_pair_name(pair->kind));
	analysis_add_number(object, "ratio", pair->ratio);
	analysis_add_interval(object, "ratio_ci95", pair->ratio_ci);
	analysis_add_number(object, "p_adjusted", pair->p_adjusted);
	cJSON_AddNumberToObject(object, "pairs", pair->pairs);
	cJSON_AddItemToArray(array, object);
}

static void add_group(cJSON *array, const struct lad_group *group)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "placement", lad_placement_name(group->key.placement));
	cJSON_AddStringToObject(object, "tuning", group->key.tuning);
	cJSON_AddStringToObject(object, "workload", lad_workload_name(group->key.workload));
	cJSON_AddStringToObject(object, "cpus", lad_cpus_name(group->key.cpus));
	cJSON_AddNumberToObject(object, "message_bytes", (double)group->key.message_bytes);
	cJSON_AddNumberToObject(object, "flows", group->key.flows);
	cJSON_AddStringToObject(object, "options", group->key.options);
	cJSON_AddStringToObject(object, "metric", group->metric->column);
	cJSON_AddStringToObject(object, "unit", lad_metric_usual(group->metric)->unit);
	cJSON_AddBoolToObject(object, "lower_is_better", group->metric->lower_is_better);
	cJSON_AddBoolToObject(object, "primary", group->primary);
	cJSON *cells = cJSON_AddArrayToObject(object, "modes");
	for (int i = 0; i < group->cell_count; i++)
		add_cell(cells, group, &group->cells[i]);
	cJSON *judgements = cJSON_AddArrayToObject(object, "relations");
	for (int i = 0; i < group->judgement_count; i++)
		add_judgement(judgements, &group->judgements[i]);
	cJSON *pairs = group->pairs ? cJSON_AddArrayToObject(object, "pairs") : NULL;
	for (int i = 0; group->pairs && i < group->pair_count; i++)
		add_pair(pairs, &group->pairs[i]);
	cJSON_AddItemToArray(array, object);
}

static void add_rise(cJSON *array, const struct lad_rise *rise)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "mode", lad_mode_name(rise->mode));
	analysis_add_number(object, "idle_p50_us", rise->idle_p50_us);
	analysis_add_number(object, "idle_p99_us", rise->idle_p99_us);
	analysis_add_number(object, "loaded_p50_us", rise->loaded_p50_us);
	analysis_add_number(object, "loaded_p99_us", rise->loaded_p99_us);
	analysis_add_number(object, "rise_p50_us", rise->rise_p50_us);
	analysis_add_number(object, "rise_p99_us", rise->rise_p99_us);
	analysis_add_number(object, "ratio", rise->ratio);
	analysis_add_interval(object, "ratio_ci95", rise->ratio_ci);
	analysis_add_number(object, "background_goodput_bps", rise->background_bps);
	analysis_add_number(object, "background_transactions_per_s", rise->background_tps);
	cJSON_AddNumberToObject(object, "pairs", rise->pairs);
	cJSON_AddItemToArray(array, object);
}

static void add_under_load(cJSON *root, const struct lad_under_load *under_load)
{
	cJSON *groups = cJSON_AddArrayToObject(root, "latency_under_load");
	for (int i = 0; under_load && i < under_load->group_count; i++) {
		const struct lad_rise_group *group = &under_load->groups[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "placement", lad_placement_name(group->key.placement));
		cJSON_AddStringToObject(object, "tuning", group->key.tuning);
		cJSON_AddStringToObject(object, "workload", lad_workload_name(group->key.workload));
		cJSON_AddStringToObject(object, "cpus", lad_cpus_name(group->key.cpus));
		cJSON_AddNumberToObject(object, "message_bytes", (double)group->key.message_bytes);
		cJSON_AddNumberToObject(object, "flows", group->key.flows);
		cJSON_AddStringToObject(object, "options", group->options);
		cJSON_AddStringToObject(object, "background", group->background);
		cJSON *modes = cJSON_AddArrayToObject(object, "modes");
		for (int j = 0; j < group->mode_count; j++)
			add_rise(modes, &group->modes[j]);
		cJSON_AddItemToArray(groups, object);
	}
}

void lad_verdict_print_json(const struct lad_verdict *verdict, FILE *out)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "scenario", verdict->scenario);
	cJSON_AddStringToObject(root, "run_id", verdict->run_id);
	cJSON_AddStringToObject(root, "lab", verdict->lab);
	cJSON_AddStringToObject(root, "clock", verdict->clock);
	cJSON_AddStringToObject(root, "kernel", verdict->kernel);
	cJSON_AddStringToObject(root, "time", verdict->time);
	cJSON_AddNumberToObject(root, "margin", verdict->margin);
	cJSON_AddNumberToObject(root, "alpha", verdict->alpha);
	cJSON_AddNumberToObject(root, "blocks", verdict->blocks);
	if (verdict->max_blocks > 0)
		cJSON_AddNumberToObject(root, "max_blocks", (double)verdict->max_blocks);
	else
		cJSON_AddNullToObject(root, "max_blocks");
	if (verdict->gains)
		gains_add_json(root, verdict->gains);
	cJSON *quality = cJSON_AddArrayToObject(root, "quality");
	for (int i = 0; i < verdict->quality.count; i++) {
		const struct lad_quality_note *note = &verdict->quality.notes[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "kind", lad_quality_name(note->kind));
		cJSON_AddStringToObject(object, "text", note->text);
		cJSON_AddItemToArray(quality, object);
	}
	add_under_load(root, verdict->under_load);
	cJSON *groups = cJSON_AddArrayToObject(root, "groups");
	for (int i = 0; i < verdict->group_count; i++)
		add_group(groups, &verdict->groups[i]);
	lad_cleanup_free char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text)
		fprintf(out, "%s\n", text);
}
