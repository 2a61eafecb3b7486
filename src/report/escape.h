/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

/*
 * Text on its way out. Pages are written with `html_put`, whose template is ours and whose arguments are always
 * escaped: there is no way to pass it markup, so a section cannot forget to escape. No text of a run ever goes into a
 * script or a style.
 */

#include <stddef.h>
#include <stdio.h>

/*
 * TEXT for HTML content and for attribute values in double or single quotes: & < > " ' become references, control
 * characters and bytes that are no UTF-8 become U+FFFD.
 */
void html_text(FILE *out, const char *text);

/* TEMPLATE with each `{}` replaced by the next argument (const char *), escaped by html_text. End with NULL. */
void html_put(FILE *out, const char *template, ...) __attribute__((sentinel));

/*
 * TEXT as one line of Markdown that shows as it stands: what Markdown, its tables, inline HTML, mentions and
 * automatic links would take for theirs becomes a character reference, a line break a space.
 */
void markdown_text(FILE *out, const char *text);
void markdown_put(FILE *out, const char *template, ...) __attribute__((sentinel));

/* RFC 4648, with padding, no line breaks. */
void base64_put(FILE *out, const void *bytes, size_t length);

#endif
