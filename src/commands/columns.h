/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMANDS_COLUMNS_H
#define COMMANDS_COLUMNS_H

/* What `netladder columns` prints: each column of the CSV files, and each metric that --metric takes. */

#include <stdio.h>

/* For a person at a terminal. */
void columns_print_text(FILE *out);
/* The whole of docs/columns.md. */
void columns_print_markdown(FILE *out);
/* A Frictionless Data Package (specs.frictionlessdata.io) of the files, and the metrics beside it. */
void columns_print_json(FILE *out);

#endif
