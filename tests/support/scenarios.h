/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_SCENARIOS_H
#define SUPPORT_SCENARIOS_H

/* Texts of scenarios that parse, or are refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netladder/scenario.h"

/* The text of the file PATH, up to 128 KiB; free it. */
char *scenarios_file(const char *path);
/* Fails the test unless TEXT is a scenario, which SCENARIO receives. */
void scenarios_parse(const char *text, struct lad_scenario *scenario);
/* Fails the test unless TEXT, as test.yaml, is refused as bad usage with this MESSAGE. */
void scenarios_refuse(const char *text, const char *message);

#endif
