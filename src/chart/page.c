/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/page.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define LINE_TITLE 19.0
#define LINE_SUBTITLE 14.0
#define LINE_FOOTER 12.0
/* Of a page whose width nobody asked for. */
#define PAGE_NATURAL_MIN 420.0
#define PAGE_NATURAL_MAX 1400.0

static bool is_instruction_clock(const struct lad_chart_request *request)
{
	for (int i = 0; i < request->source_count; i++)
		if (strcmp(request->sources[i].table->rows[0].clock, "instructions") == 0)
			return true;
	return false;
}

/* The first words of the field that are the same in all sources, else how many there are. */
static void common(const struct lad_chart_request *request, size_t offset, const char *plural, char *out, size_t size)
{
	const char *first = (const char *)&request->sources[0].table->rows[0] + offset;
	for (int i = 1; i < request->source_count; i++)
		if (strcmp((const char *)&request->sources[i].table->rows[0] + offset, first) != 0) {
			snprintf(out, size, "several %s", plural);
			return;
		}
	snprintf(out, size, "%.96s", first);
}

static void footer_text(const struct lad_chart_request *request, char *out, size_t size)
{
	char lab[100], kernel[100], clock[100], scenario[100];
	const struct lad_row *first = &request->sources[0].table->rows[0];
	const struct lad_row *last = &request->sources[request->source_count - 1].table->rows[0];
	common(request, offsetof(struct lad_row, lab), "labs", lab, sizeof lab);
	common(request, offsetof(struct lad_row, kernel), "kernels", kernel, sizeof kernel);
	common(request, offsetof(struct lad_row, clock), "clocks", clock, sizeof clock);
	common(request, offsetof(struct lad_row, scenario), "scenarios", scenario, sizeof scenario);
	snprintf(out, size,
		 "netladder %s\u00a0\u00b7 %s\u00a0\u00b7 %s lab\u00a0\u00b7 %s%s\u00a0\u00b7 kernel %s\u00a0\u00b7 "
		 "%.31s%s%.31s",
		 LAD_VERSION, scenario, lab,
		 is_instruction_clock(request) ? "instruction clock: path length, not wall time" : clock,
		 is_instruction_clock(request) ? "" : " clock", kernel, first->time,
		 request->source_count > 1 ? " to " : "", request->source_count > 1 ? last->time : "");
}

/* The length of TEXT's beginning that fits, broken at a blank where there is one. */
static size_t break_at(struct canvas *ruler, double width, double size, bool bold, const char *text)
{
	char part[PAGE_LINE_BYTES];
	size_t best = 0;
	for (size_t i = 1; i < sizeof part; i++) {
		if (text[i] != '\0' && (text[i] != ' ' || text[i + 1] == '%'))
			continue;
		snprintf(part, sizeof part, "%.*s", (int)i, text);
		if (canvas_measure(ruler, size, bold, part) > width)
			break;
		best = i;
		if (!text[i])
			break;
	}
	return best;
}

void page_wrap(struct canvas *ruler, double width, double size, bool bold, const char *text, struct page_lines *lines)
{
	lines->count = 0;
	while (*text && lines->count < PAGE_LINES_MAX) {
		char *line = lines->text[lines->count++];
		size_t length = break_at(ruler, width, size, bold, text);
		bool last = lines->count == PAGE_LINES_MAX;
		if (length == 0 || (last && text[length])) { /* one long word, or no more room */
			const char *end = last ? NULL : strchr(text, ' ');
			char rest[PAGE_LINE_BYTES];
			snprintf(rest, sizeof rest, "%.*s", end ? (int)(end - text) : PAGE_LINE_BYTES - 1, text);
			canvas_fit(ruler, width, size, bold, rest, line, PAGE_LINE_BYTES);
			text = end ? end : "";
		} else {
			snprintf(line, PAGE_LINE_BYTES, "%.*s", (int)length, text);
			text += length;
		}
		while (*text == ' ')
			text++;
	}
}

static int columns_of(const struct page *page, int count, struct page_panel_size size)
{
	int columns = count == 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : 4;
	while (columns > 1 && columns * (size.width_natural + PAGE_GAP) > PAGE_NATURAL_MAX)
		columns--;
	if (page->request->width_px > 0) {
		double room = page->request->width_px - 2 * PAGE_MARGIN + PAGE_GAP;
		columns = (int)floor(room / (size.width_min + PAGE_GAP));
		columns = columns < 1 ? 1 : columns > count ? count : columns;
	}
	if (size.together > 1 && columns > size.together)
		columns -= columns % size.together;
	return columns;
}

static void measure_texts(struct page *page)
{
	char footer[1024];
	double width = page->width - 2 * PAGE_MARGIN;
	page->title_lines.count = page->subtitle_lines.count = page->footer_lines.count = 0;
	if (page->request->bare)
		return;
	if (page->request->title)
		snprintf(page->title, sizeof page->title, "%s", page->request->title);
	footer_text(page->request, footer, sizeof footer);
	page_wrap(page->ruler, width, SIZE_TITLE, true, page->title, &page->title_lines);
	page_wrap(page->ruler, width, SIZE_LABEL, false, page->subtitle, &page->subtitle_lines);
	page_wrap(page->ruler, width, SIZE_SMALL, false, footer, &page->footer_lines);
}

void page_grid(struct page *page, int count, struct page_panel_size size)
{
	count = count > PAGE_PANELS_MAX ? PAGE_PANELS_MAX : count < 1 ? 1 : count;
	int columns = columns_of(page, count, size);
	int rows = (count + columns - 1) / columns;
	double margin = page->request->bare ? PAGE_MARGIN / 2 : PAGE_MARGIN;
	double panel_width = size.width_natural;
	if (page->request->width_px > 0) {
		double room = (page->request->width_px - 2 * margin - (columns - 1) * PAGE_GAP) / columns;
		panel_width = fmax(room, size.width_min);
	}
	page->width = 2 * margin + columns * panel_width + (columns - 1) * PAGE_GAP;
	if (page->request->width_px > 0)
		page->width = fmax(page->width, page->request->width_px);
	else if (!page->request->bare)
		page->width = fmax(page->width, PAGE_NATURAL_MIN);
	measure_texts(page);
	double head = margin, foot = margin;
	if (!page->request->bare) {
		head += page->title_lines.count * LINE_TITLE + page->subtitle_lines.count * LINE_SUBTITLE + 8;
		foot += page->footer_lines.count * LINE_FOOTER;
	}
	page->width = ceil(page->width);
	page->height = ceil(head + foot + rows * size.height + (rows - 1) * PAGE_GAP);
	page->panel_count = count;
	for (int i = 0; i < count; i++) {
		int row = i / columns, column = i % columns;
		page->panels[i] = (struct box){margin + column * (panel_width + PAGE_GAP),
					       page->height - head - size.height - row * (size.height + PAGE_GAP),
					       panel_width, size.height};
	}
}

void page_draw(const struct page *page, struct canvas *canvas)
{
	const struct theme *theme = page->theme;
	double y = page->height - PAGE_MARGIN - SIZE_TITLE + 3;
	for (int i = 0; i < page->title_lines.count; i++, y -= LINE_TITLE)
		canvas_text(canvas, PAGE_MARGIN, y, CANVAS_LEFT, SIZE_TITLE, true, theme->ink,
			    page->title_lines.text[i]);
	y += LINE_TITLE - LINE_SUBTITLE - 2;
	for (int i = 0; i < page->subtitle_lines.count; i++, y -= LINE_SUBTITLE)
		canvas_text(canvas, PAGE_MARGIN, y, CANVAS_LEFT, SIZE_LABEL, false, theme->muted,
			    page->subtitle_lines.text[i]);
	y = 12 + (page->footer_lines.count - 1) * LINE_FOOTER;
	for (int i = 0; i < page->footer_lines.count; i++, y -= LINE_FOOTER)
		canvas_text(canvas, PAGE_MARGIN, y, CANVAS_LEFT, SIZE_SMALL, false, theme->muted,
			    page->footer_lines.text[i]);
}

void page_panel_head(const struct page *page, struct canvas *canvas, struct box panel, const char *heading,
		     const char *line)
{
	char text[PAGE_LINE_BYTES];
	double top = panel.y + panel.height;
	canvas_fit(page->ruler, panel.width, SIZE_HEADING, true, heading, text, sizeof text);
	canvas_text(canvas, panel.x, top - 12, CANVAS_LEFT, SIZE_HEADING, true, page->theme->ink, text);
	canvas_fit(page->ruler, panel.width, SIZE_LABEL, false, line, text, sizeof text);
	canvas_text(canvas, panel.x, top - 26, CANVAS_LEFT, SIZE_LABEL, false, page->theme->muted, text);
}
