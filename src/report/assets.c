/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

/* The files as they are, each with a NUL behind it. The Makefile makes the hash and knows what this depends on. */
#define EMBED(symbol, path)                                                                                            \
	__asm__(".section .rodata\n"                                                                                   \
		".global " #symbol "\n" #symbol ":\n"                                                                  \
		".incbin \"" path "\"\n"                                                                               \
		".byte 0\n"                                                                                            \
		".previous\n")

EMBED(report_css, "src/report/report.css");
EMBED(report_js, "src/report/report.js");
EMBED(report_js_hash, LAD_BUILD "/src/report/report.js.hash");
