/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

static struct vm_hash finish(struct sha256_ctx *context)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct vm_hash hash = {{0}};
	sha256_digest(context, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hash.hex + 2 * i, 3, "%02x", digest[i]);
	return hash;
}

struct vm_hash vm_hash_bytes(const void *data, size_t size)
{
	struct sha256_ctx context;
	sha256_init(&context);
	sha256_update(&context, size, data);
	return finish(&context);
}

int vm_hash_fd(int fd, struct vm_hash *hash, struct lad_error *err)
{
	struct sha256_ctx context;
	uint8_t buffer[65536];
	off_t at = 0;
	ssize_t got;
	sha256_init(&context);
	while ((got = pread(fd, buffer, sizeof buffer, at)) > 0) {
		sha256_update(&context, (size_t)got, buffer);
		at += got;
	}
	if (got < 0)
		return lad_error_errno(err, errno, "cannot read what is to be hashed");
	*hash = finish(&context);
	return 0;
}

int vm_hash_file(const char *path, struct vm_hash *hash, struct lad_error *err)
{
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot open %s", path);
	return vm_hash_fd(fd, hash, err) < 0 ? lad_error_context(err, "%s", path) : 0;
}

#define PAGE_BYTES 4096

int vm_hash_pages(int fd, struct vm_hash *hash, struct lad_error *err)
{
	struct sha256_ctx context;
	uint8_t buffer[16 * PAGE_BYTES];
	off_t at = 0;
	ssize_t got;
	sha256_init(&context);
	while ((got = pread(fd, buffer, sizeof buffer, at)) > 0) {
		for (ssize_t page = 0; page < got; page += PAGE_BYTES) {
			size_t size = got - page < PAGE_BYTES ? (size_t)(got - page) : PAGE_BYTES;
			uint64_t place = htobe64((uint64_t)(at + page));
			if (buffer[page] == 0 && memcmp(buffer + page, buffer + page + 1, size - 1) == 0)
				continue;
			sha256_update(&context, sizeof place, (const uint8_t *)&place);
			sha256_update(&context, size, buffer + page);
		}
		at += got;
		off_t data = lseek(fd, at, SEEK_DATA); /* over the hole that may be here */
		at = data < 0 ? at : data;
	}
	if (got < 0)
		return lad_error_errno(err, errno, "cannot read what is to be hashed");
	*hash = finish(&context);
	return 0;
}
