/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Docker client does without an engine: addresses, frames, the agent's image, sysctls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "docker/engine.h"
#include "lab/docker/lab.h"

/* A frame as the engine writes it. */
static size_t frame(unsigned char *out, int kind, const char *text)
{
	size_t length = strlen(text);
	memset(out, 0, 8);
	out[0] = (unsigned char)kind;
	out[6] = (unsigned char)(length >> 8);
	out[7] = (unsigned char)length;
	memcpy(out + 8, text, length);
	return 8 + length;
}

static void test_frames_are_told_apart_wherever_the_stream_is_cut(void **state)
{
	(void)state;
	unsigned char stream[1024];
	char long_text[600];
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	size_t size = frame(stream, LAD_DOCKER_STDOUT, "{\"a\":1}\n");
	size += frame(stream + size, LAD_DOCKER_STDERR, "noise");
	size += frame(stream + size, LAD_DOCKER_STDOUT, "");
	size += frame(stream + size, LAD_DOCKER_STDOUT, long_text);
	for (size_t step = 1; step <= size; step++) {
		struct lad_docker_frames frames = {.left = 0};
		char out[700] = "", err[100] = "";
		for (size_t at = 0; at < size; at += step) {
			const unsigned char *data = stream + at, *payload;
			size_t left = size - at < step ? size - at : step;
			int kind;
			long length;
			while ((length = lad_docker_frames_next(&frames, &data, &left, &payload, &kind)) > 0)
				strncat(kind == LAD_DOCKER_STDOUT ? out : err, (const char *)payload, (size_t)length);
			assert_int_equal(length, 0);
		}
		assert_string_equal(err, "noise");
		assert_int_equal(strncmp(out, "{\"a\":1}\n", 8), 0);
		assert_string_equal(out + 8, long_text);
	}
}

static void test_bytes_that_are_no_frames_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"HTTP/1.1 500 no", "\x07\0\0\0\0\0\0\x01x", "\x01\x01\0\0\0\0\0\x01x"};
	for (int i = 0; i < 3; i++) {
		struct lad_docker_frames frames = {.left = 0};
		const unsigned char *data = (const unsigned char *)wrong[i], *payload;
		size_t left = 9;
		int kind;
		assert_int_equal(lad_docker_frames_next(&frames, &data, &left, &payload, &kind), -1);
	}
}

static struct docker_endpoint resolved(const char *host, const char *tls)
{
	struct docker_endpoint endpoint = {.url = ""};
	struct lad_error err = {0};
	if (docker_resolve(host, tls, &endpoint, &err) < 0)
		fail_msg("%s: %s", host, err.message);
	return endpoint;
}

static void test_each_kind_of_engine_is_understood(void **state)
{
	(void)state;
	unsetenv("DOCKER_TLS_VERIFY");
	unsetenv("DOCKER_HOST");
	assert_string_equal(resolved("unix:///run/a.sock", NULL).socket, "/run/a.sock");
	assert_string_equal(resolved("/run/a.sock", NULL).socket, "/run/a.sock");
	assert_string_equal(resolved("default", NULL).socket, "/var/run/docker.sock");
	assert_string_equal(resolved("tcp://node:2375", NULL).url, "http://node:2375");
	struct docker_endpoint tls = resolved("tcp://[2001:db8::1]:2376", "/certs");
	assert_string_equal(tls.url, "https://[2001:db8::1]:2376");
	assert_string_equal(tls.tls, "/certs");
	struct docker_endpoint ssh = resolved("ssh://me@node:2222/run/user/1000/docker.sock", NULL);
	assert_string_equal(ssh.ssh, "me@node");
	assert_string_equal(ssh.ssh_port, "2222");
	assert_string_equal(ssh.ssh_socket, "/run/user/1000/docker.sock");
	assert_string_equal(resolved("ssh://node", NULL).ssh_socket, "/var/run/docker.sock");
}

static void test_the_environment_is_heard_as_by_docker_itself(void **state)
{
	(void)state;
	setenv("DOCKER_HOST", "tcp://other:2376", 1);
	setenv("DOCKER_TLS_VERIFY", "1", 1);
	setenv("DOCKER_CERT_PATH", "/mine", 1);
	struct docker_endpoint endpoint = resolved("default", NULL);
	assert_string_equal(endpoint.url, "https://other:2376");
	assert_string_equal(endpoint.tls, "/mine");
	unsetenv("DOCKER_HOST");
	unsetenv("DOCKER_TLS_VERIFY");
	unsetenv("DOCKER_CERT_PATH");
}

static void test_what_is_no_engine_is_refused_with_what_would_be(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",
					    "unix://relative",
					    "tcp://node",
					    "tcp://:2375",
					    "tcp://node:port",
					    "tcp://node:70000",
					    "tcp://node:4294967297", /* 1 in 32 bits */
					    "http://node:2375",
					    "ssh://",
					    "ssh://-oProxyCommand=reboot",
					    "ssh://me@-oProxyCommand=reboot",
					    "ssh://node;reboot",
					    "ssh://node:22x",
					    "no-such-context"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct docker_endpoint endpoint = {.url = ""};
		struct lad_error err = {0};
		assert_int_equal(docker_resolve(wrong[i], NULL, &endpoint, &err), -1);
		assert_int_equal(err.exit_code, LAD_EXIT_USAGE);
		assert_non_null(strstr(err.message, "valid: unix:///path"));
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_a_docker_context_is_found_by_its_name(void **state)
{
	(void)state;
	/* sha256("lab"), as `docker context create lab` names the folder */
	static const char hash[] = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7";
	char folder[] = "/tmp/netladder-context-XXXXXX", path[256], command[300];
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof command, "mkdir -p %s/contexts/meta/%s %s/contexts/tls/%s/docker", folder, hash,
		 folder, hash);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof path, "%s/contexts/meta/%s/meta.json", folder, hash);
	write_file(path, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://10.0.0.9:2376\","
			 "\"SkipTLSVerify\":true}}}");
	setenv("DOCKER_CONFIG", folder, 1);
	struct docker_endpoint endpoint = resolved("lab", NULL);
	unsetenv("DOCKER_CONFIG");
	assert_string_equal(endpoint.url, "https://10.0.0.9:2376");
	snprintf(path, sizeof path, "%s/contexts/tls/%s/docker", folder, hash);
	assert_string_equal(endpoint.tls, path);
	assert_true(endpoint.tls_any_server);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

static void test_only_sysctls_that_a_container_can_have_are_let_through(void **state)
{
	(void)state;
	struct lad_error err = {0};
	assert_int_equal(lad_sysctl_check_container("net/ipv4/tcp_rmem", false, &err), 0);
	assert_int_equal(lad_sysctl_check_container("kernel/shmmax", false, &err), 0);
	assert_int_equal(lad_sysctl_check_container("net/ipv4/tcp_rmem", true, &err), -1);
	assert_non_null(strstr(err.message, "host's network"));
	assert_int_equal(lad_sysctl_check_container("net/core/rmem_max", false, &err), -1);
	assert_non_null(strstr(err.message, "net.core.rmem_max is of the whole machine"));
	assert_int_equal(lad_sysctl_check_container("vm/swappiness", false, &err), -1);
	assert_non_null(strstr(err.message, "not namespaced"));
}

static void test_a_tuning_that_no_engine_applies_is_refused_with_its_setting(void **state)
{
	(void)state;
	for (int i = 0; i < LAD_SETTING_COUNT; i++) {
		struct lad_tuning tuning = {.name = "some"};
		struct lad_error err = {0};
		bool agents =
		    i == LAD_SETTING_FLOWS || i == LAD_SETTING_SOCKET_BUFFER || i == LAD_SETTING_CONGESTION_CONTROL;
		bool mtu = i == LAD_SETTING_MTU || i == LAD_SETTING_CONTAINER_MTU;
		tuning.settings[i].set = true;
		assert_int_equal(docker_check_tuning(&tuning, false, &err), agents || mtu ? 0 : -1);
		assert_int_equal(docker_check_tuning(&tuning, true, &err), agents ? 0 : -1);
		if (!agents)
			assert_non_null(strstr(err.message, lad_setting_name((enum lad_setting)i)));
	}
}

static const char *refusal_of(const struct lad_lab *lab, enum lad_mode mode, enum lad_placement placement,
			      struct lad_error *err)
{
	static const struct lad_workload workload = {.kind = LAD_TCP_RR, .traffic = {.ip = LAD_IP_V6}};
	struct lad_trial trial = {
	    .mode = mode, .placement = placement, .workload = &workload, .tuning = &lad_no_tuning};
	*err = (struct lad_error){0};
	return docker_check_ip(lab, &trial, err) < 0 ? err->message : "";
}

static void test_what_ipv6_lacks_in_each_mode_is_refused_with_its_remedy(void **state)
{
	(void)state;
	struct lad_docker first = {.host = "first"}, second = {.host = "second"};
	struct docker_lab docker = {.node_count = 2, .mtu_bytes = 1500};
	struct lad_scenario scenario = {.mode_count = 0};
	struct lad_lab lab = {.scenario = &scenario, .state = &docker};
	struct lad_error err;
	docker.nodes[0] = (struct docker_node){.engine = &first, .facts = {.device = "eth0", .address6 = "2001:2::1"}};
	docker.nodes[1] = (struct docker_node){.engine = &second, .facts = {.device = "eth1"}};
	assert_string_equal(refusal_of(&lab, LAD_MODE_HOST, LAD_SAME_HOST, &err), "");
	assert_string_equal(refusal_of(&lab, LAD_MODE_MACVLAN, LAD_CROSS_HOST, &err), "");
	assert_string_equal(refusal_of(&lab, LAD_MODE_BRIDGE, LAD_SAME_HOST, &err), "");
	assert_string_equal(refusal_of(&lab, LAD_MODE_HOST, LAD_CROSS_HOST, &err),
			    "ip: 6: the host of engine second has no IPv6 address on eth1 (`sudo ip address add "
			    "ADDRESS/64 dev eth1`)");
	assert_non_null(strstr(refusal_of(&lab, LAD_MODE_OVERLAY, LAD_SAME_HOST, &err), "native and vm labs"));
	strcpy(docker.nodes[1].facts.address6, "2001:2::2");
	assert_string_equal(refusal_of(&lab, LAD_MODE_HOST, LAD_CROSS_HOST, &err), "");
	docker.nodes[0].carriers[LAD_IP_V6] = LAD_CARRIER_KERNEL;
	docker.nodes[1].carriers[LAD_IP_V6] = LAD_CARRIER_PROXY;
	assert_non_null(
	    strstr(refusal_of(&lab, LAD_MODE_BRIDGE, LAD_CROSS_HOST, &err), "engine second makes no ip6tables rules"));
	docker.nodes[1].carriers[LAD_IP_V6] = LAD_CARRIER_KERNEL;
	assert_string_equal(refusal_of(&lab, LAD_MODE_BRIDGE, LAD_CROSS_HOST, &err), "");
	strcpy(docker.obstacles[LAD_IP_V6][LAD_MODE_MACVLAN], "no such driver");
	assert_string_equal(refusal_of(&lab, LAD_MODE_MACVLAN, LAD_CROSS_HOST, &err), "ip: 6: no such driver");
	docker.mtu_bytes = 1000;
	assert_non_null(strstr(refusal_of(&lab, LAD_MODE_BRIDGE, LAD_CROSS_HOST, &err), "an MTU of 1280"));
}

static void test_pinned_asks_for_two_cpus_of_each_engine_and_not_of_ours(void **state)
{
	(void)state;
	struct lad_docker first = {.host = "first"}, second = {.host = "second"};
	struct docker_lab docker = {
	    .nodes = {{.engine = &first, .info = {.cpus = 4}}, {.engine = &second, .info = {.cpus = 1}}},
	    .node_count = 2};
	struct lad_workload workload = {.kind = LAD_TCP_RR, .cpus = LAD_CPUS_PINNED};
	struct lad_trial trial = {.workload = &workload, .tuning = &lad_no_tuning, .placement = LAD_CROSS_HOST};
	struct lad_scenario scenario = {.mode_count = 0};
	struct lad_lab lab = {.scenario = &scenario, .state = &docker}; /* cpu_first == cpu_last: we have one */
	struct lad_testbed_session session = {0};
	struct lad_testbed testbed = {.sessions = &session, .session_count = 1};
	struct lad_error err = {0};
	assert_int_equal(docker_testbed_set_up(&lab, &trial, &testbed, &err), -1);
	assert_true(testbed.impossible);
	assert_string_equal(err.message, "cpus: pinned needs two CPUs and engine second has one; way out: shared");
	/* Without the second engine that is no obstacle; what is, is another. */
	docker.node_count = 1;
	assert_int_equal(docker_testbed_set_up(&lab, &trial, &testbed, &err), -1);
	assert_false(testbed.impossible);
	assert_non_null(strstr(err.message, "cross-host needs two engines"));
}

#define ITEMS 60

struct counted { /* what was done, by many threads */
	pthread_mutex_t mutex;
	int done[ITEMS], on[3], at_once[3], most[3];
	int fails; /* this item, -1: none */
};

/* Of three engines the last has nothing to do. */
static int node_of_item(const void *data, int item)
{
	(void)data;
	return item % 3 ? 0 : 1;
}

static int do_item(struct lad_docker *engine, void *data, int item, struct lad_error *why)
{
	struct counted *counted = data;
	struct timespec step = {0, 2000000};
	int node = engine->host[0] - 'a';
	pthread_mutex_lock(&counted->mutex);
	counted->done[item]++;
	counted->on[node]++;
	if (++counted->at_once[node] > counted->most[node])
		counted->most[node] = counted->at_once[node];
	pthread_mutex_unlock(&counted->mutex);
	nanosleep(&step, NULL);
	pthread_mutex_lock(&counted->mutex);
	counted->at_once[node]--;
	pthread_mutex_unlock(&counted->mutex);
	return item == counted->fails ? lad_error_set(why, LAD_EXIT_UNABLE, "item %d", item) : 0;
}

static int work_all(struct counted *counted, int fails, bool all, struct lad_error *err)
{
	struct lad_docker engines[] = {{.host = "a"}, {.host = "b"}, {.host = "c"}};
	struct docker_lab docker = {.node_count = 3};
	*counted = (struct counted){.mutex = PTHREAD_MUTEX_INITIALIZER, .fails = fails};
	for (int i = 0; i < 3; i++)
		docker.nodes[i].engine = &engines[i];
	struct docker_work work = {
	    .count = ITEMS, .node_of = node_of_item, .run = do_item, .data = counted, .all = all};
	int status = docker_lanes_run(&docker, &work, err);
	for (int i = 0; i < 3; i++)
		docker_lanes_close(&docker.nodes[i]);
	return status;
}

static void test_work_is_shared_by_the_lanes_of_each_engine(void **state)
{
	(void)state;
	struct counted counted;
	struct lad_error err = {.message = ""};
	assert_int_equal(work_all(&counted, -1, false, &err), 0);
	for (int i = 0; i < ITEMS; i++)
		assert_int_equal(counted.done[i], 1);
	assert_int_equal(counted.on[0], ITEMS / 3 * 2);
	assert_int_equal(counted.on[1], ITEMS / 3);
	assert_int_equal(counted.on[2], 0);
	for (int node = 0; node < 2; node++)
		assert_in_range(counted.most[node], 2, DOCKER_LANES_MAX);
}

static void test_a_failure_ends_the_work_unless_all_of_it_is_to_be_tried(void **state)
{
	(void)state;
	struct counted counted;
	struct lad_error err = {.message = ""};
	assert_int_equal(work_all(&counted, 1, false, &err), -1);
	assert_string_equal(err.message, "item 1");
	assert_true(counted.on[0] + counted.on[1] < ITEMS);
	assert_int_equal(work_all(&counted, 1, true, &err), -1);
	assert_string_equal(err.message, "item 1");
	assert_int_equal(counted.on[0] + counted.on[1], ITEMS);
}

static void test_the_estimate_has_the_coming_and_going_of_containers_in_it(void **state)
{
	(void)state;
	struct lad_scenario scenario = {.mode_count = 3};
	struct lad_plan plan = {.trial_count = 100, .duration_ns = 1000000};
	int64_t bare_ns = lad_lab_estimate_ns(&lad_lab_native, &scenario, &plan);
	int64_t with_ns = lad_lab_estimate_ns(&lad_lab_docker, &scenario, &plan);
	assert_int_equal(bare_ns, lad_plan_estimate_ns(&plan));
	/* Each trial's, and one more for each mode: it is tried first. */
	int64_t each_ns = (with_ns - bare_ns) / 103;
	assert_true(each_ns > 100 * INT64_C(1000000));
	assert_int_equal(with_ns - bare_ns, 103 * each_ns);
}

static void test_the_same_agent_gives_the_same_image(void **state)
{
	(void)state;
	struct lad_docker_image first, second, other;
	struct lad_error err = {0};
	int agent = open("/bin/sh", O_PATH | O_CLOEXEC); /* any program will do */
	int another = open("/bin/true", O_PATH | O_CLOEXEC);
	assert_true(agent >= 0 && another >= 0);
	if (lad_docker_image_make(agent, &first, &err) < 0 || lad_docker_image_make(agent, &second, &err) < 0 ||
	    lad_docker_image_make(another, &other, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.archive, second.archive, first.size);
	assert_string_equal(first.name, second.name);
	assert_string_equal(first.id, second.id);
	assert_int_equal(strncmp(first.name, "netladder-agent:", 16), 0);
	assert_string_not_equal(first.name, other.name);
	lad_docker_image_free(&first);
	lad_docker_image_free(&second);
	lad_docker_image_free(&other);
	close(agent);
	close(another);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames_are_told_apart_wherever_the_stream_is_cut),
	    cmocka_unit_test(test_bytes_that_are_no_frames_are_refused),
	    cmocka_unit_test(test_each_kind_of_engine_is_understood),
	    cmocka_unit_test(test_the_environment_is_heard_as_by_docker_itself),
	    cmocka_unit_test(test_what_is_no_engine_is_refused_with_what_would_be),
	    cmocka_unit_test(test_a_docker_context_is_found_by_its_name),
	    cmocka_unit_test(test_only_sysctls_that_a_container_can_have_are_let_through),
	    cmocka_unit_test(test_a_tuning_that_no_engine_applies_is_refused_with_its_setting),
	    cmocka_unit_test(test_what_ipv6_lacks_in_each_mode_is_refused_with_its_remedy),
	    cmocka_unit_test(test_pinned_asks_for_two_cpus_of_each_engine_and_not_of_ours),
	    cmocka_unit_test(test_work_is_shared_by_the_lanes_of_each_engine),
	    cmocka_unit_test(test_a_failure_ends_the_work_unless_all_of_it_is_to_be_tried),
	    cmocka_unit_test(test_the_estimate_has_the_coming_and_going_of_containers_in_it),
	    cmocka_unit_test(test_the_same_agent_gives_the_same_image),
	};
	return cmocka_run_group_tests_name("docker", tests, NULL, NULL);
}
