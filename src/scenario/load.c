/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "netladder/cleanup.h"
#include "scenario/convert.h"

/* Far more than any scenario takes; it bounds the time and memory that a wrong file can cost. */
#define FILE_BYTES_MAX (1 << 20)

static int load_raw(struct scenario_source *source, struct raw_scenario **raw)
{
	/* No log: what cyaml could say has been said better by source_check. */
	static const cyaml_config_t config = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};
	lad_cleanup_free unsigned char *text = NULL;
	size_t length = 0;
	if (source_normalise(source, &text, &length) < 0)
		return -1;
	cyaml_err_t result = cyaml_load_data(text, length, &config, scenario_schema(), (cyaml_data_t **)raw, NULL);
	if (result != CYAML_OK)
		return lad_error_set(source->err, LAD_EXIT_USAGE, "%s: libcyaml refuses the file: %s", source->name,
				     cyaml_strerror(result));
	return 0;
}

static int load_document(struct scenario_source *source, struct lad_scenario *scenario)
{
	static const cyaml_config_t config = {.mem_fn = cyaml_mem};
	struct raw_scenario *raw = NULL;
	if (source_open(source) < 0 || source_check(source) < 0 || load_raw(source, &raw) < 0)
		return -1;
	int result = scenario_convert(source, raw, scenario);
	cyaml_free(&config, scenario_schema(), raw, 0);
	return result;
}

int lad_scenario_parse(const char *name, const char *text, size_t length, struct lad_scenario *scenario,
		       struct lad_error *err)
{
	struct lad_error unused = {0};
	struct scenario_source source = {.name = name, .text = text, .length = length, .err = err ? err : &unused};
	if (length > FILE_BYTES_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%s: the file is larger than 1 MiB; valid: a scenario file",
				     name);
	int result = load_document(&source, scenario);
	source_close(&source);
	return result;
}

/* A file that cannot be read is the user's to mend, unlike most failing system calls: exit code LAD_EXIT_USAGE. */
static int complain_file(const char *path, int errno_value, struct lad_error *err)
{
	lad_error_errno(err, errno_value, "%s: cannot read the scenario", path);
	lad_error_change_exit(err, LAD_EXIT_USAGE);
	return -1;
}

int lad_scenario_load(const char *path, struct lad_scenario *scenario, struct lad_error *err)
{
	lad_cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain_file(path, errno, err);
	struct stat status;
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		return complain_file(path, EISDIR, err);
	/* Read until the end, not to st_size: a pipe (`<(...)`) has none. One byte more than is allowed tells enough.
	 */
	lad_cleanup_free char *text = malloc(FILE_BYTES_MAX + 1);
	if (!text)
		return complain_file(path, ENOMEM, err);
	size_t length = 0;
	while (length < FILE_BYTES_MAX + 1) {
		ssize_t got = read(fd, text + length, FILE_BYTES_MAX + 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return complain_file(path, errno, err);
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return lad_scenario_parse(path, text, length, scenario, err);
}
