/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/vm/guest.h"
#include "netladder/cleanup.h"

#define MODULES "/modules"
#define PORTS "/sys/class/virtio-ports"

int vm_guest_mount(struct lad_error *err)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++)
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL) < 0 && errno != EBUSY)
			return lad_error_errno(err, errno, "cannot mount %s", mounts[i].where);
	return 0;
}

static void insert(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, MODULES "/%s", name);
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		fprintf(stderr, "netladder: cannot insert %s: %s\n", name, strerror(errno));
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int vm_guest_insert_modules(struct lad_error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(MODULES, &entries, is_visible, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : lad_error_errno(err, errno, "cannot read " MODULES);
	for (int i = 0; i < count; i++) {
		insert(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static bool has_our_name(const char *port)
{
	char path[512], name[64] = "";
	snprintf(path, sizeof path, PORTS "/%s/name", port);
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
	return got > 0 && strncmp(name, VM_PORT_NAME "\n", (size_t)got) == 0;
}

int vm_guest_open_port(struct lad_error *err)
{
	struct dirent **entries = NULL;
	/* The host announces the port's name shortly after the driver is there. */
	for (int attempt = 0; attempt < 1000; attempt++) {
		int count = scandir(PORTS, &entries, is_visible, alphasort);
		int fd = -1;
		for (int i = 0; i < count; i++) {
			char path[300];
			snprintf(path, sizeof path, "/dev/%s", entries[i]->d_name);
			if (fd < 0 && has_our_name(entries[i]->d_name))
				fd = open(path, O_WRONLY | O_CLOEXEC);
			free(entries[i]);
		}
		if (count >= 0)
			free(entries);
		if (fd >= 0)
			return fd;
		usleep(1000);
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "there is no virtio-serial port " VM_PORT_NAME);
}
