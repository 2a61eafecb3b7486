/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vm lab: the same bytes in every run, wherever and whenever, and a small cost is seen where it is and nowhere
 * else. */
#include "folders.h"
#include "keys.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netladder/results.h"

#define NOBODY 65534

static char folder[] = "/tmp/netladder-vm-XXXXXX", program[PATH_MAX], kernel[PATH_MAX], scenario[64];
static struct finished finished;

static const char small[] = "name: small\nlab: vm\nmodes: [host, bridge]\n"
			    "workloads: [{kind: udp_stream}, {kind: tcp_rr}]\n"
			    "trials: {blocks: 1, warmup: 20ms, duration: 50ms}\n";

/* Results in FOLDER/NAME, from a machine that is booted anew or not. BEFORE, if not NULL, changes the surroundings. */
static void run_from(bool fresh, const char *name, void (*before)(void))
{
	char out[64];
	int status;
	snprintf(out, sizeof out, "%s/%s", folder, name);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		if (before)
			before();
		execl(program, "netladder", "run", scenario, "--out", out, "--quiet", fresh ? "--fresh" : NULL,
		      (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), LAD_EXIT_OK);
}

static void run(const char *name, void (*before)(void))
{
	run_from(false, name, before);
}

static char *read_file(const char *name, const char *file)
{
	char path[128];
	struct stat info;
	snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_return_code(fd, errno);
	assert_return_code(fstat(fd, &info), errno);
	char *text = calloc(1, (size_t)info.st_size + 1);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)info.st_size), info.st_size);
	close(fd);
	return text;
}

static void assert_same(const char *name, const char *file)
{
	char *expected = read_file("first", file), *got = read_file(name, file);
	assert_true(strlen(expected) > 100);
	assert_string_equal(expected, got);
	free(expected);
	free(got);
}

static int make_folder(void **state)
{
	(void)state;
	/* Another user is to get in. */
	if (!mkdtemp(folder) || chmod(folder, 0777) < 0)
		return -1;
	snprintf(scenario, sizeof scenario, "%s/small.yaml", folder);
	folder_put(folder, "small.yaml", small);
	if (!realpath(LAD_BUILD "/netladder", program))
		return -1;
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	snprintf(kernel, sizeof kernel, "%s%s", cache ? cache : home, cache ? "" : "/.cache");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static void test_the_same_scenario_gives_the_same_bytes_on_a_busy_machine(void **state)
{
	(void)state;
	run("first", NULL);
	pid_t busy[2];
	for (int i = 0; i < 2; i++) {
		busy[i] = fork();
		assert_true(busy[i] >= 0);
		if (busy[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			struct rlimit limit = {300, 300}; /* seconds of CPU: whatever happens, it ends */
			setrlimit(RLIMIT_CPU, &limit);
			for (volatile unsigned long turns = 0;; turns++)
				;
		}
	}
	run_from(true, "busy", NULL);
	for (int i = 0; i < 2; i++) {
		struct rusage usage;
		kill(busy[i], SIGKILL);
		wait4(busy[i], NULL, 0, &usage);
		assert_true(usage.ru_utime.tv_sec >= 1); /* it was in the way */
	}
	assert_same("busy", "results.csv");
	assert_same("busy", "histograms.csv");
}

/* The kernel's folder is in root's home, where nobody cannot look: it gets a copy through a cache folder of its own. */
static void copy_kernel(void)
{
	char from[PATH_MAX + 16], to[128];
	snprintf(from, sizeof from, "%s/netladder", kernel);
	snprintf(to, sizeof to, "%s/cache", folder);
	mkdir(to, 0755);
	const char *const copy[] = {"cp", "-r", from, to, NULL};
	support_run(&finished, -1, -1, copy);
	assert_int_equal(finished.code, 0);
	const char *const opened[] = {"chmod", "-R", "a+rX", to, NULL};
	support_run(&finished, -1, -1, opened);
}

static void strange_surroundings(void)
{
	char cache[128];
	snprintf(cache, sizeof cache, "%s/cache", folder);
	if (unshare(CLONE_NEWUTS) < 0 || sethostname("elsewhere", strlen("elsewhere")) < 0 || chdir("/") < 0)
		_exit(120);
	snprintf(program, sizeof program, "%s/netladder", folder);
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(121);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("HOME", "/nonexistent", 1);
	setenv("TZ", "Pacific/Kiritimati", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("NONSENSE", "a rather long value that moves the stack about a little", 1);
	/* Another day, for all that asks libc; the guest's own clock is QEMU's. */
	if (access("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", R_OK) == 0) {
		setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", 1);
		setenv("FAKETIME", "+400d", 1);
	}
}

static void test_the_same_bytes_come_from_another_folder_user_host_name_and_environment(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	char copy[256];
	copy_kernel();
	/* The programs too, from a folder that nobody can enter. */
	snprintf(copy, sizeof copy, "cp %s/netladder " LAD_BUILD "/netladder-agent " LAD_BUILD "/netladder-guest %s/",
		 LAD_BUILD, folder);
	const char *const argv[] = {"sh", "-c", copy, NULL};
	support_run(&finished, -1, -1, argv);
	assert_int_equal(finished.code, 0);
	run("elsewhere", strange_surroundings);
	assert_same("elsewhere", "results.csv");
	assert_same("elsewhere", "histograms.csv");
}

static struct lad_table read_table(const char *name)
{
	char path[128];
	struct lad_table table;
	struct lad_error err = {0};
	snprintf(path, sizeof path, "%s/%s/results.csv", folder, name);
	if (lad_table_read(path, &table, &err) < 0)
		fail_msg("%s", err.message);
	return table;
}

/* The line of TEXT that begins behind NUMBER newlines. */
static const char *line_of(const char *text, int number)
{
	while (number-- > 0)
		text = strchr(text, '\n') + 1;
	return text;
}

static double rate_of(const struct lad_row *row)
{
	return row->workload == LAD_TCP_RR ? row->transactions_per_s : row->packets_per_s;
}

static void one_rule(void)
{
	setenv("NETLADDER_BRIDGE_BURDEN", "1", 1);
}

static void ten_rules(void)
{
	setenv("NETLADDER_BRIDGE_BURDEN", "10", 1);
}

static void test_a_rule_more_is_seen_in_the_bridge_rung_ten_more_so_and_nowhere_else(void **state)
{
	(void)state;
	run("one", one_rule);
	run("ten", ten_rules);
	struct lad_table tables[3] = {read_table("first"), read_table("one"), read_table("ten")};
	char *texts[3] = {read_file("first", "results.csv"), read_file("one", "results.csv"),
			  read_file("ten", "results.csv")};
	int bridges = 0;
	for (int i = 0; i < tables[0].row_count; i++) {
		const struct lad_row *row = &tables[0].rows[i];
		const char *plain = line_of(texts[0], i + 1);
		size_t length = strcspn(plain, "\n");
		if (row->mode == LAD_MODE_BRIDGE) {
			bridges++;
			double none = rate_of(row), one = rate_of(&tables[1].rows[i]),
			       ten = rate_of(&tables[2].rows[i]);
			print_message("%s: %.1f/s, with one rule more %.4f %%, with ten %.4f %%\n",
				      lad_workload_name(row->workload), none, 100 * (one / none - 1),
				      100 * (ten / none - 1));
			assert_true(one < none);
			assert_true(ten < one);
			continue;
		}
		for (int with = 1; with < 3; with++)
			assert_memory_equal(plain, line_of(texts[with], i + 1), length + 1);
	}
	assert_int_equal(bridges, 2);
	for (int i = 0; i < 3; i++) {
		lad_table_free(&tables[i]);
		free(texts[i]);
	}
}

static void run_expecting(int code, const char *message, const char *setting, const char *value, const char *name)
{
	char out[64];
	snprintf(out, sizeof out, "%s/%s", folder, name);
	const char *const argv[] = {program, "run", scenario, "--out", out, "--quiet", NULL};
	const char *before = getenv(setting);
	char *kept = before ? strdup(before) : NULL;
	setenv(setting, value, 1);
	support_run(&finished, -1, -1, argv);
	if (kept)
		setenv(setting, kept, 1);
	else
		unsetenv(setting);
	free(kept);
	if (finished.code != code || !strstr(finished.err, message))
		fail_msg("exit %d\n%s", finished.code, finished.err);
}

static void test_without_qemu_or_kernel_it_names_what_brings_them_and_exits_3(void **state)
{
	(void)state;
	run_expecting(LAD_EXIT_UNABLE, "apt-get install", "PATH", "/nonexistent", "a");
	run_expecting(LAD_EXIT_UNABLE, "scripts/fetch-kernel.sh", "XDG_CACHE_HOME", "/nonexistent", "b");
}

static void test_a_guest_that_panics_is_an_error_with_the_consoles_last_lines(void **state)
{
	(void)state;
	run_expecting(LAD_EXIT_UNABLE, "Kernel panic - not syncing", "NETLADDER_VM_FAULT", "panic", "panic");
}

static void test_a_guest_that_hangs_is_ended(void **state)
{
	(void)state;
	setenv("NETLADDER_VM_PATIENCE_S", "40", 1);
	run_expecting(LAD_EXIT_UNABLE, "the guest hangs", "NETLADDER_VM_FAULT", "hang", "hang");
	unsetenv("NETLADDER_VM_PATIENCE_S");
}

static void test_nothing_is_left_after_kill_9(void **state)
{
	(void)state;
	char out[64];
	snprintf(out, sizeof out, "%s/killed", folder);
	const char *const argv[] = {program, "run", scenario, "--out", out, "--quiet", NULL};
	struct leftovers before = support_leftovers();
	pid_t pid = support_start(-1, -1, argv);
	/* The run and QEMU; with a frozen machine at hand there are soon as many as there are CPUs. */
	int processes = 0;
	for (int tenths = 0; tenths < 1200 && processes < before.processes + 2; tenths++) {
		usleep(100000);
		processes = support_leftovers().processes;
	}
	assert_that(processes, >=, before.processes + 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int tenths = 0; tenths < 300 && support_leftovers().processes > before.processes; tenths++)
		usleep(100000); /* the kernel ends QEMU on its own time */
	assert_int_equal(support_leftovers().processes, before.processes);
}

/* Runs the scenario TEXT, called NAME. */
static void run_text(const char *name, const char *text)
{
	char file[32], path[96], out[64];
	snprintf(file, sizeof file, "%s.yaml", name);
	snprintf(path, sizeof path, "%s/%s", folder, file);
	snprintf(out, sizeof out, "%s/%s", folder, name);
	folder_put(folder, file, text);
	const char *const argv[] = {program, "run", path, "--out", out, "--quiet", NULL};
	support_run(&finished, -1, -1, argv);
}

/* The guest loads nothing on demand: what is named anywhere must be in it from the start. */
static void test_the_congestion_controls_of_tunings_are_in_the_guest(void **state)
{
	(void)state;
	run_text("cc", "name: cc\nlab: vm\nmodes: [host]\nworkloads: [{kind: tcp_stream}]\n"
		       "tunings: [{name: vegas, congestion_control: vegas},\n"
		       "          {name: bbr, sysctls: [net.ipv4.tcp_congestion_control=bbr]}]\n"
		       "trials: {blocks: 1, warmup: 20ms, duration: 50ms}\n");
	support_expect(&finished, LAD_EXIT_OK, "vegas", NULL);
	struct lad_table table = read_table("cc");
	assert_int_equal(table.row_count, 3);
	for (int i = 0; i < 3; i++) {
		const struct lad_row *row = &table.rows[i];
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s", row->tuning, row->reason);
		/* A tuning's sysctl governs as its own key does: the workload's default gives way. */
		bool tuned = strcmp(row->tuning, LAD_DEFAULT_TUNING) != 0;
		assert_string_equal(row->congestion_control, tuned ? row->tuning : "cubic");
	}
	lad_table_free(&table);
}

static void test_the_keys_of_a_workload_hold_in_the_guest(void **state)
{
	(void)state;
	char text[2048];
	keys_scenario("vm", "bridge", text, sizeof text);
	run_text("keys", text);
	if (finished.code != LAD_EXIT_OK)
		fail_msg("exit %d: %s", finished.code, finished.err);
	struct lad_table table = read_table("keys");
	keys_check(&table);
	lad_table_free(&table);
}

/* Netem's delay is of each way: half of the round trip, and what the path itself takes is small against it. */
static void test_one_way_is_half_of_both_over_a_slow_wire(void **state)
{
	(void)state;
	run_text("oneway", "name: oneway\nlab: vm\nmodes: [host, macvlan]\nwire: {delay: 5ms}\n"
			   "workloads: [{kind: udp_rr, message_bytes: 64}]\n"
			   "trials: {blocks: 1, warmup: 20ms, duration: 200ms}\n");
	if (finished.code != LAD_EXIT_OK)
		fail_msg("exit %d: %s", finished.code, finished.err);
	struct lad_table table = read_table("oneway");
	assert_int_equal(table.row_count, 2);
	for (int i = 0; i < 2; i++) {
		const struct lad_row *row = &table.rows[i];
		assert_int_equal(row->status, LAD_STATUS_OK);
		assert_true(fabs(row->oneway_p50_us / row->latency_p50_us - 0.5) < 0.02);
	}
	lad_table_free(&table);
}

/* The search's own choices, too: every trial of it has the same figures the second time. */
static void test_a_search_finds_the_same_twice_and_takes_one_trial_at_a_load(void **state)
{
	(void)state;
	static const char text[] = "name: search\nlab: vm\nmodes: [host, bridge]\n"
				   "workloads: [{kind: udp_rr, message_bytes: 64}]\n"
				   "search: {goals: [ndr, pdr], max: 200000/s}\n"
				   "trials: {blocks: 1, warmup: 20ms, duration: 50ms}\n";
	static const char *const files[] = {"results.csv", "search.csv", "histograms.csv"};
	struct lad_table table;
	struct lad_error err;
	char path[128];
	run_text("search-once", text);
	if (finished.code != LAD_EXIT_OK)
		fail_msg("exit %d: %s", finished.code, finished.err);
	run_text("search-twice", text);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *once = read_file("search-once", files[i]), *twice = read_file("search-twice", files[i]);
		assert_true(strlen(once) > 500);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
	snprintf(path, sizeof path, "%s/search-once/results.csv", folder);
	assert_int_equal(lad_table_read(path, &table, &err), 0);
	assert_int_equal(table.row_count, 4);
	double found[LAD_MODE_COUNT] = {0};
	for (int i = 0; i < 4; i++) {
		assert_string_equal(table.rows[i].load_regular, "yes");
		assert_in_range((unsigned)table.rows[i].load_trials, 5, 40);
		found[table.rows[i].mode] = table.rows[i].transactions_per_s;
	}
	assert_that(found[LAD_MODE_HOST], >, 1.5 * found[LAD_MODE_BRIDGE]);
	lad_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_same_scenario_gives_the_same_bytes_on_a_busy_machine),
	    cmocka_unit_test(test_a_search_finds_the_same_twice_and_takes_one_trial_at_a_load),
	    cmocka_unit_test(test_the_same_bytes_come_from_another_folder_user_host_name_and_environment),
	    cmocka_unit_test(test_a_rule_more_is_seen_in_the_bridge_rung_ten_more_so_and_nowhere_else),
	    cmocka_unit_test(test_without_qemu_or_kernel_it_names_what_brings_them_and_exits_3),
	    cmocka_unit_test(test_a_guest_that_panics_is_an_error_with_the_consoles_last_lines),
	    cmocka_unit_test(test_a_guest_that_hangs_is_ended),
	    cmocka_unit_test(test_the_congestion_controls_of_tunings_are_in_the_guest),
	    cmocka_unit_test(test_the_keys_of_a_workload_hold_in_the_guest),
	    cmocka_unit_test(test_one_way_is_half_of_both_over_a_slow_wire),
	    cmocka_unit_test(test_nothing_is_left_after_kill_9),
	};
	support_reap_orphans();
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
