/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netladder/text.h"

/* Puts TEXT behind the first USED bytes of the message, as much of it as fits. */
static void append(struct lad_error *err, size_t used, const char *text)
{
	size_t length = strnlen(text, sizeof err->message - used - 1);
	memcpy(err->message + used, text, length);
	err->message[used + length] = '\0';
}

__attribute__((format(printf, 4, 0))) static void format_message(struct lad_error *err, enum lad_exit code,
								 int errno_value, const char *format, va_list args)
{
	err->exit_code = code;
	err->saved_errno = errno_value;
	err->remedy[0] = '\0';
	int used = vsnprintf(err->message, sizeof err->message, format, args);
	if (errno_value && used >= 0 && (size_t)used < sizeof err->message) {
		append(err, (size_t)used, ": ");
		append(err, strlen(err->message), strerror(errno_value));
	}
	lad_text_clean(err->message);
}

int lad_error_set(struct lad_error *err, enum lad_exit code, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	va_start(args, format);
	format_message(err, code, 0, format, args);
	va_end(args);
	return -1;
}

int lad_error_errno(struct lad_error *err, int errno_value, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	va_start(args, format);
	format_message(err, LAD_EXIT_UNABLE, errno_value, format, args);
	va_end(args);
	return -1;
}

int lad_error_context(struct lad_error *err, const char *format, ...)
{
	if (!err)
		return -1;
	char inner[sizeof err->message];
	memcpy(inner, err->message, sizeof inner);
	va_list args;
	va_start(args, format);
	int used = vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	if (used >= 0 && (size_t)used < sizeof err->message) {
		append(err, (size_t)used, ": ");
		append(err, strlen(err->message), inner);
	}
	lad_text_clean(err->message);
	return -1;
}

int lad_error_remedy(struct lad_error *err, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	va_start(args, format);
	vsnprintf(err->remedy, sizeof err->remedy, format, args);
	va_end(args);
	lad_text_clean(err->remedy);
	return -1;
}

struct lad_error_line lad_error_line(const struct lad_error *err)
{
	struct lad_error_line line;
	snprintf(line.text, sizeof line.text, "%s%s%s", err->message, err->remedy[0] ? "; try: " : "", err->remedy);
	return line;
}

void lad_error_change_exit(struct lad_error *err, enum lad_exit code)
{
	if (err)
		err->exit_code = code;
}

void lad_error_change_errno(struct lad_error *err, int errno_value)
{
	if (err)
		err->saved_errno = errno_value;
}
