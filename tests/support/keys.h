/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

/* The keys that say how a workload is sent and when it ends, in one scenario for any lab, and what its rows are then.
 */

#include "netladder/results.h"

/* Writes the scenario, for LAB and MODE, to OUT. */
void keys_scenario(const char *lab, const char *mode, char *out, size_t size);
/* Fails the test unless each workload of it has its row in TABLE, and each row does what its keys say. */
void keys_check(const struct lad_table *table);

#endif
