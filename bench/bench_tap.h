/* SPDX-License-Identifier: BSD-3-Clause */
/** A TAP device in a network namespace of this process alone, with the kernel's TCP behind it. */
#ifndef HANDFAST_BENCH_TAP_H
#define HANDFAST_BENCH_TAP_H

#include <netinet/in.h>
#include <stdint.h>

/** The kernel's end and the neighbour whose frames are written into the device. */
struct bench_tap {
	uint8_t ip[4], peer_ip[4], peer_mac[6];
	uint8_t mac[6]; /**< out: the kernel's */
	int fd;         /**< out: frames, not blocking */
};

struct sockaddr_in bench_tap_address(const uint8_t ip[4], uint16_t port);

/** @return NULL, or what was not possible, with errno. Before any thread is started. Owner: the process, until its end.
 */
const char *bench_tap_open(struct bench_tap *tap);

#endif
