/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/failure.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "netladder/cleanup.h"

void lad_failure_print(FILE *out, const struct lad_error *err)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "type", "error");
	cJSON_AddStringToObject(object, "message", err->message);
	if (err->remedy[0])
		cJSON_AddStringToObject(object, "remedy", err->remedy);
	cJSON_AddNumberToObject(object, "exit_code", err->exit_code);
	cJSON_AddBoolToObject(object, "complete", false);
	lad_cleanup_free char *text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	fprintf(out, "%s\n", text ? text : "{\"type\":\"error\",\"message\":\"out of memory\",\"complete\":false}");
	fflush(out);
}
