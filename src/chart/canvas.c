/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/canvas.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_INCH 72.0
/* Points, inside the margins of both A4 (595 x 842) and letter (612 x 792). */
#define PRINTED_WIDTH 540
#define PRINTED_HEIGHT 720
#define FONT_MARGIN 1.125
#define TEXT_BYTES_MAX 1024

/* What ISO-8859-1 lacks and charts say. */
static const struct {
	const char *utf8, *latin1;
} stand_ins[] = {{"\u2248", "~"}, {"\u2026", "..."}, {"\u2013", "-"},
		 {"\u2212", "-"}, {"\u2265", ">="},  {"\u2264", "<="}};

static const char *stand_in(const unsigned char *text, size_t *length)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++) {
		*length = strlen(stand_ins[i].utf8);
		if (strncmp((const char *)text, stand_ins[i].utf8, *length) == 0)
			return stand_ins[i].latin1;
	}
	return NULL;
}

void canvas_latin1(const char *text, char *out, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;
	while (*in && used + 1 < size) {
		if (*in < 0x80) {
			out[used++] = *in < 0x20 || *in == 0x7f ? ' ' : (char)*in;
			in++;
		} else if ((*in & 0xfe) == 0xc2 && (in[1] & 0xc0) == 0x80) { /* U+0080 to U+00FF */
			unsigned char byte = (unsigned char)((*in & 0x03) << 6 | (in[1] & 0x3f));
			out[used++] = byte < 0xa0 ? ' ' : (char)byte;
			in += 2;
		} else {
			size_t length = 1;
			const char *instead = stand_in(in, &length);
			for (const char *c = instead ? instead : "?"; *c && used + 1 < size; c++)
				out[used++] = *c;
			for (in += instead ? length : 1; (*in & 0xc0) == 0x80;)
				in++;
		}
	}
	out[used] = '\0';
}

/* A backslash starts an escape sequence in libplot's labels. */
static void to_label(const char *text, char *out, size_t size)
{
	char latin1[TEXT_BYTES_MAX];
	size_t used = 0;
	canvas_latin1(text, latin1, sizeof latin1);
	for (const char *in = latin1; *in && used + 2 < size; in++) {
		if (*in == '\\')
			out[used++] = '\\';
		out[used++] = *in;
	}
	out[used] = '\0';
}

int canvas_open(struct canvas *canvas, enum canvas_device device, double width, double height, int background,
		struct lad_error *err)
{
	char page[128];
	memset(canvas, 0, sizeof *canvas);
	canvas->device = device;
	canvas->width = width;
	canvas->height = height;
	canvas->background = background;
	canvas->memory = open_memstream(&canvas->bytes, &canvas->byte_count);
	if (!canvas->memory)
		return lad_error_errno(err, errno, "cannot draw");
	/* PostScript goes to a printer, whose page is not as large as a screen: what is larger is made to fit. */
	double scale = device == CANVAS_PS ? fmin(1, fmin(PRINTED_WIDTH / width, PRINTED_HEIGHT / height)) : 1;
	snprintf(page, sizeof page, "letter,xsize=%.4fin,ysize=%.4fin", scale * width / POINTS_PER_INCH,
		 scale * height / POINTS_PER_INCH);
	canvas->params = pl_newplparams();
	pl_setplparam(canvas->params, "PAGESIZE", page);
	canvas->plotter =
	    pl_newpl_r(device == CANVAS_SVG ? "svg" : "ps", stdin, canvas->memory, stderr, canvas->params);
	if (!canvas->plotter || pl_openpl_r(canvas->plotter) < 0) {
		canvas_free(canvas);
		return lad_error_set(err, LAD_EXIT_UNABLE, "libplot cannot draw");
	}
	pl_fspace_r(canvas->plotter, 0, 0, width, height);
	pl_erase_r(canvas->plotter);
	pl_capmod_r(canvas->plotter, "butt");
	pl_joinmod_r(canvas->plotter, "round");
	if (background >= 0)
		canvas_rectangle(canvas, 0, 0, width, height, background);
	return 0;
}

int canvas_finish(struct canvas *canvas, struct lad_error *err)
{
	int status = pl_closepl_r(canvas->plotter);
	pl_deletepl_r(canvas->plotter);
	pl_deleteplparams(canvas->params);
	canvas->plotter = NULL;
	canvas->params = NULL;
	bool failed = status < 0 || ferror(canvas->memory) || canvas->out_of_memory;
	failed |= fclose(canvas->memory) != 0;
	canvas->memory = NULL;
	return failed ? lad_error_set(err, LAD_EXIT_UNABLE, "cannot draw: out of memory") : 0;
}

void canvas_free(struct canvas *canvas)
{
	if (canvas->plotter)
		pl_deletepl_r(canvas->plotter);
	if (canvas->params)
		pl_deleteplparams(canvas->params);
	if (canvas->memory)
		fclose(canvas->memory);
	free(canvas->bytes);
	for (int i = 0; i < canvas->text_count; i++)
		free(canvas->texts[i].text);
	free(canvas->texts);
	memset(canvas, 0, sizeof *canvas);
}

/* libplot's channels have 16 bits. */
static int channel(int colour, int shift)
{
	return (colour >> shift & 0xff) * 0x101;
}

static void set_pen(struct canvas *canvas, int colour)
{
	pl_pencolor_r(canvas->plotter, channel(colour, 16), channel(colour, 8), channel(colour, 0));
}

static void begin_fill(struct canvas *canvas, int colour)
{
	set_pen(canvas, colour);
	pl_fillcolor_r(canvas->plotter, channel(colour, 16), channel(colour, 8), channel(colour, 0));
	pl_filltype_r(canvas->plotter, 1);
	pl_pentype_r(canvas->plotter, 0);
}

static void end_fill(struct canvas *canvas)
{
	pl_endpath_r(canvas->plotter);
	pl_pentype_r(canvas->plotter, 1);
	pl_filltype_r(canvas->plotter, 0);
}

static void set_stroke(struct canvas *canvas, double thickness, enum canvas_dash dash, int colour)
{
	static const char *const modes[] = {"solid",	 "shortdashed", "dotted",
					    "dotdashed", "longdashed",	"dotdotdashed"};
	set_pen(canvas, colour);
	pl_linemod_r(canvas->plotter, modes[dash]);
	pl_flinewidth_r(canvas->plotter, thickness);
}

void canvas_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour)
{
	begin_fill(canvas, colour);
	pl_fbox_r(canvas->plotter, x, y, x + width, y + height);
	end_fill(canvas);
}

void canvas_outline(struct canvas *canvas, double x, double y, double width, double height, double thickness,
		    enum canvas_dash dash, int colour)
{
	set_stroke(canvas, thickness, dash, colour);
	pl_fbox_r(canvas->plotter, x, y, x + width, y + height);
	pl_endpath_r(canvas->plotter);
}

void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, double thickness, int colour)
{
	set_stroke(canvas, thickness, CANVAS_SOLID, colour);
	pl_fline_r(canvas->plotter, x1, y1, x2, y2);
	pl_endpath_r(canvas->plotter);
}

void canvas_polyline(struct canvas *canvas, const struct point *points, int count, double thickness,
		     enum canvas_dash dash, int colour)
{
	if (count < 2)
		return;
	set_stroke(canvas, thickness, dash, colour);
	pl_fmove_r(canvas->plotter, points[0].x, points[0].y);
	for (int i = 1; i < count; i++)
		pl_fcont_r(canvas->plotter, points[i].x, points[i].y);
	pl_endpath_r(canvas->plotter);
}

static void polygon(struct canvas *canvas, const struct point *points, int count)
{
	pl_fmove_r(canvas->plotter, points[0].x, points[0].y);
	for (int i = 1; i <= count; i++)
		pl_fcont_r(canvas->plotter, points[i % count].x, points[i % count].y);
}

int canvas_blend(int colour, int ground, double opacity)
{
	int blended = 0;
	for (int shift = 0; shift <= 16; shift += 8) {
		double over = colour >> shift & 0xff, under = ground >> shift & 0xff;
		blended |= (int)lround(under + (over - under) * opacity) << shift;
	}
	return blended;
}

/* The colour to draw with so that svg.c knows the transparent one again; other devices get it as it is. */
static int tint(struct canvas *canvas, int colour, double opacity)
{
	int drawn = canvas_blend(colour, canvas->background >= 0 ? canvas->background : 0xffffff, opacity);
	for (int i = 0; i < canvas->tint_count; i++)
		if (canvas->tints[i].drawn == drawn)
			return drawn;
	if (canvas->tint_count < CANVAS_TINTS_MAX)
		canvas->tints[canvas->tint_count++] = (struct canvas_tint){drawn, colour, opacity};
	return drawn;
}

void canvas_area(struct canvas *canvas, const struct point *points, int count, int colour, double opacity)
{
	if (count < 3)
		return;
	begin_fill(canvas, tint(canvas, colour, opacity));
	polygon(canvas, points, count);
	end_fill(canvas);
}

static int marker_corners(enum canvas_marker marker, double x, double y, double radius, struct point *corners)
{
	static const struct {
		int count;
		double first; /* angle of the first corner, in turns */
		double grow;  /* so that all look equally large */
	} shapes[CANVAS_MARKER_COUNT] = {[CANVAS_SQUARE] = {4, 0.125, 1.2},
					 [CANVAS_TRIANGLE] = {3, 0.25, 1.3},
					 [CANVAS_DIAMOND] = {4, 0.25, 1.25},
					 [CANVAS_TRIANGLE_DOWN] = {3, 0.75, 1.3},
					 [CANVAS_PENTAGON] = {5, 0.25, 1.1}};
	for (int i = 0; i < shapes[marker].count; i++) {
		double angle = 2 * M_PI * (shapes[marker].first + (double)i / shapes[marker].count);
		corners[i] = (struct point){x + radius * shapes[marker].grow * cos(angle),
					    y + radius * shapes[marker].grow * sin(angle)};
	}
	return shapes[marker].count;
}

void canvas_mark(struct canvas *canvas, double x, double y, enum canvas_marker marker, double size, int colour,
		 int edge)
{
	struct point corners[5] = {0};
	pl_fillcolor_r(canvas->plotter, channel(colour, 16), channel(colour, 8), channel(colour, 0));
	pl_filltype_r(canvas->plotter, 1);
	set_stroke(canvas, size / 8, CANVAS_SOLID, edge);
	if (marker == CANVAS_CIRCLE)
		pl_fcircle_r(canvas->plotter, x, y, size / 2);
	else
		polygon(canvas, corners, marker_corners(marker, x, y, size / 2, corners));
	pl_endpath_r(canvas->plotter);
	pl_filltype_r(canvas->plotter, 0);
}

void canvas_ring(struct canvas *canvas, double x, double y, double size, double thickness, int colour)
{
	set_stroke(canvas, thickness, CANVAS_SOLID, colour);
	pl_fcircle_r(canvas->plotter, x, y, size / 2);
	pl_endpath_r(canvas->plotter);
}

double canvas_measure(struct canvas *canvas, double size, bool bold, const char *text)
{
	char label[2 * TEXT_BYTES_MAX];
	to_label(text, label, sizeof label);
	pl_fontname_r(canvas->plotter, bold ? "Helvetica-Bold" : "Helvetica");
	pl_ffontsize_r(canvas->plotter, size);
	return pl_flabelwidth_r(canvas->plotter, label) * FONT_MARGIN;
}

void canvas_fit(struct canvas *canvas, double width, double size, bool bold, const char *text, char *out,
		size_t out_size)
{
	snprintf(out, out_size, "%s", text);
	size_t length = strlen(out);
	while (length > 0 && canvas_measure(canvas, size, bold, out) > width) {
		do
			length--;
		while (length > 0 && (text[length] & 0xc0) == 0x80);
		snprintf(out, out_size, "%.*s\u2026", (int)length, text);
	}
}

/* Remembers a text, so that svg.c can put it where libplot has its number. Returns the number, or -1. */
static int remember(struct canvas *canvas, const struct canvas_text *said)
{
	if (canvas->text_count == canvas->text_capacity) {
		int capacity = canvas->text_capacity ? 2 * canvas->text_capacity : 64;
		struct canvas_text *texts = reallocarray(canvas->texts, (size_t)capacity, sizeof *texts);
		if (!texts)
			return -1;
		canvas->texts = texts;
		canvas->text_capacity = capacity;
	}
	struct canvas_text *kept = &canvas->texts[canvas->text_count];
	*kept = *said;
	kept->text = strdup(said->text);
	return kept->text ? canvas->text_count++ : -1;
}

void canvas_text(struct canvas *canvas, double x, double y, enum canvas_anchor anchor, double size, bool bold,
		 int colour, const char *text)
{
	char label[2 * TEXT_BYTES_MAX];
	struct canvas_text said = {(char *)text, anchor, x, y, size, canvas_measure(canvas, size, bold, text)};
	int number = remember(canvas, &said);
	canvas->out_of_memory |= number < 0;
	set_pen(canvas, colour);
	pl_fmove_r(canvas->plotter, x, y);
	/* `x` is libplot's word for "on the base line". */
	if (canvas->device == CANVAS_SVG) {
		snprintf(label, sizeof label, "#%d#", number);
		pl_alabel_r(canvas->plotter, 'l', 'x', label);
	} else {
		to_label(text, label, sizeof label);
		pl_alabel_r(canvas->plotter, (int)anchor, 'x', label);
	}
}

static void wave(struct canvas *canvas, double x, double y, double size)
{
	double quarter = size / 4;
	pl_fbezier3_r(canvas->plotter, x - 2 * quarter, y - quarter / 2, x - quarter, y + quarter * 1.5, x + quarter,
		      y - quarter * 1.5, x + 2 * quarter, y + quarter / 2);
	pl_endpath_r(canvas->plotter);
}

void canvas_equivalent(struct canvas *canvas, double x, double y, double size, int colour)
{
	set_stroke(canvas, size / 8, CANVAS_SOLID, colour);
	wave(canvas, x, y + size / 5, size);
	wave(canvas, x, y - size / 5, size);
}
