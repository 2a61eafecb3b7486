/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/svg.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

static const char *const elements[] = {"g",    "rect",	 "line",    "polyline", "polygon",
				       "path", "circle", "ellipse", "text",	"tspan"};

static const char *const attributes[] = {"transform",
					 "x",
					 "y",
					 "x1",
					 "y1",
					 "x2",
					 "y2",
					 "width",
					 "height",
					 "cx",
					 "cy",
					 "r",
					 "rx",
					 "ry",
					 "d",
					 "points",
					 "fill",
					 "stroke",
					 "stroke-width",
					 "stroke-linecap",
					 "stroke-linejoin",
					 "stroke-miterlimit",
					 "stroke-dasharray",
					 "stroke-dashoffset",
					 "stroke-opacity",
					 "fill-opacity",
					 "fill-rule",
					 "opacity",
					 "font-family",
					 "font-size",
					 "font-weight",
					 "font-style",
					 "text-anchor",
					 "textLength",
					 "lengthAdjust"};

/* Of the drawing, in its own units: width and height of the viewBox. */
struct size {
	double width, height;
};

struct span {
	const char *start;
	size_t length;
};

/* A tag of the document: `<name attributes…>`, `</name>` or `<name …/>`. */
struct tag {
	struct span name;
	const char *attributes; /* behind the name */
	const char *end;	/* at the `>` */
	bool closing;
};

static bool span_is(struct span word, const char *text)
{
	return strlen(text) == word.length && strncmp(text, word.start, word.length) == 0;
}

static bool is_one_of(struct span word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(word, words[i]))
			return true;
	return false;
}

static bool is_drawing(struct span name)
{
	return is_one_of(name, elements, sizeof elements / sizeof *elements);
}

static bool is_space(char character)
{
	return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static bool ends_name(char character)
{
	return is_space(character) || character == '=' || character == '/' || character == '>' || character == '\0';
}

/* The next tag from AT on, which its `<` begins; false at the end. */
static bool next_tag(const char *at, const char **start, struct tag *tag)
{
	*start = strchr(at, '<');
	if (!*start)
		return false;
	tag->closing = (*start)[1] == '/';
	tag->name = (struct span){*start + 1 + tag->closing, 0};
	while (!ends_name(tag->name.start[tag->name.length]))
		tag->name.length++;
	tag->attributes = tag->name.start + tag->name.length;
	tag->end = strchr(tag->attributes, '>'); /* none stands bare in an attribute value of ours */
	return tag->end != NULL;
}

/* Takes the next NAME="VALUE" from *AT; false at the end of the tag. */
static bool next_attribute(const char **at, struct span *name, struct span *value)
{
	const char *p = *at;
	while (is_space(*p))
		p++;
	name->start = p;
	while (!ends_name(*p))
		p++;
	name->length = (size_t)(p - name->start);
	if (name->length == 0 || *p != '=' || (p[1] != '"' && p[1] != '\''))
		return false;
	const char *end = strchr(p + 2, p[1]);
	if (!end)
		return false;
	*value = (struct span){p + 2, (size_t)(end - p - 2)};
	*at = end + 1;
	return true;
}

/* A value without quotes, angle brackets or url(): nothing in it can reach beyond its attribute or load anything. */
static bool is_plain(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (strchr("\"'<>", value.start[i]))
			return false;
	return !memmem(value.start, value.length, "url(", 4);
}

/* #1f2328, or a word as libplot has for pure white and black. */
static bool is_colour(struct span value)
{
	if (value.length == 7 && value.start[0] == '#')
		return true;
	for (size_t i = 0; i < value.length; i++)
		if (value.start[i] < 'a' || value.start[i] > 'z')
			return false;
	return value.length > 0 && !span_is(value, "none");
}

/* The same attribute of the same tag in the dark drawing; DARK moves past it. */
static bool dark_value(const char **dark, struct span name, struct span *value)
{
	struct span dark_name;
	return *dark && next_attribute(dark, &dark_name, value) && dark_name.length == name.length &&
	       memcmp(dark_name.start, name.start, name.length) == 0;
}

static void write_tag(FILE *out, const struct tag *tag, const char *dark)
{
	struct span name, value, other;
	const char *at = tag->attributes;
	fprintf(out, "<%.*s", (int)tag->name.length, tag->name.start);
	while (next_attribute(&at, &name, &value)) {
		bool paired = dark_value(&dark, name, &other);
		if (!is_one_of(name, attributes, sizeof attributes / sizeof *attributes) || !is_plain(value))
			continue;
		fprintf(out, " %.*s=\"", (int)name.length, name.start);
		if (paired && is_colour(value) && is_colour(other) && is_plain(other) &&
		    (value.length != other.length || memcmp(value.start, other.start, value.length) != 0))
			fprintf(out, "light-dark(%.*s,%.*s)\"", (int)value.length, value.start, (int)other.length,
				other.start);
		else
			fprintf(out, "%.*s\"", (int)value.length, value.start);
	}
	fputs(tag->end[-1] == '/' ? "/>" : ">", out);
}

/* The text between two tags: still in the file's references, which stay; quotes and brackets cannot occur. */
static void write_text(FILE *out, const char *text, const char *end)
{
	for (const char *at = text; at < end; at++)
		if (!is_space(*at)) {
			fwrite(text, 1, (size_t)(end - text), out);
			return;
		}
}

/* Past the element that TAG opens (`<title>…</title>`), whatever it holds; NULL when it is not closed. */
static const char *skip_element(const struct tag *tag)
{
	char closing[40];
	if (tag->end[-1] == '/' || tag->name.start[0] == '!' || tag->name.start[0] == '?')
		return tag->end + 1;
	snprintf(closing, sizeof closing, "</%.*s", tag->name.length < 32 ? (int)tag->name.length : 32,
		 tag->name.start);
	const char *found = strstr(tag->end, closing);
	found = found ? strchr(found, '>') : NULL;
	return found ? found + 1 : NULL;
}

/* The rectangle that fills the page: the report's own background takes its place. Only the dark theme has one. */
static bool is_background(const struct tag *tag, struct size page)
{
	double x = -1, y = -1, width = 0, height = 0;
	struct span name, value;
	const char *at = tag->attributes;
	if (!span_is(tag->name, "rect") || tag->closing)
		return false;
	while (next_attribute(&at, &name, &value)) {
		if (span_is(name, "x"))
			x = strtod(value.start, NULL);
		else if (span_is(name, "y"))
			y = strtod(value.start, NULL);
		else if (span_is(name, "width"))
			width = strtod(value.start, NULL);
		else if (span_is(name, "height"))
			height = strtod(value.start, NULL);
	}
	return fabs(x) < 1 && fabs(y) < 1 && fabs(width - page.width) < 1 && fabs(height - page.height) < 1;
}

/* The next opening tag that draws, and where to go on after it. */
static bool next_drawing(const char **at, struct size page, struct tag *tag)
{
	const char *start;
	while (*at && next_tag(*at, &start, tag)) {
		bool draws = is_drawing(tag->name) && !is_background(tag, page);
		*at = is_drawing(tag->name) || tag->closing ? tag->end + 1 : skip_element(tag);
		if (draws && !tag->closing)
			return true;
	}
	return false;
}

/* The two drawings have the same elements in the same order. */
static bool same_structure(const char *light, const char *dark, struct size page)
{
	struct tag a, b;
	bool more;
	do {
		more = next_drawing(&light, page, &a);
		if (next_drawing(&dark, page, &b) != more)
			return false;
		if (more && (a.name.length != b.name.length || memcmp(a.name.start, b.name.start, a.name.length) != 0))
			return false;
	} while (more);
	return true;
}

static void write_body(FILE *out, const char *at, const char *dark, struct size page)
{
	const char *start;
	struct tag tag, dark_tag;
	while (at && next_tag(at, &start, &tag)) {
		write_text(out, at, start);
		at = tag.end + 1;
		if (is_background(&tag, page))
			continue;
		if (is_drawing(tag.name) && tag.closing)
			fprintf(out, "</%.*s>", (int)tag.name.length, tag.name.start);
		else if (is_drawing(tag.name))
			write_tag(out, &tag, dark && next_drawing(&dark, page, &dark_tag) ? dark_tag.attributes : NULL);
		else if (!tag.closing)
			at = skip_element(&tag);
		else if (span_is(tag.name, "svg"))
			return;
	}
}

/* What stands behind the root's opening tag, and its attributes; NULL when there is no such tag. */
static const char *open_root(const char *svg, struct tag *root)
{
	const char *start = svg ? strstr(svg, "<svg") : NULL;
	return start && next_tag(start, &start, root) ? root->end + 1 : NULL;
}

int svg_embed(FILE *out, const char *light, const char *dark, const char *alt)
{
	double width = 0, height = 0;
	char view[64] = "";
	struct size page;
	struct tag root, dark_root;
	struct span name, value;
	const char *body = open_root(light, &root);
	if (!body)
		return -1;
	const char *at = root.attributes;
	while (next_attribute(&at, &name, &value)) {
		if (span_is(name, "width"))
			width = strtod(value.start, NULL);
		else if (span_is(name, "height"))
			height = strtod(value.start, NULL);
		else if (span_is(name, "viewBox") && is_plain(value))
			snprintf(view, sizeof view, "%.*s", (int)value.length, value.start);
	}
	if (!(width > 0 && height > 0) || sscanf(view, "%*f %*f %lf %lf", &page.width, &page.height) != 2)
		return -1;
	const char *dark_body = open_root(dark, &dark_root);
	bool themed = dark_body && same_structure(body, dark_body, page);
	fprintf(out, "<svg class=\"plot%s\" viewBox=\"%s\" width=\"%.0f\" height=\"%.0f\"", themed ? "" : " paper",
		view, width, height);
	html_put(out, " role=\"img\" aria-label=\"{}\">", alt, NULL);
	write_body(out, body, themed ? dark_body : NULL, page);
	fputs("</svg>\n", out);
	return 0;
}
