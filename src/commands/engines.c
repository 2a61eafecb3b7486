/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "commands/commands.h"

int command_parse_engines(const char *list, struct lad_docker_settings *settings, struct lad_error *err)
{
	settings->host_count = 0;
	while (*list) {
		size_t length = strcspn(list, ",");
		if (length == 0 || length >= sizeof settings->hosts[0])
			return lad_error_set(err, LAD_EXIT_USAGE,
					     "--hosts: an engine's name has 1 to 255 bytes; valid: " COMMAND_ENGINES
					     ", with commas between");
		if (settings->host_count == LAD_ENGINES_MAX)
			return lad_error_set(err, LAD_EXIT_USAGE, "--hosts: more than %d engines", LAD_ENGINES_MAX);
		char *host = settings->hosts[settings->host_count++];
		memcpy(host, list, length);
		host[length] = '\0';
		list += length;
		list += *list == ',';
	}
	return settings->host_count ? 0 : lad_error_set(err, LAD_EXIT_USAGE, "--hosts names no engine");
}
