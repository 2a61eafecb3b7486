/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/figure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"
#include "report/escape.h"
#include "report/svg.h"

static char *draw(const struct lad_chart_request *request, enum lad_chart_theme theme, struct lad_error *err)
{
	struct lad_chart_request themed = *request;
	char *svg = NULL;
	size_t length = 0;
	themed.theme = theme;
	FILE *memory = open_memstream(&svg, &length);
	if (!memory) {
		lad_error_errno(err, errno, "cannot hold a chart");
		return NULL;
	}
	int status = lad_chart_draw(&themed, memory, err);
	if (fclose(memory) != 0 && status == 0)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (status == 0)
		return svg;
	free(svg);
	return NULL;
}

bool figure_fits(const struct lad_chart_request *request)
{
	struct lad_error unused;
	return lad_chart_fits(request, &unused) == 0;
}

/* Without the element around it. */
static void put_drawing(FILE *out, const struct lad_chart_request *request)
{
	struct lad_error err = {0};
	struct lad_error unused;
	lad_cleanup_free char *alt = NULL;
	lad_cleanup_free char *light = draw(request, LAD_CHART_LIGHT, &err);
	lad_cleanup_free char *dark = light ? draw(request, LAD_CHART_DARK, &unused) : NULL;
	if (!light || lad_chart_describe(request, &alt, &err) < 0)
		html_put(out, "<p class=\"note\">No chart: {}.</p>", err.message, NULL);
	else if (svg_embed(out, light, dark, alt) < 0)
		fputs("<p class=\"note\">No chart: libplot wrote no SVG.</p>", out);
}

void figure_put(FILE *out, const struct lad_chart_request *request, const char *caption)
{
	fputs("<figure>", out);
	put_drawing(out, request);
	if (caption)
		html_put(out, "<figcaption>{}</figcaption>", caption, NULL);
	fputs("</figure>\n", out);
}

void figure_put_wide(FILE *out, const struct lad_chart_request *request, const char *label)
{
	html_put(out, "<figure class=\"wide scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">", label, NULL);
	put_drawing(out, request);
	fputs("</figure>\n", out);
}

struct lad_chart_source figure_source(const struct report_source *source)
{
	return (struct lad_chart_source){.name = source->label,
					 .table = &source->table,
					 .expected = &source->options,
					 .histograms_path = source->histograms.bytes ? source->histograms_path : NULL};
}

struct lad_chart_request figure_request(const struct lad_chart_source *chart_source, const struct lad_group *group)
{
	return (struct lad_chart_request){.sources = chart_source,
					  .source_count = 1,
					  .bare = true,
					  .width_px = FIGURE_WIDTH,
					  .workload = lad_workload_name(group->key.workload),
					  .cpus = lad_cpus_name(group->key.cpus),
					  .placement = lad_placement_name(group->key.placement),
					  .tuning = group->key.tuning};
}

bool in_overview(const struct report_source *source, const struct lad_group *group)
{
	return group->primary && strcmp(group->key.tuning, base_tuning(source)) == 0;
}

bool first_of_filter(const struct report_source *source, int index)
{
	const struct lad_group *group = &source->verdict.groups[index];
	if (!in_overview(source, group))
		return false;
	for (int i = 0; i < index; i++) {
		const struct lad_group *other = &source->verdict.groups[i];
		if (in_overview(source, other) && other->key.workload == group->key.workload &&
		    other->key.cpus == group->key.cpus && other->key.placement == group->key.placement)
			return false;
	}
	return true;
}
