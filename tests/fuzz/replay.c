/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the corpus through its targets, and every truncation of each file: what was found once stays found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define INPUT_MAX 65536
#define TRUNCATIONS 200

static void feed(const char *path, fuzz_target *target)
{
	static uint8_t file[INPUT_MAX];
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	size_t size = fread(file, 1, sizeof file, in);
	fclose(in);
	for (size_t part = 0; part <= TRUNCATIONS; part++) {
		size_t length = size * part / TRUNCATIONS;
		/* A copy of just this length, so that AddressSanitizer sees a read past its end. */
		uint8_t *exact = malloc(length ? length : 1);
		assert_non_null(exact);
		for (size_t i = 0; i < length; i++)
			exact[i] = file[i];
		target(exact, length);
		free(exact);
	}
}

static void replay(const char *name, fuzz_target *target)
{
	char path[600];
	int files = 0;
	snprintf(path, sizeof path, "tests/fuzz/corpus/%s", name);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "tests/fuzz/corpus/%s/%s", name, entry->d_name);
		feed(path, target);
		files++;
	}
	closedir(folder);
	assert_true(files >= 3);
}

static void test_scenario_corpus(void **state)
{
	(void)state;
	replay("scenario", fuzz_scenario);
}

static void test_records_corpus(void **state)
{
	(void)state;
	replay("records", fuzz_records);
}

static void test_results_corpus(void **state)
{
	(void)state;
	replay("results", fuzz_results);
}

static void test_protocol_corpus(void **state)
{
	(void)state;
	replay("protocol", fuzz_protocol);
}

static void test_datagram_corpus(void **state)
{
	(void)state;
	replay("datagram", fuzz_datagram);
}

static void test_greeting_corpus(void **state)
{
	(void)state;
	replay("greeting", fuzz_greeting);
}

static void test_engine_corpus(void **state)
{
	(void)state;
	replay("engine", fuzz_engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scenario_corpus), cmocka_unit_test(test_results_corpus),
	    cmocka_unit_test(test_records_corpus),  cmocka_unit_test(test_protocol_corpus),
	    cmocka_unit_test(test_datagram_corpus), cmocka_unit_test(test_greeting_corpus),
	    cmocka_unit_test(test_engine_corpus),
	};
	return cmocka_run_group_tests_name("fuzz", tests, NULL, NULL);
}
