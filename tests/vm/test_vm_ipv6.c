/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vm lab over IPv6: there is ipvlan, and the instruction clock gives the same bytes each time. */
#include "folders.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "netladder/results.h"

static char folder[] = "/tmp/netladder-vm6-XXXXXX";
static struct finished finished;

static const char scenario[] = "name: six\nlab: vm\nmodes: [host, macvlan, ipvlan-l2, ipvlan-l3, bridge, overlay]\n"
			       "workloads: [{kind: tcp_rr, ip: [4, 6]}]\n"
			       "trials: {blocks: 1, warmup: 10ms, duration: 30ms}\n";

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	folder_put(folder, "six.yaml", scenario);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static void run(const char *name, const char *option, struct lad_table *table)
{
	char path[96], out[64];
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/six.yaml", folder);
	snprintf(out, sizeof out, "%s/%s", folder, name);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", path, "--out", out, option, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	snprintf(path, sizeof path, "%s/results.csv", out);
	if (lad_table_read(path, table, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_every_mode_ipvlan_too_carries_ipv6_and_it_is_another_path(void **state)
{
	(void)state;
	struct lad_table table;
	double rates[LAD_MODE_COUNT][LAD_IP_COUNT] = {0};
	run("once", "--quiet", &table);
	assert_int_equal(table.row_count, LAD_MODE_COUNT * LAD_IP_COUNT);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		bool six = strcmp(row->options, "ip=6") == 0;
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s", lad_mode_name(row->mode), row->reason);
		assert_int_equal(row->ip_version, six ? 6 : 4);
		rates[row->mode][six] = row->transactions_per_s;
	}
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++) {
		double ratio = rates[mode][LAD_IP_V6] / rates[mode][LAD_IP_V4];
		print_message("# %s: tcp_rr over IPv6 is %.3f of IPv4's\n", lad_mode_name((enum lad_mode)mode), ratio);
		/* Not the same instructions, but of the same order. */
		assert_true(ratio > 0.5 && ratio < 1.5);
		assert_true(rates[mode][LAD_IP_V6] < rates[mode][LAD_IP_V4] ||
			    rates[mode][LAD_IP_V6] > rates[mode][LAD_IP_V4]);
	}
	lad_table_free(&table);
}

static void test_a_second_run_over_ipv6_gives_the_same_bytes(void **state)
{
	(void)state;
	struct lad_table table;
	size_t length, again;
	run("again", "--fresh", &table);
	lad_table_free(&table);
	char *first = folder_get(folder, "once/results.csv", &length);
	char *second = folder_get(folder, "again/results.csv", &again);
	assert_true(length > 1000);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_mode_ipvlan_too_carries_ipv6_and_it_is_another_path),
	    cmocka_unit_test(test_a_second_run_over_ipv6_gives_the_same_bytes),
	};
	return cmocka_run_group_tests_name("vm_ipv6", tests, make_folder, remove_folder);
}
