/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The docker lab on two engines, each with its own network and its own clock, joined by a wire and a Swarm. */
#include "engines.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct engines engines;
static struct finished finished;

static const char ladder[] = "lab: docker\nmodes: [host, macvlan, bridge, overlay]\nworkloads:\n- kind: tcp_rr\n"
			     "  cpus: free\ntrials: {blocks: 1, warmup: 20ms, duration: 200ms}\n";
static const char overlay[] = "lab: docker\nmodes: [overlay]\nworkloads:\n- kind: udp_stream\n  message_bytes: 1000\n"
			      "trials: {blocks: 1, warmup: 50ms, duration: 200ms}\n";
static const char lookups[] = "lab: docker\nmodes: [host, bridge, overlay]\nworkloads:\n- kind: dns_rr\n"
			      "trials: {blocks: 1, warmup: 50ms, duration: 500ms}\n";
static const char longer[] = "lab: docker\nmodes: [host]\nworkloads:\n- kind: tcp_rr\n"
			     "trials: {blocks: 8, warmup: 0, duration: 2s}\n";

static void run(const char *name, const char *text, const char *swarm, const char *folder)
{
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    engines_scenario(&engines, name, text),
				    "--hosts",
				    engines.all,
				    "--swarm",
				    swarm,
				    "--out",
				    folder,
				    NULL};
	support_run(&finished, -1, -1, argv);
}

static void assert_code(int code)
{
	if (finished.code != code)
		fail_msg("exit %d, not %d\nstdout: %s\nstderr: %s", finished.code, code, finished.out, finished.err);
}

static enum lad_docker_swarm_state swarm_of(int engine)
{
	struct lad_docker_info info;
	struct lad_error err = {0};
	assert_int_equal(lad_docker_info(engines.clients[engine], &info, &err), 0);
	return info.swarm;
}

static void assert_rows(const char *folder, int count)
{
	struct lad_table table;
	engines_read(folder, &table);
	assert_int_equal(table.row_count, count);
	for (int i = 0; i < count; i++) {
		const struct lad_row *row = &table.rows[i];
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s", lad_mode_name(row->mode), row->reason);
		assert_int_equal(row->placement, LAD_CROSS_HOST);
		assert_int_equal(row->mtu, row->mode == LAD_MODE_OVERLAY ? 1450 : 1500);
		/* Engine b's clock is a day ahead: a window that is not told in its own time is over before it begins,
		 * or does not. A busy machine may notice an edge late. */
		if (!(row->duration_s > 0.1 && row->duration_s < 2))
			fail_msg("%s: a window of %g s and not 0.2", lad_mode_name(row->mode), row->duration_s);
	}
	lad_table_free(&table);
}

static void test_the_cross_host_ladder_runs_on_a_swarm_that_is_made_and_dissolved(void **state)
{
	(void)state;
	const char *folder = engines_results(&engines);
	run("ladder", ladder, "create", folder);
	assert_code(LAD_EXIT_OK);
	assert_rows(folder, 4);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(swarm_of(i), LAD_SWARM_INACTIVE);
		engines_assert_clean(engines.clients[i]);
	}
}

static void test_without_a_swarm_overlay_is_skipped_with_its_remedy(void **state)
{
	(void)state;
	const char *folder = engines_results(&engines);
	struct lad_table table;
	run("overlay", overlay, "existing", folder);
	assert_code(LAD_EXIT_OK);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 1);
	assert_int_equal(table.rows[0].status, LAD_STATUS_SKIPPED);
	assert_non_null(strstr(table.rows[0].reason, "is in no Swarm"));
	assert_non_null(strstr(table.rows[0].reason, "--swarm create"));
	lad_table_free(&table);
}

static void test_a_swarm_made_beforehand_is_used_and_kept(void **state)
{
	(void)state;
	static const char *const addresses[] = {"198.18.0.1", "198.18.0.2"};
	struct lad_error err = {0};
	if (lad_docker_swarm_make(engines.clients, addresses, 2, "somebody", &err) < 0)
		fail_msg("%s", err.message);
	const char *folder = engines_results(&engines);
	run("overlay", overlay, "existing", folder);
	assert_code(LAD_EXIT_OK);
	assert_rows(folder, 1);
	assert_int_equal(swarm_of(0), LAD_SWARM_MANAGER);
	assert_int_equal(swarm_of(1), LAD_SWARM_WORKER);
	/* One that is there is not made anew, nor taken apart. */
	run("overlay", overlay, "create", engines_results(&engines));
	assert_code(LAD_EXIT_UNABLE);
	assert_non_null(strstr(finished.err, "is in a Swarm already"));
	assert_int_equal(swarm_of(0), LAD_SWARM_MANAGER);
	for (int i = 1; i >= 0; i--) {
		bool left = false;
		assert_int_equal(lad_docker_swarm_leave(engines.clients[i], "another", &left, &err), 0);
		assert_false(left);
		assert_int_equal(lad_docker_swarm_leave(engines.clients[i], "somebody", &left, &err), 0);
		assert_true(left);
	}
}

static void test_the_sink_on_the_other_host_is_found_by_name(void **state)
{
	(void)state;
	struct lad_table table;
	const char *folder = engines_results(&engines);
	run("lookups", lookups, "create", folder);
	assert_code(LAD_EXIT_OK);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 3);
	for (int i = 0; i < table.row_count; i++) {
		const struct lad_row *row = &table.rows[i];
		if (row->mode != LAD_MODE_OVERLAY) {
			assert_int_equal(row->status, LAD_STATUS_SKIPPED);
			assert_non_null(strstr(row->reason, "name"));
			continue;
		}
		/* The agent has compared each answer with the sink's address. */
		if (row->status != LAD_STATUS_OK)
			fail_msg("overlay: %s", row->reason);
		assert_true(row->transactions_per_s > 20);
		assert_true(row->latency_p50_us > 0 && row->latency_p50_us <= row->latency_p99_us);
		assert_true(row->loss_ratio < 0.01);
	}
	lad_table_free(&table);
	for (int i = 0; i < 2; i++)
		engines_assert_clean(engines.clients[i]);
}

/* The last: engine b is gone after it. */
static void test_an_engine_killed_in_mid_run_costs_its_rows_and_the_other_is_cleaned(void **state)
{
	(void)state;
	char id[LAD_DOCKER_ID], folder[160];
	int status;
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	pid_t pid = engines_start_run(&engines, "longer", longer, folder);
	char csv[200];
	snprintf(csv, sizeof csv, "%s/results.csv", folder);
	/* Until the second trial runs: a row is there to be kept. */
	for (int rows = 0; rows < 2;) {
		engines_wait_container(engines.clients[1], "-sink", 60, id);
		rows = 0;
		FILE *file = fopen(csv, "re");
		for (int c; file && (c = getc(file)) != EOF;)
			rows += c == '\n';
		if (file)
			fclose(file);
		usleep(100000);
	}
	engines_wait_container(engines.clients[1], "-sink", 60, id);
	kill(engines_outer(&engines, 1), SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), LAD_EXIT_TRIALS);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 8);
	assert_int_equal(table.rows[0].status, LAD_STATUS_OK);
	assert_int_equal(table.rows[7].status, LAD_STATUS_FAILED);
	assert_non_null(strstr(table.rows[7].reason, engines.hosts[1]));
	lad_table_free(&table);
	engines_assert_clean(engines.clients[0]);
}

static int set_up(void **state)
{
	(void)state;
	return engines_start(&engines, 2, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	engines_stop(&engines);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_cross_host_ladder_runs_on_a_swarm_that_is_made_and_dissolved),
	    cmocka_unit_test(test_without_a_swarm_overlay_is_skipped_with_its_remedy),
	    cmocka_unit_test(test_a_swarm_made_beforehand_is_used_and_kept),
	    cmocka_unit_test(test_the_sink_on_the_other_host_is_found_by_name),
	    cmocka_unit_test(test_an_engine_killed_in_mid_run_costs_its_rows_and_the_other_is_cleaned),
	};
	return cmocka_run_group_tests_name("two engines", tests, set_up, tear_down);
}
