/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/scenario.h"

#include <string.h>

#include "netladder/text.h"
#include "netladder/workload_facts.h"
#include "scenario/schema.h"

static const struct {
	const char *type, *unit;
} kinds[KEY_KIND_COUNT] = {
    [KEY_GROUP] = {"mapping", ""},
    [KEY_NAME] = {"name", ""},
    [KEY_TEXT] = {"text", ""},
    [KEY_WORD] = {"word", ""},
    [KEY_WORDS] = {"word or list of words", ""},
    [KEY_ALGORITHM] = {"name", ""},
    [KEY_COUNT] = {"whole number", ""},
    [KEY_SEED] = {"whole number", ""},
    [KEY_BYTES] = {"size", "bytes; `KiB` `MiB` `GiB` `kB` `MB` `GB`"},
    [KEY_RATE] = {"rate", "`bit` `kbit` `Mbit` `Gbit`, a second"},
    [KEY_DURATION] = {"time", "`ns` `us` `ms` `s` `min`"},
    [KEY_PERCENT] = {"ratio", "`%`"},
    [KEY_PROBABILITY] = {"probability", ""},
    [KEY_ORDER] = {"order", ""},
    [KEY_TUNING_NAME] = {"name", ""},
    [KEY_SWITCH] = {"switch", ""},
    [KEY_MASK] = {"mask", "hexadecimal"},
    [KEY_TEXTS] = {"list of texts", ""},
    [KEY_FOLDER] = {"folder", ""},
    [KEY_MODULES] = {"list of names", ""},
    [KEY_LOAD] = {"rate", "`/s`; `bit` `kbit` `Mbit` `Gbit`, a second"},
    [KEY_MIX] = {"sizes", "bytes"},
    [KEY_CPUS] = {"number", "CPUs"},
    [KEY_CPU_LIST] = {"list of CPUs", ""},
    [KEY_DEVICE] = {"name", ""},
    [KEY_ADDRESS] = {"address", "IPv4"},
    [KEY_SUBNET] = {"subnet", "IPv4/length"},
    [KEY_HOSTNAME] = {"name", ""},
    [KEY_IP] = {"word", ""},
    [KEY_QDISC] = {"word", ""},
    [KEY_GOAL] = {"name", ""},
};

/* The schema of a row's key: follows "workloads[].flows" down from the root. */
static const cyaml_schema_value_t *schema_of(const char *path)
{
	const cyaml_schema_value_t *schema = scenario_schema();
	while (*path) {
		char key[32];
		size_t length = strcspn(path, ".[");
		snprintf(key, sizeof key, "%.*s", (int)length, path);
		schema = &schema_field(schema, key)->value;
		path += length;
		if (*path == '[') {
			schema = schema->sequence.entry;
			path += strlen("[]");
		}
		path += *path == '.';
	}
	return schema;
}

/* The default; for what depends on the kind of workload each value once, with the kinds that have it. */
static void write_default(FILE *out, const struct scenario_key *key)
{
	if (!key->fallback) {
		fputs("required", out);
		return;
	}
	static const char workloads[] = "workloads[].";
	if (*key->fallback || strncmp(key->path, workloads, strlen(workloads)) != 0) {
		fprintf(out, *key->fallback ? "`%s`" : "%s", key->fallback);
		return;
	}
	const char *name = key->path + strlen(workloads);
	bool told[LAD_WORKLOAD_COUNT] = {false};
	const char *separator = "";
	for (int i = 0; i < LAD_WORKLOAD_COUNT; i++) {
		const char *value = workload_default((enum lad_workload_kind)i, name);
		if (told[i] || !*value)
			continue;
		fprintf(out, "%s`%s`:", separator, value);
		for (int j = i; j < LAD_WORKLOAD_COUNT; j++) {
			if (strcmp(workload_default((enum lad_workload_kind)j, name), value) != 0)
				continue;
			fprintf(out, " %s", lad_workload_name((enum lad_workload_kind)j));
			told[j] = true;
		}
		separator = "; ";
	}
}

static void write_range(FILE *out, const struct scenario_key *key)
{
	char text[256];
	if (key->kind == KEY_WORD || key->kind == KEY_WORDS) {
		const cyaml_schema_value_t *schema = schema_of(key->path);
		schema_list_words(schema->type == CYAML_SEQUENCE ? schema->sequence.entry : schema, text, sizeof text);
	} else if (key->kind == KEY_SWITCH) {
		snprintf(text, sizeof text, "on, off");
	} else if (key->kind == KEY_IP) {
		snprintf(text, sizeof text, "4, 6");
	} else if (key->kind == KEY_QDISC) {
		lad_join(text, sizeof text, scenario_qdiscs, SCENARIO_QDISCS);
	} else if (key->kind == KEY_MASK) {
		snprintf(text, sizeof text, "all, or 0 to fffffff");
	} else {
		scenario_key_range(key, text, sizeof text);
	}
	fputs(text, out);
}

void lad_scenario_write_reference(FILE *out)
{
	fputs("| key | type | default | unit | range | meaning |\n| --- | --- | --- | --- | --- | --- |\n", out);
	for (int i = 0; i < scenario_key_count(); i++) {
		const struct scenario_key *key = scenario_key_at(i);
		bool is_list = key->kind == KEY_GROUP && schema_of(key->path)->type == CYAML_SEQUENCE;
		fprintf(out, "| `%s` | %s%s | ", key->path, is_list ? "list, each entry a " : "",
			kinds[key->kind].type);
		write_default(out, key);
		fprintf(out, " | %s | ", kinds[key->kind].unit);
		write_range(out, key);
		fprintf(out, " | %s |\n", key->meaning);
	}
}
