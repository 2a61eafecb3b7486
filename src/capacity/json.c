/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/json_numbers.h"
#include "netladder/capacity.h"
#include "netladder/cleanup.h"

static void add_figure(cJSON *object, const char *name, const struct lad_figure *figure, double factor)
{
	cJSON *part = cJSON_AddObjectToObject(object, name);
	analysis_add_number(part, "value", figure->value * factor);
	analysis_add_interval(part, "interval90",
			      (struct lad_interval){figure->interval.low * factor, figure->interval.high * factor});
	if (figure->basis != LAD_BASIS_NONE)
		cJSON_AddStringToObject(part, "basis", lad_basis_name(figure->basis));
}

static void add_scaling(cJSON *object, const struct lad_need_answer *answer)
{
	cJSON *part = answer->scaling.points ? cJSON_AddObjectToObject(object, "scaling")
					     : cJSON_AddNullToObject(object, "scaling");
	if (!answer->scaling.points)
		return;
	cJSON_AddStringToObject(part, "law", lad_law_name(answer->scaling.law));
	cJSON_AddNumberToObject(part, "points", (double)answer->scaling.points);
	analysis_add_number(part, "one_per_s", answer->scaling.one);
	analysis_add_number(part, "contention", answer->scaling.contention);
	analysis_add_interval(part, "contention_interval90", answer->contention);
	analysis_add_number(part, "coherency", answer->scaling.coherency);
	analysis_add_interval(part, "coherency_interval90", answer->coherency);
	analysis_add_number(part, "most_per_s", answer->scaling.most);
	analysis_add_number(part, "most_at", lad_scaling_peak(&answer->scaling));
}

static void add_line(cJSON *object, const struct lad_need_answer *answer)
{
	if (!answer->line_sizes) {
		cJSON_AddNullToObject(object, "cost_by_size");
		return;
	}
	cJSON *part = cJSON_AddObjectToObject(object, "cost_by_size");
	cJSON_AddNumberToObject(part, "sizes", answer->line_sizes);
	cJSON_AddNumberToObject(part, "from_bytes", answer->line_from);
	cJSON_AddNumberToObject(part, "to_bytes", answer->line_to);
	analysis_add_number(part, "fixed_s", answer->line.fixed);
	analysis_add_interval(part, "fixed_s_interval90", answer->line_fixed);
	analysis_add_number(part, "s_per_byte", answer->line.slope);
	analysis_add_interval(part, "s_per_byte_interval90", answer->line_slope);
	analysis_add_number(part, "worst_residual", answer->line_worst);
}

static cJSON *need_as_json(const struct lad_capacity *capacity, const struct lad_capacity_mode *mode, int index)
{
	const struct lad_need_answer *answer = &mode->needs[index];
	const struct lad_need *need = &capacity->question.needs[index];
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "need", need->text);
	add_figure(object, "cpu_s_per_message", &answer->cost_s, 1);
	add_figure(object, "messages_per_s", &answer->rate, 1);
	if (need->stream)
		add_figure(object, "goodput_bps", &answer->rate, 8 * (double)capacity->sources[index].message_bytes);
	add_figure(object, "one_messages_per_s", &answer->one, 1);
	analysis_add_number(object, "efficiency", answer->efficiency);
	add_line(object, answer);
	add_scaling(object, answer);
	cJSON_AddBoolToObject(object, "slo_by_efficiency", answer->slo_by_efficiency);
	cJSON_AddStringToObject(object, "limited_by", answer->limit);
	cJSON_AddStringToObject(object, "tuning", answer->tuning);
	return object;
}

static void add_validation(cJSON *object, const struct lad_validation *validation)
{
	cJSON *part = cJSON_AddObjectToObject(object, "validation");
	cJSON_AddBoolToObject(part, "passed", validation->passed);
	cJSON_AddNumberToObject(part, "checks", validation->checks);
	analysis_add_number(part, "median_error", validation->median);
	analysis_add_number(part, "worst_error", validation->worst);
	analysis_add_number(part, "coverage", validation->coverage);
	cJSON_AddStringToObject(part, "why", validation->why);
}

static cJSON *mode_as_json(const struct lad_capacity *capacity, const struct lad_capacity_mode *mode)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "mode", lad_mode_name(mode->mode));
	cJSON_AddStringToObject(object, "reason", mode->reason);
	if (mode->reason[0])
		return object;
	cJSON_AddStringToObject(object, "fits", lad_fits_name(mode->fits));
	cJSON_AddStringToObject(object, "why", mode->why);
	add_figure(object, "cpus", &mode->cpus, 1);
	add_figure(object, "share", &mode->share, 1);
	add_figure(object, "from_host", &mode->from_host, 1);
	cJSON *needs = cJSON_AddArrayToObject(object, "needs");
	for (int i = 0; i < capacity->question.need_count; i++)
		cJSON_AddItemToArray(needs, need_as_json(capacity, mode, i));
	add_validation(object, &mode->validation);
	return object;
}

static cJSON *check_as_json(const struct lad_capacity *capacity, const struct lad_check *check)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "mode", lad_mode_name(check->mode));
	cJSON_AddStringToObject(object, "held_out", lad_held_out_name(check->held));
	cJSON_AddStringToObject(object, "workload", lad_workload_name(capacity->sources[check->need].key.workload));
	cJSON_AddStringToObject(object, "quantity", check->quantity);
	cJSON_AddNumberToObject(object, "message_bytes", (double)check->message_bytes);
	cJSON_AddNumberToObject(object, "sessions", check->sessions);
	analysis_add_number(object, "predicted", check->predicted);
	analysis_add_interval(object, "interval90", check->interval);
	analysis_add_number(object, "measured", check->measured);
	analysis_add_number(object, "error", check->error);
	cJSON_AddBoolToObject(object, "covered", check->covered);
	return object;
}

static void add_question(cJSON *root, const struct lad_capacity *capacity)
{
	const struct lad_capacity_question *question = &capacity->question;
	cJSON *needs = cJSON_AddArrayToObject(root, "needs");
	for (int i = 0; i < question->need_count; i++) {
		const struct lad_capacity_source *source = &capacity->sources[i];
		cJSON *need = cJSON_CreateObject();
		cJSON_AddStringToObject(need, "need", question->needs[i].text);
		cJSON_AddStringToObject(need, "workload", lad_workload_name(source->key.workload));
		cJSON_AddStringToObject(need, "cpus", lad_cpus_name(source->key.cpus));
		cJSON_AddNumberToObject(need, "message_bytes", (double)source->message_bytes);
		cJSON *sizes = cJSON_AddArrayToObject(need, "measured_message_bytes");
		for (int s = 0; s < source->size_count; s++)
			cJSON_AddItemToArray(sizes, cJSON_CreateNumber((double)source->sizes[s]));
		cJSON *levels = cJSON_AddArrayToObject(need, "measured_sessions");
		for (int l = 0; l < source->level_count; l++)
			cJSON_AddItemToArray(levels, cJSON_CreateNumber(source->levels[l]));
		cJSON_AddItemToArray(needs, need);
	}
	cJSON_AddStringToObject(root, "slo", question->slo.text);
	cJSON_AddNumberToObject(root, "containers", question->containers);
	cJSON_AddNumberToObject(root, "headroom", question->headroom);
	cJSON_AddNumberToObject(root, "host_cpus", question->host_cpus ? question->host_cpus : question->machine_cpus);
}

static void add_expectations(cJSON *root, const struct lad_capacity *capacity, const struct lad_capacity_view *view)
{
	cJSON *list = cJSON_AddArrayToObject(root, "expectations");
	for (int i = 0; i < view->expectation_count; i++) {
		char why[128] = "";
		bool holds = false;
		if (lad_expectation_holds(&view->expectations[i], capacity, view->mode, &holds, why, sizeof why, NULL) <
		    0)
			continue;
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "expectation", view->expectations[i].text);
		cJSON_AddBoolToObject(object, "holds", holds);
		cJSON_AddStringToObject(object, "why", why);
		cJSON_AddItemToArray(list, object);
	}
}

void lad_capacity_print_json(const struct lad_capacity *capacity, const struct lad_capacity_view *view, FILE *out)
{
	cJSON *root = cJSON_CreateObject();
	add_question(root, capacity);
	cJSON_AddStringToObject(root, "lab", capacity->lab);
	cJSON_AddStringToObject(root, "kernel", capacity->kernel);
	cJSON_AddStringToObject(root, "cpu_model", capacity->cpu_model);
	cJSON_AddStringToObject(root, "time", capacity->time);
	cJSON_AddNumberToObject(root, "blocks", capacity->blocks);
	cJSON_AddNumberToObject(root, "runs", capacity->runs);
	cJSON *modes = cJSON_AddArrayToObject(root, "modes");
	for (int m = 0; m < capacity->mode_count; m++)
		if (view->mode < 0 || (int)capacity->modes[m].mode == view->mode)
			cJSON_AddItemToArray(modes, mode_as_json(capacity, &capacity->modes[m]));
	cJSON *checks = view->validate ? cJSON_AddArrayToObject(root, "checks") : NULL;
	for (int i = 0; checks && i < capacity->check_count; i++)
		if (view->mode < 0 || (int)capacity->checks[i].mode == view->mode)
			cJSON_AddItemToArray(checks, check_as_json(capacity, &capacity->checks[i]));
	cJSON_AddBoolToObject(root, "validated", lad_capacity_is_validated(capacity, view));
	add_expectations(root, capacity, view);
	lad_cleanup_free char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text)
		fprintf(out, "%s\n", text);
}
