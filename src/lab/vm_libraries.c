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
 * The dynamic loader itself says where the libraries are: those of this program are loaded, and those that the agent
 * names (DT_NEEDED, elf(5)) are loaded beside them. Its list then holds all, each with the path it was found at.
 */

#if __SIZEOF_POINTER__ != 8
#error "the vm lab reads 64-bit ELF"
#endif

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

static int load_needed(const struct vm_bytes *file, const Elf64_Phdr *headers, int count, const Elf64_Phdr *dynamic,
		       struct lad_error *err)
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
		/* The bytes end with a NUL of ours (vm_file_read_fd leaves room for one). */
		const char *name = part(file, strings + entries[i].d_un.d_val, 1);
		if (!name || !dlopen(name, RTLD_LAZY | RTLD_LOCAL))
			return lad_error_set(err, LAD_EXIT_UNABLE, "cannot find a library of netladder-agent: %.300s",
					     name ? dlerror() : "the file is cut off");
	}
	return 0;
}

static int load_libraries_of(int agent_fd, struct lad_error *err)
{
	cleanup_bytes struct vm_bytes file;
	if (vm_file_read_fd(agent_fd, "netladder-agent", &file, err) < 0)
		return -1;
	file.data[file.size] = '\0';
	const Elf64_Ehdr *header = part(&file, 0, sizeof *header);
	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64)
		return lad_error_set(err, LAD_EXIT_UNABLE, "netladder-agent is no 64-bit ELF program");
	const Elf64_Phdr *headers = part(&file, header->e_phoff, header->e_phnum * sizeof *headers);
	for (int i = 0; headers && i < header->e_phnum; i++)
		if (headers[i].p_type == PT_DYNAMIC)
			return load_needed(&file, headers, header->e_phnum, &headers[i], err);
	return 0; /* linked statically */
}

struct collection {
	struct vm_archive *archive;
	struct lad_error *err;
};

static int add_library(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	const struct collection *collection = data;
	const char *slash = strrchr(info->dlpi_name, '/');
	if (!slash) /* this program itself, and the vdso */
		return 0;
	char path[PATH_MAX];
	cleanup_bytes struct vm_bytes file;
	if (vm_file_read(info->dlpi_name, &file, collection->err) < 0)
		return -1;
	snprintf(path, sizeof path, "lib%.4000s", slash);
	if (vm_archive_file(collection->archive, path, file.data, file.size, true) < 0)
		return lad_error_set(collection->err, LAD_EXIT_UNABLE, "out of memory");
	return 0;
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

int vm_libraries_add(struct vm_archive *archive, int agent_fd, struct lad_error *err)
{
	struct collection collection = {archive, err};
	if (load_libraries_of(agent_fd, err) < 0 || dl_iterate_phdr(add_library, &collection) < 0)
		return -1;
	return add_links(archive) < 0 ? lad_error_set(err, LAD_EXIT_UNABLE, "out of memory") : 0;
}
