/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vm lab's parts that need no machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/vm/vm.h"

static void write_archive(char **text, size_t *size, bool other_order)
{
	struct vm_archive *archive = vm_archive_new();
	FILE *out = open_memstream(text, size);
	assert_non_null(archive);
	assert_non_null(out);
	assert_int_equal(vm_archive_file(archive, other_order ? "lib/b" : "a", other_order ? "two" : "one", 3, false),
			 0);
	assert_int_equal(vm_archive_file(archive, other_order ? "a" : "lib/b", other_order ? "one" : "two", 3, false),
			 0);
	assert_int_equal(vm_archive_link(archive, "lib64", "lib"), 0);
	assert_int_equal(vm_archive_write(archive, out), 0);
	vm_archive_free(archive);
	fclose(out);
}

static void test_an_archive_is_the_same_bytes_whatever_the_order(void **state)
{
	(void)state;
	char *one, *two;
	size_t one_size, two_size;
	write_archive(&one, &one_size, false);
	write_archive(&two, &two_size, true);
	assert_int_equal(one_size, two_size);
	assert_memory_equal(one, two, one_size);
	assert_int_equal(one_size % 4, 0);
	assert_memory_equal(one, "070701", 6);
	/* A folder that nobody named stands before what is in it; mode, size and name are where newc has them. */
	assert_memory_equal(one + 6, "00000001000081A4", 16);
	assert_string_equal(one + 110, "a");
	assert_memory_equal(one + 112, "one", 4);
	assert_string_equal(one + 116 + 110, "lib");
	assert_memory_equal(one + 116 + 14, "000041ED", 8);
	free(one);
	free(two);
}

static char folder[] = "/tmp/netladder-modules-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_file("modules.dep", "net/bridge/br_netfilter.ko: net/bridge/bridge.ko net/stp.ko net/llc.ko\n"
				  "net/bridge/bridge.ko: net/stp.ko net/llc.ko\n"
				  "net/stp.ko: net/llc.ko\n"
				  "net/llc.ko:\n"
				  "net/round.ko: net/circle.ko\n"
				  "net/circle.ko: net/round.ko\n"
				  "net/lost.ko: net/nowhere.ko\n");
	write_file("modules.builtin", "kernel/net/tcp_cubic.ko\n");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	char path[128];
	snprintf(path, sizeof path, "%s/modules.dep", folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/modules.builtin", folder);
	unlink(path);
	return rmdir(folder);
}

static void test_modules_come_behind_what_they_need_and_once(void **state)
{
	(void)state;
	struct vm_modules modules = {.count = 0};
	struct lad_error err;
	assert_int_equal(vm_modules_add(&modules, folder, "br-netfilter", true, &err), 0);
	assert_int_equal(vm_modules_add(&modules, folder, "bridge", true, &err), 0);
	assert_int_equal(vm_modules_add(&modules, folder, "tcp_cubic", true, &err), 0); /* built in */
	assert_int_equal(vm_modules_add(&modules, folder, "nothing", false, &err), 0);
	assert_int_equal(modules.count, 4);
	assert_string_equal(modules.paths[0], "net/llc.ko");
	assert_string_equal(modules.paths[1], "net/stp.ko");
	assert_string_equal(modules.paths[2], "net/bridge/bridge.ko");
	assert_string_equal(modules.paths[3], "net/bridge/br_netfilter.ko");
	vm_modules_free(&modules);
}

static void test_broken_lists_of_modules_are_refused(void **state)
{
	(void)state;
	struct vm_modules modules = {.count = 0};
	struct lad_error err;
	assert_int_equal(vm_modules_add(&modules, folder, "nothing", true, &err), -1);
	assert_non_null(strstr(err.message, "has no module nothing"));
	assert_int_equal(vm_modules_add(&modules, folder, "lost", true, &err), -1);
	assert_non_null(strstr(err.message, "no line for net/nowhere.ko"));
	assert_int_equal(vm_modules_add(&modules, folder, "round", true, &err), -1);
	assert_non_null(strstr(err.message, "in circles"));
	vm_modules_free(&modules);
}

static void test_frames_come_through_byte_by_byte(void **state)
{
	(void)state;
	unsigned char bytes[64];
	int ends[2];
	struct lad_error err;
	struct vm_frame frame;
	struct vm_decoder decoder = {.used = 0};
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(vm_frame_write(ends[1], VM_FRAME_LOG, "hello", 5), 0);
	assert_int_equal(vm_frame_write(ends[1], VM_FRAME_END, "", 0), 0);
	ssize_t size = read(ends[0], bytes, sizeof bytes);
	assert_int_equal(size, 2 * VM_FRAME_HEADER + 5);
	int frames = 0;
	for (ssize_t i = 0; i < size; i++) {
		assert_int_equal(vm_decoder_add(&decoder, &bytes[i], 1, &err), 0);
		if (vm_decoder_next(&decoder, &frame, &err) != 1)
			continue;
		assert_int_equal(frame.type, frames ? VM_FRAME_END : VM_FRAME_LOG);
		assert_int_equal(frame.size, frames ? 0 : 5);
		if (!frames)
			assert_memory_equal(frame.data, "hello", 5);
		frames++;
	}
	assert_int_equal(frames, 2);
	vm_decoder_free(&decoder);
	close(ends[0]);
	close(ends[1]);
}

static void receive(const char *name_and_text, size_t size, const char *refusal)
{
	FILE *file = tmpfile();
	struct lad_error err = {.message = ""};
	struct vm_receiver receiver = {.file_count = 0};
	assert_non_null(file);
	assert_int_equal(vm_frame_write(fileno(file), VM_FRAME_FILE, name_and_text, size), 0);
	ssize_t got = vm_receive(&receiver, fileno(file), &err);
	if (refusal) {
		assert_int_equal(got, -1);
		assert_non_null(strstr(err.message, refusal));
	} else {
		assert_int_equal(got, (ssize_t)size + VM_FRAME_HEADER);
		assert_int_equal(receiver.file_count, 1);
	}
	vm_receiver_close(&receiver);
	fclose(file);
}

static void test_a_guest_cannot_write_outside_of_the_results(void **state)
{
	(void)state;
	receive("results.csv\0row", 15, NULL);
	receive("../results.csv\0row", 18, "names no file");
	receive("/etc/passwd\0row", 15, "names no file");
	receive(".hidden\0row", 11, "names no file");
	receive("\0row", 4, "names no file");
	receive("unterminated", 12, "names no file");
}

static void test_foreign_bytes_are_no_frames(void **state)
{
	(void)state;
	struct lad_error err;
	struct vm_frame frame;
	struct vm_decoder decoder = {.used = 0};
	assert_int_equal(vm_decoder_add(&decoder, "Kernel panic - not syncing", 26, &err), 0);
	assert_int_equal(vm_decoder_next(&decoder, &frame, &err), -1);
	vm_decoder_free(&decoder);
	assert_int_equal(vm_decoder_add(&decoder, "nlf1\1\0\0\0\377\377\377\377", 12, &err), 0);
	assert_int_equal(vm_decoder_next(&decoder, &frame, &err), -1);
	vm_decoder_free(&decoder);
}

static void test_sha256_of_fips_180(void **state)
{
	(void)state;
	assert_string_equal(vm_hash_bytes("abc", 3).hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_archive_is_the_same_bytes_whatever_the_order),
	    cmocka_unit_test(test_modules_come_behind_what_they_need_and_once),
	    cmocka_unit_test(test_broken_lists_of_modules_are_refused),
	    cmocka_unit_test(test_frames_come_through_byte_by_byte),
	    cmocka_unit_test(test_a_guest_cannot_write_outside_of_the_results),
	    cmocka_unit_test(test_foreign_bytes_are_no_frames),
	    cmocka_unit_test(test_sha256_of_fips_180),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
