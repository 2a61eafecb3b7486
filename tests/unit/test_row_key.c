/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes two rows repetitions of one measurement: each field of the key alone, left in or left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "netladder/compare.h"
#include "netladder/row_key.h"

static void other_mode(struct lad_row *row)
{
	row->mode = LAD_MODE_BRIDGE;
}
static void other_placement(struct lad_row *row)
{
	row->placement = LAD_SAME_HOST;
}
static void other_workload(struct lad_row *row)
{
	row->workload = LAD_UDP_RR;
}
static void other_cpus(struct lad_row *row)
{
	row->cpus = LAD_CPUS_PINNED;
}
static void other_message(struct lad_row *row)
{
	row->message_bytes = 1400;
}
static void other_flows(struct lad_row *row)
{
	row->flows = 64;
}
static void other_options(struct lad_row *row)
{
	strcpy(row->options, "io=gso");
}
static void other_tuning(struct lad_row *row)
{
	strcpy(row->tuning, "mtu=9000");
}
static void other_variant(struct lad_row *row)
{
	strcpy(row->variant, "b");
}

static const struct {
	enum lad_row_field field;
	const char *column;
	void (*change)(struct lad_row *row);
} fields[] = {
    {LAD_KEY_MODE, "mode", other_mode},
    {LAD_KEY_PLACEMENT, "placement", other_placement},
    {LAD_KEY_WORKLOAD, "workload", other_workload},
    {LAD_KEY_CPUS, "cpus", other_cpus},
    {LAD_KEY_MESSAGE_BYTES, "message_bytes", other_message},
    {LAD_KEY_FLOWS, "flows", other_flows},
    {LAD_KEY_OPTIONS, "options", other_options},
    {LAD_KEY_TUNING, "tuning", other_tuning},
    {LAD_KEY_VARIANT, "variant", other_variant},
};
#define FIELDS (sizeof fields / sizeof *fields)

static void test_each_field_alone_tells_rows_apart_unless_it_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIELDS; i++) {
		struct lad_row row, other;
		lad_row_clear(&row);
		strcpy(row.tuning, "default");
		other = row;
		fields[i].change(&other);
		struct lad_row_key key = lad_row_key_of(&row), other_key = lad_row_key_of(&other);
		unsigned rest = ~(unsigned)fields[i].field;
		assert_true(lad_row_key_same(&key, &key, 0));
		assert_false(lad_row_key_same(&key, &other_key, 0));
		assert_false(lad_row_key_same(&key, &other_key, rest));
		assert_true(lad_row_key_same(&key, &other_key, fields[i].field));
		assert_false(lad_row_key_fits(&key, &other, 0));
		assert_true(lad_row_key_fits(&key, &other, fields[i].field));
		assert_true(lad_rows_order(&row, &other, 0) < 0);
		assert_true(lad_rows_order(&other, &row, 0) > 0);
		assert_int_equal(lad_rows_order(&other, &row, fields[i].field), 0);
	}
}

/* A figure, a time or a reason is no part of the measurement's name. */
static void test_nothing_else_tells_rows_apart(void **state)
{
	(void)state;
	struct lad_row row, other;
	lad_row_clear(&row);
	lad_row_clear(&other);
	other.block = 7;
	other.trial = 9;
	other.goodput_bps = 1e9;
	strcpy(other.run_id, "another");
	assert_int_equal(lad_rows_order(&row, &other, 0), 0);
}

static void test_any_number_of_flows_fits_where_tunings_set_it(void **state)
{
	(void)state;
	struct lad_row row;
	lad_row_clear(&row);
	row.flows = 64;
	struct lad_row_key key = lad_row_key_of(&row);
	key.flows = LAD_ANY_FLOWS;
	assert_true(lad_row_key_fits(&key, &row, 0));
	row.message_bytes++;
	assert_false(lad_row_key_fits(&key, &row, 0));
}

/* A comparison of two runs matches rows by columns that a user can leave out: the key's are all among them. */
static void test_a_comparison_matches_by_every_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIELDS; i++) {
		bool found = fields[i].field == LAD_KEY_VARIANT; /* which is what such a comparison compares */
		for (int j = 0; lad_compare_keys[j]; j++)
			found |= strcmp(lad_compare_keys[j], fields[i].column) == 0;
		if (!found)
			fail_msg("compare does not match by %s", fields[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_field_alone_tells_rows_apart_unless_it_is_left_out),
	    cmocka_unit_test(test_nothing_else_tells_rows_apart),
	    cmocka_unit_test(test_any_number_of_flows_fits_where_tunings_set_it),
	    cmocka_unit_test(test_a_comparison_matches_by_every_field),
	};
	return cmocka_run_group_tests_name("row key", tests, NULL, NULL);
}
