/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files in memory, and what a program is linked with. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/file.h"

#define MOST ((size_t)1 << 20)

static char path[] = "/tmp/netladder-file-XXXXXX";

static void write_bytes(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void test_a_file_is_read_whole_with_a_nul_behind_it(void **state)
{
	(void)state;
	struct lad_bytes bytes;
	struct lad_error err = {0};
	write_bytes("one\0two", 7);
	assert_int_equal(lad_file_read(path, MOST, &bytes, &err), 0);
	assert_int_equal(bytes.size, 7);
	assert_memory_equal(bytes.data, "one\0two", 8);
	lad_bytes_free(&bytes);
	assert_null(bytes.data);
	write_bytes("", 0);
	assert_int_equal(lad_file_read(path, 0, &bytes, &err), 0);
	assert_int_equal(bytes.size, 0);
	assert_string_equal((char *)bytes.data, "");
	lad_bytes_free(&bytes);
}

static void assert_not_read(const char *name, size_t most, const char *text)
{
	struct lad_bytes bytes;
	struct lad_error err = {0};
	assert_int_equal(lad_file_read(name, most, &bytes, &err), -1);
	assert_null(bytes.data);
	assert_int_equal(err.exit_code, LAD_EXIT_UNABLE);
	if (!strstr(err.message, text))
		fail_msg("%s", err.message);
}

static void test_what_is_no_file_or_too_large_is_refused_and_nothing_hangs(void **state)
{
	(void)state;
	static char large[(2 << 20) + 1];
	assert_not_read("/tmp/netladder-no-such-file", MOST,
			"cannot read /tmp/netladder-no-such-file: No such file or directory");
	assert_not_read("/tmp", MOST, "cannot read /tmp: valid: a file of at most 1 MiB");
	write_bytes(large, sizeof large);
	assert_not_read(path, sizeof large - 1, "valid: a file of at most 2 MiB");
	assert_return_code(unlink(path), errno);
	assert_return_code(mkfifo(path, 0600), errno);
	assert_not_read(path, MOST, "valid: a file"); /* with nobody at its other end */
	assert_return_code(unlink(path), errno);
}

static int add(struct lad_libraries *libraries, const char *program, struct lad_error *err)
{
	int fd = open(program, O_PATH | O_CLOEXEC);
	assert_return_code(fd, errno);
	int status = lad_libraries_add(libraries, fd, "it", err);
	close(fd);
	return status;
}

static void test_the_libraries_of_a_program_are_found_each_once(void **state)
{
	(void)state;
	static struct lad_libraries libraries;
	struct lad_error err = {0};
	bool libc = false, loader = false;
	setenv("LD_PRELOAD", "/tmp/netladder-no-such-library.so", 1); /* no part of the program */
	int status = add(&libraries, "/bin/sh", &err);
	unsetenv("LD_PRELOAD");
	if (status < 0)
		fail_msg("%s", err.message);
	for (int i = 0; i < libraries.count; i++) {
		assert_return_code(access(libraries.paths[i], R_OK), errno);
		libc |= strstr(libraries.paths[i], "/libc.so.") != NULL;
		loader |= strstr(libraries.paths[i], "/ld-linux") != NULL;
		if (i > 0)
			assert_true(strcmp(libraries.paths[i - 1], libraries.paths[i]) < 0);
	}
	assert_true(libc && loader);
	int count = libraries.count;
	assert_int_equal(add(&libraries, "/bin/sh", &err), 0);
	assert_int_equal(libraries.count, count);
}

static void test_a_static_program_needs_nothing_and_is_not_run(void **state)
{
	(void)state;
	static struct lad_libraries libraries;
	struct lad_error err = {0};
	if (access("/sbin/ldconfig", X_OK) < 0)
		support_skip("there is no /sbin/ldconfig, which in Debian is linked statically");
	assert_int_equal(add(&libraries, "/sbin/ldconfig", &err), 0);
	assert_int_equal(libraries.count, 0);
}

static void test_what_is_no_program_is_refused(void **state)
{
	(void)state;
	static struct lad_libraries libraries;
	struct lad_error err = {0};
	write_bytes("#!/bin/sh\n", 10);
	assert_int_equal(add(&libraries, path, &err), -1);
	assert_string_equal(err.message, "it is no program of this machine");
	assert_int_equal(libraries.count, 0);
	write_bytes("\177ELF\2", 5);
	assert_int_equal(add(&libraries, path, &err), -1);
}

static int set_up(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_file_is_read_whole_with_a_nul_behind_it),
	    cmocka_unit_test(test_what_is_no_file_or_too_large_is_refused_and_nothing_hangs),
	    cmocka_unit_test(test_the_libraries_of_a_program_are_found_each_once),
	    cmocka_unit_test(test_a_static_program_needs_nothing_and_is_not_run),
	    cmocka_unit_test(test_what_is_no_program_is_refused),
	};
	return cmocka_run_group_tests_name("file", tests, set_up, tear_down);
}
