/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include "lab/vm.h"
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
