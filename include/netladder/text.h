/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_TEXT_H
#define NETLADDER_TEXT_H

/* What messages need to speak of words that others wrote: a person, a file, another machine. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAD_EXCERPT_BYTES 48

struct lad_excerpt {
	char text[LAD_EXCERPT_BYTES];
};

/*
 * Makes TEXT safe for a terminal and fit for one line, in its place: every control character (C0 with tabs and line
 * ends, DEL, C1), line and paragraph separator, control of writing direction, and every byte that is no UTF-8 becomes
 * `?`. Whatever the program did not write itself goes through here before it reaches standard output or error; the
 * texts of a results.csv do when they are read, and those of a struct lad_error when it is made. Returns TEXT.
 */
char *lad_text_clean(char *text);

/* The two halves of it, for what escapes in its own way: the character that TEXT begins with, -1 where its byte is no
 * UTF-8 (RFC 3629), with the bytes to step over in *LENGTH; and whether a character is one of those above. */
int32_t lad_text_character(const char *text, size_t *length);
bool lad_text_is_control(int32_t character);

/*
 * TEXT fit for a one-line message: cut with "..." when it is long, never inside a UTF-8 character, and cleaned as
 * lad_text_clean does. Use it in place: printf("%s", lad_excerpt(word).text).
 */
struct lad_excerpt lad_excerpt(const char *text);

/*
 * The one of WORDS that WORD was probably meant to be (edit distance with transpositions, case ignored, or WORD is
 * its beginning), or NULL when none is near.
 */
const char *lad_near_miss(const char *word, const char *const *words, size_t count);

/* Writes "a, b, c" into OUT (always terminated, cut when SIZE is too small). */
void lad_join(char *out, size_t size, const char *const *words, size_t count);

#endif
