/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/svg.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/text.h"

/* A tab and a line end are layout here, and XML has no U+FFFE and U+FFFF. */
static bool is_shown(int32_t character)
{
	bool layout = character == '\t' || character == '\n';
	return character >= 0 && character != 0xfffe && character != 0xffff &&
	       (layout || !lad_text_is_control(character));
}

void svg_escape(const char *text, FILE *out)
{
	size_t length;
	for (const char *in = text; *in; in += length) {
		const char *entity = !is_shown(lad_text_character(in, &length)) ? "\xef\xbf\xbd"
				     : *in == '&'				? "&amp;"
				     : *in == '<'				? "&lt;"
				     : *in == '>'				? "&gt;"
				     : *in == '"'				? "&quot;"
				     : *in == '\''				? "&#39;"
										: NULL;
		if (entity)
			fputs(entity, out);
		else
			fwrite(in, 1, length, out);
	}
}

static void write_head(const struct canvas *canvas, const char *title, const char *description, double width_px,
		       FILE *out)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%.6g\" height=\"%.6g\" "
		"viewBox=\"0 0 %.6g %.6g\" preserveAspectRatio=\"xMidYMid meet\" role=\"img\" aria-label=\"",
		width_px, width_px * canvas->height / canvas->width, canvas->width, canvas->height);
	svg_escape(title, out);
	fputs("\">\n<title>", out);
	svg_escape(title, out);
	fputs("</title>\n<desc>", out);
	svg_escape(description, out);
	fputs("</desc>\n", out);
}

/* libplot's page is the unit square: here a point is a point, upwards. Its defaults are what its elements leave out. */
static void write_group(const struct canvas *canvas, const char *line, FILE *out)
{
	const char *defaults = strstr(line, " xml:space=");
	fprintf(out, "<g transform=\"translate(0,%.6g) scale(1,-1)\"%s\n", canvas->height, defaults ? defaults : ">");
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* <text …>#12#</text>: the twelfth text with its anchor. */
static bool write_text(const struct canvas *canvas, const char *line, FILE *out)
{
	const char *close = strchr(line, '>');
	int number = close && close[1] == '#' ? atoi(close + 2) : -1;
	if (!begins(line, "<text ") || number < 0 || number >= canvas->text_count)
		return false;
	const struct canvas_text *text = &canvas->texts[number];
	/* Helvetica is a PostScript font: its look-alikes are named too. libplot's list of families ends at the quote.
	 */
	const char *families = strstr(line, "font-family=\""), *after = families ? strchr(families + 13, '"') : NULL;
	if (after && after < close)
		fprintf(out, "%.*sfont-family=\"Helvetica,Arial,Liberation Sans,sans-serif%.*s", (int)(families - line),
			line, (int)(close - after), after);
	else
		fprintf(out, "%.*s", (int)(close - line), line);
	if (text->anchor != CANVAS_LEFT)
		fprintf(out, "text-anchor=\"%s\" ", text->anchor == CANVAS_CENTRE ? "middle" : "end");
	fputc('>', out);
	svg_escape(text->text, out);
	fputs("</text>\n", out);
	return true;
}

/* A fill that stands for a transparent one. */
static bool write_tint(const struct canvas *canvas, const char *line, FILE *out)
{
	for (int i = 0; i < canvas->tint_count; i++) {
		char wanted[32];
		const struct canvas_tint *tint = &canvas->tints[i];
		snprintf(wanted, sizeof wanted, " fill=\"#%06x\"", (unsigned)tint->drawn);
		const char *found = begins(line, "<text ") ? NULL : strstr(line, wanted);
		if (!found)
			continue;
		fprintf(out, "%.*s fill=\"#%06x\" fill-opacity=\"%.3g\"%s\n", (int)(found - line), line,
			(unsigned)tint->colour, tint->opacity, found + strlen(wanted));
		return true;
	}
	return false;
}

static void write_body(const struct canvas *canvas, FILE *out)
{
	char *rest = canvas->bytes, *line;
	bool inside = false, started = false;
	while ((line = strsep(&rest, "\n"))) {
		if (begins(line, "<g id=\"content\"")) {
			write_group(canvas, line, out);
			inside = started = true;
			continue;
		}
		/* libplot's own page rectangle comes first; ours, or none, is in its place. */
		if (inside && started && begins(line, "<rect x=\"0\" y=\"0\"") && strstr(line, "fill=\"white\"")) {
			started = false;
			continue;
		}
		if (begins(line, "</g>"))
			break;
		if (inside && !write_text(canvas, line, out) && !write_tint(canvas, line, out))
			fprintf(out, "%s\n", line);
	}
}

int svg_write(const struct canvas *canvas, const char *title, const char *description, double width_px, FILE *out,
	      struct lad_error *err)
{
	write_head(canvas, title, description, width_px, out);
	write_body(canvas, out);
	fputs("</g>\n</svg>\n", out);
	return ferror(out) ? lad_error_errno(err, errno, "cannot write the chart") : 0;
}
