/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "tuning/apply.h"

/*
 * The masks of CPUs for received and sent packets (RPS, XPS: Documentation/networking/scaling.rst) are files in sysfs,
 * which shows the devices of the namespace it was mounted in. So a short-lived child mounts one of its own.
 */

enum outcome { MASK_SET, MASK_CHANGED, MASK_NO_QUEUE, MASK_FAILED };

struct answer { /* from the child; smaller than PIPE_BUF */
	enum outcome outcome;
	int error;
	int queues;	    /* how many have the mask */
	uint64_t effective; /* of the last one */
};

struct wish {
	const char *prefix, *file; /* "rx-", "rps_cpus" */
	uint64_t mask;
};

static uint64_t read_mask(const char *path)
{
	char text[256];
	uint64_t mask = 0;
	lad_cleanup_file FILE *file = fopen(path, "re");
	if (!file || !fgets(text, sizeof text, file))
		return 0;
	for (const char *at = text; *at; at++) /* groups of eight digits, joined by commas */
		if (strchr("0123456789abcdef", *at))
			mask = mask << 4 | (uint64_t)strtoul((char[]){*at, '\0'}, NULL, 16);
	return mask;
}

/* Writes one queue's mask. A device with a single transmit queue has no XPS and says so with ENOENT. */
static void set_queue(const char *path, uint64_t mask, struct answer *answer)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%" PRIx64, mask);
	lad_cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)length) != length) {
		if (errno != ENOENT) {
			answer->outcome = MASK_FAILED;
			answer->error = errno;
		}
		return;
	}
	answer->effective = read_mask(path);
	answer->queues++;
	if (answer->effective != mask && answer->outcome == MASK_SET)
		answer->outcome = MASK_CHANGED;
}

static void set_device(const char *device, const struct wish *wish, struct answer *answer)
{
	char path[512];
	snprintf(path, sizeof path, "/sys/class/net/%s/queues", device);
	DIR *queues = opendir(path);
	for (struct dirent *entry; queues && (entry = readdir(queues));) {
		if (strncmp(entry->d_name, wish->prefix, strlen(wish->prefix)) != 0)
			continue;
		snprintf(path, sizeof path, "/sys/class/net/%s/queues/%.32s/%s", device, entry->d_name, wish->file);
		set_queue(path, wish->mask, answer);
	}
	if (queues)
		closedir(queues);
}

/* In the child, whose mounts are its own: sysfs of DEVICE's namespace on /sys for as long as it takes. */
static int set_in_sysfs(const struct tuned_device *device, const struct wish *wish, struct answer *answer)
{
	if (setns(device->netns_fd, CLONE_NEWNET) < 0 ||
	    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0)
		return -1;
	set_device(device->name, wish, answer);
	return umount2("/sys", MNT_DETACH);
}

/* In the child: never returns. */
static void set_and_answer(const struct tuned_path *path, const struct wish *wish, int out)
{
	struct answer answer = {.outcome = MASK_SET};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Nothing is mounted or unmounted before the mounts are this child's own, and private. */
	int status = unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? -1 : 0;
	for (int i = 0; status == 0 && i < path->device_count && answer.outcome != MASK_FAILED; i++)
		status = set_in_sysfs(&path->devices[i], wish, &answer);
	if (status < 0) {
		answer.outcome = MASK_FAILED;
		answer.error = errno;
	}
	if (answer.queues == 0 && answer.outcome == MASK_SET)
		answer.outcome = MASK_NO_QUEUE;
	ssize_t written = write(out, &answer, sizeof answer);
	_exit(written == sizeof answer ? 0 : 1);
}

static int ask_child(const struct tuned_path *path, const struct wish *wish, struct answer *answer,
		     struct lad_error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return lad_error_errno(err, errno, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		set_and_answer(path, wish, ends[1]);
	int error = errno;
	close(ends[1]);
	ssize_t got = pid < 0 ? -1 : read(ends[0], answer, sizeof *answer);
	close(ends[0]);
	if (pid < 0)
		return lad_error_errno(err, error, "cannot fork");
	waitpid(pid, NULL, 0);
	return got == sizeof *answer ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "the child that sets masks has died");
}

static uint64_t all_cpus(void)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static int apply_mask(struct tuned_path *path, enum lad_setting setting, const char *prefix, const char *file,
		      struct lad_error *err)
{
	const struct lad_setting_value *value = &path->tuning->settings[setting];
	const char *name = lad_setting_name(setting);
	struct answer answer = {0};
	char text[32];
	if (!value->set)
		return 0;
	struct wish wish = {prefix, file, value->integer == LAD_ALL_CPUS ? all_cpus() : (uint64_t)value->integer};
	if (ask_child(path, &wish, &answer, err) < 0)
		return -1;
	if (answer.outcome == MASK_NO_QUEUE)
		return lad_error_set(err, LAD_EXIT_UNABLE, "no device in this path has queues with %s", name);
	if (answer.outcome == MASK_FAILED)
		return lad_error_errno(err, answer.error, "cannot set %s to %" PRIx64, name, wish.mask);
	snprintf(text, sizeof text, "%" PRIx64, answer.effective);
	tuning_became(path, name, text);
	if (answer.outcome == MASK_CHANGED)
		tuning_note(path, "the kernel made %s %s of %s", name, text, value->text);
	return 0;
}

int tuning_apply_masks(struct tuned_path *path, struct lad_error *err)
{
	if (apply_mask(path, LAD_SETTING_RPS_CPUS, "rx-", "rps_cpus", err) < 0)
		return -1;
	return apply_mask(path, LAD_SETTING_XPS_CPUS, "tx-", "xps_cpus", err);
}
