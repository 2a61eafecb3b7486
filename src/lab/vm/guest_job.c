/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>

#include "lab/vm/guest.h"
#include "netladder/cleanup.h"

/*
 * A frozen machine and its copies differ in nothing but what they are told, and they are told by QEMU's firmware
 * configuration device, which is read and not migrated (docs/specs/fw_cfg.txt): a 16-bit selector, then byte by byte.
 */
#define SELECTOR_PORT 0x510
#define DATA_PORT 0x511
#define FILE_DIRECTORY 0x19
#define FILES_MAX 1000

struct entry { /* of the directory; big endian */
	uint32_t size;
	uint16_t selector, reserved;
	char name[56];
};

static void read_bytes(void *data, size_t size)
{
	insb(DATA_PORT, data, size);
}

/* The selector and size of NAME; -1 when there is no such file. */
static int find(const char *name, uint16_t *selector, size_t *size)
{
	uint32_t count;
	struct entry entry;
	outw(FILE_DIRECTORY, SELECTOR_PORT);
	read_bytes(&count, sizeof count);
	for (uint32_t left = be32toh(count); left > 0 && left < FILES_MAX; left--) {
		read_bytes(&entry, sizeof entry);
		if (strncmp(entry.name, name, sizeof entry.name) != 0)
			continue;
		*selector = be16toh(entry.selector);
		*size = be32toh(entry.size);
		return 0;
	}
	return -1;
}

static int read_errand(struct lad_bytes *errand, struct lad_error *err)
{
	uint16_t selector;
	size_t size;
	if (ioperm(SELECTOR_PORT, 2, 1) < 0)
		return lad_error_errno(err, errno, "cannot use I/O ports");
	if (find(VM_ERRAND_NAME, &selector, &size) < 0 || size > VM_FILE_BYTES_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "QEMU has no " VM_ERRAND_NAME " for its guest");
	*errand = (struct lad_bytes){malloc(size + 1), size};
	if (!errand->data)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	outw(selector, SELECTOR_PORT);
	read_bytes(errand->data, size);
	errand->data[size] = '\0';
	return 0;
}

int vm_guest_read_job(struct vm_job *job, struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes errand = {0};
	if (read_errand(&errand, err) < 0 || !errand.data)
		return -1;
	char *text = (char *)errand.data, *scenario = memchr(text, '\n', errand.size);
	if (!scenario)
		return lad_error_set(err, LAD_EXIT_UNABLE, VM_ERRAND_NAME " is not what the vm lab writes");
	*scenario++ = '\0';
	size_t size = errand.size - (size_t)(scenario - text);
	lad_cleanup_file FILE *file = fopen(VM_GUEST_SCENARIO, "we");
	if (!file || fwrite(scenario, 1, size, file) != size || fflush(file) != 0)
		return lad_error_errno(err, errno, "cannot write " VM_GUEST_SCENARIO);
	return vm_job_read(text, job, err);
}
