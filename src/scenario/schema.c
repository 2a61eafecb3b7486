/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "netladder/scenario.h"
#include "netladder/text.h"

/* More than any mapping has keys or any enumeration has words. */
#define WORDS_MAX (LAD_WORKLOAD_OPTIONS_MAX + 8)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define OPTIONAL CYAML_FLAG_OPTIONAL
#define OPTIONAL_POINTER (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define OPTIONAL_TEXT(key, structure, member, most)                                                                    \
	CYAML_FIELD_STRING_PTR(key, OPTIONAL_POINTER, structure, member, 1, most)

/* Values with a unit are short; an order names each mode at most once. */
#define NUMBER_BYTES_MAX 40
#define ORDER_BYTES_MAX 400

/* cyaml wants constants: where mode.h has no list of words, they stand here once more; a test holds them against it. */
#define MODE_WORD(NAME, name, word) {word, LAD_MODE_##NAME},
#define LAB_WORD(NAME, name, word) {word, LAD_LAB_##NAME},
#define KIND_WORD(NAME, name, word) {word, LAD_##NAME},
#define CPUS_WORD(NAME, word, phrase) {word, LAD_CPUS_##NAME},
static const cyaml_strval_t mode_words[] = {LAD_MODES(MODE_WORD)};
static const cyaml_strval_t placement_words[] = {{"cross-host", LAD_CROSS_HOST}, {"same-host", LAD_SAME_HOST}};
static const cyaml_strval_t kind_words[] = {LAD_WORKLOADS(KIND_WORD)};
static const cyaml_strval_t cpus_words[] = {LAD_CPUS(CPUS_WORD)};
static const cyaml_strval_t ip_words[] = {{"4", LAD_IP_V4}, {"6", LAD_IP_V6}};
static const cyaml_strval_t lab_words[] = {LAD_LABS(LAB_WORD)};

static const cyaml_strval_t clock_words[] = {{"instructions", LAD_CLOCK_INSTRUCTIONS}, {"wall", LAD_CLOCK_WALL}};

_Static_assert(COUNT_OF(clock_words) == LAD_CLOCK_COUNT, "a word for every clock");
static const cyaml_strval_t swarm_words[] = {{"existing", LAD_SWARM_EXISTING}, {"create", LAD_SWARM_CREATE}};
static const cyaml_strval_t same_host_words[] = {{"direct", false}, {"published", true}};

_Static_assert(COUNT_OF(placement_words) == LAD_PLACEMENT_COUNT, "a word for every placement");
_Static_assert(COUNT_OF(ip_words) == LAD_IP_COUNT, "a word for every version");

static const cyaml_schema_value_t mode_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum lad_mode, mode_words, COUNT_OF(mode_words))};
static const cyaml_schema_value_t placement_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum lad_placement, placement_words, COUNT_OF(placement_words))};
static const cyaml_schema_value_t cpus_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum lad_cpus, cpus_words, COUNT_OF(cpus_words))};
static const cyaml_schema_value_t ip_entry = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum lad_ip, ip_words, COUNT_OF(ip_words))};

static const cyaml_strval_t truth_words[] = {{"false", RAW_FALSE}, {"true", RAW_TRUE}};

static const cyaml_schema_value_t workload_name_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LAD_WORKLOAD_NAME_MAX - 1)};

/* The options follow, see scenario_schema(); what is left over ends the list. */
#define FIXED_FIELDS 5
static cyaml_schema_field_t workload_fields[FIXED_FIELDS + LAD_WORKLOAD_OPTIONS_MAX + 1] = {
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct raw_workload, kind, kind_words, COUNT_OF(kind_words)),
    CYAML_FIELD_SEQUENCE("cpus", OPTIONAL_POINTER, struct raw_workload, cpus, &cpus_entry, 1, LAD_CPUS_COUNT),
    CYAML_FIELD_SEQUENCE("ip", OPTIONAL_POINTER, struct raw_workload, ip, &ip_entry, 1, LAD_IP_COUNT),
    CYAML_FIELD_SEQUENCE("background", OPTIONAL_POINTER, struct raw_workload, background, &workload_name_entry, 1,
			 LAD_BACKGROUNDS_MAX),
    CYAML_FIELD_ENUM_PTR("judged", OPTIONAL_POINTER | CYAML_FLAG_STRICT, struct raw_workload, judged, truth_words,
			 COUNT_OF(truth_words)),
};
static const cyaml_schema_value_t workload_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_workload, workload_fields)};

static const cyaml_schema_field_t wire_fields[] = {
    CYAML_FIELD_INT_PTR("mtu", OPTIONAL_POINTER, struct raw_wire, mtu),
    OPTIONAL_TEXT("rate", struct raw_wire, rate, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("delay", struct raw_wire, delay, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("loss", struct raw_wire, loss, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t trials_fields[] = {
    OPTIONAL_TEXT("blocks", struct raw_trials, blocks, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("warmup", struct raw_trials, warmup, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("duration", struct raw_trials, duration, NUMBER_BYTES_MAX),
    CYAML_FIELD_UINT_PTR("seed", OPTIONAL_POINTER, struct raw_trials, seed),
    CYAML_FIELD_INT_PTR("max_blocks", OPTIONAL_POINTER, struct raw_trials, max_blocks),
    OPTIONAL_TEXT("precision", struct raw_trials, precision, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("sample", struct raw_trials, sample, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t quick_fields[] = {
    CYAML_FIELD_INT_PTR("blocks", OPTIONAL_POINTER, struct raw_quick, blocks),
    OPTIONAL_TEXT("warmup", struct raw_quick, warmup, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("duration", struct raw_quick, duration, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t expect_fields[] = {
    OPTIONAL_TEXT("order", struct raw_expect, order, ORDER_BYTES_MAX),
    OPTIONAL_TEXT("margin", struct raw_expect, margin, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("alpha", struct raw_expect, alpha, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t topology_fields[] = {
    CYAML_FIELD_INT_PTR("pairs", OPTIONAL_POINTER, struct raw_topology, pairs),
    CYAML_FIELD_INT_PTR("incast", OPTIONAL_POINTER, struct raw_topology, incast),
    CYAML_FIELD_INT_PTR("fanout", OPTIONAL_POINTER, struct raw_topology, fanout),
    CYAML_FIELD_ENUM("mesh", OPTIONAL | CYAML_FLAG_STRICT, struct raw_topology, mesh, truth_words,
		     COUNT_OF(truth_words)),
    CYAML_FIELD_INT_PTR("hosts", OPTIONAL_POINTER, struct raw_topology, hosts),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t topology_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_topology, topology_fields)};

static const cyaml_schema_field_t goal_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_goal, name, 1, LAD_SEARCH_GOAL_NAME_MAX - 1),
    OPTIONAL_TEXT("loss", struct raw_goal, loss, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("deadline", struct raw_goal, deadline, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("width", struct raw_goal, width, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("exceed", struct raw_goal, exceed, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("sum", struct raw_goal, sum, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("duration", struct raw_goal, duration, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t goal_entry = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_goal, goal_fields)};
static const cyaml_strval_t preset_words[] = {{"netladder", RAW_PRESET_OWN},
					      {"csit", RAW_PRESET_CSIT},
					      {"rfc2544", RAW_PRESET_RFC2544},
					      {"tst009", RAW_PRESET_TST009}};
_Static_assert(COUNT_OF(preset_words) == RAW_PRESET_COUNT, "a word for every preset");
static const cyaml_schema_field_t search_fields[] = {
    CYAML_FIELD_SEQUENCE("goals", OPTIONAL_POINTER, struct raw_search, goals, &goal_entry, 1, LAD_SEARCH_GOALS_MAX),
    CYAML_FIELD_ENUM("preset", OPTIONAL | CYAML_FLAG_STRICT, struct raw_search, preset, preset_words,
		     COUNT_OF(preset_words)),
    OPTIONAL_TEXT("max", struct raw_search, max, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("limit", struct raw_search, limit, NUMBER_BYTES_MAX),
    CYAML_FIELD_END,
};

#define SETTING(key, setting)                                                                                          \
	OPTIONAL_TEXT(key, struct raw_tuning, settings[setting], sizeof(((struct lad_setting_value *)NULL)->text) - 1)

static const cyaml_schema_value_t sysctl_entry = {CYAML_VALUE_STRING(
    CYAML_FLAG_POINTER, char *, 1, LAD_SYSCTL_KEY_MAX + LAD_SYSCTL_VALUE_MAX + 30)}; /* with blanks */
static const cyaml_schema_field_t tuning_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_tuning, name, 1, LAD_TUNING_NAME_MAX - 1),
    SETTING("mtu", LAD_SETTING_MTU),
    SETTING("container_mtu", LAD_SETTING_CONTAINER_MTU),
    SETTING("congestion_control", LAD_SETTING_CONGESTION_CONTROL),
    SETTING("tso", LAD_SETTING_TSO),
    SETTING("gso", LAD_SETTING_GSO),
    SETTING("gro", LAD_SETTING_GRO),
    SETTING("tx_checksum", LAD_SETTING_TX_CHECKSUM),
    SETTING("queues", LAD_SETTING_QUEUES),
    SETTING("rps_cpus", LAD_SETTING_RPS_CPUS),
    SETTING("xps_cpus", LAD_SETTING_XPS_CPUS),
    SETTING("txqueuelen", LAD_SETTING_TXQUEUELEN),
    SETTING("qdisc", LAD_SETTING_QDISC),
    SETTING("rate", LAD_SETTING_RATE),
    SETTING("delay", LAD_SETTING_DELAY),
    SETTING("loss", LAD_SETTING_LOSS),
    SETTING("rules", LAD_SETTING_RULES),
    SETTING("neighbours_on_bridge", LAD_SETTING_NEIGHBOURS),
    SETTING("flows", LAD_SETTING_FLOWS),
    SETTING("socket_buffer", LAD_SETTING_SOCKET_BUFFER),
    SETTING("ip", LAD_SETTING_IP),
    CYAML_FIELD_SEQUENCE("sysctls", OPTIONAL_POINTER, struct raw_tuning, sysctls, &sysctl_entry, 1,
			 LAD_TUNING_SYSCTLS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t tuning_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_tuning, tuning_fields)};

static const cyaml_schema_value_t factor_value_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LAD_SYSCTL_VALUE_MAX - 1)};
static const cyaml_schema_field_t factor_fields[] = {
    CYAML_FIELD_STRING_PTR("setting", CYAML_FLAG_POINTER, struct raw_factor, setting, 1, LAD_SYSCTL_KEY_MAX - 1),
    CYAML_FIELD_SEQUENCE("values", CYAML_FLAG_POINTER, struct raw_factor, values, &factor_value_entry, 1,
			 LAD_TUNINGS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t factor_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_factor, factor_fields)};
static const cyaml_strval_t design_words[] = {{"full", RAW_DESIGN_FULL}, {"one-at-a-time", RAW_DESIGN_ONE_AT_A_TIME}};
static const cyaml_schema_field_t sweep_fields[] = {
    CYAML_FIELD_ENUM("design", OPTIONAL | CYAML_FLAG_STRICT, struct raw_sweep, design, design_words,
		     COUNT_OF(design_words)),
    OPTIONAL_TEXT("base", struct raw_sweep, base, LAD_TUNING_NAME_MAX - 1),
    CYAML_FIELD_SEQUENCE("factors", CYAML_FLAG_POINTER, struct raw_sweep, factors, &factor_entry, 1, LAD_FACTORS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t module_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LAD_VM_MODULE_BYTES - 1)};
static const cyaml_schema_field_t vm_fields[] = {
    CYAML_FIELD_ENUM("clock", OPTIONAL | CYAML_FLAG_STRICT, struct raw_vm, clock, clock_words, COUNT_OF(clock_words)),
    OPTIONAL_TEXT("memory", struct raw_vm, memory, NUMBER_BYTES_MAX),
    CYAML_FIELD_INT_PTR("cpus", OPTIONAL_POINTER, struct raw_vm, cpus),
    OPTIONAL_TEXT("kernel", struct raw_vm, kernel, LAD_VM_PATH_BYTES - 1),
    CYAML_FIELD_SEQUENCE("modules", OPTIONAL_POINTER, struct raw_vm, modules, &module_entry, 1, LAD_VM_MODULES_MAX),
    CYAML_FIELD_END,
};

#define SETTINGS_BYTES(member) (sizeof(((struct lad_docker_settings *)NULL)->member) - 1)

static const cyaml_schema_value_t host_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, SETTINGS_BYTES(hosts[0]))};
static const cyaml_schema_value_t address_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, SETTINGS_BYTES(addresses[0]))};
static const cyaml_schema_field_t docker_fields[] = {
    CYAML_FIELD_ENUM("swarm", OPTIONAL | CYAML_FLAG_STRICT, struct raw_docker, swarm, swarm_words,
		     COUNT_OF(swarm_words)),
    OPTIONAL_TEXT("tls", struct raw_docker, tls, SETTINGS_BYTES(tls)),
    CYAML_FIELD_SEQUENCE("addresses", OPTIONAL_POINTER, struct raw_docker, addresses, &address_entry, 1,
			 LAD_ENGINES_MAX),
    OPTIONAL_TEXT("parent", struct raw_docker, parent, SETTINGS_BYTES(parent)),
    OPTIONAL_TEXT("subnet", struct raw_docker, subnet, SETTINGS_BYTES(subnet)),
    OPTIONAL_TEXT("gateway", struct raw_docker, gateway, SETTINGS_BYTES(gateway)),
    OPTIONAL_TEXT("ip_range", struct raw_docker, ip_range, SETTINGS_BYTES(ip_range)),
    CYAML_FIELD_ENUM("bridge_same_host", OPTIONAL | CYAML_FLAG_STRICT, struct raw_docker, bridge_same_host,
		     same_host_words, COUNT_OF(same_host_words)),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t limits_fields[] = {
    OPTIONAL_TEXT("cpus", struct raw_limits, cpus, NUMBER_BYTES_MAX),
    OPTIONAL_TEXT("cpuset", struct raw_limits, cpuset, SETTINGS_BYTES(cpuset)),
    OPTIONAL_TEXT("memory", struct raw_limits, memory, NUMBER_BYTES_MAX),
    CYAML_FIELD_SEQUENCE("sysctls", OPTIONAL_POINTER, struct raw_limits, sysctls, &sysctl_entry, 1,
			 LAD_TUNING_SYSCTLS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t scenario_fields[] = {
    OPTIONAL_TEXT("name", struct raw_scenario, name, LAD_NAME_MAX - 1),
    OPTIONAL_TEXT("description", struct raw_scenario, description,
		  sizeof(((struct lad_scenario *)NULL)->description) - 1),
    CYAML_FIELD_ENUM("lab", OPTIONAL | CYAML_FLAG_STRICT, struct raw_scenario, lab, lab_words, COUNT_OF(lab_words)),
    CYAML_FIELD_SEQUENCE("modes", CYAML_FLAG_POINTER, struct raw_scenario, modes, &mode_entry, 1, LAD_MODE_COUNT),
    CYAML_FIELD_SEQUENCE("placements", OPTIONAL_POINTER, struct raw_scenario, placements, &placement_entry, 1,
			 LAD_PLACEMENT_COUNT),
    CYAML_FIELD_MAPPING("wire", OPTIONAL, struct raw_scenario, wire, wire_fields),
    CYAML_FIELD_SEQUENCE("workloads", CYAML_FLAG_POINTER, struct raw_scenario, workloads, &workload_entry, 1,
			 LAD_WORKLOADS_MAX),
    CYAML_FIELD_MAPPING("trials", OPTIONAL, struct raw_scenario, trials, trials_fields),
    CYAML_FIELD_MAPPING("quick", OPTIONAL, struct raw_scenario, quick, quick_fields),
    CYAML_FIELD_MAPPING("expect", OPTIONAL, struct raw_scenario, expect, expect_fields),
    CYAML_FIELD_SEQUENCE("topologies", OPTIONAL_POINTER, struct raw_scenario, topologies, &topology_entry, 1,
			 LAD_TOPOLOGIES_MAX),
    CYAML_FIELD_MAPPING_PTR("search", OPTIONAL_POINTER, struct raw_scenario, search, search_fields),
    CYAML_FIELD_SEQUENCE("tunings", OPTIONAL_POINTER, struct raw_scenario, tunings, &tuning_entry, 1, LAD_TUNINGS_MAX),
    CYAML_FIELD_MAPPING("sweep", OPTIONAL, struct raw_scenario, sweep, sweep_fields),
    CYAML_FIELD_ENUM("allow_host_tuning", OPTIONAL | CYAML_FLAG_STRICT, struct raw_scenario, allow_host_tuning,
		     truth_words, COUNT_OF(truth_words)),
    CYAML_FIELD_MAPPING("vm", OPTIONAL, struct raw_scenario, vm, vm_fields),
    CYAML_FIELD_SEQUENCE("hosts", OPTIONAL_POINTER, struct raw_scenario, hosts, &host_entry, 1, LAD_ENGINES_MAX),
    CYAML_FIELD_MAPPING("docker", OPTIONAL, struct raw_scenario, docker, docker_fields),
    CYAML_FIELD_MAPPING("limits", OPTIONAL, struct raw_scenario, limits, limits_fields),
    CYAML_FIELD_END,
};

static void add_options(void)
{
	option_fields(workload_fields + FIXED_FIELDS);
}

const cyaml_schema_value_t *scenario_schema(void)
{
	static const cyaml_schema_value_t schema = {
	    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_scenario, scenario_fields)};
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, add_options);
	return &schema;
}

bool schema_takes_word(const cyaml_schema_value_t *schema)
{
	return schema->type == CYAML_SEQUENCE && schema->sequence.entry->type == CYAML_ENUM;
}

const char *schema_short_key(const cyaml_schema_value_t *schema)
{
	return schema->type == CYAML_MAPPING && schema->mapping.fields == goal_fields ? "name" : NULL;
}

const cyaml_schema_field_t *schema_field(const cyaml_schema_value_t *mapping, const char *key)
{
	for (const cyaml_schema_field_t *field = mapping->mapping.fields; field->key; field++)
		if (strcmp(field->key, key) == 0)
			return field;
	return NULL;
}

static size_t collect_keys(const cyaml_schema_value_t *mapping, const char *keys[WORDS_MAX])
{
	size_t count = 0;
	for (const cyaml_schema_field_t *field = mapping->mapping.fields; field->key && count < WORDS_MAX; field++)
		keys[count++] = field->key;
	return count;
}

static size_t collect_words(const cyaml_schema_value_t *enumeration, const char *words[WORDS_MAX])
{
	size_t count = 0;
	for (uint32_t i = 0; i < enumeration->enumeration.count && count < WORDS_MAX; i++)
		words[count++] = enumeration->enumeration.strings[i].str;
	return count;
}

void schema_list_keys(const cyaml_schema_value_t *mapping, char *out, size_t size)
{
	const char *keys[WORDS_MAX];
	lad_join(out, size, keys, collect_keys(mapping, keys));
}

void schema_list_words(const cyaml_schema_value_t *enumeration, char *out, size_t size)
{
	const char *words[WORDS_MAX];
	lad_join(out, size, words, collect_words(enumeration, words));
}

const char *schema_near_key(const cyaml_schema_value_t *mapping, const char *text)
{
	const char *keys[WORDS_MAX];
	return lad_near_miss(text, keys, collect_keys(mapping, keys));
}

const char *schema_near_word(const cyaml_schema_value_t *enumeration, const char *text)
{
	const char *words[WORDS_MAX];
	return lad_near_miss(text, words, collect_words(enumeration, words));
}
