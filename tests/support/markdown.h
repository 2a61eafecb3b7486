/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUPPORT_MARKDOWN_H
#define SUPPORT_MARKDOWN_H

/* The repository's texts, as tests read them: pages, their fenced blocks, and code and links within a line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MARKDOWN_PAGES_MAX 64
#define MARKDOWN_BLOCKS_MAX 64

/* The paths of all pages, sorted within each folder; static. *COUNT gets their number. */
const char *const *markdown_pages(int *count);

/*
 * A fenced block. Its language is "sh" (each line is typed), "console" (lines that begin with "$ " are typed, the
 * others are printed) or that of a file. An HTML comment on the line above the fence is a remark for the tests:
 * <!-- not run: why --> or <!-- exit 1: why -->.
 */
struct markdown_block {
	int line; /* of its fence, from 1 */
	char language[16];
	char remark[200]; /* without the marks of the comment; "": none */
	char *text;
};

/* Cuts TEXT, which is changed, into BLOCKS, whose texts point into TEXT. Returns how many. */
int markdown_blocks(char *text, struct markdown_block blocks[MARKDOWN_BLOCKS_MAX]);

/* Overwrites the fenced blocks of TEXT with blanks: what is left is prose, at the same offsets. */
void markdown_blank_blocks(char *text);

/*
 * The next piece of *PLACE between OPEN and CLOSE that is on one line: `code` between "`" and "`", a link's target
 * between "](" and ")". Copies it to PIECE and moves *PLACE behind it. False: there is none left.
 */
bool markdown_next(const char **place, const char *open, const char *close, char *piece, size_t size);

/* Whether a heading of the page TEXT has this ANCHOR, made as GitHub makes it. */
bool markdown_has_anchor(const char *text, const char *anchor);

#endif
