/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/escape.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

typedef void (*writer)(FILE *out, const char *text);

/* The bytes of the UTF-8 character at TEXT (RFC 3629: shortest form, no surrogates), 0 when it is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80		   ? 1
			: (text[0] & 0xe0) == 0xc0 ? 2
			: (text[0] & 0xf0) == 0xe0 ? 3
			: (text[0] & 0xf8) == 0xf0 ? 4
						   : 0;
	if (length <= 1)
		return length;
	uint32_t code = text[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80) /* the final NUL as well */
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

/*
 * Characters that show nothing but change how what stands around them is read: C0 (save tab and newline), DEL, C1, and
 * the bidirectional overrides and isolates (Boucher & Anderson, "Trojan Source", 2021).
 */
static int is_harmful(const unsigned char *text, size_t length)
{
	if (length == 1)
		return (text[0] < 0x20 && text[0] != '\t' && text[0] != '\n') || text[0] == 0x7f;
	if (length == 2)
		return text[0] == 0xc2 && text[1] < 0xa0;
	return length == 3 && text[0] == 0xe2 &&
	       ((text[1] == 0x80 && text[2] >= 0xaa && text[2] <= 0xae) ||
		(text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
}

/* Writes TEXT character by character; REFERENCE gives what stands for an ASCII character, or NULL for itself. */
static void write_escaped(FILE *out, const char *text, const char *(*reference)(const char *text, const char *at))
{
	const unsigned char *at = (const unsigned char *)text;
	while (*at) {
		size_t length = utf8_length(at);
		if (length == 0 || is_harmful(at, length)) {
			fputs(REPLACEMENT, out);
			at += length ? length : 1;
			continue;
		}
		const char *instead = length == 1 ? reference(text, (const char *)at) : NULL;
		if (instead)
			fputs(instead, out);
		else
			fwrite(at, 1, length, out);
		at += length;
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
