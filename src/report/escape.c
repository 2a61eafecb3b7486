/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/escape.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "netladder/text.h"

#define REPLACEMENT "\xef\xbf\xbd"

typedef void (*writer)(FILE *out, const char *text);

/* Writes TEXT character by character; REFERENCE gives what stands for an ASCII character, or NULL for itself. */
static void write_escaped(FILE *out, const char *text, const char *(*reference)(const char *text, const char *at))
{
	size_t length;
	for (const char *at = text; *at; at += length) {
		int32_t character = lad_text_character(at, &length);
		bool layout = *at == '\t' || *at == '\n';
		if (character < 0 || (lad_text_is_control(character) && !layout)) {
			fputs(REPLACEMENT, out);
			continue;
		}
		const char *instead = length == 1 ? reference(text, at) : NULL;
		if (instead)
			fputs(instead, out);
		else
			fwrite(at, 1, length, out);
	}
}

static const char *html_reference(const char *text, const char *at)
{
	(void)text;
	switch (*at) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	write_escaped(out, text, html_reference);
}

static const char *markdown_reference(const char *text, const char *at)
{
	static const struct {
		char character;
		const char *reference;
	} references[] = {
	    {'&', "&amp;"}, {'<', "&lt;"},   {'|', "&#124;"}, {'`', "&#96;"},  {'*', "&#42;"}, {'[', "&#91;"},
	    {']', "&#93;"}, {'\\', "&#92;"}, {'~', "&#126;"}, {'@', "&#64;"},  {'#', "&#35;"}, {'$', "&#36;"},
	    {'\n', " "},    {'\t', " "},     {'{', "&#123;"}, {'}', "&#125;"},
	};
	for (size_t i = 0; i < sizeof references / sizeof *references; i++)
		if (references[i].character == *at)
			return references[i].reference;
	/* A quotation only where a line begins; emphasis only at the edge of a word. */
	if (*at == '>')
		return at == text ? "&gt;" : NULL;
	if (*at == '_')
		return at > text && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[1]) ? NULL : "&#95;";
	/* GitHub makes links of bare addresses. */
	if (*at == ':' && strncmp(at, "://", 3) == 0)
		return "&#58;";
	if ((*at == 'w' || *at == 'W') && strncasecmp(at, "www.", 4) == 0)
		return *at == 'w' ? "&#119;" : "&#87;";
	return NULL;
}

void markdown_text(FILE *out, const char *text)
{
	write_escaped(out, text, markdown_reference);
}

static void put(FILE *out, const char *template, writer write, va_list arguments)
{
	const char *hole;
	while ((hole = strstr(template, "{}"))) {
		const char *text = va_arg(arguments, const char *);
		fwrite(template, 1, (size_t)(hole - template), out);
		template = hole + 2;
		if (!text) /* fewer arguments than holes: show it rather than read on */
			break;
		write(out, text);
	}
	fputs(template, out);
}

void html_put(FILE *out, const char *template, ...)
{
	va_list arguments;
	va_start(arguments, template);
	put(out, template, html_text, arguments);
	va_end(arguments);
}

void markdown_put(FILE *out, const char *template, ...)
{
	va_list arguments;
	va_start(arguments, template);
	put(out, template, markdown_text, arguments);
	va_end(arguments);
}

void base64_put(FILE *out, const void *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;
	for (size_t i = 0; i < length; i += 3) {
		size_t have = length - i < 3 ? length - i : 3;
		uint32_t group = (uint32_t)in[i] << 16;
		if (have > 1)
			group |= (uint32_t)in[i + 1] << 8;
		if (have > 2)
			group |= in[i + 2];
		char quad[4] = {digits[group >> 18], digits[group >> 12 & 63], have > 1 ? digits[group >> 6 & 63] : '=',
				have > 2 ? digits[group & 63] : '='};
		fwrite(quad, 1, sizeof quad, out);
	}
}
