/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICE "wire0"

static int set_address(int control, unsigned long request, const uint8_t ip[4])
{
	struct ifreq ifr = {.ifr_name = DEVICE};
	struct sockaddr_in address = {.sin_family = AF_INET};
	memcpy(&address.sin_addr, ip, sizeof(address.sin_addr));
	memcpy(&ifr.ifr_addr, &address, sizeof(address));
	return ioctl(control, request, &ifr);
}

static int bring_up(const uint8_t ip[4])
{
	static const uint8_t mask[4] = {255, 255, 255, 0};
	struct ifreq ifr = {.ifr_name = DEVICE, .ifr_flags = IFF_UP | IFF_RUNNING};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0)
		return -errno;
	int result = 0;
	if (set_address(control, SIOCSIFADDR, ip) != 0 || set_address(control, SIOCSIFNETMASK, mask) != 0 ||
		ioctl(control, SIOCSIFFLAGS, &ifr) != 0)
		result = -errno;
	close(control);
	return result;
}

static int create(const uint8_t ip[4])
{
	struct ifreq ifr = {.ifr_name = DEVICE, .ifr_flags = IFF_TAP | IFF_NO_PI};
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap < 0)
		return -errno;
	int result = ioctl(tap, TUNSETIFF, &ifr) == 0 ? bring_up(ip) : -errno;
	if (result == 0)
		return tap;
	close(tap);
	return result;
}

static int open_namespace(const char *netns)
{
	char path[256];
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int tap_open(const char *netns, const uint8_t ip[4])
{
	int tap = -EINVAL;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open_namespace(netns);
	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0) {
		tap = -errno;
	} else {
		tap = create(ip);
		if (setns(home, CLONE_NEWNET) != 0)
			tap = -errno;
	}
	if (tap < 0)
		fprintf(stderr, "wire: namespace %s: %s\n", netns, strerror(-tap));
	if (home >= 0)
		close(home);
	if (there >= 0)
		close(there);
	return tap;
}
