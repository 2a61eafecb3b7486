/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <math.h>

#include "analysis/gains.h"

static void add_number(cJSON *object, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, name, value);
	else
		cJSON_AddNullToObject(object, name);
}

static void add_ratio(cJSON *object, double ratio, struct lad_interval interval, double p_adjusted)
{
	add_number(object, "ratio", ratio);
	cJSON *pair = cJSON_AddObjectToObject(object, "ratio_ci95");
	add_number(pair, "low", interval.low);
	add_number(pair, "high", interval.high);
	add_number(object, "p_adjusted", p_adjusted);
}

/* Programs get the usual unit, whatever the tables show: USUAL is how many of it one of the metric's is. */
static void add_gain(cJSON *array, const char *tuning, double usual, const struct lad_gain *gain)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "tuning", tuning);
	cJSON_AddStringToObject(object, "verdict", lad_gain_name(gain->kind));
	add_number(object, "median", gain->median * usual);
	cJSON_AddNumberToObject(object, "pairs", gain->pairs);
	add_ratio(object, gain->ratio, gain->ratio_ci, gain->p_adjusted);
	cJSON_AddNumberToObject(object, "blocks_needed", gain->blocks_needed);
	cJSON_AddStringToObject(object, "reason", gain->reason);
	cJSON_AddStringToObject(object, "note", gain->note);
	cJSON_AddItemToArray(array, object);
}

static void add_effect(cJSON *array, const struct lad_effect *effect)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "setting", effect->factor);
	cJSON_AddStringToObject(object, "verdict",
				effect->kind == LAD_GAIN_BETTER ? "effect" : lad_gain_name(effect->kind));
	cJSON_AddStringToObject(object, "best", effect->best);
	cJSON_AddStringToObject(object, "worst", effect->worst);
	add_ratio(object, effect->ratio, effect->ratio_ci, effect->p_adjusted);
	cJSON_AddStringToObject(object, "interaction", effect->interaction);
	cJSON_AddItemToArray(array, object);
}

static void add_cell(cJSON *array, const struct lad_gains *gains, double usual, const struct lad_gain_cell *cell)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "mode", lad_mode_name(cell->mode));
	if (cell->best >= 0)
		cJSON_AddStringToObject(object, "best", gains->tunings[cell->best]);
	else
		cJSON_AddNullToObject(object, "best");
	cJSON_AddStringToObject(object, "not_told_from_best", cell->rivals);
	cJSON *list = cJSON_AddArrayToObject(object, "gains");
	for (int i = 0; i < gains->tuning_count; i++)
		add_gain(list, gains->tunings[i], usual, &cell->gains[i]);
	cJSON *effects = cJSON_AddArrayToObject(object, "settings");
	for (int i = 0; i < cell->effect_count; i++)
		add_effect(effects, &cell->effects[i]);
	cJSON_AddItemToArray(array, object);
}

void gains_add_json(cJSON *root, const struct lad_gains *gains)
{
	cJSON *object = cJSON_AddObjectToObject(root, "tunings");
	cJSON_AddStringToObject(object, "base", gains->tunings[0]);
	cJSON *workloads = cJSON_AddArrayToObject(object, "workloads");
	for (int i = 0; i < gains->group_count; i++) {
		const struct lad_gain_group *group = &gains->groups[i];
		cJSON *entry = cJSON_CreateObject();
		cJSON_AddStringToObject(entry, "placement", lad_placement_name(group->key.placement));
		cJSON_AddStringToObject(entry, "workload", lad_workload_name(group->key.workload));
		cJSON_AddStringToObject(entry, "cpus", lad_cpus_name(group->key.cpus));
		cJSON_AddNumberToObject(entry, "message_bytes", (double)group->key.message_bytes);
		if (group->key.flows >= 0)
			cJSON_AddNumberToObject(entry, "flows", group->key.flows);
		else
			cJSON_AddNullToObject(entry, "flows");
		cJSON_AddStringToObject(entry, "options", group->key.options);
		cJSON_AddStringToObject(entry, "metric", group->metric->column);
		cJSON_AddStringToObject(entry, "unit", lad_metric_usual(group->metric)->unit);
		double usual = lad_metric_usual(group->metric)->scale / group->metric->scale;
		cJSON *modes = cJSON_AddArrayToObject(entry, "modes");
		for (int j = 0; j < group->cell_count; j++)
			add_cell(modes, gains, usual, &group->cells[j]);
		cJSON_AddItemToArray(workloads, entry);
	}
}
