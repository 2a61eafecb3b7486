/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the docker lab finds out of an engine, and what it gives its containers. */
#include "engines.h"
#include "netladder/netlink.h"
#include "netladder/network.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

static struct engines engines;
static struct finished finished;

static void assert_described(const cJSON *engine)
{
	static const char *const texts[] = {"host", "api_version", "storage_driver", "kernel", "device"};
	const cJSON *versions = cJSON_GetObjectItem(engine, "versions");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItem(engine, texts[i])));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(engine, "host")), engines.hosts[0]);
	assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItem(versions, "Engine")));
	assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItem(versions, "containerd")));
	assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItem(versions, "runc")));
}

static void test_the_engine_is_described_in_the_environment_with_its_userland_proxy(void **state)
{
	(void)state;
	static const char text[] = "lab: docker\nmodes: [host, bridge]\nworkloads:\n- kind: tcp_rr\n"
				   "trials: {blocks: 1, warmup: 0, duration: 100ms}\n";
	char folder[160];
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, -1, "described", text, folder, LAD_EXIT_OK);
	cJSON *docker = engines_environment(folder);
	const cJSON *list = cJSON_GetObjectItem(docker, "engines"), *engine = cJSON_GetArrayItem(list, 0);
	assert_int_equal(cJSON_GetArraySize(list), 1);
	assert_described(engine);
	/* dockerd's default; IPv6 was not asked for, so what is published over it was not tried. */
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(engine, "userland_proxy")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(engine, "ip6tables")));
	cJSON_Delete(docker);
	engines_assert_clean(engines.clients[0]);
}

static void test_pinned_goes_by_the_cpus_of_the_engine_and_not_by_ours(void **state)
{
	(void)state;
	static const char text[] = "lab: docker\nmodes: [host]\nworkloads:\n- {kind: tcp_rr, cpus: pinned}\n"
				   "trials: {blocks: 1, warmup: 0, duration: 100ms}\n";
	char folder[160];
	struct lad_docker_info info;
	struct lad_table table;
	struct lad_error err = {0};
	assert_int_equal(lad_docker_info(engines.clients[0], &info, &err), 0);
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	engines_run(&engines, 0, "pinned", text, folder, LAD_EXIT_OK); /* it has CPU 0 alone */
	engines_read(folder, &table);
	assert_int_equal(table.row_count, 1);
	assert_int_equal(table.rows[0].status, info.cpus > 1 ? LAD_STATUS_OK : LAD_STATUS_SKIPPED);
	lad_table_free(&table);
}

/* The container's cgroup with the file NAME (of cgroup v1 or v2), as the machine shows it; its first line. */
static bool read_cgroup(const char *id, const char *name, char *line, size_t size)
{
	char pattern[256];
	glob_t found;
	bool read = false;
	for (int depth = 0; !read && depth < 2; depth++) {
		snprintf(pattern, sizeof pattern, "/sys/fs/cgroup/%s*/%s/%s", depth ? "*/" : "", id, name);
		if (glob(pattern, 0, NULL, &found) == 0) {
			FILE *file = fopen(found.gl_pathv[0], "re");
			read = file && fgets(line, (int)size, file);
			if (file)
				fclose(file);
		}
		globfree(&found);
	}
	line[strcspn(line, "\n")] = '\0';
	return read;
}

static void assert_cgroup(const char *id, const char *v1, const char *in_v1, const char *v2, const char *in_v2)
{
	char line[128];
	if (read_cgroup(id, v1, line, sizeof line))
		assert_string_equal(line, in_v1);
	else if (read_cgroup(id, v2, line, sizeof line))
		assert_string_equal(line, in_v2);
	else
		fail_msg("the container has no cgroup with %s or %s", v1, v2);
}

static void test_limits_are_in_the_cgroup_and_the_namespace_of_the_container(void **state)
{
	(void)state;
	static const char text[] =
	    "lab: docker\nmodes: [host, bridge]\nworkloads:\n- kind: tcp_rr\n  cpus: free\n"
	    "limits: {cpus: 0.5, cpuset: \"0\", memory: 64MiB, sysctls: [net.ipv4.tcp_sack=0, kernel.msgmax=4242]}\n"
	    "trials: {blocks: 1, warmup: 0, duration: 4s}\n";
	char id[LAD_DOCKER_ID], folder[160], line[128], path[64];
	struct lad_error err = {0};
	struct lad_table table;
	snprintf(folder, sizeof folder, "%s", engines_results(&engines));
	pid_t pid = engines_start_run(&engines, "limits", text, folder);
	engines_wait_first_trial(engines.clients[0], folder, id);
	assert_cgroup(id, "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000");
	assert_cgroup(id, "cpuset.cpus", "0", "cpuset.cpus", "0");
	assert_cgroup(id, "memory.limit_in_bytes", "67108864", "memory.max", "67108864");
	assert_true(read_cgroup(id, "cgroup.procs", line, sizeof line));
	snprintf(path, sizeof path, "/proc/%.20s/ns/net", line);
	int netns = open(path, O_RDONLY | O_CLOEXEC);
	assert_return_code(netns, errno);
	assert_int_equal(lad_sysctl_read(netns, "net/ipv4/tcp_sack", line, sizeof line, &err), 0);
	assert_string_equal(line, "0");
	close(netns);
	assert_int_equal(engines_end(pid), LAD_EXIT_OK);
	engines_read(folder, &table);
	for (int i = 0; i < table.row_count; i++) {
		bool host = table.rows[i].mode == LAD_MODE_HOST;
		assert_int_equal(table.rows[i].status, host ? LAD_STATUS_SKIPPED : LAD_STATUS_OK);
		if (host)
			assert_non_null(strstr(table.rows[i].reason, "limits.sysctls: Docker sets no net.ipv4"));
	}
	lad_table_free(&table);
	const char *const native[] = {
	    LAD_BUILD "/netladder", "run", engines_scenario(&engines, "limits", text), "--lab", "native", NULL};
	support_run(&finished, -1, -1, native);
	support_expect(&finished, LAD_EXIT_USAGE, NULL, "valid: --lab docker, or leave limits out");
}

static int set_up(void **state)
{
	(void)state;
	return engines_start(&engines, 1, NULL);
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
	    cmocka_unit_test(test_the_engine_is_described_in_the_environment_with_its_userland_proxy),
	    cmocka_unit_test(test_pinned_goes_by_the_cpus_of_the_engine_and_not_by_ours),
	    cmocka_unit_test(test_limits_are_in_the_cgroup_and_the_namespace_of_the_container),
	};
	return cmocka_run_group_tests_name("engine facts", tests, set_up, tear_down);
}
