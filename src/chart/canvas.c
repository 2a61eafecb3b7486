/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/canvas.h"

#include <errno.h>
#include <string.h>

#define POINTS_PER_INCH 72.0

/* libplot takes ISO-8859-1: what it has is translated, the rest becomes a question mark. */
static void to_latin1(const char *text, char *out, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;
	while (*in && used + 1 < size) {
		if (*in < 0x80) {
			out[used++] = *in < 0x20 || *in == 0x7f ? ' ' : (char)*in;
			in++;
		} else if ((*in & 0xfe) == 0xc2 && (in[1] & 0xc0) == 0x80) { /* U+0080 to U+00FF */
			out[used++] = (char)((*in & 0x03) << 6 | (in[1] & 0x3f));
			in += 2;
		} else {
			out[used++] = '?';
			for (in++; (*in & 0xc0) == 0x80;)
				in++;
		}
	}
	out[used] = '\0';
}

int canvas_open(struct canvas *canvas, const char *path, double width, double height, struct lad_error *err)
{
	char page[128];
	memset(canvas, 0, sizeof *canvas);
	canvas->width = width;
	canvas->height = height;
	canvas->out = fopen(path, "we");
	if (!canvas->out)
		return lad_error_errno(err, errno, "cannot create %s", path);
	snprintf(page, sizeof page, "letter,xsize=%.4fin,ysize=%.4fin", width / POINTS_PER_INCH,
		 height / POINTS_PER_INCH);
	canvas->params = pl_newplparams();
	pl_setplparam(canvas->params, "PAGESIZE", page);
	canvas->plotter = pl_newpl_r("svg", stdin, canvas->out, stderr, canvas->params);
	if (!canvas->plotter || pl_openpl_r(canvas->plotter) < 0) {
		fclose(canvas->out);
		pl_deleteplparams(canvas->params);
		return lad_error_set(err, LAD_EXIT_UNABLE, "libplot cannot draw SVG");
	}
	pl_fspace_r(canvas->plotter, 0, 0, width, height);
	pl_erase_r(canvas->plotter);
	canvas_rectangle(canvas, 0, 0, width, height, 0xffffff);
	return 0;
}

int canvas_close(struct canvas *canvas, struct lad_error *err)
{
	int status = pl_closepl_r(canvas->plotter);
	pl_deletepl_r(canvas->plotter);
	pl_deleteplparams(canvas->params);
	bool failed = status < 0 || ferror(canvas->out);
	if (fclose(canvas->out) != 0 || failed)
		return lad_error_errno(err, errno, "cannot write the chart");
	return 0;
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

void canvas_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour)
{
	plPlotter *plotter = canvas->plotter;
	set_pen(canvas, colour);
	pl_fillcolor_r(plotter, channel(colour, 16), channel(colour, 8), channel(colour, 0));
	pl_filltype_r(plotter, 1);
	pl_pentype_r(plotter, 0);
	pl_fbox_r(plotter, x, y, x + width, y + height);
	pl_endpath_r(plotter);
	pl_pentype_r(plotter, 1);
	pl_filltype_r(plotter, 0);
}

void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, double thickness, int colour)
{
	set_pen(canvas, colour);
	pl_linemod_r(canvas->plotter, "solid");
	pl_flinewidth_r(canvas->plotter, thickness);
	pl_fline_r(canvas->plotter, x1, y1, x2, y2);
	pl_endpath_r(canvas->plotter);
}

void canvas_dashed_rectangle(struct canvas *canvas, double x, double y, double width, double height, int colour)
{
	set_pen(canvas, colour);
	pl_linemod_r(canvas->plotter, "shortdashed");
	pl_flinewidth_r(canvas->plotter, 0.8);
	pl_fbox_r(canvas->plotter, x, y, x + width, y + height);
	pl_endpath_r(canvas->plotter);
	pl_linemod_r(canvas->plotter, "solid");
}

void canvas_text(struct canvas *canvas, double x, double y, enum canvas_anchor anchor, double size, bool bold,
		 int colour, const char *text)
{
	char latin1[1024];
	to_latin1(text, latin1, sizeof latin1);
	set_pen(canvas, colour);
	pl_fontname_r(canvas->plotter, bold ? "Helvetica-Bold" : "Helvetica");
	pl_ffontsize_r(canvas->plotter, size);
	pl_fmove_r(canvas->plotter, x, y);
	/* `x` is libplot's word for "on the base line". */
	pl_alabel_r(canvas->plotter, (int)anchor, 'x', latin1);
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
	set_pen(canvas, colour);
	pl_flinewidth_r(canvas->plotter, size / 8);
	wave(canvas, x, y + size / 5, size);
	wave(canvas, x, y - size / 5, size);
}
