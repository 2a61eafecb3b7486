/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "docker/engine.h"
#include "netladder/text.h"

/*
 * What an engine has answered, and whether that is what was asked for. An answer that is not understood is an error
 * with the engine and the request in it, never an empty list or an empty text: "nothing there" is said by an engine
 * alone. The first such error stays with the engine, so that what only tries something can go on and be told later.
 */

/* "GET /containers/json": without the query, which says nothing to a person. */
void docker_request(struct lad_docker *engine, const char *method, const char *path)
{
	snprintf(engine->request, sizeof engine->request, "%s %.*s", method, (int)strcspn(path, "?"), path);
}

int docker_trouble(struct lad_docker *engine, struct lad_error *err, const char *format, ...)
{
	char text[900];
	struct lad_error made = {0};
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	lad_error_set(&made, LAD_EXIT_UNABLE, "%s", text);
	engine->status = 0;
	if (!engine->trouble.message[0])
		engine->trouble = made;
	if (err)
		*err = made;
	return -1;
}

int docker_not_understood(struct lad_docker *engine, struct lad_error *err, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return docker_trouble(engine, err, "engine %s: the answer to %s is not understood: %s", engine->host,
			      engine->request, text);
}

void docker_one_line(char *text)
{
	for (char *c = text; *c; c++)
		if (isspace((unsigned char)*c))
			*c = ' ';
	lad_text_clean(text);
}

static void clean_texts(cJSON *item)
{
	for (; item; item = item->next) {
		if (item->string)
			docker_one_line(item->string);
		if (cJSON_IsString(item))
			docker_one_line(item->valuestring);
		clean_texts(item->child);
	}
}

/* All of DATA as one JSON text, or NULL. */
static cJSON *parse_whole(const char *data, size_t size)
{
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(data, size, &end, false);
	for (; root && end < data + size; end++) {
		if (isspace((unsigned char)*end))
			continue;
		cJSON_Delete(root);
		return NULL;
	}
	clean_texts(root);
	return root;
}

/* The beginning of what was answered, for a person. */
static const char *beginning(const char *data, size_t size, char text[64])
{
	snprintf(text, 64, "%.*s", (int)(size < 60 ? size : 60), size ? data : "");
	docker_one_line(text);
	return text;
}

static int refused(struct lad_docker *engine, const cJSON *answer, const char *data, size_t size, struct lad_error *err)
{
	const char *message = docker_text(answer, "message");
	char text[64];
	long status = engine->status;
	if (message[0])
		return lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: %s: %.600s (HTTP %ld)", engine->host,
				     engine->request, message, status);
	/* An engine gives its reason. A proxy before one that is gone has a page instead. */
	return docker_not_understood(engine, err, "HTTP %ld and no reason: '%s'", status, beginning(data, size, text));
}

int docker_answered(struct lad_docker *engine, const char *data, size_t size, cJSON **answer, struct lad_error *err)
{
	char text[64];
	long status = engine->status;
	cJSON *root = size ? parse_whole(data, size) : NULL;
	int result = 0;
	if (status >= 400)
		result = refused(engine, root, data, size, err);
	else if ((status < 200 || status >= 300) && status != 304) /* 304: it was started, or stopped, already */
		result = docker_not_understood(engine, err, "HTTP %ld", status);
	else if (size && !root)
		result = docker_not_understood(engine, err, "it is no JSON: '%s'", beginning(data, size, text));
	else if (answer && !root)
		result = docker_not_understood(engine, err, "it is empty");
	if (result == 0 && answer)
		*answer = root;
	else
		cJSON_Delete(root);
	return result;
}

int docker_loaded(struct lad_docker *engine, const char *data, size_t size, struct lad_error *err)
{
	/* /images/load answers 200 before it has looked: its progress is JSON texts, a failure one with "error". */
	for (const char *end = data + size; data < end;) {
		const char *next = data;
		char text[64];
		cJSON *line = cJSON_ParseWithLengthOpts(data, (size_t)(end - data), &next, false);
		if (!cJSON_IsObject(line)) {
			cJSON_Delete(line);
			return docker_not_understood(engine, err, "'%s' is no word of its progress",
						     beginning(data, (size_t)(end - data), text));
		}
		clean_texts(line);
		const char *error = docker_text(line, "error");
		if (error[0]) {
			lad_error_set(err, LAD_EXIT_UNABLE, "engine %s: %s: %.400s", engine->host, engine->request,
				      error);
			cJSON_Delete(line);
			return -1;
		}
		cJSON_Delete(line);
		for (data = next; data < end && isspace((unsigned char)*data); data++)
			;
	}
	return 0;
}

const char *docker_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
	return text ? text : "";
}

int docker_need(struct lad_docker *engine, const cJSON *object, const char *key, enum docker_kind kind,
		const cJSON **item, struct lad_error *err)
{
	static const char *const names[] = {[DOCKER_TEXT] = "a text",
					    [DOCKER_OBJECT] = "an object",
					    [DOCKER_LIST] = "a list",
					    [DOCKER_LIST_OR_NULL] = "a list",
					    [DOCKER_OBJECT_OR_NULL] = "an object"};
	const cJSON *found = key ? cJSON_GetObjectItemCaseSensitive(object, key) : object;
	bool null = cJSON_IsNull(found);
	bool fits[] = {[DOCKER_TEXT] = cJSON_IsString(found),
		       [DOCKER_OBJECT] = cJSON_IsObject(found),
		       [DOCKER_LIST] = cJSON_IsArray(found),
		       [DOCKER_LIST_OR_NULL] = cJSON_IsArray(found) || null,
		       [DOCKER_OBJECT_OR_NULL] = cJSON_IsObject(found) || null};
	*item = found;
	if (fits[kind])
		return 0;
	if (!key)
		return docker_not_understood(engine, err, "it is not %s", names[kind]);
	return docker_not_understood(engine, err, found ? "its \"%s\" is not %s" : "it lacks \"%s\", %s", key,
				     names[kind]);
}

int docker_need_text(struct lad_docker *engine, const cJSON *object, const char *key, char *out, size_t size,
		     struct lad_error *err)
{
	const cJSON *item;
	if (docker_need(engine, object, key, DOCKER_TEXT, &item, err) < 0)
		return -1;
	snprintf(out, size, "%s", item->valuestring);
	return 0;
}

int docker_need_id(struct lad_docker *engine, const cJSON *object, const char *key, char id[LAD_DOCKER_ID],
		   struct lad_error *err)
{
	const cJSON *item;
	if (docker_need(engine, object, key, DOCKER_TEXT, &item, err) < 0)
		return -1;
	/* It becomes a part of a path. */
	const char *text = item->valuestring;
	size_t length = strlen(text);
	bool good = length > 0 && length < LAD_DOCKER_ID && isalnum((unsigned char)text[0]);
	for (size_t i = 0; good && i < length; i++)
		good = isalnum((unsigned char)text[i]) || strchr("_.:-", text[i]);
	if (!good)
		return docker_not_understood(engine, err, "its \"%s\", '%.60s', is no id", key, text);
	memcpy(id, text, length + 1);
	return 0;
}

int docker_need_number(struct lad_docker *engine, const cJSON *object, const char *key, int low, int high, int *number,
		       struct lad_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	if (!cJSON_IsNumber(item))
		return docker_not_understood(engine, err,
					     item ? "its \"%s\" is not a number" : "it lacks \"%s\", a number", key);
	if (!(item->valuedouble >= low && item->valuedouble <= high) || item->valuedouble != item->valueint)
		return docker_not_understood(engine, err, "its \"%s\" is %g, and no whole number from %d to %d", key,
					     item->valuedouble, low, high);
	*number = item->valueint;
	return 0;
}

int lad_docker_trouble(const struct lad_docker *engine, struct lad_error *err)
{
	if (!engine->trouble.message[0])
		return 0;
	if (err)
		*err = engine->trouble;
	return -1;
}
