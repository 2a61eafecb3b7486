/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/chart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chart/ops.h"
#include "chart/svg.h"
#include "netladder/cleanup.h"
#include "netladder/file.h"
#include "netladder/output.h"

#define PNG_SCALE 2.0

#define OPS(NAME, name) [LAD_CHART_##NAME] = &chart_##name,
static const struct chart_ops *const kinds[LAD_CHART_KIND_COUNT] = {LAD_CHARTS(OPS)};

static const struct chart_ops *ops_of(enum lad_chart_kind kind)
{
	return (unsigned)kind < LAD_CHART_KIND_COUNT ? kinds[kind] : NULL;
}

const char *lad_chart_kind_name(enum lad_chart_kind kind)
{
	const struct chart_ops *ops = ops_of(kind);
	return ops ? ops->name : kind == LAD_CHART_AUTO ? "auto" : "?";
}

const char *lad_chart_kind_summary(enum lad_chart_kind kind)
{
	const struct chart_ops *ops = ops_of(kind);
	return ops ? ops->summary : "the kind that says most about the results";
}

int lad_chart_kind_from_name(const char *name)
{
	for (int i = LAD_CHART_AUTO + 1; i < LAD_CHART_KIND_COUNT; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return i;
	return strcmp(name, "auto") == 0 ? LAD_CHART_AUTO : -1;
}

/* What has been worked out for one drawing. */
struct work {
	struct canvas ruler;
	struct page page;
	const struct chart_ops *ops;
	void *model;
};

static void work_end(struct work *work)
{
	if (work->ops && work->model)
		work->ops->close(work->model);
	canvas_free(&work->ruler);
}

static int work_begin(const struct lad_chart_request *request, struct work *work, struct lad_error *err)
{
	memset(work, 0, sizeof *work);
	if (canvas_open(&work->ruler, CANVAS_SVG, 1000, 1000, -1, err) < 0)
		return -1;
	work->page.request = request;
	work->page.theme = theme_of(request->theme);
	work->page.ruler = &work->ruler;
	work->ops = ops_of(request->kind == LAD_CHART_AUTO ? lad_chart_choose(request) : request->kind);
	int status = work->ops ? work->ops->open(&work->page, &work->model, err)
			       : lad_error_set(err, LAD_EXIT_USAGE, "there is no such kind of chart");
	if (status < 0)
		work_end(work);
	return status;
}

int lad_chart_fits(const struct lad_chart_request *request, struct lad_error *err)
{
	lad_cleanup_free struct work *work = calloc(1, sizeof *work);
	if (!work)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (work_begin(request, work, err) < 0)
		return -1;
	work_end(work);
	return 0;
}

static int describe(const struct work *work, char **text, struct lad_error *err)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	if (!out)
		return lad_error_errno(err, errno, "cannot describe the chart");
	work->ops->describe(work->model, out);
	if (fclose(out) == 0)
		return 0;
	free(*text);
	return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
}

int lad_chart_describe(const struct lad_chart_request *request, char **text, struct lad_error *err)
{
	lad_cleanup_free struct work *work = calloc(1, sizeof *work);
	if (!work)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (work_begin(request, work, err) < 0)
		return -1;
	int status = describe(work, text, err);
	work_end(work);
	return status;
}

static int render(struct work *work, enum canvas_device device, struct canvas *canvas, char **title, char **description,
		  struct lad_error *err)
{
	struct page *page = &work->page;
	if (canvas_open(canvas, device, page->width, page->height, page->theme->background, err) < 0)
		return -1;
	page_draw(page, canvas);
	work->ops->draw(work->model, page, canvas);
	int status = canvas_finish(canvas, err);
	if (status == 0 && title)
		*title = strdup(page->request->title ? page->request->title : page->title);
	if (status == 0 && description)
		status = describe(work, description, err);
	if (status < 0)
		canvas_free(canvas);
	return status;
}

int chart_render(const struct lad_chart_request *request, enum canvas_device device, struct canvas *canvas,
		 char **title, char **description, struct lad_error *err)
{
	lad_cleanup_free struct work *work = calloc(1, sizeof *work);
	if (!work)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (work_begin(request, work, err) < 0)
		return -1;
	int status = render(work, device, canvas, title, description, err);
	work_end(work);
	return status;
}

/* As lad_chart_draw, and says how wide the page became. */
static int draw_svg(const struct lad_chart_request *request, FILE *svg, double *width, struct lad_error *err)
{
	struct canvas canvas;
	lad_cleanup_free char *title = NULL, *description = NULL;
	if (chart_render(request, CANVAS_SVG, &canvas, &title, &description, err) < 0)
		return -1;
	*width = request->width_px > 0 ? request->width_px : canvas.width;
	int status = svg_write(&canvas, title ? title : "", description, *width, svg, err);
	canvas_free(&canvas);
	return status;
}

int lad_chart_draw(const struct lad_chart_request *request, FILE *svg, struct lad_error *err)
{
	double width;
	return draw_svg(request, svg, &width, err);
}

/* The SVG in memory, as SVG or PNG go to a file: a file has all of a chart, or is not there. */
static int draw_to_memory(const struct lad_chart_request *request, struct lad_bytes *svg, double *width,
			  struct lad_error *err)
{
	FILE *memory = open_memstream((char **)&svg->data, &svg->size);
	if (!memory)
		return lad_error_errno(err, errno, "cannot draw");
	int status = draw_svg(request, memory, width, err);
	if (fclose(memory) != 0 && status == 0)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return status;
}

static int write_svg(const struct lad_chart_request *request, const char *path, struct lad_error *err)
{
	double width;
	lad_cleanup_bytes struct lad_bytes svg = {0};
	return draw_to_memory(request, &svg, &width, err) < 0 ? -1 : lad_output_write(path, svg.data, svg.size, err);
}

static int write_png(const struct lad_chart_request *request, const char *path, struct lad_error *err)
{
	double width = 0;
	lad_cleanup_bytes struct lad_bytes svg = {0};
	return draw_to_memory(request, &svg, &width, err) < 0
		   ? -1
		   : lad_chart_svg_to_png((const char *)svg.data, svg.size, path, (int)(width * PNG_SCALE + 0.5), err);
}

static int write_ps(const struct lad_chart_request *request, const char *path, struct lad_error *err)
{
	struct canvas canvas;
	if (chart_render(request, CANVAS_PS, &canvas, NULL, NULL, err) < 0)
		return -1;
	int status = lad_output_write(path, canvas.bytes, canvas.byte_count, err);
	canvas_free(&canvas);
	return status;
}

int lad_chart_write(const struct lad_chart_request *request, const char *path, struct lad_error *err)
{
	const char *ending = strrchr(path, '.');
	if (ending && strcmp(ending, ".svg") == 0)
		return write_svg(request, path, err);
	if (ending && strcmp(ending, ".png") == 0)
		return write_png(request, path, err);
	if (ending && strcmp(ending, ".ps") == 0)
		return write_ps(request, path, err);
	return lad_error_set(err, LAD_EXIT_USAGE, "%s: what kind of file? valid endings: .svg, .png, .ps", path);
}
