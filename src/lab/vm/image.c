/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/* Without the first two nothing comes out of the guest; what the others lack is told there, mode by mode. */
static const struct {
	const char *name;
	bool required;
} modules[] = {
    {"virtio_pci", true},    {"virtio_console", true}, {"veth", false},		{"macvlan", false},
    {"ipvlan", false},	     {"vxlan", false},	       {"bridge", false},	{"br_netfilter", false},
    {"nf_tables", false},    {"nft_chain_nat", false}, {"nft_masq", false},	{"nft_nat", false},
    {"nft_fib_ipv4", false}, {"nft_ct", false},	       {"sch_tbf", false},	{"sch_fq", false},
    {"sch_fq_codel", false}, {"sch_netem", false},     {"nft_fib_ipv6", false},
};

static int add_algorithm(struct vm_modules *list, const char *folder, const char *algorithm, struct lad_error *err)
{
	char name[LAD_SYSCTL_VALUE_MAX + 8];
	snprintf(name, sizeof name, "tcp_%s", algorithm);
	return *algorithm ? vm_modules_add(list, folder, name, false, err) : 0;
}

/* Every congestion control that a workload or a tuning names: the guest has nothing that loads modules on demand. */
static int add_algorithms(const struct vm_setup *setup, struct vm_modules *list, struct lad_error *err)
{
	const struct lad_scenario *scenario = setup->scenario;
	const char *folder = setup->kernel.modules;
	for (int i = 0; i < scenario->workload_count; i++)
		if (add_algorithm(list, folder, scenario->workloads[i].congestion_control, err) < 0)
			return -1;
	for (int i = 0; i < scenario->background_count; i++)
		if (add_algorithm(list, folder, scenario->backgrounds[i].congestion_control, err) < 0)
			return -1;
	for (int t = 0; t < scenario->tuning_count; t++) {
		const struct lad_tuning *tuning = &scenario->tunings[t];
		if (add_algorithm(list, folder, tuning->settings[LAD_SETTING_CONGESTION_CONTROL].text, err) < 0)
			return -1;
		for (int i = 0; i < tuning->sysctl_count; i++)
			if (strcmp(tuning->sysctls[i].key, "net/ipv4/tcp_congestion_control") == 0 &&
			    add_algorithm(list, folder, tuning->sysctls[i].value, err) < 0)
				return -1;
	}
	return 0;
}

static int list_modules(const struct vm_setup *setup, struct vm_modules *list, struct lad_error *err)
{
	const char *folder = setup->kernel.modules;
	const struct lad_scenario *scenario = setup->scenario;
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
		if (vm_modules_add(list, folder, modules[i].name, modules[i].required, err) < 0)
			return -1;
	if (add_algorithms(setup, list, err) < 0)
		return -1;
	for (int i = 0; i < scenario->vm.module_count; i++)
		if (vm_modules_add(list, folder, scenario->vm.modules[i], true, err) < 0)
			return lad_error_context(err, "vm.modules");
	return 0;
}

/* As modules/000-virtio.ko, …: the guest inserts them in the order of their names. */
static int add_modules(const struct vm_setup *setup, struct vm_archive *archive, struct lad_error *err)
{
	struct vm_modules list = {.count = 0};
	int status = list_modules(setup, &list, err);
	for (int i = 0; i < list.count && status == 0; i++) {
		char path[PATH_MAX], inside[128];
		struct lad_bytes module;
		const char *slash = strrchr(list.paths[i], '/');
		const char *base = slash ? slash + 1 : list.paths[i];
		snprintf(path, sizeof path, "%.3000s/%.1000s", setup->kernel.modules, list.paths[i]);
		snprintf(inside, sizeof inside, "modules/%03d-%.*s.ko", i, (int)strcspn(base, "."), base);
		status = vm_module_read(path, &module, err);
		if (status == 0 && vm_archive_file(archive, inside, module.data, module.size, false) < 0)
			status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
		lad_bytes_free(&module);
	}
	vm_modules_free(&list);
	return status;
}

static int add_program(struct vm_archive *archive, int fd, const char *name, struct vm_hash *hash,
		       struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes program;
	if (lad_file_read_fd(fd, name, VM_FILE_BYTES_MAX, &program, err) < 0)
		return -1;
	*hash = vm_hash_bytes(program.data, program.size);
	return vm_archive_file(archive, name, program.data, program.size, true) < 0
		   ? lad_error_set(err, LAD_EXIT_UNABLE, "out of memory")
		   : 0;
}

/* To read from what was opened O_PATH. */
static int reopen(int path_fd, struct lad_error *err)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", path_fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? lad_error_errno(err, errno, "cannot read a program of the guest's") : fd;
}

/* The same bytes are the same file: then the variants differ in nothing, not even in where the guest has them. */
static int add_base_agent(struct vm_archive *archive, int fd, struct vm_image *image, struct lad_error *err)
{
	if (vm_hash_fd(fd, &image->base_agent, err) < 0)
		return -1;
	if (strcmp(image->base_agent.hex, image->agent.hex) != 0)
		return add_program(archive, fd, VM_BASE_AGENT, &image->base_agent, err);
	return vm_archive_link(archive, VM_BASE_AGENT, VM_AGENT) < 0
		   ? lad_error_set(err, LAD_EXIT_UNABLE, "out of memory")
		   : 0;
}

static int add_programs(const struct vm_setup *setup, struct vm_archive *archive, struct vm_image *image,
			struct lad_error *err)
{
	const char *base = setup->options->other_agent;
	lad_cleanup_fd int agent_path_fd = lad_agent_open(err);
	lad_cleanup_fd int agent_fd = agent_path_fd < 0 ? -1 : reopen(agent_path_fd, err);
	lad_cleanup_fd int base_path_fd = agent_fd >= 0 && base ? lad_agent_open_path(base, err) : -1;
	lad_cleanup_fd int base_fd = base_path_fd < 0 ? -1 : reopen(base_path_fd, err);
	if (agent_fd < 0 || (base && base_fd < 0))
		return -1;
	lad_cleanup_fd int guest_path_fd = lad_program_open("netladder-guest", "NETLADDER_GUEST", err);
	lad_cleanup_fd int guest_fd = guest_path_fd < 0 ? -1 : reopen(guest_path_fd, err);
	if (guest_fd < 0)
		return -1;
	if (add_program(archive, guest_fd, "netladder-guest", &image->guest, err) < 0 ||
	    add_program(archive, agent_fd, VM_AGENT, &image->agent, err) < 0 ||
	    (base && add_base_agent(archive, base_fd, image, err) < 0))
		return -1;
	const int fds[] = {guest_fd, agent_fd, base_fd};
	return vm_libraries_add(archive, fds, base ? 3 : 2, err);
}

static int add_folders(struct vm_archive *archive, struct lad_error *err)
{
	static const char *const folders[] = {"dev", "proc", "sys", "results", "tmp"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (vm_archive_folder(archive, folders[i]) < 0)
			return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return 0;
}

static int write_image(struct vm_archive *archive, struct vm_image *image, struct lad_error *err)
{
	/* In memory: when this process is gone, however it went, so is the image. */
	image->fd = memfd_create("netladder-initramfs", MFD_CLOEXEC);
	int copy = image->fd < 0 ? -1 : fcntl(image->fd, F_DUPFD_CLOEXEC, 0);
	lad_cleanup_file FILE *out = copy < 0 ? NULL : fdopen(copy, "we");
	if (!out || vm_archive_write(archive, out) < 0)
		return lad_error_errno(err, errno, "cannot write the initramfs");
	return vm_hash_fd(image->fd, &image->initramfs, err);
}

int vm_image_make(const struct vm_setup *setup, struct vm_image *image, struct lad_error *err)
{
	*image = (struct vm_image){.fd = -1};
	struct vm_archive *archive = vm_archive_new();
	if (!archive)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	int status = -1;
	if (vm_hash_file(setup->kernel.image, &image->kernel, err) == 0 && add_folders(archive, err) == 0 &&
	    add_programs(setup, archive, image, err) == 0 && add_modules(setup, archive, err) == 0 &&
	    vm_run_name(setup, image, err) == 0)
		status = write_image(archive, image, err);
	vm_archive_free(archive);
	if (status < 0) {
		lad_close_fd(&image->fd);
		image->fd = -1;
		return lad_error_context(err, "vm lab");
	}
	return 0;
}
