/* SPDX-License-Identifier: BSD-3-Clause */
/** A TAP device in a network namespace, up and with an IPv4 address; it goes away with its file descriptor. */
#ifndef HANDFAST_WIRE_TAP_H
#define HANDFAST_WIRE_TAP_H

#include <stdint.h>

/**
 * Create the device "wire0" in a namespace of `ip netns add`.
 *
 * @param ip  its address, in a /24.
 * @return a non-blocking file descriptor, or -errno after a message on stderr. The thread is back in its own namespace.
 */
int tap_open(const char *netns, const uint8_t ip[4]);

#endif
