/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lab/vm/vm.h"

static void add_modes(cJSON *root, const struct lad_plan *plan)
{
	bool present[LAD_MODE_COUNT] = {false};
	cJSON *modes = cJSON_AddArrayToObject(root, "modes");
	for (int i = 0; i < plan->trial_count; i++)
		present[plan->trials[i].mode] = true;
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		if (present[mode])
			cJSON_AddItemToArray(modes, cJSON_CreateString(lad_mode_name((enum lad_mode)mode)));
}

/* Whole numbers beyond 2^53 go as text: JSON's are doubles. */
static void add_integer(cJSON *root, const char *name, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, value);
	cJSON_AddStringToObject(root, name, text);
}

static void add_padded(cJSON *root, const char *name, int digits, int value)
{
	char text[24];
	snprintf(text, sizeof text, "%0*d", digits, value);
	cJSON_AddStringToObject(root, name, text);
}

/* How the variants differ: by the tuning, whose name is given, or by the agent alone. */
static void add_variants(cJSON *root, const struct vm_setup *setup)
{
	const struct lad_plan *plan = setup->plan;
	cJSON_AddBoolToObject(root, "versus", true);
	cJSON_AddBoolToObject(root, "base_agent", setup->options->other_agent != NULL);
	/* Variants of one combination stand side by side. */
	for (int i = 0; i < 2 && plan->trial_count >= 2; i++)
		if (plan->trials[i].variant == 'b' && plan->trials[i].tuning != plan->trials[1 - i].tuning)
			cJSON_AddStringToObject(root, "versus_tuning", plan->trials[i].tuning->name);
}

char *vm_job_write(const struct vm_setup *setup, const char *run_id, int only_trial)
{
	const char *burden = getenv("NETLADDER_BRIDGE_BURDEN"); /* for tests, see bridge.c */
	const char *fault = getenv("NETLADDER_VM_FAULT");	/* for tests: what the guest is to suffer from */
	const struct lad_plan *plan = setup->plan;
	cJSON *root = cJSON_CreateObject();
	bool instructions = setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS;
	cJSON_AddStringToObject(root, "run_id", run_id);
	/* A scenario without `name:` is called after its file, which has another name in the guest. */
	cJSON_AddStringToObject(root, "scenario", setup->scenario->name);
	cJSON_AddStringToObject(root, "clock", instructions ? "instructions" : "wall");
	add_integer(root, "blocks", (uint64_t)plan->blocks);
	add_integer(root, "seed", plan->seed);
	add_integer(root, "warmup_ns", (uint64_t)plan->warmup_ns);
	add_integer(root, "duration_ns", (uint64_t)plan->duration_ns);
	add_integer(root, "trials", (uint64_t)plan->trial_count);
	/* Always as long: two trials that differ in nothing else read it with the same instructions. */
	add_padded(root, "only_trial", 6, only_trial + 1);
	if (*run_id) /* what tests plant is no part of the run's name, which is made from a job without one */
		add_padded(root, "burden", 3, burden ? atoi(burden) : 0);
	if (fault)
		cJSON_AddStringToObject(root, "fault", fault);
	add_modes(root, plan);
	if (plan->variants)
		add_variants(root, setup);
	char *text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text;
}

static uint64_t get_integer(const cJSON *root, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(root, name));
	return text ? strtoull(text, NULL, 10) : 0;
}

static void read_variants(const cJSON *root, struct vm_job *job)
{
	const char *tuning = cJSON_GetStringValue(cJSON_GetObjectItem(root, "versus_tuning"));
	job->plan.versus = cJSON_IsTrue(cJSON_GetObjectItem(root, "versus"));
	job->base_agent = cJSON_IsTrue(cJSON_GetObjectItem(root, "base_agent"));
	snprintf(job->versus_tuning, sizeof job->versus_tuning, "%s", tuning ? tuning : "");
	job->plan.versus_tuning = tuning ? job->versus_tuning : NULL;
}

int vm_job_read(const char *text, struct vm_job *job, struct lad_error *err)
{
	memset(job, 0, sizeof *job);
	cJSON *root = cJSON_Parse(text);
	const char *run_id = cJSON_GetStringValue(cJSON_GetObjectItem(root, "run_id"));
	const char *clock = cJSON_GetStringValue(cJSON_GetObjectItem(root, "clock"));
	const char *scenario = cJSON_GetStringValue(cJSON_GetObjectItem(root, "scenario"));
	if (!run_id || !clock || !scenario) {
		cJSON_Delete(root);
		return lad_error_set(err, LAD_EXIT_UNABLE, "the job is not what the vm lab writes");
	}
	snprintf(job->run_id, sizeof job->run_id, "%s", run_id);
	snprintf(job->clock, sizeof job->clock, "%s", clock);
	snprintf(job->scenario, sizeof job->scenario, "%s", scenario);
	job->plan.blocks = (int)get_integer(root, "blocks");
	job->plan.seed = get_integer(root, "seed");
	job->plan.has_seed = true;
	job->warmup_ns = (int64_t)get_integer(root, "warmup_ns");
	job->duration_ns = (int64_t)get_integer(root, "duration_ns");
	job->trial_count = (int)get_integer(root, "trials");
	job->only_trial = (int)get_integer(root, "only_trial") - 1;
	const char *burden = cJSON_GetStringValue(cJSON_GetObjectItem(root, "burden"));
	snprintf(job->burden, sizeof job->burden, "%s", burden ? burden : "0");
	const char *fault = cJSON_GetStringValue(cJSON_GetObjectItem(root, "fault"));
	snprintf(job->fault, sizeof job->fault, "%s", fault ? fault : "");
	read_variants(root, job);
	const cJSON *mode;
	cJSON_ArrayForEach(mode, cJSON_GetObjectItem(root, "modes"))
	{
		int number = lad_mode_from_name(cJSON_IsString(mode) ? mode->valuestring : "");
		if (number >= 0)
			job->plan.only[number] = true;
	}
	cJSON_Delete(root);
	return 0;
}
