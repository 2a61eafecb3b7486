/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/place.h"

#include <limits.h>
#include <math.h>

/* The order of Y, lowest first; equal ones stay in the order in which they came. */
static void sort_order(const double *y, int count, int *order)
{
	for (int i = 0; i < count; i++) {
		int at = i;
		for (; at > 0 && y[order[at - 1]] > y[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void place_labels(double *y, int count, double gap, double low, double high)
{
	int order[PLACE_MAX], size[PLACE_MAX], pools = 0;
	double mean[PLACE_MAX];
	count = count > PLACE_MAX ? PLACE_MAX : count;
	if (count < 1)
		return;
	sort_order(y, count, order);
	if ((count - 1) * gap > high - low)
		gap = count > 1 ? (high - low) / (count - 1) : 0;
	for (int i = 0; i < count; i++) {
		mean[pools] = y[order[i]] - i * gap;
		size[pools++] = 1;
		while (pools > 1 && mean[pools - 2] >= mean[pools - 1]) {
			int joined = size[pools - 2] + size[pools - 1];
			mean[pools - 2] =
			    (mean[pools - 2] * size[pools - 2] + mean[pools - 1] * size[pools - 1]) / joined;
			size[pools - 2] = joined;
			pools--;
		}
	}
	/* The shifted positions ascend, so clipping them keeps every gap. */
	double top = high - (count - 1) * gap;
	for (int pool = 0, i = 0; pool < pools; pool++)
		for (int j = 0; j < size[pool]; j++, i++)
			y[order[i]] = fmin(fmax(mean[pool], low), top) + i * gap;
}

static bool meets(const struct place_label *label, double left, double bottom, double width, double height)
{
	return label->left < left + width && left < label->left + label->width && label->bottom < bottom + height &&
	       bottom < label->bottom + label->height;
}

/* How bad it is where LABEL stands: 1 for each thing that it meets, 1000 outside. */
static int trouble(const struct place_label *label, const struct place_label *earlier, int count,
		   const double (*obstacles)[2], int obstacle_count, double size, const double bounds[4])
{
	bool inside = label->left >= bounds[0] && label->bottom >= bounds[1] &&
		      label->left + label->width <= bounds[2] && label->bottom + label->height <= bounds[3];
	int met = inside ? 0 : 1000;
	for (int i = 0; i < count; i++)
		met += 10 * meets(label, earlier[i].left, earlier[i].bottom, earlier[i].width, earlier[i].height);
	for (int i = 0; i < obstacle_count; i++)
		met += meets(label, obstacles[i][0] - size / 2, obstacles[i][1] - size / 2, size, size);
	return met;
}

void place_beside(struct place_label *labels, int count, const double (*obstacles)[2], int obstacle_count, double size,
		  const double bounds[4])
{
	static const int ways[8][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
	for (int i = 0; i < count; i++) {
		int best = INT_MAX;
		struct place_label chosen = labels[i];
		for (int far = 0; far < 5 && best > 0; far++)
			for (int way = 0; way < 8; way++) {
				struct place_label tried = labels[i];
				double away = size / 2 + 3 + 12 * far;
				int right = ways[way][0], up = ways[way][1];
				tried.left = tried.x + right * away -
					     (right > 0	  ? 0
					      : right < 0 ? 1
							  : 0.5) *
						 tried.width;
				tried.bottom = tried.y + up * away - (up > 0 ? 0 : up < 0 ? 1 : 0.5) * tried.height;
				tried.led = far > 0;
				int met = trouble(&tried, labels, i, obstacles, obstacle_count, size, bounds);
				if (met < best) {
					best = met;
					chosen = tried;
				}
			}
		labels[i] = chosen;
	}
}
