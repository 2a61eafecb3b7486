/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/scenario.h"

#include <string.h>

#include "netladder/text.h"

static const char blanks[] = " \t";
static const char example[] = "modes joined by > or ~, as host > macvlan ~ ipvlan-l2";

/* Reads one sign and returns where it ends, or NULL when there is none. */
static const char *read_sign(const char *at, enum lad_relation_sign *sign)
{
	static const char almost_equal[] = "\xe2\x89\x88"; /* the sign U+2248 in UTF-8 */
	*sign = *at == '>' ? LAD_GREATER : LAD_EQUIVALENT;
	if (*at == '>' || *at == '~' || *at == '=')
		return at + 1;
	if (strncmp(at, almost_equal, strlen(almost_equal)) == 0)
		return at + strlen(almost_equal);
	return NULL;
}

static int complain_mode(const char *word, struct lad_error *err)
{
	const char *names[LAD_MODE_COUNT];
	for (int i = 0; i < LAD_MODE_COUNT; i++)
		names[i] = lad_mode_name((enum lad_mode)i);
	char valid[128];
	lad_join(valid, sizeof valid, names, LAD_MODE_COUNT);
	const char *near = lad_near_miss(word, names, LAD_MODE_COUNT);
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%s\" is not a mode%s%s%s; valid: %s", lad_excerpt(word).text,
			     near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", valid);
}

/* Reads the mode at *AT and moves *AT behind it and the blanks around it. Returns the mode, or -1. */
static int read_mode(const char **at, struct lad_error *err)
{
	*at += strspn(*at, blanks);
	size_t length = 0;
	enum lad_relation_sign unused;
	while ((*at)[length] && !strchr(blanks, (*at)[length]) && !read_sign(*at + length, &unused))
		length++;
	if (length == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "the order lacks a mode %s; valid: %s",
				     **at ? "before a sign" : "at its end", example);
	char word[LAD_EXCERPT_BYTES * 2];
	size_t kept = length < sizeof word ? length : sizeof word - 1;
	memcpy(word, *at, kept);
	word[kept] = '\0';
	int mode = lad_mode_from_name(word);
	if (mode < 0)
		return complain_mode(word, err);
	*at += length;
	*at += strspn(*at, blanks);
	return mode;
}

int lad_order_parse(const char *text, struct lad_relation *relations, int capacity, struct lad_error *err)
{
	bool seen[LAD_MODE_COUNT] = {false};
	int count = 0;
	int left = read_mode(&text, err);
	if (left < 0)
		return -1;
	seen[left] = true;
	while (*text) {
		enum lad_relation_sign sign;
		const char *next = read_sign(text, &sign);
		if (!next)
			return lad_error_set(err, LAD_EXIT_USAGE, "no sign between %s and \"%s\"; valid: %s",
					     lad_mode_name((enum lad_mode)left), lad_excerpt(text).text, example);
		text = next;
		int right = read_mode(&text, err);
		if (right < 0)
			return -1;
		if (seen[right])
			return lad_error_set(err, LAD_EXIT_USAGE, "%s is in the order twice; valid: each mode once",
					     lad_mode_name((enum lad_mode)right));
		if (count == capacity)
			return lad_error_set(err, LAD_EXIT_USAGE, "the order is too long; valid: at most %d signs",
					     capacity);
		relations[count++] = (struct lad_relation){(enum lad_mode)left, (enum lad_mode)right, sign};
		seen[right] = true;
		left = right;
	}
	if (count == 0)
		return lad_error_set(err, LAD_EXIT_USAGE, "an order of one mode says nothing; valid: %s", example);
	return count;
}
