/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The schema goes four levels deep; what is deeper is not a scenario, and costs libyaml quadratic time. */
#define NESTING_MAX 16

int source_complain(const struct scenario_source *source, yaml_mark_t mark, const char *path, const char *format, ...)
{
	char message[sizeof source->err->message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return lad_error_set(source->err, LAD_EXIT_USAGE, "%s:%zu:%zu: %s%s%s", source->name, mark.line + 1,
			     mark.column + 1, path, *path ? ": " : "", message);
}

int source_complain_entry(struct scenario_source *source, const char *list, unsigned index, const char *key,
			  const char *format, ...)
{
	char path[64], message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	snprintf(path, sizeof path, "%s[%u]%s%s", list, index + 1, *key ? "." : "", key);
	return source_complain(source, source_find(source, path), path, "%s", message);
}

/* libyaml gives only a byte offset for text that it cannot decode. */
static yaml_mark_t mark_of_offset(const struct scenario_source *source, size_t offset)
{
	yaml_mark_t mark = {.index = offset};
	for (size_t i = 0; i < offset && i < source->length; i++) {
		mark.column++;
		if (source->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

/* Whether the line of MARK is indented with a tab, the usual reason for libyaml's stranger complaints. */
static bool has_tab_indent(const struct scenario_source *source, size_t line)
{
	const char *at = source->text, *end = source->text + source->length;
	for (; line > 0 && at; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end && *at == '\t';
}

static int complain_syntax(const struct scenario_source *source, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	if (parser->error == YAML_MEMORY_ERROR)
		return lad_error_set(source->err, LAD_EXIT_UNABLE, "%s: out of memory", source->name);
	if (parser->error == YAML_READER_ERROR)
		return source_complain(source, mark_of_offset(source, parser->problem_offset), "",
				       "not a text file: %s; valid: YAML in UTF-8", problem);
	if (has_tab_indent(source, parser->problem_mark.line))
		return source_complain(source, parser->problem_mark, "",
				       "not valid YAML: the line is indented with a tab; valid: spaces");
	if (!parser->context)
		return source_complain(source, parser->problem_mark, "", "not valid YAML: %s", problem);
	return source_complain(source, parser->problem_mark, "", "not valid YAML: %s %s that begins on line %zu",
			       problem, parser->context, parser->context_mark.line + 1);
}

/* What libyaml's document hides: aliases (resolved, so a few lines can stand for gigabytes), tags, depth, documents. */
static int check_event(const struct scenario_source *source, const yaml_event_t *event, int *depth, int *documents)
{
	const yaml_char_t *tag = NULL;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return source_complain(source, event->start_mark, "",
					       "a second document begins here; valid: one scenario in a file");
		return 0;
	case YAML_ALIAS_EVENT:
		return source_complain(source, event->start_mark, "",
				       "aliases (*name) are not supported; valid: the value itself");
	case YAML_SCALAR_EVENT:
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		tag = event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
							       : event->data.mapping_start.tag;
		if (++*depth > NESTING_MAX)
			return source_complain(source, event->start_mark, "",
					       "nested more than %d deep; valid: the keys of a scenario", NESTING_MAX);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		return 0;
	default:
		return 0;
	}
	if (tag)
		return source_complain(source, event->start_mark, "",
				       "tags (!name) are not supported; valid: the value without the tag");
	return 0;
}

static int scan(const struct scenario_source *source, yaml_parser_t *parser)
{
	int depth = 0, documents = 0, result = 0;
	for (bool ended = false; !ended && result == 0;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return complain_syntax(source, parser);
		ended = event.type == YAML_STREAM_END_EVENT;
		result = check_event(source, &event, &depth, &documents);
		yaml_event_delete(&event);
	}
	if (result == 0 && documents == 0)
		return source_complain(source, (yaml_mark_t){0}, "",
				       "the file is empty; valid: a scenario, with at least modes and workloads");
	return result;
}

int source_open(struct scenario_source *source)
{
	for (int pass = 0; pass < 2; pass++) {
		yaml_parser_t parser;
		if (!yaml_parser_initialize(&parser))
			return lad_error_set(source->err, LAD_EXIT_UNABLE, "%s: out of memory", source->name);
		yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->length);
		int result = 0;
		if (pass == 0)
			result = scan(source, &parser);
		else if (!yaml_parser_load(&parser, &source->document))
			result = complain_syntax(source, &parser);
		else
			source->has_document = true;
		yaml_parser_delete(&parser);
		if (result < 0)
			return -1;
	}
	return 0;
}

void source_close(struct scenario_source *source)
{
	if (source->has_document)
		yaml_document_delete(&source->document);
	source->has_document = false;
}

/* The child of a mapping under the key NAME, or NULL. */
static yaml_node_t *child(yaml_document_t *document, const yaml_node_t *node, const char *name, size_t length)
{
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);
		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
		    memcmp(key->data.scalar.value, name, length) == 0)
			return yaml_document_get_node(document, pair->value);
	}
	return NULL;
}

/* The entry of a sequence, counted from 1, or NULL. */
static yaml_node_t *entry(yaml_document_t *document, const yaml_node_t *node, long number)
{
	if (node->type != YAML_SEQUENCE_NODE || number < 1 ||
	    number > node->data.sequence.items.top - node->data.sequence.items.start)
		return NULL;
	return yaml_document_get_node(document, node->data.sequence.items.start[number - 1]);
}

yaml_mark_t source_find(struct scenario_source *source, const char *path)
{
	yaml_node_t *node = yaml_document_get_root_node(&source->document), *next = node;
	while (next) {
		node = next;
		if (*path == '\0')
			break;
		if (*path == '[') {
			char *end;
			next = entry(&source->document, node, strtol(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : "";
		} else {
			path += *path == '.';
			size_t length = strcspn(path, ".[");
			next = child(&source->document, node, path, length);
			path += length;
		}
	}
	return node ? node->start_mark : (yaml_mark_t){0};
}
