/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/lab.h"

/*
 * Frozen machines, each a folder of the user's cache with the name of what it was made from. It is written beside its
 * place and renamed: a folder with the right name is whole. What is in use stays so while it is removed.
 */
#define FOLDER "states"
#define STATES_MAX 6
#define PAGE_BYTES 4096

static const char *const files[] = {"memory", "devices", "fingerprint.json"};
#define FILE_COUNT (sizeof files / sizeof *files)

static void state_path(const char *name, const char *file, char *path, size_t size)
{
	char cache[PATH_MAX];
	vm_cache_folder(cache, sizeof cache);
	snprintf(path, size, "%.3000s/" FOLDER "%s%.100s%s%.100s", cache, *name ? "/" : "", name, *file ? "/" : "",
		 file);
}

struct vm_hash vm_cache_key(const struct vm_setup *setup, const struct vm_image *image)
{
	char text[8192];
	size_t used = 0;
	struct vm_command command;
	struct vm_hash qemu = {{0}};
	struct lad_error ignored = {0};
	vm_hash_file(setup->qemu, &qemu, &ignored);
	used += (size_t)snprintf(text, sizeof text, "%s %s %s %s", LAD_VERSION, qemu.hex, image->kernel.hex,
				 image->initramfs.hex);
	if (vm_command_make(setup, &(struct vm_role){0}, &command, &ignored) < 0)
		return (struct vm_hash){{0}};
	for (int i = 0; i < command.count && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, " %s", command.words[i]);
	vm_command_free(&command);
	return vm_hash_bytes(text, used < sizeof text ? used : sizeof text - 1);
}

/* ---- the fingerprint as JSON; numbers beyond 2^53 would not survive, and these stay far below */

static char *print_fingerprint(const struct vm_fingerprint *fingerprint)
{
	cJSON *root = cJSON_CreateObject();
	vm_fingerprint_json(fingerprint, root);
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}

static int read_fingerprint(const char *name, struct vm_fingerprint *fingerprint)
{
	char path[PATH_MAX];
	struct lad_error ignored = {0};
	lad_cleanup_bytes struct lad_bytes text = {0};
	state_path(name, "fingerprint.json", path, sizeof path);
	if (lad_file_read(path, PAGE_BYTES, &text, &ignored) < 0)
		return -1;
	cJSON *root = cJSON_Parse((const char *)text.data);
	int status = vm_fingerprint_parse(root, fingerprint);
	cJSON_Delete(root);
	return status;
}

/* ---- one state */

static int open_state(const char *name, const char *file)
{
	char path[PATH_MAX];
	state_path(name, file, path, sizeof path);
	return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

static void remove_state(const char *name)
{
	char path[PATH_MAX];
	for (size_t i = 0; i < FILE_COUNT; i++) {
		state_path(name, files[i], path, sizeof path);
		unlink(path);
	}
	state_path(name, "", path, sizeof path);
	rmdir(path);
}

bool vm_cache_knows(const struct vm_hash *key, struct vm_fingerprint *fingerprint)
{
	return read_fingerprint(key->hex, fingerprint) == 0;
}

bool vm_cache_get(const struct vm_hash *key, struct vm_state *state)
{
	struct lad_error ignored = {0};
	struct vm_fingerprint kept;
	struct vm_hash memory, devices;
	*state = (struct vm_state){
	    .memory_fd = open_state(key->hex, "memory"), .devices_fd = open_state(key->hex, "devices"), .cached = true};
	if (state->memory_fd >= 0 && state->devices_fd >= 0 && read_fingerprint(key->hex, &kept) == 0 &&
	    vm_hash_pages(state->memory_fd, &memory, &ignored) == 0 && strcmp(memory.hex, kept.memory.hex) == 0 &&
	    vm_hash_fd(state->devices_fd, &devices, &ignored) == 0 && strcmp(devices.hex, kept.saved.hex) == 0) {
		char path[PATH_MAX];
		state->fingerprint = kept;
		state_path(key->hex, "", path, sizeof path);
		utimensat(AT_FDCWD, path, NULL, 0); /* used just now: among the last to go */
		return true;
	}
	if (state->memory_fd >= 0 || state->devices_fd >= 0)
		remove_state(key->hex); /* damaged */
	vm_state_close(state);
	return false;
}

/* ---- all of them */

static int is_state(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int count_and_find_oldest(char oldest[NAME_MAX + 1])
{
	char path[PATH_MAX];
	struct dirent **entries = NULL;
	struct timespec least = {0};
	state_path("", "", path, sizeof path);
	int count = scandir(path, &entries, is_state, alphasort), states = 0;
	for (int i = 0; i < count; i++) {
		struct stat info;
		state_path(entries[i]->d_name, "", path, sizeof path);
		if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
			bool older = info.st_mtim.tv_sec < least.tv_sec ||
				     (info.st_mtim.tv_sec == least.tv_sec && info.st_mtim.tv_nsec < least.tv_nsec);
			if (states++ == 0 || older) {
				least = info.st_mtim;
				snprintf(oldest, NAME_MAX + 1, "%s", entries[i]->d_name);
			}
		}
		free(entries[i]);
	}
	free(entries);
	return states;
}

int lad_vm_cache_clear(int most)
{
	char oldest[NAME_MAX + 1];
	int removed = 0, before = INT_MAX, count;
	/* One that cannot be removed would be found again and again. */
	while ((count = count_and_find_oldest(oldest)) > most && count < before) {
		remove_state(oldest);
		removed++;
		before = count;
	}
	return removed;
}

static int copy_file(int from_fd, const char *folder, const char *file, struct lad_error *err)
{
	char path[PATH_MAX];
	unsigned char page[16 * PAGE_BYTES];
	off_t at = 0;
	ssize_t got;
	snprintf(path, sizeof path, "%.3900s/%s", folder, file);
	lad_cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* What is zero stays a hole. */
	for (; fd >= 0 && (got = pread(from_fd, page, sizeof page, at)) > 0; at += got) {
		bool zero = page[0] == 0 && memcmp(page, page + 1, (size_t)got - 1) == 0;
		if (!zero && pwrite(fd, page, (size_t)got, at) != got)
			return lad_error_errno(err, errno, "cannot write %.300s", path);
	}
	if (fd < 0 || ftruncate(fd, at) < 0)
		return lad_error_errno(err, errno, "cannot write %.300s", path);
	return 0;
}

static int fill_folder(const char *folder, const struct vm_state *state, struct lad_error *err)
{
	char path[PATH_MAX];
	lad_cleanup_free char *text = print_fingerprint(&state->fingerprint);
	if (copy_file(state->memory_fd, folder, "memory", err) < 0 ||
	    copy_file(state->devices_fd, folder, "devices", err) < 0)
		return -1;
	snprintf(path, sizeof path, "%.3900s/fingerprint.json", folder);
	FILE *file = fopen(path, "wxe");
	bool written = file && text && fprintf(file, "%s\n", text) > 0;
	return (file && fclose(file) != 0) || !written ? lad_error_errno(err, errno, "cannot write %.300s", path) : 0;
}

int vm_cache_put(const struct vm_hash *key, const struct vm_state *state, struct lad_error *err)
{
	char parent[PATH_MAX], folder[PATH_MAX], place[PATH_MAX];
	vm_cache_folder(parent, sizeof parent);
	mkdir(parent, 0755);
	state_path("", "", parent, sizeof parent);
	mkdir(parent, 0700);
	lad_vm_cache_clear(STATES_MAX - 1);
	snprintf(folder, sizeof folder, "%.3900s/new-XXXXXX", parent);
	if (!mkdtemp(folder))
		return lad_error_errno(err, errno, "cannot make a folder in %.300s", parent);
	state_path(key->hex, "", place, sizeof place);
	int status = fill_folder(folder, state, err);
	/* Another run may have been faster: its state is as good. */
	if (status == 0 && rename(folder, place) == 0)
		return 0;
	remove_state(strrchr(folder, '/') + 1);
	return status;
}
