/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BROWSER_PAGES_H
#define BROWSER_PAGES_H

/* The reports that the browser tests look at, and the browser. */

#include "browser.h"
#include "folders.h"
#include "support.h"

/* What one of them has for each of its texts. */
#define PAGES_HOSTILE                                                                                                  \
	"\"'><script>window.pwned=1</script></title></style></pre><img src=x onerror=window.pwned=2>{{7*7}}<!--"       \
	"unbrokenunbrokenunbrokenunbrokenunbrokenunbrokenunbroken"

enum { PAGE_LADDER, PAGE_SWEEP, PAGE_INSTRUCTIONS, PAGE_COMPARISON, PAGE_HOSTILE, PAGE_COUNT };

struct page {
	const char *name;
	struct folder_plan plan;
	double other_speed; /* above 0: a second folder is held against this one */
	char folder[64], page[96], other[64];
};
extern struct page pages[PAGE_COUNT];
extern struct browser pages_browser;

/* cmocka's fixtures of a group: the reports are made once, and the browser is started where there is one. */
int pages_set_up(void **state);
int pages_tear_down(void **state);
/* Opens page INDEX on a screen of this size and scheme; skips the test without a browser. */
void pages_look_at(size_t index, int width, const char *scheme);

#endif
