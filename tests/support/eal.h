/* SPDX-License-Identifier: BSD-3-Clause */
/** Start the EAL in a unit test: no huge pages, no devices, no files, no other process. */
#ifndef HANDFAST_TEST_EAL_H
#define HANDFAST_TEST_EAL_H

#include <rte_eal.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** @param lcores  as in "-l": "0" or "0,1". @return false if the EAL did not start. Once per process. */
static inline bool eal_start(unsigned memory_mib, const char *lcores)
{
	char memory[16], lcore_list[32];
	snprintf(memory, sizeof(memory), "%u", memory_mib);
	snprintf(lcore_list, sizeof(lcore_list), "%s", lcores);
	char program[] = "test", no_shconf[] = "--no-shconf", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	char no_telemetry[] = "--no-telemetry", quiet[] = "--log-level=error", m[] = "-m", l[] = "-l";
	char *argv[] = {program, no_shconf, no_huge, no_pci, no_telemetry, quiet, m, memory, l, lcore_list, NULL};
	return rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) >= 0;
}

#endif
