/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_SCENARIO_SCHEMA_H
#define NETLADDER_SCENARIO_SCHEMA_H

/*
 * The scenario file's shape (the one cyaml schema) and, beside it, one row for each key: default, range, meaning.
 * Whatever looks at a scenario file goes by these two: the checks, the loading and the documentation. The options of a
 * workload are in neither, and come from the table of workload_option.h.
 */

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/scenario.h"
#include "netladder/tuning.h"
#include "netladder/workload_option.h"

enum raw_truth { RAW_FALSE, RAW_TRUE };

/* What cyaml loads. NULL: the key is not in the file. Values with a unit stay text here. */
union raw_option {
	char *text;
	int *word; /* of an option that has words: the word's place */
};

struct raw_workload {
	enum lad_workload_kind kind;
	enum lad_cpus *cpus;
	unsigned cpus_count;
	enum lad_ip *ip;
	unsigned ip_count;
	char **background; /* names */
	unsigned background_count;
	enum raw_truth *judged;
	union raw_option options[LAD_WORKLOAD_OPTIONS_MAX]; /* as the rows of workload_option.h */
};

struct raw_wire {
	int64_t *mtu;
	char *rate;
	char *delay;
	char *loss;
};

struct raw_trials {
	char *blocks;
	char *warmup;
	char *duration;
	uint64_t *seed;
	int64_t *max_blocks;
	char *precision;
	char *sample;
};

struct raw_quick {
	int64_t *blocks;
	char *warmup;
	char *duration;
};

struct raw_expect {
	char *order;
	char *margin;
	char *alpha;
};

struct raw_tuning {
	char *name;
	char *settings[LAD_SETTING_COUNT];
	char **sysctls; /* "name=value" */
	unsigned sysctls_count;
};

struct raw_topology {
	int64_t *pairs, *incast, *fanout, *hosts;
	enum raw_truth mesh;
};

enum raw_preset { RAW_PRESET_OWN, RAW_PRESET_CSIT, RAW_PRESET_RFC2544, RAW_PRESET_TST009, RAW_PRESET_COUNT };

struct raw_goal {
	char *name, *loss, *deadline, *width, *exceed, *sum, *duration;
};

struct raw_search {
	struct raw_goal *goals;
	unsigned goals_count;
	enum raw_preset preset;
	char *max, *limit;
};

enum raw_design { RAW_DESIGN_FULL, RAW_DESIGN_ONE_AT_A_TIME };

struct raw_factor {
	char *setting; /* a key of `tunings`, or a sysctl */
	char **values;
	unsigned values_count;
};

struct raw_sweep {
	enum raw_design design;
	char *base;
	struct raw_factor *factors;
	unsigned factors_count;
};

struct raw_vm {
	enum lad_clock clock;
	char *memory;
	int64_t *cpus;
	char *kernel;
	char **modules;
	unsigned modules_count;
};

struct raw_docker {
	enum lad_swarm_use swarm;
	char *tls;
	char **addresses;
	unsigned addresses_count;
	char *parent;
	char *subnet;
	char *gateway;
	char *ip_range;
	int bridge_same_host; /* 1: through the published port */
};

struct raw_limits {
	char *cpus;
	char *cpuset;
	char *memory;
	char **sysctls; /* "name=value" */
	unsigned sysctls_count;
};

struct raw_scenario {
	char *name;
	char *description;
	enum lad_lab_kind lab;
	enum lad_mode *modes;
	unsigned modes_count;
	enum lad_placement *placements;
	unsigned placements_count;
	struct raw_wire wire;
	struct raw_workload *workloads;
	unsigned workloads_count;
	struct raw_trials trials;
	struct raw_quick quick;
	struct raw_expect expect;
	struct raw_topology *topologies;
	unsigned topologies_count;
	struct raw_search *search;
	struct raw_tuning *tunings;
	unsigned tunings_count;
	struct raw_sweep sweep;
	enum raw_truth allow_host_tuning;
	struct raw_vm vm;
	char **hosts;
	unsigned hosts_count;
	struct raw_docker docker;
	struct raw_limits limits;
};

/* The whole file's. Made at the first call, because the options' part of it comes from their table. */
const cyaml_schema_value_t *scenario_schema(void);

/* Whether a sequence may also be written as its only word, without brackets: `cpus: pinned`. */
bool schema_takes_word(const cyaml_schema_value_t *schema);

/* The key that a word in a mapping's place is the value of, `ndr` for `{name: ndr}`; NULL: a word has no place there.
 */
const char *schema_short_key(const cyaml_schema_value_t *schema);

/* The field KEY of a mapping, or NULL. */
const cyaml_schema_field_t *schema_field(const cyaml_schema_value_t *mapping, const char *key);

/* Writes "a, b, c": a mapping's keys, or an enumeration's words without the reserved ones. */
void schema_list_keys(const cyaml_schema_value_t *mapping, char *out, size_t size);
void schema_list_words(const cyaml_schema_value_t *enumeration, char *out, size_t size);

/* The key or word that TEXT was probably meant to be, or NULL. */
const char *schema_near_key(const cyaml_schema_value_t *mapping, const char *text);
const char *schema_near_word(const cyaml_schema_value_t *enumeration, const char *text);

enum key_kind {
	KEY_GROUP,     /* a mapping, or a list of mappings */
	KEY_NAME,      /* text that can name a folder */
	KEY_TEXT,      /* free text of one line */
	KEY_WORD,      /* a word from a list */
	KEY_WORDS,     /* a word, or a list of them without repeats */
	KEY_ALGORITHM, /* the name of a congestion control algorithm */
	KEY_COUNT,
	KEY_SEED,
	KEY_BYTES,
	KEY_RATE,
	KEY_DURATION,
	KEY_PERCENT,
	KEY_PROBABILITY,
	KEY_ORDER,
	KEY_TUNING_NAME, /* as the column `tuning` has it */
	KEY_SWITCH,	 /* on or off */
	KEY_MASK,	 /* of CPUs, hexadecimal */
	KEY_TEXTS,	 /* a list of texts */
	KEY_FOLDER,	 /* a path */
	KEY_MODULES,
	KEY_LOAD,     /* messages a second, or bits */
	KEY_MIX,      /* of message sizes */
	KEY_CPUS,     /* a fraction of CPUs, as `docker run --cpus` */
	KEY_CPU_LIST, /* "0-3,5" */
	KEY_DEVICE,   /* the name of a network device */
	KEY_ADDRESS,  /* IPv4 */
	KEY_SUBNET,   /* IPv4/length */
	KEY_HOSTNAME, /* as DNS knows them */
	KEY_IP,	      /* the version, 4 or 6 */
	KEY_QDISC,    /* a queueing discipline by its kernel name */
	KEY_GOAL,     /* the name of a search's goal */
	KEY_KIND_COUNT
};

/* One row for each key of the schema. Numbers are written as in a scenario file, and read by the same parser. */
struct scenario_key {
	const char *path; /* "workloads[].flows" */
	enum key_kind kind;
	const char *fallback;	  /* the default; NULL: required; "": see the meaning, or the workload's defaults */
	const char *least, *most; /* the range, NULL where there is none */
	const char *word;	  /* a word that is taken in place of a number and means 0, or NULL */
	const char *meaning;
};

int scenario_key_count(void);
/* Row INDEX, below the count. */
const struct scenario_key *scenario_key_at(int index);

/* The words of KEY_QDISC. */
#define SCENARIO_QDISCS 4
extern const char *const scenario_qdiscs[SCENARIO_QDISCS];

/* The row of PATH, or NULL. */
const struct scenario_key *scenario_key_find(const char *path);

/* The defaults and limits that differ from one kind of workload to the next. */
/* The default of an option of `workloads` that has another one for each KIND; "" where there is none. */
const char *workload_default(enum lad_workload_kind kind, const char *key);

/*
 * options.c: the options of workload_option.h as keys, as fields of the schema, and as values.
 */
/* The key of row INDEX. */
const struct scenario_key *option_key(int index);
/* Writes the options' fields of a workload's mapping to FIELDS, as many as there are rows. */
void option_fields(cyaml_schema_field_t *fields);
/* What the entry RAW says of the option KEY: NULL where it says nothing, or of one that has words. */
const char *option_text(const struct raw_workload *raw, const char *key);
bool option_given(const struct raw_workload *raw, const char *key);
/* The value of KEY, in the unit of the option's members, or its default for RAW's kind. */
int64_t option_value(const struct raw_workload *raw, const char *key);
/* Sets the members of WORKLOAD that the options alone decide. */
void option_set_members(const struct raw_workload *raw, struct lad_workload *workload);

struct scenario_value {
	int64_t integer; /* counts, bytes and nanoseconds */
	uint64_t seed;
	double real; /* bits per second, ratios and probabilities */
};

/* Reads TEXT as KEY's kind and checks its range. ERR then says what is wrong and what is valid, without a position. */
int scenario_value_parse(const struct scenario_key *key, const char *text, struct scenario_value *value,
			 struct lad_error *err);

/* "576 to 65535", "auto, or 4KiB to 256MiB"; "" where the kind has no range. */
void scenario_key_range(const struct scenario_key *key, char *out, size_t size);

/*
 * How the key of PATH ("limits.sysctls", "modes[]") is written, in one line that is valid where the key is: "sysctls:
 * [net.ipv4.tcp_sack=0]". WORD: one that it takes, or NULL.
 */
void scenario_key_example(const char *path, const char *word, char *out, size_t size);

#endif
