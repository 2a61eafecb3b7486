/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Longer words are not looked at: no word of ours is near this length. */
#define NEAR_MISS_MAX 32

int32_t lad_text_character(const char *text, size_t *length)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* anything less has a shorter form */
	const unsigned char *at = (const unsigned char *)text;
	size_t bytes = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	*length = 1; /* of a byte that is none: what follows may be whole again */
	if (bytes == 1)
		return at[0];
	if (bytes == 0 || at[0] > 0xf4)
		return -1;
	int32_t character = at[0] & (0x7f >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((at[i] & 0xc0) != 0x80) /* the final NUL is among these */
			return -1;
		character = character << 6 | (at[i] & 0x3f);
	}
	bool surrogate = character >= 0xd800 && character <= 0xdfff;
	if (character < least[bytes] || surrogate || character > 0x10ffff)
		return -1;
	*length = bytes;
	return character;
}

bool lad_text_is_control(int32_t character)
{
	static const struct {
		int32_t first, last;
	} ranges[] = {
	    {0, 0x1f},		{0x7f, 0x9f}, /* C0, DEL and C1: cursor, colours, bell, line ends */
	    {0x61c, 0x61c},	{0x200e, 0x200f},
	    {0x202a, 0x202e},	{0x2066, 0x206f}, /* direction of writing (Boucher & Anderson, "Trojan Source", 2021) */
	    {0x2028, 0x2029},			  /* line and paragraph separator */
	    {0xfeff, 0xfeff},	{0xfff9, 0xfffb},
	    {0xe0000, 0xe007f}, /* a byte order mark inside, annotations and tags: seen by no one */
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

char *lad_text_clean(char *text)
{
	char *to = text;
	size_t length;
	for (const char *from = text; *from; from += length) {
		int32_t character = lad_text_character(from, &length);
		if (character < 0 || lad_text_is_control(character)) {
			*to++ = '?';
		} else {
			memmove(to, from, length);
			to += length;
		}
	}
	*to = '\0';
	return text;
}

struct lad_excerpt lad_excerpt(const char *text)
{
	static const char ellipsis[] = "...";
	struct lad_excerpt excerpt;
	size_t length = strlen(text), room = sizeof excerpt.text - 1;
	size_t kept = length;
	if (length > room) {
		kept = room - strlen(ellipsis);
		/* 10xxxxxx continues a character: step back to where that character begins. */
		while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--;
	}
	memcpy(excerpt.text, text, kept);
	excerpt.text[kept] = '\0';
	lad_text_clean(excerpt.text);
	kept = strlen(excerpt.text);
	if (length > room)
		memcpy(excerpt.text + kept, ellipsis, sizeof ellipsis);
	return excerpt;
}

static int smallest(int a, int b, int c)
{
	int least = a < b ? a : b;
	return least < c ? least : c;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each at the price of 1. */
static int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int cost[NEAR_MISS_MAX + 1][NEAR_MISS_MAX + 1];
	for (size_t i = 0; i <= a_length; i++)
		cost[i][0] = (int)i;
	for (size_t j = 0; j <= b_length; j++)
		cost[0][j] = (int)j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			int differs = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
			cost[i][j] = smallest(cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost[i][j] = smallest(cost[i][j], cost[i - 2][j - 2] + 1, cost[i][j]);
		}
	}
	return cost[a_length][b_length];
}

const char *lad_near_miss(const char *word, const char *const *words, size_t count)
{
	size_t length = strlen(word);
	if (length == 0 || length > NEAR_MISS_MAX)
		return NULL;
	const char *best = NULL;
	int best_distance = length < 3 ? 2 : (int)length / 3 + 1; /* at most a third of the letters are wrong */
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(words[i]);
		if (other > NEAR_MISS_MAX)
			continue;
		int distance = edit_distance(word, length, words[i], other);
		if (distance < best_distance) {
			best_distance = distance;
			best = words[i];
		}
	}
	for (size_t i = 0; !best && length >= 3 && i < count; i++)
		if (strncmp(word, words[i], length) == 0)
			best = words[i];
	return best;
}

void lad_join(char *out, size_t size, const char *const *words, size_t count)
{
	size_t used = 0;
	if (size)
		out[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		int added = snprintf(out + used, size - used, "%s%s", i ? ", " : "", words[i]);
		used += added > 0 ? (size_t)added : 0;
	}
}
