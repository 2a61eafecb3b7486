/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_USAGE_H
#define NETLADDER_USAGE_H

#include <argp.h>

/*
 * usage.c: argp_parse(3), save that bad usage ends a program that was asked for JSON (--json, -j, --format json) not
 * only with the message on stderr but with an object on stdout as well, see lad_failure_print(). Once a process.
 */
void lad_usage_parse(const struct argp *argp, int argc, char **argv, void *input);

#endif
