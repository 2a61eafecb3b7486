/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "capacity/data.h"
#include "netladder/units.h"

/*
 * The rows of a load search, by the words that it puts into the column `options`: `goal=NAME`, and of a goal of one's
 * own `goal_loss=1%` and `goal_deadline=1ms`. "p99 <= 1 ms" is the goal whose deadline is 1 ms and whose loss is 1 %.
 * Their main figure is the rate that was found, of all sessions.
 */

/* The value of the word KEY= of OPTIONS; false: there is none. */
static bool word_of(const char *options, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	for (const char *word = options; *word; word += strcspn(word, " "), word += strspn(word, " "))
		if (strncmp(word, key, length) == 0 && word[length] == '=') {
			const char *text = word + length + 1;
			snprintf(value, size, "%.*s", (int)strcspn(text, " "), text);
			return true;
		}
	return false;
}

bool capacity_is_goal(const struct lad_row *row)
{
	char goal[64];
	return word_of(row->options, "goal", goal, sizeof goal);
}

bool capacity_goal_meets(const struct lad_row *row, const struct lad_slo *slo)
{
	char deadline[32], loss[32];
	int64_t deadline_ns;
	double loss_ratio;
	return slo->quantile > 0 && capacity_is_goal(row) &&
	       word_of(row->options, "goal_deadline", deadline, sizeof deadline) &&
	       word_of(row->options, "goal_loss", loss, sizeof loss) &&
	       lad_parse_duration(deadline, &deadline_ns, NULL) == 0 && deadline_ns == slo->deadline_ns &&
	       lad_parse_percent(loss, &loss_ratio, NULL) == 0 && fabs(loss_ratio - (1 - slo->quantile)) < 1e-9;
}

void capacity_goal_limit(const struct lad_row *row, char *out, size_t size)
{
	int column = lad_column_find("load_limited_by");
	out[0] = '\0';
	if (column >= 0)
		lad_row_text(row, column, out, size);
}
