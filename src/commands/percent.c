/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "netladder/text.h"
#include "netladder/units.h"

double command_percent(struct argp_state *state, const char *option, const char *text, double low, double high)
{
	char number[40];
	size_t length = strlen(text);
	double value = 0;
	length -= length > 0 && text[length - 1] == '%';
	snprintf(number, sizeof number, "%.*s", (int)(length < sizeof number ? length : 0), text);
	if (lad_parse_decimal(number, &value, NULL) < 0 || value < low || value > high)
		argp_error(state, "--%s '%s': valid: %g%% to %g%%", option, lad_excerpt(text).text, low, high);
	return value / 100;
}
