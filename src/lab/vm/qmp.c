/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"
#include "netladder/units.h"

/* The QEMU Machine Protocol: one JSON object a line (docs/interop/qmp-spec.rst). */

/* QEMU answers at once, but it may have to wait for a CPU of a busy host. */
#define ANSWER_LIMIT_NS (60 * LAD_NS_PER_S)
#define ASK_AGAIN_NS (2 * LAD_NS_PER_MS)

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LAD_NS_PER_S + now.tv_nsec;
}

static int wait_readable(int fd, int64_t wait_ns)
{
	struct pollfd polled = {fd, POLLIN, 0};
	struct timespec wait = {wait_ns / LAD_NS_PER_S, wait_ns % LAD_NS_PER_S};
	return wait_ns > 0 && ppoll(&polled, 1, &wait, NULL) > 0;
}

static void pause_ns(int64_t wait_ns)
{
	struct timespec wait = {wait_ns / LAD_NS_PER_S, wait_ns % LAD_NS_PER_S};
	nanosleep(&wait, NULL);
}

/* Notes an event; NULL unless LINE is an answer, which the caller frees. */
static cJSON *take_line(struct vm_qmp *qmp, const char *line)
{
	cJSON *root = cJSON_Parse(line);
	const char *event = cJSON_GetStringValue(cJSON_GetObjectItem(root, "event"));
	if (event && strcmp(event, "STOP") == 0)
		qmp->stopped = true;
	if (cJSON_HasObjectItem(root, "return") || cJSON_HasObjectItem(root, "error"))
		return root;
	cJSON_Delete(root);
	return NULL;
}

/* The next answer, within the limit. */
static cJSON *wait_answer(struct vm_qmp *qmp, struct lad_error *err)
{
	int64_t deadline_ns = now_ns() + ANSWER_LIMIT_NS;
	do {
		char *line;
		size_t length;
		while ((line = lad_line_next(&qmp->lines, &length))) {
			cJSON *answer = take_line(qmp, line);
			if (answer)
				return answer;
		}
		if (!wait_readable(qmp->fd, deadline_ns - now_ns()))
			break;
	} while (lad_line_fill(&qmp->lines, qmp->fd) > 0);
	lad_error_set(err, LAD_EXIT_UNABLE, "QEMU gave no answer on its control socket");
	return NULL;
}

/* Sends LINE, with PASSED_FD beside it unless it is -1. */
static int send_line(const struct vm_qmp *qmp, const char *line, int passed_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {(char *)line, strlen(line)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (passed_fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed_fd, sizeof(int));
	}
	return sendmsg(qmp->fd, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len ? 0 : -1;
}

/* STATUS receives the answer's `status`, "" without one; it may be NULL. */
static int ask(struct vm_qmp *qmp, const char *line, int passed_fd, char *status, size_t size, struct lad_error *err)
{
	if (send_line(qmp, line, passed_fd) < 0)
		return lad_error_errno(err, errno, "cannot write to QEMU's control socket");
	cJSON *answer = wait_answer(qmp, err);
	if (!answer)
		return -1;
	const cJSON *problem = cJSON_GetObjectItem(answer, "error");
	int result = 0;
	if (problem) {
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(problem, "desc"));
		result = lad_error_set(err, LAD_EXIT_UNABLE, "QEMU refuses %.100s: %.300s", line, text ? text : "?");
	} else if (status) {
		const char *text =
		    cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "return"), "status"));
		snprintf(status, size, "%s", text ? text : "");
	}
	cJSON_Delete(answer);
	return result;
}

int vm_qmp_open(struct vm_qmp *qmp, struct lad_error *err)
{
	return ask(qmp, "{\"execute\":\"qmp_capabilities\"}\n", -1, NULL, 0, err);
}

bool vm_qmp_stopped(struct vm_qmp *qmp)
{
	char *line;
	size_t length;
	if (wait_readable(qmp->fd, 1) && lad_line_fill(&qmp->lines, qmp->fd) <= 0)
		return qmp->stopped;
	while ((line = lad_line_next(&qmp->lines, &length)))
		cJSON_Delete(take_line(qmp, line));
	return qmp->stopped;
}

/* Leaves the memory out of what is saved and loaded: it is a file that the machines share. */
#define WITHOUT_MEMORY                                                                                                 \
	"{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["                                  \
	"{\"capability\":\"x-ignore-shared\",\"state\":true}]}}\n"

int vm_qmp_save(struct vm_qmp *qmp, int devices_fd, struct lad_error *err)
{
	char status[32] = "";
	if (ask(qmp, WITHOUT_MEMORY, -1, NULL, 0, err) < 0 ||
	    ask(qmp, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"devices\"}}\n", devices_fd, NULL, 0, err) <
		0 ||
	    ask(qmp, "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:devices\"}}\n", -1, NULL, 0, err) < 0)
		return -1;
	for (int64_t deadline_ns = now_ns() + ANSWER_LIMIT_NS; now_ns() < deadline_ns;) {
		if (ask(qmp, "{\"execute\":\"query-migrate\"}\n", -1, status, sizeof status, err) < 0)
			return -1;
		if (strcmp(status, "completed") == 0)
			return 0;
		if (strcmp(status, "failed") == 0)
			break;
		pause_ns(ASK_AGAIN_NS);
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "QEMU cannot save the machine's state (%s)", status);
}

int vm_qmp_write_devices(struct vm_qmp *qmp, const char *path, struct lad_error *err)
{
	char line[256];
	/* Made for Xen, and in every QEMU: what a migration carries, without the memory. */
	snprintf(line, sizeof line,
		 "{\"execute\":\"xen-save-devices-state\",\"arguments\":{\"filename\":\"%.100s\",\"live\":false}}\n",
		 path);
	return ask(qmp, line, -1, NULL, 0, err);
}

int vm_qmp_resume(struct vm_qmp *qmp, const char *uri, struct lad_error *err)
{
	char status[32] = "", line[128];
	snprintf(line, sizeof line, "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"%.40s\"}}\n", uri);
	if (ask(qmp, WITHOUT_MEMORY, -1, NULL, 0, err) < 0 || ask(qmp, line, -1, NULL, 0, err) < 0)
		return -1;
	for (int64_t deadline_ns = now_ns() + ANSWER_LIMIT_NS; now_ns() < deadline_ns;) {
		if (ask(qmp, "{\"execute\":\"query-status\"}\n", -1, status, sizeof status, err) < 0)
			return -1;
		if (strcmp(status, "inmigrate") != 0)
			return ask(qmp, "{\"execute\":\"cont\"}\n", -1, NULL, 0, err);
		pause_ns(ASK_AGAIN_NS);
	}
	return lad_error_set(err, LAD_EXIT_UNABLE, "QEMU does not get the machine's state back");
}

void vm_qmp_close(struct vm_qmp *qmp)
{
	lad_line_free(&qmp->lines);
	lad_close_fd(&qmp->fd);
	*qmp = (struct vm_qmp){.fd = -1};
}
