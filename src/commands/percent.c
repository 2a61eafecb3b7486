/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "commands/commands.h"

double command_percent(struct argp_state *state, const char *option, const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || (*end && !(end[0] == '%' && !end[1])) || !(value >= low && value <= high))
		argp_error(state, "--%s '%s': valid: %g%% to %g%%", option, text, low, high);
	return value / 100;
}
