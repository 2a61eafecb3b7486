/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"

/*
 * Which process has made an object on an engine, so that a later run may remove what a killed one has left and nothing
 * of one that goes on: the machine's boot, the namespace that its process numbers are of, and the process's number and
 * time of start (numbers are used again).
 */

struct runner {
	char boot[40], namespace[32];
	long pid;
	unsigned long long start; /* clock ticks since the boot */
};

/* The start of process PID; 0 when it cannot be seen. */
static unsigned long long start_of(long pid)
{
	char path[32], text[1024];
	unsigned long long start = 0;
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	lad_cleanup_file FILE *file = fopen(path, "re");
	size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
	text[size] = '\0';
	/* proc(5): the name, in parentheses, may have any character; the start is the 20th word behind it. */
	char *word = strrchr(text, ')');
	for (int i = 0; word && i < 20; i++)
		word = strchr(word + 1, ' ');
	if (word)
		start = strtoull(word, NULL, 10);
	return start;
}

static void find_self(struct runner *self)
{
	*self = (struct runner){.pid = getpid()};
	lad_cleanup_file FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!file || fscanf(file, "%36s", self->boot) != 1)
		strcpy(self->boot, "?");
	ssize_t length = readlink("/proc/self/ns/pid", self->namespace, sizeof self->namespace - 1);
	strcpy(self->namespace + (length > 0 ? length : 0), length > 0 ? "" : "?");
	self->start = start_of(self->pid);
}

void docker_runner(char text[DOCKER_RUNNER])
{
	struct runner self;
	find_self(&self);
	snprintf(text, DOCKER_RUNNER, "%s %s %ld %llu", self.boot, self.namespace, self.pid, self.start);
}

bool docker_runner_gone(const char *text)
{
	struct runner self, other = {.pid = 0};
	find_self(&self);
	if (sscanf(text, "%39s %31s %ld %llu", other.boot, other.namespace, &other.pid, &other.start) != 4)
		return false;
	/* Of another machine, or of a container's processes, nothing can be told. */
	if (other.pid < 1 || strcmp(other.boot, self.boot) != 0 || strcmp(other.namespace, self.namespace) != 0)
		return false;
	if (kill((pid_t)other.pid, 0) < 0 && errno == ESRCH)
		return true;
	unsigned long long start = start_of(other.pid);
	return start && start != other.start;
}
