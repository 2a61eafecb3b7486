/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engines of a test end with it, however it ends, and so do those whose script is killed. */
#include "engines.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct engines engines;

/* A process that has engines and waits to be killed. ENGINES are told of it through a pipe. */
static pid_t start_test(void)
{
	int told[2];
	assert_return_code(pipe2(told, 0), errno);
	pid_t pid = fork();
	if (pid == 0) {
		struct engines own;
		close(told[0]);
		if (engines_start(&own, 1, NULL) < 0 || write(told[1], &own, sizeof own) != sizeof own)
			_exit(1);
		for (;;)
			pause();
	}
	close(told[1]);
	assert_int_equal(read(told[0], &engines, sizeof engines), sizeof engines);
	close(told[0]);
	return pid;
}

static bool wait_gone(pid_t pid, const char *path)
{
	for (int waited = 0; waited < 600; waited++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* orphans are ours */
		if ((!pid || (kill(pid, 0) < 0 && errno == ESRCH)) && (!path || access(path, F_OK) < 0))
			return true;
		usleep(50000);
	}
	return false;
}

static void test_a_test_that_is_killed_leaves_no_engine_and_no_folder(void **state)
{
	(void)state;
	pid_t pid = start_test();
	pid_t outer = engines_outer(&engines, 0);
	setenv("NETLADDER_ENGINES", engines.folder, 1);
	pid_t inner = engines_inner(&engines, 0);
	assert_true(inner > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(wait_gone(outer, engines.folder));
	assert_true(wait_gone(inner, NULL));
}

static void test_a_script_that_is_killed_leaves_no_engine(void **state)
{
	(void)state;
	pid_t pid = start_test();
	pid_t outer = engines_outer(&engines, 0);
	setenv("NETLADDER_ENGINES", engines.folder, 1);
	pid_t inner = engines_inner(&engines, 0);
	assert_true(inner > 0);
	kill(engines.holder, SIGKILL);
	assert_true(wait_gone(outer, NULL));
	assert_true(wait_gone(inner, NULL));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* The rest is no process: what `stop` takes away. */
	static struct finished finished;
	const char *const argv[] = {"scripts/engines.sh", "stop", NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, 0);
	assert_int_equal(access(engines.folder, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_test_that_is_killed_leaves_no_engine_and_no_folder),
	    cmocka_unit_test(test_a_script_that_is_killed_leaves_no_engine),
	};
	support_reap_orphans();
	return cmocka_run_group_tests_name("engines' end", tests, NULL, NULL);
}
