/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that a user names: whole or not at all, and nothing is replaced that is no file. */
#include "folders.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/output.h"

static char folder[64], path[128];

static const char *in_folder(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/netladder-output-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int clear(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static void assert_holds(const char *name, const char *text)
{
	size_t length;
	char *bytes = folder_get(folder, name, &length);
	assert_string_equal(bytes, text);
	free(bytes);
}

static void put(const char *name, const char *text)
{
	struct lad_error err = {0};
	if (lad_output_write(in_folder(name), text, strlen(text), &err) < 0)
		fail_msg("%s", err.message);
}

static mode_t mode_of(const char *name)
{
	struct stat info;
	assert_int_equal(lstat(in_folder(name), &info), 0);
	return info.st_mode;
}

static void test_a_new_file_has_the_mode_of_any_other(void **state)
{
	(void)state;
	mode_t before = umask(027);
	put("new", "text");
	umask(before);
	assert_holds("new", "text");
	assert_int_equal(mode_of("new"), S_IFREG | 0640);
}

static void test_a_file_that_is_replaced_keeps_its_mode(void **state)
{
	(void)state;
	folder_put(folder, "old", "something longer");
	assert_int_equal(chmod(in_folder("old"), 0604), 0);
	put("old", "new");
	assert_holds("old", "new");
	assert_int_equal(mode_of("old"), S_IFREG | 0604);
}

static void test_a_link_is_followed_to_a_file_and_to_a_free_name(void **state)
{
	(void)state;
	char target[128];
	folder_put(folder, "file", "old");
	assert_int_equal(symlink("file", in_folder("near")), 0);
	snprintf(target, sizeof target, "%s/near", folder);
	assert_int_equal(symlink(target, in_folder("far")), 0);
	assert_int_equal(symlink("free", in_folder("dangling")), 0);
	put("far", "new");
	put("dangling", "made");
	assert_holds("file", "new");
	assert_holds("free", "made");
	assert_true(S_ISLNK(mode_of("far")) && S_ISLNK(mode_of("near")) && S_ISLNK(mode_of("dangling")));
}

static void test_a_fifo_is_written_into_and_stays_one(void **state)
{
	(void)state;
	char got[16] = "";
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_int_equal(symlink("fifo", in_folder("link")), 0);
	int reader = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	put("fifo", "one");
	put("link", "two");
	assert_int_equal(read(reader, got, sizeof got), 6);
	assert_string_equal(got, "onetwo");
	assert_true(S_ISFIFO(mode_of("fifo")) && S_ISLNK(mode_of("link")));
	close(reader);
}

static void test_a_descriptor_is_written_where_it_stands(void **state)
{
	(void)state;
	char name[64];
	int fd = open(in_folder("log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "begun ", 6), 6);
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "%s/fd/%d", i ? "/proc/self" : "/dev", fd);
		assert_int_equal(lad_output_write(name, "more ", 5, NULL), 0);
	}
	/* As /dev/stdout is one: a link to a descriptor. */
	assert_int_equal(symlink(name, in_folder("standard")), 0);
	put("standard", "end");
	close(fd);
	assert_holds("log", "begun more more end");
}

static void test_what_does_not_fit_leaves_the_old_file_and_nothing_else(void **state)
{
	(void)state;
	static char much[1 << 20];
	struct lad_error err = {0};
	struct rlimit before, small = {65536, RLIM_INFINITY};
	folder_put(folder, "old", "still there");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int replaced = lad_output_write(in_folder("old"), much, sizeof much, &err);
	int made = lad_output_write(in_folder("new"), much, sizeof much, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(replaced, -1);
	assert_int_equal(made, -1);
	assert_int_equal(err.exit_code, LAD_EXIT_UNABLE);
	assert_non_null(strstr(err.message, "/old: File too large"));
	assert_holds("old", "still there");
	assert_int_equal(unlink(in_folder("old")), 0);
	assert_int_equal(rmdir(folder), 0); /* neither `new` nor a part of it */
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void test_what_cannot_be_a_file_is_bad_usage(void **state)
{
	(void)state;
	assert_int_equal(symlink("round", in_folder("round")), 0);
	const char *const names[] = {"", ".", "no/such/folder", "round", "/proc/self/fd/4095"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct lad_error err = {0};
		const char *name = names[i][0] == '/' || !names[i][0] ? names[i] : in_folder(names[i]);
		assert_int_equal(lad_output_write(name, "x", 1, &err), -1);
		if (err.exit_code != LAD_EXIT_USAGE)
			fail_msg("%s: exit code %d", err.message, (int)err.exit_code);
		assert_int_equal(lad_output_write(name, "x", 1, NULL), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_new_file_has_the_mode_of_any_other, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_file_that_is_replaced_keeps_its_mode, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_link_is_followed_to_a_file_and_to_a_free_name, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_fifo_is_written_into_and_stays_one, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_descriptor_is_written_where_it_stands, make, clear),
	    cmocka_unit_test_setup_teardown(test_what_does_not_fit_leaves_the_old_file_and_nothing_else, make, clear),
	    cmocka_unit_test_setup_teardown(test_what_cannot_be_a_file_is_bad_usage, make, clear),
	};
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
