/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tuning/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/netlink.h"
#include "netladder/text.h"
#include "netladder/tuning.h"
#include "tuning/journal.h"

struct lad_machine {
	struct journal journal; /* the old values */
	bool changed[JOURNAL_SYSCTLS_MAX];
};

static int open_sysctl(const char *key, int flags)
{
	char path[LAD_SYSCTL_KEY_MAX + 16];
	snprintf(path, sizeof path, "/proc/sys/%s", key);
	return open(path, flags | O_CLOEXEC);
}

static int try_write(void *arg)
{
	lad_cleanup_fd int fd = open_sysctl(arg, O_WRONLY);
	return fd < 0 ? -1 : 0;
}

bool machine_can_write(int netns_fd, const char *key)
{
	char copy[LAD_SYSCTL_KEY_MAX];
	snprintf(copy, sizeof copy, "%s", key);
	return strncmp(key, "net/", 4) == 0 && lad_netns_run(netns_fd, try_write, copy, NULL) == 0;
}

int machine_read(const char *key, char *value, size_t size)
{
	lad_cleanup_fd int fd = open_sysctl(key, O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, value, size - 1);
	if (got < 0)
		return -1;
	value[got] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

static int machine_write(const char *key, const char *value)
{
	lad_cleanup_fd int fd = open_sysctl(key, O_WRONLY);
	size_t length = strlen(value);
	return fd >= 0 && write(fd, value, length) == (ssize_t)length ? 0 : -1;
}

/* Adds KEY with its value now, unless it is there, is a namespace's own, or does not exist: apply says what is wrong.
 */
static int note_old_value(struct journal *journal, int fresh_netns, const char *key, struct lad_error *err)
{
	for (int i = 0; i < journal->count; i++)
		if (strcmp(journal->sysctls[i].key, key) == 0)
			return 0;
	struct lad_sysctl old;
	if (machine_can_write(fresh_netns, key) || machine_read(key, old.value, sizeof old.value) < 0)
		return 0;
	if (journal->count == JOURNAL_SYSCTLS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "more than %d sysctls of the whole machine in one scenario",
				     JOURNAL_SYSCTLS_MAX);
	snprintf(old.key, sizeof old.key, "%s", key);
	journal->sysctls[journal->count++] = old;
	return 0;
}

static int note_old_values(struct journal *journal, const struct lad_tuning *tunings, int count, struct lad_error *err)
{
	lad_cleanup_fd int fresh_netns = -1;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < tunings[i].sysctl_count; j++) {
			if (fresh_netns < 0)
				fresh_netns = lad_netns_new(err);
			if (fresh_netns < 0 || note_old_value(journal, fresh_netns, tunings[i].sysctls[j].key, err) < 0)
				return -1;
		}
	return 0;
}

int lad_machine_begin(const struct lad_tuning *tunings, int count, struct lad_machine **machine, struct lad_error *err)
{
	*machine = NULL;
	lad_cleanup_free struct lad_machine *made = calloc(1, sizeof *made);
	if (!made)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	if (note_old_values(&made->journal, tunings, count, err) < 0)
		return -1;
	if (made->journal.count == 0)
		return 0;
	if (journal_write(&made->journal, err) < 0)
		return -1;
	*machine = made;
	made = NULL;
	return 0;
}

int lad_machine_set(struct lad_machine *machine, const char *key, const char *value, struct lad_error *err)
{
	for (int i = 0; i < machine->journal.count; i++) {
		if (strcmp(machine->journal.sysctls[i].key, key) != 0)
			continue;
		machine->changed[i] = true;
		return machine_write(key, value) < 0
			   ? lad_error_errno(err, errno, "cannot set %s to \"%s\"", key, value)
			   : 0;
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "%s is not in the journal", key);
}

int lad_machine_restore(struct lad_machine *machine, struct lad_error *err)
{
	int status = 0;
	for (int i = machine->journal.count - 1; i >= 0; i--) {
		const struct lad_sysctl *old = &machine->journal.sysctls[i];
		if (!machine->changed[i])
			continue;
		if (machine_write(old->key, old->value) < 0)
			status = lad_error_errno(err, errno, "cannot put %s back to \"%s\"", old->key, old->value);
		else
			machine->changed[i] = false;
	}
	return status;
}

int lad_machine_end(struct lad_machine *machine, struct lad_error *err)
{
	if (!machine)
		return 0;
	int status = lad_machine_restore(machine, err);
	if (status == 0)
		status = journal_remove(getpid(), err); /* while something is not as it was, the journal stays */
	free(machine);
	return status;
}

static int put_back(const struct journal *journal, FILE *out, struct lad_error *err)
{
	for (int i = journal->count - 1; i >= 0; i--) {
		const struct lad_sysctl *old = &journal->sysctls[i];
		char key[LAD_SYSCTL_KEY_MAX], now[LAD_SYSCTL_VALUE_MAX];
		lad_sysctl_dotted(old->key, key);
		if (machine_read(old->key, now, sizeof now) == 0 && strcmp(now, old->value) == 0)
			continue;
		if (machine_write(old->key, old->value) < 0)
			return lad_error_errno(err, errno, "cannot put %s back to \"%s\"", key, old->value);
		fprintf(out, "%s: back to %s, which run %d had left at %s\n", lad_excerpt(key).text,
			lad_excerpt(old->value).text, (int)journal->pid, lad_excerpt(now).text);
	}
	return journal_remove(journal->pid, err);
}

int lad_machine_clean(FILE *out, struct lad_error *err)
{
	struct journal journals[JOURNALS_MAX];
	int count = journal_read_all(journals, JOURNALS_MAX, err);
	int cleaned = 0;
	for (int i = 0; i < count; i++) {
		if (journal_is_alive(&journals[i])) {
			fprintf(out, "run %d is still under way and puts its own changes back\n", (int)journals[i].pid);
			continue;
		}
		if (put_back(&journals[i], out, err) < 0)
			return -1;
		cleaned++;
	}
	return count < 0 ? -1 : cleaned;
}
