/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "netladder/lab.h"

/*
 * netladder-guest, the first process of the vm lab's guest. A program of its own, so that neither the libraries that
 * draw charts nor a change of a report is in the machine whose instructions are counted.
 */
int main(int argc, char **argv)
{
	struct lad_error err = {0};
	if (lad_vm_guest(argc > 1 ? argv[1] : "", &err) == 0)
		return LAD_EXIT_OK;
	fprintf(stderr, "netladder-guest: %s\n", lad_error_line(&err).text);
	return (int)err.exit_code;
}
