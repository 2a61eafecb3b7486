/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the whole machine: a run puts them back, however it ends, and `clean` does after kill -9. */
#include "folders.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "netladder/lab.h"
#include "netladder/network.h"

static struct finished finished;

#define SAFE "net/core/netdev_budget_usecs" /* how long one softirq may poll: harmless, and of the whole machine */

static long read_safe(void)
{
	long value = -1;
	lad_cleanup_file FILE *file = fopen("/proc/sys/" SAFE, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &value), 1);
	return value;
}

static void write_safe(long value)
{
	lad_cleanup_file FILE *file = fopen("/proc/sys/" SAFE, "we");
	assert_non_null(file);
	fprintf(file, "%ld\n", value);
}

static void run_clean(int code, const char *printed)
{
	const char *const argv[] = {LAD_BUILD "/netladder", "clean", NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, code);
	if (!strstr(finished.out, printed))
		fail_msg("clean prints: %s%s", finished.out, finished.err);
}

static struct lad_tuning machine_tuning(long value)
{
	struct lad_tuning tuning = {.name = "machine", .sysctl_count = 1};
	snprintf(tuning.sysctls[0].key, sizeof tuning.sysctls[0].key, SAFE);
	snprintf(tuning.sysctls[0].value, sizeof tuning.sysctls[0].value, "%ld", value);
	return tuning;
}

static void test_the_machines_own_setting_is_back_after_a_run(void **state)
{
	(void)state;
	long before = read_safe();
	struct lad_tuning tuning = machine_tuning(before * 2);
	struct lad_machine *machine;
	struct lad_error err = {0};
	assert_int_equal(lad_machine_begin(&tuning, 1, &machine, &err), 0);
	assert_non_null(machine);
	assert_int_equal(lad_machine_set(machine, SAFE, tuning.sysctls[0].value, &err), 0);
	assert_int_equal(read_safe(), before * 2);
	run_clean(0, "still under way"); /* which leaves a living run's changes alone */
	assert_int_equal(read_safe(), before * 2);
	assert_int_equal(lad_machine_end(machine, &err), 0);
	assert_int_equal(read_safe(), before);
	run_clean(0, "Nothing to clean up");
}

static void test_after_kill_9_clean_puts_the_machines_own_setting_back(void **state)
{
	(void)state;
	long before = read_safe();
	struct lad_tuning tuning = machine_tuning(before * 2);
	struct lad_machine *machine;
	struct lad_error err = {0};
	pid_t pid = fork();
	if (pid == 0) {
		if (lad_machine_begin(&tuning, 1, &machine, &err) == 0)
			lad_machine_set(machine, SAFE, tuning.sysctls[0].value, &err);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	long left = read_safe();
	/* A new run would take the changed value for the old one. */
	int refused = lad_machine_begin(&tuning, 1, &machine, &err);
	run_clean(0, "net.core.netdev_budget_usecs: back to ");
	long after = read_safe();
	write_safe(before); /* whatever failed here, the machine is as it was */
	assert_int_equal(left, before * 2);
	assert_int_equal(refused, -1);
	assert_non_null(strstr(err.remedy, "sudo netladder clean"));
	assert_int_equal(after, before);
	run_clean(0, "Nothing to clean up");
}

static void write_scenario(const char *path, long value)
{
	lad_cleanup_file FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"modes: [host]\nworkloads: [{kind: tcp_rr}]\nallow_host_tuning: true\n"
		"trials: {blocks: 100, warmup: 0, duration: 200ms}\n"
		"sweep: {base: machine, factors: [{setting: flows, values: [base]}]}\n"
		"tunings: [{name: machine, sysctls: [net.core.netdev_budget_usecs=%ld]}]\n",
		value);
}

static void test_a_terminated_run_puts_the_machines_own_setting_back(void **state)
{
	(void)state;
	long before = read_safe(), during = before;
	char folder[] = "/tmp/netladder-test-XXXXXX", scenario[64], out[64];
	int status;
	assert_non_null(mkdtemp(folder));
	snprintf(scenario, sizeof scenario, "%s/machine.yaml", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	write_scenario(scenario, before * 2);
	const char *const argv[] = {LAD_BUILD "/netladder", "run", scenario, "--out", out, NULL};
	pid_t pid = support_start(-1, -1, argv);
	for (int tries = 0; tries < 6000 && during == before; tries++) {
		usleep(10000);
		during = read_safe();
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	long after = read_safe();
	write_safe(before); /* whatever failed here, the machine is as it was */
	folder_remove(folder);
	assert_int_equal(during, before * 2);
	assert_int_equal(after, before);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == LAD_EXIT_INTERRUPTED);
	run_clean(0, "Nothing to clean up");
}

static void test_a_scenario_with_only_namespaced_sysctls_needs_no_journal(void **state)
{
	(void)state;
	struct lad_tuning tuning = {.name = "own", .sysctl_count = 1, .sysctls = {{"net/ipv4/tcp_rmem", "4096 1 1"}}};
	struct lad_machine *machine;
	struct lad_error err = {0};
	assert_int_equal(lad_machine_begin(&tuning, 1, &machine, &err), 0);
	assert_null(machine);
}

/* What is changed here is the machine's, and another check's tests may be at it: until those are over. */
static int await_turn(void **state)
{
	(void)state;
	/* Held to the end of the process. */
	int turn = open("/proc/sys/net/core", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_return_code(turn, errno);
	assert_return_code(flock(turn, LOCK_EX), errno);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_machines_own_setting_is_back_after_a_run),
	    cmocka_unit_test(test_after_kill_9_clean_puts_the_machines_own_setting_back),
	    cmocka_unit_test(test_a_terminated_run_puts_the_machines_own_setting_back),
	    cmocka_unit_test(test_a_scenario_with_only_namespaced_sysctls_needs_no_journal),
	};
	return cmocka_run_group_tests_name("tuning of the machine", tests, await_turn, NULL);
}
