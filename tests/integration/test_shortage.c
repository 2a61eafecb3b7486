/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine that runs short, or gives few rights, is told apart from one that cannot. */
#include "folders.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/lab.h"

/* More than the runner has open in a trial. */
#define ENOUGH 48

static struct finished finished;
static char folder[64];

static int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/netladder-shortage-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	folder_put(folder, "short.yaml",
		   "modes: [host, macvlan, bridge, overlay]\nworkloads: [{kind: tcp_rr, transactions: 10}]\n"
		   "trials: {blocks: 1, warmup: 0, duration: 20s}\n");
	folder_put(folder, "many.yaml",
		   "modes: [host]\nworkloads: [{kind: tcp_stream, flows: 100}]\n"
		   "trials: {blocks: 1, warmup: 0, duration: 10ms}\n");
	folder_put(folder, "pairs.yaml",
		   "modes: [host]\nworkloads: [{kind: tcp_rr}]\ntopologies: [{pairs: 8}]\n"
		   "trials: {blocks: 1, warmup: 0, duration: 10ms}\n");
	return 0;
}

static int clear(void **state)
{
	(void)state;
	return folder_remove(folder);
}

/* BEFORE stands before the program's name in a shell's line. */
static void run(const char *before, const char *scenario)
{
	char line[512];
	snprintf(line, sizeof line, "%s " LAD_BUILD "/netladder run %s/%s --quiet --out %s/out", before, folder,
		 scenario, folder);
	const char *const argv[] = {"sh", "-c", line, NULL};
	support_run(&finished, -1, -1, argv);
}

static void assert_nothing_was_begun(void)
{
	char path[128];
	snprintf(path, sizeof path, "%s/out", folder);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_too_few_descriptors_are_said_before_the_first_trial(void **state)
{
	(void)state;
	static const int limits[] = {8, 12, 16, 18, 20, 30, 63};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		char before[64];
		snprintf(before, sizeof before, "ulimit -n %d;", limits[i]);
		run(before, "short.yaml");
		support_expect(&finished, LAD_EXIT_UNABLE, NULL, "takes 64 open files and the limit is");
		assert_nothing_was_begun();
	}
	run("ulimit -n 128;", "many.yaml"); /* enough for the runner, and not for an agent */
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "takes 132 open files and the limit is 128");
	assert_nothing_was_begun();
}

static void test_too_few_namespaces_are_said_before_the_first_trial(void **state)
{
	(void)state;
	/* Sixteen containers, two hosts, and room for what a mode has of its own. */
	run("unshare -r -n sh -c 'echo 20 >/proc/sys/user/max_net_namespaces; exec \"$@\"' sh", "pairs.yaml");
	support_expect(
	    &finished, LAD_EXIT_UNABLE, NULL,
	    "takes 21 network namespaces and there may be 20 more (user.max_net_namespaces); try: sudo sysctl "
	    "user.max_net_namespaces=84");
	assert_nothing_was_begun();
}

static void test_too_few_processes_are_said_before_the_first_trial(void **state)
{
	(void)state;
	char group[64], limit[96], before[128];
	bool first_version = access("/sys/fs/cgroup/pids", F_OK) == 0;
	snprintf(group, sizeof group, "/sys/fs/cgroup/%snetladder-test-%d", first_version ? "pids/" : "",
		 (int)getpid());
	snprintf(limit, sizeof limit, "%s/pids.max", group);
	if (mkdir(group, 0755) < 0 || access(limit, F_OK) < 0) {
		rmdir(group);
		support_skip("no cgroup with the controller pids can be made here");
		return;
	}
	folder_put(group, "pids.max", "12\n");
	snprintf(before, sizeof before, "echo $$ >%s/cgroup.procs;", group);
	run(before, "pairs.yaml");
	/* The shell and the program are two of the twelve. */
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "takes 16 processes and there may be 10 more (");
	assert_non_null(strstr(finished.err, limit));
	assert_nothing_was_begun();
	assert_return_code(rmdir(group), errno);
}

static void test_a_low_soft_limit_is_raised(void **state)
{
	(void)state;
	run("ulimit -Sn 12;", "short.yaml");
	support_expect(&finished, LAD_EXIT_OK, "overlay", NULL);
	assert_null(strstr(finished.out, "skipped"));
}

/* The lowest descriptor that is free. */
static int lowest_free(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);
	close(fd);
	return fd;
}

/* Without a place for the error every other time. */
static enum lad_trial_status try_with_room(const struct lad_trial_context *context, const struct lad_trial *trial,
					   int room, struct lad_error *err)
{
	struct rlimit before, low;
	struct lad_histogram latency;
	struct lad_row row;
	lad_row_clear(&row);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = (struct rlimit){(rlim_t)(lowest_free() + room), before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	enum lad_trial_status status = lad_trial_run(context, trial, &row, &latency, room % 2 ? err : NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	return status;
}

static void test_a_trial_without_descriptors_has_failed_and_is_never_skipped(void **state)
{
	(void)state;
	static const struct {
		enum lad_mode mode;
		const char *setting;
	} cases[] = {{LAD_MODE_HOST, ""},
		     {LAD_MODE_MACVLAN, ""},
		     {LAD_MODE_BRIDGE, ""},
		     {LAD_MODE_OVERLAY, ""},
		     {LAD_MODE_HOST, "  sysctls: [net.ipv4.tcp_sack=0]\n"},
		     {LAD_MODE_HOST, "  tso: off\n"},
		     {LAD_MODE_HOST, "  rules: 5\n"},
		     {LAD_MODE_HOST, "  congestion_control: reno\n"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		struct lad_scenario scenario;
		snprintf(text, sizeof text,
			 "modes: [host]\nworkloads: [{kind: tcp_rr, transactions: 1}]\ntunings:\n- name: x\n%s",
			 cases[i].setting);
		assert_int_equal(lad_scenario_parse("test", text, strlen(text), &scenario, NULL), 0);
		struct lad_trial_context context = support_context(&scenario, 0, 20);
		struct lad_trial trial = {.number = 1,
					  .block = 1,
					  .mode = cases[i].mode,
					  .workload = &scenario.workloads[0],
					  .tuning = &scenario.tunings[1]};
		int done = 0;
		for (int room = 0; room <= ENOUGH; room += room < 24 ? 1 : 8) {
			struct lad_error err = {0};
			enum lad_trial_status status = try_with_room(&context, &trial, room, &err);
			if (status != LAD_TRIAL_FAILED && status != LAD_TRIAL_DONE)
				fail_msg("%s, %s, %d descriptors: %s", lad_mode_name(trial.mode), cases[i].setting,
					 room, err.message);
			done += status == LAD_TRIAL_DONE;
		}
		assert_true(done > 0);
		support_close_context(&context);
	}
}

static void test_a_user_namespace_of_one_user_measures(void **state)
{
	(void)state;
	run("unshare --map-root-user --net", "short.yaml");
	if (strstr(finished.err, "unshare failed"))
		skip(); /* this kernel allows none */
	support_expect(&finished, LAD_EXIT_OK, "overlay", NULL);
	assert_null(strstr(finished.out, "failed"));
}

static void test_what_no_trial_could_do_is_said_once_and_first(void **state)
{
	(void)state;
	/* A network namespace that another user namespace owns: no way back into it. */
	run("unshare --map-root-user", "short.yaml");
	if (strstr(finished.err, "unshare failed"))
		skip();
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "unshare --map-root-user --net");
	assert_nothing_was_begun();
	run("setpriv --bounding-set -setuid --inh-caps -setuid", "short.yaml");
	support_expect(&finished, LAD_EXIT_UNABLE, NULL, "cannot become nobody");
	assert_nothing_was_begun();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_too_few_descriptors_are_said_before_the_first_trial, make, clear),
	    cmocka_unit_test_setup_teardown(test_too_few_namespaces_are_said_before_the_first_trial, make, clear),
	    cmocka_unit_test_setup_teardown(test_too_few_processes_are_said_before_the_first_trial, make, clear),
	    cmocka_unit_test_setup_teardown(test_a_low_soft_limit_is_raised, make, clear),
	    cmocka_unit_test(test_a_trial_without_descriptors_has_failed_and_is_never_skipped),
	    cmocka_unit_test_setup_teardown(test_a_user_namespace_of_one_user_measures, make, clear),
	    cmocka_unit_test_setup_teardown(test_what_no_trial_could_do_is_said_once_and_first, make, clear),
	};
	return cmocka_run_group_tests_name("shortage", tests, NULL, NULL);
}
