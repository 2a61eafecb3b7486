/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capacity/data.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netladder/cleanup.h"

#define GROUPS_MAX 64
#define DRAWN_MAX 4096

/* ---- The blocks ---- */

static int find_block(const struct capacity_blocks *blocks, const struct lad_row *row)
{
	for (int i = blocks->count - 1; i >= 0; i--) /* rows come block by block */
		if (blocks->blocks[i].block == row->block && strcmp(blocks->blocks[i].run_id, row->run_id) == 0)
			return i;
	return -1;
}

static int run_of(const struct capacity_blocks *blocks, const char *run_id)
{
	for (int i = 0; i < blocks->count; i++)
		if (strcmp(blocks->blocks[i].run_id, run_id) == 0)
			return blocks->blocks[i].run;
	return blocks->runs;
}

int capacity_blocks_list(const struct lad_table *table, struct capacity_blocks *blocks)
{
	*blocks = (struct capacity_blocks){0};
	for (int i = 0; i < table->row_count && blocks->count < DRAWN_MAX; i++) {
		const struct lad_row *row = &table->rows[i];
		if (find_block(blocks, row) >= 0)
			continue;
		struct capacity_block *more = reallocarray(blocks->blocks, (size_t)blocks->count + 1, sizeof *more);
		if (!more)
			return -1;
		blocks->blocks = more;
		int run = run_of(blocks, row->run_id);
		blocks->blocks[blocks->count++] = (struct capacity_block){row->run_id, row->block, run};
		blocks->runs += run == blocks->runs;
	}
	return 0;
}

int capacity_blocks_before(const struct capacity_blocks *blocks, int only_before, int *taken)
{
	int count = 0;
	for (int i = 0; i < blocks->count; i++)
		if (blocks->blocks[i].run < only_before)
			taken[count++] = i;
	return count;
}

int capacity_blocks_of(const struct capacity_blocks *blocks, int run, int *taken)
{
	int count = 0;
	for (int i = 0; i < blocks->count; i++)
		if (blocks->blocks[i].run == run)
			taken[count++] = i;
	return count;
}

int capacity_blocks_draw(const struct capacity_blocks *blocks, int only_before, gsl_rng *random, int *drawn)
{
	int of_run[DRAWN_MAX];
	int count = capacity_blocks_before(blocks, only_before, drawn);
	int runs = only_before < blocks->runs ? only_before : blocks->runs;
	for (int i = 0; i < count; i++) {
		int run = runs > 1 ? (int)gsl_rng_uniform_int(random, (unsigned long)runs) : 0;
		int held = capacity_blocks_of(blocks, run, of_run);
		drawn[i] = of_run[gsl_rng_uniform_int(random, (unsigned long)held)];
	}
	return count;
}

/* ---- Which rows ---- */

/* OPTIONS without what says how many and how much: the topology, and the search's goal. */
static void plain_options(const char *options, char out[LAD_OPTIONS_MAX])
{
	static const char *const left_out[] = {"topology=", "goal=", "goal_"};
	size_t used = 0;
	out[0] = '\0';
	for (const char *word = options; *word; word += strcspn(word, " "), word += strspn(word, " ")) {
		bool out_of_it = false;
		for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
			out_of_it |= strncmp(word, left_out[i], strlen(left_out[i])) == 0;
		if (!out_of_it)
			used += (size_t)snprintf(out + used, LAD_OPTIONS_MAX - used, "%s%.*s", used ? " " : "",
						 (int)strcspn(word, " "), word);
	}
}

static struct lad_row_key key_of(const struct lad_row *row)
{
	struct lad_row_key key = lad_row_key_of(row);
	plain_options(row->options, key.options);
	key.mode = LAD_MODE_HOST;
	key.message_bytes = 0;
	key.variant[0] = '\0';
	return key;
}

static bool is_pairs(const struct lad_row *row)
{
	return (!row->topology[0] || strncmp(row->topology, "pairs=", 6) == 0) && row->hosts <= 2;
}

/* A file without the column is of single pairs. */
static int sessions_of(const struct lad_row *row)
{
	return row->sessions > 0 ? row->sessions : 1;
}

static bool is_base(const struct lad_row *row)
{
	return strcmp(row->tuning, row->tuning_base[0] ? row->tuning_base : LAD_DEFAULT_TUNING) == 0;
}

/* Whether ROW says what a workload can carry: nothing holds it back, or a search has found the most. */
static bool tells_capacity(const struct lad_row *row)
{
	return row->status == LAD_STATUS_OK && !row->background[0] && is_pairs(row) && is_base(row) &&
	       lad_row_is_first_variant(row) && row->message_bytes > 0 &&
	       (strcmp(row->loop, "open") != 0 || capacity_is_goal(row));
}

static double rate_of(const struct lad_row *row)
{
	if (lad_is_stream(row->workload))
		return row->goodput_bps / 8 / (double)row->message_bytes;
	return row->transactions_per_s;
}

static double cost_of(const struct lad_row *row)
{
	if (lad_is_stream(row->workload))
		return row->cpu_s_per_gbyte * 1e-9 * (double)row->message_bytes;
	return row->cpu_us_per_transaction * 1e-6;
}

/* ---- The group ---- */

struct candidate {
	struct lad_row_key key;
	double sizes[LAD_CAPACITY_SIZES_MAX], levels[LAD_CAPACITY_LEVELS_MAX];
	int size_count, level_count;
};

/* Puts VALUE in its place among COUNT ascending ones; what is there already, or too much, changes nothing. */
static void insert(double *values, int *count, int most, double value)
{
	int at = *count;
	while (at > 0 && values[at - 1] > value)
		at--;
	if ((at > 0 && values[at - 1] == value) || *count == most)
		return;
	memmove(values + at + 1, values + at, (size_t)(*count - at) * sizeof *values);
	values[at] = value;
	(*count)++;
}

/* In which order workloads are asked for what carries STREAMs, or requests; 0: not at all. */
static int preference(enum lad_workload_kind kind, bool stream)
{
	static const int ranks[LAD_WORKLOAD_COUNT] = {[LAD_TCP_STREAM] = 9, [LAD_UDP_STREAM] = 8, [LAD_TCP_RR] = 9,
						      [LAD_UDP_RR] = 8,	    [LAD_TCP_CRR] = 7,	  [LAD_DNS_RR] = 0};
	return lad_is_stream(kind) == stream ? ranks[kind] : 0;
}

/* Many workloads' rows in one file: the one that tells most. Where they tell as much, CPUs free as containers have
 * them. */
static long weight(const struct candidate *candidate, bool stream)
{
	static const int places[LAD_CPUS_COUNT] = {[LAD_CPUS_FREE] = 2, [LAD_CPUS_PINNED] = 1, [LAD_CPUS_SHARED] = 0};
	const struct lad_row_key *key = &candidate->key;
	return preference(key->workload, stream) * 100000L + (key->placement == LAD_CROSS_HOST) * 50000L +
	       candidate->level_count * 1000L + candidate->size_count * 10L + places[key->cpus];
}

static struct candidate *find_candidate(struct candidate *candidates, int *count, const struct lad_row *row)
{
	struct lad_row_key key = key_of(row);
	for (int i = 0; i < *count; i++)
		if (lad_row_key_same(&candidates[i].key, &key, 0))
			return &candidates[i];
	if (*count == GROUPS_MAX)
		return NULL;
	candidates[*count] = (struct candidate){.key = key};
	return &candidates[(*count)++];
}

static int choose_group(const struct lad_table *table, const struct lad_need *need, struct candidate *chosen,
			struct lad_error *err)
{
	int count = 0;
	lad_cleanup_free struct candidate *candidates = calloc(GROUPS_MAX, sizeof *candidates);
	if (!candidates)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		struct candidate *candidate = NULL;
		if (tells_capacity(row) && preference(row->workload, need->stream))
			candidate = find_candidate(candidates, &count, row);
		if (!candidate)
			continue;
		insert(candidate->sizes, &candidate->size_count, LAD_CAPACITY_SIZES_MAX, (double)row->message_bytes);
		insert(candidate->levels, &candidate->level_count, LAD_CAPACITY_LEVELS_MAX, sessions_of(row));
	}
	if (count == 0) {
		lad_error_set(err, LAD_EXIT_USAGE, "no row tells how %s can be carried",
			      need->stream ? "much of a stream" : "many requests");
		return lad_error_remedy(err, "sudo netladder run scenarios/capacity.yaml");
	}
	*chosen = candidates[0];
	for (int i = 1; i < count; i++)
		if (weight(&candidates[i], need->stream) > weight(chosen, need->stream))
			*chosen = candidates[i];
	return 0;
}

/* ---- The cells ---- */

static int find(const double *values, int count, double value)
{
	for (int i = 0; i < count; i++)
		if (values[i] == value)
			return i;
	return -1;
}

double *capacity_cell(const struct capacity_data *data, enum lad_mode mode, enum capacity_quantity quantity, int size,
		      int level)
{
	size_t at = ((size_t)mode * CAPACITY_QUANTITY_COUNT + quantity) * (size_t)data->size_count + (size_t)size;
	return data->values + (at * (size_t)data->level_count + (size_t)level) * (size_t)data->block_count;
}

static int make_cells(struct capacity_data *data)
{
	size_t count = (size_t)LAD_MODE_COUNT * CAPACITY_QUANTITY_COUNT * (size_t)data->size_count *
		       (size_t)data->level_count * (size_t)data->block_count;
	data->values = calloc(count, sizeof *data->values);
	for (size_t i = 0; data->values && i < count; i++)
		data->values[i] = NAN;
	return data->values ? 0 : -1;
}

/* The payload of a full packet of ROW's path: its MTU less the headers of IP, and of TCP with timestamps or UDP. */
static double packet_of(const struct lad_row *row)
{
	double ip = row->ip_version == 6 ? 40 : 20, transport = lad_is_udp(row->workload) ? 8 : 32;
	return lad_is_stream(row->workload) || row->mtu <= 0 ? INFINITY : (double)row->mtu - ip - transport;
}

bool capacity_same_kind(const struct capacity_data *data, enum lad_mode mode, double a, double b)
{
	return (a <= data->packet_bytes[mode]) == (b <= data->packet_bytes[mode]);
}

static void put_row(struct capacity_data *data, const struct lad_row *row, int block, const struct lad_slo *slo)
{
	int size = find(data->sizes, data->size_count, (double)row->message_bytes);
	int level = find(data->levels, data->level_count, sessions_of(row));
	if (size < 0 || level < 0 || block < 0)
		return;
	data->packet_bytes[row->mode] = packet_of(row);
	if (capacity_is_goal(row)) {
		if (!capacity_goal_meets(row, slo))
			return;
		capacity_cell(data, row->mode, CAPACITY_SLO, size, level)[block] = rate_of(row);
		capacity_goal_limit(row, data->limited_by[row->mode], sizeof data->limited_by[row->mode]);
		return;
	}
	capacity_cell(data, row->mode, CAPACITY_RATE, size, level)[block] = rate_of(row);
	capacity_cell(data, row->mode, CAPACITY_COST, size, level)[block] = cost_of(row);
	capacity_cell(data, row->mode, CAPACITY_BUSY, size, level)[block] = row->cpu_system_s / row->duration_s;
}

int capacity_data_collect(const struct lad_table *table, const struct capacity_blocks *blocks,
			  const struct lad_need *need, const struct lad_slo *slo, struct capacity_data *data,
			  struct lad_error *err)
{
	struct candidate chosen;
	*data = (struct capacity_data){0};
	if (choose_group(table, need, &chosen, err) < 0)
		return -1;
	data->key = chosen.key;
	memcpy(data->sizes, chosen.sizes, sizeof data->sizes);
	memcpy(data->levels, chosen.levels, sizeof data->levels);
	data->size_count = chosen.size_count;
	data->level_count = chosen.level_count;
	data->block_count = blocks->count;
	if (make_cells(data) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	for (int i = 0; i < table->row_count; i++) {
		const struct lad_row *row = &table->rows[i];
		struct lad_row_key key = key_of(row);
		if (tells_capacity(row) && lad_row_key_same(&key, &data->key, 0))
			put_row(data, row, find_block(blocks, row), slo);
	}
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		for (int quantity = 0; quantity < CAPACITY_QUANTITY_COUNT; quantity++)
			data->has[quantity] |=
			    capacity_has(data, (enum lad_mode)mode, (enum capacity_quantity)quantity);
	return 0;
}

/* ---- Medians ---- */

double capacity_median(const double *values, const int *drawn, int count)
{
	double held[DRAWN_MAX];
	size_t n = 0;
	for (int i = 0; i < count; i++)
		if (!isnan(values[drawn[i]]))
			held[n++] = values[drawn[i]];
	return n == 0 ? NAN : gsl_stats_median(held, 1, n);
}

void capacity_medians(const struct capacity_data *data, enum lad_mode mode, const int *drawn, int count,
		      struct capacity_grid *grid)
{
	grid->mode = mode;
	grid->drawn = drawn;
	grid->drawn_count = count;
	for (int quantity = 0; quantity < CAPACITY_QUANTITY_COUNT; quantity++)
		for (int size = 0; size < data->size_count; size++)
			for (int level = 0; level < data->level_count; level++)
				grid->of[quantity][size][level] =
				    !data->has[quantity]
					? NAN
					: capacity_median(
					      capacity_cell(data, mode, (enum capacity_quantity)quantity, size, level),
					      drawn, count);
}

bool capacity_has(const struct capacity_data *data, enum lad_mode mode, enum capacity_quantity quantity)
{
	const double *first = capacity_cell(data, mode, quantity, 0, 0);
	size_t count = (size_t)data->size_count * (size_t)data->level_count * (size_t)data->block_count;
	for (size_t i = 0; i < count; i++)
		if (!isnan(first[i]))
			return true;
	return false;
}
