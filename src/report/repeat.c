/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/repeat.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "netladder/units.h"
#include "report/escape.h"
#include "report/page.h"

static void add(struct repeat_text *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct repeat_text *command, const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(command->text);
	va_start(arguments, format);
	vsnprintf(command->text + used, sizeof command->text - used, format, arguments);
	va_end(arguments);
}

/* --only, when the run had fewer modes than the scenario. */
static void add_only(struct repeat_text *command, const struct report_source *source)
{
	bool measured[LAD_MODE_COUNT] = {false}, all = true;
	for (int i = 0; i < source->table.row_count; i++)
		measured[source->table.rows[i].mode] = true;
	for (int i = 0; i < source->scenario.mode_count; i++)
		all &= measured[source->scenario.modes[i]];
	if (all)
		return;
	const char *separator = " --only ";
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		if (!measured[mode])
			continue;
		add(command, "%s%s", separator, lad_mode_name((enum lad_mode)mode));
		separator = ",";
	}
}

static bool was_quick(const struct report_source *source)
{
	const struct lad_scenario *scenario = &source->scenario;
	double warmup = source->table.rows[0].warmup_s;
	return isfinite(warmup) && scenario->quick_warmup_ns != scenario->warmup_ns &&
	       fabs(warmup - (double)scenario->quick_warmup_ns / (double)LAD_NS_PER_S) < 1e-6;
}

/* What made the variants of `run --versus`: another tuning, which the rows name, or an agent, which only its user can.
 */
static void add_versus(struct repeat_text *command, const struct report_source *source)
{
	for (int i = 0; i < source->table.row_count; i++) {
		const struct lad_row *row = &source->table.rows[i];
		if (row->variant[0] != 'b')
			continue;
		bool tuned = strcmp(row->tuning, row->tuning_base) != 0;
		for (int j = 0; tuned && j < source->table.row_count; j++)
			tuned = source->table.rows[j].variant[0] != 'a' ||
				strcmp(source->table.rows[j].tuning, row->tuning_base) == 0;
		if (tuned)
			add(command, " --versus-tuning '%s'", row->tuning);
		else
			add(command, " --versus OLD/netladder-agent");
		return;
	}
}

struct repeat_text repeat_command(const struct report_source *source)
{
	struct repeat_text command = {""};
	uint64_t seed = source->table.rows[0].seed;
	add(&command, "sudo netladder run scenario.yaml");
	if (!source->has_scenario) {
		add(&command, " --seed %" PRIu64, seed);
		return command;
	}
	bool quick = was_quick(source);
	int planned = quick ? source->scenario.quick_blocks : source->scenario.blocks;
	if (quick)
		add(&command, " --quick");
	if (source->blocks != planned)
		add(&command, " --blocks %d", source->blocks);
	if (seed != source->scenario.seed)
		add(&command, " --seed %" PRIu64, seed);
	add_only(&command, source);
	add_versus(&command, source);
	return command;
}

void section_repeat(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	fputs("<p>On a machine with netladder, as root, with the scenario below saved as "
	      "<code>scenario.yaml</code>:</p>\n",
	      out);
	html_put(out,
		 "<div class=\"command\"><pre tabindex=\"0\"><code>{}</code></pre>"
		 "<button type=\"button\" data-copy hidden>Copy</button></div>\n",
		 repeat_command(source).text, NULL);
	if (source->scenario_text.bytes)
		html_put(
		    out,
		    "<details><summary>scenario.yaml, the copy that ran</summary><pre tabindex=\"0\"><code>{}</code>"
		    "</pre></details>\n",
		    source->scenario_text.bytes, NULL);
	else
		html_put(out, "<p class=\"note\">The scenario itself is not there: {}.</p>\n", source->scenario_missing,
			 NULL);
}
