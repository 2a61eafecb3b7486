/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the docker lab says of an existing Swarm between whose nodes a firewall stands. */
#include "engines.h"

#include <string.h>

static struct engines engines;
static struct finished finished;

static const char scenario[] = "lab: docker\nmodes: [overlay]\nworkloads:\n- {kind: tcp_rr, cpus: free}\n"
			       "trials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";
static const char with_new_swarm[] = "lab: docker\nmodes: [overlay]\ndocker: {swarm: create}\nworkloads:\n"
				     "- {kind: tcp_rr, cpus: free}\n"
				     "trials: {blocks: 1, warmup: 20ms, duration: 100ms}\n";

/* iptables WORDS on engine b's host. */
static void firewall(const char *words)
{
	char command[256];
	snprintf(command, sizeof command, "nsenter -t %d -n iptables %s", (int)engines_inner(&engines, 1), words);
	const char *const argv[] = {"sh", "-c", command, NULL};
	support_run(&finished, -1, -1, argv);
	support_expect(&finished, 0, NULL, NULL);
}

/* A run, whose one row is skipped for a reason with TEXT in it, or measured (NULL). */
static void assert_overlay_of(const char *yaml, const char *text)
{
	char folder[160];
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, -1, "overlay", yaml, folder, LAD_EXIT_OK);
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 1);
	const struct lad_row *row = &table.rows[0];
	if (row->status != (text ? LAD_STATUS_SKIPPED : LAD_STATUS_OK) || (text && !strstr(row->reason, text)))
		fail_msg("status %d, reason: %s", (int)row->status, row->reason);
	lad_table_free(&table);
}

static void assert_overlay(const char *text)
{
	assert_overlay_of(scenario, text);
}

static void test_an_open_way_is_measured(void **state)
{
	(void)state;
	assert_overlay(NULL);
}

static void test_a_closed_port_of_the_gossip_is_named_with_its_direction(void **state)
{
	(void)state;
	firewall("-I INPUT -p tcp --dport 7946 --syn -j DROP");
	assert_overlay("b/docker.sock (198.18.0.2) these ports are closed: 7946/tcp: no answer");
	firewall("-D INPUT -p tcp --dport 7946 --syn -j DROP");
	firewall("-I INPUT -p udp --dport 7946 -j REJECT");
	assert_overlay("b/docker.sock (198.18.0.2) these ports are closed: 7946/udp: ");
	firewall("-D INPUT -p udp --dport 7946 -j REJECT");
}

static void test_vxlan_that_does_not_get_through_is_told_from_a_swarm_that_does_not(void **state)
{
	(void)state;
	firewall("-I INPUT -p udp --dport 4789 -j DROP");
	assert_overlay("carries nothing (Connection timed out): open 4789/udp");
	firewall("-D INPUT -p udp --dport 4789 -j DROP");
}

/* The last but one: the Swarm is another's after it. */
static void test_an_engine_of_another_swarm_is_named(void **state)
{
	(void)state;
	static const char *const addresses[] = {"198.18.0.2"};
	struct lad_error err = {0};
	if (lad_docker_call(engines.clients[1], "POST", "/swarm/leave?force=1", NULL, NULL, &err) < 0 ||
	    lad_docker_swarm_make(&engines.clients[1], addresses, 1, "another", &err) < 0)
		fail_msg("%s", err.message);
	assert_overlay("b/docker.sock: is in another Swarm than");
}

/* The last: there is no Swarm after it. The agents answer at the ports then, and silence is a finding. */
static void test_a_port_that_is_closed_to_a_new_swarm_is_named_and_none_is_made(void **state)
{
	(void)state;
	struct lad_error err = {0};
	for (int i = 1; i >= 0; i--)
		if (lad_docker_call(engines.clients[i], "POST", "/swarm/leave?force=1", NULL, NULL, &err) < 0)
			fail_msg("%s", err.message);
	firewall("-I INPUT -p udp --dport 4789 -j DROP");
	assert_overlay_of(with_new_swarm, "b/docker.sock (198.18.0.2) these ports are closed: 4789/udp: no answer");
	firewall("-D INPUT -p udp --dport 4789 -j DROP");
	for (int i = 0; i < 2; i++) {
		struct lad_docker_info info;
		assert_int_equal(lad_docker_info(engines.clients[i], &info, &err), 0);
		assert_int_equal(info.swarm, LAD_SWARM_INACTIVE);
	}
}

static int set_up(void **state)
{
	(void)state;
	static const char *const addresses[] = {"198.18.0.1", "198.18.0.2"};
	struct lad_error err = {0};
	if (engines_start(&engines, 2, NULL) < 0)
		return -1;
	if (lad_docker_swarm_make(engines.clients, addresses, 2, "beforehand", &err) == 0)
		return 0;
	print_message("%s\n", err.message);
	return -1;
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
	    cmocka_unit_test(test_an_open_way_is_measured),
	    cmocka_unit_test(test_a_closed_port_of_the_gossip_is_named_with_its_direction),
	    cmocka_unit_test(test_vxlan_that_does_not_get_through_is_told_from_a_swarm_that_does_not),
	    cmocka_unit_test(test_an_engine_of_another_swarm_is_named),
	    cmocka_unit_test(test_a_port_that_is_closed_to_a_new_swarm_is_named_and_none_is_made),
	};
	return cmocka_run_group_tests_name("swarm checks", tests, set_up, tear_down);
}
