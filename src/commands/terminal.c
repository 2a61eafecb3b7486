/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands/commands.h"

struct lad_print_options command_print_options(FILE *out)
{
	struct lad_print_options options = {0};
	struct winsize size;
	const char *no_color = getenv("NO_COLOR");
	bool terminal = isatty(fileno(out));
	options.color = terminal && !(no_color && no_color[0]);
	options.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		options.columns = size.ws_col;
	return options;
}
