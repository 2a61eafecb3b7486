/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_REPEAT_H
#define REPORT_REPEAT_H

#include "report/report.h"

/* The command that measures the same plan again, from the scenario beside the results. */
struct repeat_text {
	char text[512];
};
struct repeat_text repeat_command(const struct report_source *source);

#endif
