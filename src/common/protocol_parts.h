/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PROTOCOL_PARTS_H
#define COMMON_PROTOCOL_PARTS_H

/* What the control protocol's files share: reading fields with their checks, and the two large bodies. */

#include <cjson/cJSON.h>

#include "netladder/protocol.h"

/* The largest integer that a JSON number (an IEEE double) carries exactly: 104 days in nanoseconds, 9 PB in bytes. */
#define EXACT_MAX 9007199254740992.0
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Reads the whole number NAME of OBJECT, LOW to HIGH. -1 when it is missing, no such number or out of range. */
int protocol_count(const cJSON *object, const char *name, double low, double high, double *value,
		   struct lad_error *err);
/* Reads the string NAME into OUT of SIZE bytes. */
int protocol_text(const cJSON *object, const char *name, char *out, size_t size, struct lad_error *err);

/* A run's word, as 32 hexadecimal digits. */
void protocol_add_word(cJSON *object, const uint64_t word[2]);
int protocol_parse_word(const cJSON *object, uint64_t word[2], struct lad_error *err);

void protocol_add_job(cJSON *object, const struct lad_job *job);
int protocol_parse_job(const cJSON *object, struct lad_job *job, struct lad_error *err);
void protocol_add_result(cJSON *object, const struct lad_agent_result *result);
int protocol_parse_result(const cJSON *object, struct lad_agent_result *result, struct lad_error *err);

#endif
