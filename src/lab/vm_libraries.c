/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm.h"
#include "netladder/cleanup.h"

/*
 * What the programs are linked with: what each file names (DT_NEEDED, elf(5)), and what those name in turn. Where a
 * library is, the dynamic loader itself says. Whatever else is loaded here, by LD_PRELOAD for one, stays out.
 */

_Static_assert(sizeof(void *) == 8, "the vm lab reads 64-bit ELF");

#define LIBRARIES_MAX 256
#define LIBRARY_NAME_BYTES 128

/* The file offset of a virtual address. */
static size_t offset_of(const struct vm_bytes *file, const Elf64_Phdr *headers, int count, uint64_t address)
{
	for (int i = 0; i < count; i++)
		if (headers[i].p_type == PT_LOAD && address >= headers[i].p_vaddr &&
		    address - headers[i].p_vaddr < headers[i].p_filesz)
			return headers[i].p_offset + (address - headers[i].p_vaddr);
	return file->size;
}

/* A table of SIZE bytes at OFFSET, or NULL when it would leave the file. */
static const void *part(const struct vm_bytes *file, size_t offset, size_t size)
{
	return offset <= file->size && size <= file->size - offset ? file->data + offset : NULL;
}

struct collection {
	struct vm_archive *archive;
	char names[LIBRARIES_MAX][LIBRARY_NAME_BYTES];
	int count;
};

static int collect(struct collection *collection, const struct vm_bytes *file, struct lad_error *err);

/* 1: NAME is new, and noted. 0: it is known. -1: too many, or too long. */
static int note(struct collection *collection, const char *name)
{
	for (int i = 0; i < collection->count; i++)
		if (strcmp(collection->names[i], name) == 0)
			return 0;
	if (collection->count == LIBRARIES_MAX || strlen(name) >= LIBRARY_NAME_BYTES)
		return -1;
	strcpy(collection->names[collection->count++], name);
	return 1;
}

/* Adds the library NAME and all it needs. */
static int add_library(struct collection *collection, const char *name, struct lad_error *err)
{
	int new = note(collection, name);
	if (new <= 0)
		return new < 0 ? lad_error_set(err, LAD_EXIT_UNABLE, "too many libraries at %.200s", name) : 0;
	struct link_map *map = NULL;
	void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot find a library: %.300s", dlerror());
	char inside[LIBRARY_NAME_BYTES + 8];
	cleanup_bytes struct vm_bytes file;
	if (vm_file_read(map->l_name, &file, err) < 0)
		return -1;
	const char *slash = strrchr(name, '/');
	snprintf(inside, sizeof inside, "lib/%s", slash ? slash + 1 : name);
	if (vm_archive_file(collection->archive, inside, file.data, file.size, true) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return collect(collection, &file, err);
}

static int collect_dynamic(struct collection *collection, const struct vm_bytes *file, const Elf64_Phdr *headers,
			   int count, const Elf64_Phdr *dynamic, struct lad_error *err)
{
	const Elf64_Dyn *entries = part(file, dynamic->p_offset, dynamic->p_filesz);
	size_t entry_count = entries ? dynamic->p_filesz / sizeof *entries : 0;
	size_t strings = file->size;
	for (size_t i = 0; i < entry_count; i++)
		if (entries[i].d_tag == DT_STRTAB)
			strings = offset_of(file, headers, count, entries[i].d_un.d_ptr);
	for (size_t i = 0; i < entry_count; i++) {
		if (entries[i].d_tag != DT_NEEDED)
			continue;
		/* The bytes end with a NUL of ours (see collect). */
		const char *name = part(file, strings + entries[i].d_un.d_val, 1);
		if (!name)
			return lad_error_set(err, LAD_EXIT_UNABLE, "a library is cut off");
		if (add_library(collection, name, err) < 0)
			return -1;
	}
	return 0;
}

/* All that FILE, a program or library, needs. */
static int collect(struct collection *collection, const struct vm_bytes *file, struct lad_error *err)
{
	file->data[file->size] = '\0'; /* vm_file_read leaves room for it */
	const Elf64_Ehdr *header = part(file, 0, sizeof *header);
	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64)
		return lad_error_set(err, LAD_EXIT_UNABLE, "a program or library is no 64-bit ELF");
	const Elf64_Phdr *headers = part(file, header->e_phoff, header->e_phnum * sizeof *headers);
	for (int i = 0; headers && i < header->e_phnum; i++)
		if (headers[i].p_type == PT_DYNAMIC)
			return collect_dynamic(collection, file, headers, header->e_phnum, &headers[i], err);
	return 0; /* linked statically */
}

/* Wherever a distribution's loader looks, it looks into /lib. */
static int add_links(struct vm_archive *archive)
{
	return vm_archive_link(archive, "lib64", "lib") < 0 || vm_archive_link(archive, "usr/lib", "../lib") < 0 ||
		       vm_archive_link(archive, "usr/lib64", "../lib") < 0 ||
		       vm_archive_link(archive, "lib/x86_64-linux-gnu", ".") < 0
		   ? -1
		   : 0;
}

static int collect_program(struct collection *collection, int fd, struct lad_error *err)
{
	cleanup_bytes struct vm_bytes file;
	return vm_file_read_fd(fd, "a program", &file, err) < 0 ? -1 : collect(collection, &file, err);
}

int vm_libraries_add(struct vm_archive *archive, const int *program_fds, int count, struct lad_error *err)
{
	lad_cleanup_free struct collection *collection = calloc(1, sizeof *collection);
	if (!collection || add_links(archive) < 0)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	collection->archive = archive;
	for (int i = 0; i < count; i++)
		if (collect_program(collection, program_fds[i], err) < 0)
			return -1;
	return 0;
}
