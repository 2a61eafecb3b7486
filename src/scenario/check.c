/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/source.h"

#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

/*
 * cyaml stops at a wrong key or value with a log of its own. So the document is first walked along the same schema,
 * and the first thing that is wrong is said in one line with its place; cyaml then reads what is known to fit.
 */

#define LIST_BYTES 512

static int check_value(struct scenario_source *source, const cyaml_schema_value_t *schema, int node_id,
		       const struct scenario_path *path);

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static struct scenario_path path_of_key(const struct scenario_path *parent, const char *key)
{
	struct scenario_path path;
	const char *dot = *parent->shown ? "." : "";
	snprintf(path.shown, sizeof path.shown, "%.60s%s%s", parent->shown, dot, lad_excerpt(key).text);
	snprintf(path.key, sizeof path.key, "%.30s%s%.30s", parent->key, dot, key);
	return path;
}

static struct scenario_path path_of_entry(const struct scenario_path *parent, long number)
{
	struct scenario_path path;
	snprintf(path.shown, sizeof path.shown, "%.90s[%ld]", parent->shown, number);
	snprintf(path.key, sizeof path.key, "%.60s[]", parent->key);
	return path;
}

/* "a list of host, macvlan", "a list", "a mapping with the keys mtu, rate", "one value": what would be valid here. */
static void describe(const cyaml_schema_value_t *schema, char *out, size_t size)
{
	char list[LIST_BYTES];
	switch (schema->type) {
	case CYAML_MAPPING:
		schema_list_keys(schema, list, sizeof list);
		snprintf(out, size, "a mapping with the keys %s", list);
		break;
	case CYAML_SEQUENCE:
		if (schema->sequence.entry->type == CYAML_STRING) {
			snprintf(out, size, "a list");
			break;
		}
		describe(schema->sequence.entry, list, sizeof list);
		snprintf(out, size, "a list of %s%s",
			 schema->sequence.entry->type == CYAML_MAPPING ? "entries, each " : "", list);
		break;
	case CYAML_ENUM:
		schema_list_words(schema, out, size);
		break;
	default:
		snprintf(out, size, "one value");
	}
}

static int complain_type(const struct scenario_source *source, const cyaml_schema_value_t *schema,
			 const yaml_node_t *node, const struct scenario_path *path)
{
	static const char *const found[] = {"nothing", "a single value", "a list", "a mapping"};
	char valid[LIST_BYTES + 64], example[128];
	describe(schema, valid, sizeof valid);
	const struct scenario_key *key = scenario_key_find(path->key);
	if (key && key->least)
		scenario_key_range(key, valid, sizeof valid);
	const char *word = schema->type == CYAML_ENUM ? schema->enumeration.strings[0].str : NULL;
	scenario_key_example(path->key, word, example, sizeof example);
	bool empty = node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0;
	return source_complain(source, node->start_mark, path->shown, "%s has no place here; valid: %s, as in %s",
			       empty ? "an empty value" : found[node->type], valid, example);
}

/* `sysctl -a` prints tabs between the values of a list; they become blanks when it is read. */
static bool may_have_tabs(const struct scenario_path *path)
{
	return strstr(path->key, ".sysctls[]") || strcmp(path->key, "sweep.factors[].values[]") == 0;
}

/* Whether the text is one line of printable characters: neither messages, paths nor reports take others. */
static int check_text(const struct scenario_source *source, const yaml_node_t *node, const struct scenario_path *path)
{
	const char *text = (const char *)node->data.scalar.value;
	for (size_t i = 0, length; i < node->data.scalar.length; i += length) {
		int32_t character = lad_text_character(text + i, &length); /* libyaml has seen that it is UTF-8 */
		if (character == '\n')
			return source_complain(source, node->start_mark, path->shown,
					       "has more than one line; valid: text on one line");
		if (lad_text_is_control(character) && !(character == '\t' && may_have_tabs(path)))
			return source_complain(source, node->start_mark, path->shown,
					       "has the control character 0x%02x; valid: printable text",
					       (unsigned)character);
	}
	return 0;
}

static int check_word(const struct scenario_source *source, const cyaml_schema_value_t *schema, const yaml_node_t *node,
		      const struct scenario_path *path)
{
	const char *word = text_of(node);
	char valid[LIST_BYTES];
	schema_list_words(schema, valid, sizeof valid);
	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		if (strcmp(word, schema->enumeration.strings[i].str) == 0)
			return 0;
	const char *near = schema_near_word(schema, word);
	return source_complain(source, node->start_mark, path->shown, "\"%s\" is unknown%s%s%s; valid: %s",
			       lad_excerpt(word).text, near ? ", did you mean \"" : "", near ? near : "",
			       near ? "\"?" : "", valid);
}

static int check_scalar(const struct scenario_source *source, const cyaml_schema_value_t *schema,
			const yaml_node_t *node, const struct scenario_path *path)
{
	if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
		return complain_type(source, schema, node, path);
	if (check_text(source, node, path) < 0)
		return -1;
	if (schema->type == CYAML_ENUM)
		return check_word(source, schema, node, path);
	if (schema->type == CYAML_STRING && node->data.scalar.length > schema->string.max)
		return source_complain(source, node->start_mark, path->shown, "is %zu bytes long; valid: 1 to %u bytes",
				       node->data.scalar.length, schema->string.max);
	struct scenario_value value;
	struct lad_error why;
	const struct scenario_key *key = scenario_key_find(path->key);
	if (key && scenario_value_parse(key, text_of(node), &value, &why) < 0)
		return source_complain(source, node->start_mark, path->shown, "%s", why.message);
	return 0;
}

/* A word twice in a list, `modes: [host, host]`. */
static int check_repeat(struct scenario_source *source, const yaml_node_t *list, long number,
			const struct scenario_path *path)
{
	const yaml_node_item_t *items = list->data.sequence.items.start;
	const yaml_node_t *node = yaml_document_get_node(&source->document, items[number - 1]);
	for (long i = 1; i < number; i++) {
		const yaml_node_t *earlier = yaml_document_get_node(&source->document, items[i - 1]);
		if (strcmp(text_of(earlier), text_of(node)) == 0)
			return source_complain(source, node->start_mark, path->shown,
					       "%s is listed twice, first on line %zu; valid: each word once",
					       text_of(node), earlier->start_mark.line + 1);
	}
	return 0;
}

static int check_sequence(struct scenario_source *source, const cyaml_schema_value_t *schema, const yaml_node_t *node,
			  const struct scenario_path *path)
{
	if (node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0 && schema_takes_word(schema))
		return check_scalar(source, schema->sequence.entry, node, path);
	if (node->type != YAML_SEQUENCE_NODE)
		return complain_type(source, schema, node, path);
	long count = node->data.sequence.items.top - node->data.sequence.items.start;
	bool words = schema_takes_word(schema);
	/* A list of words with too many of them repeats one, which is the better thing to say; but not of thousands. */
	if (count < schema->sequence.min || count > (long)schema->sequence.max * (words ? 2 : 1))
		return source_complain(source, node->start_mark, path->shown, "has %ld entries; valid: %u to %u", count,
				       schema->sequence.min, schema->sequence.max);
	for (long i = 1; i <= count; i++) {
		struct scenario_path entry = path_of_entry(path, i);
		if (check_value(source, schema->sequence.entry, node->data.sequence.items.start[i - 1], &entry) < 0)
			return -1;
		if (words && check_repeat(source, node, i, &entry) < 0)
			return -1;
	}
	return 0;
}

/* The key of one pair: a known one that did not come before. Returns its field, or NULL after a complaint. */
static const cyaml_schema_field_t *check_key(struct scenario_source *source, const cyaml_schema_value_t *schema,
					     const yaml_node_t *mapping, const yaml_node_pair_t *pair,
					     const struct scenario_path *parent)
{
	const yaml_node_t *key = yaml_document_get_node(&source->document, pair->key);
	if (key->type != YAML_SCALAR_NODE) {
		source_complain(source, key->start_mark, parent->shown, "a key is not a word; valid: key: value");
		return NULL;
	}
	struct scenario_path path = path_of_key(parent, text_of(key));
	const cyaml_schema_field_t *field = schema_field(schema, text_of(key));
	if (!field || strlen(text_of(key)) != key->data.scalar.length) {
		char valid[LIST_BYTES];
		schema_list_keys(schema, valid, sizeof valid);
		const char *near = schema_near_key(schema, text_of(key));
		source_complain(source, key->start_mark, path.shown, "unknown key%s%s%s; valid: %s",
				near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", valid);
		return NULL;
	}
	for (const yaml_node_pair_t *earlier = mapping->data.mapping.pairs.start; earlier < pair; earlier++) {
		const yaml_node_t *other = yaml_document_get_node(&source->document, earlier->key);
		if (strcmp(text_of(other), field->key) == 0) {
			source_complain(source, key->start_mark, path.shown,
					"given twice, first on line %zu; valid: each key once",
					other->start_mark.line + 1);
			return NULL;
		}
	}
	return field;
}

static int check_required(struct scenario_source *source, const cyaml_schema_value_t *schema, const yaml_node_t *node,
			  const struct scenario_path *parent)
{
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++) {
		bool found = field->value.flags & CYAML_FLAG_OPTIONAL;
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		for (; pair < node->data.mapping.pairs.top && !found; pair++)
			found = strcmp(text_of(yaml_document_get_node(&source->document, pair->key)), field->key) == 0;
		if (found)
			continue;
		struct scenario_path path = path_of_key(parent, field->key);
		char valid[LIST_BYTES + 64];
		describe(&field->value, valid, sizeof valid);
		return source_complain(source, node->start_mark, path.shown, "required, but missing; valid: %s", valid);
	}
	return 0;
}

static int check_mapping(struct scenario_source *source, const cyaml_schema_value_t *schema, const yaml_node_t *node,
			 const struct scenario_path *path)
{
	if (node->type != YAML_MAPPING_NODE)
		return complain_type(source, schema, node, path);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const cyaml_schema_field_t *field = check_key(source, schema, node, pair, path);
		if (!field)
			return -1;
		struct scenario_path child = path_of_key(path, field->key);
		if (check_value(source, &field->value, pair->value, &child) < 0)
			return -1;
	}
	return check_required(source, schema, node, path);
}

/* Goes as deep as the schema does, whatever the document's depth. */
static int check_value(struct scenario_source *source, const cyaml_schema_value_t *schema, int node_id,
		       const struct scenario_path *path)
{
	const yaml_node_t *node = yaml_document_get_node(&source->document, node_id);
	const char *lone = schema_short_key(schema);
	if (lone && node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0) {
		struct scenario_path named = path_of_key(path, lone);
		memcpy(named.shown, path->shown, sizeof named.shown); /* where it stands there is no such key */
		return check_scalar(source, &schema_field(schema, lone)->value, node, &named);
	}
	if (schema->type == CYAML_MAPPING)
		return check_mapping(source, schema, node, path);
	if (schema->type == CYAML_SEQUENCE)
		return check_sequence(source, schema, node, path);
	return check_scalar(source, schema, node, path);
}

int source_check(struct scenario_source *source)
{
	struct scenario_path root = {"", ""};
	return check_value(source, scenario_schema(), 1,
			   &root); /* libyaml counts nodes from 1, the root is the first */
}
