/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cairo.h>
#include <librsvg/rsvg.h>

#include "netladder/chart.h"

static int render(RsvgHandle *svg, const char *png_path, int width, struct lad_error *err)
{
	gdouble natural_width = 0, natural_height = 0;
	if (!rsvg_handle_get_intrinsic_size_in_pixels(svg, &natural_width, &natural_height) || natural_width <= 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the SVG has no size");
	int height = (int)(width * natural_height / natural_width + 0.5);
	RsvgRectangle viewport = {0, 0, width, height};
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	cairo_t *cairo = cairo_create(surface);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	gboolean drawn = rsvg_handle_render_document(svg, cairo, &viewport, NULL);
	cairo_status_t status = drawn ? cairo_surface_write_to_png(surface, png_path) : CAIRO_STATUS_INVALID_STATUS;
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	if (status != CAIRO_STATUS_SUCCESS)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot write %s: %s", png_path,
				     cairo_status_to_string(status));
	return 0;
}

int lad_chart_svg_to_png(const char *svg_path, const char *png_path, int width, struct lad_error *err)
{
	GError *problem = NULL;
	RsvgHandle *svg = rsvg_handle_new_from_file(svg_path, &problem);
	if (!svg) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cannot read %s: %s", svg_path, problem->message);
		g_error_free(problem);
		return -1;
	}
	int status = render(svg, png_path, width, err);
	g_object_unref(svg);
	return status;
}
