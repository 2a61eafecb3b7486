/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>

#include "netladder/protocol.h"

/* A control line, read as the agent does (no result expected) and as the runner does. */
void fuzz_protocol(const uint8_t *data, size_t size)
{
	static struct lad_agent_result result;
	struct lad_message message;
	struct lad_error err = {0};
	if (lad_protocol_parse((const char *)data, size, &message, NULL, &err) == 0 &&
	    message.type == LAD_MESSAGE_RESULT)
		abort();
	if (lad_protocol_parse((const char *)data, size, &message, &result, &err) < 0) {
		if (!err.message[0])
			abort();
		return;
	}
	if (message.type == LAD_MESSAGE_PREPARE &&
	    (message.job.flows < 1 || message.job.flows > LAD_FLOWS_MAX || message.job.message_bytes < 1 ||
	     message.job.message_bytes > LAD_MESSAGE_MAX || message.job.port == 0))
		abort();
}
