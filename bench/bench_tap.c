/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "bench0"

struct sockaddr_in bench_tap_address(const uint8_t ip[4], uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	memcpy(&address.sin_addr, ip, 4);
	return address;
}

static const char *set_address(int control, const struct bench_tap *tap)
{
	static const uint8_t mask_24[4] = {255, 255, 255, 0};
	struct sockaddr_in ip = bench_tap_address(tap->ip, 0), mask = bench_tap_address(mask_24, 0);
	struct ifreq request = {.ifr_name = NAME};
	memcpy(&request.ifr_addr, &ip, sizeof(ip));
	if (ioctl(control, SIOCSIFADDR, &request) != 0)
		return "SIOCSIFADDR";
	memcpy(&request.ifr_netmask, &mask, sizeof(mask));
	if (ioctl(control, SIOCSIFNETMASK, &request) != 0)
		return "SIOCSIFNETMASK";
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(control, SIOCSIFFLAGS, &request) != 0 ? "SIOCSIFFLAGS" : NULL;
}

/* The peer's address is known for good: no ARP among what is counted. */
static const char *set_neighbour(int control, const struct bench_tap *tap)
{
	struct sockaddr_in peer = bench_tap_address(tap->peer_ip, 0);
	struct arpreq neighbour = {.arp_flags = ATF_PERM | ATF_COM, .arp_dev = NAME};
	memcpy(&neighbour.arp_pa, &peer, sizeof(peer));
	neighbour.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(neighbour.arp_ha.sa_data, tap->peer_mac, sizeof(tap->peer_mac));
	return ioctl(control, SIOCSARP, &neighbour) != 0 ? "SIOCSARP" : NULL;
}

static const char *set_up(int control, struct bench_tap *tap)
{
	struct ifreq request = {.ifr_name = NAME};
	const char *failed = set_address(control, tap);
	if (failed == NULL)
		failed = set_neighbour(control, tap);
	if (failed != NULL)
		return failed;
	if (ioctl(control, SIOCGIFHWADDR, &request) != 0)
		return "SIOCGIFHWADDR";
	memcpy(tap->mac, request.ifr_hwaddr.sa_data, sizeof(tap->mac));
	return NULL;
}

const char *bench_tap_open(struct bench_tap *tap)
{
	struct ifreq request = {.ifr_name = NAME, .ifr_flags = IFF_TAP | IFF_NO_PI};
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return "a network namespace";
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0 || ioctl(tap->fd, TUNSETIFF, &request) != 0)
		return "/dev/net/tun";
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0)
		return "a socket";
	const char *failed = set_up(control, tap);
	close(control);
	return failed;
}
