/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cairo.h>
#include <librsvg/rsvg.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/chart.h"
#include "netladder/output.h"

struct png {
	unsigned char *bytes; /* owned */
	size_t size, capacity;
};

static cairo_status_t append(void *closure, const unsigned char *data, unsigned length)
{
	struct png *png = closure;
	if (length > png->capacity - png->size) {
		size_t capacity = (png->size + length) * 2;
		unsigned char *grown = realloc(png->bytes, capacity);
		if (!grown)
			return CAIRO_STATUS_NO_MEMORY;
		png->bytes = grown;
		png->capacity = capacity;
	}
	memcpy(png->bytes + png->size, data, length);
	png->size += length;
	return CAIRO_STATUS_SUCCESS;
}

static int render(RsvgHandle *svg, struct png *png, int width, struct lad_error *err)
{
	gdouble natural_width = 0, natural_height = 0;
	if (!rsvg_handle_get_intrinsic_size_in_pixels(svg, &natural_width, &natural_height) || natural_width <= 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the SVG has no size");
	/* The drawing may end within a row of pixels, which then is left out: half a pixel would show as an edge. */
	RsvgRectangle viewport = {0, 0, width, width * natural_height / natural_width};
	int height = (int)viewport.height > 1 ? (int)viewport.height : 1;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	cairo_t *cairo = cairo_create(surface);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	gboolean drawn = rsvg_handle_render_document(svg, cairo, &viewport, NULL);
	cairo_status_t status =
	    drawn ? cairo_surface_write_to_png_stream(surface, append, png) : CAIRO_STATUS_INVALID_STATUS;
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	if (status == CAIRO_STATUS_SUCCESS)
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "cannot draw the PNG: %s", cairo_status_to_string(status));
}

int lad_chart_svg_to_png(const char *svg_text, size_t length, const char *png_path, int width, struct lad_error *err)
{
	GError *problem = NULL;
	RsvgHandle *svg = rsvg_handle_new_from_data((const guint8 *)svg_text, length, &problem);
	if (!svg) {
		lad_error_set(err, LAD_EXIT_UNABLE, "cannot render the chart: %s", problem->message);
		g_error_free(problem);
		return -1;
	}
	struct png png = {0};
	int status = render(svg, &png, width, err);
	g_object_unref(svg);
	if (status == 0)
		status = lad_output_write(png_path, png.bytes, png.size, err);
	free(png.bytes);
	return status;
}
