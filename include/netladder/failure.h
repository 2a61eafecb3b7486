/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_FAILURE_H
#define NETLADDER_FAILURE_H

/* failure.c: what a program reads in place of the JSON that a command would have printed. */

#include <stdio.h>

#include "netladder/error.h"

/* Prints ERR to OUT as one line: {"type":"error","message":"…","remedy":"…","exit_code":3,"complete":false}; no remedy
 * where none is known. */
void lad_failure_print(FILE *out, const struct lad_error *err);

#endif
