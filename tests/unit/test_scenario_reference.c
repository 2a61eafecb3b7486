/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reference of keys in scenarios/README.md is that of the schema. --reference writes it. */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "netladder/workload_facts.h"
#include "scenario/schema.h"

static int count_keys(const cyaml_schema_value_t *schema, const char *prefix)
{
	if (schema->type == CYAML_SEQUENCE) {
		char inner[128];
		snprintf(inner, sizeof inner, "%s[]", prefix);
		return count_keys(schema->sequence.entry, inner);
	}
	if (schema->type != CYAML_MAPPING)
		return 0;
	int count = 0;
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++) {
		char path[128];
		snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", field->key);
		const struct scenario_key *key = scenario_key_find(path);
		if (!key)
			fail_msg("%s is in the schema but has no row in keys.c", path);
		assert_true(!key->fallback == !(field->value.flags & CYAML_FLAG_OPTIONAL));
		count += 1 + count_keys(&field->value, path);
	}
	return count;
}

static void test_every_key_of_the_schema_has_one_row_and_every_row_a_key(void **state)
{
	(void)state;
	for (int i = 0; i < scenario_key_count(); i++)
		assert_ptr_equal(scenario_key_find(scenario_key_at(i)->path), scenario_key_at(i));
	assert_int_equal(count_keys(scenario_schema(), ""), scenario_key_count());
}

static void test_defaults_and_limits_are_valid_values(void **state)
{
	(void)state;
	struct scenario_value value;
	for (int i = 0; i < scenario_key_count(); i++) {
		const struct scenario_key *key = scenario_key_at(i);
		const char *texts[] = {key->fallback, key->least, key->most, key->word};
		for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
			if (texts[j] && *texts[j])
				assert_int_equal(scenario_value_parse(key, texts[j], &value, NULL), 0);
	}
	for (int i = 0; i < LAD_WORKLOAD_COUNT; i++) {
		const struct scenario_key *bytes = scenario_key_find("workloads[].message_bytes");
		const struct scenario_key *buffer = scenario_key_find("workloads[].socket_buffer");
		assert_int_equal(scenario_value_parse(bytes, lad_workload_of((enum lad_workload_kind)i)->message_bytes,
						      &value, NULL),
				 0);
		assert_int_equal(scenario_value_parse(bytes, lad_workload_of((enum lad_workload_kind)i)->message_least,
						      &value, NULL),
				 0);
		assert_int_equal(
		    scenario_value_parse(bytes, lad_workload_of((enum lad_workload_kind)i)->message_most, &value, NULL),
		    0);
		assert_int_equal(scenario_value_parse(buffer, lad_workload_of((enum lad_workload_kind)i)->socket_buffer,
						      &value, NULL),
				 0);
	}
}

static void assert_words(const cyaml_schema_value_t *schema, int (*from_name)(const char *))
{
	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		assert_int_equal(schema->enumeration.strings[i].val, from_name(schema->enumeration.strings[i].str));
}

static void test_the_words_of_the_schema_are_those_of_the_mode_header(void **state)
{
	(void)state;
	const cyaml_schema_value_t *workload = schema_field(scenario_schema(), "workloads")->value.sequence.entry;
	assert_words(schema_field(scenario_schema(), "modes")->value.sequence.entry, lad_mode_from_name);
	assert_words(schema_field(scenario_schema(), "placements")->value.sequence.entry, lad_placement_from_name);
	assert_words(&schema_field(workload, "kind")->value, lad_workload_from_name);
	assert_words(schema_field(workload, "cpus")->value.sequence.entry, lad_cpus_from_name);
	assert_words(&schema_field(workload, "pacing")->value, lad_pacing_from_name);
	assert_words(schema_field(workload, "ip")->value.sequence.entry, lad_ip_from_name);
}

/* The text between two marks, cut out of TEXT. */
static char *between(char *text, const char *start, const char *end)
{
	char *first = strstr(text, start);
	assert_non_null(first);
	first += strlen(start);
	char *last = strstr(first, end);
	assert_non_null(last);
	*last = '\0';
	return first;
}

static void test_the_readme_has_exactly_the_generated_table(void **state)
{
	(void)state;
	lad_cleanup_free char *readme = scenarios_file("scenarios/README.md");
	lad_cleanup_free char *table = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&table, &length);
	assert_non_null(out);
	lad_scenario_write_reference(out);
	fclose(out);
	assert_string_equal(between(readme, "<!-- keys -->\n", "<!-- /keys -->"), table);
}

static void test_the_example_in_the_readme_loads(void **state)
{
	(void)state;
	lad_cleanup_free char *readme = scenarios_file("scenarios/README.md");
	struct lad_scenario s;
	scenarios_parse(between(readme, "```yaml\n", "```"), &s);
	assert_string_equal(s.name, "small-requests");
	assert_int_equal(s.workload_count, 3);
}

/* The key's own line, in what stands around the key. */
static void wrap(const char *path, const char *example, char *out, size_t size)
{
	static const struct {
		const char *begin, *before, *after;
	} places[] = {{"workloads[].", "workloads: [{", "}]"},
		      {"search.goals[].", "search: {goals: [{", "}]}"},
		      {"topologies[].", "topologies: [{", "}]"},
		      {"tunings[].", "tunings: [{", "}]"},
		      {"sweep.factors[].", "sweep: {factors: [{", "}]}"},
		      {"sweep.", "sweep: {", "}"}};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strncmp(path, places[i].begin, strlen(places[i].begin)) == 0) {
			snprintf(out, size, "%s%s%s\n", places[i].before, example, places[i].after);
			return;
		}
	const char *dot = strchr(path, '.');
	if (dot)
		snprintf(out, size, "%.*s: {%s}\n", (int)(dot - path), path, example);
	else
		snprintf(out, size, "%s\n", example);
}

static void test_the_example_of_every_key_has_the_form_that_is_valid(void **state)
{
	(void)state;
	for (int i = 0; i < scenario_key_count(); i++) {
		const char *path = scenario_key_at(i)->path;
		char example[256], text[1024];
		struct lad_scenario scenario;
		struct lad_error err = {0};
		scenario_key_example(path, NULL, example, sizeof example);
		wrap(path, example, text, sizeof text);
		/* What else has to be there may be missing, and what stands here is well formed. */
		if (lad_scenario_parse("example", text, strlen(text), &scenario, &err) < 0 &&
		    !strstr(err.message, "required, but missing"))
			fail_msg("%s: %s: %s", path, text, err.message);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--reference") == 0) {
		lad_scenario_write_reference(stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_key_of_the_schema_has_one_row_and_every_row_a_key),
	    cmocka_unit_test(test_defaults_and_limits_are_valid_values),
	    cmocka_unit_test(test_the_words_of_the_schema_are_those_of_the_mode_header),
	    cmocka_unit_test(test_the_readme_has_exactly_the_generated_table),
	    cmocka_unit_test(test_the_example_in_the_readme_loads),
	    cmocka_unit_test(test_the_example_of_every_key_has_the_form_that_is_valid),
	};
	return cmocka_run_group_tests_name("scenario reference", tests, NULL, NULL);
}
