/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_FOLDERS_H
#define SUPPORT_FOLDERS_H

/* Results folders made up for tests of what reads them, in a temporary directory. A failure fails the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netladder/results.h"

struct folder_plan {
	int blocks, modes; /* modes: the first of the ladder */
	int tunings, workloads;
	double speed;	     /* 1: as ever */
	const char *text;    /* hostile: goes wherever a person or a machine may write; NULL: plain words */
	const char *clock;   /* NULL: wall */
	const char *skipped; /* the mode that is skipped, NULL: none */
};

/* Makes a new folder with results.csv, histograms.csv, scenario.yaml and environment.json; PATH gets its path. */
void folder_make(const struct folder_plan *plan, char path[64]);
/* Writes TEXT to FOLDER/NAME. */
void folder_put(const char *folder, const char *name, const char *text);
/* The bytes of FOLDER/NAME with a NUL behind them; free them. */
char *folder_get(const char *folder, const char *name, size_t *length);
/* Removes FOLDER and all in it. 0: it is gone. */
int folder_remove(const char *folder);

#endif
