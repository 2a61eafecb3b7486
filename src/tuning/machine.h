/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNING_MACHINE_H
#define TUNING_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether NETNS_FD has the sysctl KEY for itself and writable. Only those below net/ can be a namespace's own. */
bool machine_can_write(int netns_fd, const char *key);

/* Reads KEY as this process sees it. -1 with errno. */
int machine_read(const char *key, char *value, size_t size);

#endif
