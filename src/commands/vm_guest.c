/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands/commands.h"
#include "netladder/lab.h"

int command_vm_guest(int argc, char **argv, struct lad_error *err)
{
	(void)argc;
	(void)argv;
	return lad_vm_guest(err) < 0 ? (int)err->exit_code : LAD_EXIT_OK;
}
