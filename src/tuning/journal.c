/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tuning/journal.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"

#define JOURNAL_BYTES_MAX 65536

static void folder(char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	snprintf(path, size, "%s/netladder", geteuid() != 0 && runtime && runtime[0] == '/' ? runtime : "/run");
}

/* Opens the folder, made when MAKE. What is in it is believed, so it must be ours alone. */
static int open_folder(bool make, struct lad_error *err)
{
	char path[4096];
	struct stat info;
	folder(path, sizeof path);
	if (make)
		mkdir("/run", 0755); /* a bare guest has none */
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return lad_error_errno(err, errno, "cannot make %s", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return lad_error_errno(err, errno, "cannot open %s", path);
	if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && !(info.st_mode & 022))
		return fd;
	close(fd);
	return lad_error_set(err, LAD_EXIT_UNABLE, "%s does not belong to this user alone; remove it", path);
}

/* When PROCESS began (proc(5), field 22 of stat), or 0 when there is none. */
static unsigned long long start_of(pid_t pid)
{
	char path[64], line[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	lad_cleanup_file FILE *file = fopen(path, "re");
	if (!file || !fgets(line, sizeof line, file))
		return 0;
	char *at = strrchr(line, ')'); /* the name before it may hold blanks */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

bool journal_is_alive(const struct journal *journal)
{
	return start_of(journal->pid) == journal->started;
}

static void name_of(pid_t pid, char *name, size_t size)
{
	snprintf(name, size, "tuning-%d.json", (int)pid);
}

static char *print(const struct journal *journal)
{
	char started[32];
	cJSON *root = cJSON_CreateObject();
	snprintf(started, sizeof started, "%llu", journal->started);
	cJSON_AddNumberToObject(root, "pid", journal->pid);
	cJSON_AddStringToObject(root, "started", started);
	cJSON *list = cJSON_AddObjectToObject(root, "old_values");
	for (int i = 0; i < journal->count; i++)
		cJSON_AddStringToObject(list, journal->sysctls[i].key, journal->sysctls[i].value);
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}

/* Whole or not at all: written beside, on disk, then given its name. */
static int write_file(int folder_fd, const char *name, const char *text)
{
	lad_cleanup_fd int fd = openat(folder_fd, "new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t length = strlen(text);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length || fsync(fd) < 0 ||
	    renameat(folder_fd, "new", folder_fd, name) < 0)
		return -1;
	return fsync(folder_fd);
}

static int refuse_others(struct lad_error *err)
{
	struct journal others[JOURNALS_MAX];
	int count = journal_read_all(others, JOURNALS_MAX, err);
	if (count <= 0)
		return count;
	if (journal_is_alive(&others[0]))
		return lad_error_set(err, LAD_EXIT_UNABLE, "run %d is tuning this machine; wait for its end",
				     (int)others[0].pid);
	lad_error_set(err, LAD_EXIT_UNABLE, "run %d was killed and has left this machine's sysctls changed",
		      (int)others[0].pid);
	return lad_error_remedy(err, "sudo netladder clean");
}

int journal_write(struct journal *journal, struct lad_error *err)
{
	char name[64];
	lad_cleanup_fd int folder_fd = open_folder(true, err);
	if (folder_fd < 0 || refuse_others(err) < 0)
		return -1;
	journal->pid = getpid();
	journal->started = start_of(journal->pid);
	lad_cleanup_free char *text = print(journal);
	name_of(journal->pid, name, sizeof name);
	if (!text || write_file(folder_fd, name, text) < 0)
		return lad_error_errno(err, errno, "cannot write down the machine's sysctls");
	return 0;
}

int journal_remove(pid_t pid, struct lad_error *err)
{
	char name[64];
	lad_cleanup_fd int folder_fd = open_folder(false, err);
	name_of(pid, name, sizeof name);
	if (folder_fd < 0)
		return -1;
	return unlinkat(folder_fd, name, 0) < 0 ? lad_error_errno(err, errno, "cannot remove %s", name) : 0;
}

/* Whether KEY can only name a file below /proc/sys. */
static bool is_safe(const char *key)
{
	return key[0] != '/' && !strstr(key, "..") && strlen(key) < LAD_SYSCTL_KEY_MAX;
}

static int parse(const char *name, const char *text, struct journal *journal, struct lad_error *err)
{
	cJSON *root = cJSON_Parse(text);
	const cJSON *pid = cJSON_GetObjectItem(root, "pid"), *started = cJSON_GetObjectItem(root, "started");
	const cJSON *list = cJSON_GetObjectItem(root, "old_values"), *item;
	bool fine = cJSON_IsNumber(pid) && cJSON_IsString(started) && cJSON_IsObject(list);
	*journal = (struct journal){0};
	if (fine) {
		journal->pid = pid->valueint;
		journal->started = strtoull(started->valuestring, NULL, 10);
	}
	cJSON_ArrayForEach(item, list)
	{
		fine = fine && cJSON_IsString(item) && is_safe(item->string) && journal->count < JOURNAL_SYSCTLS_MAX &&
		       strlen(item->valuestring) < LAD_SYSCTL_VALUE_MAX;
		if (!fine)
			break;
		struct lad_sysctl *old = &journal->sysctls[journal->count++];
		snprintf(old->key, sizeof old->key, "%s", item->string);
		snprintf(old->value, sizeof old->value, "%s", item->valuestring);
	}
	cJSON_Delete(root);
	return fine ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "%s is no journal of netladder", name);
}

static int read_journal(int folder_fd, const char *name, struct journal *journal, struct lad_error *err)
{
	lad_cleanup_free char *text = calloc(1, JOURNAL_BYTES_MAX);
	lad_cleanup_fd int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (!text || fd < 0 || read(fd, text, JOURNAL_BYTES_MAX - 1) < 0)
		return lad_error_errno(err, errno, "cannot read %s", name);
	return parse(name, text, journal, err);
}

int journal_read_all(struct journal *journals, int capacity, struct lad_error *err)
{
	struct lad_error inner;
	lad_cleanup_fd int folder_fd = open_folder(false, &inner);
	if (folder_fd < 0) {
		if (inner.saved_errno == ENOENT)
			return 0;
		*err = inner;
		return -1;
	}
	DIR *list = fdopendir(fcntl(folder_fd, F_DUPFD_CLOEXEC, 0));
	int count = 0;
	for (struct dirent *entry; list && count >= 0 && count < capacity && (entry = readdir(list));) {
		int pid;
		char end;
		if (sscanf(entry->d_name, "tuning-%d.jso%c", &pid, &end) != 2)
			continue;
		count = read_journal(folder_fd, entry->d_name, &journals[count], err) < 0 ? -1 : count + 1;
	}
	if (list)
		closedir(list);
	return count;
}
