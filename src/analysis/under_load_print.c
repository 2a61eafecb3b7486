/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "netladder/under_load.h"
#include "netladder/verdict.h"

/* From here on milliseconds are easier to read. */
#define MS_FROM_US 2000.

void lad_rise_title(const struct lad_rise_group *group, char out[LAD_RISE_TITLE_MAX])
{
	const struct lad_row_key *key = &group->key;
	char flows[16] = "", bytes[32] = "";
	if (key->message_bytes > 1)
		snprintf(bytes, sizeof bytes, " %" PRId64 "B", key->message_bytes);
	if (key->flows > 1)
		snprintf(flows, sizeof flows, " x%d", key->flows);
	snprintf(out, LAD_RISE_TITLE_MAX, "%s %s%s%s%s%s%s beside %s%s%s", lad_workload_name(key->workload),
		 lad_cpus_name(key->cpus), bytes, flows, key->placement == LAD_SAME_HOST ? " same-host" : "",
		 group->options[0] ? " " : "", group->options, group->background,
		 strcmp(key->tuning, LAD_DEFAULT_TUNING) == 0 ? "" : ", ",
		 strcmp(key->tuning, LAD_DEFAULT_TUNING) == 0 ? "" : key->tuning);
}

/* Three significant digits: what two runs have in common. */
static int decimals(double value)
{
	double magnitude = fabs(value);
	return lad_decimals(value, magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.9995 ? 2 : 3);
}

static void print_value(double value, int width, FILE *out)
{
	if (isfinite(value))
		fprintf(out, " %*.*f", width, decimals(value), value);
	else
		fprintf(out, " %*s", width, "-");
}

static void print_ratio(const struct lad_rise *rise, FILE *out)
{
	if (!isfinite(rise->ratio)) {
		fputs("  no pair", out);
		return;
	}
	int digits = decimals(rise->ratio);
	fprintf(out, "  %.*f", digits, rise->ratio);
	if (isfinite(rise->ratio_ci.low))
		fprintf(out, " [%.*f, %.*f]", digits, rise->ratio_ci.low, digits, rise->ratio_ci.high);
}

/* What loaded the path, in the mode in which it was. */
static void print_load(const struct lad_rise *rise, FILE *out)
{
	if (isfinite(rise->background_bps))
		print_value(rise->background_bps / 1e6, 9, out);
	else
		print_value(rise->background_tps / 1e3, 9, out);
}

static double largest_us(const struct lad_rise_group *group)
{
	double largest = 0;
	for (int i = 0; i < group->mode_count; i++)
		largest = fmax(largest, group->modes[i].loaded_p99_us);
	return largest;
}

static void print_group(const struct lad_rise_group *group, FILE *out)
{
	char title[LAD_RISE_TITLE_MAX];
	bool ms = largest_us(group) >= MS_FROM_US, stream = false;
	double scale = ms ? 1e-3 : 1;
	for (int i = 0; i < group->mode_count; i++)
		stream |= isfinite(group->modes[i].background_bps);
	lad_rise_title(group, title);
	fprintf(out, "\nLatency under load, %s; in %s\n", title, ms ? "ms" : "us");
	fprintf(out, "%-11s %19s %19s %9s %9s  p99 loaded / idle\n", "", "p50", "p99", "rise", "load");
	fprintf(out, "%-11s %9s %9s %9s %9s %9s %9s  ratio [95 %% CI]\n", "mode", "idle", "loaded", "idle", "loaded",
		"of p99", stream ? "Mbit/s" : "k/s");
	for (int i = 0; i < group->mode_count; i++) {
		const struct lad_rise *rise = &group->modes[i];
		fprintf(out, "%-11s", lad_mode_name(rise->mode));
		print_value(rise->idle_p50_us * scale, 9, out);
		print_value(rise->loaded_p50_us * scale, 9, out);
		print_value(rise->idle_p99_us * scale, 9, out);
		print_value(rise->loaded_p99_us * scale, 9, out);
		print_value(rise->rise_p99_us * scale, 9, out);
		print_load(rise, out);
		print_ratio(rise, out);
		fputc('\n', out);
	}
}

void lad_under_load_print(const struct lad_under_load *under_load, FILE *out)
{
	for (int i = 0; i < under_load->group_count; i++)
		print_group(&under_load->groups[i], out);
}
