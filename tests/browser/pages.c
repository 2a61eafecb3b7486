/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pages.h"

#include "netladder/report.h"

struct page pages[PAGE_COUNT] = {
    [PAGE_LADDER] =
	{.name = "ladder",
	 .plan = {.blocks = 7, .modes = 6, .tunings = 1, .workloads = 5, .speed = 1, .skipped = "ipvlan-l3"}},
    [PAGE_SWEEP] = {.name = "sweep", .plan = {.blocks = 7, .modes = 6, .tunings = 8, .workloads = 5, .speed = 1}},
    [PAGE_INSTRUCTIONS] =
	{.name = "instructions",
	 .plan = {.blocks = 7, .modes = 5, .tunings = 1, .workloads = 3, .speed = 1, .clock = "instructions"}},
    [PAGE_COMPARISON] = {.name = "comparison",
			 .plan = {.blocks = 7, .modes = 5, .tunings = 1, .workloads = 5, .speed = 1},
			 .other_speed = 0.93},
    [PAGE_HOSTILE] = {.name = "hostile",
		      .plan = {.blocks = 7,
			       .modes = 6,
			       .tunings = 2,
			       .workloads = 5,
			       .speed = 1,
			       .text = PAGES_HOSTILE,
			       .skipped = "bridge"}},
};

struct browser pages_browser;

static void make_report(size_t index)
{
	const char *folders[] = {pages[index].folder, pages[index].other};
	bool two = pages[index].other_speed > 0;
	struct folder_plan other = pages[index].plan;
	struct lad_report_request request = {
	    .folders = folders, .folder_count = two ? 2 : 1, .title = pages[index].plan.text};
	struct lad_error err = {0};
	folder_make(&pages[index].plan, pages[index].folder);
	other.speed = pages[index].other_speed;
	if (two)
		folder_make(&other, pages[index].other);
	lad_report_path(pages[index].folder, "report.html", pages[index].page, sizeof pages[index].page);
	if (lad_report_save(&request, pages[index].page, &err) < 0)
		fail_msg("%s", err.message);
}

int pages_set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE_COUNT; i++)
		make_report(i);
	if (browser_missing()) {
		print_message("skipped: %s\n", browser_missing());
		return 0;
	}
	return browser_start(&pages_browser);
}

int pages_tear_down(void **state)
{
	(void)state;
	if (pages_browser.folder[0])
		browser_stop(&pages_browser);
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		folder_remove(pages[i].folder);
		if (pages[i].other[0])
			folder_remove(pages[i].other);
	}
	return 0;
}

void pages_look_at(size_t index, int width, const char *scheme)
{
	if (browser_missing())
		support_skip(browser_missing());
	browser_size(&pages_browser, width, 900);
	browser_media(&pages_browser, "screen", scheme);
	browser_open(&pages_browser, pages[index].page);
}
