/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/sizes.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (1 << 20)
#define WEIGHT_MAX 1000

static const char valid_sizes[] = "bytes, a list as 64 1400, with weights 64*7 1400*1, a range 64..1400, or imix";

/* Reads a whole number at *AT and moves on. False when there is none, or it is out of range. */
static bool take_number(const char **at, int64_t most, int64_t *number)
{
	int64_t value = 0;
	if (**at < '1' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (**at - '0');
		if (value > most)
			return false;
	}
	*number = value;
	return true;
}

static int complain(const char *text, struct lad_error *err)
{
	return lad_error_set(err, LAD_EXIT_USAGE, "\"%.60s\" is no message size; valid: %s", text, valid_sizes);
}

int lad_sizes_parse(const char *text, struct lad_sizes *sizes, struct lad_error *err)
{
	if (strcmp(text, "imix") == 0)
		text = "24*7 548*4 1400*1";
	const char *at = text;
	memset(sizes, 0, sizeof *sizes);
	do {
		int64_t bytes, weight = 1;
		at += strspn(at, " ");
		if (sizes->count == LAD_SIZES_MAX)
			return lad_error_set(err, LAD_EXIT_USAGE, "more than %d message sizes; valid: at most %d",
					     LAD_SIZES_MAX, LAD_SIZES_MAX);
		if (sizes->uniform || !take_number(&at, BYTES_MAX, &bytes))
			return complain(text, err);
		if (strncmp(at, "..", 2) == 0 && sizes->count == 0) {
			at += 2;
			sizes->uniform = true;
			sizes->bytes[0] = bytes;
			if (!take_number(&at, BYTES_MAX, &sizes->bytes[1]) || sizes->bytes[1] <= bytes || *at)
				return complain(text, err);
			sizes->count = 2;
			return 0;
		}
		if (*at == '*') {
			at++;
			if (!take_number(&at, WEIGHT_MAX, &weight))
				return complain(text, err);
		}
		sizes->bytes[sizes->count] = bytes;
		sizes->weights[sizes->count++] = weight;
		sizes->weight_sum += weight;
		if (*at && *at != ' ')
			return complain(text, err);
	} while (*at);
	return 0;
}

int64_t lad_sizes_least(const struct lad_sizes *sizes)
{
	int64_t least = sizes->bytes[0];
	for (int i = 1; i < sizes->count; i++)
		least = sizes->bytes[i] < least ? sizes->bytes[i] : least;
	return least;
}

int64_t lad_sizes_most(const struct lad_sizes *sizes)
{
	int64_t most = sizes->bytes[0];
	for (int i = 1; i < sizes->count; i++)
		most = sizes->bytes[i] > most ? sizes->bytes[i] : most;
	return most;
}

double lad_sizes_mean(const struct lad_sizes *sizes)
{
	if (sizes->uniform)
		return (double)(sizes->bytes[0] + sizes->bytes[1]) / 2;
	double sum = 0;
	for (int i = 0; i < sizes->count; i++)
		sum += (double)sizes->bytes[i] * (double)sizes->weights[i];
	return sum / (double)sizes->weight_sum;
}

uint64_t lad_random_next(uint64_t *state)
{
	uint64_t mixed = (*state += UINT64_C(0x9e3779b97f4a7c15));
	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

int64_t lad_sizes_draw(const struct lad_sizes *sizes, uint64_t *state)
{
	uint64_t number = lad_random_next(state);
	if (sizes->uniform)
		return sizes->bytes[0] + (int64_t)(number % (uint64_t)(sizes->bytes[1] - sizes->bytes[0] + 1));
	int64_t rest = (int64_t)(number % (uint64_t)sizes->weight_sum);
	for (int i = 0; i < sizes->count - 1; i++) {
		rest -= sizes->weights[i];
		if (rest < 0)
			return sizes->bytes[i];
	}
	return sizes->bytes[sizes->count - 1];
}
