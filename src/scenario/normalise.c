/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/source.h"

#include <stdlib.h>
#include <string.h>

/*
 * cyaml has no "a word or a list": `cpus: pinned` must become `cpus: [pinned]` before it reads the file, and a goal's
 * name `ndr` becomes `{name: ndr}`. So what
 * cyaml gets is a copy of the checked document, written by libyaml; it never sees a stranger's text.
 */

/* Copies a node that fits SCHEMA. Returns its number in COPY, or 0 when memory ran out. */
static int copy_node(yaml_document_t *from, int node_id, const cyaml_schema_value_t *schema, yaml_document_t *copy)
{
	const yaml_node_t *node = yaml_document_get_node(from, node_id);
	if (node->type == YAML_SCALAR_NODE && schema_short_key(schema)) {
		int mapping = yaml_document_add_mapping(copy, NULL, YAML_FLOW_MAPPING_STYLE);
		int name = yaml_document_add_scalar(copy, NULL, (const yaml_char_t *)schema_short_key(schema), -1,
						    YAML_ANY_SCALAR_STYLE);
		int value = yaml_document_add_scalar(copy, NULL, node->data.scalar.value, (int)node->data.scalar.length,
						     node->data.scalar.style);
		return mapping && name && value && yaml_document_append_mapping_pair(copy, mapping, name, value)
			   ? mapping
			   : 0;
	}
	if (node->type == YAML_SCALAR_NODE) {
		int list =
		    schema_takes_word(schema) ? yaml_document_add_sequence(copy, NULL, YAML_FLOW_SEQUENCE_STYLE) : -1;
		int scalar = yaml_document_add_scalar(copy, NULL, node->data.scalar.value,
						      (int)node->data.scalar.length, node->data.scalar.style);
		if (list < 0)
			return scalar;
		return list && scalar && yaml_document_append_sequence_item(copy, list, scalar) ? list : 0;
	}
	if (node->type == YAML_SEQUENCE_NODE) {
		int list = yaml_document_add_sequence(copy, NULL, YAML_ANY_SEQUENCE_STYLE);
		for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
		     item++) {
			int entry = list ? copy_node(from, *item, schema->sequence.entry, copy) : 0;
			if (!entry || !yaml_document_append_sequence_item(copy, list, entry))
				return 0;
		}
		return list;
	}
	int mapping = yaml_document_add_mapping(copy, NULL, YAML_ANY_MAPPING_STYLE);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const char *key = (const char *)yaml_document_get_node(from, pair->key)->data.scalar.value;
		int name = yaml_document_add_scalar(copy, NULL, (const yaml_char_t *)key, -1, YAML_ANY_SCALAR_STYLE);
		int value = mapping && name ? copy_node(from, pair->value, &schema_field(schema, key)->value, copy) : 0;
		if (!value || !yaml_document_append_mapping_pair(copy, mapping, name, value))
			return 0;
	}
	return mapping;
}

struct buffer {
	unsigned char *bytes;
	size_t length, capacity;
};

static int append(void *data, unsigned char *bytes, size_t size)
{
	struct buffer *buffer = data;
	if (size > buffer->capacity - buffer->length) {
		size_t capacity = (buffer->length + size) * 2;
		unsigned char *grown = realloc(buffer->bytes, capacity);
		if (!grown)
			return 0;
		buffer->bytes = grown;
		buffer->capacity = capacity;
	}
	memcpy(buffer->bytes + buffer->length, bytes, size);
	buffer->length += size;
	return 1;
}

int source_normalise(struct scenario_source *source, unsigned char **text, size_t *length)
{
	struct buffer buffer = {0};
	yaml_document_t copy;
	yaml_emitter_t emitter;
	bool written = false;
	if (yaml_document_initialize(&copy, NULL, NULL, NULL, 1, 1)) {
		if (copy_node(&source->document, 1, scenario_schema(), &copy) && yaml_emitter_initialize(&emitter)) {
			yaml_emitter_set_output(&emitter, append, &buffer);
			yaml_emitter_set_unicode(&emitter, 1);
			yaml_emitter_set_width(&emitter, -1);
			written = yaml_emitter_dump(&emitter, &copy) && yaml_emitter_close(&emitter);
			yaml_emitter_delete(&emitter);
		} else {
			yaml_document_delete(&copy);
		}
	}
	if (!written) {
		free(buffer.bytes);
		return lad_error_set(source->err, LAD_EXIT_UNABLE, "%s: out of memory", source->name);
	}
	*text = buffer.bytes;
	*length = buffer.length;
	return 0;
}
