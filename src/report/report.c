/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"

#include <errno.h>

#include "netladder/file.h"
#include "netladder/output.h"
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
	lad_cleanup_bytes struct lad_bytes page = {0};
	FILE *memory = open_memstream((char **)&page.data, &page.size);
	if (!memory)
		return lad_error_errno(err, errno, "cannot write the report");
	int status = lad_report_write(request, memory, err);
	if (fclose(memory) != 0 && status == 0)
		status = lad_error_set(err, LAD_EXIT_UNABLE, "out of memory");
	return status < 0 ? -1 : lad_output_write(path, page.data, page.size, err);
}
