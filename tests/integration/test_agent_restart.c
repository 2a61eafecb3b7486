/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sink that dies and comes back in the middle: by hand, and in a run, which goes on. */
#include "driven.h"
#include "folders.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netladder/results.h"

#define AGENT LAD_BUILD "/netladder-agent"
#define TRIALS 6
#define WARMUP_MS 50
#define WINDOW_MS 1500
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static pid_t start_sink(int netns)
{
	const char *const argv[] = {AGENT, "sink", "--token", "t", "--bind", "127.0.0.1", NULL};
	return support_start(netns, -1, argv);
}

static void generate(struct finished *finished, int netns, const char *workload, const char *duration)
{
	const char *const argv[] = {AGENT, "generate",	 workload, "--to",   "127.0.0.1", "--token",
				    "t",   "--duration", duration, "--json", NULL};
	support_run(finished, netns, -1, argv);
}

static cJSON *result_of(const struct finished *finished)
{
	char *last = strstr(finished->out, "{\"type\":\"result\"");
	if (!last)
		fail_msg("no result, code %d: %s %s", finished->code, finished->out, finished->err);
	return cJSON_Parse(last);
}

/* Kills PID, which may be somebody else's child, and waits until it holds no port any more: a signal alone is only
 * sent. */
static int kill_and_see_it_gone(pid_t pid)
{
	struct pollfd gone = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int result = gone.fd < 0 || kill(pid, SIGKILL) < 0 || poll(&gone, 1, 60000) != 1 ? -1 : 0;
	if (gone.fd >= 0)
		close(gone.fd);
	return result;
}

/* In a child: kills FIRST after a while, starts the next sink in its place as soon as it is free, and ends as that
 * ends. */
static pid_t replace_later(int netns, pid_t first)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	int status;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	driven_pause_ms(700);
	if (kill_and_see_it_gone(first) < 0)
		_exit(98);
	pid_t second = start_sink(netns);
	waitpid(second, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void test_a_generator_does_not_take_the_next_sink_for_its_own(void **state)
{
	(void)state;
	static struct finished finished;
	for (int kind = 0; kind < LAD_DNS_RR; kind++) { /* which has no sink */
		const char *workload = lad_workload_name((enum lad_workload_kind)kind);
		int netns = driven_new_netns(), status;
		pid_t first = start_sink(netns);
		assert_true(support_wait_listening(netns, false, 5202));
		pid_t replacer = replace_later(netns, first);
		generate(&finished, netns, workload, "20s");
		cJSON *result = result_of(&finished);
		assert_int_equal(finished.code, LAD_EXIT_TRIALS);
		assert_true(cJSON_IsFalse(cJSON_GetObjectItem(result, "complete")));
		const char *error = cJSON_GetStringValue(cJSON_GetObjectItem(result, "error"));
		if (!error || !(strstr(error, "sink") || strstr(error, workload)))
			fail_msg("%s: %s", workload, error ? error : "no error");
		print_message("# %s: %s\n", workload, error);
		/* What was measured before is kept, and the rest of the 20 s is not in it. */
		assert_true(cJSON_GetObjectItem(result, "seconds")->valuedouble < 10);
		assert_true(cJSON_GetObjectItem(result, "bytes")->valuedouble > 0);
		cJSON_Delete(result);
		/* The next sink is as fresh as any. */
		assert_int_equal(waitpid(first, NULL, 0), first);
		assert_true(support_wait_listening(netns, false, 5202));
		generate(&finished, netns, workload, "200ms");
		assert_int_equal(finished.code, LAD_EXIT_OK);
		assert_int_equal(waitpid(replacer, &status, 0), replacer);
		assert_int_equal(status, 0);
		close(netns);
	}
}

/* The child of PARENT with this number, from 0; 0: it has fewer. */
static pid_t child_of(pid_t parent, int number)
{
	char path[64];
	pid_t child = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	for (int i = 0; i <= number; i++)
		if (fscanf(file, "%d", &child) != 1)
			child = 0;
	fclose(file);
	return child;
}

/* How long ago PID was started, by the 22nd field of its stat (proc(5)); a minute when it is gone. */
static double age_s(pid_t pid)
{
	char path[64], line[1024] = "";
	struct timespec now;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	char *rest = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
	if (file)
		fclose(file);
	for (int field = 2; rest && field < 22; field++)
		rest = strchr(rest + 1, ' ');
	clock_gettime(CLOCK_BOOTTIME, &now);
	return rest ? (double)now.tv_sec + (double)now.tv_nsec / 1e9 - atof(rest) / (double)sysconf(_SC_CLK_TCK) : 60;
}

/*
 * In a child: kills the sink of RUN (its first agent) once in the middle of a trial. It is stopped first: what was
 * stopped within the warm-up and window that follow its start, as they are planned, has not reported yet.
 */
static pid_t kill_a_sink_later(pid_t run)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid_t first = 0;
	for (int tries = 0; tries < 12000; tries++) {
		pid_t sink = child_of(run, 0), generator = child_of(run, 1);
		first = first ? first : sink;
		if (sink && generator && sink != first) { /* of the second trial or a later one */
			driven_pause_ms(200);
			kill(sink, SIGSTOP);
			if (age_s(sink) < (WARMUP_MS + WINDOW_MS) / 1e3)
				_exit(kill(sink, SIGKILL) < 0);
			kill(sink, SIGCONT);
			first = sink;
		}
		driven_pause_ms(5);
	}
	_exit(2);
}

static void test_a_sink_that_dies_in_a_run_is_one_failed_row_and_the_next_has_a_new_one(void **state)
{
	(void)state;
	char folder[64] = "/tmp/netladder-test-XXXXXX", scenario[96], out[96], csv[112];
	struct lad_table table;
	struct lad_error err = {0};
	int status, failed = 0;
	assert_non_null(mkdtemp(folder));
	folder_put(
	    folder, "s.yaml",
	    "name: restart\nmodes: [host]\nworkloads: [{kind: tcp_rr, flows: 4, threads: 2}, {kind: udp_stream}]\n"
	    "trials: {blocks: 3, warmup: " TEXT(WARMUP_MS) "ms, duration: " TEXT(WINDOW_MS) "ms}\n");
	snprintf(scenario, sizeof scenario, "%s/s.yaml", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	snprintf(csv, sizeof csv, "%s/results.csv", out);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", scenario, "--out", out, NULL};
	pid_t run = support_start(-1, -1, argv), killer = kill_a_sink_later(run);
	assert_int_equal(waitpid(run, &status, 0), run);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), LAD_EXIT_TRIALS);
	assert_int_equal(waitpid(killer, &status, 0), killer);
	assert_int_equal(status, 0);
	assert_int_equal(lad_table_read(csv, &table, &err), 0);
	assert_int_equal(table.row_count, TRIALS);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		assert_int_equal(row->threads, row->workload == LAD_TCP_RR ? 2 : 1);
		if (row->status == LAD_STATUS_OK)
			continue;
		failed++;
		print_message("# trial %d of %d: %s\n", row->trial, TRIALS, row->reason);
		assert_int_equal(row->status, LAD_STATUS_FAILED);
		/* Whichever of the two is heard first. */
		assert_true(strstr(row->reason, "sink ended in the middle of the trial") ||
			    strstr(row->reason, "generator: tcp_rr") || strstr(row->reason, "generator: udp_stream"));
		assert_true(row->trial < TRIALS); /* and it went on */
	}
	assert_int_equal(failed, 1);
	lad_table_free(&table);
	assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_generator_does_not_take_the_next_sink_for_its_own),
	    cmocka_unit_test(test_a_sink_that_dies_in_a_run_is_one_failed_row_and_the_next_has_a_new_one),
	};
	return cmocka_run_group_tests_name("agent restart", tests, NULL, NULL);
}
