/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_TEXT_H
#define NETLADDER_TEXT_H

/* What error messages need to speak of words that a person wrote. */

#include <stddef.h>

#define LAD_EXCERPT_BYTES 48

struct lad_excerpt {
	char text[LAD_EXCERPT_BYTES];
};

/*
 * TEXT fit for a one-line message: cut with "..." when it is long, never inside a UTF-8 character, and with `?` for
 * each control character. Use it in place: printf("%s", lad_excerpt(word).text).
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
