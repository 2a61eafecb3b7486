/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netladder/cleanup.h"
#include "report/markdown.h"
#include "report/page.h"

int lad_report_write(const struct lad_report_request *request, FILE *out, struct lad_error *err)
{
	struct report report;
	if (request->folder_count < 1 || request->folder_count > LAD_REPORT_FOLDERS_MAX)
		return lad_error_set(err, LAD_EXIT_USAGE, "%d results folders; valid: 1 to %d", request->folder_count,
				     LAD_REPORT_FOLDERS_MAX);
	int status = report_open(request, &report, err);
	if (status == 0) {
		if (request->format == LAD_REPORT_MARKDOWN)
			markdown_write(out, &report);
		else
			page_write(out, &report);
		if (fflush(out) != 0 || ferror(out))
			status = lad_error_errno(err, errno, "cannot write the report");
	}
	report_close(&report);
	return status;
}

int lad_report_save(const struct lad_report_request *request, const char *path, struct lad_error *err)
{
	char partial[4200];
	if (snprintf(partial, sizeof partial, "%s.XXXXXX", path) >= (int)sizeof partial)
		return lad_error_set(err, LAD_EXIT_USAGE, "the path of the report is longer than 4 kB");
	lad_cleanup_fd int fd = mkostemp(partial, O_CLOEXEC);
	if (fd < 0) {
		lad_error_errno(err, errno, "cannot create %s", path);
		err->exit_code = LAD_EXIT_USAGE;
		return -1;
	}
	mode_t mask = umask(0);
	umask(mask);
	FILE *out = fdopen(fd, "w");
	int status = out ? lad_report_write(request, out, err) : lad_error_errno(err, errno, "cannot write %s", path);
	if (out)
		lad_take_fd(&fd);
	if (out && fchmod(fileno(out), 0666 & ~mask) < 0 && status == 0)
		status = lad_error_errno(err, errno, "cannot set the mode of %s", path);
	if (out && fclose(out) != 0 && status == 0)
		status = lad_error_errno(err, errno, "cannot write %s", path);
	if (status == 0 && rename(partial, path) < 0)
		status = lad_error_errno(err, errno, "cannot create %s", path);
	if (status < 0)
		unlink(partial);
	return status;
}
