/* SPDX-License-Identifier: BSD-3-Clause */
#include "neigh.h"
#include "frame.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)
#define START  (10 * SECOND)
#define PORT   3

static const uint8_t OTHER_MAC[PACKET_MAC_BYTES] = {2, 0, 0, 0, 0, 0x30};

/* What neigh has done, and what it needs: one test's world. */
static struct {
	struct local_address_table *addresses;
	struct neigh *neigh;
	struct stats stats;
	struct packet last; /* of the frames transmitted; its payload view is dead */
	unsigned n_transmitted, n_sent, n_dropped, n_learned;
	void *last_sent;
	uint8_t last_mac[PACKET_MAC_BYTES];
	struct neigh_news news;
	bool has_fellows;
} world;

static void on_transmit(void *context, uint16_t port_id, struct bytes frame)
{
	enum drop_reason reason;
	(void)context;
	CU_ASSERT_EQUAL(port_id, PORT);
	CU_ASSERT_TRUE(packet_parse(frame, 0, &world.last, &reason));
	world.n_transmitted++;
}

static void on_send(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	(void)context;
	CU_ASSERT_EQUAL(port_id, PORT);
	world.n_sent++;
	world.last_sent = packet;
	memcpy(world.last_mac, mac, PACKET_MAC_BYTES);
}

static void on_drop(void *context, void *packet)
{
	(void)context;
	(void)packet;
	world.n_dropped++;
}

static bool on_learned(void *context, const struct neigh_news *news)
{
	(void)context;
	world.n_learned++;
	world.news = *news;
	return world.has_fellows;
}

static void begin(void)
{
	static struct config_address config_addresses[2] = {
		{.prefix_len = 16, .has_gateway = true}, {.prefix_len = 64, .has_gateway = true}};
	static const struct config_port port = {.device = "x", .addresses = config_addresses, .n_addresses = 2};
	config_addresses[0].ip = frame_ip("10.1.0.10");
	config_addresses[0].gateway = frame_ip("10.1.0.1");
	config_addresses[1].ip = frame_ip("2001:db8::10");
	config_addresses[1].gateway = frame_ip("2001:db8::1");
	memset(&world, 0, sizeof(world));
	struct local_address_link link = {.port_id = PORT, .config = &port};
	memcpy(link.mac, FRAME_OUR_MAC, PACKET_MAC_BYTES);
	world.addresses = local_address_create(&link, 1);
	struct neigh_callbacks callbacks = {
		.transmit = on_transmit, .send = on_send, .drop = on_drop, .learned = on_learned};
	static const uint8_t key[16] = {1};
	world.neigh = neigh_create(world.addresses, &callbacks, key, &world.stats);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.neigh);
}

static void end(void)
{
	neigh_destroy(world.neigh);
	local_address_destroy(world.addresses);
}

static void send_from(const char *local_ip, const char *remote_ip, uint64_t now_us)
{
	static int packet;
	struct local_address local = {.ip = frame_ip(local_ip), .port_id = PORT};
	struct ip_address remote = frame_ip(remote_ip);
	neigh_send(world.neigh, &local, &remote, &packet, now_us);
}

static void input(const struct frame *frame, uint64_t now_us)
{
	struct packet packet;
	enum drop_reason reason;
	CU_ASSERT_TRUE_FATAL(packet_parse(frame_bytes(frame), 0, &packet, &reason));
	neigh_input(world.neigh, PORT, &packet, now_us);
}

static void input_arp(bool is_request, const char *sender, const char *target, uint64_t now_us)
{
	struct frame frame = frame_arp(is_request, sender, target);
	input(&frame, now_us);
}

/* An advertisement or solicitation for `target`; mac NULL: without the option. */
static void input_nd(uint8_t type, uint8_t flags, const char *source, const char *destination, const char *target)
{
	struct ip_address ip = frame_ip(target);
	uint8_t message[32] = {type, [4] = flags, [24] = type == 135 ? 1 : 2, 1};
	memcpy(message + 8, ip.octets, 16);
	memcpy(message + 26, FRAME_PEER_MAC, PACKET_MAC_BYTES);
	struct frame frame = frame_icmp(source, destination, message, strcmp(source, "::") == 0 ? 24 : 32);
	input(&frame, START);
}

static uint64_t drops(enum drop_reason reason)
{
	return stats_get_drop_mt(&world.stats, reason);
}

static void test_our_addresses_are_answered(void)
{
	begin();
	input_arp(true, "10.1.0.5", "10.1.0.10", START);
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	CU_ASSERT_EQUAL(world.last.kind, PACKET_ARP);
	CU_ASSERT_FALSE(world.last.arp.is_request);
	CU_ASSERT_EQUAL(memcmp(world.last.arp.sender_mac, FRAME_OUR_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(memcmp(world.last.destination_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(stats_get_mt(&world.stats, STAT_RX_DELIVERED_PKTS), 1);
	input_arp(true, "10.1.0.5", "10.1.0.11", START); /* somebody else's */
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	CU_ASSERT_EQUAL(stats_get_mt(&world.stats, STAT_RX_DELIVERED_PKTS), 2);
	input_nd(135, 0, "2001:db8::5", "ff02::1:ff00:10", "2001:db8::10");
	CU_ASSERT_EQUAL(world.n_transmitted, 2);
	CU_ASSERT_EQUAL(world.last.kind, PACKET_ADVERTISEMENT);
	CU_ASSERT_TRUE(world.last.nd.solicited);
	input_nd(135, 0, "fe80::5", "ff02::1:ff00:10", "2001:db8::10");
	CU_ASSERT_EQUAL(world.n_transmitted, 3);
	input_nd(135, 0, "fe80::5", "ff02::1:ff00:10", "fe80::ff:fe00:10");
	CU_ASSERT_EQUAL(world.n_transmitted, 4);
	input_nd(135, 0, "2001:db8::5", "ff02::1:ff00:11", "2001:db8::11");
	CU_ASSERT_EQUAL(world.n_transmitted, 4);
	input_nd(135, 0, "2001:db8:7::5", "2001:db8::10", "2001:db8::10"); /* asks from beyond the link */
	CU_ASSERT_EQUAL(world.n_transmitted, 4);
	CU_ASSERT_EQUAL(drops(DROP_ICMP_BAD), 1);
	end();
}

static void test_duplicate_address_detection_of_others_is_answered(void)
{
	static const uint8_t all_nodes_mac[] = {0x33, 0x33, 0, 0, 0, 1};
	begin();
	input_nd(135, 0, "::", "ff02::1:ff00:10", "2001:db8::10");
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	CU_ASSERT_FALSE(world.last.nd.solicited);
	CU_ASSERT_EQUAL(memcmp(world.last.destination_mac, all_nodes_mac, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	input_arp(true, "0.0.0.0", "10.1.0.10", START); /* RFC 5227 */
	CU_ASSERT_EQUAL(world.n_transmitted, 2);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	end();
}

static void test_packets_wait_for_the_answer(void)
{
	begin();
	send_from("10.1.0.10", "10.1.0.5", START);
	send_from("10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(world.n_transmitted, 1); /* one question for both */
	CU_ASSERT_TRUE(world.last.arp.is_request);
	CU_ASSERT_EQUAL(world.n_sent, 0);
	input_arp(false, "10.1.0.5", "10.1.0.10", START + 1000);
	CU_ASSERT_EQUAL(world.n_sent, 2);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(world.n_learned, 1);
	send_from("10.1.0.10", "10.1.0.5", START + 2000);
	CU_ASSERT_EQUAL(world.n_sent, 3);
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	end();
}

static void test_packets_wait_for_an_advertisement(void)
{
	begin();
	send_from("2001:db8::10", "2001:db8::5", START);
	CU_ASSERT_EQUAL(world.last.kind, PACKET_SOLICITATION);
	struct ip_address group = frame_ip("ff02::1:ff00:5");
	CU_ASSERT_TRUE(ip_address_equal(&world.last.destination_ip, &group));
	input_nd(136, 0x60, "2001:db8::5", "2001:db8::10", "2001:db8::5");
	CU_ASSERT_EQUAL(world.n_sent, 1);
	end();
}

static void test_remote_peers_go_through_the_gateway(void)
{
	begin();
	send_from("10.1.0.10", "203.0.113.5", START);
	send_from("10.1.0.10", "198.51.100.5", START);
	struct ip_address gateway = frame_ip("10.1.0.1");
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	CU_ASSERT_TRUE(ip_address_equal(&world.last.arp.target_ip, &gateway));
	input_arp(false, "10.1.0.1", "10.1.0.10", START);
	CU_ASSERT_EQUAL(world.n_sent, 2);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 1);
	end();
}

static void test_silence_drops_what_waits(void)
{
	begin();
	for (unsigned i = 0; i < NEIGH_MAX_HELD + 1; i++)
		send_from("10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(world.n_dropped, 1); /* the oldest */
	for (uint64_t t = 0; t <= 10 * SECOND; t += SECOND / 5)
		neigh_advance(world.neigh, START + t);
	CU_ASSERT_EQUAL(world.n_transmitted, 3);
	CU_ASSERT_EQUAL(world.n_dropped, NEIGH_MAX_HELD + 1);
	CU_ASSERT_EQUAL(drops(DROP_NEIGH_UNRESOLVED), NEIGH_MAX_HELD + 1);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	end();
}

static void test_an_asker_is_learned_at_once(void)
{
	begin();
	input_arp(true, "10.1.0.5", "10.1.0.10", START);
	CU_ASSERT_EQUAL(world.n_learned, 1);
	send_from("10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(world.n_sent, 1);
	input_nd(135, 0, "2001:db8::5", "ff02::1:ff00:10", "2001:db8::10");
	send_from("2001:db8::10", "2001:db8::5", START);
	CU_ASSERT_EQUAL(world.n_sent, 2);
	/* Not on our link: answered, as routers with odd masks exist, but not learned. */
	input_arp(true, "172.16.0.5", "10.1.0.10", START);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 2);
	end();
}

static void test_a_neighbour_in_use_is_asked_again(void)
{
	begin();
	input_arp(true, "10.1.0.5", "10.1.0.10", START);
	input_arp(true, "10.1.0.6", "10.1.0.10", START);
	send_from("10.1.0.10", "10.1.0.5", START);
	world.n_transmitted = 0;
	neigh_advance(world.neigh, START + 29 * SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 0);
	neigh_advance(world.neigh, START + 30 * SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 1); /* the used one is asked, unicast */
	CU_ASSERT_EQUAL(memcmp(world.last.destination_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 1); /* the other is forgotten */
	send_from("10.1.0.10", "10.1.0.5", START + 30 * SECOND);
	CU_ASSERT_EQUAL(world.n_sent, 2); /* meanwhile it serves */
	input_arp(false, "10.1.0.5", "10.1.0.10", START + 31 * SECOND);
	neigh_advance(world.neigh, START + 59 * SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 1);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 1);
	end();
}

static void test_a_silent_neighbour_is_forgotten(void)
{
	begin();
	input_arp(true, "10.1.0.5", "10.1.0.10", START);
	send_from("10.1.0.10", "10.1.0.5", START);
	for (uint64_t t = 0; t <= 40 * SECOND; t += SECOND / 5)
		neigh_advance(world.neigh, START + t);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	CU_ASSERT_EQUAL(world.n_transmitted, 4); /* the answer, three questions */
	end();
}

static void test_claims_on_our_address_are_refused(void)
{
	begin();
	input_arp(true, "10.1.0.10", "10.1.0.10", START); /* gratuitous, from the peer's MAC */
	input_arp(false, "10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(drops(DROP_ARP_BAD), 2);
	input_nd(136, 0x20, "2001:db8::10", "ff02::1", "2001:db8::10");
	CU_ASSERT_EQUAL(drops(DROP_ICMP_BAD), 1);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	CU_ASSERT_EQUAL(world.n_transmitted, 0);
	end();
}

static void test_answers_nobody_asked_for_are_refused(void)
{
	begin();
	input_arp(false, "10.1.0.5", "10.1.0.10", START);
	CU_ASSERT_EQUAL(drops(DROP_ARP_BAD), 1);
	input_nd(136, 0x60, "2001:db8::5", "2001:db8::10", "2001:db8::5");
	CU_ASSERT_EQUAL(drops(DROP_ICMP_BAD), 1);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	end();
}

/* A gateway that fails over announces its new MAC address. */
static void test_a_neighbour_moves(void)
{
	begin();
	input_arp(true, "10.1.0.1", "10.1.0.10", START);
	struct frame frame = frame_arp(true, "10.1.0.1", "10.1.0.1");
	memcpy(frame.data + frame.ip_at + 8, OTHER_MAC, PACKET_MAC_BYTES);
	input(&frame, START + 1);
	send_from("10.1.0.10", "203.0.113.1", START + 2);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, OTHER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(world.n_learned, 2);
	CU_ASSERT_EQUAL(memcmp(world.news.mac, OTHER_MAC, PACKET_MAC_BYTES), 0);
	/* RFC 4861 section 7.2.5: without override a known address does not change. */
	input_nd(135, 0, "2001:db8::5", "ff02::1:ff00:10", "2001:db8::10");
	uint8_t message[32] = {136, [24] = 2, 1};
	struct ip_address target = frame_ip("2001:db8::5");
	memcpy(message + 8, target.octets, 16);
	memcpy(message + 26, OTHER_MAC, PACKET_MAC_BYTES);
	frame = frame_icmp("2001:db8::5", "ff02::1", message, sizeof(message));
	input(&frame, START + 3);
	send_from("2001:db8::10", "2001:db8::5", START + 4);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	message[4] = 0x20;
	frame = frame_icmp("2001:db8::5", "ff02::1", message, sizeof(message));
	input(&frame, START + 5);
	send_from("2001:db8::10", "2001:db8::5", START + 6);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, OTHER_MAC, PACKET_MAC_BYTES), 0);
	end();
}

static void test_fellows_learn(void)
{
	begin();
	struct neigh_news news = {.ip = frame_ip("10.1.0.5"), .port_id = PORT};
	memcpy(news.mac, OTHER_MAC, PACKET_MAC_BYTES);
	neigh_learn(world.neigh, &news, START); /* an answer to a fellow's question: of no interest here */
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	send_from("10.1.0.10", "10.1.0.5", START);
	neigh_learn(world.neigh, &news, START); /* the answer to ours came to a fellow */
	CU_ASSERT_EQUAL(world.n_sent, 1);
	memcpy(news.mac, FRAME_PEER_MAC, PACKET_MAC_BYTES); /* without override a known address stays */
	neigh_learn(world.neigh, &news, START);
	send_from("10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, OTHER_MAC, PACKET_MAC_BYTES), 0);
	news.override = true;
	neigh_learn(world.neigh, &news, START);
	send_from("10.1.0.10", "10.1.0.5", START);
	CU_ASSERT_EQUAL(memcmp(world.last_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	news.ip = frame_ip("10.1.0.6");
	news.create = true;
	news.asked_ip = frame_ip("10.1.0.10");
	neigh_learn(world.neigh, &news, START);
	send_from("10.1.0.10", "10.1.0.6", START);
	CU_ASSERT_EQUAL(world.n_sent, 4);
	CU_ASSERT_EQUAL(world.n_learned, 0); /* it does not go round in circles */
	end();
}

/* A NIC gives the answer to any queue: the worker that asked has to hear of it. */
static void test_answers_to_a_fellows_question_are_passed_on(void)
{
	begin();
	world.has_fellows = true;
	input_arp(false, "10.1.0.5", "10.1.0.10", START);
	CU_ASSERT_EQUAL(world.n_learned, 1);
	CU_ASSERT_FALSE(world.news.create);
	input_nd(136, 0x60, "2001:db8::5", "2001:db8::10", "2001:db8::5");
	CU_ASSERT_EQUAL(world.n_learned, 2);
	input_arp(true, "10.1.0.1", "10.1.0.1", START); /* a gateway that has moved */
	CU_ASSERT_EQUAL(world.n_learned, 3);
	input_arp(true, "10.1.0.6", "10.1.0.7", START); /* others among themselves */
	CU_ASSERT_EQUAL(world.n_learned, 3);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), 0);
	CU_ASSERT_EQUAL(stats_get_mt(&world.stats, STAT_RX_DELIVERED_PKTS), 4);
	end();
}

/* An address scan through us, or spoofed on-link sources: the rest of the table stays free. */
static void test_questions_are_bounded(void)
{
	begin();
	for (unsigned i = 0; i < NEIGH_MAX_ASKED + 10; i++) {
		char text[32];
		snprintf(text, sizeof(text), "10.1.%u.%u", 1 + i / 250, 1 + i % 250);
		send_from("10.1.0.10", text, START);
	}
	CU_ASSERT_EQUAL(drops(DROP_NEIGH_FULL), 10);
	CU_ASSERT_EQUAL(neigh_count(world.neigh), NEIGH_MAX_ASKED);
	input_arp(true, "10.1.200.5", "10.1.0.10", START);
	send_from("10.1.0.10", "10.1.200.5", START);
	CU_ASSERT_EQUAL(world.n_sent, 1);
	end();
}

/* More askers than the table holds: strangers push out strangers, and a neighbour that is used stays. */
static void test_a_full_table_keeps_who_is_used(void)
{
	begin();
	input_arp(true, "10.1.0.1", "10.1.0.10", START);
	for (unsigned i = 0; i < 3 * NEIGH_MAX_ENTRIES; i++) {
		char text[32];
		snprintf(text, sizeof(text), "10.1.%u.%u", 1 + i / 250, 1 + i % 250);
		send_from("10.1.0.10", "203.0.113.1", START);
		input_arp(true, text, "10.1.0.10", START);
	}
	CU_ASSERT_EQUAL(neigh_count(world.neigh), NEIGH_MAX_ENTRIES);
	CU_ASSERT_EQUAL(world.n_sent, 3 * NEIGH_MAX_ENTRIES);
	CU_ASSERT_EQUAL(world.n_dropped, 0);
	end();
}

static void test_announcements(void)
{
	begin();
	neigh_announce(world.neigh, START);
	neigh_advance(world.neigh, START);
	CU_ASSERT_EQUAL(world.n_transmitted, 3); /* IPv4, IPv6, link-local */
	neigh_advance(world.neigh, START + SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 3);
	neigh_advance(world.neigh, START + 2 * SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 6);
	neigh_advance(world.neigh, START + 9 * SECOND);
	CU_ASSERT_EQUAL(world.n_transmitted, 6);
	end();
}

static void test_no_way_out(void)
{
	begin();
	struct local_address local = {.ip = frame_ip("10.1.0.10"), .port_id = PORT, .vlan = 9};
	struct ip_address remote = frame_ip("203.0.113.1");
	int packet;
	neigh_send(world.neigh, &local, &remote, &packet, START);
	CU_ASSERT_EQUAL(world.n_dropped, 1);
	CU_ASSERT_EQUAL(drops(DROP_NEIGH_UNRESOLVED), 1);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"our addresses are answered", test_our_addresses_are_answered},
		{"others' duplicate address detection is answered",
			test_duplicate_address_detection_of_others_is_answered},
		{"packets wait for the answer", test_packets_wait_for_the_answer},
		{"packets wait for an advertisement", test_packets_wait_for_an_advertisement},
		{"remote peers go through the gateway", test_remote_peers_go_through_the_gateway},
		{"silence drops what waits", test_silence_drops_what_waits},
		{"an asker is learned at once", test_an_asker_is_learned_at_once},
		{"a neighbour in use is asked again", test_a_neighbour_in_use_is_asked_again},
		{"a silent neighbour is forgotten", test_a_silent_neighbour_is_forgotten},
		{"claims on our address are refused", test_claims_on_our_address_are_refused},
		{"answers nobody asked for are refused", test_answers_nobody_asked_for_are_refused},
		{"a neighbour moves", test_a_neighbour_moves},
		{"fellows learn", test_fellows_learn},
		{"answers to a fellow's question are passed on", test_answers_to_a_fellows_question_are_passed_on},
		{"questions are bounded", test_questions_are_bounded},
		{"a full table keeps who is used", test_a_full_table_keeps_who_is_used},
		{"announcements", test_announcements},
		{"no way out", test_no_way_out},
		CU_TEST_INFO_NULL,
	};
	return unit_run("neigh", tests);
}
