/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "report/escape.h"
#include "report/page.h"

/* The value as text: strings as they are, the rest as JSON. */
static void put_json(FILE *out, const cJSON *value)
{
	if (cJSON_IsString(value)) {
		html_text(out, value->valuestring);
		return;
	}
	if (cJSON_IsNull(value)) {
		fputs("<span class=\"muted\">not there</span>", out);
		return;
	}
	char *text = cJSON_PrintUnformatted(value);
	html_text(out, text ? text : "?");
	cJSON_free(text);
}

static void put_pairs(FILE *out, const cJSON *object)
{
	const cJSON *item;
	fputs("<dl class=\"pairs\">\n", out);
	cJSON_ArrayForEach(item, object)
	{
		if (cJSON_IsObject(item))
			continue;
		html_put(out, "<dt>{}</dt><dd>", item->string ? item->string : "", NULL);
		put_json(out, item);
		fputs("</dd>\n", out);
	}
	fputs("</dl>\n", out);
}

static bool is_machine(const cJSON *item)
{
	return item->string && strcmp(item->string, "machine") == 0;
}

/* The machine stands open; the long lists (versions, sysctls, …) unfold. */
static void put_environment(FILE *out, const cJSON *environment)
{
	const cJSON *machine = cJSON_GetObjectItemCaseSensitive(environment, "machine");
	const cJSON *item;
	put_pairs(out, cJSON_IsObject(machine) ? machine : environment);
	cJSON_ArrayForEach(item, environment)
	{
		if (!cJSON_IsObject(item) || is_machine(item))
			continue;
		html_put(out, "<details><summary>{}</summary>", item->string ? item->string : "", NULL);
		put_pairs(out, item);
		fputs("</details>\n", out);
	}
}

void section_environment(FILE *out, const struct report *report)
{
	const struct report_source *source = report->current;
	const struct lad_row *row = &source->table.rows[0];
	if (cJSON_IsObject(source->environment)) {
		put_environment(out, source->environment);
		return;
	}
	html_put(out,
		 "<p class=\"note\">There is no readable environment.json beside the results; the rows say:</p>\n"
		 "<dl class=\"pairs\"><dt>kernel</dt><dd>{}</dd><dt>arch</dt><dd>{}</dd><dt>cpu_model</dt><dd>{}</dd>"
		 "<dt>lab</dt><dd>{}</dd><dt>clock</dt><dd>{}</dd></dl>\n",
		 row->kernel, row->arch, row->cpu_model, row->lab, row->clock, NULL);
}
