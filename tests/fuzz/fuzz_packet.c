/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Packet input: any frame is one packet or one drop reason, every view lies inside the frame, and ARP, neighbour
 * discovery and echo digest what is accepted. The first octet chooses the trusted checksums and the clock.
 */
#include "checksum.h"
#include "echo.h"
#include "local_address.h"
#include "neigh.h"
#include "packet.h"

#include <stdlib.h>
#include <string.h>

static struct stats stats;
static struct local_address_table *addresses;
static struct neigh *neigh;
static struct echo echo;

static void on_transmit(void *context, uint16_t port_id, struct bytes frame)
{
	struct packet packet;
	enum drop_reason reason;
	(void)context;
	/* What we send, we would accept. */
	if (port_id != 0 || !packet_parse(frame, 0, &packet, &reason))
		abort();
}

static void on_send(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	(void)context;
	if (port_id != 0 || (mac[0] & 1) != 0)
		abort();
	free(packet);
}

static void on_drop(void *context, void *packet)
{
	(void)context;
	free(packet);
}

static bool on_learned(void *context, const struct neigh_news *news)
{
	(void)context;
	if ((news->mac[0] & 1) != 0)
		abort();
	return false;
}

static void start(void)
{
	static struct config_address config_addresses[3] = {
		{.prefix_len = 24}, {.prefix_len = 64}, {.prefix_len = 8, .vlan = 7}};
	static const struct config_port port = {.addresses = config_addresses, .n_addresses = 3};
	static const uint8_t key[16] = {1};
	config_addresses[0].ip = ip_address_from_v4((const uint8_t[]){192, 0, 2, 10});
	config_addresses[1].ip = (struct ip_address){.octets = {0x20, 1, 0x0d, 0xb8, [15] = 0x10}};
	config_addresses[2].ip = ip_address_from_v4((const uint8_t[]){10, 0, 0, 10});
	struct local_address_link link = {.mac = {2, 0, 0, 0, 0, 0x10}, .config = &port};
	struct neigh_callbacks callbacks = {
		.transmit = on_transmit, .send = on_send, .drop = on_drop, .learned = on_learned};
	addresses = local_address_create(&link, 1);
	neigh = addresses ? neigh_create(addresses, &callbacks, key, &stats) : NULL;
	if (!neigh)
		abort();
}

static uint64_t all_counted(void)
{
	uint64_t n = stats_get_mt(&stats, STAT_RX_DELIVERED_PKTS);
	for (unsigned i = 0; i < DROP_REASONS; i++)
		if (i != DROP_NEIGH_UNRESOLVED && i != DROP_NEIGH_FULL) /* of what we send */
			n += stats_get_drop_mt(&stats, (enum drop_reason)i);
	return n;
}

static void deliver(const struct packet *packet, uint64_t now_us)
{
	static const uint8_t mac[PACKET_MAC_BYTES] = {2, 0, 0, 0, 0, 0x10};
	static uint8_t reply[ECHO_MAX_FRAME_BYTES];
	uint64_t before = all_counted();
	if (packet->kind == PACKET_ECHO_REQUEST)
		echo_reply(&echo, packet, mac, &stats, now_us, reply);
	else if (packet->kind != PACKET_TCP && packet->kind != PACKET_TOO_BIG)
		neigh_input(neigh, 0, packet, now_us);
	else
		return;
	if (all_counted() != before + 1)
		abort();
}

/* Sum an untagged frame's ICMP or ICMPv6 message, wherever its length says it ends. */
static void repair_icmp(uint8_t *frame, size_t size)
{
	bool is_v4 =
		size >= 42 && packet_get_16(frame + 12) == PACKET_ETHERTYPE_IPV4 && frame[23] == PACKET_PROTOCOL_ICMP;
	bool is_v6 =
		size >= 62 && packet_get_16(frame + 12) == PACKET_ETHERTYPE_IPV6 && frame[20] == PACKET_PROTOCOL_ICMPV6;
	if (!is_v4 && !is_v6)
		return;
	size_t at = is_v4 ? 34 : 54;
	size_t len = is_v4 ? packet_get_16(frame + 16) - (size_t)20 : packet_get_16(frame + 18);
	if (len < 8 || len > size - at)
		return;
	uint64_t sum = 0;
	if (is_v6) {
		struct ip_address source, destination;
		memcpy(source.octets, frame + 22, sizeof(source.octets));
		memcpy(destination.octets, frame + 38, sizeof(destination.octets));
		sum = checksum_add_pseudo(0, &source, &destination, PACKET_PROTOCOL_ICMPV6, (uint32_t)len);
	}
	memset(frame + at + 2, 0, 2);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){frame + at, len}));
	memcpy(frame + at + 2, &checksum, sizeof(checksum));
}

static void take(struct bytes frame, unsigned trusted, uint64_t now_us)
{
	struct packet packet;
	enum drop_reason reason = DROP_REASONS;
	if (!packet_parse(frame, trusted, &packet, &reason)) {
		if (reason >= DROP_REASONS)
			abort();
		return;
	}
	if (packet.payload.data < frame.data || packet.payload.data + packet.payload.len > frame.data + frame.len)
		abort();
	if (packet.kind == PACKET_TCP && packet.payload.len < 20)
		abort();
	if (!local_address_accepts(addresses, 0, &packet, &reason))
		return;
	deliver(&packet, now_us);
	if (packet.kind == PACKET_TCP) { /* answer it: the neighbour may have to be asked */
		struct local_address local = {.ip = packet.destination_ip, .vlan = packet.vlan};
		neigh_send(neigh, &local, &packet.source_ip, malloc(1), now_us);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t now_us = 1000000;
	if (!neigh)
		start();
	if (size == 0)
		return 0;
	uint8_t *frame =
		malloc(size > 1 ? size - 1 : 1); /* no longer than the frame: AddressSanitizer sees what lies beyond */
	if (!frame)
		return 0;
	memcpy(frame, data + 1, size - 1);
	if (data[0] & 4)
		repair_icmp(frame, size - 1);
	now_us += (uint64_t)(data[0] >> 3) * 40000;
	neigh_advance(neigh, now_us);
	take((struct bytes){frame, size - 1}, data[0] & 3, now_us);
	free(frame);
	return 0;
}
