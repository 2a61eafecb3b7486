/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chart/scale.h"

#include <math.h>
#include <stdio.h>

/*
 * The step (1, 2 or 5 times a power of ten) that leaves the least room beyond LOW and HIGH with 3 to TICKS + 2 steps;
 * of equals the one with about TICKS.
 */
static double nice_step(double low, double high, int ticks)
{
	static const double fractions[] = {1, 2, 5};
	double power = pow(10, floor(log10((high - low) / ticks)) - 1), best = 0, best_waste = INFINITY;
	for (int i = 0; i < 9; i++, power *= i % 3 ? 1 : 10) {
		double step = fractions[i % 3] * power;
		double steps = ceil(high / step - 1e-9) - floor(low / step + 1e-9);
		double waste = steps * step - (high - low) + fabs(steps - ticks) * 1e-6 * (high - low);
		if (steps >= 2.5 && steps <= ticks + 2.5 && waste < best_waste) {
			best = step;
			best_waste = waste;
		}
	}
	return best > 0 ? best : (high - low) / ticks;
}

struct scale scale_around(double low, double high, int ticks)
{
	struct scale scale = {0};
	if (!isfinite(low) || !isfinite(high) || !(high > low)) {
		low = isfinite(low) ? low : 0;
		high = low + 1;
	}
	double step = nice_step(low, high, ticks);
	double first = floor(low / step + 1e-9), last = ceil(high / step - 1e-9);
	double digits = -floor(log10(step) + 1e-9);
	scale.low = first * step;
	scale.high = last * step;
	scale.decimals = digits > 0 ? (int)digits : 0;
	for (double i = first; i <= last && scale.tick_count < SCALE_TICKS_MAX; i++)
		scale.ticks[scale.tick_count++] = i * step;
	return scale;
}

struct scale scale_from_zero(double maximum, int ticks)
{
	return scale_around(0, maximum > 0 && isfinite(maximum) ? maximum : 1, ticks);
}

/* The largest 1, 2 or 5 times a power of ten that is not above VALUE. */
static double nice_below(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9));
	double fraction = value / power * (1 + 1e-9);
	return (fraction >= 5 ? 5 : fraction >= 2 ? 2 : 1) * power;
}

static double nice_above(double value)
{
	double below = nice_below(value);
	if (below >= value * (1 - 1e-9))
		return below;
	double power = pow(10, floor(log10(below) + 1e-9));
	double fraction = below / power;
	return (fraction < 1.5 ? 2 : fraction < 3 ? 5 : 10) * power;
}

struct scale scale_log(double low, double high)
{
	struct scale scale = {.logarithmic = true};
	if (!(low > 0) || !isfinite(low))
		low = 1;
	if (!(high > low) || !isfinite(high))
		high = low * 10;
	scale.low = nice_below(low);
	scale.high = nice_above(high);
	/* 1, 2, 5 up to two and a half decades, else the ends and the powers of ten, thinned when there are many. */
	double decades = log10(scale.high / scale.low);
	double tick = scale.low;
	double every = decades > 12 ? ceil(decades / 12) : 1;
	if (decades > 2.5) {
		double power = ceil(log10(scale.low) - 1e-9);
		if (pow(10, power) > 1.5 * scale.low)
			scale.ticks[scale.tick_count++] = scale.low;
		for (; power <= log10(scale.high) + 1e-9 && scale.tick_count < SCALE_TICKS_MAX; power += every)
			scale.ticks[scale.tick_count++] = pow(10, power);
		if (scale.high > 1.5 * scale.ticks[scale.tick_count - 1] && scale.tick_count < SCALE_TICKS_MAX)
			scale.ticks[scale.tick_count++] = scale.high;
		return scale;
	}
	for (; tick <= scale.high * (1 + 1e-9) && scale.tick_count < SCALE_TICKS_MAX; tick = nice_above(tick * 1.01))
		scale.ticks[scale.tick_count++] = tick;
	return scale;
}

struct scale scale_of_values(const double *values, int count)
{
	struct scale scale = {.low = values[0], .high = values[count - 1]};
	scale.logarithmic = values[0] > 0 && values[count - 1] >= 8 * values[0];
	for (int i = 0; i < count && i < SCALE_TICKS_MAX; i++)
		scale.ticks[scale.tick_count++] = values[i];
	if (!(scale.high > scale.low)) { /* a single value stands in the middle */
		scale.low -= 1;
		scale.high += 1;
		scale.logarithmic = false;
	}
	return scale;
}

double scale_position(const struct scale *scale, double value)
{
	if (scale->logarithmic)
		return log(value / scale->low) / log(scale->high / scale->low);
	return (value - scale->low) / (scale->high - scale->low);
}

void scale_label(const struct scale *scale, double tick, char *out, size_t size)
{
	static const struct {
		double unit;
		const char *name;
	} prefixes[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e4, " k"}};
	double largest = fmax(fabs(scale->high), fabs(scale->low));
	if (scale->logarithmic)
		largest = fabs(tick);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (largest >= prefixes[i].unit) {
			double unit = prefixes[i].unit > 1e4 ? prefixes[i].unit : 1e3;
			snprintf(out, size, tick == 0 ? "%g" : "%g%s", tick / unit, prefixes[i].name);
			return;
		}
	if (scale->logarithmic)
		snprintf(out, size, "%g", tick);
	else
		snprintf(out, size, "%.*f", scale->decimals, tick);
}
