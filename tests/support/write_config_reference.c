/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints docs/config.md, from the table of options. */
#include "config.h"

int main(void)
{
	config_write_reference(stdout);
	return ferror(stdout) ? 1 : 0;
}
