/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "markdown.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#define FENCE "```"

const char *const *markdown_pages(int *count)
{
	static const char *const patterns[] = {"*.md", "docs/*.md", "docs/notes/*.md", "scenarios/*.md"};
	static const char *pages[MARKDOWN_PAGES_MAX];
	static glob_t found; /* holds the paths */
	if (!found.gl_pathc)
		for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
			glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found);
	assert_in_range(found.gl_pathc, 1, MARKDOWN_PAGES_MAX);
	*count = (int)found.gl_pathc;
	for (int i = 0; i < *count; i++)
		pages[i] = found.gl_pathv[i];
	return pages;
}

/* The remark of LINE, an HTML comment; "" where the line is something else. */
static void read_remark(const char *line, char *remark, size_t size)
{
	const char *end = strstr(line, " -->");
	*remark = '\0';
	if (strncmp(line, "<!-- ", 5) == 0 && end)
		snprintf(remark, size, "%.*s", (int)(end - line - 5), line + 5);
}

/* Ends the line at PLACE. Returns the next one, or NULL. */
static char *cut_line(char *place)
{
	char *end = strchr(place, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

int markdown_blocks(char *text, struct markdown_block blocks[MARKDOWN_BLOCKS_MAX])
{
	int count = 0, number = 0;
	char above[sizeof blocks->remark] = "";
	for (char *line = text, *next; line; line = next) {
		number++;
		next = cut_line(line);
		if (strncmp(line, FENCE, 3) != 0) {
			if (strncmp(line + strspn(line, " \t>"), FENCE, 3) == 0)
				fail_msg("line %d: a fence begins a line, else nobody tests its block", number);
			read_remark(line, above, sizeof above);
			continue;
		}
		assert_in_range(count, 0, MARKDOWN_BLOCKS_MAX - 1);
		struct markdown_block *block = &blocks[count++];
		*block = (struct markdown_block){.line = number, .text = next};
		snprintf(block->language, sizeof block->language, "%.15s", line + 3);
		memcpy(block->remark, above, sizeof above);
		char *end = next ? strstr(next, "\n" FENCE) : NULL;
		if (!end)
			fail_msg("line %d: this block has no end", number);
		for (const char *c = next; c <= end; c++)
			number += *c == '\n';
		number++;
		end[1] = '\0'; /* keeps the last line's end */
		next = cut_line(end + 2);
	}
	return count;
}

void markdown_blank_blocks(char *text)
{
	bool inside = false;
	for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		bool fence = strncmp(line, FENCE, 3) == 0;
		if (fence || inside)
			for (char *c = line; *c && *c != '\n'; c++)
				*c = ' ';
		inside ^= fence;
	}
}

bool markdown_next(const char **place, const char *open, const char *close, char *piece, size_t size)
{
	for (const char *begin = strstr(*place, open); begin; begin = strstr(begin, open)) {
		begin += strlen(open);
		const char *end = strstr(begin, close), *line = strchr(begin, '\n');
		if (!end || (line && line < end))
			continue;
		snprintf(piece, size, "%.*s", (int)(end - begin), begin);
		*place = end + strlen(close);
		return true;
	}
	return false;
}

/* Lower case, blanks as hyphens, without punctuation. */
static void make_anchor(const char *heading, char *anchor, size_t size)
{
	size_t used = 0;
	for (const char *c = heading; *c && *c != '\n' && used + 1 < size; c++)
		if (isalnum((unsigned char)*c) || *c == '-' || *c == '_')
			anchor[used++] = (char)tolower((unsigned char)*c);
		else if (*c == ' ')
			anchor[used++] = '-';
	anchor[used] = '\0';
}

bool markdown_has_anchor(const char *text, const char *anchor)
{
	char made[200];
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t depth = strspn(line, "#");
		if (depth == 0 || line[depth] != ' ')
			continue;
		make_anchor(line + depth + 1, made, sizeof made);
		if (strcmp(made, anchor) == 0)
			return true;
	}
	return false;
}
