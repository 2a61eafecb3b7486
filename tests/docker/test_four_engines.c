/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Topologies on four engines that a switch joins: every session of every mode is measured, and nothing is left. */
#include "engines.h"
#include "folders.h"
#include "netladder/network.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOSTS 4

static struct engines engines;
static struct finished finished;

static const char mesh[] = "lab: docker\nmodes: [host, macvlan, ipvlan-l2, ipvlan-l3, bridge, overlay]\n"
			   "topologies: [{mesh: true, hosts: 4}]\nworkloads: [{kind: tcp_rr, cpus: free}]\n"
			   "docker: {swarm: create}\ntrials: {blocks: 1, warmup: 1s, duration: 500ms}\n";
static const char pairs[] = "lab: docker\nmodes: [host, macvlan, bridge, overlay]\n"
			    "topologies: [{pairs: 8, hosts: 4}]\nworkloads: [{kind: tcp_crr, cpus: free}]\n"
			    "docker: {swarm: create}\ntrials: {blocks: 1, warmup: 1s, duration: 500ms}\n";
static const char stars[] = "lab: docker\nmodes: [host, macvlan, bridge]\n"
			    "topologies: [{incast: 5, hosts: 4}, {fanout: 5, hosts: 3}]\n"
			    "workloads: [{kind: udp_rr, cpus: free}]\n"
			    "trials: {blocks: 1, warmup: 1s, duration: 500ms}\n";
static const char loaded[] = "lab: docker\nmodes: [bridge, overlay]\ntopologies: [{pairs: 2, hosts: 3}]\n"
			     "docker: {swarm: create}\nworkloads:\n"
			     "- {name: bulk, kind: tcp_stream, judged: false}\n"
			     "- {kind: udp_rr, cpus: spread, rate: 200/s, background: [bulk]}\n"
			     "trials: {blocks: 1, warmup: 1s, duration: 500ms}\n";
static const char lasting[] = "lab: docker\nmodes: [bridge]\ntopologies: [{pairs: 8, hosts: 4}]\n"
			      "workloads: [{kind: tcp_rr, cpus: free}]\n"
			      "trials: {blocks: 2, warmup: 0, duration: 60s}\n";
static const char after[] = "lab: docker\nmodes: [bridge]\nworkloads: [{kind: tcp_rr, cpus: free}]\n"
			    "trials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";

/* What the wire's end of every engine has received so far. */
static double received(void)
{
	double sum = 0;
	for (int i = 0; i < engines.count; i++) {
		char path[64], line[256];
		double packets = -1;
		snprintf(path, sizeof path, "/proc/%d/net/dev", (int)engines_inner(&engines, i));
		FILE *file = fopen(path, "re");
		assert_non_null(file);
		while (fgets(line, sizeof line, file))
			sscanf(line, " eth0: %*s %lf", &packets);
		fclose(file);
		assert_true(packets >= 0);
		sum += packets;
	}
	return sum;
}

static bool machine_has(enum lad_mode mode)
{
	return lad_network_of(mode)->probe(NULL) == 0;
}

/* Every mode that this machine has is measured with that many sessions; their transactions, of all rows. */
static double assert_rows(const char *folder, int count, int sessions, int hosts)
{
	struct lad_table table;
	double transactions = 0;
	engines_read(folder, &table);
	assert_int_equal(table.row_count, count);
	for (int i = 0; i < count; i++) {
		const struct lad_row *row = &table.rows[i];
		if (!machine_has(row->mode)) {
			assert_int_equal(row->status, LAD_STATUS_SKIPPED);
			continue;
		}
		if (row->status != LAD_STATUS_OK)
			fail_msg("%s: %s", lad_mode_name(row->mode), row->reason);
		assert_int_equal(row->sessions, sessions);
		if (hosts)
			assert_int_equal(row->hosts, hosts);
		assert_true(row->session_min > 0);
		assert_in_range((unsigned)(row->fairness_ratio * 1000), 1000 / (unsigned)sessions, 1000);
		transactions += row->transactions_per_s * row->duration_s;
	}
	lad_table_free(&table);
	return transactions;
}

static void assert_clean(void)
{
	for (int i = 0; i < engines.count; i++)
		engines_assert_clean(engines.clients[i]);
}

/* How often each ordered pair of hosts has a session with transactions in sessions.csv. */
static void count_cells(const char *folder, int cells[HOSTS][HOSTS])
{
	size_t length;
	char *text = folder_get(folder, "sessions.csv", &length), *rest = text, *line;
	memset(cells, 0, sizeof(int[HOSTS][HOSTS]));
	strsep(&rest, "\n"); /* the columns */
	while ((line = strsep(&rest, "\n")) && *line) {
		const char *fields[9];
		for (int i = 0; i < 9; i++) {
			fields[i] = strsep(&line, ",");
			assert_non_null(fields[i]);
		}
		int from = atoi(fields[4]), to = atoi(fields[5]);
		assert_in_range(from, 1, HOSTS);
		assert_in_range(to, 1, HOSTS);
		cells[from - 1][to - 1] += atof(fields[8]) > 0;
	}
	free(text);
}

static void test_a_mesh_measures_every_ordered_pair_in_every_mode_of_the_machine(void **state)
{
	(void)state;
	char folder[160];
	int cells[HOSTS][HOSTS], usable = 0;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	double before = received();
	engines_run(&engines, -1, "mesh", mesh, folder, LAD_EXIT_OK);
	double transactions = assert_rows(folder, LAD_MODE_COUNT, 12, HOSTS);
	/* A request and a response each, between machines. */
	assert_that(received() - before, >=, 2 * transactions);
	for (int mode = 0; mode < LAD_MODE_COUNT; mode++)
		usable += machine_has((enum lad_mode)mode);
	count_cells(folder, cells);
	for (int from = 0; from < HOSTS; from++)
		for (int to = 0; to < HOSTS; to++)
			assert_int_equal(cells[from][to], from == to ? 0 : usable);
	assert_clean();
}

static void test_eight_pairs_over_four_engines(void **state)
{
	(void)state;
	char folder[160];
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	double before = received();
	engines_run(&engines, -1, "pairs", pairs, folder, LAD_EXIT_OK);
	double transactions = assert_rows(folder, 4, 8, HOSTS);
	assert_that(received() - before, >=, 2 * transactions);
	assert_clean();
}

/* Five agents in one container's namespace, and published ports of datagrams. */
static void test_many_agents_share_the_container_in_the_middle(void **state)
{
	(void)state;
	char folder[160];
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, -1, "stars", stars, folder, LAD_EXIT_OK);
	assert_rows(folder, 6, 5, 0);
	assert_clean();
}

/* Two sinks in each container at the end of a pair, one for datagrams and one for a stream. */
static void test_a_background_runs_beside_each_session(void **state)
{
	(void)state;
	char folder[160];
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, -1, "loaded", loaded, folder, LAD_EXIT_OK);
	assert_rows(folder, 2, 2, 3);
	engines_read(folder, &table);
	for (int i = 0; i < table.row_count; i++)
		assert_non_null(strstr(table.rows[i].options, "background=bulk"));
	lad_table_free(&table);
	assert_clean();
}

static void test_a_topology_of_more_hosts_than_engines_is_refused_at_once(void **state)
{
	(void)state;
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    engines_scenario(&engines, "few", mesh),
				    "--hosts",
				    engines.hosts[0],
				    "--out",
				    engines_results(&engines),
				    NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_USAGE, NULL,
		       "netladder: topology mesh needs 4 hosts; hosts names 1 engine\n");
}

static int left_on_all(const char *kind)
{
	int count = 0;
	for (int i = 0; i < engines.count; i++)
		count += engines_labelled(engines.clients[i], kind);
	return count;
}

static int running(void)
{
	int count = 0;
	for (int i = 0; i < engines.count; i++) {
		cJSON *answer;
		struct lad_error err = {0};
		if (lad_docker_call(engines.clients[i], "GET", "/containers/json", NULL, &answer, &err) < 0)
			fail_msg("%s", err.message);
		count += cJSON_GetArraySize(answer);
		cJSON_Delete(answer);
	}
	return count;
}

/* Kills a run of eight pairs once COUNTED has seen so many containers. */
static void kill_run(int (*counted)(void), int count)
{
	pid_t pid = engines_start_run(&engines, "lasting", lasting, engines_results(&engines));
	for (int tries = 0; counted() < count; tries++) {
		if (tries == 1200)
			fail_msg("there are %d containers", counted());
		usleep(50000);
	}
	kill(pid, SIGKILL);
	engines_end(pid);
}

static int made(void)
{
	return left_on_all("containers");
}

static void test_kill_9_ends_all_containers_and_clean_removes_the_rest(void **state)
{
	(void)state;
	kill_run(running, 16);
	/* Their standard input has closed: the agents end, and the engines remove the containers. */
	for (int tries = 0; made() > 0; tries++) {
		if (tries == 600)
			fail_msg("%d containers live on", made());
		usleep(100000);
	}
	assert_int_equal(left_on_all("networks"), HOSTS);
	const char *const argv[] = {LAD_BUILD "/netladder", "clean", "--hosts", engines.all, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, NULL, NULL);
	assert_clean();
}

/* Some may have been created and not started: nothing ends those by itself. */
static void test_kill_9_while_containers_come_is_cleaned_up_by_the_next_run(void **state)
{
	(void)state;
	kill_run(made, 10);
	const char *const argv[] = {LAD_BUILD "/netladder",
				    "run",
				    engines_scenario(&engines, "after", after),
				    "--hosts",
				    engines.all,
				    "--out",
				    engines_results(&engines),
				    NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, LAD_EXIT_OK, NULL, "removed what a killed run has left: ");
	assert_clean();
}

static int set_up(void **state)
{
	(void)state;
	return engines_start(&engines, HOSTS, NULL);
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
	    cmocka_unit_test(test_a_mesh_measures_every_ordered_pair_in_every_mode_of_the_machine),
	    cmocka_unit_test(test_eight_pairs_over_four_engines),
	    cmocka_unit_test(test_many_agents_share_the_container_in_the_middle),
	    cmocka_unit_test(test_a_background_runs_beside_each_session),
	    cmocka_unit_test(test_a_topology_of_more_hosts_than_engines_is_refused_at_once),
	    cmocka_unit_test(test_kill_9_ends_all_containers_and_clean_removes_the_rest),
	    cmocka_unit_test(test_kill_9_while_containers_come_is_cleaned_up_by_the_next_run),
	};
	return cmocka_run_group_tests_name("four engines", tests, set_up, tear_down);
}
