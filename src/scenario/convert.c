/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/convert.h"

#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

struct scenario_value scenario_value_or_default(const char *text, const char *path)
{
	const struct scenario_key *key = scenario_key_find(path);
	struct scenario_value value;
	scenario_value_parse(key, text ? text : key->fallback, &value, NULL);
	return value;
}

int scenario_count_or_default(const int64_t *count, const char *path)
{
	return (int)(count ? *count : scenario_value_or_default(NULL, path).integer);
}

static bool has_mode(const struct lad_scenario *scenario, enum lad_mode mode)
{
	for (int i = 0; i < scenario->mode_count; i++)
		if (scenario->modes[i] == mode)
			return true;
	return false;
}

/* The file's name without its folder and without .yaml, when there is no `name:`. */
static int name_from_file(struct scenario_source *source, struct lad_scenario *scenario)
{
	static const char *const endings[] = {".yaml", ".yml"};
	const char *slash = strrchr(source->name, '/');
	const char *base = slash ? slash + 1 : source->name;
	size_t length = strlen(base);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t ending = strlen(endings[i]);
		if (length > ending && strcmp(base + length - ending, endings[i]) == 0) {
			length -= ending;
			break;
		}
	}
	char name[256];
	snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), base);
	struct scenario_value unused;
	struct lad_error why;
	if (scenario_value_parse(scenario_key_find("name"), name, &unused, &why) < 0)
		return source_complain(source, (yaml_mark_t){0}, "name", "missing, and the file's name will not do: %s",
				       why.message);
	snprintf(scenario->name, sizeof scenario->name, "%.*s", LAD_NAME_MAX - 1, name);
	return 0;
}

static int convert_identity(struct scenario_source *source, const struct raw_scenario *raw,
			    struct lad_scenario *scenario)
{
	if (raw->description)
		snprintf(scenario->description, sizeof scenario->description, "%s", raw->description);
	scenario->lab = raw->lab;
	if (!raw->name)
		return name_from_file(source, scenario);
	snprintf(scenario->name, sizeof scenario->name, "%s", raw->name);
	return 0;
}

static void convert_lists(const struct raw_scenario *raw, struct lad_scenario *scenario)
{
	for (unsigned i = 0; i < raw->modes_count; i++)
		scenario->modes[scenario->mode_count++] = raw->modes[i];
	for (unsigned i = 0; i < raw->placements_count; i++)
		scenario->placements[scenario->placement_count++] = raw->placements[i];
	if (scenario->placement_count == 0) {
		const char *fallback = scenario_key_find("placements")->fallback;
		scenario->placements[scenario->placement_count++] =
		    (enum lad_placement)lad_placement_from_name(fallback);
	}
}

static void convert_numbers(const struct raw_scenario *raw, struct lad_scenario *scenario)
{
	scenario->wire_mtu_bytes = scenario_count_or_default(raw->wire.mtu, "wire.mtu");
	scenario->wire_rate_bps = scenario_value_or_default(raw->wire.rate, "wire.rate").real;
	scenario->wire_delay_ns = scenario_value_or_default(raw->wire.delay, "wire.delay").integer;
	scenario->wire_loss_ratio = scenario_value_or_default(raw->wire.loss, "wire.loss").real;
	scenario->blocks = (int)scenario_value_or_default(raw->trials.blocks, "trials.blocks").integer;
	scenario->blocks_auto = scenario->blocks == 0;
	scenario->max_blocks = scenario_count_or_default(raw->trials.max_blocks, "trials.max_blocks");
	if (scenario->blocks_auto)
		scenario->blocks = scenario->max_blocks;
	scenario->precision = scenario_value_or_default(raw->trials.precision, "trials.precision").real;
	scenario->warmup_ns = scenario_value_or_default(raw->trials.warmup, "trials.warmup").integer;
	scenario->duration_ns = scenario_value_or_default(raw->trials.duration, "trials.duration").integer;
	scenario->seed = raw->trials.seed ? *raw->trials.seed : scenario_value_or_default(NULL, "trials.seed").seed;
	scenario->sample_ns = scenario_value_or_default(raw->trials.sample, "trials.sample").integer;
	scenario->quick_blocks = scenario_count_or_default(raw->quick.blocks, "quick.blocks");
	scenario->quick_warmup_ns = scenario_value_or_default(raw->quick.warmup, "quick.warmup").integer;
	scenario->quick_duration_ns = scenario_value_or_default(raw->quick.duration, "quick.duration").integer;
	scenario->margin = scenario_value_or_default(raw->expect.margin, "expect.margin").real;
	scenario->alpha = scenario_value_or_default(raw->expect.alpha, "expect.alpha").real;
}

static int check_measured(struct scenario_source *source, const struct lad_scenario *scenario, enum lad_mode mode)
{
	static const char path[] = "expect.order";
	if (has_mode(scenario, mode))
		return 0;
	const char *names[LAD_MODE_COUNT];
	for (int i = 0; i < scenario->mode_count; i++)
		names[i] = lad_mode_name(scenario->modes[i]);
	char valid[128];
	lad_join(valid, sizeof valid, names, (size_t)scenario->mode_count);
	return source_complain(source, source_find(source, path), path, "%s is not in modes; valid: %s",
			       lad_mode_name(mode), valid);
}

static int convert_order(struct scenario_source *source, const struct raw_scenario *raw, struct lad_scenario *scenario)
{
	static const char path[] = "expect.order";
	if (!raw->expect.order)
		return 0;
	struct lad_error why;
	scenario->relation_count = lad_order_parse(raw->expect.order, scenario->relations, LAD_RELATIONS_MAX, &why);
	if (scenario->relation_count < 0)
		return source_complain(source, source_find(source, path), path, "%s", why.message);
	for (int i = 0; i < scenario->relation_count; i++)
		if (check_measured(source, scenario, scenario->relations[i].left) < 0 ||
		    check_measured(source, scenario, scenario->relations[i].right) < 0)
			return -1;
	return 0;
}

static int convert_vm(struct scenario_source *source, const struct raw_vm *raw, struct lad_vm *vm)
{
	static const char path[] = "vm.cpus";
	vm->clock = raw->clock;
	vm->memory_bytes = scenario_value_or_default(raw->memory, "vm.memory").integer;
	vm->cpus = scenario_count_or_default(raw->cpus, path);
	snprintf(vm->kernel, sizeof vm->kernel, "%s", raw->kernel ? raw->kernel : "");
	for (unsigned i = 0; i < raw->modules_count; i++)
		snprintf(vm->modules[vm->module_count++], sizeof vm->modules[0], "%s", raw->modules[i]);
	if (vm->clock == LAD_CLOCK_INSTRUCTIONS && vm->cpus > 1)
		return source_complain(source, source_find(source, path), path,
				       "the instruction clock has one CPU; valid: 1, or clock: wall");
	return 0;
}

int scenario_convert(struct scenario_source *source, const struct raw_scenario *raw, struct lad_scenario *scenario)
{
	memset(scenario, 0, sizeof *scenario);
	convert_lists(raw, scenario);
	convert_numbers(raw, scenario);
	if (convert_identity(source, raw, scenario) < 0)
		return -1;
	if (scenario_convert_workloads(source, raw, scenario) < 0)
		return -1;
	if (scenario_convert_topologies(source, raw, scenario) < 0)
		return -1;
	if (scenario_convert_search(source, raw, scenario) < 0)
		return -1;
	if (scenario_convert_tunings(source, raw, scenario) < 0 || scenario_convert_docker(source, raw, scenario) < 0)
		return -1;
	if (scenario_check_contradictions(source, raw) < 0)
		return -1;
	if (convert_vm(source, &raw->vm, &scenario->vm) < 0)
		return -1;
	return convert_order(source, raw, scenario);
}
