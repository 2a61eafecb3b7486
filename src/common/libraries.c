/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/file.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"

/*
 * The dynamic loader is asked, as ldd does: with LD_TRACE_LOADED_OBJECTS (ld.so(8)) it lists what it would load and
 * leaves. Without one a program would not list but run, so a program that is linked statically is not started.
 */

/* Whether the program names a loader; -1: it is no program of this machine's kind. */
static int names_loader(const char *path)
{
	ElfW(Ehdr) header;
	ElfW(Phdr) part;
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &header, sizeof header, 0) != sizeof header ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return -1;
	for (int i = 0; i < header.e_phnum; i++) {
		off_t offset = (off_t)header.e_phoff + (off_t)sizeof part * i;
		if (pread(fd, &part, sizeof part, offset) != sizeof part)
			return -1;
		if (part.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}

static int add_path(struct lad_libraries *libraries, const char *path, const char *what, struct lad_error *err)
{
	int at = 0;
	while (at < libraries->count && strcmp(libraries->paths[at], path) < 0)
		at++;
	if (at < libraries->count && strcmp(libraries->paths[at], path) == 0)
		return 0;
	if (libraries->count == LAD_LIBRARIES_MAX || strlen(path) >= sizeof libraries->paths[0])
		return lad_error_set(err, LAD_EXIT_UNABLE, "%s needs more libraries than fit", what);
	memmove(libraries->paths[at + 1], libraries->paths[at],
		(size_t)(libraries->count - at) * sizeof libraries->paths[0]);
	strcpy(libraries->paths[at], path);
	libraries->count++;
	return 0;
}

/* A line of the list: "\tlibm.so.6 => /lib/x/libm.so.6 (0x…)" or "\t/lib64/ld-linux.so.2 (0x…)". */
static int add_line(struct lad_libraries *libraries, char *line, const char *what, struct lad_error *err)
{
	char *path = strstr(line, "=> ");
	path = path ? path + 3 : line + strspn(line, " \t");
	if (strncmp(path, "not found", 9) == 0) {
		line[strcspn(line, "=")] = '\0';
		return lad_error_set(err, LAD_EXIT_UNABLE, "%s lacks the library %.200s", what,
				     line + strspn(line, " \t"));
	}
	path[strcspn(path, " \n")] = '\0';
	return path[0] == '/' ? add_path(libraries, path, what, err) : 0; /* linux-vdso is no file */
}

static pid_t start_listing(const char *program, int out)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char *argv[] = {(char *)program, NULL};
	char *envp[] = {(char *)"LD_TRACE_LOADED_OBJECTS=1", NULL}; /* and no LD_PRELOAD of ours */
	if (dup2(out, STDOUT_FILENO) >= 0)
		execve(program, argv, envp);
	_exit(127);
}

int lad_libraries_add(struct lad_libraries *libraries, int program_fd, const char *what, struct lad_error *err)
{
	int out[2], status = 0, result = 0;
	char program[64], line[512];
	snprintf(program, sizeof program, "/proc/self/fd/%d", program_fd);
	int loader = names_loader(program);
	if (loader <= 0)
		return loader < 0 ? lad_error_set(err, LAD_EXIT_UNABLE, "%s is no program of this machine", what) : 0;
	if (pipe2(out, O_CLOEXEC) < 0)
		return lad_error_errno(err, errno, "cannot open a pipe");
	pid_t pid = start_listing(program, out[1]);
	close(out[1]);
	FILE *list = fdopen(out[0], "r");
	while (list && result == 0 && fgets(line, sizeof line, list))
		result = add_line(libraries, line, what, err);
	if (list)
		fclose(list);
	else
		close(out[0]);
	bool waited = pid > 0 && waitpid(pid, &status, 0) == pid;
	if (result < 0)
		return -1;
	if (!waited || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot ask the loader for the libraries of %s", what);
	return result;
}
