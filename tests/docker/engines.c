/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engines.h"
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT "scripts/engines.sh"

static struct finished finished;

static void pause_ms(long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&wait, NULL);
}

/* The script, which holds the engines until the pipe from us ends: also when we are killed. */
static int start_holder(struct engines *engines, int count, const char *options)
{
	char command[1024];
	int ready[2], hold[2];
	snprintf(command, sizeof command, "exec " SCRIPT " hold %d --in-memory %s %s", count, options ? "--" : "",
		 options ? options : "");
	assert_return_code(pipe2(ready, O_CLOEXEC), errno);
	assert_return_code(pipe2(hold, O_CLOEXEC), errno);
	engines->holder = fork();
	if (engines->holder == 0) {
		/* What ends our group is not meant for who puts things in order. */
		setsid();
		dup2(hold[0], STDIN_FILENO);
		dup2(ready[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_return_code(engines->holder, errno);
	engines->hold = hold[1];
	close(hold[0]);
	close(ready[1]);
	char line[ENGINES_MAX * 128];
	ssize_t said = read(ready[0], line, sizeof line); /* the engines, once they answer */
	close(ready[0]);
	return said > 0 ? 0 : -1;
}

int engines_start(struct engines *engines, int count, const char *options)
{
	memset(engines, 0, sizeof *engines);
	snprintf(engines->folder, sizeof engines->folder, "/tmp/netladder-engines-%d", (int)getpid());
	setenv("NETLADDER_ENGINES", engines->folder, 1);
	if (start_holder(engines, count, options) < 0) {
		waitpid(engines->holder, NULL, 0);
		return -1;
	}
	engines->count = count;
	for (int i = 0; i < count; i++) {
		struct lad_error err = {0};
		snprintf(engines->hosts[i], sizeof engines->hosts[i], "unix://%s/%c/docker.sock", engines->folder,
			 'a' + i);
		if (lad_docker_open(engines->hosts[i], NULL, &engines->clients[i], &err) < 0) {
			print_message("%s\n", err.message);
			return -1;
		}
	}
	for (int i = 0; i < count; i++) {
		size_t used = strlen(engines->all);
		snprintf(engines->all + used, sizeof engines->all - used, "%s%s", used ? "," : "", engines->hosts[i]);
	}
	return 0;
}

void engines_stop(struct engines *engines)
{
	for (int i = 0; i < engines->count; i++)
		lad_docker_close(engines->clients[i]);
	close(engines->hold);
	assert_int_equal(engines_end(engines->holder), 0);
	assert_int_equal(access(engines->folder, F_OK), -1);
}

pid_t engines_inner(const struct engines *engines, int index)
{
	(void)engines;
	const char letter[] = {(char)('a' + index), '\0'};
	const char *const argv[] = {SCRIPT, "pid", letter, NULL};
	support_run(&finished, -1, -1, argv);
	return (pid_t)atoi(finished.out);
}

pid_t engines_outer(const struct engines *engines, int index)
{
	char path[128];
	int pid = 0;
	snprintf(path, sizeof path, "%s/%c/unshare.pid", engines->folder, 'a' + index);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	return pid;
}

int engines_labelled(struct lad_docker *engine, const char *kind)
{
	char path[128];
	cJSON *answer;
	struct lad_error err = {0};
	snprintf(path, sizeof path, "/%s%s=%%7B%%22label%%22:%%5B%%22" LAD_DOCKER_LABEL "%%22%%5D%%7D", kind,
		 strcmp(kind, "containers") == 0 ? "/json?all=1&filters" : "?filters");
	if (lad_docker_call(engine, "GET", path, NULL, &answer, &err) < 0)
		fail_msg("%s", err.message);
	const cJSON *list = strcmp(kind, "volumes") == 0 ? cJSON_GetObjectItemCaseSensitive(answer, "Volumes") : answer;
	int count = cJSON_GetArraySize(list);
	cJSON_Delete(answer);
	return count;
}

void engines_assert_clean(struct lad_docker *engine)
{
	assert_int_equal(engines_labelled(engine, "containers"), 0);
	assert_int_equal(engines_labelled(engine, "networks"), 0);
	assert_int_equal(engines_labelled(engine, "volumes"), 0);
}

static bool find_container(struct lad_docker *engine, const char *what, char id[LAD_DOCKER_ID])
{
	cJSON *answer;
	const cJSON *item;
	bool found = false;
	if (lad_docker_call(engine, "GET", "/containers/json", NULL, &answer, NULL) < 0)
		return false;
	cJSON_ArrayForEach(item, answer)
	{
		const cJSON *names = cJSON_GetObjectItemCaseSensitive(item, "Names");
		const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(names, 0));
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "Id"));
		size_t length = name ? strlen(name) : 0, ending = strlen(what);
		if (length < ending || strcmp(name + length - ending, what) != 0)
			continue;
		snprintf(id, LAD_DOCKER_ID, "%s", text);
		found = true;
	}
	cJSON_Delete(answer);
	return found;
}

void engines_wait_container(struct lad_docker *engine, const char *what, int limit_s, char id[LAD_DOCKER_ID])
{
	for (int waited = 0; waited < limit_s * 20; waited++) {
		if (find_container(engine, what, id))
			return;
		pause_ms(50);
	}
	fail_msg("no container called %s within %d s", what, limit_s);
}

void engines_wait_trial(struct lad_docker *engine, int seconds, char id[LAD_DOCKER_ID])
{
	for (int passed = 0; passed < seconds;) {
		char again[LAD_DOCKER_ID];
		engines_wait_container(engine, "-generator", 60, id);
		pause_ms(1000);
		engines_wait_container(engine, "-generator", 60, again);
		passed = strcmp(id, again) == 0 ? passed + 1 : 0;
	}
}

void engines_wait_first_trial(struct lad_docker *engine, const char *folder, char id[LAD_DOCKER_ID])
{
	char path[200];
	snprintf(path, sizeof path, "%s/results.csv", folder);
	for (int waited = 0; access(path, F_OK) < 0; waited++) {
		if (waited >= 120 * 20)
			fail_msg("no trial within 120 s: there is no %s", path);
		pause_ms(50);
	}
	engines_wait_container(engine, "-generator", 60, id);
}

const char *engines_scenario(const struct engines *engines, const char *name, const char *text)
{
	static char path[160];
	snprintf(path, sizeof path, "%s/%s.yaml", engines->folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

const char *engines_results(const struct engines *engines)
{
	static char path[160];
	snprintf(path, sizeof path, "%s/results-XXXXXX", engines->folder);
	assert_non_null(mkdtemp(path));
	assert_return_code(rmdir(path), errno);
	return path;
}

struct command {
	const char *argv[8];
};

static struct command run_command(const struct engines *engines, const char *name, const char *text, const char *folder)
{
	return (struct command){{LAD_BUILD "/netladder", "run", engines_scenario(engines, name, text), "--hosts",
				 engines->all, "--out", folder, NULL}};
}

pid_t engines_start_run(const struct engines *engines, const char *name, const char *text, const char *folder)
{
	struct command command = run_command(engines, name, text, folder);
	return support_start(-1, -1, command.argv);
}

void engines_run(const struct engines *engines, int cpu, const char *name, const char *text, const char *folder,
		 int code)
{
	struct command command = run_command(engines, name, text, folder);
	support_run(&finished, -1, cpu, command.argv);
	support_expect(&finished, code, NULL, NULL);
}

int engines_end(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

cJSON *engines_environment(const char *folder)
{
	size_t length;
	char *text = folder_get(folder, "environment.json", &length);
	cJSON *root = cJSON_Parse(text);
	cJSON *docker = cJSON_DetachItemFromObject(root, "docker");
	free(text);
	cJSON_Delete(root);
	assert_non_null(docker);
	return docker;
}

void engines_read(const char *folder, struct lad_table *table)
{
	char path[200];
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/results.csv", folder);
	if (lad_table_read(path, table, &err) < 0)
		fail_msg("%s", err.message);
}
