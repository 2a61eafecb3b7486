/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linked into every test program: NETLADDER_TEST='test_name*' runs only what it matches (* and ? as in a shell). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void set_filter(void)
{
	const char *pattern = getenv("NETLADDER_TEST");
	if (pattern)
		cmocka_set_test_filter(pattern);
}
